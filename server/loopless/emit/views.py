"""Views in which every axis walks a dimension of its own: `cols.view(c, k, k, oh, ow)`, `x.unfold(0, 3, 1)`.

A subscript of several axes needs index tensors, unless it counts in mixed radix, which is a dimension split in several,
or moves a window, which is a dimension unfolded. Views are names of their own in the scope, aliases of what they show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loopless.dependence.feasible import bounds, proves
from loopless.facts.fact import Fact
from loopless.ir.poly import ZERO, Axis, Poly, poly
from loopless.ir.value import At, Cut, Read, Sub
from loopless.lift.piece import Write
from loopless.lift.radix import digits

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


@dataclass(slots=True)
class _View:
    """A view in the making: its text, its sizes, and the subscripts into it."""

    text: str
    sizes: list[Poly | None]
    subs: list[Sub]
    behind: list[tuple[Poly, Sub]] = field(default_factory=list[tuple[Poly, Sub]])
    splits: int = 0
    parts: int = 0


def read_view(read: Read, printer: Printer) -> Read:
    """The read through a view in which no subscript has several axes, where there is one."""
    made = _viewed(read.root, read.subs, printer, windows=True, masked=bool(printer.guards))
    return read if made is None else Read(*made)


def target_view(piece: Write, printer: Printer) -> Write:
    """The store through a view in which no subscript has several axes, where there is one."""
    made = _viewed(piece.root, piece.subs, printer, windows=False, masked=piece.when is not None)
    return piece if made is None else replace(piece, root=made[0], subs=made[1])


def _viewed(
    root: str, subs: tuple[Sub, ...], printer: Printer, *, windows: bool, masked: bool
) -> tuple[str, tuple[Sub, ...]] | None:
    several = [
        at
        for at, sub in enumerate(subs)
        if isinstance(sub, At) and len(sub.poly.axes() - printer.loops.keys()) > 1
    ]
    rank = _rank(root, subs, printer)
    if not several or rank is None:
        return None
    if not all(isinstance(sub, At | Cut) for sub in subs) or not _apart(subs, printer):
        return None
    view = _View(root, [printer.scope.size(root, at) for at in range(rank)], list(subs))
    # From the back, so that the places of the dimensions in front stay.
    for at in reversed(several):
        _split(view, at, printer)
    shape = [printer.size(size).text for size in view.sizes if size is not None]
    if view.splits > 1 and not view.parts and len(shape) == len(view.sizes):
        view.text = f"{root}.view({', '.join(shape)})"
    for at, sub in enumerate(view.subs):
        if not isinstance(sub, At) or len(sub.poly.axes() - printer.loops.keys()) < 2:
            continue
        if not windows or not _unfold(view, at, sub.poly, printer):
            return None
    # Under a predicate the loop may never come to the ends: all of the view must be there anyway.
    return None if masked and view.parts else _named(view, root, printer)


def _rank(root: str, subs: tuple[Sub, ...], printer: Printer) -> int | None:
    """How many dimensions a tensor has; along several axes a tensor of unknown rank has those that are named (P4)."""
    rank = printer.scope.rank(root)
    if rank is not None or printer.scope.least_rank.get(root, 0) < 0:
        return rank
    return len(subs)


def _apart(subs: Sequence[Sub], printer: Printer) -> bool:
    """Whether no axis stands in two subscripts."""
    seen: set[Axis] = set()
    for sub in subs:
        if isinstance(sub, At):
            axes = sub.poly.axes() - printer.loops.keys()
            if axes & seen:
                return False
            seen |= axes
    return True


def _split(view: _View, at: int, printer: Printer) -> None:
    """A number in mixed radix: the dimension as several, one for each digit."""
    sub = view.subs[at]
    found = digits(sub.poly, printer.loops) if isinstance(sub, At) else None
    if found is None or not proves(found.offset, printer.known):
        return
    if found.offset != ZERO or view.sizes[at] != found.count:
        start = "" if found.offset == ZERO else printer.size(found.offset).text
        stop = printer.size(found.offset + found.count).text
        view.text = f"{view.text}[{':, ' * at}{start}:{stop}]"
        view.parts += 1
    sizes = ", ".join(printer.size(radix).text for radix in found.radices)
    whole = len(view.sizes) == 1
    view.text = f"{view.text}.view({sizes})" if whole else f"{view.text}.unflatten({at}, ({sizes}))"
    view.splits += 1
    printer.ends += found.radices
    view.sizes[at : at + 1] = list(found.radices)
    view.subs[at : at + 1] = [At(poly(axis)) for axis in found.axes]


def _unfold(view: _View, at: int, p: Poly, printer: Printer) -> bool:
    """A window that moves: the dimension as places and, at the end, what is in the window there."""
    axes = printer.sorted(p.axes() - printer.loops.keys())
    if len(axes) != 2 or not all(p.linear_in(a) for a in axes):
        return False
    close = [a for a in reversed(axes) if p.coefficient(a).constant == 1]
    if not close:
        return False
    # The window is the side whose length has a name: `size - k + 1` counts the places of a window of `k`.
    window = next((a for a in close if len(a.extent.terms) <= 1), close[0])
    moves = next(a for a in axes if a != window)
    step = p.coefficient(moves).constant
    first = p.without(window).without(moves)
    size = view.sizes[at]
    known = [*printer.known, *bounds(printer.layout), *bounds(axes)]
    if step is None or step < 1 or size is None or not proves(first, known):
        return False
    if step > 1 and first.terms:
        return False
    width = window.extent
    if step > 1 or not proves(size - width + 1 - first - moves.extent, known):
        view.parts += 1
    view.text = f"{view.text}.unfold({at}, {printer.size(width).text}, {step})"
    # Where no place runs, the dimension may be shorter than the window.
    printer.ends += [width, moves.extent - 1]
    view.sizes[at] = (size - width + 1) if step == 1 else None
    view.subs[at] = At(poly(moves) + first)
    view.behind.append((width, At(poly(window))))
    return True


def _named(view: _View, root: str, printer: Printer) -> tuple[str, tuple[Sub, ...]]:
    """The view as a name of the scope."""
    scope = printer.scope
    if view.behind:
        # What has no subscript stays in front of the windows.
        view.subs += [Cut(ZERO, None)] * (len(view.sizes) - len(view.subs))
    sizes = [*view.sizes, *(width for width, _ in view.behind)]
    if view.text not in scope.names:
        dtype = scope.dtype(root)
        scope.names[view.text] = Fact("tensor", tuple(sizes), dtype=dtype, view_of=root)
        scope.alias(view.text, root)
    return view.text, (*view.subs, *(sub for _, sub in view.behind))
