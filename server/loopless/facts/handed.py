"""What names show where they go on under other names: copies of an item, arguments of functions of the file (P1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from loopless.facts.scope import names_bound, target_names
from loopless.ir import tree
from loopless.ir.walk import every_statement, own_expressions, walk_expr

_ARITHMETIC = frozenset({"+", "-", "*", "/", "**"})


def copied(body: Iterable[tree.Stmt]) -> Iterator[str]:
    """Names of which an item gets a name of its own that arithmetic goes on with: `left = a[i]`, `left * right`."""
    statements = list(every_statement(body))
    used = _operands(statements)
    for statement in statements:
        match statement:
            case tree.Assign(tree.Name(to), tree.Item(tree.Name(name))) if to in used:
                yield name
            case _:
                pass


def asked_of_results(body: Iterable[tree.Stmt], attributes: frozenset[str]) -> Iterator[str]:
    """Names whose results with numbers have what only tensors have: `pred` in `(pred == c).float()`."""
    statements = list(every_statement(body))
    counted = {name for s in statements for name in _counters(s)}
    named = _named_results(statements)
    for statement in statements:
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Field(tree.Operator(_, operands), name) if name in attributes:
                        yield from _only_name(operands, counted)
                    case tree.Field(tree.Name(result), name) if (
                        name in attributes and result in named
                    ):
                        yield from _only_name(named[result], counted)
                    case _:
                        pass


def _named_results(statements: Iterable[tree.Stmt]) -> dict[str, tuple[tree.Expr, ...]]:
    """Names that are given the result of one operator and nothing else, with its operands."""
    given: dict[str, tuple[tree.Expr, ...]] = {}
    bound: list[str] = []
    for statement in statements:
        match statement:
            case tree.Assign(tree.Name(name), tree.Operator(_, operands)):
                bound.append(name)
                given[name] = operands
            case tree.Assign(target) | tree.Augment(target) | tree.For(target):
                bound += target_names(target)
            case tree.Other(binds=binds):
                bound += binds
            case _:
                pass
    return {name: operands for name, operands in given.items() if bound.count(name) == 1}


def _counters(statement: tree.Stmt) -> Iterator[str]:
    match statement:
        case tree.For(tree.Name(name), tree.Call(tree.Name("range"))):
            yield name
        case _:
            pass


def _only_name(operands: tuple[tree.Expr, ...], counted: set[str]) -> Iterator[str]:
    """The one operand that may be a tensor: all others are numbers written out, and counters."""
    names = [o.id for o in operands if isinstance(o, tree.Name) and o.id not in counted]
    plain = all(isinstance(o, tree.Name | tree.Literal) for o in operands)
    if plain and len(names) == 1:
        yield names[0]


def calls_of(
    body: Iterable[tree.Stmt], functions: Mapping[str, tree.Function]
) -> Iterator[tuple[tree.Function, dict[str, tree.Expr]]]:
    """The calls of functions of the file, with what each parameter is given by its place."""
    made = names_bound(body)
    for statement in every_statement(body):
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Call(tree.Name(name), args) if name in functions and name not in made:
                        params = (p.name for p in functions[name].params)
                        yield functions[name], dict(zip(params, args, strict=False))
                    case _:
                        pass


def items_computed_with(function: tree.Function, given: dict[str, tree.Expr]) -> Iterator[str]:
    """Names of which an item is given to a function that computes with it: `f(a[i], b[i])`."""
    used = _operands(list(every_statement(function.body)))
    for param, arg in given.items():
        match arg:
            case tree.Item(tree.Name(name)) | tree.Item(tree.Item(tree.Name(name))) if (
                param in used
            ):
                yield name
            case _:
                pass


def _operands(statements: list[tree.Stmt]) -> frozenset[str]:
    """The names that stand as operands of arithmetic."""
    found: set[str] = set()
    for statement in statements:
        match statement:
            case tree.Augment(_, op, tree.Name(name)) if op in _ARITHMETIC:
                found.add(name)
            case _:
                pass
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Operator(op, operands) if op in _ARITHMETIC:
                        found |= {o.id for o in operands if isinstance(o, tree.Name)}
                    case _:
                        pass
    return frozenset(found)


def inside_functions(
    body: Iterable[tree.Stmt], canonical: Callable[[tree.Expr], str | None]
) -> Iterator[str]:
    """Names of which an item is an argument of `math.sin` or `abs`, or an operand by a choice."""
    for statement in every_statement(body):
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Call(func, (arg, *_)) if _is_of_numbers(canonical(func)):
                        yield from _items(arg)
                    case tree.Operator(op, operands) if op in _ARITHMETIC:
                        for operand in operands:
                            if isinstance(operand, tree.Choice):
                                yield from _items(operand.then)
                                yield from _items(operand.otherwise)
                    case _:
                        pass


def _is_of_numbers(whole: str | None) -> bool:
    return whole is not None and (whole.startswith("math.") or whole == "builtins.abs")


def _items(expr: tree.Expr) -> Iterator[str]:
    match expr:
        case tree.Item(tree.Name(name)):
            yield name
        case _:
            pass
