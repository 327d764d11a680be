"""What stays true of the names that a loop gives new values: `x = step(x)` leaves a vector a vector.

A fact holds at the head of every iteration if it holds before the loop, and if one iteration that starts with it ends
with it (the greatest set of such facts, found by taking away: Kildall, POPL 1973).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from loopless.facts.fact import UNKNOWN, Fact, joined
from loopless.facts.scope import Scope, names_bound, target_names
from loopless.ir import tree

_ROUNDS = 4

Run = Callable[[tuple[tree.Stmt, ...], Scope], None]


def settled(loop: tree.Stmt, before: Scope, head: Scope, run: Run) -> dict[str, Fact]:
    """The facts of tensors that hold at the head of every iteration.

    `before` is the scope in front of the loop, `head` the same without anything that the loop may change. `run` takes
    the effect of a block into a scope.
    """
    match loop:
        case tree.For(target, _, body, ()):
            targets = frozenset(target_names(target))
        case tree.While(_, body, ()):
            targets = frozenset[str]()
        case _:
            return {}
    if any(_jumps(body)):
        return {}
    found = {
        name: _lasting(before.names.get(name, UNKNOWN), name)
        for name in names_bound(body) - targets
    }
    for _ in range(_ROUNDS):
        found = {n: _lasting(fact, n) for n, fact in found.items() if fact.is_tensor}
        if not found:
            return {}
        trial = head.copy()
        trial.names |= found
        run(body, trial)
        after = {
            name: _either(fact, _lasting(trial.names.get(name, UNKNOWN), name))
            for name, fact in found.items()
        }
        if after == found:
            return found
        found = {name: after[name] for name in found}
    return {}


def _either(before: Fact, after: Fact) -> Fact:
    """What holds of both; nothing of a name that stands for a vector first and for a matrix then."""
    ranks = {fact.rank for fact in (before, after)} - {None}
    return UNKNOWN if len(ranks) > 1 else joined(before, after)


def _lasting(fact: Fact, name: str) -> Fact:
    """The part of a fact that does not speak of memory: what names share is known from elsewhere."""
    shown = fact.dims is not None or fact.like is not None
    return fact.but(
        fresh=False,
        # Of a tensor that the file makes in a shape that is not known no rank is presumed.
        view_of=None if shown else name,
        window=None,
        presumed=False,
        literal=None,
        text="",
    )


def _jumps(block: tuple[tree.Stmt, ...]) -> Iterator[tree.Stmt]:
    """The statements that leave an iteration of the loop in its middle."""
    for statement in block:
        match statement:
            case tree.Jump("break" | "continue"):
                yield statement
            case tree.If(_, then, otherwise):
                yield from _jumps(then)
                yield from _jumps(otherwise)
            case tree.Other(_, _, _, blocks):
                for inner in blocks:
                    yield from _jumps(inner)
            case _:
                pass
