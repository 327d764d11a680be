"""Reductions, scans, folds by comparison and last values, as tensor code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.dependence.conditions import conjunction, integer_of, negated
from loopless.dependence.feasible import proves
from loopless.emit.begun import begun
from loopless.emit.best import best_key, keys_of
from loopless.emit.code import ATOM, SUM, TERM, Code
from loopless.emit.conditions import mask, where
from loopless.emit.contract import contraction
from loopless.emit.doubles import refuse_truths
from loopless.emit.first import before
from loopless.emit.latest import latest
from loopless.emit.long_integers import refuse_outgrown
from loopless.emit.operators import infix
from loopless.emit.repeated import grade_repeated, repeated, times
from loopless.emit.running import running_dtype
from loopless.emit.unprintable import Unprintable
from loopless.emit.winner import asks_for_number, winner
from loopless.facts.evidence import FLOATS
from loopless.ir.poly import Axis, Poly, poly
from loopless.ir.value import (
    Apply,
    Best,
    Const,
    Int,
    Previous,
    Reduce,
    Scan,
    Temp,
    Value,
    axes_of,
    substitute,
)
from loopless.lift.latest import LATEST
from loopless.lift.types import Type, type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

_WIDE = frozenset({"int64", "float32", "float64", "bfloat16", "float16", "complex64", "complex128"})


def split(value: Value, op: str) -> tuple[list[Axis], Value, Value | None]:
    """Nested reductions with one operator as several axes over one body and one predicate."""
    axes: list[Axis] = []
    when: Value | None = None
    while isinstance(value, Reduce) and value.op == op:
        axes.append(value.axis)
        when = conjunction(when, value.when)
        value = value.body
    return axes, value, when


def reduction(value: Reduce, printer: Printer) -> Code:
    """A fold over one or more axes."""
    code = _reduced(value, printer)
    if not code.axes and code.behind:
        code = replace(code, behind=False)
    kind = type_of(value, printer.scope)
    if code.axes or code.number or kind.is_tensor or kind.kind == "other":
        return code
    if kind.kind == "number":
        # `.item()` of a tensor of unknown dtype: an int or a float.
        raise Unprintable(
            "unknown-dtype", "whether Python integers or floats are folded is not known"
        )
    # Python's own numbers stay Python's.
    return Code(f"{code.primary}.item()", number=True)


def _reduced(value: Reduce, printer: Printer) -> Code:
    axes, body, when = split(value, value.op)
    for axis in axes:
        printer.place(axis)
    match value.op:
        case "+":
            return _sum(axes, body, when, printer)
        case "*":
            return _product(axes, body, when, printer)
        case "any" | "all":
            return _logical(value.op, axes, body, when, printer)
        case "max" | "min":
            return _extreme(value.op, axes, body, when, printer)
        case "before":
            return before(axes, body, printer)
        case _:
            raise Unprintable("reduction", f"no tensor form of a fold with {value.op}")


def dims_text(code: Code, axes: list[Axis]) -> str:
    """The positions of axes as an argument."""
    if code.behind:
        return "-1"
    places = sorted(code.axes.index(axis) for axis in axes)
    if len(places) == 1:
        trailing = code.rank == 0 and places[0] == len(code.axes) - 1
        return "-1" if trailing and places[0] > 1 else str(places[0])
    return f"({', '.join(map(str, places))})"


def without(code: Code, text: str, axes: list[Axis]) -> Code:
    """The result of folding `axes` of `code` away."""
    return replace(code, text=text, level=ATOM, axes=tuple(a for a in code.axes if a not in axes))


def _whole(code: Code, axes: list[Axis]) -> bool:
    return set(code.axes) == set(axes) and code.rank == 0


def _sum(axes: list[Axis], body: Value, when: Value | None, printer: Printer) -> Code:
    kind = type_of(body, printer.scope)
    missing = [
        a for a in axes if a not in axes_of(body) and (when is None or a not in axes_of(when))
    ]
    present = [a for a in axes if a not in missing]
    if not present:
        return repeated(missing, body, when, kind, printer)
    printer.grade_at_least("E1")
    refuse_outgrown(body, printer)
    if when is None:
        product = contraction(present, body, printer)
        code = product if product is not None else _plain_sum(present, body, kind, printer)
    elif integer_of(body) is not None and integer_of(body) == poly(1):
        kept = _filled(mask(when, printer), present)
        code = without(kept, _fold(kept, "sum", present, asked_dtype(body, kind, printer)), present)
    else:
        code = _masked_sum(present, body, when, kind, printer)
    return infix("*", code, times(missing, printer), printer) if missing else code


def _filled(code: Code, axes: list[Axis]) -> Code:
    """`code`, refused where it lacks one of `axes`."""
    if all(a in code.axes for a in axes):
        return code
    raise Unprintable("reduction", "a fold over an axis that only part of the value depends on")


def _fold(code: Code, method: str, axes: list[Axis], dtype: str = "") -> str:
    if _whole(code, axes):
        return f"{code.primary}.{method}({dtype})"
    tail = f", {dtype}" if dtype else ""
    return f"{code.primary}.{method}({dims_text(code, axes)}{tail})"


def asked_dtype(body: Value, kind: Type, printer: Printer) -> str:
    """The dtype= that the result is asked for, or that keeps integers as narrow as the loop did (T10)."""
    if printer.fold_into is not None and printer.fold_into[0] == body:
        asked, printer.fold_into = printer.fold_into[1], None
        return asked
    return sum_dtype(kind, printer)


def sum_dtype(kind: Type, printer: Printer) -> str:
    """The dtype= that keeps integers as narrow as the loop did (T10)."""
    if kind.dtype in {"int32", "int16", "int8", "uint8"}:
        return f"dtype={printer.function('torch.' + kind.dtype)}"
    return ""


def _plain_sum(axes: list[Axis], body: Value, kind: Type, printer: Printer) -> Code:
    code = _spread(printer.code(body), axes)
    return without(code, _fold(code, "sum", axes, asked_dtype(body, kind, printer)), axes)


def _spread(code: Code, axes: list[Axis]) -> Code:
    if any(a not in code.axes for a in axes):
        raise Unprintable("reduction", "a fold over an axis that the value does not depend on")
    return code


def _masked_sum(axes: list[Axis], body: Value, when: Value, kind: Type, printer: Printer) -> Code:
    zero = Int(poly(0)) if kind.kind != "float" else Const(0.0)
    code = _spread(where(when, body, zero, printer), axes)
    return without(code, _fold(code, "sum", axes, asked_dtype(body, kind, printer)), axes)


def _product(axes: list[Axis], body: Value, when: Value | None, printer: Printer) -> Code:
    kind = type_of(body, printer.scope)
    _refuse_long_products(body, axes, kind)
    if when is not None:
        code = where(when, body, Int(poly(1)), printer)
    else:
        missing = [a for a in axes if a not in axes_of(body)]
        if missing and len(missing) == len(axes):
            grade_repeated(kind, printer)
            return infix("**", printer.code(body), times(missing, printer), printer)
        code = printer.code(body)
    code = _spread(code, axes)
    dtype = asked_dtype(body, kind, printer)
    printer.grade_at_least("E1")
    text = code.primary
    rest = code
    if _whole(code, axes):
        return without(code, f"{text}.prod({dtype})", axes)
    for axis in axes:
        place = rest.axes.index(axis)
        text = f"{rest.primary}.prod({place}{', ' + dtype if dtype else ''})"
        rest = without(rest, text, [axis])
    return rest


def _refuse_long_products(body: Value, axes: list[Axis], kind: Type) -> None:
    """Products of Python's integers have as many digits as they need (T8)."""
    if kind.kind == "int" and axes_of(body) & set(axes):
        raise Unprintable("overflow", "a product of integers may not fit into 64 bits")


