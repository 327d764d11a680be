"""The torch operations that loops call, and what each becomes when the loop's axes go in front of its items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TypeVar

from loopless.facts.operations.modules import Module
from loopless.facts.operations.operation import (
    Dim,
    Operation,
    Result,
    Rule,
    Whole,
    item_dims,
    shifted,
)

__all__ = [
    "Dim",
    "Module",
    "Operation",
    "Result",
    "Rule",
    "Whole",
    "bind",
    "item_dims",
    "lookup",
    "method",
    "module",
    "module_of_function",
    "names",
    "operator",
    "shifted",
]

T = TypeVar("T")

OPERATORS = {
    "+": "torch.add",
    "-": "torch.sub",
    "*": "torch.mul",
    "/": "torch.div",
    "//": "torch.floor_divide",
    "%": "torch.remainder",
    "**": "torch.pow",
    "@": "torch.matmul",
    "<<": "torch.bitwise_left_shift",
    ">>": "torch.bitwise_right_shift",
    "&": "torch.bitwise_and",
    "|": "torch.bitwise_or",
    "^": "torch.bitwise_xor",
    "==": "torch.eq",
    "!=": "torch.ne",
    "<": "torch.lt",
    "<=": "torch.le",
    ">": "torch.gt",
    ">=": "torch.ge",
    "unary -": "torch.neg",
    "unary +": "torch.positive",
    "~": "torch.bitwise_not",
}


@cache
def _index() -> dict[str, tuple[str, Operation]]:
    from loopless.facts.operations import (
        along,
        effects,
        matrices,
        networks,
        pointwise,
        python,
        reductions,
        rows,
        shapes,
        values,
    )

    topics = (pointwise, reductions, along, matrices, shapes, values, networks, python, effects)
    return rows.index(tuple(row for topic in topics for row in topic.ROWS))


@cache
def _aliases() -> dict[str, str]:
    from loopless.facts.operations.aliases import aliases

    return aliases()


@cache
def _modules() -> dict[str, Module]:
    from loopless.facts.operations.modules import table

    return table()


@cache
def lookup(name: str) -> Operation | None:
    """The operation of a dotted name ("torch.exp", "Tensor.exp", "math.exp", "abs"), or None.

    Aliases resolve: the operation of "torch.absolute" is called "torch.abs".
    """
    from loopless.facts.operations.rows import named

    index = _index()
    for candidate in _spellings(name):
        if candidate in index:
            return named(candidate, *index[candidate])
    return None


def _spellings(name: str) -> tuple[str, ...]:
    """The canonical names that a name may stand for: torch.exp_(x) is x.exp_()."""
    inplace = name.startswith("torch.") and name.endswith("_")
    method_name = f"Tensor.{name.rpartition('.')[2]}" if inplace else ""
    return (name, _aliases().get(name, ""), f"builtins.{name}", method_name)


def method(name: str) -> Operation | None:
    """The method or attribute of a tensor: "exp", "add_", "shape"."""
    return lookup(f"Tensor.{name}")


def operator(symbol: str) -> Operation | None:
    """What a Python operator does to tensors: "+", "@", "unary -"."""
    return lookup(OPERATORS[symbol]) if symbol in OPERATORS else None


def module(name: str) -> Module | None:
    """The class of a module: "torch.nn.Linear"."""
    return _modules().get(name)


def names() -> Iterator[str]:
    """Every canonical name in the tables."""
    return iter(_index())


@cache
def _modules_of_functions() -> dict[str, Module]:
    return {m.function: m for m in _modules().values() if m.function is not None}


def module_of_function(name: str) -> Module | None:
    """The class that does what a function does: "torch.nn.functional.linear"."""
    return _modules_of_functions().get(_aliases().get(name, name)) or _modules_of_functions().get(
        name
    )


_NUMPY = {"axis": "dim", "keepdims": "keepdim"}


def bind(
    operation: Operation, positional: Sequence[T], keywords: Mapping[str, T]
) -> dict[str, T | tuple[T, ...]] | None:
    """The arguments of a call by parameter, or None where the call has one that the table does not know.

    The receiver of a method is the first positional argument. More positional arguments than there are
    parameters go into the variadic one, as a tuple. NumPy's names of parameters work as they do in torch.
    """
    params = operation.params
    bound: dict[str, T | tuple[T, ...]] = {}
    if operation.variadic is not None and len(positional) > len(params):
        bound[operation.variadic] = tuple(positional[len(params) - 1 :])
        positional = positional[: len(params) - 1]
    if len(positional) > len(params):
        return None
    if operation.lone is not None and len(positional) == 1 and not _placed(keywords, params):
        bound[operation.lone] = positional[0]
    else:
        bound.update(zip(params, positional, strict=False))
    known = {*params, *operation.keywords}
    for given, value in keywords.items():
        name = given if given in known else _NUMPY.get(given, given)
        if name in bound or name not in known:
            return None
        bound[name] = value
    return bound


def _placed(keywords: Mapping[str, T], params: tuple[str, ...]) -> bool:
    """Whether a parameter that also has a place is given by name."""
    return any(name in params for name in keywords)
