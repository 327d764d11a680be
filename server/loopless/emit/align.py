"""Code lined up by its axes: what broadcasts against what, and in which order dimensions stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from loopless.emit.code import ATOM, Axes, Code
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import Axis

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def aligned(code: Code, axes: Axes, rank: int | None, printer: Printer) -> str:
    """The text of `code` so that it broadcasts against something of `axes` and `rank`."""
    return lined_up(code, axes, rank, printer).text


def lined_up(code: Code, axes: Axes, rank: int | None, printer: Printer) -> Code:
    """`code` so that it broadcasts against something of `axes` and `rank`.

    With the axis `behind`, items of any rank line up from the right as they do in the loop.
    """
    if printer.behind:
        if not code.axes and axes and not code.number and code.rank != 0:
            return code.but(f"{code.primary}[..., None]")
        return code
    if not code.axes:
        return code
    gap = _gap(code, rank, printer)
    subs = [":" if axis in code.axes else "None" for axis in axes]
    while subs and subs[0] == "None":
        subs.pop(0)
    subs += ["None"] * gap
    if "None" not in subs:
        return code
    while subs and subs[-1] == ":":
        subs.pop()
    return code.but(f"{code.primary}[{', '.join(subs)}]")


def lies_behind(codes: Sequence[Code], axes: Axes, rank: int | None, printer: Printer) -> bool:
    """Whether the axis of what the codes come to is its last dimension, with an item's dimensions before it."""
    return any(code.behind for code in codes) or (printer.behind and bool(axes) and rank != 0)


def _gap(code: Code, rank: int | None, printer: Printer) -> int:
    """How many dimensions of size one go between the axes of `code` and its own dimensions."""
    if rank == code.rank or (rank or 0) == (code.rank or 0):
        return 0
    # An item of unknown rank that meets others is presumed to be a number (P4).
    return (rank or 0) - (code.rank or 0)


def common(codes: Sequence[Code], printer: Printer) -> tuple[Axes, int | None]:
    """The axes and the rank that several codes broadcast to."""
    axes = printer.sorted(axis for code in codes for axis in code.axes)
    tensors = [code for code in codes if not code.number]
    unknown = [code for code in tensors if code.rank is None]
    known = [code.rank for code in tensors if code.rank is not None]
    if printer.behind:
        if len(axes) > 1:
            raise Unprintable("unknown-rank", "several axes beside operands of unknown rank")
        return axes, None if unknown or any(known) else 0
    if not unknown or not axes:
        return axes, None if unknown else max(known, default=0)
    if (
        all(not code.axes for code in unknown)
        and printer.most is not None
        and max(known, default=-1) == printer.most
    ):
        # A store into items of this rank shows that whole tensors have no more dimensions than they.
        return axes, printer.most
    kin = frozenset[str].intersection(*(code.kin for code in unknown))
    if kin and not any(code.axes for code in tensors if code.rank == 0) and not any(known):
        return axes, None
    if printer.has_dimensions and any(c.axes and c.rank == 0 for c in tensors):
        # Numbers of each iteration, as masks are, beside items that an operation shows to have dimensions.
        raise Unprintable("unknown-rank", "operands of unknown rank meet")
    presume(unknown, axes, printer)
    if not any(known):
        return axes, None
    return axes, max(known, default=0)


def _is_open(code: Code, printer: Printer) -> bool:
    """Whether the file shows that there may be any number of further dimensions."""
    scope = printer.scope
    # Names of tensors of one shape share what is shown of each of them.
    several = {scope.shape_root(name) for name, dims in scope.least_rank.items() if dims < 0}
    return any(kin.partition("/")[0] in several for kin in code.kin)


def presume(unknown: Sequence[Code], axes: Axes, printer: Printer) -> None:
    """Operands of unknown rank meet others: their axis goes behind, or their rank is assumed.

    Along several axes an item by one subscript beside others is presumed to be a number (P4), unless it is stored into
    items of unknown rank.
    """
    if (
        len(axes) > 1
        and not printer.any_rank
        and all(code.axes and not _is_open(code, printer) for code in unknown)
    ):
        return
    if not printer.clean:
        raise Unprintable("unknown-rank", "operands of unknown rank meet")
    for code in unknown:
        for kin in sorted(code.kin):
            root, _, places = kin.partition("/")
            if places.isdigit():
                count = max(1, int(places))
                sentence = f"`{root}` has {count} {'axis' if count == 1 else 'axes'}"
                if sentence not in printer.assumptions:
                    printer.assumptions.append(sentence)


def kin_of(codes: Sequence[Code], printer: Printer) -> frozenset[str]:
    """How the operands of unknown rank were subscripted."""
    return frozenset(k for code in codes if code.rank is None for k in code.kin)


def reordered(code: Code, got: Sequence[Axis | None], printer: Printer) -> Code:
    """`code` whose dimensions are `got` (None: of the item) with its axes first, in layout order."""
    axes = [axis for axis in got if axis is not None]
    want = list(printer.sorted(axes))
    rank = code.rank
    target: list[Axis | None] = [*want, *[None for axis in got if axis is None]]
    if list(got) == target:
        return Code(code.text, code.level, tuple(want), rank, kin=code.kin)
    if len(got) == 2 and (rank == len(got) - len(axes)):
        return Code(f"{code.primary}.T", ATOM, tuple(want), rank, kin=code.kin)
    if rank is not None and rank == len(got) - len(axes):
        trailing = [at for at, axis in enumerate(got) if axis is None]
        order = [list(got).index(axis) for axis in want] + trailing
        moved = [at for at, source in enumerate(order) if at != source]
        if len(moved) == 2:
            return Code(
                f"{code.primary}.transpose({moved[0]}, {moved[1]})",
                ATOM,
                tuple(want),
                rank,
                kin=code.kin,
            )
        text = f"{code.primary}.permute({', '.join(map(str, order))})"
        return Code(text, ATOM, tuple(want), rank, kin=code.kin)
    sources = [list(got).index(axis) for axis in want]
    if len(sources) == 1:
        return Code(
            f"{code.primary}.movedim({sources[0]}, 0)", ATOM, tuple(want), rank, kin=code.kin
        )
    first = ", ".join(map(str, sources))
    second = ", ".join(map(str, range(len(sources))))
    return Code(
        f"{code.primary}.movedim(({first}), ({second}))", ATOM, tuple(want), rank, kin=code.kin
    )
