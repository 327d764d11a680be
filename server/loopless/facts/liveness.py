"""Which names are read after a loop, along every way that control may take."""

from __future__ import annotations

from collections.abc import Iterable

from loopless.facts.scope import names_bound, target_names
from loopless.ir import tree
from loopless.ir.walk import every_statement, kept, names_read, own_expressions

Path = tuple[tuple[tuple[tree.Stmt, ...], int, bool], ...]


def reads_of_block(block: Iterable[tree.Stmt]) -> frozenset[str]:
    """Every name that the statements of a block may read, functions defined in it included."""
    return frozenset(name for statement in block for name in _reads_of(statement))


@kept
def _reads_of(whole: tree.Stmt) -> frozenset[str]:
    found: set[str] = set()
    for statement in every_statement((whole,)):
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


def live_after(path: Path, names: frozenset[str]) -> frozenset[str]:
    """Those of `names` that are read after the statement that a path leads to.

    A path goes from the function's body inwards: each step is a block, the place in it, and whether the block is the
    body of a loop, so that what stands before is read after as well.
    """
    found: set[str] = set()
    for block, at, looping in path:
        found |= {name for name in names - found if may_read(name, block[at + 1 :])}
        if looping:
            found |= {name for name in names - found if may_read(name, block)}
    return frozenset(found)


def read_after(statement: tree.Stmt, rest: tuple[tree.Stmt, ...]) -> frozenset[str]:
    """The names that a compound statement may bind and that `rest`, which follows it, may read."""
    if not rest or not isinstance(statement, tree.For | tree.While | tree.If):
        return frozenset()
    return read_by(rest, names_bound((statement,)))


def read_by(block: tuple[tree.Stmt, ...], names: Iterable[str]) -> frozenset[str]:
    """Those of `names` that some way through a block reads before they get a new value."""
    return frozenset(name for name in names if may_read(name, block))


def may_read(name: str, block: tuple[tree.Stmt, ...]) -> bool:
    """Whether some way through a block reads `name` before it gets a new value."""
    for statement in block:
        match statement:
            case tree.Assign(tree.Name(bound), value) if bound == name:
                return name in names_read(value)
            case tree.For(target, iterable, _, orelse) if name in set(target_names(target)):
                # The body sees the loop's own value; after a loop without iterations the old one is still there.
                if name in names_read(iterable) or may_read(name, orelse):
                    return True
            case tree.If(test, then, otherwise):
                if name in names_read(test) or may_read(name, then) or may_read(name, otherwise):
                    return True
                if _binds(name, then) and _binds(name, otherwise):
                    return False
            case tree.For(_, iterable, body, orelse):
                if name in names_read(iterable) or may_read(name, body) or may_read(name, orelse):
                    return True
            case _:
                if name in reads_of_block((statement,)):
                    return True
    return False


def _binds(name: str, block: tuple[tree.Stmt, ...]) -> bool:
    return any(
        isinstance(s, tree.Assign) and isinstance(s.target, tree.Name) and s.target.id == name
        for s in block
    )
