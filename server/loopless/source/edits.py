"""Edits as values: put them into a text, find them between two texts, show them as a diff."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher, unified_diff
from itertools import pairwise

from loopless.finding import Edit, Span
from loopless.source.text import SourceText


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text after the edits, which do not overlap."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        parts += (text[at : edit.span.start], edit.text)
        at = edit.span.end
    return "".join((*parts, text[at:]))


def conflict(edits: Iterable[Edit], others: Sequence[Edit]) -> bool:
    """Whether two edits touch, so that applying both would not be what either meant."""
    return any(
        edit.span.start <= other.span.end and other.span.start <= edit.span.end
        for edit in edits
        for other in others
    )


def edits_between(old: str, new: str) -> tuple[Edit, ...]:
    """Edits in whole lines that make `old` into `new`."""
    before, after = lines_of(old), lines_of(new)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    starts = SourceText.of(old).starts
    matcher = SequenceMatcher(
        None, before[head : len(before) - tail], after[head : len(after) - tail], autojunk=False
    )
    edits: list[Edit] = []
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        if tag == "equal":
            continue
        end = starts[head + last] if head + last < len(starts) else len(old)
        start = starts[head + first] if head + first < len(starts) else len(old)
        edits.append(Edit(Span(start, end), "".join(after[head + new_first : head + new_last])))
    return tuple(edits)


def diff(old: str, new: str, name: str) -> str:
    """A unified diff that `patch` and `git apply` read."""
    lines = unified_diff(lines_of(old), lines_of(new), name, name)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def changed_lines(old: str, new: str, context: int = 1) -> str:
    """The changed lines, marked as in a diff, with a little of what stands around them."""
    lines = list(unified_diff(lines_of(old), lines_of(new), n=context))[2:]
    return "".join(f"{line.rstrip()}\n" for line in lines if not line.startswith("@@"))


def lines_of(text: str) -> list[str]:
    """The lines with their line breaks."""
    source = SourceText.of(text)
    bounds = (*source.starts, len(text))
    return [text[start:end] for start, end in pairwise(bounds) if end > start]


def _common(before: Sequence[str], after: Sequence[str]) -> int:
    """How many lines at the head are the same."""
    count = 0
    for old, new in zip(before, after, strict=False):
        if old != new:
            break
        count += 1
    return count
