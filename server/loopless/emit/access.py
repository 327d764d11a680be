"""One access as Python subscripts: slices where an axis walks a dimension, index tensors elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.dependence.feasible import Constraint, bounds, proves
from loopless.dependence.products import multiplied
from loopless.emit.align import aligned, common, reordered
from loopless.emit.code import ATOM, Code
from loopless.emit.integers import integer
from loopless.emit.mixed import item_numbers, put_back
from loopless.emit.orientation import as_asked, lookup_behind, sent
from loopless.emit.presumed import walked_whole
from loopless.emit.rolled import rolled, turned
from loopless.emit.strides import strided, strides
from loopless.emit.unprintable import Unprintable
from loopless.emit.views import read_view
from loopless.emit.windows import moves, windowed
from loopless.ir.poly import Axis, Poly, poly
from loopless.ir.value import At, Cut, Int, New, Pick, Read, Sub, axes_of
from loopless.lift.bounds import data_in
from loopless.lift.fractions import may_be_fraction
from loopless.lift.subscript import kin_of
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def access(read: Read, printer: Printer) -> Code:
    """The text of a read, its axes first and in layout order."""
    read = read_view(read, printer)
    if any(moves(sub, printer) for sub in read.subs):
        return as_asked(windowed(read, printer), printer)
    around = turned(read, plans_of(read.root, read.subs, printer), printer)
    if around is not None:
        return rolled(access(around[0], printer), around[1], printer)
    looked_up = lookup_behind(read, printer) if printer.behind else None
    if looked_up is not None:
        return looked_up
    return read_code(read, printer)


def read_code(read: Read, printer: Printer, moving: Sequence[int] = ()) -> Code:
    """The text of a read whose slices are the same in all iterations, or lookups at the places `moving`."""
    rank = type_of(read, printer.scope).rank
    subs, got, flips, numbers = _subscripts(read.root, read.subs, printer, moving)
    text = read.root if not subs else f"{read.root}[{', '.join(subs)}]"
    tail = _tail(read, rank)
    kin = kin_of(read, printer.scope) if rank is None else frozenset[str]()
    code = reordered(Code(text, ATOM, (), rank, kin=kin), [*got, *tail], printer)
    code = put_back(code, numbers)
    if flips:
        places = ", ".join(str(code.axes.index(axis)) for axis in printer.sorted(flips))
        code = code.but(f"{code.primary}.flip({places})")
    if printer.behind and code.axes and code.rank != 0:
        if len(code.axes) > 1:
            raise Unprintable("unknown-rank", "several axes of a tensor of unknown rank")
        return replace(code, text=sent(code.primary), level=ATOM, behind=True)
    return code


def _tail(read: Read, rank: int | None) -> list[None]:
    """The dimensions behind the subscripted ones."""
    if rank is None:
        return []
    inside = sum(isinstance(sub, Cut | New) for sub in read.subs)
    return [None] * max(0, rank - inside)


def subscripts(
    root: str, subs: tuple[Sub, ...], printer: Printer
) -> tuple[list[str], list[Axis | None], list[Axis]]:
    """The texts of subscripts, the dimensions that result (None: of the item), and backwards axes."""
    texts, got, flips, numbers = _subscripts(root, subs, printer, ())
    if numbers != sorted(numbers):
        raise Unprintable("layout", "places looked up behind a slice")
    return texts, got, flips


def _subscripts(
    root: str, subs: tuple[Sub, ...], printer: Printer, moving: Sequence[int]
) -> tuple[list[str], list[Axis | None], list[Axis], list[int]]:
    """The same, and the number of each dimension of the item in the loop."""
    plans = plans_of(root, subs, printer)
    advanced = [at for at, plan in enumerate(plans) if plan == "index"]
    if advanced:
        return _with_indices(root, subs, advanced, printer, moving)
    texts: list[str] = []
    got: list[Axis | None] = []
    flips: list[Axis] = []
    for at, sub in enumerate(subs):
        match sub:
            case At(p):
                axis = _own_axis(p, printer)
                if axis is None:
                    texts.append(_place(root, subs, at, p, printer))
                else:
                    texts.append(_slice(root, subs, at, p, axis, printer))
                    got.append(axis)
                    slope = p.coefficient(axis).constant
                    if slope is not None and slope < 0:
                        flips.append(axis)
            case Cut():
                texts.append(_cut(root, sub, printer))
                got.append(None)
            case New():
                texts.append("None")
                got.append(None)
            case Pick(value):
                texts.append(printer.code(value).text)
    while texts and texts[-1] == ":":
        texts.pop()
    return texts, got, flips, []


def _free(p: Poly, printer: Printer) -> list[Axis]:
    return [a for a in printer.sorted(p.axes()) if a not in printer.loops]


def _own_axis(p: Poly, printer: Printer) -> Axis | None:
    axes = _free(p, printer)
    return axes[0] if axes else None


def plans_of(root: str, subs: tuple[Sub, ...], printer: Printer) -> list[str]:
    """For each subscript "slice", "index" or "plain"."""
    plans: list[str] = []
    seen: set[Axis] = set()
    for at, sub in enumerate(subs):
        match sub:
            case At(p):
                axes = _free(p, printer)
                if not axes:
                    plans.append("plain")
                elif (
                    len(axes) == 1
                    and axes[0] not in seen
                    and _sliceable(root, subs, at, p, axes[0], printer)
                ):
                    plans.append("slice")
                    seen.add(axes[0])
                else:
                    plans.append("index")
            case Pick(value):
                varies = (
                    axes_of(value) - printer.loops.keys() or type_of(value, printer.scope).is_tensor
                )
                plans.append("index" if varies else "plain")
            case _:
                plans.append("slice")
    # An axis that both walks one dimension and picks in another is the same axis: both become indices.
    picked: set[Axis] = set()
    for sub, plan in zip(subs, plans, strict=True):
        if plan != "index":
            continue
        if isinstance(sub, At):
            picked |= set(_free(sub.poly, printer))
        elif isinstance(sub, Pick):
            picked |= axes_of(sub.value)
    for at, (sub, plan) in enumerate(zip(subs, plans, strict=True)):
        if plan == "slice" and isinstance(sub, At) and set(_free(sub.poly, printer)) & picked:
            plans[at] = "index"
    if plans.count("index") > 1 or ("index" in plans and "plain" in plans):
        plans = [
            "index" if isinstance(sub, At | Pick) else plan
            for sub, plan in zip(subs, plans, strict=True)
        ]
    return plans


def _sliceable(
    root: str, subs: tuple[Sub, ...], at: int, p: Poly, axis: Axis, printer: Printer
) -> bool:
    """Whether the places form a slice: evenly spaced and never counted from the end."""
    if not p.linear_in(axis):
        return False
    given = [*printer.all_known(), *bounds((axis,))]
    slope = p.coefficient(axis).constant
    if slope == 0 or (slope is None and not strides(p, axis, printer)):
        return False
    if not proves(p, [*given, *multiplied((p,), given)]):
        return False
    if not printer.guards or printer.target == Read(root, subs):
        return True
    # Under a predicate the loop may never come to the ends: the slice must be there anyway.
    dim = sum(not isinstance(s, New) for s in subs[:at])
    everywhere = [*printer.known, *bounds(printer.layout), *bounds((axis,))]
    size = printer.scope.size(root, dim)
    walks = walked_whole(p, axis, root, dim, printer.scope, printer.guards[-1])
    walks = walks and not data_in(axis.extent)
    return proves(p, everywhere) and (walks or proves(size - 1 - p, everywhere))


def _with_indices(
    root: str,
    subs: tuple[Sub, ...],
    advanced: list[int],
    printer: Printer,
    moving: Sequence[int],
) -> tuple[list[str], list[Axis | None], list[Axis], list[int]]:
    """Index tensors in some dimensions. All of them broadcast together and give their axes once."""
    codes: dict[int, Code] = {}
    for at in advanced:
        sub = subs[at]
        if isinstance(sub, At):
            codes[at] = _clamped(root, subs, at, integer(sub.poly, printer), Int(sub.poly), printer)
        elif isinstance(sub, Pick):
            code = printer.code(sub.value)
            kind = type_of(sub.value, printer.scope)
            if may_be_fraction(sub.value, printer.scope):
                # Python may still choose the integer among its numbers: `x[min(i, n - 0.5)]`.
                raise Unprintable("dtype", f"a place in `{root}` may be a fraction")
            if kind.is_tensor and kind.dtype == "bool":
                raise Unprintable(
                    "data-dependent-size", "a mask picks a different number of items each time"
                )
            codes[at] = _clamped(root, subs, at, code, sub.value, printer)
    axes, rank = common(list(codes.values()), printer)
    numbers = item_numbers(subs, codes, rank, moving, printer)
    texts: list[str] = []
    before: list[Axis | None] = []
    after: list[Axis | None] = []
    flips: list[Axis] = []
    joint: list[Axis | None] = [*axes, *([None] * (rank or 0))]
    together = advanced == list(range(advanced[0], advanced[-1] + 1))
    for at, sub in enumerate(subs):
        if at in codes:
            texts.append(aligned(codes[at], axes, rank, printer))
            continue
        side = before if at < advanced[0] and together else after
        match sub:
            case At(p):
                axis = _own_axis(p, printer)
                assert axis is not None
                texts.append(_slice(root, subs, at, p, axis, printer))
                side.append(axis)
                slope = p.coefficient(axis).constant
                if slope is not None and slope < 0:
                    flips.append(axis)
            case Cut():
                texts.append(_cut(root, sub, printer))
                side.append(None)
            case New():
                texts.append("None")
                side.append(None)
            case Pick():
                raise Unprintable("gather", "a lookup among slices")
    while texts and texts[-1] == ":":
        texts.pop()
    # A place that is looked up is a number, unless the file shows more (P4).
    got = [*before, *joint, *after]
    return texts, got, flips, numbers


def _clamped(
    root: str, subs: tuple[Sub, ...], at: int, code: Code, value: object, printer: Printer
) -> Code:
    """An index that a predicate may put out of range, brought back into it (trap T31)."""
    if not printer.guards:
        return code
    dim = sum(not isinstance(s, New) for s in subs[:at])
    size = printer.scope.size(root, dim)
    if isinstance(value, Int):
        unguarded = [*printer.known, *bounds(printer.layout)]
        if proves(value.poly, unguarded) and proves(size - value.poly - 1, unguarded):
            return code
    if not code.axes:
        return code
    low = poly(0)
    if not isinstance(value, Int) or not proves(value.poly, printer.all_known()):
        # Where the predicate holds a place may still count from the end.
        low = -size
    return code.but(
        f"{code.primary}.clamp({printer.size(low).text}, {printer.size(size - 1).text})"
    )


def _place(root: str, subs: tuple[Sub, ...], at: int, p: Poly, printer: Printer) -> str:
    """One place without an axis; from the end where the user counts from there."""
    dim = sum(not isinstance(s, New) for s in subs[:at])
    size = printer.scope.size(root, dim)
    if not (proves(size - 1 - p, printer.known) and proves(size + p, printer.known)):
        printer.places.append(p)
    behind = (p - size).constant
    if behind is None or behind >= 0 or size.constant is not None:
        return printer.size(p).text
    # The place before the first is the last one, which only counting from the front says.
    sure = behind == -1 or proves(p, [*printer.all_known(), Constraint(size - 1)])
    return str(behind) if sure else printer.size(p).text


def _slice(root: str, subs: tuple[Sub, ...], at: int, p: Poly, axis: Axis, printer: Printer) -> str:
    """The places that an axis walks, as a slice with a positive step."""
    slope = p.coefficient(axis).constant
    if slope is None:
        return strided(root, subs, at, p, axis, printer)
    first = p.substitute({axis: poly(0)})
    last = p.substitute({axis: axis.extent - 1})
    if slope < 0:
        first, last, slope = last, first, -slope
    dim = sum(not isinstance(s, New) for s in subs[:at])
    size = printer.scope.size(root, dim)
    whole = first.constant == 0 and (last + 1 == size)
    if slope == 1 and whole:
        return ":"
    stop = last + 1
    start_text = "" if not first.terms else _end(first, size, printer, start=True)
    stop_text = "" if stop == size else _end(stop, size, printer, start=False)
    text = f"{start_text}:{stop_text}"
    return text if slope == 1 else f"{text}:{slope}"


def _end(p: Poly, size: Poly, printer: Printer, *, start: bool) -> str:
    """One end of a slice. Counting from the end is only right within the dimension's own size."""
    behind = (p - size).constant
    if behind is not None and behind < 0 and not start:
        return str(behind)
    if not proves(p, printer.known):
        # Below zero the slice would count from the end: only without iterations can that be.
        printer.ends.append(p)
    return printer.size(p).text


def _refuse_outside(root: str, cut: Cut) -> None:
    """Beside a loop that stays, a slice that reaches out of the tensor would count from its end."""
    if cut.start.terms or cut.count is None:
        raise Unprintable("moving-slice", f"a slice of `{root}` reaches out of it")


def _cut(root: str, cut: Cut, printer: Printer) -> str:
    """A slice that the user wrote, if it is the same for every iteration."""
    moving = set(cut.start.axes())
    if cut.count is not None:
        moving |= cut.count.axes()
    if cut.stop is not None:
        moving |= cut.stop.axes()
    if moving - printer.loops.keys():
        raise Unprintable("moving-slice", f"a slice of `{root}` moves with the loop")
    if cut.padded:
        _refuse_outside(root, cut)
    start = "" if not cut.start.terms else integer(cut.start, printer).text
    stop = ""
    if cut.stop is not None:
        stop = integer(cut.stop, printer).text
    elif cut.count is not None:
        stop = integer(cut.start + cut.count, printer).text
    text = f"{start}:{stop}"
    return text if cut.step == 1 else f"{text}:{cut.step}"
