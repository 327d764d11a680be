"""Python's own numbers that vary from iteration to iteration, beside tensors.

A number in Python takes the dtype of the tensor beside it; a tensor of such numbers would not (traps T1, T7). They are
computed in double precision, as Python does, and brought to the dtype that the loop's result has.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.emit.code import Code
from loopless.emit.unprintable import Unprintable
from loopless.facts.evidence import FLOATS
from loopless.facts.scope import Scope
from loopless.ir.value import Apply, Const, Read, Reduce, Ref, Scan, Value, walk
from loopless.lift.types import Type, type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

_NARROW = frozenset({"uint8", "int8", "int16", "int32"})


def beside(code: Code, value: Value, other: Value, printer: Printer) -> Code:
    """`code` of a number that varies, in the dtype that `other`, a tensor, gives to the result of both."""
    kind, tensor = printer.typed(value), printer.typed(other)
    if not code.axes or code.number or kind.is_tensor or not tensor.is_tensor:
        return code
    if kind.kind == "int":
        return _whole(code, tensor, printer)
    if kind.kind not in {"float", "number"}:
        return code
    if tensor.dtype == "float64":
        return code
    target = _dtype(value, kind, tensor, other, printer)
    if target is None:
        printer.grade_at_least("E1")
        return code
    bare = _bare(value, printer) or code
    return bare.but(f"{bare.primary}.to({target})") if target else bare


def truths_as_numbers(
    code: Code, value: Value, others: tuple[Value, ...], op: str, printer: Printer
) -> Code:
    """Python counts with truth values; tensors of them do not subtract, and their sum is a truth value (T6)."""
    if not code.axes or code.number or printer.typed(value).kind != "bool":
        return code
    if op in {"+", "*"} and any(printer.typed(other).is_tensor for other in others):
        return code
    return replace(code.but(f"{code.primary}.long()"))


def refuse_truths(args: tuple[Value, ...], scope: Scope) -> None:
    """A fold of truth values from a tensor of truth values on stays a truth value; `sum` and `prod` count (T10)."""
    types = [type_of(arg, scope) for arg in args]
    truths = all(t.dtype == "bool" for t in types) and any(t.is_tensor for t in types)
    if truths and any(isinstance(arg, Reduce | Scan) for arg in args):
        raise Unprintable("dtype", "truth values are folded, and stay truth values")


def _whole(code: Code, tensor: Type, printer: Printer) -> Code:
    """Integers stay as narrow as the tensor beside them."""
    if tensor.dtype in _NARROW:
        return code.but(f"{code.primary}.to({printer.function('torch.' + tensor.dtype)})")
    return code


def _dtype(value: Value, kind: Type, tensor: Type, other: Value, printer: Printer) -> str | None:
    """The dtype as text; "" where it is that already, None where a store settles it."""
    dtype = tensor.dtype
    if dtype in FLOATS:
        return printer.function(f"torch.{dtype}")
    if dtype is not None and dtype.startswith("of:"):
        root = dtype[3:]
        if root in printer.scope.locals or root in _names(other):
            return _result(root, value, kind, printer)
    elif dtype is not None and kind.kind == "float":
        return printer.function("torch.float32")
    if printer.stored:
        return None
    raise Unprintable("unknown-dtype", "the dtype of a number beside a tensor is not known")


def _result(root: str, value: Value, kind: Type, printer: Printer) -> str:
    result = printer.function("torch.result_type")
    if kind.kind == "float":
        # An integer tensor would make the loop's result the default float.
        return f"{result}({root}, 1.0)"
    if isinstance(value, Apply) and value.op == "item":
        # Unshown dtypes that meet are alike (P5).
        return ""
    leaves = [v for v in walk(value) if isinstance(v, Ref | Const | Apply)]
    if any(isinstance(leaf, Const) and isinstance(leaf.value, float) for leaf in leaves) or any(
        isinstance(leaf, Apply) and leaf.op == "/" for leaf in leaves
    ):
        return f"{result}({root}, 1.0)"
    names = list(dict.fromkeys(v.text for v in leaves if isinstance(v, Ref)))
    numbers = [n for n in names if not type_of(Ref(n), printer.scope).is_tensor]
    return f"{result}({root}, {' + '.join(numbers)})" if numbers else f"{root}.dtype"


def _bare(value: Value, printer: Printer) -> Code | None:
    """What `.item()` reads, without gradient."""
    match value:
        case Apply("item", (inner,)):
            code = printer.code(inner)
            return code.but(f"{code.primary}.detach()")
        case _:
            return None


def _names(value: Value) -> set[str]:
    roots = {v.root for v in walk(value) if isinstance(v, Read)}
    return roots | {v.text for v in walk(value) if isinstance(v, Ref)}
