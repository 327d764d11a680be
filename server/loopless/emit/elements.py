"""Items that have one element, whatever their dimensions: `.item()` asks for no other."""

from __future__ import annotations

from dataclasses import replace

from loopless.emit.code import ATOM, Code
from loopless.ir.value import OnItem, Rows, Value


def only_elements(value: Value, code: Code) -> Code:
    """The elements of what an operation gives for all items, where each is asked for its only one."""
    unknown = code.rank is None and isinstance(value, OnItem)
    listed = isinstance(value, Rows)
    if not (unknown or code.rank) or listed or not code.axes or code.behind:
        return code
    text = f"{code.primary}.flatten({len(code.axes) - 1})"
    return replace(code, text=text, level=ATOM, rank=0, kin=frozenset())
