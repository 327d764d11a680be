"""Index tensors among slices: in which order the dimensions of the item come out, and how they get back.

Index tensors that stand apart give their dimensions first, whatever stood before them. In the loop an integer is no
index tensor: `x[b, :, places[b]]` keeps the order in which it is written, `x[rows, :, places]` in place of it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.emit.align import presume
from loopless.emit.code import ATOM, Code
from loopless.emit.unprintable import Unprintable
from loopless.ir.value import Cut, New, Pick, Sub

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def item_numbers(
    subs: Sequence[Sub],
    codes: dict[int, Code],
    rank: int | None,
    moving: Sequence[int],
    printer: Printer,
) -> list[int]:
    """For each dimension of the item that index tensors among slices give, its number in the loop.

    `codes` has the index tensors by their subscripts, `rank` is that of what they broadcast to; those at `moving`
    stand for slices.
    """
    if moving:
        return _of_windows(subs, codes, moving)
    if rank is None and _numbered(subs, codes, 1) != sorted(_numbered(subs, codes, 1)):
        # A place, or a row of places: with slices before it the two lie differently.
        unknown = [code for code in codes.values() if code.rank is None]
        presume(unknown, printer.sorted(a for code in codes.values() for a in code.axes), printer)
    return _numbered(subs, codes, rank or 0)


def _numbered(subs: Sequence[Sub], codes: dict[int, Code], rank: int) -> list[int]:
    slices = [at for at, sub in enumerate(subs) if isinstance(sub, Cut | New)]
    rows = [at for at, s in enumerate(subs) if isinstance(s, Pick) and codes[at].rank != 0]
    between = any(rows[0] < at < rows[-1] for at in slices) if rows else False
    before = 0 if between or not rows else sum(at < rows[0] for at in slices)
    numbers = {at: k if k < before else k + rank for k, at in enumerate(slices)}
    return _laid_out(slices, codes, [before + k for k in range(rank)], numbers)


def _of_windows(subs: Sequence[Sub], codes: dict[int, Code], moving: Sequence[int]) -> list[int]:
    """The same where each lookup at `moving` gives one dimension, in their order."""
    if any(codes[at].rank != 0 for at in codes if at not in moving):
        raise Unprintable("gather", "a lookup of several places beside slices that move")
    own = [at for at, sub in enumerate(subs) if at in moving or isinstance(sub, Cut | New)]
    slices = [at for at in own if at not in moving]
    numbers = {at: own.index(at) for at in slices}
    return _laid_out(slices, codes, [own.index(at) for at in moving], numbers)


def _laid_out(
    slices: Sequence[int], codes: dict[int, Code], joint: list[int], numbers: dict[int, int]
) -> list[int]:
    """The numbers in the order of the result: index tensors that stand apart come first."""
    first, last = min(codes), max(codes)
    apart = last - first + 1 != len(codes)
    leading = [] if apart else [numbers[at] for at in slices if at < first]
    return [*leading, *joint, *(numbers[at] for at in slices if apart or at > first)]


def put_back(code: Code, numbers: Sequence[int]) -> Code:
    """The code with its item's dimensions, which now come in the order of `numbers`, in their own."""
    if list(numbers) == sorted(numbers):
        return code
    first = len(code.axes)
    order = [list(numbers).index(number) for number in sorted(numbers)]
    return replace(code, text=code.primary + _moved(order, first), level=ATOM)


def _moved(order: list[int], first: int) -> str:
    """The call that makes dimension `first + order[k]` the one at `first + k`."""
    odd = [at for at, source in enumerate(order) if at != source]
    if len(odd) == 2:
        return f".transpose({first + odd[0]}, {first + odd[1]})"
    for to, source in enumerate(order):
        if [n for n in order if n != source] == sorted(n for n in order if n != source):
            return f".movedim({first + source}, {first + to})"
    sources = ", ".join(str(first + source) for source in order)
    places = ", ".join(str(first + to) for to in range(len(order)))
    return f".movedim(({sources}), ({places}))"
