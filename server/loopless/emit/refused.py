"""Operations that torch refuses for the dtypes that the file shows.

The loop fails in the first iteration that comes to one. It survives only where none does, and there the tensor form,
which computes all lanes, would fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.emit.unprintable import Unprintable
from loopless.facts.scope import Scope
from loopless.ir.value import Read, Value
from loopless.lift.fractions import is_fraction
from loopless.lift.piece import Write
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

_BOOL, _INTEGER, _FLOAT, _COMPLEX = range(4)
_CATEGORIES = {
    "bool": _BOOL,
    **dict.fromkeys(("uint8", "int8", "int16", "int32", "int64"), _INTEGER),
    **dict.fromkeys(("float16", "bfloat16", "float32", "float64"), _FLOAT),
    **dict.fromkeys(("complex64", "complex128"), _COMPLEX),
}
_KINDS = {"bool": _BOOL, "int": _INTEGER, "float": _FLOAT}
_BITWISE = frozenset({"&", "|", "^", "~", "<<", ">>"})
_ORDERED = frozenset({"<", ">", "<=", ">=", "//", "%", "min", "max"})

_NOT_OF_TRUTHS = frozenset(
    "- neg abs torch.abs torch.neg torch.sub Tensor.abs Tensor.neg Tensor.sub".split()
)


def category(value: Value, scope: Scope) -> int | None:
    """Truth value, integer, float or complex, as far as the file shows it."""
    kind = type_of(value, scope)
    known = _CATEGORIES.get(kind.dtype or "", _KINDS.get(kind.kind))
    return _FLOAT if known is None and is_fraction(value, scope) else known


def refuse_dtypes(op: str, args: tuple[Value, ...], printer: Printer) -> None:
    """Raise where an operation is not defined for what it is given."""
    if op in _NOT_OF_TRUTHS and any(_is_mask(arg, printer) for arg in args):
        raise Unprintable("dtype", f"`{op}` is not defined for truth values")
    if op not in _BITWISE and op not in _ORDERED:
        return
    known = [c for arg in args if (c := category(arg, printer.scope)) is not None]
    least = _FLOAT if op in _BITWISE else _COMPLEX
    if any(c >= least for c in known):
        raise Unprintable("dtype", f"`{op}` is not defined for these dtypes")


def _is_mask(value: Value, printer: Printer) -> bool:
    kind = printer.typed(value)
    return kind.is_tensor and kind.dtype == "bool"


def refuse_narrowing(piece: Write, scope: Scope) -> None:
    """Raise where `x[i] += v` cannot put its result back: a float into integers, a complex number into floats (T3)."""
    if piece.op is None or not piece.augmented:
        return
    own = category(Read(piece.root, piece.subs), scope)
    value = category(piece.value, scope)
    if own is not None and value is not None and value > max(own, _INTEGER if own else _BOOL):
        raise Unprintable("dtype", f"`{piece.root}` cannot hold what is added to it")
