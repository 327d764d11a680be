"""Masks of as many dimensions as what they choose from: `pred[i][target[i] > 0]` takes numbers one after the other.

Both are seen flat, so that the mask chooses along the one dimension that is left. That needs no rank, only that both
have the same: the mask was computed from the item, or from another that what is chosen is added to or subtracted from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.ir.value import Apply, Held, OnItem, Read, Ref, Value
from loopless.lift.context import Lifting
from loopless.lift.ranks import joined, pointwise_leaves
from loopless.lift.subscript import kin_name
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.lift.ragged import Ragged


def seen_flat(whole: Value, mask: Value, lifting: Lifting) -> tuple[Value, Value] | None:
    """A tensor and a mask that was computed from items of its shape, both flat; None where they need not be alike."""
    if 1 in _ranks(whole, mask, lifting) or not _is_alike(whole, mask, lifting):
        return None
    return _flattened(whole), _flattened(mask)


def folded_flat(found: Ragged, lifting: Lifting) -> Ragged:
    """What is folded as a whole, of a number of dimensions that is not shown: its mask has as many (P4)."""
    match found.masks:
        case ((0, mask),) if _is_chosen(found) and None in _ranks(found.value, mask, lifting):
            return replace(found, value=_flattened(found.value), masks=((0, _flattened(mask)),))
        case _:
            return found


def _ranks(whole: Value, mask: Value, lifting: Lifting) -> tuple[int | None, int | None]:
    return type_of(whole, lifting.scope).rank, type_of(mask, lifting.scope).rank


def _flattened(value: Value) -> Value:
    return OnItem("Tensor.flatten", (value,))


def _is_chosen(found: Ragged) -> bool:
    """Whether a mask made the value ragged, and not a slice."""
    return all(isinstance(cut.start.atom, Held) and cut.count is None for cut, _ in found.ends)


def _is_alike(whole: Value, mask: Value, lifting: Lifting) -> bool:
    """Whether a mask was computed from items of the same shape as the one that it chooses from."""
    scope = lifting.scope

    def names(value: Value) -> set[str]:
        found = {kin_name(leaf, scope) for leaf in _items(value)}
        return found | {scope.alike.get(name, name) for name in found}

    return bool(names(whole) & names(mask))


def meet(parts: Iterable[Ragged], lifting: Lifting) -> None:
    """Note that what one mask chose of several tensors is added or compared: the tensors are alike."""
    chosen = [part for part in parts if _is_chosen(part)]
    if not lifting.trial or len({part.ends[0][0] for part in chosen}) != 1:
        return
    scope = lifting.scope
    names = [kin_name(leaf, scope) for part in chosen for leaf in _below(part.value)]
    for name in names[1:]:
        scope.alike = joined(scope.alike, names[0], name)


def _below(value: Value) -> Iterator[Read]:
    match value:
        case OnItem("Tensor.flatten", (whole,)):
            yield from _items(whole)
        case Apply(_, args):
            for arg in args:
                yield from _below(arg)
        case _:
            yield from _items(value)


def _items(value: Value) -> Iterator[Read]:
    """The items, or whole tensors, that meet in a pointwise expression."""
    for leaf in pointwise_leaves(value):
        match leaf:
            case Read():
                yield leaf
            case Ref(text):
                yield Read(text, ())
            case _:
                pass
