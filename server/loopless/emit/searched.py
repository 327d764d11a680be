"""`torch.searchsorted` and `torch.bucketize` of items: one sorted sequence for all of them, or one for each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.emit.code import ATOM, Code
from loopless.emit.mapped import mapped
from loopless.emit.orientation import in_front
from loopless.emit.unprintable import Unprintable
from loopless.facts.evidence import FLOATS
from loopless.ir.value import OnItem, Value
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

_TENSORS = frozenset({"sorted_sequence", "boundaries", "input"})


def searched(value: OnItem, arguments: dict[str, Value], printer: Printer) -> Code:
    """The call for all items; where ranks are not known, by a function of the items."""
    sequence = arguments.get("sorted_sequence") or arguments["boundaries"]
    wanted = arguments["input"]
    if "sorter" in arguments:
        raise Unprintable("unknown-call", "a sequence that is sorted by another")
    _refuse_mixed(sequence, wanted, printer)
    where, what = in_front(sequence, printer), in_front(wanted, printer)
    options = [f"{k}={printer.code(v).text}" for k, v in value.keywords if k not in _TENSORS]
    if "boundaries" in arguments and not where.axes:
        # Boundaries have one dimension, whatever is looked for.
        text = (
            f"{printer.function('torch.bucketize')}({', '.join([what.text, where.text, *options])})"
        )
        return what.but(text, ATOM)
    # Have: numbers are searched for in sequences of one dimension only.
    if not where.axes and (where.rank == 1 or what.rank == 0):
        return what.but(_call(where, what.text, options, printer), ATOM)
    if where.axes == what.axes and where.rank == 1 and what.rank in (0, 1):
        asked = what.text if what.rank else f"{what.primary}[..., None]"
        taken = "" if what.rank else "[..., 0]"
        return what.but(_call(where, asked, options, printer) + taken, ATOM)
    if "boundaries" in arguments:
        raise Unprintable("unknown-rank", "boundaries of each item, of unknown rank")
    # What is found has the shape of what is looked for.
    return replace(mapped(value, printer), kin=what.kin)


def _call(where: Code, what: str, options: list[str], printer: Printer) -> str:
    return f"{printer.function('torch.searchsorted')}({', '.join([where.text, what, *options])})"


def _refuse_mixed(sequence: Value, wanted: Value, printer: Printer) -> None:
    """A single number is compared in the dtype of the sequence, a row of them in that of both (T1)."""
    one, other = type_of(sequence, printer.scope), type_of(wanted, printer.scope)
    if not other.is_tensor:
        raise Unprintable("dtype", "Python's numbers are searched for in a tensor")
    if one.dtype in FLOATS and other.dtype in FLOATS and one.dtype != other.dtype:
        raise Unprintable("dtype", "numbers of one dtype are searched for among those of another")
