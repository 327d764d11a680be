"""Arithmetic, conversions to Python numbers, and divisions that a predicate keeps from zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.conditions import integer_of
from loopless.dependence.feasible import bounds, proves
from loopless.emit.choices import distributed
from loopless.emit.code import Code
from loopless.emit.doubles import beside, refuse_truths, truths_as_numbers
from loopless.emit.elements import only_elements
from loopless.emit.operators import infix
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import Poly, poly
from loopless.ir.value import Apply, Const, Int, Reduce, Value, axes_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


_NARROW = frozenset({"uint8", "int8", "int16", "int32"})


def calculated(op: str, args: tuple[Value, ...], printer: Printer) -> Code:
    """An operation of Python's arithmetic on two values."""
    if op == "+":
        match args[1]:
            case Apply("neg", (inner,)):
                return calculated("-", (args[0], inner), printer)
            case Int(p) if p.constant is not None and p.constant < 0:
                return infix(
                    "-", printer.code(args[0]), Code(str(-p.constant), number=True), printer
                )
            case _:
                pass
    chosen = distributed(op, args[0], args[1], printer)
    if chosen is not None:
        return printer.code(chosen)
    if op in {"/", "//", "%"}:
        return division(op, args[0], args[1], printer)
    refuse_truths(args, printer.scope)
    counted = _counted(op, args, printer)
    if counted is not None:
        return infix(op, *counted, printer)
    if op == "+" and args[0] == Const(0.0) and _absorbs_zero(args[1], printer):
        printer.nothing = "0.0"
        return printer.code(args[1])
    doubled = _in_double(op, args, printer)
    if doubled is not None:
        return doubled
    if op == "**":
        _refuse_fractions(args, printer)
        if integer_of(args[1]) != poly(2):
            printer.grade_at_least("E1")
        return infix(
            op, _in_domain(args[0], args[1], printer), floating(args[1], args[0], printer), printer
        )
    left, right = floating(args[0], args[1], printer), floating(args[1], args[0], printer)
    return infix(op, left, right, printer)


def _refuse_fractions(args: tuple[Value, ...], printer: Printer) -> None:
    """Integers to negative powers are floats in Python, and an error in torch (T8)."""
    base, power = integer_of(args[0]), integer_of(args[1])
    if base is None or power is None or not (base.axes() | power.axes()) - printer.loops.keys():
        return
    if not proves(power, [*printer.all_known(), *bounds(power.axes())]):
        raise Unprintable("dtype", "an integer to a power that may be negative")


def _in_double(op: str, args: tuple[Value, ...], printer: Printer) -> Code | None:
    """Python arithmetic of a number and an integer that varies, in double precision (T7)."""
    kinds = [printer.typed(arg) for arg in args]
    if any(k.is_tensor for k in kinds) or all(k.kind in {"int", "bool"} for k in kinds):
        return None
    codes = [printer.code(arg) for arg in args]
    if not any(code.axes for code in codes):
        return None
    codes = [
        _as_double(arg, code, printer) if kind.kind == "int" else code
        for arg, code, kind in zip(args, codes, kinds, strict=True)
    ]
    return infix(op, codes[0], codes[1], printer)


def _as_double(value: Value, code: Code, printer: Printer) -> Code:
    """An integer in double precision; a power before it outgrows 64 bits (T8)."""
    match value:
        case Apply("**", (base, power)) if code.axes and (p := integer_of(base)) is not None:
            if p.constant is not None:
                return calculated("**", (Const(float(p.constant)), power), printer)
        case _:
            pass
    return double(code, printer)


def _is_sum_of_doubles(value: Value, printer: Printer) -> bool:
    """A sum of numbers that were brought to the host: the tensor form adds them up in double precision, from zero.

    One number that is added again and again is multiplied as it is, and may be an integer.
    """
    match value:
        case Reduce("+", _, Apply("item", (inner,))):
            return printer.typed(inner).dtype not in {"int64", "int32", "bool"} and bool(
                axes_of(inner) - printer.loops.keys()
            )
        case Reduce("+", _, Apply("float")):
            return True
        case Reduce("+", _, Reduce() as inner):
            return _is_sum_of_doubles(inner, printer)
        case _:
            return False


def _absorbs_zero(value: Value, printer: Printer) -> bool:
    """Whether `0.0 + value` has the value's own dtype; unshown dtypes added to floats are floating (P5)."""
    kind = printer.typed(value)
    return (
        kind.is_floating
        or _is_sum_of_doubles(value, printer)
        or (
            printer.stored
            and kind.is_tensor
            and (kind.dtype is None or kind.dtype.startswith("of:"))
        )
    )


