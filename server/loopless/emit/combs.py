"""Running folds over every n-th iteration, as one running fold down the columns of a table of n columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.emit.arithmetic import infix
from loopless.emit.code import ATOM, Code
from loopless.emit.folds import sum_dtype
from loopless.emit.unprintable import Unprintable
from loopless.ir.value import Comb
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def comb(value: Comb, printer: Printer) -> Code:
    """The iterations row by row, as many in a row as one looks back; what is missing in the last row is filled up."""
    axis, step = value.axis, value.residue.extent.constant
    printer.place(axis)
    printer.grade_at_least("E1")
    body = printer.code(value.body)
    if axis not in body.axes or body.axes[-1] != axis:
        raise Unprintable(
            "scan", "a running fold across other axes of a value that it varies along"
        )
    if body.rank != 0 and not body.behind:
        raise Unprintable("unknown-rank", "a running fold of items of unknown rank")
    # Where the loop does not run, there is no row.
    printer.places.append(axis.extent)
    start = printer.code(value.start)
    if start.axes != tuple(value.residue if a == axis else a for a in body.axes):
        raise Unprintable("scan", "a running fold from a start of another shape")
    # Have: the start is one row of the table, below the dimensions in front of it.
    if body.behind or len(body.axes) > 1:
        start = start.but(f"{start.primary}[..., None, :]")
    code = infix(
        value.op, replace(start, axes=body.axes), _columns(value, body, step, printer), printer
    )
    text = f"{code.primary}.flatten(-2)[..., :{printer.size(axis.extent).text}]"
    return Code(text, ATOM, body.axes, body.rank, kin=body.kin, behind=body.behind)


def _columns(value: Comb, body: Code, step: int | None, printer: Printer) -> Code:
    method, fill = {"+": ("cumsum", ""), "*": ("cumprod", ", value=1")}[value.op]
    missing = printer.size(value.axis.extent * -1)
    dtype = sum_dtype(type_of(value.body, printer.scope), printer)
    pad = printer.function("torch.nn.functional.pad")
    filled = f"{pad}({body.text}, (0, {missing.at(ATOM)} % {step}){fill})"
    tail = f", {dtype}" if dtype else ""
    return body.but(f"{filled}.unflatten(-1, (-1, {step})).{method}(-2{tail})")
