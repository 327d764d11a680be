"""Items that must have dimensions of their own: `x[i] @ w` is a product of a row at least."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from loopless.ir import tree

_PRODUCTS = frozenset(
    f"torch.{name}" for name in "matmul dot mv mm bmm inner vdot linalg.norm linalg.vecdot".split()
)
_METHODS = frozenset("matmul dot mv mm bmm inner vdot norm".split())


def row_items(
    expr: tree.Expr, canonical: Callable[[tree.Expr], str | None]
) -> Iterator[tuple[str, int]]:
    """Names of which an item is folded as a row, with the least number of dimensions that they have then."""
    yield from _rows(_folded(expr, canonical))


def multiplied_items(
    expr: tree.Expr, canonical: Callable[[tree.Expr], str | None]
) -> Iterator[tuple[str, int]]:
    """Names of which an item is a factor of a product, which takes rows and matrices alike, as `row_items`."""
    yield from _rows(_factors(expr, canonical))


def _rows(operands: Iterable[tree.Expr]) -> Iterator[tuple[str, int]]:
    for operand in operands:
        count = 0
        while isinstance(operand, tree.Item):
            if not all(_takes_one(s) for s in operand.subscripts):
                break
            count += len(operand.subscripts)
            operand = operand.of
        if count and isinstance(operand, tree.Name):
            yield operand.id, count + 1


def _factors(
    expr: tree.Expr, canonical: Callable[[tree.Expr], str | None]
) -> tuple[tree.Expr, ...]:
    match expr:
        case tree.Operator("@", operands):
            return operands
        case tree.Call(tree.Field(of, method), args) if method in _METHODS:
            return (of, *args[:1])
        case tree.Call(func, args) if canonical(func) in _PRODUCTS:
            return args[:2]
        case _:
            return ()


# Reductions of all that they are given: nobody sums a number.
_FOLDS = frozenset("sum mean prod norm".split())
# Operations whose result has the dimensions of what they are given.
_KEEPING = frozenset("abs exp log sqrt pow square clamp log1p relu sigmoid tanh".split())


def _folded(expr: tree.Expr, canonical: Callable[[tree.Expr], str | None]) -> Iterator[tree.Expr]:
    """What is folded as a whole in a product or difference: `torch.sum(p[i] * q[j])`."""
    match expr:
        case tree.Call(tree.Field(of, fold), ()) if fold in _FOLDS and canonical(expr.func) is None:
            yield from _elements(of, canonical)
        case tree.Call(func, (of,)) if (canonical(func) or "").removeprefix("torch.") in _FOLDS:
            yield from _elements(of, canonical)
        case _:
            pass


def _elements(expr: tree.Expr, canonical: Callable[[tree.Expr], str | None]) -> Iterator[tree.Expr]:
    match expr:
        case tree.Operator("+" | "-" | "*" | "/" | "**" | "neg", operands):
            for operand in operands:
                yield from _elements(operand, canonical)
        case tree.Call(tree.Field(of, name)) if name in _KEEPING and canonical(expr.func) is None:
            yield from _elements(of, canonical)
        case tree.Call(func, (of, *_)) if (canonical(func) or "").removeprefix(
            "torch."
        ) in _KEEPING:
            yield from _elements(of, canonical)
        case _:
            yield expr


def _takes_one(subscript: tree.Expr) -> bool:
    """Whether a subscript may be an integer, which takes a dimension away."""
    match subscript:
        case tree.Range() | tree.Rest() | tree.Literal(None):
            return False
        case _:
            return True


def opened(
    least: Mapping[str, int], named: Mapping[str, int], rows: Mapping[str, int], several: int
) -> dict[str, int]:
    """The dimensions that are at least there, `several` (any number) where the items have more than are named."""
    more = {
        name: several
        for name, dims in rows.items()
        if named.get(name, 0) < dims and least.get(name, 0) >= 0
    }
    return {**least, **more}
