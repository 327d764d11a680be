"""Python's operators between codes, lined up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.emit.align import common, kin_of, lies_behind, lined_up
from loopless.emit.code import NOT, UNARY, Code, binary

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def infix(op: str, left: Code, right: Code, printer: Printer) -> Code:
    """`left op right`, lined up."""
    axes, rank = common((left, right), printer)
    one, other = lined_up(left, axes, rank, printer), lined_up(right, axes, rank, printer)
    text, level = binary(op, one.text, one.level, other.text, other.level)
    behind = lies_behind((left, right), axes, rank, printer)
    return Code(
        text,
        level,
        axes,
        rank,
        left.number and right.number,
        kin_of((left, right), printer),
        behind,
    )


def prefix(op: str, code: Code, printer: Printer) -> Code:
    """`op code`."""
    text = f"{op}{code.at(UNARY)}" if op != "not " else f"not {code.at(NOT)}"
    return code.but(text, NOT if op == "not " else UNARY)
