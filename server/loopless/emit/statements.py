"""Pieces -> Python statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from loopless.dependence.conditions import constraints
from loopless.dependence.feasible import Constraint, bounds
from loopless.emit.counting import counted_header
from loopless.emit.draft import (
    Draft,
    Setting,
    add_guarded,
    add_line,
    either_way,
    learn,
    may_be_empty,
    needs_trips,
    printer_for,
)
from loopless.emit.fit import is_new
from loopless.emit.orientation import brought
from loopless.emit.outlives import outlives
from loopless.emit.segments import joined
from loopless.emit.steps import show_steps, start_or_step, steps
from loopless.emit.stores import write
from loopless.emit.unprintable import Unprintable
from loopless.facts.counted import is_counted
from loopless.facts.scope import Scope
from loopless.ir import tree
from loopless.ir.poly import Atom, Axis, Poly, Symbol, poly
from loopless.ir.value import At, Pick, Read, Value, reads_of, substitute
from loopless.lift.piece import Append, Define, Kept, Piece, Write, free_axes, values_of, with_atoms
from loopless.lift.restrict import restricted_reductions
from loopless.lift.types import type_of
from loopless.lift.wave import is_woven
from loopless.lift.widest import widened


def statements(pieces: Sequence[Piece], setting: Setting, draft: Draft, depth: int = 0) -> None:
    """Print pieces one after the other."""
    at = 0
    while at < len(pieces):
        together = steps(pieces, at)
        if together:
            show_steps(together, _each, setting, draft, depth)
        else:
            _each(pieces[at : at + 1], setting, draft, depth)
        at += len(together) or 1


def _each(pieces: Sequence[Piece], setting: Setting, draft: Draft, depth: int) -> None:
    for piece in pieces:
        match piece:
            case Write():
                piece = widened(piece, setting.lifting)
                whole, its, deeper = joined(piece, setting, draft, depth)
                either_way(
                    lambda s, p=whole, d=deeper: write(p, s, draft, d),
                    its,
                    draft,
                    maps=not whole.subs or _of_numbers(whole, setting),
                    named=_subscripted_in_full(whole, setting.scope),
                )
            case Define():
                either_way(
                    lambda s, p=piece: _define(p, s, draft, depth), setting, draft, maps=False
                )
            case Kept():
                _kept(piece, setting, draft, depth)
            case Append():
                raise Unprintable("append", f"`{piece.root}` is used as a list")


def _subscripted_in_full(piece: Write, scope: Scope) -> frozenset[str]:
    """Tensors of unshown rank that are read only with subscripts for all dimensions that the file names."""
    items = [read for value in values_of(piece) for read in reads_of(value) if read.subs]
    partly = {r.root for r in items if _taken(r) != scope.least(r.root)}
    return frozenset(r.root for r in items if _taken(r) > 1) - partly


def _taken(read: Read) -> int:
    return sum(isinstance(sub, At | Pick) for sub in read.subs)


def _of_numbers(piece: Write, setting: Setting) -> bool:
    """Whether a store goes into single elements: what is stored there has no dimensions."""
    return type_of(Read(piece.root, piece.subs), setting.scope).rank == 0


def _define(piece: Define, setting: Setting, draft: Draft, depth: int) -> None:
    printer = printer_for(setting, piece.axes, draft)
    code = printer.code(restricted_reductions(piece.value, setting.lifting, setting.known))
    if piece.cell:
        start_or_step(piece, code, printer, setting, draft, depth)
        return
    text = code.text
    if code.behind:
        text = brought(code).text
    shares = isinstance(piece.value, Read) or outlives(piece, code, setting, printer)
    if shares and not is_new(code.but(text), piece.value, printer):
        text = f"{code.but(text).primary}.clone()"
    draft.temp_layouts[piece.name] = code.axes
    if isinstance(piece.value, Read) and not printer.places:
        # Slices may be taken where the loop does not run, only not be met by others: those who do are under a test.
        draft.temp_ends[piece.name] = tuple(printer.ends)
        printer.ends.clear()
    if needs_trips(printer, setting, may_be_empty(piece.axes, printer, setting), []):
        raise Unprintable("zero-trips", f"`{piece.name}` has no value where the loop does not run")
    add_guarded(f"{piece.name} = {text}", piece.axes, printer, setting, draft, depth)
    learn(printer, draft)


def _kept(piece: Kept, setting: Setting, draft: Draft, depth: int) -> None:
    """A level that stays a loop, with its body on the inner axes."""
    loop = piece.loop
    if not isinstance(loop.target, tree.Name):
        raise Unprintable("kept-loop", "a loop that stays takes its target apart")
    name = loop.target.id
    header = setting.headers.get(loop.span.start)
    if not header:
        raise Unprintable("kept-loop", "a loop that stays has no text of its own")
    index = piece.index
    slope = index.coefficient(piece.axis).constant
    if slope is None or piece.axis not in index.axes():
        raise Unprintable("kept-loop", "a loop that stays does not count")
    if not _counts(loop):
        raise Unprintable("kept-loop", "a loop that stays runs over a tensor")
    start = index.without(piece.axis)
    symbol = poly(Symbol(name))
    if is_counted(loop) or is_woven(loop):
        header = counted_header(piece, start, slope, printer_for(setting, (), draft))
    atoms = _counter(piece, start, slope, symbol)
    if piece.when is not None:
        depth += _asked(piece.when, setting, draft, depth)
    add_line(header, setting, draft, depth)
    known = list(setting.known)
    if abs(slope) == 1:
        ordinal = symbol - start if slope == 1 else start - symbol
        known += [Constraint(ordinal), Constraint(piece.axis.extent - 1 - ordinal)]
        said = None if piece.said is None else substitute(piece.said, atoms)
        known += [*constraints(piece.when), *constraints(said)]
    elif slope > 0:
        known += [Constraint(symbol - start)]
    if is_woven(loop):
        known += bounds((piece.axis,))
    inner = replace(setting, loops=(*setting.loops, (piece.axis, name)), known=tuple(known))
    draft.kept += 1
    before = len(draft.lines)
    # The number of a diagonal is its ordinal, which extents are said in.
    moved = (
        piece.pieces
        if is_woven(loop)
        else [_at_counter(p, piece.axis, atoms) for p in piece.pieces]
    )
    statements(moved, inner, draft, depth + 1)
    if len(draft.lines) == before:
        raise Unprintable("kept-loop", "nothing is left in a loop that stays")


def _asked(when: Value, setting: Setting, draft: Draft, depth: int) -> int:
    """The condition that a loop that stays is under, as an `if`; how much deeper the loop stands."""
    printer = printer_for(setting, (), draft)
    code = printer.code(when)
    if code.axes:
        raise Unprintable("condition", "a loop that stays is under a condition that varies")
    learn(printer, draft)
    add_line(f"if {code.text}:", setting, draft, depth)
    return 1


def _counts(loop: tree.For) -> bool:
    match loop.iterable:
        case tree.Call(tree.Name("range")):
            return True
        case _ if is_counted(loop) or is_woven(loop):
            return True
        case tree.Call(tree.Name("reversed"), (tree.Call(tree.Name("range")),)):
            return True
        case _:
            return False


def _counter(piece: Kept, start: Poly, slope: int, symbol: Poly) -> dict[Atom, Poly]:
    if abs(slope) == 1:
        return {piece.axis: (symbol - start) * slope}
    return {}


def _at_counter(piece: Piece, axis: Axis, atoms: dict[Atom, Poly]) -> Piece:
    """The piece in terms of the user's loop variable."""
    if not atoms:
        raise Unprintable("kept-loop", "a loop that stays has a step")
    moved = with_atoms(piece, atoms)
    if axis in free_axes(moved):
        raise Unprintable(
            "kept-loop", "a value inside a loop that stays depends on its place otherwise"
        )
    return moved
