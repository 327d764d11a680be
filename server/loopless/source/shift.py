"""Findings of a part of a text, moved to their place in the whole."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from operator import is_
from typing import TypeVar, cast, get_args, get_type_hints

from loopless.finding import Span

T = TypeVar("T")


def shifted(found: T, by: int) -> T:
    """The value with every span in it moved by `by` code points."""
    if by == 0:
        return found
    return cast("T", _moved(found, lambda span: span.shifted(by)))


def spread(found: T, runs: Sequence[tuple[int, int]]) -> T:
    """The value with every span moved from a text put together of runs to the text that they were taken from.

    Each run is given by its start in the one and in the other, in order. A span ends in the run of its last code point.
    """
    starts = [start for start, _ in runs]

    def moved(at: int) -> int:
        here, there = runs[bisect_right(starts, at) - 1]
        return at - here + there

    def placed(span: Span) -> Span:
        start = moved(span.start)
        return Span(start, start if span.end == span.start else moved(span.end - 1) + 1)

    return cast("T", _moved(found, placed))


def _moved(value: object, place: Callable[[Span], Span]) -> object:
    if isinstance(value, Span):
        return place(value)
    if isinstance(value, tuple):
        items = cast("tuple[object, ...]", value)
        moved = tuple([_moved(item, place) for item in items])
        return items if all(map(is_, moved, items)) else moved
    if not is_dataclass(value) or isinstance(value, type):
        return value
    old = {name: getattr(value, name) for name in _fields_with_spans(type(value))}
    changes = {name: new for name, part in old.items() if (new := _moved(part, place)) is not part}
    return replace(value, **changes) if changes else value


@cache
def _fields_with_spans(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass that may hold a span somewhere inside, by their types."""
    hints = get_type_hints(kind)
    return tuple(f.name for f in fields(kind) if _may_hold_spans(hints[f.name]))


def _may_hold_spans(hint: object) -> bool:
    if hint is Span:
        return True
    if isinstance(hint, type) and is_dataclass(hint):
        return bool(_fields_with_spans(hint))
    return any(_may_hold_spans(inner) for inner in get_args(hint))