def floating(value: Value, other: Value, printer: Printer) -> Code:
    """An operand; Python numbers that vary are brought to the dtype of the tensor beside them (T7)."""
    return beside(printer.code(value), value, other, printer)


def _counted(op: str, args: tuple[Value, ...], printer: Printer) -> tuple[Code, Code] | None:
    """The operands as numbers where one is a truth value of Python that varies."""
    if not any(printer.typed(arg).kind == "bool" and axes_of(arg) for arg in args):
        return None
    first, second = args
    return (
        truths_as_numbers(floating(first, second, printer), first, (second,), op, printer),
        truths_as_numbers(floating(second, first, printer), second, (first,), op, printer),
    )


def hosted(op: str, value: Value, printer: Printer) -> Code:
    """`.item()` and `float(…)`: Python numbers are doubles."""
    code = only_elements(value, printer.code(value))
    kind = printer.typed(value)
    if not kind.is_tensor:
        if code.axes and kind.kind == "int":
            return code.but(f"{code.primary}.double()") if op == "float" else code
        if op == "float" and code.number:
            return code.but(f"float({code.text})")
        return code
    if not code.axes and code.rank == 0:
        return Code(
            f"{code.primary}.item()" if op == "item" else f"float({code.text})", number=True
        )
    if kind.dtype in {"int64", "bool"} and op == "item":
        return code
    if kind.dtype in _NARROW and op == "item":
        # Python's integers do not wrap.
        return code.but(f"{code.primary}.long()")
    # A Python number has no gradient.
    if kind.dtype == "float64":
        return code.but(f"{code.primary}.detach()")
    return code.but(f"{code.primary}.detach().double()")


def truncated(value: Value, printer: Printer) -> Code:
    """`int(…)`: towards zero."""
    code = printer.code(value)
    kind = printer.typed(value)
    if kind.kind == "int" or kind.dtype == "int64":
        return code
    if not code.axes:
        return Code(f"int({code.text})", number=True)
    return code.but(f"{code.primary}.long()")


def division(op: str, left: Value, right: Value, printer: Printer) -> Code:
    """`left op right` of a division, whose divisor a predicate may keep from zero."""
    over = printer.code(left)
    below = right
    if printer.guards and axes_of(right) and not isinstance(right, Const):
        below = Apply("where", (printer.guards[-1], right, Int(poly(1))))
        under = unguarded(below, printer)
    else:
        under = printer.code(right)
    if over.number and under.number and _may_be_zero(right, printer):
        # Python divides once, before any iteration: by zero only if the loop runs.
        printer.places.append(poly(0))
    if op == "/":
        kinds = printer.typed(left), printer.typed(right)
        if not any(k.is_tensor for k in kinds) and (over.axes or under.axes):
            # Python divides integers in double precision.
            over, under = (
                _as_double(value, code, printer) if kind.kind == "int" else code
                for value, code, kind in zip((left, below), (over, under), kinds, strict=True)
            )
        elif _may_be_number(left, printer) and over.axes:
            # A number divided by a 0-d tensor is multiplied by its reciprocal.
            printer.grade_at_least("E1")
    over, under = beside(over, left, right, printer), beside(under, right, left, printer)
    over = truths_as_numbers(over, left, (right,), op, printer)
    under = truths_as_numbers(under, right, (left,), op, printer)
    return infix(op, over, under, printer)


def _may_be_zero(value: Value, printer: Printer) -> bool:
    match value:
        case Const(number):
            return number == 0
        case Int(p):
            return not (proves(p - 1, printer.known) or proves(-p - 1, printer.known))
        case _:
            return True


def _may_be_number(value: Value, printer: Printer) -> bool:
    """Whether a value is a number of Python in some iteration."""
    match value:
        case Apply("where", (_, then, otherwise)):
            return _may_be_number(then, printer) or _may_be_number(otherwise, printer)
        case _:
            return not printer.typed(value).is_tensor


def double(code: Code, printer: Printer) -> Code:
    """What varies, in double precision."""
    return code if code.number or not code.axes else code.but(f"{code.primary}.double()")


def _in_domain(base: Value, power: Value, printer: Printer) -> Code:
    """The base of a power, kept off the places that a predicate excludes unless the power is harmless."""
    harmless = (
        isinstance(power, Int | Const)
        and isinstance(p := (integer_of(power) or power), Poly)
        and (p.constant is not None and p.constant >= 0)
    )
    if printer.guards and axes_of(base) and not harmless:
        return unguarded(Apply("where", (printer.guards[-1], base, Int(poly(1)))), printer)
    return printer.code(base)


def unguarded(value: Value, printer: Printer) -> Code:
    """A value outside of the predicates of the arms around."""
    guards, printer.guards = printer.guards, []
    try:
        return printer.code(value)
    finally:
        printer.guards = guards
