"""What a chunk may hold, from its text alone: enough to leave most of a file unread.

Each answer errs on one side only: a chunk with a loop, an import or a call is never said to be without, while one whose
strings or comments speak of them may be said to be with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from loopless.source.recent import recent

# `for`, with `in` on the same line, or a line that cannot end there: open, continued, or carried on by the next.
_LOOP = re.compile(
    r"\bfor\b(?:[^\n]*\bin\b|[^\n]*[(\[{,\\][ \t]*(?:#[^\n]*)?\r?$|[^\n]*\n\s*(?:in\b|[,.)\]])|[ \t]*(?:#[^\n]*)?\r?$)"
    r"|\bwhile\b",
    re.MULTILINE,
)
_IMPORT = re.compile(r"(?:^|[;:])[ \t]*(?:import|from)\b", re.MULTILINE)
_DEFINITION = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_CALLED = re.compile(r"([^\W\d]\w*)[ \t]*\(")


@dataclass(frozen=True)
class Outline:
    """One chunk seen from afar. `defines` is the name of the function or class that it is, "" for anything else."""

    text: str
    defines: str
    may_loop: bool
    may_import: bool

    @cached_property
    def called(self) -> frozenset[str]:
        """Every name in front of an open parenthesis."""
        return frozenset(_CALLED.findall(self.text))


@recent
def outline(text: str) -> Outline:
    """The outline of one chunk."""
    return Outline(text, _defined(text), bool(_LOOP.search(text)), bool(_IMPORT.search(text)))


def _defined(text: str) -> str:
    """The name of the definition that a chunk is, decorators before it or not."""
    decorated = text.startswith("@")
    match = _DEFINITION.search(text) if decorated else _DEFINITION.match(text)
    return match.group(1) if match else ""
