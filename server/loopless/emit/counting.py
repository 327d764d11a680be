"""Loops that were a `while`, as text: the header of one that stays, and the counter's start that nobody reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loopless.emit.unprintable import Unprintable
from loopless.facts.counted import is_counted
from loopless.facts.liveness import reads_of_block
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.poly import Poly, Symbol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loopless.emit.printer import Printer
    from loopless.lift.piece import Kept


def counted_header(piece: Kept, start: Poly, step: int, printer: Printer) -> str:
    """`for i in range(…):` for a `while` that stays a loop."""
    target = piece.loop.target
    assert isinstance(target, tree.Name)
    stop = start + piece.axis.extent * step
    if any(Symbol(target.id) in p.atoms() for p in (start, stop)):
        raise Unprintable("kept-loop", f"`{target.id}` counts on from where it is")
    ends = [printer.size(stop).text]
    if start.terms or step != 1:
        ends = [printer.size(start).text, *ends]
    if step != 1:
        ends.append(str(step))
    return f"for {target.id} in range({', '.join(ends)}):"


def dead_counter(
    loop: tree.For,
    before: Sequence[tree.Stmt],
    live: frozenset[str],
    lines: Sequence[str],
) -> set[Span]:
    """Where `i = 0` stands before a `while`, if nobody reads it any more."""
    if not is_counted(loop) or not isinstance(loop.target, tree.Name) or loop.target.id in live:
        return set()
    name = loop.target.id
    word = re.compile(rf"\b{re.escape(name)}\b")
    first = next((line.strip() for line in lines if word.search(line)), "")
    if first and not first.startswith(f"for {name} in "):
        return set()
    for at in range(len(before) - 1, -1, -1):
        match before[at]:
            case tree.Assign(tree.Name(bound), tree.Literal()) as start if bound == name:
                alone = sum(s.span == start.span for s in before) == 1
                if not alone or name in reads_of_block(before[at + 1 :]):
                    return set()
                return {start.span}
            case tree.Assign(tree.Name()):
                pass
            case _:
                return set()
    return set()
