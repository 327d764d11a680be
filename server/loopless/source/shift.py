"""Findings of a chunk, moved to their place in the file."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

from loopless.finding import Span

T = TypeVar("T")


def shifted(found: T, by: int) -> T:
    """The value with every span in it moved by `by` code points."""
    if by == 0:
        return found
    return cast("T", _moved(found, by))


def _moved(value: object, by: int) -> object:
    if isinstance(value, Span):
        return value.shifted(by)
    if isinstance(value, tuple):
        return tuple(_moved(item, by) for item in cast("tuple[object, ...]", value))
    if is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: _moved(getattr(value, f.name), by) for f in fields(value)}
        return replace(value, **changes)
    return value
