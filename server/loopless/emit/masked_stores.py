"""Stores into the valid part of each item: `out[b, :n] = …` as a store under a mask."""

from __future__ import annotations

from dataclasses import replace

from loopless.emit.align import lined_up
from loopless.emit.code import Code
from loopless.emit.draft import Draft, Setting, add_guarded, learn, printer_for
from loopless.emit.printer import Printer
from loopless.emit.targets import is_indexed, layout_of, target_of
from loopless.emit.unprintable import Unprintable
from loopless.ir.value import Apply, Cut, Int, OnItem, Read, Value, sub_axes, walk
from loopless.lift.piece import Write
from loopless.lift.ranks import pointwise_leaves
from loopless.lift.slices import kept_where
from loopless.lift.types import type_of


def masked_store(piece: Write, setting: Setting, draft: Draft, depth: int) -> None:
    """Print a store that leaves all places alone where its mask does not hold."""
    masked = kept_where(piece.value)
    assert masked is not None
    mask, value = masked
    if piece.when is not None:
        mask = Apply("&", (_beside(mask, piece.when, setting), mask))
        piece = replace(piece, when=None)
    loops = {axis for axis, _ in setting.loops}
    if any(a not in sub_axes(piece.subs) and a not in loops for a in piece.axes):
        raise Unprintable("store", "several iterations write the same place")
    printer = printer_for(setting, layout_of(piece, setting), draft)
    text, axes, rank, flips = target_of(replace(piece, value=value), printer)
    if flips or printer.behind:
        raise Unprintable("masked-store", "a store into slices that move, from back to front")
    printer.layout = [*axes, *[a for a in printer.layout if a not in axes]]
    printer.target = Read(piece.root, piece.subs)
    by_place = _by_place(piece, value, setting) and _leads(mask, piece, rank, setting)
    test = printer.code(_in_front(mask) if by_place else mask)
    if test.axes != axes or test.rank is None or (rank is None and not by_place):
        raise Unprintable("masked-store", "a mask that does not fit what is stored")
    whole = text.removesuffix("[:]")
    if by_place:
        if is_indexed(replace(piece, value=value), printer):
            # `x[places][mask] = v` stores into a copy (T21).
            raise Unprintable("masked-store", "a store under a mask to places looked up in data")
        printer.parts[test.text] = "mask"
        body = _picked(value, test, axes, printer)
        own = type_of(Read(piece.root, piece.subs), setting.scope).dtype
        kind = type_of(value, setting.scope)
        if kind.is_tensor and (own is None or kind.dtype != own):
            # A store through a mask does not cast (T4).
            body = f"{body}.to({piece.root}.dtype)"
        line = f"{whole}[{test.text}] = {body}"
    else:
        code = printer.code(Apply("where", (mask, value, Read(piece.root, piece.subs))))
        line = f"{text} = {lined_up(code, axes, rank, printer).text}"
    add_guarded(line, piece.axes, printer, setting, draft, depth)
    learn(printer, draft)


def _beside(mask: Value, when: Value, setting: Setting) -> Value:
    """The condition of a store, one for each item, as a mask."""
    kind = type_of(when, setting.scope)
    if kind.rank != 0 or type_of(mask, setting.scope).rank != 1:
        raise Unprintable("masked-store", "a store into a slice that moves, under a condition")
    return when


def _in_front(mask: Value) -> Value:
    """A mask of the leading dimensions: picking by it takes along what lies behind."""
    match mask:
        case OnItem("trailing", (inner, _)):
            return inner
        case _:
            return mask


def _leads(mask: Value, piece: Write, rank: int | None, setting: Setting) -> bool:
    """Whether a mask is one of the first dimensions of what is stored: picking by it counts them from the front."""
    named = rank if rank is not None else sum(isinstance(sub, Cut) for sub in piece.subs)
    match mask:
        case OnItem("trailing", (inner, Int(behind))) if behind.constant is not None:
            own = type_of(inner, setting.scope).rank
            return own is not None and own + behind.constant >= named and _is_full(inner, own)
        case OnItem("trailing", (inner, _)):
            own = type_of(inner, setting.scope).rank
            return own is not None and own >= named and _is_full(inner, own)
        case _:
            own = type_of(mask, setting.scope).rank
            return own is not None and own >= named and _is_full(mask, own)


def _is_full(mask: Value, rank: int) -> bool:
    """Whether a mask tells places apart along all of its dimensions: a dimension of size one picks nothing."""
    sizes = {
        inner.args for inner in walk(mask) if isinstance(inner, OnItem) and inner.op == "positions"
    }
    return not sizes or len(sizes) >= rank


def _by_place(piece: Write, value: Value, setting: Setting) -> bool:
    """Whether the places are picked by the mask: one number goes everywhere, or ranks are only presumed."""
    if not type_of(value, setting.scope).is_tensor:
        return True
    leaves = [x for x in pointwise_leaves(value) if type_of(x, setting.scope).is_tensor]
    return all(isinstance(x, Read) and setting.scope.shown(x.root) is None for x in leaves)


def _picked(value: Value, test: Code, axes: tuple[object, ...], printer: Printer) -> str:
    """What goes to the places of a mask: one number, or the same places of all values."""
    code = printer.code(value)
    if not code.axes:
        if code.number or code.rank == 0:
            return code.text
        raise Unprintable("masked-store", "the same row in every iteration")
    if code.rank == 0:
        # One number for each item: as many as it has places.
        expanded = f"{code.primary}[{', '.join([':'] * len(code.axes) + ['None'])}]"
        return f"{expanded}.expand({test.primary}.shape)[{test.text}]"
    if code.axes != axes:
        raise Unprintable("masked-store", "a value that varies otherwise than its target")
    return f"{code.primary}[{test.text}]"
