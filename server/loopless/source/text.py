"""A text with its lines: offsets in code points to and from lines and columns in UTF-8, UTF-16 or UTF-32 units."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal, NamedTuple

from loopless.finding import Span

Encoding = Literal["utf-8", "utf-16", "utf-32"]

# The three line breaks of the Language Server Protocol, which are also those of Python's tokenizer.
# `str.splitlines` knows more of them (form feeds, U+2028 and others).
_LINE_BREAK = re.compile(r"\r\n|\n|\r")


class Position(NamedTuple):
    """A place in a text: a line and a column, both from 0, the column in units of some encoding."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class SourceText:
    """An immutable text that knows where its lines start. Make it with `SourceText.of`."""

    text: str
    starts: tuple[int, ...]

    @staticmethod
    def of(text: str) -> SourceText:
        """The text with its lines found."""
        return SourceText(text, (0, *(match.end() for match in _LINE_BREAK.finditer(text))))

    def line_at(self, offset: int) -> int:
        """The line that holds `offset`."""
        return bisect_right(self.starts, offset) - 1

    def line_span(self, line: int) -> Span:
        """The line without its line break."""
        start, end = self.starts[line], self._line_end(line)
        if end > start and self.text[end - 1] == "\n":
            end -= 1
        if end > start and self.text[end - 1] == "\r":
            end -= 1
        return Span(start, end)

    def lines_span(self, span: Span) -> Span:
        """The whole lines that `span` touches, with the last one's line break."""
        last = self.line_at(max(span.start, span.end - 1))
        return Span(self.starts[self.line_at(span.start)], self._line_end(last))

    def position(self, offset: int, encoding: Encoding = "utf-32") -> Position:
        """Where `offset` is, with a column in units of `encoding`."""
        offset = min(max(offset, 0), len(self.text))
        line = self.line_at(offset)
        return Position(line, units(self.text[self.starts[line] : offset], encoding))

    def offset(self, position: Position, encoding: Encoding = "utf-32") -> int:
        """The offset of a position; one past the end of a line or of the text means that end."""
        if position.line < 0:
            return 0
        if position.line >= len(self.starts):
            return len(self.text)
        span = self.line_span(position.line)
        return span.start + _code_points(
            self.text[span.start : span.end], position.column, encoding
        )

    def replaced(self, span: Span, new: str) -> SourceText:
        """The text with `new` where `span` was. Only the lines around the span are read again."""
        text = self.text[: span.start] + new + self.text[span.end :]
        shift = len(new) - (span.end - span.start)
        # A line break before the span may join one at its head (CR, then LF): start at the line before it.
        first = self.line_at(max(span.start - 1, 0))
        # A line that starts after the span ends still starts there: the break before it did not change.
        rest = bisect_right(self.starts, span.end)
        tail = tuple(start + shift for start in self.starts[rest:])
        stop = tail[0] if tail else len(text)
        fresh = [match.end() for match in _LINE_BREAK.finditer(text, self.starts[first], stop)]
        if tail and fresh and fresh[-1] == stop:
            fresh.pop()
        return SourceText(text, (*self.starts[: first + 1], *fresh, *tail))

    def _line_end(self, line: int) -> int:
        return self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)


def units(text: str, encoding: Encoding) -> int:
    """How many units of `encoding` the text takes."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-16":
        return len(text) + sum(character > "\uffff" for character in text)
    return len(text.encode("utf-8", "surrogatepass"))


def _code_points(line: str, column: int, encoding: Encoding) -> int:
    """How many characters of `line` stand before `column`; a column inside a character means its start."""
    if encoding == "utf-32" or line.isascii():
        return min(max(column, 0), len(line))
    for index, character in enumerate(line):
        column -= units(character, encoding)
        if column < 0:
            return index
    return len(line)
