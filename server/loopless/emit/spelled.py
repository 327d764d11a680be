"""Operations whose batched form is another call, or the same call under conditions (`Operation.batched`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from loopless.dependence.conditions import integer_of
from loopless.emit.code import ATOM, Code
from loopless.emit.unprintable import Unprintable
from loopless.facts.operations import Operation
from loopless.ir.value import Const, OnItem, Tuple, Value
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

Arguments = dict[str, Value]
Spelling = Callable[[OnItem, Operation, Arguments, Code, "Printer"], "Code | None"]


def spelled(
    value: OnItem, known: Operation, arguments: Arguments, code: Code, printer: Printer
) -> Code | None:
    """The batched form by its spelling; None where it is the same call, or spelled elsewhere."""
    spelling = _SPELLINGS.get(known.batched or "")
    return None if spelling is None else spelling(value, known, arguments, code, printer)


def _diagonal(
    value: OnItem, known: Operation, arguments: Arguments, code: Code, printer: Printer
) -> Code:
    """`torch.diag`: builds a matrix of a vector, or copies the diagonal of a matrix."""
    offset = integer_of(arguments["diagonal"]) if "diagonal" in arguments else None
    shown = "" if offset is None else f"offset={offset.constant}"
    if "diagonal" in arguments and (offset is None or offset.constant is None):
        raise Unprintable("unknown-call", "a diagonal that is not a number")
    if code.rank == 1:
        return Code(f"{code.primary}.diag_embed({shown})", ATOM, code.axes, 2)
    if code.rank == 2:
        tail = f", {shown}" if shown else ""
        text = f"{code.primary}.diagonal(dim1=-2, dim2=-1{tail}).clone()"
        return Code(text, ATOM, code.axes, 1)
    raise Unprintable("unknown-rank", "the diagonal of an item of unknown rank")


def _padded(
    value: OnItem, known: Operation, arguments: Arguments, code: Code, printer: Printer
) -> None:
    """Constants go around the last dims, whatever comes before; other paddings count the dims."""
    mode = arguments.get("mode")
    if mode is not None and not (isinstance(mode, Const) and mode.value == "constant"):
        raise Unprintable("unknown-call", "a padding that is not constant")


def _one_hot(
    value: OnItem, known: Operation, arguments: Arguments, code: Code, printer: Printer
) -> None:
    """The number of classes has to be given: else it is that of each item's largest."""
    classes = arguments.get("num_classes")
    if classes is None or ((p := integer_of(classes)) is not None and p.constant == -1):
        raise Unprintable("unknown-call", "the number of classes is each item's own")


def _folded(
    value: OnItem, known: Operation, arguments: Arguments, code: Code, printer: Printer
) -> None:
    """Layers over planes take a batch in front of an item that has none."""
    fits = known.leading is not None and code.rank == known.last + known.leading[0]
    if known.samples or not fits or len(code.axes) != 1:
        raise Unprintable("unknown-rank", f"{value.op} takes no more dims than it has here")


def _upside_down(
    value: OnItem, known: Operation, arguments: Arguments, code: Code, printer: Printer
) -> Code:
    at = len(code.axes) + (known.batched == "fliplr")
    return Code(f"{code.primary}.flip({at})", ATOM, code.axes, code.rank)


def _sorted(
    value: OnItem, known: Operation, arguments: Arguments, code: Code, printer: Printer
) -> Code:
    text = f"{code.primary}.sort({len(code.axes)}).values"
    return Code(text, ATOM, code.axes, code.rank)


def _expanded(
    value: OnItem, known: Operation, arguments: Arguments, code: Code, printer: Printer
) -> Code:
    """As many sizes as the item has dims: those of the loop in front."""
    sizes = _sizes(known, arguments, printer)
    if code.rank is None or len(sizes) != code.rank:
        raise Unprintable("unknown-rank", "an expansion of an item of another rank")
    leading = [printer.size(axis.extent).text for axis in code.axes]
    text = f"{code.primary}.expand({', '.join([*leading, *sizes])})"
    return Code(text, ATOM, code.axes, code.rank)


def _repeated(
    value: OnItem, known: Operation, arguments: Arguments, code: Code, printer: Printer
) -> Code:
    """As many repetitions as the item has dims: none of the loop's own."""
    counts = _sizes(known, arguments, printer)
    if code.rank is None or len(counts) != code.rank:
        raise Unprintable("unknown-rank", "a repetition of an item of another rank")
    text = f"{code.primary}.repeat({', '.join([*['1' for _ in code.axes], *counts])})"
    return Code(text, ATOM, code.axes, code.rank)


def _sizes(known: Operation, arguments: Arguments, printer: Printer) -> list[str]:
    given = next((a for n, a in arguments.items() if n not in known.tensors), None)
    items = given.items if isinstance(given, Tuple) else () if given is None else (given,)
    if len(items) == 1 and isinstance(items[0], Tuple):
        items = items[0].items
    if not items or any(type_of(i, printer.scope).kind not in {"int", "number"} for i in items):
        raise Unprintable("unknown-call", "sizes that are not known")
    return [printer.code(item).text for item in items]


_SPELLINGS: dict[str, Spelling] = {
    "diag": _diagonal,
    "pad": _padded,
    "one_hot": _one_hot,
    "fold": _folded,
    "fliplr": _upside_down,
    "flipud": _upside_down,
    "msort": _sorted,
    "expand": _expanded,
    "repeats": _repeated,
}
