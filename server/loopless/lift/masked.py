"""Operations on slices whose length moves with the loop, as operations on slices of one length and a mask.

A reduction over all that is ragged gives a plain value. What stays ragged is carried as `RAGGED`, an operation that
nothing prints: whoever takes it in the end, a store or a list, has to say what becomes of the places outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from loopless.dependence.conditions import integer_of
from loopless.dependence.feasible import bounds, proves
from loopless.facts.operations import Operation, Rule, bind, lookup
from loopless.finding import Span
from loopless.ir.poly import Poly, greatest, least, poly
from loopless.ir.value import (
    Apply,
    Const,
    Cut,
    Int,
    New,
    OnItem,
    Pick,
    Read,
    Tuple,
    Value,
    reads_of,
)
from loopless.lift.chosen import learn_rows_chosen
from loopless.lift.context import Lifting
from loopless.lift.flat_masks import folded_flat, meet
from loopless.lift.open_rows import folded_rows
from loopless.lift.places_counted import counted_masks
from loopless.lift.prefixes import prefix_fold
from loopless.lift.ragged import (
    Ragged,
    alike,
    carried,
    filled,
    has_moving,
    joint_mask,
    lowest,
    moves,
    ragged,
    ragged_mask,
    rank_of,
)
from loopless.lift.stop import stop
from loopless.lift.stretches import stretch_fold
from loopless.lift.types import type_of

ZERO, ONE, FALSE, TRUE = Int(poly(0)), Int(poly(1)), Const(False), Const(True)

_NEUTRAL: dict[str, Value] = {
    "sum": ZERO, "nansum": ZERO, "count_nonzero": ZERO, "norm": ZERO, "vector_norm": ZERO,
    "prod": ONE, "any": FALSE, "all": TRUE,
}  # fmt: skip
_FLOATING: dict[str, Value] = {"logsumexp": Const(float("-inf"))}
_EXTREMES = {"max": ">", "amax": ">", "min": "<", "amin": "<"}
_ALONG: dict[str, Value] = {
    "softmax": Const(float("-inf")), "log_softmax": Const(float("-inf")), "cumsum": ZERO, "cumprod": ONE,
}  # fmt: skip


def masked_operation(
    name: str,
    args: tuple[Value, ...],
    keywords: tuple[tuple[str, Value], ...],
    span: Span,
    lifting: Lifting,
) -> Value | None:
    """The operation on operands of one size, None where none of them is ragged."""
    if not any(has_moving(arg, lifting) for arg in args):
        return None
    whole = stretch_fold(name.rpartition(".")[2], args, keywords, span, lifting) or folded_rows(
        name, args, keywords, span, lifting
    )
    if whole is not None:
        return whole
    known = lookup(name)
    bound = None if known is None else bind(known, args, dict(keywords))
    short = name.rpartition(".")[2]
    if known is not None and _dim_of_unsure(known, bound or {}, args[0], lifting):
        # A dim is named because there may be others.
        if lifting.trial:
            return None
        raise stop("unknown-rank", "a slice that moves, of a tensor of unknown rank", span)
    shown = type_of(args[0], lifting.scope).rank is not None
    found = ragged(args[0], span, lifting)
    others = [ragged(arg, span, lifting) for arg in args[1:]]
    if found is None and not any(others):
        return None
    if known is None or bound is None:
        raise _no_rule(short, span)
    if short in {"dot", "vdot", "inner", "matmul"} and len(args) == 2:
        return _dot(args, span, lifting)
    if known.batched == "loss" and len(args) == 2:
        return _loss(name, args, keywords, span, lifting)
    if found is None or any(others):
        raise _no_rule(short, span)
    if not shown and any(d in bound for d in known.dims):
        # A dim is named because there may be others.
        if lifting.trial:
            return None
        raise stop("unknown-rank", "a slice that moves, of a tensor of unknown rank", span)
    running = prefix_fold(short, args[0], found, keywords, lifting)
    if running is not None and len(args) == 1:
        return running
    if not any(d in bound for d in known.dims):
        found = folded_flat(found, lifting)
    learn_rows_chosen(found, any(d in bound for d in known.dims), lifting)
    call = _Call(name, known, args, keywords, found, _dims(known, bound, found, span, lifting))
    return _one(short, call, span, lifting)


def _dim_of_unsure(
    known: Operation, bound: Mapping[str, object], value: Value, lifting: Lifting
) -> bool:
    """Whether a reduction names a dim of slices that move whose ranks only these slices show."""
    if known.rule is not Rule.REDUCE or not any(dim in bound for dim in known.dims):
        return False
    return any(_moving(read, lifting) and not _is_shown(read, lifting) for read in reads_of(value))


def _moving(read: Read, lifting: Lifting) -> bool:
    return bool(read.root) and any(
        isinstance(sub, Cut) and moves(sub, lifting) for sub in read.subs
    )


def _is_shown(read: Read, lifting: Lifting) -> bool:
    """Whether the rank of what is sliced is shown by more than the subscript that slices it."""
    named = sum(not isinstance(sub, New) for sub in read.subs)
    scope = lifting.scope
    return scope.shown(read.root) is not None or scope.least_rank.get(read.root, 0) > named


class _Call:
    """A call of an operation on one ragged operand, with the dims that it works on (None: all)."""

    __slots__ = ("args", "dims", "found", "keywords", "known", "name")

    def __init__(
        self,
        name: str,
        known: Operation,
        args: tuple[Value, ...],
        keywords: tuple[tuple[str, Value], ...],
        found: Ragged,
        dims: frozenset[int] | None,
    ) -> None:
        self.name, self.known, self.args, self.keywords = name, known, args, keywords
        self.found, self.dims = found, dims

    def on(self, value: Value, name: str = "") -> Value:
        """The same call on another operand."""
        return OnItem(name or self.name, (value, *self.args[1:]), self.keywords)

    @property
    def folds_all(self) -> bool:
        """Whether nothing ragged is left of a reduction."""
        return self.dims is None or all(dim in self.dims for dim, _ in self.found.masks)


def _one(short: str, call: _Call, span: Span, lifting: Lifting) -> Value:
    found = call.found
    if _keeps_places(call, lifting):
        return carried(found, call.on(found.value))
    if short in _ALONG and call.dims is not None and call.folds_all:
        return carried(found, call.on(filled(found, _ALONG[short], span, lifting)))
    if short == "flip" and call.dims == frozenset({0}):
        return _flipped(found, span, lifting)
    if not call.folds_all:
        raise stop("moving-slice", f"`{short}` of a slice that moves, along another dim", span)
    if short in _NEUTRAL and _plain_norm(short, call):
        return call.on(filled(found, _NEUTRAL[short], span, lifting))
    if short in _FLOATING:
        return call.on(filled(found, _FLOATING[short], span, lifting))
    if short in _EXTREMES and (call.dims is None or short.startswith("am")):
        return call.on(filled(found, lowest(_EXTREMES[short], found, span, lifting), span, lifting))
    if short == "mean" and not _given(call, "dtype"):
        total = filled(found, ZERO, span, lifting)
        return Apply("/", (call.on(total, _renamed(call, "sum")), _count(call, span, lifting)))
    if short in {"std", "var"}:
        return _spread(short, call, span, lifting)
    raise _no_rule(short, span)


def _keeps_places(call: _Call, lifting: Lifting) -> bool:
    """Whether each place of the result is made of the same place: a copy, another dtype, a function of numbers."""
    given = (*call.args[1:], *(value for _, value in call.keywords))
    return call.known.rule is Rule.VIEW or (
        call.known.rule is Rule.POINTWISE
        and not any(type_of(value, lifting.scope).is_tensor for value in given)
    )


def _no_rule(short: str, span: Span) -> Exception:
    return stop("moving-slice", f"no rule for `{short}` of a slice whose length moves", span)


def _renamed(call: _Call, short: str) -> str:
    return f"{call.name.rpartition('.')[0]}.{short}"


def _given(call: _Call, name: str) -> bool:
    return name in dict(call.keywords)


def _plain_norm(short: str, call: _Call) -> bool:
    """Zeros do not count in a norm of positive order."""
    if short not in {"norm", "vector_norm"}:
        return True
    order = dict(call.keywords).get("p", dict(call.keywords).get("ord"))
    if order is None and len(call.args) > 1:
        order = call.args[1]
    p = None if order is None else integer_of(order)
    return order is None or (p is not None and p.constant is not None and p.constant > 0)


def _dims(
    known: Operation,
    bound: dict[str, Value | tuple[Value, ...]],
    found: Ragged,
    span: Span,
    lifting: Lifting,
) -> frozenset[int] | None:
    """The dims that a call names, counted from the front; None where it names none."""
    given = next((bound[d] for d in known.dims if d in bound), None)
    if given is None or given == Const(None):
        return None
    values = (
        given if isinstance(given, tuple) else given.items if isinstance(given, Tuple) else (given,)
    )
    rank = type_of(found.value, lifting.scope).rank
    dims: set[int] = set()
    for value in values:
        p = integer_of(value)
        if p is None or p.constant is None or (p.constant < 0 and rank is None):
            raise stop("unknown-rank", "a dim that is not known, of a slice that moves", span)
        dims.add(p.constant if p.constant >= 0 else p.constant + (rank or 0))
    return frozenset(dims)


def _count(call: _Call, span: Span, lifting: Lifting) -> Value:
    """How many places a reduction folds into one."""
    found = call.found
    rank = type_of(found.value, lifting.scope).rank
    count = counted_masks([mask for _, mask in found.masks], bounds(lifting.open_axes))
    if count is None:
        lone = next(mask for _, mask in found.masks)
        masks = joint_mask(found, span, lifting) if len(found.masks) > 1 else lone
        count = OnItem("Tensor.sum", (masks,))
    if rank is None:
        raise stop("unknown-rank", "a mean over a slice that moves, of unknown rank", span)
    ragged_dims = {dim + k for dim, mask in found.masks for k in range(rank_of(mask, lifting))}
    others = (call.dims if call.dims is not None else frozenset(range(rank))) - ragged_dims
    for dim in sorted(others):
        size = _size(found.value, dim, lifting)
        if size is None:
            raise stop("unknown-rank", "a mean over dimensions of unknown size", span)
        count = Apply("*", (count, Int(size)))
    return count


def _size(value: Value, dim: int, lifting: Lifting) -> Poly | None:
    """The size of a dimension of the item."""
    match value:
        case Read(root, subs):
            place = at = 0
            for sub in subs:
                if isinstance(sub, Cut | New):
                    if at == dim and isinstance(sub, Cut):
                        # Python cuts a slice off where the tensor ends.
                        held = size_of_slice(sub, lifting.scope.size(root, place), lifting)
                        return held.poly if isinstance(held, Int) else None
                    if at == dim:
                        return poly(1)
                    at += 1
                place += not isinstance(sub, New)
            return lifting.scope.size(root, place + dim - at)
        case Apply(_, args):
            rank = type_of(value, lifting.scope).rank
            for arg in args:
                kind = type_of(arg, lifting.scope)
                if kind.is_tensor and kind.rank == rank:
                    return _size(arg, dim, lifting)
            return None
        case _:
            return None


def _spread(short: str, call: _Call, span: Span, lifting: Lifting) -> Value:
    """Variance in two passes: over the mean of what is meant."""
    found = call.found
    plain = {"unbiased": FALSE, "correction": ZERO}
    given = dict(call.keywords)
    if (
        call.dims is not None
        or len(call.args) > 1
        or any(plain.get(k) != v for k, v in given.items())
    ):
        raise _no_rule(f"{short}` with arguments`", span)
    count = _count(call, span, lifting)
    mean = Apply("/", (OnItem("Tensor.sum", (filled(found, ZERO, span, lifting),)), count))
    squares = replace(
        found, value=Apply("**", (Apply("-", (found.value, mean)), Int(poly(2)))), zeros=False
    )
    total = OnItem("Tensor.sum", (filled(squares, ZERO, span, lifting),))
    below: Value = count
    if not given:
        # Of one number the variance is 0 / 0, and so it is of none.
        below = Apply("Tensor.clamp", (Apply("-", (count, ONE)),), (("min", ZERO),))
    variance = Apply("/", (total, below))
    return variance if short == "var" else Apply("torch.sqrt", (variance,))


def _dot(args: tuple[Value, ...], span: Span, lifting: Lifting) -> Value:
    ranks = [type_of(arg, lifting.scope).rank for arg in args]
    if ranks != [1, 1]:
        raise stop("moving-slice", "a matrix product of slices whose length moves", span)
    product = ragged(Apply("*", (args[0], args[1])), span, lifting)
    assert product is not None
    return OnItem("Tensor.sum", (filled(product, ZERO, span, lifting),))


def _loss(
    name: str,
    args: tuple[Value, ...],
    keywords: tuple[tuple[str, Value], ...],
    span: Span,
    lifting: Lifting,
) -> Value:
    """A loss of pairs of numbers: of each pair, then their sum or mean."""
    given = dict(keywords)
    word = given.pop("reduction", Const("mean"))
    parts = [ragged(arg, span, lifting) for arg in args]
    first, second = parts
    meet((part for part in parts if part is not None), lifting)
    if first is None or second is None or not alike(first, second) or given:
        raise _no_rule(name, span)
    pairs = OnItem(name, (first.value, second.value), (("reduction", Const("none")),))
    each = replace(first, value=pairs, zeros=False)
    if word == Const("none"):
        return carried(first, pairs)
    rank = type_of(first.value, lifting.scope).rank
    if rank != 1 or word not in (Const("mean"), Const("sum")):
        raise _no_rule(name, span)
    total = OnItem("Tensor.sum", (filled(each, ZERO, span, lifting),))
    if word == Const("sum"):
        return total
    return Apply("/", (total, OnItem("Tensor.sum", (first.masks[0][1],))))


def _flipped(found: Ragged, span: Span, lifting: Lifting) -> Value:
    """A slice backwards: the place `n - 1 - j` for each place `j` before `n`."""
    value = found.value
    if not isinstance(value, Read) or len(found.masks) != 1 or found.masks[0][0] != 0:
        raise _no_rule("flip", span)
    match found.masks[0][1]:
        case Apply("<", (OnItem(op, (Int(size),)) as places, Int(end))) if op == "positions":
            pass
        case _:
            raise _no_rule("flip", span)
    at = next(n for n, sub in enumerate(value.subs) if isinstance(sub, Cut))
    if value.subs[at] != Cut(poly(0), None):
        raise _no_rule("flip", span)
    # Python cuts off what lies behind the end.
    last: Value = Apply("Tensor.clamp", (Int(end),), (("max", Int(size)),))
    source = Apply(
        "where",
        (found.masks[0][1], Apply("-", (Apply("-", (last, ONE)), places)), places),
    )
    subs = (*value.subs[:at], Pick(source), *value.subs[at + 1 :])
    return carried(found, Read(value.root, subs))


def size_of_slice(cut: Cut, size: Poly, lifting: Lifting) -> Value | None:
    """How many places a slice has, None where that is not known."""
    known = lifting.within()
    if cut.step != 1 or not proves(cut.start, known):
        return None
    if cut.count is None:
        end = size if cut.stop is None else size + cut.stop
        return Int(greatest((end - cut.start, poly(0))))
    if not proves(cut.count, known) and not moves(cut, lifting):
        return None
    if proves(size - cut.start - cut.count, known) and proves(cut.count, known):
        return Int(cut.count)
    if not moves(cut, lifting):
        return Int(least((cut.count, greatest((size - cut.start, poly(0))))))
    mask = ragged_mask(cut, size, lifting)
    if mask is None:
        return None
    return counted_masks([mask], known) or Apply("item", (OnItem("Tensor.sum", (mask,)),))
