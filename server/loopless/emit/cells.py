"""Names that get a value: assignments without subscripts, and what a name holds after the loop."""

from __future__ import annotations

from loopless.dependence.feasible import proves
from loopless.emit.code import ATOM, CHOICE, Code
from loopless.emit.conditions import on_host
from loopless.emit.draft import (
    Draft,
    Setting,
    add_guarded,
    add_line,
    either_way,
    learn,
    may_be_empty,
    needs_trips,
    positive,
    printer_for,
    runs_test,
)
from loopless.emit.fit import is_new
from loopless.emit.printer import Printer
from loopless.emit.running import in_double
from loopless.emit.starts import start_test
from loopless.emit.trips import added_axes
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import Axis
from loopless.ir.value import (
    Apply,
    Best,
    Read,
    Ref,
    Rows,
    Value,
)
from loopless.lift.piece import Write
from loopless.lift.restrict import restricted_reductions
from loopless.lift.types import type_of


def cell(piece: Write, setting: Setting, draft: Draft, depth: int) -> None:
    """A name gets a value."""
    printer = printer_for(setting, (), draft)
    value = restricted_reductions(piece.value, setting.lifting, setting.known)
    line = assignment(piece.root, value, printer, in_place=piece.root in setting.augmented)
    if piece.when is not None and line is not None:
        test = printer.code(piece.when)
        add_line(f"if {test.text}:", setting, draft, depth)
        depth += 1
    if line is not None:
        add_guarded(line, (), printer, setting, draft, depth)
    learn(printer, draft)


def assignment(name: str, value: Value, printer: Printer, *, in_place: bool) -> str | None:
    """`name = value`, or `name += …` where that says the same."""
    match value:
        case Apply("+" | "*", (first, rest)):
            in_double(rest, type_of(first, printer.scope), printer)
        case _:
            pass
    match value:
        case Read(root, ()) if root == name:
            return None
        case Ref(text) if text == name:
            return None
        case Apply("+" | "*" as op, (first, rest)) if first in (Ref(name), Read(name, ())) and (
            in_place or type_of(first, printer.scope).kind in {"int", "float", "bool"}
        ):
            match rest:
                case Apply("neg", (inner,)) if op == "+":
                    return f"{name} -= {_no_axes(printer.code(inner)).text}"
                case _:
                    return f"{name} {op}= {_no_axes(printer.code(rest)).text}"
        case _:
            return f"{name} = {_copied(_no_axes(printer.code(value)), value, printer)}"


def _copied(code: Code, value: Value, printer: Printer) -> str:
    """The text of a value; rows that were stacked are a copy of what they were taken from."""
    if isinstance(value, Rows) and not value.listed and not is_new(code, value, printer):
        return f"{code.primary}.clone()"
    return code.text


def _no_axes(code: Code) -> Code:
    if code.axes:
        raise Unprintable("store", "a number that varies along an axis")
    return code


def expression(value: Value, setting: Setting, draft: Draft, otherwise: str) -> str:
    """The text of a value without axes, in parentheses where it is put into other text.

    Where it asks for what is there only if the loops run, it is `otherwise` without them.
    """
    found: list[str] = []

    def show(chosen: Setting) -> None:
        printer = printer_for(chosen, (), draft)
        code = _no_axes(printer.code(restricted_reductions(value, setting.lifting, setting.known)))
        if printer.ends or printer.places:
            axes = may_be_empty(printer.layout, printer, setting)
            if not axes:
                raise Unprintable(
                    "zero-trips", "where the loop does not run, the tensor form would fail"
                )
            test = runs_test(axes, printer)
            code = Code(f"{code.at(CHOICE + 1)} if {test} else {otherwise}", CHOICE)
        learn(printer, draft)
        found.append(code.at(ATOM))

    either_way(show, setting, draft)
    return found[-1]


def live_final(name: str, value: Value, setting: Setting, draft: Draft, axis: Axis | None) -> None:
    """The value of a name after the loop, printed as a statement."""
    either_way(lambda s: _live_final(name, value, s, draft, axis), setting, draft)


def _live_final(name: str, value: Value, setting: Setting, draft: Draft, axis: Axis | None) -> None:
    printer = printer_for(setting, (), draft)
    value = restricted_reductions(value, setting.lifting, setting.known)
    match value:
        case Apply("where", (test, then, Ref(text) | Read(text, ()))) if text == name and (
            on_host(test, printer)
        ):
            # Else the name stays what it is, bound or not.
            add_line(f"if {printer.code(test).text}:", setting, draft, 0)
            line = f"{name} = {_copied(_no_axes(printer.code(then)), then, printer)}"
            learn(printer, draft)
            add_line(line, setting, draft, 1)
            return
        case _:
            pass
    test = start_test(value, printer, setting) if isinstance(value, Best) else None
    printer.beaten = test is not None
    line = assignment(name, value, printer, in_place=name in setting.augmented)
    learn(printer, draft)
    if line is None:
        return
    test = test or start_test(value, printer, setting)
    if test is not None:
        add_line(f"if {test}:", setting, draft, 0)
        add_line(line, setting, draft, 1)
        return
    added = added_axes(name, value)
    if len(added) > 1:
        add_guarded(line, added, printer, setting, draft, 0)
        return
    open_axes = [] if axis is None or proves(axis.extent - 1, setting.known) else [axis]
    inner = [a for a in printer.layout if a != axis]
    if needs_trips(printer, setting, open_axes, inner):
        assert axis is not None
        code = printer.size(axis.extent)
        add_line(f"if {positive(axis.extent, printer, code)}:", setting, draft, 0)
        add_line(line, setting, draft, 1)
        return
    add_line(line, setting, draft, 0)
