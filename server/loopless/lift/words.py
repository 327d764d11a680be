"""Values and names in the user's words, for reasons."""

from __future__ import annotations

from loopless.ir import tree
from loopless.ir.value import Const, Read, Ref, Temp, Value


def described(value: Value) -> str:
    """A value in the user's words, for reasons."""
    match value:
        case Read(root):
            return f"`{root}`"
        case Ref(text):
            return f"`{text}`"
        case Temp(name):
            return f"`{name}`"
        case Const(known):
            return f"`{known!r}`"
        case _:
            return "this value"


def spelled(expr: tree.Expr) -> str:
    """The text of a name or dotted name."""
    match expr:
        case tree.Name(name):
            return name
        case tree.Field(of, name):
            return f"{spelled(of)}.{name}"
        case _:
            return "…"
