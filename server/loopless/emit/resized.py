"""Reshape, view and flatten of items: for all items at once, whose number may be zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.conditions import integer_of
from loopless.emit.code import ATOM, Code
from loopless.emit.unprintable import Unprintable
from loopless.facts.operations import Operation
from loopless.ir.value import Tuple, Value
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def resized(known: Operation, arguments: dict[str, Value], code: Code, printer: Printer) -> Code:
    """The sizes of the leading axes in front; a size that is left open is worked out of the item alone."""
    items = _sizes(known, arguments)
    if not items or any(type_of(i, printer.scope).kind not in {"int", "number"} for i in items):
        raise Unprintable("unknown-call", "a reshape to unknown sizes")
    if not any(_is_open(i) for i in items):
        sizes = [printer.size(axis.extent).text for axis in code.axes]
        sizes += [printer.code(item).text for item in items]
        return Code(f"{code.primary}.reshape({', '.join(sizes)})", ATOM, code.axes, len(items))
    # Of no items at all, `reshape(0, -1)` could not tell what the open size is.
    flat = code if code.rank == 1 else flattened(_with_dims(code))
    if len(items) == 1:
        return flat if flat is not code else code
    texts = ", ".join(printer.code(item).text for item in items)
    at = len(code.axes)
    return Code(f"{flat.primary}.unflatten({at}, ({texts}))", ATOM, code.axes, len(items))


def _with_dims(code: Code) -> Code:
    """Items that may be numbers, `v.view(-1)`, with a dimension of size one."""
    if code.rank is not None:
        return code
    return code.but(f"{code.primary}[{', '.join([':'] * len(code.axes))}, None]")


def flattened(code: Code) -> Code:
    """Each item with its dimensions as one."""
    if code.rank == 0:
        return Code(f"{code.primary}[..., None]", ATOM, code.axes, 1)
    return Code(f"{code.primary}.flatten({len(code.axes)})", ATOM, code.axes, 1)


def _sizes(known: Operation, arguments: dict[str, Value]) -> tuple[Value, ...]:
    given = next((a for n, a in arguments.items() if n not in known.tensors), None)
    items = given.items if isinstance(given, Tuple) else (given,) if given is not None else ()
    if len(items) == 1 and isinstance(items[0], Tuple):
        items = items[0].items
    return items


def _is_open(size: Value) -> bool:
    whole = integer_of(size)
    return whole is None or whole.constant == -1
