"""Tensors that change names: `x, y = y, x`, or by way of a third name. Each memory has one name before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir import tree
from loopless.ir.walk import blocks_of, every_statement


@dataclass(frozen=True, slots=True)
class Swap:
    """`names` change places; `kept` is the name that holds one of them for a moment."""

    names: frozenset[str]
    kept: str
    statements: tuple[tree.Stmt, ...]


def swaps_of(block: Iterable[tree.Stmt]) -> Iterator[Swap]:
    """The swaps of a block and of the blocks inside."""
    own = tuple(block)
    for at, statement in enumerate(own):
        yield from _at_once(statement)
        yield from _by_a_third(own[at : at + 3])
        for inner in blocks_of(statement):
            yield from swaps_of(inner)


def _at_once(statement: tree.Stmt) -> Iterator[Swap]:
    match statement:
        case tree.Assign(tree.Display(_, targets), tree.Display(_, values)):
            names = [t.id for t in targets if isinstance(t, tree.Name)]
            given = [v.id for v in values if isinstance(v, tree.Name)]
            whole = len(names) == len(targets) and len(given) == len(values)
            if whole and len(set(names)) == len(names) and sorted(names) == sorted(given):
                yield Swap(frozenset(names), "", (statement,))
        case _:
            pass


def _by_a_third(three: tuple[tree.Stmt, ...]) -> Iterator[Swap]:
    match three:
        case (
            tree.Assign(tree.Name(kept), tree.Name(first)),
            tree.Assign(tree.Name(again), tree.Name(second)),
            tree.Assign(tree.Name(last), tree.Name(back)),
        ) if again == first and last == second and back == kept and len({kept, first, second}) == 3:
            yield Swap(frozenset({first, second}), kept, three)
        case _:
            pass


def swapped(swaps: Iterable[Swap], scope: Scope) -> Iterator[tuple[str, frozenset[str]]]:
    """What each name shares memory with after any number of swaps."""
    for swap in swaps:
        around = {name: scope.aliases.get(name, set[str]()) for name in swap.names}
        others = frozenset(o for known in around.values() for o in known) - swap.names
        together = any(known & swap.names for known in around.values())
        for name in sorted(swap.names):
            yield name, others | (swap.names if together else frozenset())
        if swap.kept:
            yield swap.kept, others | swap.names


def but_swaps(block: Iterable[tree.Stmt]) -> Iterator[tree.Stmt]:
    """The statements of a block and of the blocks inside that are no part of a swap."""
    body = tuple(block)
    gone = {part.span for swap in swaps_of(body) for part in swap.statements}
    return (s for s in every_statement(body) if s.span not in gone)