def _logical(op: str, axes: list[Axis], body: Value, when: Value | None, printer: Printer) -> Code:
    test = body
    if when is not None:
        test = (
            conjunction(when, body)
            if op == "any"
            else negated(conjunction(when, negated(body)) or body)
        )
    assert test is not None
    code = mask(test, printer)
    missing = [a for a in axes if a not in code.axes]
    if missing:
        raise Unprintable("reduction", "a condition that does not vary")
    return without(code, _fold(code, op, axes), axes)


def _extreme(op: str, axes: list[Axis], body: Value, when: Value | None, printer: Printer) -> Code:
    if when is not None:
        raise Unprintable("extreme", "a masked extreme without a start")
    code = _spread(printer.code(body), axes)
    return without(code, _fold(code, f"a{op}", axes), axes)


# --- scans


def scan(value: Scan, printer: Printer) -> Code:
    """A running fold along one axis."""
    axis = value.axis
    printer.place(axis)
    if value.op == LATEST:
        return latest(value, printer)
    kind = type_of(value.body, printer.scope)
    printer.grade_at_least("E1")
    if value.op in {"max", "min"}:
        return _running_extreme(value, printer)
    method = {"+": "cumsum", "*": "cumprod"}.get(value.op)
    if method is None:
        raise Unprintable("scan", f"no tensor form of a running fold with {value.op}")
    if value.op == "*":
        _refuse_long_products(value.body, [axis], kind)
    refuse_outgrown(value.body, printer)
    neutral = 0 if value.op == "+" else 1
    body = printer.code(value.body)
    if axis not in body.axes:
        return _even_steps(value, kind, printer)
    place = -1 if printer.behind else body.axes.index(axis)
    if printer.behind and value.exclusive:
        raise Unprintable("unknown-rank", "a running fold beside operands of unknown rank")
    dtype = running_dtype(value, printer) or asked_dtype(value.body, kind, printer)
    tail = f", {dtype}" if dtype else ""
    if not value.exclusive:
        code = body.but(f"{body.primary}.{method}({place}{tail})")
    else:
        code = _exclusive(body, method, place, neutral, kind, printer, tail)
    start = value.start
    if start is None or _is_number(start, neutral):
        return code
    refuse_truths((start, value.body, value), printer.scope)
    return infix(value.op, printer.code(start), code, printer)


