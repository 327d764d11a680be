"""Sums over all dimensions of a product of two items, `(x[i : i + k] * w[j]).sum()`, without holding the products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.emit.code import ATOM, TERM, Code
from loopless.emit.contract import multipliable, same_dtype
from loopless.emit.planes import letters_of, word_of
from loopless.facts.evidence import FLOATS
from loopless.ir.poly import Axis, Poly, poly
from loopless.ir.value import Apply, Cut, New, OnItem, Read, Value, axes_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def item_product(value: OnItem, printer: Printer) -> Code | None:
    """`Σ a * b` over the dimensions of two items along different axes, None for anything else."""
    match value.args:
        case (Apply("*", (left, right)),) if not value.keywords and _fit(left, right, printer):
            pass
        case _:
            return None
    one, other = printer.code(left), printer.code(right)
    if one.rank is None or one.rank != other.rank or one.behind or other.behind:
        return None
    if set(one.axes) == set(other.axes):
        return None
    printer.grade_at_least("E1")
    return _matrices(one, other, printer) or _einsum(one, other, printer)


def _fit(left: Value, right: Value, printer: Printer) -> bool:
    """Whether both have the same dimensions and one dtype: what multiplies matrices neither stretches nor promotes."""
    types = [printer.typed(side) for side in (left, right)]
    if not all(multipliable(kind) and kind.rank for kind in types):
        return False
    shown = {kind.dtype in FLOATS for kind in types}
    if len(shown) != 1 or axes_of(left) == axes_of(right) or not same_dtype(types[0], types[1]):
        return False
    sizes = [
        _sizes(side, kind.rank or 0, printer)
        for side, kind in zip((left, right), types, strict=True)
    ]
    # Of a dimension of one place that is stretched the sum would be taken first: infinities tell.
    return sizes[0] is not None and sizes[0] == sizes[1]


def _sizes(value: Value, rank: int, printer: Printer) -> list[Poly] | None:
    """The sizes of an item's dimensions, None where one of them is not known."""
    if not isinstance(value, Read):
        return None
    found: list[Poly] = []
    place = 0
    for sub in value.subs:
        match sub:
            case Cut(start, None, 1, None) if start == poly(0):
                found.append(printer.scope.size(value.root, place))
            case Cut(_, Poly() as count, 1):
                found.append(count)
            case Cut() | New():
                return None
            case _:
                pass
        place += 1
    missing = range(rank - len(found))
    return found + [printer.scope.size(value.root, place + k) for k in missing]


def _matrices(one: Code, other: Code, printer: Printer) -> Code | None:
    """Rows times rows: `a @ b`, or `a @ b.T` where each walks an axis of its own."""
    if one.rank != 1 or len(one.axes) > 1 or len(other.axes) > 1:
        return None
    if not one.axes:
        one, other = other, one
    if not other.axes:
        return Code(f"{one.at(TERM)} @ {other.at(TERM + 1)}", TERM, one.axes, 0)
    if printer.place(other.axes[0]) < printer.place(one.axes[0]):
        one, other = other, one
    return Code(f"{one.at(TERM)} @ {other.primary}.T", TERM, (*one.axes, *other.axes), 0)


def _einsum(one: Code, other: Code, printer: Printer) -> Code:
    result = printer.sorted([*one.axes, *other.axes])
    inner = tuple(
        Axis(name, -1 - k, result[0].extent) for k, name in enumerate("pqrstuv"[: one.rank])
    )
    letters = letters_of([*result, *inner])
    left, right = (word_of((*code.axes, *inner), letters) for code in (one, other))
    spec = f"{left},{right}->{word_of(result, letters)}"
    text = f'{printer.function("torch.einsum")}("{spec}", {one.text}, {other.text})'
    return Code(text, ATOM, result, 0)
