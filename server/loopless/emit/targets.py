"""The places that a piece writes to: their layout, their text, and what else they may be."""

from __future__ import annotations

from collections.abc import Sequence

from loopless.dependence.feasible import bounds, proves
from loopless.emit.access import plans_of, subscripts
from loopless.emit.draft import (
    Draft,
    Setting,
    printer_for,
)
from loopless.emit.places_apart import asks_its_place
from loopless.emit.presumed import walked_whole
from loopless.emit.printer import Printer
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import Axis
from loopless.ir.value import (
    Apply,
    At,
    Pick,
    Read,
    Ref,
    Value,
    axes_of,
    sub_axes,
)
from loopless.lift.piece import Write
from loopless.lift.types import type_of


def refuse_spread(root: str, setting: Setting) -> None:
    """Raise where several places of the target may be one: a store into all of them at once is refused (T23)."""
    seen: set[str] = set()
    name: str | None = root
    while name is not None and name not in seen:
        seen.add(name)
        fact = setting.scope.fact(name)
        if fact.spread:
            raise Unprintable("aliasing", f"several places of `{root}` are one in memory")
        name = fact.view_of


def is_scattered(piece: Write, setting: Setting, draft: Draft) -> bool:
    """Whether the places of an update are looked up or computed, so that two of them may be one."""
    printer = printer_for(setting, layout_of(piece, setting), draft)
    return "index" in plans_of(piece.root, piece.subs, printer)


def target_of(
    piece: Write, printer: Printer
) -> tuple[str, tuple[Axis, ...], int | None, list[Axis]]:
    """The text of the target, its axes, the rank behind them, and the axes that run backwards."""
    subs, got, flips = subscripts(piece.root, piece.subs, printer)
    if piece.when is not None:
        _refuse_places_outside(piece, printer)
    axes = [axis for axis in got if axis is not None]
    rank = type_of(Read(piece.root, piece.subs), printer.scope).rank
    in_place = piece.op is not None and piece.augmented and piece.when is None
    # A view is no name that `+=` could bind.
    whole = piece.root if in_place and piece.root.isidentifier() else f"{piece.root}[:]"
    text = f"{piece.root}[{', '.join(subs)}]" if subs else whole
    if None in got and got.index(None) < len(axes):
        if is_indexed(piece, printer):
            raise Unprintable("layout", "a store at computed places with a slice before them")
        text = _axes_first(piece.root if all(s == ":" for s in subs) else text, got, rank)
    return text, tuple(axes), rank, flips


def _axes_first(text: str, got: Sequence[Axis | None], rank: int | None) -> str:
    """A view of the target with the loop's axes before the slices: `x[:, j] = …` fills `x.T` row by row."""
    places = [at for at, axis in enumerate(got) if axis is not None]
    if len(got) == 2 and rank == 1:
        return f"{text}.T[:]"
    if len(places) == 1:
        return f"{text}.movedim({places[0]}, 0)[:]"
    first, second = ", ".join(map(str, places)), ", ".join(map(str, range(len(places))))
    return f"{text}.movedim(({first}), ({second}))[:]"


def _refuse_places_outside(piece: Write, printer: Printer) -> None:
    """A masked store writes back what it does not change: every place must be there."""
    assert piece.when is not None
    if asks_its_place(piece):
        return
    known = [*printer.known, *bounds(printer.layout)]
    for at, sub in enumerate(piece.subs):
        if isinstance(sub, At) and sub.poly.axes() - printer.loops.keys():
            p = sub.poly
            if any(
                walked_whole(p, axis, piece.root, at, printer.scope, piece.when)
                for axis in p.axes()
            ):
                continue
            size = printer.scope.size(piece.root, at)
            if not proves(p, known) or not proves(size - 1 - p, known):
                raise Unprintable(
                    "masked-store", f"a predicate keeps stores inside of `{piece.root}`"
                )
        if isinstance(sub, Pick):
            raise Unprintable(
                "masked-store", "a store to places looked up in data under a predicate"
            )


def layout_of(piece: Write, setting: Setting) -> list[Axis]:
    """The layout that the target asks for: its axes in the order of its dimensions."""
    loops = {axis for axis, _ in setting.loops}
    order: list[Axis] = []
    for sub in piece.subs:
        found = sub.poly.axes() if isinstance(sub, At) else sub_axes((sub,))
        for axis in sorted(found, key=lambda a: piece.axes.index(a) if a in piece.axes else -1):
            if axis not in order and axis not in loops:
                order.append(axis)
    order += [axis for axis in piece.axes if axis not in order and axis not in loops]
    return order


def is_indexed(piece: Write, printer: Printer) -> bool:
    """Whether the places are given by index tensors."""
    return "index" in plans_of(piece.root, piece.subs, printer)


def overlaps(value: Value, piece: Write, setting: Setting) -> bool:
    """Whether the value is, or may be, a view of the memory that is written (T24)."""
    match value:
        case Read(root) | Ref(root):
            return root == piece.root or setting.scope.may_alias(root, piece.root)
        case Apply("where", (test, then, otherwise)) if not (
            axes_of(test) - {axis for axis, _ in setting.loops}
        ):
            return any(overlaps(arm, piece, setting) for arm in (then, otherwise))
        case _:
            return False
