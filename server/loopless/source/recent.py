"""What was worked out lately: a mapping that forgets what was asked for longest ago, once it holds too much.

A person who types makes a new version of one piece of text with every key. Counting entries would let the versions of
a long class fill the memory, so it is their characters that count.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

# What is known of a character takes about thirty bytes.
_CHARACTERS = 1_500_000
_room = _CHARACTERS


def make_room(characters: int) -> None:
    """Let all that is read of a text of this length be remembered at once, and a second version of it."""
    global _room
    _room = max(_CHARACTERS, 2 * characters)


class Recent(Generic[K, V]):
    """Values by keys, each of so many characters; together no more than there is room for, but for a single one."""

    def __init__(self) -> None:
        self._held = 0
        # In the order in which they were asked for; each step on it is one of Python's own, so threads may share it.
        self._entries: dict[K, tuple[V, int]] = {}

    def get(self, key: K, work_out: Callable[[], V], size: int) -> V:
        """The value of `key`: what it was last time, or else what `work_out` says it is."""
        known = self._entries.get(key)
        entry = (work_out(), size) if known is None else known
        replaced = self._entries.pop(key, None)
        self._entries[key] = entry
        self._held += size if replaced is None else 0
        while self._held > _room and len(self._entries) > 1:
            dropped = self._entries.pop(next(iter(self._entries)), None)
            self._held -= 0 if dropped is None else dropped[1]
        return entry[0]


def recent(function: Callable[[str], V]) -> Callable[[str], V]:
    """A function of a text that keeps what it said of the texts that it was asked about lately."""
    known: Recent[str, V] = Recent()

    @wraps(function)
    def asked(text: str) -> V:
        return known.get(text, lambda: function(text), len(text) + 1)

    return asked
