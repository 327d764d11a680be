"""The lines of a rewrite in the making, each under a test that its loop runs where it needs one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from loopless.dependence.feasible import Constraint, proves
from loopless.emit.allocations import Allocation
from loopless.emit.code import CHOICE, Code
from loopless.emit.printer import Printer
from loopless.emit.unprintable import Unprintable
from loopless.facts.scope import Scope
from loopless.finding import Grade
from loopless.ir.poly import Axis, Poly, Quotient, Symbol
from loopless.lift.context import Lifting


@dataclass(slots=True)
class Draft:
    """The lines of a rewrite so far, with what printing them took.

    `absorbed` allocations are not needed any more, `elsewhere` is what goes to other places. A `clumsy` text would
    read better under assumptions.
    """

    lines: list[str] = field(default_factory=list[str])
    grade: Grade = "E0"
    assumptions: list[str] = field(default_factory=list[str])
    needs_torch: bool = False
    temp_layouts: dict[str, tuple[Axis, ...]] = field(default_factory=dict[str, tuple[Axis, ...]])
    temp_ends: dict[str, tuple[Poly, ...]] = field(default_factory=dict[str, tuple[Poly, ...]])
    kept: int = 0
    ranges: dict[str, str] = field(default_factory=dict[str, str])
    parts: dict[str, str] = field(default_factory=dict[str, str])
    guard: tuple[str, int, int] = ("", 0, 0)
    absorbed: list[Allocation] = field(default_factory=list[Allocation])
    elsewhere: list[str] = field(default_factory=list[str])
    clumsy: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What every statement of one rewrite shares.

    `clean` takes ranks for granted that are then named as assumptions, `loose` dtypes. `behind` puts the axis last. One
    that `presumes` takes what is stored into items of unknown rank for numbers, where no other form is exact (P4).
    """

    scope: Scope
    lifting: Lifting
    names: dict[Poly, str]
    headers: dict[int, str]
    device_root: str | None
    indent: str
    loops: tuple[tuple[Axis, str], ...] = ()
    known: tuple[Constraint, ...] = ()
    augmented: frozenset[str] = frozenset()
    behind: bool = False
    clean: bool = False
    mapped: bool = False
    presumes: bool = False
    strict: bool = False
    loose: bool = False
    allocations: Mapping[str, Allocation] = field(default_factory=dict[str, Allocation])


def printer_for(setting: Setting, layout: Sequence[Axis], draft: Draft) -> Printer:
    """A printer that knows what the statements before it made."""
    printer = Printer(setting.scope, setting.names, layout, dict(setting.loops))
    printer.temp_layouts, printer.temp_ends = draft.temp_layouts, draft.temp_ends
    printer.known = list(setting.known)
    printer.device_root = setting.device_root
    printer.behind, printer.clean, printer.mapped = setting.behind, setting.clean, setting.mapped
    printer.strict, printer.augmented = setting.strict, setting.augmented
    printer.items, printer.calls = setting.lifting.items, setting.lifting.calls
    printer.hints = setting.lifting.hints
    return printer


def either_way(
    show: Callable[[Setting], None],
    setting: Setting,
    draft: Draft,
    *,
    maps: bool = True,
    named: frozenset[str] = frozenset(),
) -> None:
    """Print with axes in front; where unknown ranks decide, in a way that is exact for any rank.

    Tensors that are `named` are read with subscripts for all dimensions that the file names.
    """
    before = len(draft.lines)
    reason: Unprintable | None = None
    for chosen in ways(setting, maps=maps, named=named):
        try:
            show(chosen)
        except Unprintable as gave_up:
            if gave_up.code != "unknown-rank":
                raise
            reason = gave_up
            del draft.lines[before:]
        else:
            return
    assert reason is not None
    raise reason


def ways(setting: Setting, *, maps: bool, named: frozenset[str] = frozenset()) -> list[Setting]:
    """How to print, the plainest first: axes in front, the axis behind, numbers as presumed, a function of each item.

    Only the last is right where it is not known what is a number and what a tensor.
    """
    alone = setting.behind or setting.clean
    others = [replace(setting, mapped=True)] if maps and not alone else []
    if setting.lifting.unsure:
        if not others:
            raise Unprintable("unknown-rank", setting.lifting.unsure)
        return others
    behind = [] if alone else [replace(from_behind(setting), strict=maps)]
    if named and not alone:
        behind.append(replace(_with_named(setting, named), strict=maps))
    presumed = [] if alone else [replace(setting, presumes=True)]
    return [setting, *behind, *presumed, *others]


def from_behind(setting: Setting) -> Setting:
    """The setting in which axes go behind the items, and no rank is presumed that the file does not show."""
    scope = setting.scope.copy()
    scope.least_rank = {}
    return replace(setting, behind=True, scope=scope)


def _with_named(setting: Setting, named: frozenset[str]) -> Setting:
    """Axes behind the items: no rank is presumed but of tensors of which every dimension has its subscript (P4)."""
    scope = setting.scope.copy()
    scope.least_rank = {name: dims for name, dims in scope.least_rank.items() if name in named}
    return replace(setting, behind=True, scope=scope)


