"""Where statements stand in a text, in code points, and which of them a span covers."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from loopless.finding import Action, Edit, Finding, Span
from loopless.verify.names import blocks

# Lines as Python's parser counts them: a form feed or U+2028 ends none.
_COMMENTS = re.compile(r"(?:\s+|#[^\r\n]*(?:[\r\n]|$))*")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Place:
    """One level on the way down to the region: a statement list, and who owns it."""

    owner: ast.AST
    block: list[ast.stmt]
    index: int


@dataclass(frozen=True, slots=True)
class Located:
    """The region's statements, with the levels around them, outermost first."""

    path: tuple[Place, ...]
    statements: tuple[ast.stmt, ...]


class Offsets:
    """Code point offsets of the nodes of one text; `ast` counts columns in UTF-8 bytes."""

    def __init__(self, text: str) -> None:
        self._lines = _LINE.findall(text)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def at(self, line: int, column: int) -> int:
        """The offset of a 1-based line and a column in bytes."""
        if line > len(self._lines):
            return self._starts[-1]
        text = self._lines[line - 1]
        if not text.isascii():
            column = len(text.encode()[:column].decode(errors="ignore"))
        return self._starts[line - 1] + column

    def span(self, node: ast.stmt | ast.expr) -> Span:
        """Where the node stands, decorators included."""
        start = self.at(node.lineno, node.col_offset)
        for decorator in getattr(node, "decorator_list", []):
            start = min(start, self.at(decorator.lineno, decorator.col_offset) - 1)
        return Span(start, self.at(node.end_lineno or node.lineno, node.end_col_offset or 0))

    def line(self, offset: int) -> int:
        """The 0-based line of an offset."""
        low, high = 0, len(self._starts) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self._starts[middle] <= offset else (low, middle - 1)
        return low


def locate(tree: ast.Module, text: str, span: Span) -> Located | None:
    """The statements that the span covers, in the innermost list that holds them all."""
    span = trimmed(text, span)
    return _locate(tree, tree.body, span, Offsets(text), ())


def trimmed(text: str, span: Span) -> Span:
    """The span without white space at its ends, and without comments before its first statement."""
    piece = text[span.start : span.end]
    lead = _COMMENTS.match(piece)
    start = span.start + (lead.end() if lead else 0)
    return Span(start, max(start, span.end - (len(piece) - len(piece.rstrip()))))


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """The text after all edits, whose spans are against the text before any."""
    for edit in sorted(edits, key=lambda e: e.span, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def hull(finding: Finding, action: Action) -> Span:
    """What the action replaces: the region and every edit but added imports."""
    spans = [finding.region, *(e.span for e in action.edits if not _adds_import(e))]
    return Span(min(s.start for s in spans), max(s.end for s in spans))


def moved(span: Span, edits: Sequence[Edit]) -> Span:
    """Where the span stands after the edits, grown by those inside it."""
    before = [e for e in edits if e.span.end <= span.start and e.span.start < span.start]
    inside = [e for e in edits if e not in before and e.span.start <= span.end]
    shift = sum(len(e.text) - (e.span.end - e.span.start) for e in before)
    growth = sum(len(e.text) - (e.span.end - e.span.start) for e in inside)
    return Span(span.start + shift, span.end + shift + growth)


def _adds_import(edit: Edit) -> bool:
    if edit.span.end > edit.span.start:
        return False
    lines = [line for line in edit.text.splitlines() if line.strip()]
    return bool(lines) and all(line.startswith(("import ", "from ")) for line in lines)


def _locate(
    owner: ast.AST, block: list[ast.stmt], span: Span, offsets: Offsets, path: tuple[Place, ...]
) -> Located | None:
    spans = [offsets.span(s) for s in block]
    hits = [k for k, s in enumerate(spans) if s.start < span.end and s.end > span.start]
    if not hits:
        index = sum(s.end <= span.start for s in spans)
        return Located((*path, Place(owner, block, index)), ())
    here = Located((*path, Place(owner, block, hits[0])), tuple(block[hits[0] : hits[-1] + 1]))
    if len(hits) > 1:
        return here
    statement = block[hits[0]]
    inner = _parts(statement)
    for part_owner, part in inner:
        first, last = offsets.span(part[0]).start, offsets.span(part[-1]).end
        others = [offsets.span(p[0]).start for _, p in inner if p is not part]
        if not first <= span.start < last or any(last < s < span.end for s in others):
            continue
        return _locate(part_owner, part, span, offsets, here.path)
    return here


def _parts(statement: ast.stmt) -> list[tuple[ast.AST, list[ast.stmt]]]:
    found: list[tuple[ast.AST, list[ast.stmt]]] = [(statement, b) for b in blocks(statement)]
    return found