def _even_steps(value: Scan, kind: Type, printer: Printer) -> Code:
    """The same number added each time: a multiple of it."""
    if value.op != "+" or kind.kind not in {"int", "float"} or axes_of(value.body):
        raise Unprintable("scan", "a running fold of a value that does not vary")
    times = Int(poly(value.axis) + (0 if value.exclusive else 1))
    total: Value = Apply("*", (value.body, times))
    if value.start is not None and not _is_number(value.start, 0):
        total = Apply("+", (value.start, total))
    return printer.code(total)


def _is_number(value: Value, number: int) -> bool:
    p = integer_of(value)
    return (p is not None and p.constant == number) or (
        isinstance(value, Const) and not isinstance(value.value, bool) and value.value == number
    )


def _exclusive(
    body: Code, method: str, place: int, neutral: int, kind: Type, printer: Printer, tail: str
) -> Code:
    """The fold of all iterations before the present one."""
    if method == "cumsum" and kind.dtype in {"int64", "int32", "bool"}:
        return body.but(f"{body.primary}.cumsum({place}{tail}) - {body.at(TERM)}", SUM)
    # Items of unknown rank are presumed to be numbers (P4).
    after = len(body.axes) - 1 - place + (body.rank or 0)
    cut = ", ".join([":"] * place + [":-1"])
    pad = ", ".join(["0, 0"] * after + ["1, 0"])
    shifted = f"{printer.function('torch.nn.functional.pad')}({body.text}, ({pad})"
    shifted += f", value={neutral})" if neutral else ")"
    return body.but(f"{shifted}[{cut}].{method}({place}{tail})")


def _running_extreme(value: Scan, printer: Printer) -> Code:
    """A running maximum by comparison: NaN never wins (T11)."""
    if value.exclusive or value.start is None:
        raise Unprintable("scan", "a running extreme before its iteration")
    kind = type_of(value.body, printer.scope)
    if kind.dtype not in FLOATS and not (kind.dtype or "").startswith(("int", "of:")):
        raise Unprintable("scan", "a running extreme of unknown dtype")
    raise Unprintable("scan", "a running extreme")


def previous(value: Previous, printer: Printer) -> Code:
    """What a value was one iteration ago: the start, then all but the last."""
    axis = value.axis
    printer.place(axis)
    body = printer.code(value.body)
    start = printer.code(value.start)
    if axis not in body.axes:
        raise Unprintable("previous", "a value of the iteration before that does not vary")
    shifted = _behind(value, printer)
    if shifted is not None:
        return shifted
    place = body.axes.index(axis)
    if body.rank != 0 and not start.number:
        raise Unprintable("previous", "items with dimensions from the iteration before")
    if start.number:
        return begun(body, place, start, (value.body, value.start), printer)
    if start.axes not in ((), tuple(a for a in body.axes if a != axis)):
        raise Unprintable("previous", "a start that varies otherwise than the value")
    cut = ", ".join([":"] * place + [":-1"])
    rest = body.text
    if len(body.axes) == 1 and not start.axes:
        text = f"{printer.function('torch.cat')}(({start.primary}[None], {rest}))[{cut}]"
        return Code(text, ATOM, body.axes, body.rank)
    expanded = [":"] * place + ["None"]
    if not start.axes:
        raise Unprintable("previous", "a start that does not vary along the other axes")
    text = f"{printer.function('torch.cat')}(({start.primary}[{', '.join(expanded)}], {rest}), {place})"
    text = f"{text}[{cut}]"
    return Code(text, ATOM, body.axes, body.rank)


