"""Stores in the words of the engine: as updates, under predicates, and from both arms of an `if` at once."""

from __future__ import annotations

from dataclasses import replace

from loopless.dependence.conditions import conjunction, negated
from loopless.ir.value import (
    Apply,
    Read,
    Sub,
    Value,
    reads_of,
    replaced,
)
from loopless.lift.choice import select
from loopless.lift.piece import Append, Define, Kept, Piece, Write
from loopless.lift.stop import stop


def normal_op(op: str, value: Value) -> tuple[str, Value]:
    """`-=` as adding the negative, `/=` as it is."""
    if op == "-":
        return "+", Apply("neg", (value,))
    return op, value


def as_update(root: str, subs: tuple[Sub, ...], value: Value) -> tuple[str, Value] | None:
    """`x[s] = x[s] + v` as an update with `+`."""
    me = Read(root, subs)
    match value:
        case Apply("+", (left, right)):
            for one, other in ((left, right), (right, left)):
                if one == me and me not in set(reads_of(other)):
                    return "+", other
                inner = as_update(root, subs, one)
                if inner is not None and inner[0] == "+" and me not in set(reads_of(other)):
                    return "+", Apply("+", (inner[1], other))
            return None
        case Apply("-", (left, right)) if left == me and me not in set(reads_of(right)):
            return "+", Apply("neg", (right,))
        case Apply("*", (left, right)):
            if left == me and me not in set(reads_of(right)):
                return "*", right
            if right == me and me not in set(reads_of(left)):
                return "*", left
            return None
        case _:
            return None


def under(piece: Piece, when: Value | None) -> Piece:
    """A piece of an inner level under the predicate of the block around it."""
    if when is None or isinstance(piece, Define):
        return piece
    return replace(piece, when=conjunction(when, piece.when))


def merge_stores(
    pieces: list[Piece], start: int, middle: int, test: Value, outer: Value | None
) -> None:
    """Two arms that each store once to the same place: one store of a choice."""
    then, other = pieces[start:middle], pieces[middle:]
    if len(then) != len(other) or not then:
        return
    merged: list[Piece] = []
    for left, right in zip(then, other, strict=True):
        match left, right:
            case Write(), Write() if (left.root, left.subs, left.op, left.axes) == (
                right.root,
                right.subs,
                right.op,
                right.axes,
            ) and not left.axes:
                if left.when != conjunction(outer, test) or right.when != conjunction(
                    outer, negated(test)
                ):
                    return
                value = select(test, left.value, right.value)
                merged.append(replace(left, value=value, when=outer))
            case Append(), Append() if left.root == right.root and not left.axes and not right.axes:
                if left.when != conjunction(outer, test) or right.when != conjunction(
                    outer, negated(test)
                ):
                    return
                merged.append(
                    replace(left, value=select(test, left.value, right.value), when=outer)
                )
            case _:
                return
    if len(merged) > 1 and len({m.root for m in merged if isinstance(m, Write | Append)}) < len(
        merged
    ):
        return
    pieces[start:] = merged


def swapped(value: Value, old: Value, new: Value) -> Value:
    """The value with `new` in place of `old`."""
    return replaced(value, lambda inner: new if inner == old else None)


def asking(piece: Piece, old: Value, new: Value) -> Piece:
    """A piece whose predicate asks for a saved condition."""
    match piece:
        case Write(when=when) | Append(when=when) if when is not None:
            return replace(piece, when=swapped(when, old, new))
        case Kept():
            raise stop(
                "condition", "a loop that stays changes the condition that it is under", piece.span
            )
        case _:
            return piece
