"""Axes in front of the items' dimensions or behind them: where each is exact for items of any rank.

Operands line up from the right. With the axis behind, items of any rank meet as they do in the loop; with it in
front, an operation on an item's own dimensions finds them where it counts them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.emit.code import ATOM, Code
from loopless.emit.integers import integer
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import Axis
from loopless.ir.value import At, Cut, Pick, Read, Ref, Sub, Temp, Value, walk
from loopless.lift.subscript import is_full
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

_CAME = re.compile(r"\.movedim\(([^,()]+), 0\)$")
_BACK = re.compile(r"\.movedim\(([^,]+), -1\)$")


def in_front(value: Value, printer: Printer) -> Code:
    """The text of an operand with its axes in front; by way of the axis behind, where ranks that are not known meet."""
    outer, printer.behind = printer.behind, False
    try:
        return printer.code(value)
    except Unprintable as gave_up:
        if gave_up.code != "unknown-rank" or printer.clean:
            raise
        printer.behind = True
        return brought(printer.code(value))
    finally:
        printer.behind = outer


def brought(code: Code, to: int = 0) -> Code:
    """A code whose axis may lie behind, with the axis at `to`."""
    if not code.behind:
        return code
    put = _BACK.search(code.primary)
    if put is None:
        text = f"{code.primary}.movedim(-1, {to})"
    elif put[1] == str(to):
        text = code.primary[: put.start()]
    else:
        text = f"{code.primary[: put.start()]}.movedim({put[1]}, {to})"
    return replace(code, text=text, level=ATOM, behind=False)


def sent(text: str) -> str:
    """The text with its first dimension last."""
    came = _CAME.search(text)
    return (
        f"{text}.movedim(0, -1)"
        if came is None
        else f"{text[: came.start()]}.movedim({came[1]}, -1)"
    )


def as_asked(code: Code, printer: Printer) -> Code:
    """The text of an operation on items, which has its axes in front, as the operands around it stand."""
    if not printer.behind or not code.axes or code.rank == 0:
        return code
    if len(code.axes) > 1:
        raise Unprintable("unknown-rank", "several axes of items of unknown rank")
    return replace(code, text=sent(code.primary), level=ATOM, rank=None, behind=True)


def lookup_behind(read: Read, printer: Printer) -> Code | None:
    """`x[i, places[i]]` with the axis behind, however many places are looked up for each item."""
    if not any(isinstance(sub, Pick) for sub in read.subs):
        return None
    found = [s.value for s in read.subs if isinstance(s, Pick) and _is_open(s, printer)]
    if not found:
        return None
    axes = {a for s in read.subs if isinstance(s, At) for a in s.poly.axes() - printer.loops.keys()}
    name, axis = _walked(found[0], printer) if len(found) == 1 else ("", None)
    if axis is None or not axes <= {axis}:
        raise Unprintable("unknown-rank", "a lookup beside operands of unknown rank")
    inner = read.subs[: max(at for at, s in enumerate(read.subs) if isinstance(s, At | Pick)) + 1]
    if (
        printer.guards
        or any(isinstance(s, Cut) and not is_full(s) for s in read.subs)
        or not all(isinstance(s, At | Pick) for s in inner)
    ):
        raise Unprintable("unknown-rank", "a lookup beside operands of unknown rank")
    texts = [_place(sub, printer) for sub in inner]
    text = f"{read.root}[{', '.join(texts)}].movedim({name}.dim() - 1, -1)"
    return Code(text, ATOM, (axis,), None, behind=True)


def _walked(value: Value, printer: Printer) -> tuple[str, Axis | None]:
    """The one tensor that places are computed from, item by item, and the axis that walks it."""
    tensors = {
        v for v in walk(value) if isinstance(v, Read | Ref | Temp) and _is_tensor(v, printer)
    }
    match list(tensors):
        case [Read(root, (At(p),))] if isinstance(p.atom, Axis):
            return root, p.atom
        case _:
            return "", None


def _is_tensor(value: Value, printer: Printer) -> bool:
    return type_of(value, printer.scope).is_tensor


def _is_open(sub: Pick, printer: Printer) -> bool:
    kind = type_of(sub.value, printer.scope)
    return kind.is_tensor and kind.rank != 0


def _place(sub: Sub, printer: Printer) -> str:
    match sub:
        case At(p):
            return integer(p, printer).text
        case Pick(value):
            return printer.code(value).text
        case _:
            return ":"
