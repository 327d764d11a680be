"""Operations by what they mean: their defaults spelled out, and what says the same of one item in other words.

`torch.index_select(row, 0, places)` is `row[places]`, `torch.roll(row, s)` is `row[(j - s) % n]` at each place `j`:
said so, they are lookups like any other, also where the places change from iteration to iteration.
"""

from __future__ import annotations

from loopless.dependence.conditions import integer_of
from loopless.facts.operations import Rule, bind, lookup
from loopless.ir.poly import Poly, arithmetic, poly
from loopless.ir.value import (
    Apply,
    At,
    Int,
    OnItem,
    Pick,
    Read,
    Ref,
    Rows,
    Sub,
    Tuple,
    Value,
    axes_of,
)
from loopless.lift.by_vmap import learn_named
from loopless.lift.context import Lifting
from loopless.lift.ranks import learn, learn_scalar
from loopless.lift.subscript import full, in_tensors, item
from loopless.lift.types import type_of

Keywords = tuple[tuple[str, Value], ...]
Arguments = dict[str, Value]


def spelled_out(name: str, args: tuple[Value, ...], keywords: Keywords) -> Keywords:
    """The keywords of a reduction with the dims that it folds where none are given: `row.kthvalue(2)`."""
    known = lookup(name)
    bound = None if known is None else bind(known, args, dict(keywords))
    if known is None or bound is None or known.rule is not Rule.REDUCE:
        return keywords
    missing = [(param, dim) for param, dim in known.defaults if param not in bound]
    return (*keywords, *((param, _dims(dim)) for param, dim in missing))


def _dims(dim: int | tuple[int, ...]) -> Value:
    return Int(poly(dim)) if isinstance(dim, int) else Tuple(tuple(Int(poly(d)) for d in dim))


def meant(name: str, args: tuple[Value, ...], keywords: Keywords, lifting: Lifting) -> Value | None:
    """What says the same as an operation on an item; None where the operation is said best as it is."""
    known = lookup(name)
    bound = None if known is None else bind(known, args, dict(keywords))
    if known is None or bound is None or not args:
        return None
    given = {name: Tuple(arg) if isinstance(arg, tuple) else arg for name, arg in bound.items()}
    first = given.get(known.params[0])
    if first is None:
        return None
    match known.name.rpartition(".")[2]:
        case "dist":
            return _distance(first, given)
        case "index_select":
            return _selected(first, given, lifting)
        case "roll":
            return _rolled(first, given, lifting)
        case "einsum":
            learn_named(args, lifting)
            return None
        case _:
            return None


def _distance(first: Value, given: Arguments) -> Value:
    """`torch.dist(a, b)`: the norm of the difference, over all of its dims."""
    order = (given["p"],) if "p" in given else ()
    return OnItem("Tensor.norm", (Apply("-", (first, given["other"])), *order))


def _selected(first: Value, given: Arguments, lifting: Lifting) -> Value | None:
    """`torch.index_select` at places that vary: those places of the item, which are copied as well."""
    places, dim = given.get("index"), _front(first, given.get("dim"), lifting)
    if places is None or dim is None or not _varies(places, lifting):
        return None
    # What is selected by has one dimension: of none it would keep one all the same.
    learn(places, 1, lifting)
    if type_of(places, lifting.scope).rank != 1:
        return None
    return item(first, [*[full() for _ in range(dim)], Pick(places)], lifting.scope)


def _rolled(first: Value, given: Arguments, lifting: Lifting) -> Value | None:
    """`torch.roll` by what varies: each place of the item is that of another one, counted around."""
    shift = given.get("shifts")
    if shift is None or isinstance(shift, Tuple) or not _varies(shift, lifting):
        return None
    learn_scalar(shift, lifting)
    rank = type_of(first, lifting.scope).rank
    if rank != 1 and _front(first, given.get("dims"), lifting) != 0:
        # Without dims what has several is rolled as if it had one.
        return None
    size = size_in_front(first, lifting)
    if size is None or type_of(shift, lifting.scope).rank != 0:
        return None
    axis = lifting.axis("k", size)
    at = item(first, [_around(poly(axis), shift, size, lifting)], lifting.scope)
    return None if at is None else Rows((axis,), at, None, listed=False)


def _around(place: Poly, shift: Value, size: Poly, lifting: Lifting) -> Sub:
    """The place that comes to `place`."""
    steps = integer_of(shift)
    around = None if steps is None else arithmetic("%", [place - steps, size])
    if around is not None:
        return At(around)
    back = Apply("-", (Int(place), shift))
    return Pick(in_tensors(Apply("%", (back, Int(size))), lifting.scope))


def _front(value: Value, dim: Value | None, lifting: Lifting) -> int | None:
    """A dim counted from the front."""
    p = None if dim is None else integer_of(dim)
    at = None if p is None else p.constant
    rank = type_of(value, lifting.scope).rank
    if at is not None and at < 0:
        return None if rank is None else at + rank
    return at


def size_in_front(value: Value, lifting: Lifting) -> Poly | None:
    """How long the first dimension of an item is."""
    match value:
        case Ref(text):
            return lifting.scope.size(text, 0)
        case Read(root, subs) if all(isinstance(sub, At | Pick) for sub in subs):
            return lifting.scope.size(root, len(subs))
        case _:
            return None


def _varies(value: Value, lifting: Lifting) -> bool:
    return bool(axes_of(value) & set(lifting.open_axes))
