"""Names that a comparison shows to be tensors: `(labels == c).float()`, with a number or the counter of a loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loopless.facts.scope import every_statement, own_expressions, walk_expr
from loopless.ir import tree

_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
# Methods that only tensors have; arrays of NumPy have `sum` and `any` as well.
_OF_TENSORS = frozenset(
    "float long bool int double half cuda cpu unsqueeze detach clone nonzero to type_as logical_not".split()
)


def shown_by_comparison(body: Iterable[tree.Stmt]) -> Iterator[str]:
    """Names that are compared with a number where the result is used as a tensor."""
    statements = list(every_statement(body))
    counters = {name for statement in statements for name in _counter(statement)}
    for statement in statements:
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Field(tree.Operator(op, (tree.Name(name), other)), method) if (
                        op in _COMPARISONS and method in _OF_TENSORS and _is_number(other, counters)
                    ):
                        yield name
                    case _:
                        pass


def _counter(statement: tree.Stmt) -> Iterator[str]:
    match statement:
        case tree.For(tree.Name(name), tree.Call(tree.Name("range"))):
            yield name
        case _:
            pass


def _is_number(expr: tree.Expr, counters: set[str]) -> bool:
    match expr:
        case tree.Literal(value):
            return isinstance(value, int | float)
        case tree.Name(name):
            return name in counters
        case _:
            return False


def taken_by_key(body: Iterable[tree.Stmt]) -> frozenset[str]:
    """Names whose only value is an entry of a dict, and that arithmetic takes item by item: as open as parameters.

    `target = batch["target"]` and `pred[i] - target[i]`, but not `mask[i, : lengths[i]]`: lengths are often listed.
    """
    statements = list(every_statement(body))
    computed = {name for statement in statements for name in _computed_with(statement)}
    entries: set[str] = set()
    others: set[str] = set()
    for statement in statements:
        match statement:
            case tree.Assign(tree.Name(name), tree.Item(_, (tree.Literal(str()),))) if (
                name not in entries
            ):
                entries.add(name)
            case tree.Assign(tree.Name(name)):
                others.add(name)
            case _:
                pass
    return frozenset((entries & computed) - others)


def _computed_with(statement: tree.Stmt) -> Iterator[str]:
    """Names of which an item is an operand."""
    for expr in own_expressions(statement):
        for inner in walk_expr(expr):
            match inner:
                case tree.Operator(_, operands):
                    for operand in operands:
                        match operand:
                            case tree.Item(tree.Name(name)):
                                yield name
                            case _:
                                pass
                case _:
                    pass
