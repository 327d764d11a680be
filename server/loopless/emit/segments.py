"""Loops whose length is read from data, as one axis over all of their iterations.

`for p in range(ptr[i], ptr[i + 1])` inside a loop over `i` has another length for each `i`, and rows may be empty. All
pairs `(i, p)` in the order of the loop are an axis of their own, along which both are looked up:

    counts = (ptr[1:] - ptr[:-1]).clamp(min=0)
    i = torch.repeat_interleave(torch.arange(n), counts)
    shift = ptr[:-1] + counts - counts.cumsum(0)
    p = torch.arange(i.numel()) + torch.repeat_interleave(shift, counts)

A store or a list over both axes goes along the new one; sums over the inner axis are added up by `i`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from loopless.dependence.conditions import conjunction
from loopless.dependence.feasible import Constraint, bounds, proves
from loopless.emit.code import SUM
from loopless.emit.draft import Draft, Setting, add_line, learn, positive, printer_for
from loopless.emit.integers import integer
from loopless.emit.printer import Printer
from loopless.emit.unprintable import Unprintable
from loopless.facts.fact import Fact
from loopless.ir.poly import Atom, Axis, Numel, Poly, poly
from loopless.ir.value import (
    Apply,
    Held,
    Int,
    Reduce,
    Temp,
    Value,
    rebuild,
    substitute,
    walk,
)
from loopless.lift.piece import Append, P, Write, values_of, with_atoms
from loopless.lift.types import type_of


def is_jagged(axis: Axis, setting: Setting) -> bool:
    """Whether the length of an axis changes along another one."""
    return bool(axis.extent.axes() - {loop for loop, _ in setting.loops})


def joined(piece: Write, setting: Setting, draft: Draft, depth: int) -> tuple[Write, Setting, int]:
    """The piece with jagged axes joined to those that they change along, under a test where that needs one."""
    spread = _unfolded(piece, setting)
    inner = next((a for a in spread.axes if is_jagged(a, setting)), None)
    if inner is None and not _has_jagged(piece.value, setting):
        return piece, setting, depth
    lines = Draft()
    flats: list[_Flat] = []
    if inner is not None:
        flats.append(_flat(inner, setting, lines))
        piece = flats[0].piece(spread)
        _lines(flats[0], values_of(piece), setting, lines)
    value, more = _summed(piece.value, setting, lines)
    piece = replace(piece, value=value)
    tests = [f.outer for f in (*flats, *more) if not _safe_if_empty(f.outer, setting)]
    if tests:
        printer = printer_for(setting, (), draft)
        texts = [positive(a.extent, printer, printer.size(a.extent)) for a in dict.fromkeys(tests)]
        add_line(f"if {' and '.join(texts)}:", setting, draft, depth)
        trips = tuple(Constraint(a.extent - 1) for a in tests)
        setting, depth = replace(setting, known=(*setting.known, *trips)), depth + 1
    for line in lines.lines:
        add_line(line, setting, draft, depth)
    _take_over(lines, draft)
    return piece, setting, depth


def joined_value(value: Value, setting: Setting, draft: Draft) -> Value:
    """The same for a value that a name has after the loop."""
    if not _has_jagged(value, setting):
        return value
    lines = Draft()
    value, flats = _summed(value, setting, lines)
    if any(not _safe_if_empty(flat.outer, setting) for flat in flats):
        raise Unprintable("zero-trips", "where the loop does not run, the tensor form would fail")
    for line in lines.lines:
        add_line(line, setting, draft, 0)
    _take_over(lines, draft)
    return value


def _safe_if_empty(axis: Axis, setting: Setting) -> bool:
    """Whether nothing goes wrong without iterations: one less than none is the worst, as in `len(ptr) - 1`."""
    return proves(axis.extent + 1, setting.known)


def joined_list(piece: Append, setting: Setting, draft: Draft) -> Append:
    """The same for the items of a list: without any the loop's collector fails as well."""
    inner = next((a for a in piece.axes if is_jagged(a, setting)), None)
    if inner is None:
        value, _ = _summed(piece.value, setting, draft)
        return replace(piece, value=value)
    flat = _flat(inner, setting, draft)
    made = flat.piece(piece)
    _lines(flat, values_of(made), setting, draft)
    return made


