"""Names that Python itself walks: `max(lengths)` and `sorted(ids)` are written of lists, seldom of tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from loopless.ir import tree
from loopless.ir.walk import every_statement, own_expressions, walk_expr

_WALKING = frozenset(
    f"builtins.{name}" for name in ("max", "min", "sum", "sorted", "list", "tuple", "set")
)


def walked_by_python(
    body: Iterable[tree.Stmt], canonical: Callable[[tree.Expr], str | None]
) -> Iterator[str]:
    """Names that are the only argument of a builtin that goes through all items of a sequence."""
    for statement in every_statement(body):
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Call(func, (argument,)) if canonical(func) in _WALKING:
                        yield from _walked(argument)
                    case _:
                        pass


def _walked(argument: tree.Expr) -> Iterator[str]:
    """The sequence that is walked, whole or from a place on."""
    match argument:
        case tree.Name(name) | tree.Item(tree.Name(name), (tree.Range(),)):
            yield name
        case _:
            pass
