"""Sums of products of items that have dimensions of their own: rows, planes, whatever is behind the loop's axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.emit.code import ATOM, TERM, Code
from loopless.emit.one_dtype import one_dtype
from loopless.ir.poly import Axis
from loopless.ir.value import Value

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def with_planes(axes: list[Axis], left: Value, right: Value, printer: Printer) -> Code | None:
    """`Σ a * b` where items have dimensions: `weights @ rows`, else einsum with `...` for what is behind."""
    one, other = printer.code(left), printer.code(right)
    if one.rank is None or other.rank is None or one.behind or other.behind:
        return None
    alike = one_dtype(left, one, right, other, printer)
    if alike is None:
        return None
    one, other = alike
    rank = max(one.rank or 0, other.rank or 0)
    weights, rows = (one, other) if (one.rank or 0) < rank else (other, one)
    product = _weighted_rows(axes, weights, rows)
    if product is not None:
        return product
    letters = letters_of([*one.axes, *other.axes])
    result = printer.sorted([a for a in (*one.axes, *other.axes) if a not in axes])
    spec = f"{_word(one, letters)},{_word(other, letters)}->{word_of(result, letters)}..."
    text = f'{printer.function("torch.einsum")}("{spec}", {one.text}, {other.text})'
    return Code(text, ATOM, result, rank)


def _weighted_rows(axes: list[Axis], weights: Code, rows: Code) -> Code | None:
    """`weights @ rows`: numbers whose last axis is summed, times rows whose last axis it is."""
    if len(axes) != 1 or weights.rank != 0 or rows.rank != 1:
        return None
    *outer, last = weights.axes
    batch = list(rows.axes[:-1])
    kept = outer[: len(batch)]
    if last != axes[0] or rows.axes[-1] != last or kept != batch or len(outer) > len(batch) + 1:
        return None
    if len(outer) == len(batch) and batch:
        # One row of weights for each matrix: a product of vectors with matrices has no operator.
        return None
    return Code(f"{weights.at(TERM)} @ {rows.at(TERM + 1)}", TERM, tuple(outer), 1)


def _word(code: Code, letters: dict[Axis, str]) -> str:
    return word_of(code.axes, letters) + ("..." if code.rank else "")


def letters_of(axes: list[Axis]) -> dict[Axis, str]:
    """One letter per axis: that of the user's name where it is free."""
    taken: dict[Axis, str] = {}
    for axis in axes:
        if axis in taken:
            continue
        candidates = [c for c in axis.name.lower() if c.isalpha() and c.isascii()]
        candidates += [chr(c) for c in range(ord("a"), ord("z") + 1)]
        taken[axis] = next(c for c in candidates if c not in taken.values())
    return taken


def word_of(axes: tuple[Axis, ...], letters: dict[Axis, str]) -> str:
    """Axes as einsum spells them."""
    return "".join(letters[a] for a in axes)
