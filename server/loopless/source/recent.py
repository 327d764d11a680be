"""What was worked out lately: a mapping that forgets what was asked for longest ago, once it holds too much.

A person who types makes a new version of one piece of text with every key. Counting entries would let the versions of
a long class fill the memory, so it is their characters that count.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from threading import Lock
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
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K, work_out: Callable[[], V], size: int) -> V:
        """The value of `key`: what it was last time, or else what `work_out` says it is."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
                return entry[0]
        value = work_out()
        with self._lock:
            _, replaced = self._entries.pop(key, (value, 0))
            self._entries[key] = (value, size)
            self._held += size - replaced
            while self._held > _room and len(self._entries) > 1:
                _, (_, dropped) = self._entries.popitem(last=False)
                self._held -= dropped
        return value


def recent(function: Callable[[str], V]) -> Callable[[str], V]:
    """A function of a text that keeps what it said of the texts that it was asked about lately."""
    known: Recent[str, V] = Recent()

    @wraps(function)
    def asked(text: str) -> V:
        return known.get(text, lambda: function(text), len(text) + 1)

    return asked
