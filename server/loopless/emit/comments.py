"""The comments of a loop: those inside of it in order, those at its end, and where they go when it is replaced."""

from __future__ import annotations

import io
import re
import tokenize

from loopless.emit.lines import line_end, margin, removal
from loopless.finding import Edit, Span

_LAST = re.compile(r"[ \t]*(?:#[^\r\n]*)?\r?\n")


def comments_of(source: str) -> list[str]:
    """Every comment of a statement, from the first to the last."""
    if "#" not in source:
        return []
    found: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                found.append(token.string)
    except (tokenize.TokenError, IndentationError, SyntaxError):
        pass
    return found


def replacement(text: str, span: Span, lines: list[str]) -> Edit:
    """The edit that puts lines in place of a loop; a comment behind its last statement stays behind the last line."""
    indent = margin(text, span.start)
    newline = "\r\n" if "\r\n" in text else "\n"
    if not lines:
        return removal(text, span)
    behind = text[span.end : line_end(text, span.end)]
    if not behind.lstrip().startswith("#") or not lines[-1].startswith("#"):
        return Edit(span, (newline + indent).join(lines))
    # Behind another comment it would be a part of that.
    gap = len(behind) - len(behind.lstrip())
    return Edit(Span(span.start, span.end + gap), (newline + indent).join([*lines, ""]))


def at_the_end(text: str, span: Span) -> list[Edit]:
    """Edits that move the comments behind the last statement of a loop's body to where the loop began."""
    indent = margin(text, span.start)
    edits: list[Edit] = []
    at = line_end(text, span.end) + 1
    while found := _LAST.match(text, at):
        line = found[0]
        own = line[: len(line) - len(line.lstrip(" \t"))]
        if line.strip() and not (own.startswith(indent) and len(own) > len(indent)):
            break
        if line.strip():
            edits.append(Edit(Span(at, at + len(own)), indent))
        at = found.end()
    return edits
