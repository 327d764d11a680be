"""The latest iteration so far in which a condition held, as an index tensor: a running maximum of ordinals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.emit.code import Code
from loopless.emit.unprintable import Unprintable
from loopless.ir.value import Scan

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def latest(value: Scan, printer: Printer) -> Code:
    """The ordinals, -1 before the first such iteration."""
    body = printer.code(value.body)
    if value.axis not in body.axes or body.rank != 0:
        raise Unprintable("last-value", "the latest iteration of a condition on rows")
    place = body.axes.index(value.axis)
    if value.exclusive:
        after = len(body.axes) - 1 - place
        cut = ", ".join([":"] * place + [":-1"])
        pad = ", ".join(["0, 0"] * after + ["1, 0"])
        padded = printer.function("torch.nn.functional.pad")
        body = body.but(f"{padded}({body.text}, ({pad}), value=-1)[{cut}]")
    running = body.but(f"{body.primary}.cummax({place})")
    printer.parts.setdefault(running.text, "latest")
    return running.but(f"{running.text}.values")
