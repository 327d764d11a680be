"""Text -> chunks: top-level statements, cut at lines that start at the margin, without parsing.

An edit changes one chunk, and a syntax error blanks one chunk; all others are read from the cache.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARGIN = re.compile(r"^(?=[^\s#)\]}])", re.MULTILINE)
_CONTINUES = re.compile(r"(?:else|elif|except|finally)\b")
_QUOTES = re.compile(r'"""|\'\'\'')


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole lines that starts at `start`, in code points."""

    start: int
    text: str


def cut(text: str) -> tuple[Chunk, ...]:
    """The text as chunks that follow one another without a gap."""
    starts = [match.start() for match in _MARGIN.finditer(text)]
    if not starts or starts[0] != 0:
        starts.insert(0, 0)
    chunks: list[Chunk] = []
    open_from = 0
    for at, start in enumerate(starts):
        end = starts[at + 1] if at + 1 < len(starts) else len(text)
        piece = text[open_from:end]
        following = text[end : end + 8]
        if _CONTINUES.match(following) or text.startswith("@", start) or _inside_string(piece):
            continue
        chunks.append(Chunk(open_from, piece))
        open_from = end
    if open_from < len(text):
        chunks.append(Chunk(open_from, text[open_from:]))
    return tuple(chunks)


def _inside_string(piece: str) -> bool:
    """Whether a string in triple quotes is still open at the end of `piece`."""
    open_quote = ""
    for match in _QUOTES.finditer(piece):
        if not open_quote:
            open_quote = match.group()
        elif open_quote == match.group():
            open_quote = ""
    return bool(open_quote)
