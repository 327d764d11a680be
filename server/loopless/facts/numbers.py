"""Names that a function shows to be numbers: what its conditions compare, and what functions of numbers take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from loopless.facts.operations import bind, lookup, method
from loopless.ir import tree
from loopless.ir.walk import every_statement, own_expressions, walk_expr

_TAKE_NUMBERS = frozenset({"builtins.int", "builtins.float", "builtins.range", "builtins.round"})

# Parameters of torch's operations that count something: each is one integer, never a tuple and never a list.
_COUNTS = frozenset({"k", "num_classes", "minlength", "chunks", "diagonal", "offset", "steps"})


def numbers_in(
    body: Iterable[tree.Stmt], canonical: Callable[[tree.Expr], str | None]
) -> frozenset[str]:
    """The names in conditions, which ask for one truth value (P4), and in calls as `math.exp(rate)`."""
    found: set[str] = set()
    statements = list(every_statement(body))
    for statement in statements:
        match statement:
            case tree.If(test) | tree.While(test):
                found.update(_compared(test))
            case _:
                pass
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                found.update(_taken(inner, canonical))
    return frozenset(found | set(_passed_on(statements, found)))


def _passed_on(statements: Iterable[tree.Stmt], found: set[str]) -> Iterator[str]:
    """What a number begins with: `total = start`."""
    for statement in statements:
        match statement:
            case tree.Assign(tree.Name(to), tree.Name(name)) if to in found:
                yield name
            case _:
                pass


def _taken(expr: tree.Expr, canonical: Callable[[tree.Expr], str | None]) -> Iterator[str]:
    match expr:
        case tree.Choice(test):
            yield from _compared(test)
        case tree.Comprehension(_, _, clauses):
            for clause in clauses:
                for test in clause.tests:
                    yield from _compared(test)
        case tree.Call(func, args) if args:
            whole = canonical(func) or ""
            if whole in _TAKE_NUMBERS or whole.startswith("math."):
                for arg in args:
                    yield from _operands(arg)
            for arg in _counts(expr, whole):
                yield from _operands(arg)
        case tree.Call():
            for arg in _counts(expr, canonical(expr.func) or ""):
                yield from _operands(arg)
        case _:
            pass


def _counts(call: tree.Call, whole: str) -> Iterator[tree.Expr]:
    """The arguments that a call of torch counts with: `k` in `torch.topk(row, k)` and in `row.topk(k)`."""
    known, given = lookup(whole) if whole.startswith("torch.") else None, call.args
    if known is None and not whole and isinstance(call.func, tree.Field):
        known, given = method(call.func.name), (call.func.of, *call.args)
    bound = None if known is None else bind(known, given, dict(call.keywords))
    for name, arg in (bound or {}).items():
        if name in _COUNTS and not isinstance(arg, tuple):
            yield arg


def _compared(test: tree.Expr) -> Iterator[str]:
    match test:
        case tree.Operator("not" | "<" | ">" | "<=" | ">=" | "==" | "!=", operands):
            if any(isinstance(o, tree.Literal) and _is_no_number(o.value) for o in operands):
                return
            for operand in operands:
                yield from _operands(operand)
        case tree.Junction(_, operands):
            for operand in operands:
                yield from _compared(operand)
        case _:
            pass


def _is_no_number(value: object) -> bool:
    return value is None or isinstance(value, str | bytes)


def _operands(expr: tree.Expr) -> Iterator[str]:
    match expr:
        case tree.Name(name):
            yield name
        case tree.Operator("+" | "-" | "*" | "/" | "**" | "%" | "//" | "neg", operands):
            for operand in operands:
                yield from _operands(operand)
        case _:
            pass
