"""Lines in front of the statement that holds a call: where they may stand, and what else the statement reads."""

from __future__ import annotations

from loopless.emit.lines import margin
from loopless.emit.place import Place
from loopless.finding import Edit, Span
from loopless.ir import tree
from loopless.ir.walk import own_expressions, parts


def statement_of(call: tree.Call | tree.Comprehension, place: Place, text: str) -> Span | None:
    """The statement that holds a call, if the call is made whenever the statement runs, and on a line of its own."""
    statement = place.block[place.at]
    if not isinstance(statement, tree.Assign | tree.Augment | tree.Evaluate | tree.Return):
        return None
    start = text.rfind("\n", 0, statement.span.start) + 1
    if text[start : statement.span.start].strip():
        return None
    certain = any(_certain(expr, call) for expr in own_expressions(statement))
    return statement.span if certain else None


def _certain(expr: tree.Expr, call: tree.Call | tree.Comprehension) -> bool:
    """Whether evaluating an expression is certain to make the call inside of it."""
    if expr is call:
        return True
    if isinstance(expr, tree.Choice | tree.Junction | tree.Comprehension | tree.Opaque):
        return False
    return any(_certain(part, call) for part in parts(expr))


def read_beside(call: tree.Call, statement: tree.Stmt) -> frozenset[str]:
    """The names that a statement reads outside of a call."""
    found: set[str] = set()
    for expr in own_expressions(statement):
        _read_outside(expr, call, found)
    return frozenset(found)


def _read_outside(expr: tree.Expr, call: tree.Call, found: set[str]) -> None:
    if expr is call:
        return
    match expr:
        case tree.Name(name):
            found.add(name)
        case tree.Opaque(_, reads):
            found |= reads
        case _:
            for part in parts(expr):
                _read_outside(part, call, found)


def inserted(lines: list[str], before: Span | None, text: str) -> list[Edit]:
    """The edit that puts lines in front of a statement."""
    if not lines or before is None:
        return []
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = margin(text, before.start)
    whole = "".join(line + newline + indent for line in lines)
    return [Edit(Span(before.start, before.start), whole)]
