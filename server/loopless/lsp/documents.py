"""Open documents and notebooks as immutable values, and the programs that they make up."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from loopless.finding import Edit, Span
from loopless.source.text import Encoding, Position, SourceText

# Cell magics that run the rest of the cell as Python.
_PYTHON_CELL = re.compile(r"%%(?:time|timeit|capture|prun)\b")
# Lines of IPython that are not Python: `%magic`, `!shell`, `name?`. A modulo that continues an expression has a space.
_MAGIC_LINE = re.compile(
    r"^[ \t]*(?:%{1,2}[A-Za-z_]|!|\?)[^\r\n]*|^[ \t]*[\w.]+\?{1,2}[ \t]*$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document as the client has it at one version."""

    uri: str
    version: int | None
    language: str
    source: SourceText

    @property
    def is_python(self) -> bool:
        """Whether there is anything to find in it."""
        return self.language == "python" or (not self.language and self.uri.endswith(".py"))


@dataclass(frozen=True, slots=True)
class Program:
    """What is analyzed as one text: a document, or all cells of a notebook one after the other.

    `starts` says where each part begins in `source`.
    """

    uri: str
    source: SourceText
    parts: tuple[Document, ...]
    starts: tuple[int, ...] = (0,)
    is_notebook: bool = False

    @property
    def path(self) -> Path | None:
        """Where it is on disk, if it has such a place."""
        return path_of(self.uri)

    def part(self, uri: str) -> Document:
        """The document with that URI, which is one of the parts."""
        return next(part for part in self.parts if part.uri == uri)

    def locate(self, span: Span) -> tuple[Document, Span] | None:
        """The part that holds the span, and the span within it; None if it reaches over two parts."""
        index = bisect_right(self.starts, span.start) - 1
        part, start = self.parts[index], self.starts[index]
        local = span.shifted(-start)
        return (part, local) if local.end <= len(part.source.text) else None

    def offset(self, uri: str, position: types.Position, encoding: Encoding) -> int:
        """The offset in the program of a position in one of its parts."""
        start = next(
            start for part, start in zip(self.parts, self.starts, strict=True) if part.uri == uri
        )
        place = Position(position.line, position.character)
        return start + self.part(uri).source.offset(place, encoding)

    def span(self, uri: str, found: types.Range, encoding: Encoding) -> Span:
        """The span in the program of a range in one of its parts."""
        start = self.offset(uri, found.start, encoding)
        return Span(start, max(start, self.offset(uri, found.end, encoding)))


def program_of_document(document: Document) -> Program:
    """A document alone."""
    return Program(document.uri, document.source, (document,))


def program_of_notebook(uri: str, cells: Sequence[Document]) -> Program:
    """The cells of a notebook as one text, in which what is not Python is blank but takes its place."""
    starts: list[int] = []
    texts: list[str] = []
    at = 0
    for index, cell in enumerate(cells):
        starts.append(at)
        texts += (python_of_cell(cell), _boundary(index))
        at += len(cell.source.text) + len(_boundary(index))
    return Program(
        uri, SourceText.of("".join(texts)), tuple(cells), tuple(starts or [0]), is_notebook=True
    )


def cells_of(program: Program, text: str) -> tuple[str, ...] | None:
    """The cells in a text that was made from the program's; None if it does not hold all of them any more."""
    cells: list[str] = []
    for index in range(len(program.parts)):
        cell, boundary, text = text.partition(_boundary(index))
        if not boundary:
            return None
        cells.append(cell)
    return tuple(cells)


def python_of_cell(cell: Document) -> str:
    """The cell with magics and other languages blanked out, every character still in its place."""
    text = cell.source.text
    if not cell.is_python:
        return _blank(text)
    if text.lstrip().startswith("%%") and not _PYTHON_CELL.match(text.lstrip()):
        return _blank(text)
    return _MAGIC_LINE.sub(_pass, text)


def placed_edits(
    program: Program, edits: Sequence[Edit]
) -> tuple[tuple[Document, Edit], ...] | None:
    """The edits by the part they belong to; None if one reaches over two parts."""
    placed: list[tuple[Document, Edit]] = []
    for edit in edits:
        found = program.locate(edit.span)
        if found is None:
            return None
        placed.append((found[0], replace(edit, span=found[1])))
    return tuple(placed)


def path_of(uri: str) -> Path | None:
    """The path that a URI names, if it names one on disk."""
    if not uri.startswith("file:"):
        return None
    path = to_fs_path(uri)
    return Path(path) if path else None


def _boundary(index: int) -> str:
    return f"\n# %% end of cell {index}\n"


def _blank(text: str) -> str:
    return re.sub(r"[^\r\n]", " ", text)


def _pass(line: re.Match[str]) -> str:
    """A statement that does nothing in place of a magic, so that a block which holds only that still parses."""
    text = line[0]
    indent = len(text) - len(text.lstrip())
    return (text[:indent] + "pass").ljust(len(text)) if len(text) - indent >= 4 else " " * len(text)
