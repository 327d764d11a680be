"""Pointwise functions, called by the file's own names for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.conditions import integer_of
from loopless.emit.align import aligned, common, kin_of, lies_behind, lined_up
from loopless.emit.arithmetic import double, unguarded
from loopless.emit.code import ATOM, Axes, Code
from loopless.emit.unprintable import Unprintable
from loopless.facts.operations import lookup
from loopless.ir.poly import poly
from loopless.ir.value import Apply, Int, Value, axes_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


# Dtypes that have no gradient.
_WHOLE = frozenset({"bool", "uint8", "int8", "int16", "int32", "int64"})

# Operations whose value or gradient is not finite, or which raise, at places that a predicate keeps out (T30, T31).
_PARTIAL = frozenset(
    "sqrt log log2 log10 log1p rsqrt acos asin acosh atanh pow reciprocal div true_divide "
    "float_power logit lgamma digamma erfinv".split()
)


# Pointwise functions whose scalar and vector kernels give the same bits.
_SAME_BITS = frozenset(
    "abs absolute relu clamp clip maximum minimum sign floor ceil trunc round neg clone square add sub mul where "
    "logical_not logical_and logical_or isnan isinf isfinite eq ne lt le gt ge fmod remainder".split()
)


def _total(short: str, args: list[Value]) -> bool:
    """Whether a power is one of a whole number: its value and gradient are finite wherever the base is."""
    power = integer_of(args[1]) if short == "pow" and len(args) > 1 else None
    return power is not None and power.constant is not None and power.constant >= 1


def called(value: Apply, printer: Printer) -> Code:
    """A pointwise function by its name."""
    op = value.op
    args = list(value.args)
    short = op.rsplit(".", 1)[-1]
    if short not in _SAME_BITS and axes_of(value):
        # Scalar and vector kernels of the same function may differ in the last bit (T36).
        printer.grade_at_least("E1")
    if (
        printer.guards
        and args
        and axes_of(args[0])
        and short in _PARTIAL
        and not _total(short, args)
    ):
        at = 1 if short in {"div", "true_divide"} and len(args) > 1 else 0
        codes = [printer.code(a) for a in args]
        codes[at] = unguarded(Apply("where", (printer.guards[-1], args[at], Int(poly(1)))), printer)
    else:
        codes = [printer.code(a) for a in args]
    keywords = [(key, printer.code(arg)) for key, arg in value.keywords]
    everything = [*codes, *(code for _, code in keywords)]
    axes, rank = common(everything, printer)
    kin = kin_of(everything, printer)
    behind = lies_behind(everything, axes, rank, printer)
    number = all(code.number for code in everything) and not axes
    if op.startswith("math."):
        return _math(op, args, codes, axes, rank, printer)
    lined = [lined_up(code, axes, rank, printer) for code in codes]
    texts = (
        [code.text for code in lined[1:]]
        if op.startswith("Tensor.")
        else [code.text for code in lined]
    )
    texts += [f"{key}={aligned(code, axes, rank, printer)}" for key, code in keywords]
    if op == "Tensor.clone":
        return codes[0].but(f"{codes[0].primary}.clone()")
    if op.startswith("Tensor."):
        return Code(
            f"{lined[0].primary}.{short}({', '.join(texts)})",
            ATOM,
            axes,
            rank,
            kin=kin,
            behind=behind,
        )
    if op.startswith("call:"):
        return Code(f"{op[5:]}({', '.join(texts)})", ATOM, axes, rank, kin=kin, behind=behind)
    if number and not any(printer.typed(a).is_tensor for a in args):
        return Code(f"{printer.function(op)}({', '.join(texts)})", ATOM, (), 0)
    return Code(
        f"{printer.function(op)}({', '.join(texts)})", ATOM, axes, rank, kin=kin, behind=behind
    )


def _math(
    op: str, args: list[Value], codes: list[Code], axes: Axes, rank: int | None, printer: Printer
) -> Code:
    """A function of Python's math module, in double precision where its argument varies."""
    if not axes:
        name = printer.function(op)
        return Code(f"{name}({', '.join(c.text for c in codes)})", number=True)
    known = lookup(op)
    if known is None or known.torch_name is None:
        raise Unprintable("math", f"no tensor form of {op}")
    doubled = [_for_math(code, arg, printer) for code, arg in zip(codes, args, strict=True)]
    texts = [aligned(code, axes, rank, printer) for code in doubled]
    text = f"{printer.function(known.torch_name)}({', '.join(texts)})"
    code = Code(text, ATOM, axes, rank)
    if op in {"math.floor", "math.ceil", "math.trunc"}:
        return code.but(f"{text}.long()")
    return code


def _for_math(code: Code, arg: Value, printer: Printer) -> Code:
    """An argument of a function of Python's math module: a double without gradient (T9)."""
    kind = printer.typed(arg)
    if kind.is_tensor and code.axes and kind.dtype not in _WHOLE:
        code = code.but(f"{code.primary}.detach()")
    return code if code.number or kind.dtype == "float64" else double(code, printer)
