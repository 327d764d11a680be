"""Subscripts of values: composing `x[i][j]`, slices of slices, and elements of expressions."""

from __future__ import annotations

from collections.abc import Sequence

from loopless.dependence.feasible import bounds, proves
from loopless.facts.operations import lookup
from loopless.facts.scope import Scope
from loopless.ir.poly import poly
from loopless.ir.value import (
    Apply,
    At,
    Cut,
    New,
    OnItem,
    Pick,
    Read,
    Ref,
    Rows,
    Sub,
    Value,
    axes_of,
    replaced,
    sub_axes,
    substitute,
)
from loopless.lift.resliced import within
from loopless.lift.types import type_of

WITHIN = "within"
"""The operation that takes a part of what another one gives."""


def item(value: Value, subs: Sequence[Sub], scope: Scope) -> Value | None:
    """`value[subs]`, None where it cannot be said."""
    match value:
        case Ref(text) if text.isidentifier() or text.startswith("self.") or text.endswith(")"):
            return normal(Read(text, tuple(subs)), scope)
        case Read(root, old):
            if any(isinstance(s, Pick) and _is_row(s.value, scope) for s in old) and subs:
                # Lookups of several places give dimensions of their own, which come first in subscripts of them.
                return None
            composed = compose(old, subs)
            return None if composed is None else normal(Read(root, composed), scope)
        case Rows():
            return _of_rows(value, subs, scope)
        case Apply(op, args, keywords) if not keywords and op != "item":
            return _pushed(op, args, subs, scope)
        case OnItem():
            return _of_result(value, subs, scope)
        case _:
            return None


def _of_result(value: OnItem, subs: Sequence[Sub], scope: Scope) -> Value | None:
    """A part of what an operation gives: places and slices that are the same in all iterations, or one place."""
    kind = type_of(value, scope)
    if (
        not kind.is_tensor
        or not subs
        or len(subs) > (len(subs) if kind.rank is None else kind.rank)
    ):
        # Of an unknown number of dimensions the first ones are those that the subscripts name, or the loop fails.
        return None
    cuts = [sub for sub in subs if isinstance(sub, Cut)]
    rows = [sub for sub in subs if isinstance(sub, Pick) and type_of(sub.value, scope).rank]
    if lookup(value.op) is None and value.op != "part":
        return None
    if rows or sub_axes(cuts) or any(isinstance(sub, New) for sub in subs):
        return None
    return OnItem(WITHIN, (value, Read("", tuple(subs))))


def _of_rows(rows: Rows, subs: Sequence[Sub], scope: Scope) -> Value | None:
    """A row, or a part of all of them."""
    if rows.listed or rows.when is not None or len(rows.axes) != 1 or not subs:
        return None
    first, *rest = subs
    (axis,) = rows.axes
    match first:
        case At(p) if proves(p, bounds(p.axes())):
            inner = substitute(rows.body, {axis: p})
            return item(inner, rest, scope) if rest else inner
        case Cut() if is_full(first):
            inner = item(rows.body, rest, scope) if rest else rows.body
            return None if inner is None else Rows(rows.axes, inner, None, listed=False)
        case _:
            return None


def _is_row(value: Value, scope: Scope) -> bool:
    kind = type_of(value, scope)
    return kind.is_tensor and kind.rank is not None and kind.rank > 0


def _pushed(op: str, args: tuple[Value, ...], subs: Sequence[Sub], scope: Scope) -> Value | None:
    """A subscript of a pointwise result: subscript each operand of full rank, leave numbers alone."""
    types = [type_of(arg, scope) for arg in args]
    ranks = {t.rank for t in types if t.is_tensor and t.rank != 0}
    if len(ranks) != 1 or None in ranks or op.startswith("math.") or op in {"and", "or", "not"}:
        return None
    new: list[Value] = []
    for arg, kind in zip(args, types, strict=True):
        if kind.is_tensor and kind.rank != 0:
            inner = item(arg, subs, scope)
            if inner is None:
                return None
            new.append(inner)
        else:
            new.append(arg)
    return Apply(op, tuple(new))


def compose(old: tuple[Sub, ...], new: Sequence[Sub]) -> tuple[Sub, ...] | None:
    """The subscripts that first `old` and then `new` come to."""
    result: list[Sub] = []
    waiting = list(new)
    for sub in old:
        match sub:
            case At() | Pick():
                result.append(sub)
            case New():
                if waiting:
                    match waiting.pop(0):
                        case At():
                            pass
                        case Cut(start, None, 1) if not start.terms:
                            result.append(sub)
                        case _:
                            return None
                else:
                    result.append(sub)
            case Cut():
                if not waiting:
                    result.append(sub)
                    continue
                inner = within(sub, waiting.pop(0))
                if inner is None:
                    return None
                result.append(inner)
    result.extend(waiting)
    return tuple(result)


def normal(read: Read, scope: Scope) -> Read:
    """Negative constant places counted from the front, full slices at the end dropped."""
    subs: list[Sub] = []
    place = 0
    for sub in read.subs:
        match sub:
            case At(p):
                if p.constant is not None and p.constant < 0:
                    sub = At(scope.size(read.root, place) + p)
                place += 1
            case New():
                pass
            case _:
                place += 1
        subs.append(sub)
    while subs and is_full(subs[-1]):
        subs.pop()
    return Read(read.root, tuple(subs))


def in_tensors(place: Value, scope: Scope) -> Value:
    """A place that is looked up, without going through Python: what is read for it holds integers."""

    def change(inner: Value) -> Value | None:
        match inner:
            case Apply("item", (read,)) if read_dtype(read, scope) in {None, "int64"}:
                return in_tensors(read, scope)
            case _:
                return None

    return replaced(place, change)


def read_dtype(value: Value, scope: Scope) -> str | None:
    """The dtype that the file shows."""
    dtype = type_of(value, scope).dtype
    return None if dtype is None or dtype.startswith("of:") else dtype


def is_full(sub: Sub) -> bool:
    """Whether a subscript is a plain colon."""
    match sub:
        case Cut(start, None, 1, None):
            return not start.terms
        case _:
            return False


def full() -> Cut:
    """A plain colon."""
    return Cut(poly(0), None)


def walked(subs: tuple[Sub, ...]) -> str:
    """By which axes an item is taken."""
    words: list[str] = []
    for sub in subs:
        match sub:
            case At(p):
                words.append("+".join(sorted(str(a.uid) for a in p.axes())))
            case Pick(value):
                words.append("?" + "+".join(sorted(str(a.uid) for a in axes_of(value))))
            case _:
                words.append(":")
    return ",".join(words)


def kin_of(read: Read, scope: Scope) -> frozenset[str]:
    """What has the same rank as an item of unknown rank: items of the same tensor by as many places."""
    own = kin_name(read, scope)
    return frozenset({own, scope.alike.get(own, own)})


def kin_name(read: Read, scope: Scope) -> str:
    """The tensor and the number of places by which an item of it was taken.

    Places that are not known to be single ones have a name of their own: their dimensions are the item's too.
    """
    places = sum(isinstance(sub, At | Pick) for sub in read.subs)
    looked = [sub.value for sub in read.subs if isinstance(sub, Pick)]
    own = "".join(f" {value}" for value in looked if type_of(value, scope).rank != 0)
    return f"{scope.shape_root(read.root)}/{places}{own}"