def add_line(text: str, setting: Setting, draft: Draft, depth: int) -> None:
    """Add one line to the draft."""
    draft.lines.append(setting.indent * depth + text)


def learn(printer: Printer, draft: Draft) -> None:
    """Note in the draft what printing took."""
    draft.grade = max(draft.grade, printer.grade)
    draft.needs_torch = draft.needs_torch or printer.needs_torch
    draft.ranges |= printer.ranges
    draft.parts |= printer.parts
    for sentence in printer.assumptions:
        if sentence not in draft.assumptions:
            draft.assumptions.append(sentence)


def add_guarded(
    line: str,
    axes: Sequence[Axis],
    printer: Printer,
    setting: Setting,
    draft: Draft,
    depth: int,
) -> None:
    """The line, under a test that the loop runs at all where it could fail or go wrong if it does not."""
    open_axes = may_be_empty(axes, printer, setting)
    if not needs_trips(printer, setting, open_axes, [a for a in printer.layout if a not in axes]):
        add_line(line, setting, draft, depth)
        return
    test = f"if {runs_test(open_axes, printer)}:"
    if draft.guard != (test, depth, len(draft.lines)):
        # Else it goes on in the block of the line before, under the same test.
        add_line(test, setting, draft, depth)
    add_line(line, setting, draft, depth + 1)
    draft.guard = test, depth, len(draft.lines)


def runs_test(axes: list[Axis], printer: Printer) -> str:
    """The condition under which a loop over these axes has an iteration."""
    sizes = [(axis.extent, printer.size(axis.extent)) for axis in _strongest(axes, printer)]
    return " and ".join(positive(extent, printer, size) for extent, size in sizes)


def _strongest(axes: list[Axis], printer: Printer) -> list[Axis]:
    """The axes whose trips do not follow from those of the others."""
    kept = list(axes)
    for axis in axes:
        rest = [Constraint(a.extent - 1) for a in kept if a != axis]
        if len(kept) > 1 and proves(axis.extent - 1, [*printer.known, *rest]):
            kept.remove(axis)
    return kept


def may_be_empty(axes: Sequence[Axis], printer: Printer, setting: Setting) -> list[Axis]:
    """The axes that may have no iteration."""
    loops = {axis for axis, _ in setting.loops}
    return [a for a in axes if a not in loops and not proves(a.extent - 1, printer.known)]


def needs_trips(
    printer: Printer, setting: Setting, open_axes: list[Axis], inner: list[Axis]
) -> bool:
    """Whether the printed code asks for something that is there only if the loop over `open_axes` runs.

    Raises where it asks for something that is there only if an inner loop runs as well.
    """
    known = printer.known
    trips = [*known, *(c for a in open_axes for c in runs(a, known))]
    ends = [p for p in printer.ends if not proves(p, known)]
    if any(not proves(p, trips) for p in ends):
        raise Unprintable(
            "zero-trips", "where an inner loop does not run, a slice would count from the end"
        )
    places = [p for p in printer.places if not _harmless(p, setting)]
    empty = [a for a in may_be_empty(inner, printer, setting) if not proves(a.extent - 1, trips)]
    if places and empty:
        raise Unprintable(
            "zero-trips", "where an inner loop does not run, a place may not be there"
        )
    return bool(ends or places) and bool(open_axes)


def runs(axis: Axis, known: Sequence[Constraint] = ()) -> list[Constraint]:
    """What holds where an axis has an iteration.

    `h // k` is at least one only for a positive `k` where `h` is not negative; for a positive `k` only where
    `h >= k`.
    """
    found = [Constraint(axis.extent - 1)]
    match axis.extent.atom:
        case Quotient(over, under) if proves(under - 1, known):
            found.append(Constraint(over - under))
        case Quotient(over, under) if proves(over, []):
            found.append(Constraint(under - 1))
        case _:
            pass
    return found


def positive(extent: Poly, printer: Printer, code: Code) -> str:
    """`extent > 0`, as `n > 1` where the extent is n - 1, and as `n > k` where it is (n - 1) // k."""
    match extent.atom:
        case Quotient(over, under) if under.constant is None and proves(under - 1, printer.known):
            rest, step = printer.size(over + 1), printer.size(under)
            return f"{rest.at(CHOICE + 1)} > {step.at(CHOICE + 1)}"
        case _:
            pass
    offset = extent.offset
    if offset < 0 and len(extent.terms) > 1:
        rest = printer.size(extent - offset)
        return f"{rest.text} > {-offset}"
    return f"{code.at(CHOICE + 1)} > 0"


def _harmless(p: Poly, setting: Setting) -> bool:
    """A place that a loop around walks: it exists also where the inner loop does not run (P6)."""
    names = {name for _, name in setting.loops} | setting.scope.walked
    return any(isinstance(a, Symbol) and a.name in names for a in p.atoms())
