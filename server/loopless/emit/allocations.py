"""The tensors that are made just before a loop: what they hold at first, and where they are made."""

from __future__ import annotations

import re
from dataclasses import dataclass

from loopless.emit.dense import LAYOUT
from loopless.facts.infer import dotted
from loopless.facts.liveness import reads_of_block
from loopless.facts.scope import Scope
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.poly import poly
from loopless.ir.value import Const, Int, Value
from loopless.ir.walk import own_expressions, walk_expr

_FILLS: dict[str, int | None] = {"zeros": 0, "ones": 1, "empty": None}
_KEYWORDS = frozenset({"dtype", "device", "size"})


@dataclass(frozen=True, slots=True)
class Allocation:
    """`name = torch.zeros(…)`, unused before the loop. `fill` is None where memory is left as it is."""

    name: str
    fill: Value | None
    span: Span


def allocations(
    loop: tree.For, block: tuple[tree.Stmt, ...], at: int, scope: Scope, text: str
) -> dict[str, Allocation]:
    """The new tensors that a loop is the first to use, by their names."""
    found: dict[str, Allocation] = {}
    for statement in reversed(block[:at]):
        match statement:
            case tree.Assign(tree.Name(name), tree.Call() as call):
                made = _made(name, call, statement.span, scope)
                between = text[statement.span.end : loop.span.start]
                if (
                    made is not None
                    and not re.search(rf"\b{re.escape(name)}\b", between)
                    and not scope.aliases.get(name)
                    and _has_own_lines(statement, block, text)
                    and not _is_asked_for_layout(name, block[at + 1 :], text[loop.span.end :])
                ):
                    found[name] = made
            case _:
                pass
        if not is_plain(statement, scope):
            break
    return found


def _made(name: str, call: tree.Call, span: Span, scope: Scope) -> Allocation | None:
    short = _constructor(call, scope)
    if short is None or any(key not in _KEYWORDS for key, _ in call.keywords):
        return None
    if short != "full":
        number = _FILLS[short]
        return Allocation(name, None if number is None else Int(poly(number)), span)
    match call.args:
        case (_, tree.Literal(int() | float() as value)) if not isinstance(value, bool):
            fill = Int(poly(value)) if isinstance(value, int) else Const(value)
            return Allocation(name, fill, span)
        case _:
            return None


def _constructor(call: tree.Call, scope: Scope) -> str | None:
    """The word "zeros" for `torch.zeros`, `torch.zeros_like` and `x.new_zeros`."""
    name = dotted(call.func, scope)
    match call.func:
        case tree.Field(_, attribute) if name is None and attribute.startswith("new_"):
            short = attribute.removeprefix("new_")
        case _ if name is not None and name.startswith("torch."):
            short = name.removeprefix("torch.").removesuffix("_like")
        case _:
            return None
    return short if short in _FILLS or short == "full" else None


def is_plain(statement: tree.Stmt, scope: Scope) -> bool:
    """Whether a statement only gives names values, and runs no code of the file on the way."""
    if not isinstance(statement, tree.Assign | tree.Augment):
        return False
    return all(
        _is_library(inner, scope)
        for expr in own_expressions(statement)
        for inner in walk_expr(expr)
        if isinstance(inner, tree.Call)
    )


def _is_library(call: tree.Call, scope: Scope) -> bool:
    name = dotted(call.func, scope)
    if name is not None:
        return name.startswith(("torch.", "builtins.", "math."))
    match call.func:
        case tree.Field(tree.Name(of)):
            return scope.fact(of).is_tensor
        case _:
            return False


def _has_own_lines(statement: tree.Stmt, block: tuple[tree.Stmt, ...], text: str) -> bool:
    """Whether nothing but a comment shares the lines of a statement, and it binds one name."""
    span = statement.span
    end = text.find("\n", span.end)
    before = text[text.rfind("\n", 0, span.start) + 1 : span.start].strip()
    after = text[span.end : len(text) if end < 0 else end].strip()
    alone = sum(other.span == span for other in block) == 1
    return alone and not before and (not after or after.startswith("#"))


def _is_asked_for_layout(name: str, after: tuple[tree.Stmt, ...], text: str) -> bool:
    """Whether what follows asks how a tensor lies in memory, or is a loop for which its constructor says what it is."""
    if re.search(rf"\b{re.escape(name)}\.(?:{LAYOUT})\b", text):
        return True
    return any(
        isinstance(statement, tree.For | tree.While) and name in reads_of_block((statement,))
        for statement in after
    )
