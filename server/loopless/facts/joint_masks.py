"""Names whose comparisons are joined and then asked for what only tensors have: `((pred == c) & (goal == c)).sum()`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from loopless.facts.namespaces import is_operation
from loopless.ir import tree
from loopless.ir.walk import every_statement, own_expressions, walk_expr

_JOINS = frozenset({"&", "|", "^"})
_COMPARES = frozenset({"==", "!=", "<", ">", "<=", ">="})


def joined_masks(
    body: Iterable[tree.Stmt],
    attributes: frozenset[str],
    canonical: Callable[[tree.Expr], str | None],
) -> Iterator[str]:
    """The names that are compared with a number each, where the truth values are joined and folded as a tensor's."""
    statements = list(every_statement(body))
    given: dict[str, list[tree.Expr]] = {}
    counted: set[str] = set()
    for statement in statements:
        match statement:
            case tree.Assign(tree.Name(name), value):
                given.setdefault(name, []).append(value)
            case tree.For(tree.Name(name), tree.Call(tree.Name("range"))):
                counted.add(name)
            case _:
                pass
    only = {name: values[0] for name, values in given.items() if len(values) == 1}
    for statement in statements:
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                asked = _asked(inner, attributes, canonical)
                yield from _compared(asked, only, counted) or ()


def _asked(
    expr: tree.Expr, attributes: frozenset[str], canonical: Callable[[tree.Expr], str | None]
) -> tuple[tree.Expr, ...]:
    """Masks that are joined, and asked for what only tensors have."""
    match expr:
        case tree.Field(tree.Operator(op, operands), name) if op in _JOINS and name in attributes:
            return operands
        case tree.Call(func, (tree.Operator(op, operands), *_)) if op in _JOINS:
            whole = canonical(func)
            return operands if whole is not None and is_operation(whole) else ()
        case tree.Call(func, (first, second)):
            whole = canonical(func) or ""
            return (first, second) if whole.startswith("torch.logical_") else ()
        case _:
            return ()


def _compared(
    masks: tuple[tree.Expr, ...], only: Mapping[str, tree.Expr], counted: set[str]
) -> list[str] | None:
    """The one name in each of the masks that is no counter; None where a mask is anything else."""
    found: list[str] = []
    for mask in masks:
        whole = only.get(mask.id) if isinstance(mask, tree.Name) else mask
        match whole:
            case tree.Operator(op, operands) if op in _COMPARES:
                names = [o.id for o in operands if isinstance(o, tree.Name) and o.id not in counted]
                plain = all(isinstance(o, tree.Name | tree.Literal) for o in operands)
                if not plain or len(names) != 1:
                    return None
                found.append(names[0])
            case _:
                return None
    return found
