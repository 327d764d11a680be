"""What a mask chooses, `x[labels == c]`, where it is another mask in each iteration.

How much is chosen changes with it, so there is no one tensor of it. As for slices whose length moves (`lift/ragged.py`)
the normal form is all of `x` with the mask beside it: a reduction fills the places that are not chosen with what does
not count for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from loopless.finding import Span
from loopless.ir.poly import Axis, Poly, poly
from loopless.ir.value import (
    Apply,
    At,
    Cut,
    Held,
    Int,
    New,
    OnItem,
    Pick,
    Read,
    Ref,
    Sub,
    Value,
    axes_of,
)
from loopless.lift.context import Lifting
from loopless.lift.flat_masks import seen_flat
from loopless.lift.ragged import RAGGED, Ragged, carried
from loopless.lift.ranks import pointwise_leaves, settle
from loopless.lift.stop import NOWHERE, StopLifting, stop
from loopless.lift.subscript import full, is_full, item
from loopless.lift.types import type_of


def is_mask(sub: Sub, lifting: Lifting) -> bool:
    """Whether a subscript is a tensor of truth values."""
    if not isinstance(sub, Pick):
        return False
    kind = type_of(sub.value, lifting.scope)
    return kind.is_tensor and kind.dtype == "bool" and kind.rank != 0


def refuse_masks(subs: Sequence[Sub], span: Span, lifting: Lifting) -> None:
    """Stop where a mask stands among subscripts."""
    if any(is_mask(sub, lifting) for sub in subs):
        raise _other_numbers(span)


def chosen(base: Value, subs: Sequence[Sub], span: Span, lifting: Lifting) -> Value | None:
    """`base[subs]` with a mask among the subscripts, None where there is none."""
    masks = [at for at, sub in enumerate(subs) if is_mask(sub, lifting)]
    if not masks:
        return None
    at = masks[0]
    sub = subs[at]
    assert isinstance(sub, Pick)
    others = [s for k, s in enumerate(subs) if k != at]
    if not axes_of(sub.value) & set(lifting.open_axes) or any(
        isinstance(s, Pick | New) for s in others
    ):
        raise _other_numbers(span)
    whole = _whole(base, [full() if k == at else s for k, s in enumerate(subs)], lifting)
    size = None if whole is None else _size(whole, lifting)
    if whole is None or size is None:
        raise _other_numbers(span)
    # Only the same mask chooses as many: it stands for the ends of a slice.
    ends = Cut(poly(Held(sub.value)), None), size
    flat = seen_flat(whole, sub.value, lifting) if len(subs) == 1 else None
    if flat is not None:
        return carried(Ragged(flat[0], ((0, flat[1]),), (ends,)), flat[0])
    dim = sum(isinstance(s, Cut) for s in subs[:at])
    if type_of(whole, lifting.scope).rank == dim + 1:
        # A mask has no more dimensions than what it chooses from.
        learn_row(sub.value, lifting)
    return carried(Ragged(whole, ((dim, sub.value),), (ends,)), whole)


def _whole(base: Value, subs: list[Sub], lifting: Lifting) -> Value | None:
    if all(is_full(sub) for sub in subs) and isinstance(base, Ref | Read | Apply):
        return base
    return item(base, subs, lifting.scope)


def _size(whole: Value, lifting: Lifting) -> Poly | None:
    """A size that tells tensors apart: where masks meet, they are alike only in tensors of one size."""
    match whole:
        case Ref(text) | Read(text):
            return lifting.scope.size(text, 0)
        case Apply(_, args):
            return next((size for arg in args if (size := _size(arg, lifting)) is not None), None)
        case _:
            return None


def _other_numbers(span: Span) -> StopLifting:
    return stop(
        "data-dependent-size", "a boolean mask picks a different number of items each time", span
    )


def learn_row(mask: Value, lifting: Lifting) -> bool:
    """A mask of which what it chooses is folded along one dimension has one itself (P4); False where it has more.

    Where whole tensors have that dimension, an item beside them may be a row or a number, `x[labels == classes[i]]`,
    and of two items one may be either: nothing is presumed of those.
    """
    leaves = [leaf for leaf in pointwise_leaves(mask) if _is_open(leaf, lifting)]
    for leaf in leaves:
        if isinstance(leaf, Ref) and lifting.scope.fact(leaf.text).is_tensor:
            settle(leaf.text, 1, lifting)
    roots = {leaf.root for leaf in leaves if isinstance(leaf, Read)}
    has_row = any(type_of(leaf, lifting.scope).rank == 1 for leaf in pointwise_leaves(mask))
    if len(roots) == 1 and not has_row:
        for leaf in leaves:
            if isinstance(leaf, Read) and all(isinstance(s, At) or is_full(s) for s in leaf.subs):
                settle(leaf.root, sum(isinstance(s, At) for s in leaf.subs) + 1, lifting)
    if any(_is_open(leaf, lifting) for leaf in leaves):
        return False
    return type_of(mask, lifting.scope).rank == 1


def _is_open(leaf: Value, lifting: Lifting) -> bool:
    """Whether a leaf is a tensor of unknown rank."""
    kind = type_of(leaf, lifting.scope)
    return kind.rank is None and isinstance(leaf, Ref | Read)


def learn_rows_chosen(found: Ragged, named: bool, lifting: Lifting) -> None:
    """The same for each mask of what is folded, where a dimension is `named`."""
    for _, mask in found.masks:
        if named and not learn_row(mask, lifting):
            raise stop(
                "unknown-rank", "a mask of several dimensions, or of an unknown number", NOWHERE
            )


def chosen_elements(found: Ragged, lifting: Lifting) -> tuple[Value, Value | None, Axis] | None:
    """An item of what is chosen, where the mask holds, and the axis along it."""
    ((_, mask),) = found.masks
    match found.value:
        case Ref(text):
            size = lifting.scope.size(text, 0)
        case Read(root, subs) if all(isinstance(sub, At | Pick) for sub in subs):
            size = lifting.scope.size(root, len(subs))
        case _:
            return None
    if not learn_row(mask, lifting):
        return None
    axis = lifting.axis("t", size)
    place = [At(poly(axis))]
    element, when = (item(value, place, lifting.scope) for value in (found.value, mask))
    return None if element is None or when is None else (element, when, axis)


def count_of(value: Value, at: int | None, lifting: Lifting) -> Value | None:
    """How many items were chosen along dimension `at`, or of all; None where that is not known."""
    match value:
        case OnItem(op, (whole, Int(dim), mask, _)) if op == RAGGED:
            alone = at is None and type_of(whole, lifting.scope).rank == 1
            if alone or (at is not None and dim.constant == at):
                return Apply("item", (OnItem("Tensor.sum", (mask,)),))
        case _:
            pass
    return None
