"""Bodies that may leave their loop: an iteration that goes on, one that leaves, and which of them it is."""

from __future__ import annotations

from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.walk import blocks_of

# The name that says whether an iteration leaves: no name that a program can have.
FLAG = "leaves its loop"

Block = tuple[tree.Stmt, ...]


def has_exits(block: Block) -> bool:
    """Whether some way through a block leaves the loop around it."""
    for statement in block:
        match statement:
            case tree.Jump("break") | tree.Return():
                return True
            case tree.If(_, then, otherwise):
                if has_exits(then) or has_exits(otherwise):
                    return True
            case tree.For(_, _, body, orelse) | tree.While(_, body, orelse):
                if _returns(body) or has_exits(orelse):
                    return True
            case _:
                pass
    return False


def _returns(block: Block) -> bool:
    return any(
        isinstance(s, tree.Return) or any(_returns(inner) for inner in blocks_of(s)) for s in block
    )


def nested_exit(block: Block) -> tree.Stmt | None:
    """An inner loop that leaves this one."""
    for statement in block:
        match statement:
            case tree.If(_, then, otherwise):
                found = nested_exit(then) or nested_exit(otherwise)
            case tree.For() | tree.While() if has_exits((statement,)):
                return statement
            case _:
                found = None
        if found is not None:
            return found
    return None


def always_leaves(block: Block) -> bool:
    """Whether every way through a block leaves the loop."""
    if not block:
        return False
    match block[-1]:
        case tree.Jump("break") | tree.Return():
            return True
        case tree.If(_, then, otherwise):
            return always_leaves(then) and always_leaves(otherwise)
        case _:
            return False


def unbroken(block: Block) -> Block:
    """What an iteration does that does not leave."""
    kept: list[tree.Stmt] = []
    for statement in block:
        match statement:
            case tree.If(test, then, otherwise, span) if has_exits((statement,)):
                if always_leaves(then):
                    kept += unbroken(otherwise)
                elif always_leaves(otherwise):
                    kept += unbroken(then)
                else:
                    kept.append(tree.If(test, unbroken(then), unbroken(otherwise), span))
            case _:
                kept.append(statement)
    return tuple(kept)


def path(block: Block) -> Block:
    """What the iteration does that leaves, up to there: its last statement is the `return`, if it has one."""
    taken: list[tree.Stmt] = []
    for at, statement in enumerate(block):
        match statement:
            case tree.Jump("break"):
                return tuple(taken)
            case tree.Return():
                return (*taken, statement)
            case tree.If(test, _, _, span) if has_exits((statement,)):
                one, other = _ways(statement, block[at + 1 :])
                if has_exits(one) and has_exits(other):
                    return (*taken, tree.If(test, path(one), path(other), span))
                return (*taken, *path(one if has_exits(one) else other))
            case _:
                taken.append(statement)
    return tuple(taken)


def flagged(block: Block) -> Block:
    """What decides whether an iteration leaves, with the flag set where it does."""
    asked: list[tree.Stmt] = []
    for at, statement in enumerate(block):
        match statement:
            case tree.Jump("break") | tree.Return():
                return (*asked, _set(statement.span))
            case tree.If(test, _, _, span) if has_exits((statement,)):
                one, other = (_decided(way) for way in _ways(statement, block[at + 1 :]))
                return (*asked, tree.If(test, one, other, span))
            case _:
                asked.append(statement)
    return tuple(asked)


def _decided(block: Block) -> Block:
    """An arm: what it does before it leaves for sure does not matter."""
    if not has_exits(block):
        return ()
    branching = any(isinstance(s, tree.If) and has_exits((s,)) for s in block)
    return flagged(block) if branching else (_set(block[-1].span),)


def _ways(statement: tree.If, rest: Block) -> tuple[Block, Block]:
    """Both arms with what follows them."""
    then, otherwise = statement.then, statement.otherwise
    return (
        then if always_leaves(then) else (*then, *rest),
        otherwise if always_leaves(otherwise) else (*otherwise, *rest),
    )


def _set(span: Span) -> tree.Assign:
    return tree.Assign(tree.Name(FLAG, span), tree.Literal(True, span), span)


def kinds(block: Block) -> frozenset[str]:
    """How a block leaves: by "break", by "return", or both."""
    found: set[str] = set()
    for statement in block:
        match statement:
            case tree.Jump("break"):
                found.add("break")
            case tree.Return():
                found.add("return")
            case tree.If(_, then, otherwise):
                found |= kinds(then) | kinds(otherwise)
            case _:
                pass
    return frozenset(found)
