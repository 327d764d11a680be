"""What has the same unknown rank as the result of an operation: the same operation on what has the same rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.emit.orientation import in_front
from loopless.emit.shapes_kept import of_same_rank
from loopless.emit.unprintable import Unprintable
from loopless.ir.value import OnItem, Tuple, Value, axes_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def kin_of_result(value: OnItem, printer: Printer) -> frozenset[str]:
    """The names of what has the rank of a result, which is not known."""
    whole = value.args[0] if value.op == "part" else None
    if isinstance(whole, OnItem):
        return kin_of_result(whole, printer)
    kept = of_same_rank(value)
    if kept is not None:
        found = in_front(kept, printer).kin
        return found or frozenset({f"{value}/"})
    varying = [arg for arg in value.args if axes_of(arg) - printer.loops.keys()]
    kins = [_kin(arg, printer) for arg in varying]
    options = tuple("" if arg in varying else str(arg) for arg in value.args)
    name = f"{value.op}{options}{value.keywords}"
    if len(kins) == 1 and kins[0]:
        return frozenset({f"{name}#{kin}/" for kin in kins[0]})
    return frozenset({f"{name}#{_together(kins, varying)}/"})


def _kin(arg: Value, printer: Printer) -> frozenset[str]:
    """What has the rank of an operand; several tensors in one have no rank of their own."""
    if isinstance(arg, Tuple):
        return frozenset()
    try:
        return in_front(arg, printer).kin
    except Unprintable:
        # The operation has a form of its own for what it is given.
        return frozenset()


def _together(kins: list[frozenset[str]], varying: list[Value]) -> str:
    """One name for several operands: their kin, and what has none as it is."""
    return " ".join(
        ",".join(sorted(kin)) or str(arg) for kin, arg in zip(kins, varying, strict=True)
    )
