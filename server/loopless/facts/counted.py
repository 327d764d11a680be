"""`while` loops that count, as the `for` loops over a range that they are.

`while i < n: …; i += 1` runs its body for i, i + 1, … up to n. In the loop language it is a `for` over those numbers
whose body still ends by taking the next one. So `i` has the right value after the loop, however that ends, and what
else the test asks becomes a `break` in front of the body.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from loopless.facts.scope import MUTATORS, names_bound, names_changed, root_name
from loopless.ir import tree
from loopless.ir.walk import blocks_of, every_statement, names_read, own_expressions, walk_expr

# The callee of a counted loop's numbers: no name that a program can bind, and no evidence that its ends are integers.
COUNT = "while"

_ORDERS = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "!=": "!="}
_NEGATED = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!="}
# Methods that change a tensor's shape in place.
_RESIZES = frozenset(
    f"{name}_"
    for name in "resize resize_as squeeze unsqueeze t transpose swapaxes swapdims set".split()
)


def with_counted_loops(module: tree.Module) -> tree.Module:
    """The module with every `while` that counts as a `for`."""
    body = _block(module.body)
    functions = tuple(s.function for s in body if isinstance(s, tree.Define) and s.function)
    classes = tuple(s.owner for s in body if isinstance(s, tree.Define) and s.owner)
    return replace(module, body=body, functions=functions, classes=classes)


def is_counted(loop: tree.For) -> bool:
    """Whether a `for` of the loop language was a `while` in the text."""
    match loop.iterable:
        case tree.Call(tree.Name(name)):
            return name == COUNT
        case _:
            return False


def is_search(loop: tree.For) -> bool:
    """Whether a `while` that counts also asks something else: it looks for the first place where that fails."""
    first = loop.body[0] if loop.body else None
    leaves = isinstance(first, tree.If) and any(isinstance(s, tree.Jump) for s in first.then)
    return leaves and is_counted(loop)


def _block(block: tuple[tree.Stmt, ...]) -> tuple[tree.Stmt, ...]:
    return tuple(_statement(statement) for statement in block)


def _statement(statement: tree.Stmt) -> tree.Stmt:
    match statement:
        case tree.While(_, body, orelse):
            inner = replace(statement, body=_block(body), orelse=_block(orelse))
            return _counted(inner) or inner
        case tree.For(_, _, body, orelse):
            return replace(statement, body=_block(body), orelse=_block(orelse))
        case tree.If(_, then, otherwise):
            return replace(statement, then=_block(then), otherwise=_block(otherwise))
        case tree.Other():
            return replace(statement, blocks=tuple(_block(b) for b in statement.blocks))
        case tree.Define(_, function, owner):
            return replace(
                statement,
                function=None if function is None else _function(function),
                owner=None
                if owner is None
                else replace(owner, methods=tuple(_function(m) for m in owner.methods)),
            )
        case _:
            return statement


def _function(function: tree.Function) -> tree.Function:
    return replace(function, body=_block(function.body))


@dataclass(frozen=True, slots=True)
class _Step:
    """`name += by`, the statement at place `at` of the body."""

    name: str
    by: int
    at: int


@dataclass(frozen=True, slots=True)
class _Ask:
    """A condition in front of every iteration: what must hold, and what ends the loop, with what is done then.

    The one is the opposite of the other for integers; for other values the user's own words stay.
    """

    holds: tree.Expr
    leaves: tree.Expr
    last: tuple[tree.Stmt, ...] = ()


def _counted(loop: tree.While) -> tree.For | None:
    """The loop as a `for`, None where it does not count."""
    asks, body = _asked(loop)
    for at, ask in enumerate(asks):
        rest = (*asks[:at], *asks[at + 1 :])
        if rest and loop.orelse:
            continue
        for step in _steps(body):
            end = _end(ask.holds, step)
            if end is None or not _steady(end, body) or _continues(body[: step.at]):
                continue
            exits = tuple(_exit(other, loop) for other in rest)
            name = tree.Name(step.name, loop.header)
            by = tree.Literal(step.by, loop.header)
            numbers = tree.Call(tree.Name(COUNT, loop.header), (name, end, by), (), loop.header)
            orelse = loop.orelse or ask.last
            return tree.For(name, numbers, (*exits, *body), orelse, loop.span, loop.header)
    return None


def _asked(loop: tree.While) -> tuple[tuple[_Ask, ...], tuple[tree.Stmt, ...]]:
    """What is asked in front of an iteration, and the rest of the body.

    `while True: if i >= n: break` asks in its first statement.
    """
    match loop.test, loop.body:
        case tree.Literal(value), (
            tree.If(test, (*last, tree.Jump("break")), otherwise),
            *rest,
        ) if value and not loop.orelse and not _continues(tuple(last)):
            parts = (
                test.operands if isinstance(test, tree.Junction) and test.op == "or" else (test,)
            )
            asks = tuple(_Ask(_opposite(p), p, tuple(last)) for p in parts)
            return asks, (*otherwise, *rest)
        case tree.Junction("and", operands), body:
            return tuple(_Ask(o, _not(o)) for o in operands), body
        case test, body:
            return (_Ask(test, _not(test)),), body


def _not(test: tree.Expr) -> tree.Expr:
    return tree.Operator("not", (test,), test.span)


def _opposite(test: tree.Expr) -> tree.Expr:
    match test:
        case tree.Operator(op, operands) if op in _NEGATED:
            return replace(test, op=_NEGATED[op], operands=operands)
        case tree.Operator("not", (inner,)):
            return inner
        case _:
            return _not(test)


def _exit(ask: _Ask, loop: tree.While) -> tree.If:
    """`if …: break`."""
    leave = (*ask.last, tree.Jump("break", loop.header))
    return tree.If(ask.leaves, leave, (), ask.leaves.span)


def _steps(body: tuple[tree.Stmt, ...]) -> Iterator[_Step]:
    """The names that the body changes once, in every iteration, by the same number."""
    for at, statement in enumerate(body):
        match statement:
            case tree.Augment(tree.Name(name), "+" | "-" as op, tree.Literal(by)):
                pass
            case tree.Assign(
                tree.Name(name),
                tree.Operator("+" | "-" as op, (tree.Name(of), tree.Literal(by))),
            ) if of == name:
                pass
            case _:
                continue
        if type(by) is int and by != 0 and _bound_once(name, body):
            yield _Step(name, by if op == "+" else -by, at)


def _bound_once(name: str, body: tuple[tree.Stmt, ...]) -> bool:
    return sum(name in names_bound((statement,)) for statement in body) == 1


def _end(test: tree.Expr, step: _Step) -> tree.Expr | None:
    """The first number that is left out, from `i < n` and its like."""
    match test:
        case tree.Operator(op, (left, right)) if op in _ORDERS:
            for order, one, other in ((op, left, right), (_ORDERS[op], right, left)):
                shift = _shift(one, step.name)
                if shift is not None and step.name not in names_read(other):
                    return _bound(order, other, shift, step.by)
            return None
        case _:
            return None


def _bound(order: str, end: tree.Expr, shift: int, by: int) -> tree.Expr | None:
    """The end of the range for `i + shift order end`."""
    match order:
        case "<" if by > 0:
            extra = 0
        case "<=" if by > 0:
            extra = 1
        case ">" if by < 0:
            extra = 0
        case ">=" if by < 0:
            extra = -1
        case "!=" if by in (1, -1):
            # A loop that steps over its end never ends: it starts on the near side.
            extra = 0
        case _:
            return None
    extra -= shift
    if extra == 0:
        return end
    amount = tree.Literal(abs(extra), end.span)
    return tree.Operator("+" if extra > 0 else "-", (end, amount), end.span)


def _shift(expr: tree.Expr, name: str) -> int | None:
    """The number that is added to `name`."""
    match expr:
        case tree.Name(of) if of == name:
            return 0
        case tree.Operator("+" | "-" as op, (tree.Name(of), tree.Literal(by))) if (
            of == name and type(by) is int
        ):
            return by if op == "+" else -by
        case _:
            return None


def _steady(end: tree.Expr, body: tuple[tree.Stmt, ...]) -> bool:
    """Whether the end is the same whenever it is asked for."""
    if names_read(end) & names_bound(body):
        return False
    values, sized = _parts(end)
    return not (values & names_changed(body)) and not (sized & _resized(body))


def _parts(expr: tree.Expr) -> tuple[frozenset[str], frozenset[str]]:
    """The names whose value an expression asks for, and those of which it asks the size only."""
    match expr:
        case tree.Name(name):
            return frozenset({name}), frozenset()
        case (
            tree.Call(tree.Name("len"), (of,))
            | tree.Item(tree.Field(of, "shape"), (tree.Literal(),))
            | tree.Call(tree.Field(of, "size"), (tree.Literal(),))
            | tree.Call(tree.Field(of, "numel"), ())
        ) if root_name(of) is not None:
            return frozenset(), frozenset({root_name(of) or ""})
        case tree.Operator(_, operands):
            found = [_parts(operand) for operand in operands]
            return (
                frozenset(n for values, _ in found for n in values),
                frozenset(n for _, sized in found for n in sized),
            )
        case _:
            everything = {root_name(e) or "" for e in walk_expr(expr)} - {""}
            return frozenset(everything), frozenset()


def _resized(body: tuple[tree.Stmt, ...]) -> frozenset[str]:
    """The names of which the body calls a method that may change their size."""
    found: set[str] = set()
    for statement in every_statement(body):
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Call(tree.Field(of, method)) if method in MUTATORS | _RESIZES:
                        found.add(root_name(of) or "")
                    case _:
                        pass
        match statement:
            case tree.Augment(tree.Field() as target):
                found.add(root_name(target) or "")
            case tree.Other():
                found |= statement.reads
            case _:
                pass
    return frozenset(found)


def _continues(block: tuple[tree.Stmt, ...]) -> bool:
    """Whether a `continue` would skip what stands behind the block."""
    for statement in block:
        match statement:
            case tree.Jump("continue"):
                return True
            case tree.For() | tree.While():
                pass
            case _:
                if any(_continues(inner) for inner in blocks_of(statement)):
                    return True
    return False