def _take_over(lines: Draft, draft: Draft) -> None:
    draft.grade = max(draft.grade, lines.grade)
    draft.needs_torch = draft.needs_torch or lines.needs_torch
    draft.temp_layouts |= lines.temp_layouts
    draft.parts |= lines.parts


def _unfolded(piece: Write, setting: Setting) -> Write:
    """`y[i] += sum over p` as `y[i] += …` for each `i` and `p`."""
    match piece.value:
        case Reduce("+", axis, body, when) if piece.op == "+" and is_jagged(axis, setting):
            asked = conjunction(piece.when, when)
            return replace(piece, value=body, when=asked, axes=(*piece.axes, axis))
        case _:
            return piece


def _has_jagged(value: Value, setting: Setting) -> bool:
    found = [False]

    def look(inner: Value) -> Value:
        if isinstance(inner, Reduce) and is_jagged(inner.axis, setting):
            found[0] = True
        return rebuild(inner, look)

    look(value)
    return found[0]


@dataclass(frozen=True, slots=True)
class _Flat:
    """`axis` over all pairs of `outer` and `inner`, whose values along it have the names `row` and `place`."""

    inner: Axis
    outer: Axis
    axis: Axis
    start: Poly
    counts: str
    row: str
    place: str

    @property
    def atoms(self) -> tuple[dict[Atom, Poly], dict[Atom, Poly]]:
        """What to put for the inner axis first, and then for the outer."""
        place = poly(Held(Temp(self.place, (self.axis,))))
        row = poly(Held(Temp(self.row, (self.axis,))))
        return {self.inner: place - self.start}, {self.outer: row}

    def piece(self, piece: P) -> P:
        """The piece along the new axis."""
        for atoms in self.atoms:
            piece = with_atoms(piece, atoms)
        gone = {self.inner, self.outer}
        at = min(n for n, a in enumerate(piece.axes) if a in gone)
        rest = [a for a in piece.axes if a not in gone]
        return replace(piece, axes=(*rest[:at], self.axis, *rest[at:]))

    def value(self, value: Value) -> Value:
        """The value along the new axis."""
        for atoms in self.atoms:
            value = substitute(value, atoms)
        return value


def _flat(inner: Axis, setting: Setting, draft: Draft) -> _Flat:
    """The axis, with names for what is along it."""
    outer = inner.extent.axes() - {loop for loop, _ in setting.loops}
    if len(outer) != 1:
        raise Unprintable("ragged-extent", "a range whose length changes along several loops")
    (parent,) = outer
    if is_jagged(parent, setting):
        raise Unprintable("ragged-extent", "ranges of data inside of ranges of data")
    lifting = setting.lifting
    counts, row, place = lifting.temp("counts"), _name(parent, setting), _name(inner, setting)
    axis = lifting.axis(inner.name, poly(Numel(row)))
    for name, axes in ((counts, parent), (row, axis), (place, axis)):
        lifting.scope.names[name] = Fact("tensor", (), dtype="int64")
        draft.temp_layouts[name] = (axes,)
    return _Flat(inner, parent, axis, lifting.starts.get(inner, poly(0)), counts, row, place)


def _name(axis: Axis, setting: Setting) -> str:
    """The user's own name of a loop variable, if nobody reads what it was."""
    lifting = setting.lifting
    if axis.name in lifting.loop_names - lifting.live and axis.name not in lifting.flat_names:
        lifting.flat_names.add(axis.name)
        return axis.name
    return lifting.temp(axis.name)


