"""Python text with its precedence, its named axes, and the rank behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from loopless.ir.poly import Axis

Axes = tuple[Axis, ...]

ATOM, POWER, UNARY, TERM, SUM, SHIFT, AND, XOR, OR, COMPARE, NOT, LAND, LOR, CHOICE = range(
    14, 0, -1
)

LEVELS = {
    "+": SUM, "-": SUM, "*": TERM, "/": TERM, "//": TERM, "%": TERM, "@": TERM, "**": POWER,
    "<": COMPARE, ">": COMPARE, "<=": COMPARE, ">=": COMPARE, "==": COMPARE, "!=": COMPARE,
    "&": AND, "|": OR, "^": XOR, "<<": SHIFT, ">>": SHIFT, "and": LAND, "or": LOR,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Code:
    """Text of an expression. Its first dimensions are `axes`, in this order; `rank` more follow (None: unknown).

    Python numbers have no axes and rank 0, and `number` set. `kin` names what has the same unknown rank. `behind` says
    that the one axis is the last dimension, so that items of any rank line up from the right.
    """

    text: str
    level: int = ATOM
    axes: tuple[Axis, ...] = ()
    rank: int | None = 0
    number: bool = False
    kin: frozenset[str] = frozenset()
    behind: bool = False

    def at(self, level: int) -> str:
        """The text, in parentheses if it binds less tightly than `level`."""
        return self.text if self.level >= level else f"({self.text})"

    @property
    def primary(self) -> str:
        """The text as something to subscript or call a method of."""
        if self.number and re.fullmatch(r"\d+", self.text):
            return f"({self.text})"
        return self.at(ATOM)

    def but(self, text: str, level: int = ATOM) -> Code:
        """Other text of the same shape."""
        return replace(self, text=text, level=level)


def binary(op: str, left: str, left_level: int, right: str, right_level: int) -> tuple[str, int]:
    """`left op right` with the parentheses that Python needs."""
    level = LEVELS[op]
    # ** binds to the right; comparisons must not chain.
    needs_left = (
        left_level < level
        or (op == "**" and left_level <= level)
        or (level == COMPARE and left_level == COMPARE)
    )
    needs_right = right_level < level or (
        right_level == level and op not in {"**", "and", "or", "&", "|"}
    )
    one = f"({left})" if needs_left else left
    other = f"({right})" if needs_right else right
    return f"{one} {op} {other}", level
