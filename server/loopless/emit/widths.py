"""Edits inside of statements of the user, which are laid out anew where they grow too long for a line."""

from __future__ import annotations

from loopless.emit.layout import laid_out
from loopless.emit.lines import margin
from loopless.finding import Edit, Span


def within_width(edits: list[Edit], text: str, width: int, unit: str) -> list[Edit]:
    """The edits; one whose line would be too long takes in the whole statement, if it stands alone on its line."""
    return [_broken(edit, edits, text, width, unit) for edit in edits]


def _broken(edit: Edit, edits: list[Edit], text: str, width: int, unit: str) -> Edit:
    start = text.rfind("\n", 0, edit.span.start) + 1
    end = text.find("\n", edit.span.end)
    end = len(text) if end < 0 else end
    line = Span(start, end)
    new = text[start : edit.span.start] + edit.text + text[edit.span.end : end].rstrip()
    alone = not any(other is not edit and _overlaps(other.span, line) for other in edits)
    if "\n" in new or not edit.text or len(new) <= width or not alone:
        return edit
    lead = margin(text, edit.span.start)
    body = new[len(lead) :]
    lines = laid_out(body, width, len(lead), unit)
    if len(lines) == 1:
        return edit
    newline = "\r\n" if "\r\n" in text else "\n"
    stop = start + len(text[start:end].rstrip())
    return Edit(Span(start + len(lead), stop), (newline + lead).join(lines))


def _overlaps(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
