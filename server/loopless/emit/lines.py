"""The user's text as lines: margins, headers, line ends, and where an import goes."""

from __future__ import annotations

import re

from loopless.finding import Edit, Span
from loopless.ir import tree


def line_end(text: str, start: int) -> int:
    """Where the line of `start` ends."""
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def line_width(text: str) -> int:
    """How long lines may be: what formatters take by default, or what the text shows."""
    return max(88, min(120, max(map(len, text.splitlines()), default=0)))


def header_text(text: str, loop: tree.For) -> str:
    """The header of a loop, on one line."""
    source = text[loop.header.start : loop.header.end]
    return " ".join(source.split()) if "\n" in source else source


def indent_unit(text: str, loop: tree.For) -> str:
    """What the body of a loop is indented by."""
    first = loop.body[0].span.start if loop.body else loop.span.start
    line = text.rfind("\n", 0, first) + 1
    inner = text[line:first]
    outer = margin(text, loop.span.start)
    if inner.startswith(outer) and inner.strip() == "" and len(inner) > len(outer):
        return inner[len(outer) :]
    return "    "


def stands_alone(text: str, span: Span) -> bool:
    """Whether an expression is all of a value, an item or an argument, so that it needs no parentheses."""
    before, after = text[: span.start].rstrip(), text[span.end :].lstrip(" \t")
    opens = before.endswith(("(", "[", ",", "return")) or (
        before.endswith("=") and not before.endswith(("==", "!=", "<=", ">="))
    )
    return opens and (not after or after.startswith((")", "]", ",", "#", ";", "\n", "\r")))


def margin(text: str, offset: int) -> str:
    """The white space in front of the line of `offset`."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:offset]
    return line[: len(line) - len(line.lstrip())]


def whole_lines(text: str, span: Span) -> Span:
    """The span with the margin before it and the line end after it, if nothing else stands on its lines."""
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    end = len(text) if end < 0 else end + 1
    if text[start : span.start].strip() or text[span.end : end].strip():
        return span
    return Span(start, end)


def removal(text: str, span: Span) -> Edit:
    """The edit that takes a statement out, with its line; a comment behind it keeps the line for itself."""
    behind = text[span.end : line_end(text, span.end)]
    before = text[text.rfind("\n", 0, span.start) + 1 : span.start]
    if before.strip() or not behind.lstrip().startswith("#"):
        return Edit(whole_lines(text, span), "")
    return Edit(Span(span.start, span.end + len(behind) - len(behind.lstrip())), "")


def import_torch(text: str) -> Edit:
    """`import torch`, before the first import."""
    match = re.search(r"^(?:import|from)\s", text, re.MULTILINE)
    at = match.start() if match else 0
    newline = "\r\n" if "\r\n" in text else "\n"
    return Edit(Span(at, at), f"import torch{newline}")
