"""Slices that are written with a length, `x[s : s + k]`, where they are kept: stacked or stored as they are (P9).

What is kept has its length in every iteration, so it needs no mask: a row that was cut short would fit nowhere.
"""

from __future__ import annotations

from loopless.ir.value import Cut, OnItem, Read, Value, walk
from loopless.lift.context import Lifting
from loopless.lift.ragged import RAGGED, moves


def keeps_length(value: Value, lifting: Lifting) -> bool:
    """Whether slices that move stand in a value, and each of them is written with a length of its own."""
    axes = set(lifting.open_axes)
    found = False
    for inner in walk(value):
        match inner:
            case OnItem(op) if op == RAGGED:
                return False
            case Read(_, subs):
                for sub in subs:
                    if isinstance(sub, Cut) and moves(sub, lifting):
                        if sub.count is None or sub.count.axes() & axes or sub.step != 1:
                            return False
                        found = True
            case _:
                pass
    return found
