"""Operations on items whose batched form follows no rule of the table: each has a module of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.emit.code import Code
from loopless.emit.einsums import einsum
from loopless.emit.joined import JOINS, joined
from loopless.emit.mapped import mapped
from loopless.emit.searched import searched
from loopless.facts.operations import Operation, Rule
from loopless.ir.value import OnItem, Value
from loopless.lift.by_vmap import EINSUM

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def own_form(
    value: OnItem, known: Operation, arguments: dict[str, Value], printer: Printer
) -> Code | None:
    """The text of such an operation, None for those that follow the rules."""
    if value.op in JOINS:
        return joined(value, arguments, printer)
    if known.batched == "searchsorted":
        return searched(value, arguments, printer)
    if known.rule is Rule.OPAQUE:
        return einsum(value, printer) if known.name == EINSUM else mapped(value, printer)
    return None
