"""A loop that returns, as `if …: return …`."""

from __future__ import annotations

from loopless.dependence.conditions import constraints
from loopless.dependence.feasible import proves
from loopless.emit.draft import Draft, Setting, add_line, learn, printer_for
from loopless.emit.printer import Printer
from loopless.emit.unprintable import Unprintable
from loopless.ir.value import Apply, Tuple, Value
from loopless.lift.choice import select
from loopless.lift.context import Leave
from loopless.lift.restrict import restricted_reductions


def leave(found: Leave, setting: Setting, draft: Draft) -> None:
    """Print the test and the `return` behind it."""
    printer = printer_for(setting, (), draft)
    test = printer.code(restricted_reductions(found.when, setting.lifting))
    _refuse_ends(printer)
    learn(printer, draft)
    add_line(f"if {test.text.removesuffix('.item()')}:", setting, draft, 0)
    inner = printer_for(setting, (), draft)
    inner.known = [*inner.known, *constraints(found.when)]
    text = _text(restricted_reductions(found.value, setting.lifting), inner)
    _refuse_ends(inner)
    learn(inner, draft)
    add_line(f"return {text}", setting, draft, 1)


def _refuse_ends(printer: Printer) -> None:
    if any(not proves(p, printer.known) for p in printer.ends):
        raise Unprintable("zero-trips", "where the loop does not run, the tensor form would fail")


def _text(value: Value, printer: Printer) -> str:
    match value:
        case Tuple(items):
            texts = [_text(item, printer) for item in items]
            return f"({texts[0]},)" if len(texts) == 1 else ", ".join(texts)
        case Apply("where", (test, Tuple(one), Tuple(other))) if len(one) == len(other):
            pairs = zip(one, other, strict=True)
            return _text(Tuple(tuple(select(test, a, b) for a, b in pairs)), printer)
        case _:
            code = printer.code(value)
            if code.axes:
                raise Unprintable("store", "a number that varies along an axis")
            return code.text