def _behind(value: Previous, printer: Printer) -> Code | None:
    """The same access one step back, where the start is what stands there: `prev = x[0]` before a loop from 1."""
    moved = substitute(value.body, {value.axis: poly(value.axis) - 1})
    at_start = substitute(moved, {value.axis: poly(0)})
    if at_start != value.start:
        return None
    return printer.code(moved)


# --- folds by comparison


def best(value: Best, printer: Printer) -> Code:
    """`if key > m: m = key` and what is kept beside it."""
    axis = value.axis
    printer.place(axis)
    if isinstance(value.when, Temp) and asks_for_number(value):
        return winner(value, value.when, printer)
    if value.inner and value.body == value.key:
        return _best_of_levels(value, printer)
    if value.inner:
        raise Unprintable("extreme", "the best of several levels where its place is not asked for")
    if value.body == value.key:
        return best_key(value, printer)
    return _best_body(value, printer)


def _best_of_levels(value: Best, printer: Printer) -> Code:
    """The best key of several levels: their axes as one, so that the first of equals is that of the loops (T35)."""
    if value.order in {">=", "<="}:
        # Of equals the last one wins, and where nothing beats the start that is the start, which has no gradient.
        raise Unprintable("extreme", "the last of equal extremes of several levels")
    axes = [value.axis, *value.inner]
    for axis in axes:
        printer.place(axis)
    op = "max" if value.order == ">" else "min"
    keys = _filled(keys_of(value, printer), axes)
    first = keys.axes.index(axes[0])
    if list(keys.axes[first:]) != axes or keys.rank != 0:
        raise Unprintable("extreme", "the levels of a fold do not follow one another")
    if len(keys.axes) == len(axes) and not all(proves(a.extent - 1, printer.known) for a in axes):
        raise Unprintable("extreme", "a fold of several levels that may not run")
    printer.ends += [a.extent - 1 for a in axes]
    return without(keys, f"{keys.primary}.flatten({first}).{op}({first}).values", axes)


def _best_body(value: Best, printer: Printer) -> Code:
    """What was kept beside the best key: looked up at the place where that was found."""
    axis = value.axis
    if axis in axes_of(value.start) or axes_of(value.key) - {axis} - printer.loops.keys():
        raise Unprintable("extreme", "the place of an extreme along one of several axes")
    index = integer_of(value.body)
    if index is None or not index.linear_in(axis):
        raise Unprintable("extreme", "a value kept beside an extreme")
    if isinstance(value.key, Int) and value.key.poly == poly(axis):
        raise Unprintable("last-value", "the value of the last iteration under a condition")
    keys = keys_of(value, printer)
    if keys.axes != (axis,) or keys.rank != 0:
        raise Unprintable("extreme", "the place of an extreme of items with dimensions")
    arg = "argmax" if value.order in {">", ">="} else "argmin"
    if not proves(axis.extent - 1, printer.known):
        printer.ends.append(axis.extent - 1)
    text = f"{keys.primary}.{arg}().item()"
    if value.order in {">=", "<="}:
        raise Unprintable("extreme", "the last of equal extremes")
    place = _affine_text(index, axis, text, printer)
    fallback = integer_of(value.fallback)
    # Where nothing beats the start all keys are the start: the first place must be the fallback.
    if fallback is not None and index.substitute({axis: poly(0)}) == fallback:
        return Code(place, 10 if place != text else ATOM, (), 0, number=True)
    raise Unprintable("extreme", "the place of an extreme that nothing may beat")


def _affine_text(index: Poly, axis: Axis, text: str, printer: Printer) -> str:
    slope, rest = index.coefficient(axis), index.without(axis)
    if slope.constant != 1:
        text = f"{text} * {printer.size(slope).at(12)}"
    if rest.terms:
        text = f"{text} + {printer.size(rest).at(11)}"
    return text
