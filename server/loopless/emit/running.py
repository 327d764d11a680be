"""Folds that begin from a tensor: in which dtype they go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.emit.unprintable import Unprintable
from loopless.ir.value import Apply, Read, Reduce, Ref, Scan, Value
from loopless.lift.piece import Write
from loopless.lift.types import Type, type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


_WIDER = {
    "float16": {"float32"},
    "bfloat16": {"float32"},
    "uint8": {"int16", "int32", "int64", "float32"},
    "int8": {"int16", "int32", "int64", "float32"},
    "int16": {"int32", "int64", "float32"},
    "int32": {"int64", "float32"},
}


def running_dtype(value: Scan, printer: Printer) -> str | None:
    """The dtype= of a running fold; None where that of what is folded is the right one.

    `s += x[i]` stays in the dtype of `s`. A sum of a double and a float, both without dimensions, is a double; beside
    a vector the double would give way (T1).
    """
    if value.start is None:
        return None
    start, body = type_of(value.start, printer.scope), type_of(value.body, printer.scope)
    held = _in_place(value.start, printer)
    wider = _is_wider(start.dtype, body.dtype)
    if not start.is_tensor or start.dtype == body.dtype or not (held or wider):
        return None
    if _is_unshown(start.dtype):
        if _is_unshown(body.dtype):
            # Unshown dtypes that meet are alike (P5).
            return None
        raise Unprintable("unknown-dtype", "a running fold in a tensor of unknown dtype")
    return f"dtype={printer.function(f'torch.{start.dtype}')}"


def adds_up_in_double(piece: Write, printer: Printer) -> None:
    """Ask a fold that is added to doubles to be one of doubles itself, as the loop's is."""
    if piece.op is not None:
        in_double(piece.value, type_of(Read(piece.root, piece.subs), printer.scope), printer)


def in_double(value: Value, start: Type, printer: Printer) -> None:
    """The same for a value that is added to one of this type."""
    match value:
        case Apply("neg", (inner,)):
            in_double(inner, start, printer)
        case Reduce("+" | "*"):
            body = innermost(value)
            kind = type_of(body, printer.scope)
            if start.is_tensor and kind.is_tensor and _is_wider(start.dtype, kind.dtype):
                printer.fold_into = body, f"dtype={printer.function(f'torch.{start.dtype}')}"
        case _:
            pass


def _is_wider(own: str | None, other: str | None) -> bool:
    """Whether what is added up in `own` would lose digits or wrap around in `other`; unshown dtypes are not narrow."""
    if own == "float64":
        return other != own
    return own in _WIDER.get(other or "", ())


def innermost(value: Value) -> Value:
    """What a fold over one or more axes folds."""
    match value:
        case Reduce(op, _, Reduce(inner) as body) if inner == op:
            return innermost(body)
        case Reduce(_, _, body) | Scan(_, _, body):
            return body
        case _:
            return value


def _in_place(start: Value, printer: Printer) -> bool:
    match start:
        case Ref(name) | Read(name, ()):
            return name in printer.augmented
        case _:
            return False


def _is_unshown(dtype: str | None) -> bool:
    return dtype is None or dtype.startswith("of:")
