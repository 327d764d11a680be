"""Comparisons, masks, and choices between two values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.conditions import conjunction, negated
from loopless.emit.align import aligned, common, kin_of, lies_behind
from loopless.emit.arithmetic import floating
from loopless.emit.code import ATOM, CHOICE, LEVELS, NOT, Code
from loopless.emit.doubles import beside
from loopless.emit.number_choices import in_double
from loopless.emit.operators import infix, prefix
from loopless.emit.triangles import triangle
from loopless.emit.unprintable import Unprintable
from loopless.facts.evidence import FLOATS
from loopless.ir.value import Apply, Const, Tuple, Value, axes_of, walk
from loopless.lift.junctions import joined
from loopless.lift.types import COMPARISONS, LOGIC, type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def on_host(value: Value, printer: Printer) -> bool:
    """Whether a condition is plain Python: sizes and numbers only, the same for all axes."""
    return not (axes_of(value) - printer.loops.keys()) and not any(
        type_of(inner, printer.scope).is_tensor
        for inner in walk(value)
        if not isinstance(inner, Tuple)
    )


def compare(op: str, left: Value, right: Value, printer: Printer) -> Code:
    """A comparison."""
    match right:
        case Apply("item", (inner,)) if (
            printer.typed(inner).dtype == printer.typed(left).dtype
            and printer.typed(left).is_tensor
        ):
            return compare(op, left, inner, printer)
        case _:
            pass
    # i < n - k reads better than arange(n) < n - k with both sides moved, so sides stay as they are.
    first, second = floating(left, right, printer), floating(right, left, printer)
    return infix(op, first, second, printer)


def truth(value: Value, printer: Printer) -> Code:
    """A value as a mask."""
    code = printer.code(value)
    kind = printer.typed(value)
    if kind.dtype == "bool" or (code.number and not code.axes):
        return code
    return code.but(f"{code.primary}.bool()")


def said(code: Code, value: Value, printer: Printer) -> Code:
    """The truth of one tensor as a truth value of Python's own."""
    kind = printer.typed(value)
    if code.axes or code.number or not kind.is_tensor or kind.dtype != "bool":
        return code
    return Code(f"bool({code.text})", number=True)


def logic(value: Apply, printer: Printer) -> Code:
    """`and`, `or` and `not`, on masks where they vary."""
    if on_host(value, printer) or not (axes_of(value) - printer.loops.keys()):
        return _host_logic(value, printer)
    if value.op == "not":
        code = mask(value.args[0], printer)
        return prefix("~", code, printer)
    symbol = "&" if value.op == "and" else "|"
    codes: list[Code] = []
    before: Value | None = None
    for arg in value.args:
        # Python asks for the next operand only where the ones before leave it open.
        codes.append(mask(arg, printer) if before is None else _mask_under(before, arg, printer))
        before = conjunction(before, arg if value.op == "and" else negated(arg))
    codes.sort(key=lambda c: not c.axes)
    total = codes[0]
    for code in codes[1:]:
        total = infix(symbol, total, code, printer)
    return total


def _mask_under(test: Value, value: Value, printer: Printer) -> Code:
    """A mask that is asked for only where `test` holds."""
    printer.guards.append(conjunction(printer.guards[-1] if printer.guards else None, test) or test)
    try:
        return mask(value, printer)
    finally:
        printer.guards.pop()


def mask(value: Value, printer: Printer) -> Code:
    """A condition as a mask."""
    match value:
        case Apply(op) if op in COMPARISONS or op in LOGIC or op == "bool":
            return printer.code(value)
        case _:
            return truth(value, printer)


def _host_logic(value: Apply, printer: Printer) -> Code:
    """`and`, `or` and `not` as Python has them."""
    codes = [printer.code(arg) for arg in value.args]
    if value.op == "not":
        return Code(f"not {codes[0].at(NOT)}", NOT, number=True)
    level = LEVELS[value.op]
    text = f" {value.op} ".join(c.at(level + 1 if c.level == level else level) for c in codes)
    return Code(text, level, number=True)


