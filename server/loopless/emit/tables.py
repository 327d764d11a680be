"""Lists of lists of numbers that `torch.tensor` collects: tables, printed as rows of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loopless.dependence.feasible import proves
from loopless.emit.code import CHOICE, TERM, Code
from loopless.emit.draft import positive
from loopless.emit.unprintable import Unprintable
from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Apply, OnItem, Rows, Tuple, Value
from loopless.lift.piece import Append
from loopless.lift.types import Type, type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


@dataclass(frozen=True, slots=True)
class Table:
    """What is collected: `value` in tensors, its numbers, and how many lists stand around them.

    `read` says that the numbers are read to the host one by one.
    """

    value: Value
    leaf: Value
    depth: int
    read: bool

    def kind(self, scope: Scope) -> Type:
        """The type of the numbers."""
        if not self.depth:
            return type_of(self.value, scope)
        match self.leaf:
            case OnItem("torch.tensor", (Tuple(),)):
                # Cut off from the graph as it is made.
                return Type("int")
            case Apply("item", (inner,)) if self.read:
                return type_of(inner, scope)
            case _:
                return type_of(self.leaf, scope)

    def numbers(self, code: Code) -> Code:
        """The code of the table as one of its numbers: with the dimensions of lists aside."""
        return replace(code, rank=0) if self.depth and code.rank == self.depth else code


def table_of(append: Append, value: Value, function: str) -> Table:
    """Items as they are collected, with lists of numbers as tensors."""
    leaf, depth = _leaf(value)
    if depth and function != "torch.tensor":
        raise Unprintable("append", "lists are collected")
    if depth and append.when is not None:
        raise Unprintable("append", "no lists at all would make a tensor of another shape")
    read = isinstance(leaf, Apply) and leaf.op == "item" and function in {"torch.tensor", "list"}
    return Table(_made(value, read=read), leaf, depth, read)


def _leaf(value: Value) -> tuple[Value, int]:
    depth = 0
    while isinstance(value, Rows) and value.listed:
        if value.when is not None or len(value.axes) != 1:
            raise Unprintable("append", "lists of another length in each iteration")
        value, depth = value.body, depth + 1
    if isinstance(value, Tuple):
        return OnItem("torch.tensor", (value,)), depth + _depth(value)
    return value, depth


def _depth(value: Value) -> int:
    return 1 + max(map(_depth, value.items), default=0) if isinstance(value, Tuple) else 0


def _made(value: Value, *, read: bool) -> Value:
    """The same as a tensor; with `read` of the items before they were read to the host."""
    match value:
        case Rows(_, body) if value.listed:
            return replace(value, body=_made(body, read=read), listed=False)
        case Tuple():
            return OnItem("torch.tensor", (value,))
        case Apply("item", (inner,)) if read:
            return inner
        case _:
            return value


def of_some_rows(
    table: Table, code: Code, axes: Sequence[Axis], dtype: str, printer: Printer
) -> Code | None:
    """A table where it has numbers: lists of none make a tensor of fewer dimensions, or of another dtype.

    None where there is nothing to ask.
    """
    if not table.depth or code.text.endswith(".tolist())"):
        # Python's own lists make the same tensor again.
        return None
    inner = _rows_in(table.value)
    unsure = [a.extent for a in (*axes, *inner) if not proves(a.extent - 1, printer.known)]
    if not unsure:
        return None
    if len(inner) > 1 or (inner and len(axes) > 1):
        raise Unprintable("append", "no lists at all would make a tensor of another shape")
    test = " and ".join(positive(extent, printer, printer.size(extent)) for extent in unsure)
    rows = f"[[]] * {printer.size(axes[0].extent).at(TERM + 1)}" if inner else "[]"
    asked = f", dtype={printer.function(f'torch.{dtype}')}" if dtype else ""
    empty = f"{printer.function('torch.tensor')}({rows}{asked})"
    return code.but(f"{code.at(CHOICE + 1)} if {test} else {empty}", CHOICE)


def _rows_in(value: Value) -> list[Axis]:
    return [*value.axes, *_rows_in(value.body)] if isinstance(value, Rows) else []
