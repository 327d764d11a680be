"""Values of the iteration before that begin with a number of Python: `prev = 0.0`, in front of the items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.emit.code import ATOM, Code
from loopless.emit.unprintable import Unprintable
from loopless.facts.evidence import FLOATS
from loopless.ir.value import Value

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def begun(
    body: Code, place: int, start: Code, values: tuple[Value, Value], printer: Printer
) -> Code:
    """`body`, one step back along its dimension `place`, with a number where it starts."""
    _refuse_other_dtypes(*values, printer)
    cut = ", ".join([":"] * place + [":-1"])
    if body.rank is None and len(body.axes) == 1:
        # Items of any rank: as many of the number as an item has elements.
        filled = f"{printer.function('torch.full_like')}({body.primary}[:1], {start.text})"
        cat = printer.function("torch.cat")
        return Code(f"{cat}(({filled}, {body.primary}[:-1]))", ATOM, body.axes, None, kin=body.kin)
    pads = ", ".join(["0, 0"] * (len(body.axes) - 1 - place + (body.rank or 0)) + ["1, 0"])
    pad = printer.function("torch.nn.functional.pad")
    text = f"{pad}({body.text}, ({pads}), value={start.text})[{cut}]"
    return Code(text, ATOM, body.axes, body.rank)


def _refuse_other_dtypes(value: Value, start: Value, printer: Printer) -> None:
    """Stop where the items would cut the number off: beside it, integers go on as floats (trap T1)."""
    items, number = printer.typed(value), printer.typed(start)
    if printer.stored or items.dtype in FLOATS or not items.is_tensor:
        # What is stored takes the dtype of the place that it goes to.
        return
    if number.kind == "bool" or (number.kind == "int" and items.dtype != "bool"):
        return
    raise Unprintable("unknown-dtype", "a float comes before items of unknown dtype")
