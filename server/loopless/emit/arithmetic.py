"""Arithmetic, conversions to Python numbers, and divisions that a predicate keeps from zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.conditions import integer_of
from loopless.emit.code import Code
from loopless.emit.operators import infix
from loopless.emit.unprintable import Unprintable
from loopless.facts.evidence import FLOATS
from loopless.ir.poly import Poly, poly
from loopless.ir.value import Apply, Const, Int, Value, axes_of, reads_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


_NARROW = frozenset({"uint8", "int8", "int16", "int32"})


def calculated(op: str, args: tuple[Value, ...], printer: Printer) -> Code:
    """An operation of Python's arithmetic on two values."""
    if op == "+":
        match args[1]:
            case Apply("neg", (inner,)):
                return infix("-", printer.code(args[0]), printer.code(inner), printer)
            case Int(p) if p.constant is not None and p.constant < 0:
                return infix(
                    "-", printer.code(args[0]), Code(str(-p.constant), number=True), printer
                )
            case _:
                pass
    if op in {"/", "//", "%"}:
        return division(op, args[0], args[1], printer)
    doubled = _in_double(op, args, printer)
    if doubled is not None:
        return doubled
    if op == "**":
        if integer_of(args[1]) != poly(2):
            printer.grade_at_least("E1")
        return infix(
            op, _in_domain(args[0], args[1], printer), _floating(args[1], args[0], printer), printer
        )
    if op == "+" and args[0] == Const(0.0) and _absorbs_zero(args[1], printer):
        return printer.code(args[1])
    left, right = _floating(args[0], args[1], printer), _floating(args[1], args[0], printer)
    return infix(op, left, right, printer)


def _in_double(op: str, args: tuple[Value, ...], printer: Printer) -> Code | None:
    """Python arithmetic of a number and an integer that varies, in double precision (T7)."""
    kinds = [printer.typed(arg) for arg in args]
    if any(k.is_tensor for k in kinds) or all(k.kind == "int" for k in kinds):
        return None
    codes = [printer.code(arg) for arg in args]
    if not any(code.axes for code in codes):
        return None
    codes = [
        double(c, printer) if k.kind == "int" else c for c, k in zip(codes, kinds, strict=True)
    ]
    return infix(op, codes[0], codes[1], printer)


def _absorbs_zero(value: Value, printer: Printer) -> bool:
    """Whether `0.0 + value` has the value's own dtype; unshown dtypes added to floats are floating (P5)."""
    kind = printer.typed(value)
    return kind.is_floating or (
        printer.stored and kind.is_tensor and (kind.dtype is None or kind.dtype.startswith("of:"))
    )


def _floating(value: Value, beside: Value, printer: Printer) -> Code:
    """An operand; Python floats that vary are brought to the dtype of the tensor beside them (T7)."""
    code = printer.code(value)
    if not code.axes or code.number:
        return code
    kind, other = printer.typed(value), printer.typed(beside)
    if kind.kind == "number" and other.is_tensor and other.dtype not in FLOATS:
        raise Unprintable(
            "unknown-dtype", "whether Python integers or floats meet a tensor is not known"
        )
    if kind.kind in {"float", "number"} and other.is_tensor:
        if other.dtype in FLOATS:
            return cast(code, other.dtype, printer)
        if other.dtype is not None and other.dtype.startswith("of:"):
            root = other.dtype[3:]
            if any(read.root == root for read in reads_of(beside)):
                # An integer tensor would make the loop's result the default float.
                result = f"{printer.function('torch.result_type')}({root}, 1.0)"
                return code.but(f"{code.primary}.to({result})")
    return code


def cast(code: Code, dtype: str, printer: Printer) -> Code:
    """A double in the dtype of the tensor beside it."""
    if dtype == "float64":
        return code
    return code.but(f"{code.primary}.to({printer.function('torch.' + dtype)})")


def hosted(op: str, value: Value, printer: Printer) -> Code:
    """`.item()` and `float(…)`: Python numbers are doubles."""
    code = printer.code(value)
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
    if over.number and under.number and not isinstance(right, Const | Int):
        # Python divides once, before any iteration: by zero only if the loop runs.
        printer.places.append(poly(0))
    if op == "/":
        kinds = printer.typed(left), printer.typed(right)
        if not any(k.is_tensor for k in kinds) and (over.axes or under.axes):
            # Python divides integers in double precision.
            over, under = (
                double(c, printer) if k.kind == "int" else c
                for c, k in zip((over, under), kinds, strict=True)
            )
    return infix(op, over, under, printer)


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
