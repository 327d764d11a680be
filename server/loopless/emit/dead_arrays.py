"""Work arrays that nothing reads any more: their stores go, and their allocations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from loopless.emit.allocations import Allocation
from loopless.emit.lines import margin
from loopless.emit.place import Place
from loopless.ir import tree
from loopless.ir.value import Value, reads_of
from loopless.lift.context import Lifting
from loopless.lift.overlap import reads
from loopless.lift.piece import Kept, Piece, Write


def dead_arrays(
    pieces: list[Piece],
    finals: Iterable[Value],
    made: Mapping[str, Allocation],
    place: Place,
    loop: tree.For,
    lifting: Lifting,
    text: str,
) -> frozenset[str]:
    """The work arrays that were made just before the loop, and that nothing else in the function mentions."""
    asked = {access.root for piece in pieces for access in reads(piece)} | place.live
    asked |= {read.root for value in finals for read in reads_of(value)}
    names = (lifting.work_arrays & made.keys()) - asked
    if place.is_module or len(names) == len({p.root for p in pieces if isinstance(p, Write)}):
        return frozenset()
    return frozenset(n for n in names if not _is_mentioned(made[n], loop, text))


def without_stores(pieces: list[Piece], dead: frozenset[str]) -> list[Piece]:
    """The pieces without stores into arrays that nothing reads."""
    return [piece for piece in pieces if not _only_fills(piece, dead)]


def _only_fills(piece: Piece, dead: frozenset[str]) -> bool:
    match piece:
        case Kept(pieces=inside):
            return all(_only_fills(inner, dead) for inner in inside)
        case Write(root, subs):
            return bool(subs) and root in dead
        case _:
            return False


def _is_mentioned(allocation: Allocation, loop: tree.For, text: str) -> bool:
    """Whether anything but the allocation and the loop has the name: an attribute, a list, a function inside."""
    word = re.compile(rf"\b{re.escape(allocation.name)}\b")
    start = _function_start(loop, text)
    rest = (
        text[start : allocation.span.start],
        text[allocation.span.end : loop.span.start],
        text[loop.span.end :],
    )
    return any(word.search(part) for part in rest)


def _function_start(loop: tree.For, text: str) -> int:
    """Where the function around the loop starts, by the margins; the start of the text where that is not seen."""
    own = len(margin(text, loop.span.start).expandtabs())
    for found in reversed(list(re.finditer(r"^([ \t]*)(?:async )?def ", text, re.M))):
        if found.start() < loop.span.start and len(found[1].expandtabs()) < own:
            return found.start()
    return 0
