"""What is left after the loop: the values of names that are read later, in an order that works."""

from __future__ import annotations

from loopless.emit.cells import live_final
from loopless.emit.draft import Draft, Setting
from loopless.emit.report import all_pieces
from loopless.emit.segments import joined_value
from loopless.facts.scope import target_names
from loopless.finding import Missed
from loopless.ir import tree
from loopless.ir.poly import Symbol
from loopless.ir.value import Int, Read, Ref, Value, reads_of, sub_polys, walk
from loopless.ir.walk import every_statement
from loopless.lift.context import Frame, Lifting, Unbound
from loopless.lift.piece import Kept, Piece, Write
from loopless.lift.stop import StopLifting
from loopless.lift.widest import widened_value


def finals(
    loop: tree.For,
    live: frozenset[str],
    frame: Frame,
    setting: Setting,
    draft: Draft,
    lifting: Lifting,
) -> list[Piece]:
    """Names that are read after the loop get the value that it would have left; as pieces."""
    kept = {p.root for p in all_pieces(frame.pieces) if isinstance(p, Write) and not p.subs}
    order = [name for name in _in_order(loop) if name in live]
    values: dict[str, Value] = {}
    for name in order:
        value = frame.env.get(name)
        if name in kept or value is None:
            continue
        if isinstance(value, Unbound):
            raise StopLifting(Missed("last-value", value.reason, loop.header))
        values[name] = value
    values = _readers_first(values, loop)
    carried = {p.root for p in all_pieces(frame.pieces) if isinstance(p, Write) and p.subs}
    for name, value in values.items():
        changed = {r.root for r in reads_of(value) if r.subs} & carried
        if changed and any(isinstance(p, Kept) for p in frame.pieces):
            raise StopLifting(Missed("last-value", f"`{name}` is read after the loop", loop.header))
        value = joined_value(widened_value(value, lifting), setting, draft)
        live_final(name, value, setting, draft, lifting.outermost)
    return [Write(name, (), None, value, None, (), loop.span) for name, value in values.items()]


def _readers_first(values: dict[str, Value], loop: tree.For) -> dict[str, Value]:
    """Statements run one after the other: who reads the old value of a name comes before that name."""
    order: dict[str, Value] = {}
    left = dict(values)
    while left:
        ready = next(
            (
                n
                for n in left
                if not any(n in _mentioned(v) for other, v in left.items() if other != n)
            ),
            None,
        )
        if ready is None:
            raise StopLifting(
                Missed("last-value", "values after the loop depend on one another", loop.header)
            )
        order = {ready: left.pop(ready), **order}
    return dict(reversed(list(order.items())))


def _mentioned(value: Value) -> set[str]:
    return _refs(value) | {read.root for read in reads_of(value)}


def _refs(value: Value) -> set[str]:
    found: set[str] = set()
    for inner in walk(value):
        match inner:
            case Ref(text):
                found.add(text)
            case Int(p):
                found |= {a.name for a in p.atoms() if isinstance(a, Symbol)}
            case Read(_, subs):
                for p in sub_polys(subs):
                    found |= {a.name for a in p.atoms() if isinstance(a, Symbol)}
            case _:
                pass
    return found


def _in_order(loop: tree.For) -> list[str]:
    """Names bound in the loop, in the order of the text."""
    found: dict[str, None] = dict.fromkeys(target_names(loop.target))
    for statement in every_statement((*loop.body, *loop.orelse)):
        match statement:
            case tree.Assign(target) | tree.Augment(target):
                found |= dict.fromkeys(target_names(target))
            case tree.For(target):
                found |= dict.fromkeys(target_names(target))
            case _:
                pass
    return list(found)