def _lines(flat: _Flat, values: Sequence[Value] | None, setting: Setting, draft: Draft) -> None:
    """What the new axis is computed from, as far as `values` ask for it (None: how many there are)."""
    safe = replace(setting, known=(*setting.known, Constraint(flat.outer.extent)))
    printer = printer_for(safe, (flat.outer,), draft)
    length = integer(flat.inner.extent, printer)
    text = length.text
    if (
        not proves(flat.inner.extent, [*setting.known, *bounds((flat.outer,))])
        and flat.inner not in setting.lifting.sized
    ):
        # A range that goes backwards is empty.
        text = f"{length.primary}.clamp(min=0)"
    add_line(f"{flat.counts} = {text}", setting, draft, 0)
    used = {v.name for value in values or () for v in walk(value) if isinstance(v, Temp)}
    if flat.row in used:
        rows = f"{printer.function('torch.arange')}({_rows(flat, setting, printer)}, device={flat.counts}.device)"
        add_line(f"{flat.row} = {_repeated(rows, flat, printer)}", setting, draft, 0)
    if flat.place in used:
        number = f"{flat.row}.numel()" if flat.row in used else f"int({flat.counts}.sum())"
        counted = f"{printer.function('torch.arange')}({number}, device={flat.counts}.device)"
        shift = setting.lifting.temp("shift")
        add_line(f"{shift} = {_shift(flat, printer)}", setting, draft, 0)
        add_line(f"{flat.place} = {counted} + {_repeated(shift, flat, printer)}", setting, draft, 0)
    learn(printer, draft)


def _repeated(text: str, flat: _Flat, printer: Printer) -> str:
    return f"{printer.function('torch.repeat_interleave')}({text}, {flat.counts})"


def _shift(flat: _Flat, printer: Printer) -> str:
    """How far the inner loop variable is ahead of the place on the new axis, range by range."""
    first = f"{integer(flat.start, printer).at(SUM)} + " if flat.start.terms else ""
    return f"{first}{flat.counts} - {flat.counts}.cumsum(0)"


def _rows(flat: _Flat, setting: Setting, printer: Printer) -> str:
    """How many rows there are."""
    extent = flat.outer.extent
    if proves(extent, setting.known) or not _safe_if_empty(flat.outer, setting):
        return printer.size(extent).text
    return f"{flat.counts}.numel()"


def _summed(value: Value, setting: Setting, draft: Draft) -> tuple[Value, list[_Flat]]:
    """The value with sums over jagged axes added up by their rows."""
    flats: list[_Flat] = []

    def change(inner: Value) -> Value:
        match inner:
            case Reduce("+", axis, Reduce("+", jagged, body, when), outer_when) if is_jagged(
                jagged, setting
            ) and jagged.extent.axes() == frozenset({axis}):
                flat = _flat(jagged, setting, draft)
                flats.append(flat)
                both = conjunction(outer_when, when)
                asked = None if both is None else flat.value(both)
                result = Reduce("+", flat.axis, flat.value(body), asked)
                _lines(flat, [result], setting, draft)
                return result
            case Reduce("+", jagged, body, when) if is_jagged(jagged, setting):
                flat = _flat(jagged, setting, draft)
                flats.append(flat)
                return _by_rows(flat, body, when, setting, draft)
            case _:
                return rebuild(inner, change)

    return change(value), flats


def _by_rows(flat: _Flat, body: Value, when: Value | None, setting: Setting, draft: Draft) -> Value:
    """Sums by row, as a name of their own."""
    lifting = setting.lifting
    if body == Int(poly(1)) and when is None:
        _lines(flat, None, setting, draft)
        return Temp(flat.counts, (flat.outer,))
    terms = flat.value(body if when is None else Apply("where", (when, body, Int(poly(0)))))
    _lines(flat, [terms, Temp(flat.row, (flat.axis,))], setting, draft)
    kind = type_of(terms, setting.scope)
    known = (*setting.known, Constraint(flat.outer.extent - 1))
    printer = printer_for(replace(setting, known=known), (flat.axis,), draft)
    code = printer.code(terms)
    if code.axes != (flat.axis,) or code.rank is None or not kind.is_tensor:
        raise Unprintable("ragged-extent", "sums over ranges of data, of items with dimensions")
    name, sums = lifting.temp("terms"), lifting.temp("sums")
    add_line(f"{name} = {code.text}", setting, draft, 0)
    size = _rows(flat, setting, printer)
    rest = "".join(f", {name}.shape[{at + 1}]" for at in range(code.rank))
    made = f"{name}.new_zeros({size}{rest}).index_add_(0, {flat.row}, {name})"
    add_line(f"{sums} = {made}", setting, draft, 0)
    printer.grade_at_least("E1")
    learn(printer, draft)
    lifting.scope.names[sums] = Fact("tensor", (None,) * code.rank, dtype=kind.dtype)
    draft.temp_layouts[sums] = (flat.outer,)
    return Temp(sums, (flat.outer,))
