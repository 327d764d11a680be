"""Sums of products: matrix products where two operands share the summed axes, einsum beyond."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.emit.code import ATOM, TERM, Code
from loopless.emit.one_dtype import one_dtype
from loopless.emit.operators import infix, prefix
from loopless.emit.planes import letters_of, with_planes, word_of
from loopless.facts.evidence import FLOATS
from loopless.ir.poly import Axis
from loopless.ir.value import Apply, Read, Value, axes_of
from loopless.lift.types import Type, type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def factors(value: Value) -> list[Value] | None:
    """The operands of a product, None for anything else."""
    match value:
        case Apply("*", (left, right)):
            first = factors(left) or [left]
            second = factors(right) or [right]
            return [*first, *second]
        case _:
            return None


def contraction(axes: list[Axis], body: Value, printer: Printer) -> Code | None:
    """`Σ a * b` as a product of matrices or vectors, None where that does not fit."""
    match body:
        case Apply("neg", (inner,)):
            code = contraction(axes, inner, printer)
            return None if code is None else prefix("-", code, printer)
        case Apply("+" | "-" as op, (left, right)):
            return _both(op, contraction(axes, left, printer), axes, right, printer)
        case _:
            parts = factors(body)
    if parts is None:
        return None
    scalars = [p for p in parts if not (axes_of(p) & set(axes))]
    summed = [p for p in parts if axes_of(p) & set(axes)]
    if len(summed) == 1 and scalars and isinstance(summed[0], Apply):
        # A factor that is the same for all of a sum's products may stand before them.
        total = contraction(axes, summed[0], printer) if summed[0].op in {"+", "-"} else None
        return None if total is None else _scaled(scalars, total, printer)
    if len(summed) != 2:
        return None
    if printer.behind:
        if any(type_of(s, printer.scope).kind not in {"int", "tensor"} for s in scalars):
            # Into integers every addition would be cut off (T3), and their dtype is not known.
            return None
        product = rows_behind(axes, summed, printer)
        return None if product is None else _scaled(scalars, product, printer)
    left, right = summed
    types = [_as_number(p, [*axes, *axes_of(left), *axes_of(right)], printer) for p in summed]
    if not all(multipliable(t) for t in types) or not same_dtype(types[0], types[1]):
        return None
    if any(set(axes) - axes_of(p) for p in summed):
        return None
    if any(t.rank for t in types):
        # A dtype that is not shown may be wider than the one that is: only what multiplies promotes.
        shown = {t.dtype in FLOATS for t in types}
        product = with_planes(axes, left, right, printer) if len(shown) == 1 else None
    else:
        product = _matrices(axes, left, right, printer)
    if product is None:
        return None
    printer.grade_at_least("E1")
    return _scaled(scalars, product, printer)


def _both(
    op: str, one: Code | None, axes: list[Axis], right: Value, printer: Printer
) -> Code | None:
    """`Σ (a * b + c * d)` as two products, where each of them is one of matrices or vectors."""
    other = None if one is None else contraction(axes, right, printer)
    return None if one is None or other is None else infix(op, one, other, printer)


def _scaled(scalars: list[Value], product: Code, printer: Printer) -> Code:
    for scalar in scalars:
        product = infix("*", printer.code(scalar), product, printer)
    return product


def rows_behind(axes: list[Axis], summed: list[Value], printer: Printer) -> Code | None:
    """`Σ a[i, j] * y[j]` where the items of `y` may have any dimensions: these come first, the axis last."""
    types = [type_of(p, printer.scope) for p in summed]
    unknown = [p for p, kind in zip(summed, types, strict=True) if kind.rank is None]
    numbers = [p for p, kind in zip(summed, types, strict=True) if kind.rank == 0]
    if len(unknown) != 1 or len(numbers) != 1 or len(axes) != 1:
        return None
    if any(not k.is_tensor or k.dtype == "bool" for k in types) or not same_dtype(*types):
        return None
    item, number = unknown[0], numbers[0]
    if axes_of(item) - printer.loops.keys() != frozenset(axes):
        return None
    printer.behind = False
    try:
        one, other = printer.code(number), printer.code(item)
    finally:
        printer.behind = True
    left = [a for a in one.axes if a not in axes]
    if other.axes != tuple(axes) or len(left) > 1 or axes[0] not in one.axes:
        return None
    printer.grade_at_least("E1")
    alike = one_dtype(number, one, item, other, printer)
    if alike is None:
        return None
    one, other = alike
    letters = letters_of([*left, *axes])
    spec = f"{word_of(one.axes, letters)},{word_of(other.axes, letters)}...->...{word_of(tuple(left), letters)}"
    text = f'{printer.function("torch.einsum")}("{spec}", {one.text}, {other.text})'
    return Code(text, ATOM, tuple(left), None, kin=other.kin, behind=bool(left))


def _as_number(value: Value, axes: list[Axis], printer: Printer) -> Type:
    """The type of a factor; along several axes an item by one subscript beside others is a number (P4)."""
    kind = type_of(value, printer.scope)
    several = len({a for a in axes if a not in printer.loops}) > 1
    if kind.rank is not None or not several or not isinstance(value, Read) or not value.subs:
        return kind
    known = printer.scope.least_rank.get(printer.scope.shape_root(value.root), 0)
    return kind if known < 0 else replace(kind, rank=0)


def multipliable(kind: Type) -> bool:
    """Whether products of matrices take such values."""
    return kind.is_tensor and kind.dtype != "bool" and kind.rank is not None


def same_dtype(left: Type, right: Type) -> bool:
    """Products of matrices want one dtype; unshown dtypes that are multiplied are presumed alike (P5)."""
    if left.dtype == right.dtype:
        return (
            left.dtype is None
            or left.dtype.startswith("of:")
            or left.dtype in FLOATS
            or left.dtype == "int64"
        )
    known = [d for d in (left.dtype, right.dtype) if d is not None and not d.startswith("of:")]
    if len(known) == 2:
        return False
    return not known or known[0] in FLOATS


def _matrices(axes: list[Axis], left: Value, right: Value, printer: Printer) -> Code | None:
    free_left = [a for a in printer.sorted(axes_of(left) - set(axes)) if a not in printer.loops]
    free_right = [a for a in printer.sorted(axes_of(right) - set(axes)) if a not in printer.loops]
    batch = [a for a in free_left if a in free_right]
    only_left = [a for a in free_left if a not in batch]
    only_right = [a for a in free_right if a not in batch]
    if len(axes) == 1 and not batch and len(only_left) <= 1 and len(only_right) <= 1:
        return _product(axes[0], only_left, only_right, left, right, printer)
    if len(axes) == 1 and len(batch) >= 1 and len(only_left) == 1 and len(only_right) == 1:
        return _batched(axes[0], batch, only_left[0], only_right[0], left, right, printer)
    if len(axes) == 1 and not batch and len(only_left) != len(only_right) == 1:
        found = _stacked(axes[0], only_left, only_right[0], left, right, printer)
        if found is not None:
            return found
    if not batch and not only_left and not only_right:
        return None
    total = len(axes) + len(batch) + len(only_left) + len(only_right)
    if total <= 3 and not (only_left and only_right):
        return None
    return _einsum(axes, batch, only_left, only_right, left, right, printer)


def _product(
    axis: Axis,
    only_left: list[Axis],
    only_right: list[Axis],
    left: Value,
    right: Value,
    printer: Printer,
) -> Code | None:
    """Vectors and matrices: the summed axis last on the left, first on the right."""
    if only_left and only_right and printer.place(only_right[0]) < printer.place(only_left[0]):
        left, right, only_left, only_right = right, left, only_right, only_left
    if not only_left and only_right:
        # vector @ matrix reads better as matrix @ vector.
        left, right, only_left, only_right = right, left, only_right, only_left
    one = _arranged(left, [*only_left, axis], printer)
    other = _arranged(right, [axis, *only_right], printer)
    if one is None or other is None:
        return None
    alike = one_dtype(left, one, right, other, printer)
    if alike is None:
        return None
    one, other = alike
    text = f"{one.at(TERM)} @ {other.at(TERM + 1)}"
    return Code(text, TERM, (*only_left, *only_right))


def _stacked(
    axis: Axis,
    rows: list[Axis],
    column: Axis,
    left: Value,
    right: Value,
    printer: Printer,
) -> Code | None:
    """Many rows, in a tensor of any rank, times one matrix: `x @ w`."""
    want = (*rows, column)
    if printer.sorted(want) != want:
        return None
    one = _arranged(left, [*rows, axis], printer)
    other = _arranged(right, [axis, column], printer)
    alike = None if one is None or other is None else one_dtype(left, one, right, other, printer)
    if alike is None:
        return None
    one, other = alike
    return Code(f"{one.at(TERM)} @ {other.at(TERM + 1)}", TERM, want)


def _batched(
    axis: Axis,
    batch: list[Axis],
    row: Axis,
    column: Axis,
    left: Value,
    right: Value,
    printer: Printer,
) -> Code | None:
    if printer.place(column) < printer.place(row):
        left, right, row, column = right, left, column, row
    want = (*batch, row, column)
    if printer.sorted(want) != want:
        return None
    one = _arranged(left, [*batch, row, axis], printer)
    other = _arranged(right, [*batch, axis, column], printer)
    if one is None or other is None:
        return None
    alike = one_dtype(left, one, right, other, printer)
    if alike is None:
        return None
    one, other = alike
    return Code(f"{one.at(TERM)} @ {other.at(TERM + 1)}", TERM, want)


def _arranged(value: Value, order: list[Axis], printer: Printer) -> Code | None:
    """The text of a value with its axes in a given order."""
    layout = printer.layout
    rest = [a for a in layout if a not in order]
    printer.layout = [*order, *rest]
    try:
        code = printer.code(value)
    finally:
        printer.layout = layout + [a for a in printer.layout if a not in layout]
    # What is of unknown rank was presumed to be a number (P4).
    return None if code.axes != tuple(order) or code.rank else replace(code, rank=0)


def _einsum(
    axes: list[Axis],
    batch: list[Axis],
    only_left: list[Axis],
    only_right: list[Axis],
    left: Value,
    right: Value,
    printer: Printer,
) -> Code | None:
    """Anything else with two operands."""
    letters = letters_of([*batch, *only_left, *only_right, *axes])
    one, other = printer.code(left), printer.code(right)
    if one.rank or other.rank:
        return None
    result = printer.sorted([*batch, *only_left, *only_right])
    alike = one_dtype(left, one, right, other, printer)
    if alike is None:
        return None
    one, other = alike
    spec = (
        f"{word_of(one.axes, letters)},{word_of(other.axes, letters)}->{word_of(result, letters)}"
    )
    text = f'{printer.function("torch.einsum")}("{spec}", {one.text}, {other.text})'
    return Code(text, ATOM, result)
