"""Trees of the loop language with parts replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from loopless.finding import Span

T = TypeVar("T")


def rewritten(node: T, change: Callable[[Any], Any]) -> T:
    """The node with every part that `change` gives something new for replaced, outside first."""
    return cast("T", _rewritten(node, change))


def _rewritten(node: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(node, tuple):
        return tuple(_rewritten(part, change) for part in cast("tuple[Any, ...]", node))
    if not is_dataclass(node) or isinstance(node, Span | type):
        return node
    new = change(node)
    if new is not None:
        return new
    parts: dict[str, Any] = {f.name: getattr(node, f.name) for f in fields(node)}
    after = {name: _rewritten(part, change) for name, part in parts.items()}
    return node if after == parts else replace(node, **after)
