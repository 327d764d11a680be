"""Names whose only value is an entry of a dict, and what arithmetic shows of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loopless.ir import tree
from loopless.ir.walk import every_statement, own_expressions, walk_expr


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