def _asked(test: Value, then: Value, otherwise: Value, printer: Printer) -> Code | None:
    """`True if test else False` of Python's own truth values, as the test or its opposite."""
    match then, otherwise:
        case Const(bool(one)), Const(bool(other)) if one != other:
            pass
        case _:
            return None
    if type_of(test, printer.scope).kind != "bool":
        return None
    code = printer.code(test)
    if one:
        return code
    return prefix("not ", code.but(code.text.removesuffix(".item()"), code.level), printer)


def where(test: Value, then: Value, otherwise: Value, printer: Printer) -> Code:
    """A choice: a conditional expression where the test is the same for all axes."""
    if not (axes_of(test) - printer.loops.keys()) and not printer.typed(test).rank:
        asked = _asked(test, then, otherwise, printer)
        if asked is not None:
            return asked
        one, other = printer.code(then), printer.code(otherwise)
        condition = printer.code(test)
        axes, rank = common((one, other), printer)
        if (one.axes or other.axes) and (one.axes != other.axes):
            raise Unprintable("shape", "the arms of a choice have different axes")
        text = f"{one.at(CHOICE + 1)} if {condition.at(CHOICE + 1)} else {other.at(CHOICE)}"
        return Code(text, CHOICE, axes, rank, one.number and other.number)
    match test:
        case Apply("not", (inner,)):
            return where(inner, otherwise, then, printer)
        case _:
            pass
    both = joined(Apply("where", (test, then, otherwise)))
    if both is not None and all(printer.typed(v).dtype == "bool" for v in both[1:]):
        return logic(Apply(both[0], both[1:]), printer)
    part = triangle(test, then, otherwise, lambda: _guarded(test, then, printer), printer)
    if part is None and isinstance(test, Apply) and test.op in COMPARISONS:
        rest = negated(test)
        part = triangle(rest, otherwise, then, lambda: _guarded(rest, otherwise, printer), printer)
    if part is not None:
        return part
    condition = mask(test, printer)
    if printer.typed(test).rank:
        printer.parts[condition.text] = "mask"
    one = _guarded(test, then, printer)
    other = _guarded(negated(test), otherwise, printer)
    one, other = (
        _floating_arm(one, then, otherwise, printer),
        _floating_arm(other, otherwise, then, printer),
    )
    one, other = in_double(Apply("where", (test, then, otherwise)), one, other, printer)
    axes, rank = common((condition, one, other), printer)
    texts = [aligned(code, axes, rank, printer) for code in (condition, one, other)]
    kin = kin_of((condition, one, other), printer)
    behind = lies_behind((condition, one, other), axes, rank, printer)
    text = f"{printer.function('torch.where')}({', '.join(texts)})"
    return Code(text, ATOM, axes, rank, kin=kin, behind=behind)


def _floating_arm(code: Code, value: Value, other: Value, printer: Printer) -> Code:
    """An arm of a choice in the dtype that the other arm asks for."""
    kind, tensor = printer.typed(value), printer.typed(other)
    if code.axes and not kind.is_tensor and kind.kind == "float" and tensor.is_tensor:
        # A number goes into what is stored as it is.
        kept = printer.stored and tensor.dtype not in FLOATS
        return code if kept else beside(code, value, other, printer)
    if kind.is_tensor and tensor.is_tensor and kind.dtype != tensor.dtype:
        # Each arm keeps its dtype in the loop; together they are computed on in the wider one.
        printer.grade_at_least("E1")
    if (
        printer.wide
        and code.axes
        and kind.is_tensor
        and tensor.kind in {"float", "number"}
        and kind.dtype != "float64"
    ):
        # A Python float goes into a tensor of doubles as it is, not by way of the other arm's dtype (T5).
        return code.but(f"{code.primary}.double()")
    return code


def _guarded(test: Value, value: Value, printer: Printer) -> Code:
    """An arm of a choice: operations that are not total see harmless values elsewhere."""
    printer.guards.append(conjunction(printer.guards[-1] if printer.guards else None, test) or test)
    try:
        return printer.code(value)
    finally:
        printer.guards.pop()
