"""Which names are read after a loop, along every way that control may take."""

from __future__ import annotations

from collections.abc import Iterable

from loopless.facts.scope import every_statement, names_read, own_expressions
from loopless.ir import tree

Path = tuple[tuple[tuple[tree.Stmt, ...], int, bool], ...]


def reads_of_block(block: Iterable[tree.Stmt]) -> frozenset[str]:
    """Every name that the statements of a block may read, functions defined in it included."""
    found: set[str] = set()
    for statement in every_statement(block):
        for expr in own_expressions(statement):
            match statement, expr:
                case tree.Assign(tree.Name()), tree.Name() if expr is statement.target:
                    continue
                case _:
                    found |= names_read(expr)
        match statement:
            case tree.Other(_, reads):
                found |= reads
            case tree.Define(_, _, _, reads):
                found |= reads
            case _:
                pass
    return frozenset(found)


def live_after(path: Path) -> frozenset[str]:
    """Names read after the statement that a path leads to.

    A path goes from the function's body inwards: each step is a block, the place in it, and whether the block is the
    body of a loop, so that what stands before is read after as well.
    """
    found: set[str] = set()
    for block, at, looping in path:
        found |= reads_of_block(block[at + 1 :])
        if looping:
            found |= reads_of_block(block[:at])
    return frozenset(found)


def killed(name: str, block: tuple[tree.Stmt, ...], at: int) -> bool:
    """Whether the name gets a new value after place `at` of a block, before anything reads it."""
    for statement in block[at + 1 :]:
        if name in reads_of_block((statement,)):
            return False
        match statement:
            case tree.Assign(tree.Name(bound)) if bound == name:
                return True
            case _:
                pass
    return False
