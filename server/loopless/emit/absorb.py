"""A tensor that is made only to be filled: the value takes the place of the allocation, in its dtype."""

from __future__ import annotations

import re

from loopless.dependence.conditions import negated
from loopless.emit.allocations import Allocation
from loopless.emit.code import Code
from loopless.emit.draft import (
    Draft,
    Setting,
    add_line,
    learn,
    may_be_empty,
    needs_trips,
    printer_for,
)
from loopless.emit.fit import fits, is_new
from loopless.emit.number_choices import stored_whole
from loopless.emit.printer import Printer
from loopless.emit.running import innermost
from loopless.emit.targets import layout_of
from loopless.emit.unprintable import Unprintable
from loopless.facts.evidence import FLOATS
from loopless.facts.scope import Scope
from loopless.ir.poly import Axis, poly
from loopless.ir.value import (
    Apply,
    At,
    Const,
    Int,
    OnItem,
    Read,
    Reduce,
    Scan,
    Value,
    reads_of,
    walk,
)
from loopless.lift.piece import Write
from loopless.lift.types import COMPARISONS, LOGIC, Type, type_of

_METHODS = {
    "float32": "float", "float64": "double", "float16": "half", "bfloat16": "bfloat16", "int64": "long",
    "int32": "int", "int16": "short", "bool": "bool",
}  # fmt: skip

_ARITHMETIC = frozenset({"+", "-", "*", "//", "%", "**"})


def absorbed(piece: Write, setting: Setting, draft: Draft) -> bool:
    """Print `root = value` for a store into all of a tensor that was made just before; False where it does not fit."""
    allocation = setting.allocations.get(piece.root)
    if allocation is None or setting.loops or setting.behind or _is_mentioned(piece.root, draft):
        return False
    if setting.lifting.containers:
        # What may be a list is made a tensor only where it has items: without any, the allocation is the result.
        return False
    value = _whole_value(piece, allocation, setting.scope)
    if value is None or not _covers(piece, setting.scope):
        return False
    try:
        line = _line(piece, value, setting, draft)
    except Unprintable:
        return False
    if line is None:
        return False
    add_line(line, setting, draft, 0)
    draft.absorbed.append(allocation)
    return True


def _is_mentioned(name: str, draft: Draft) -> bool:
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(word.search(line) for line in draft.lines)


def _whole_value(piece: Write, allocation: Allocation, scope: Scope) -> Value | None:
    """What the tensor holds afterwards, in terms of anything but itself."""
    old, value = Read(piece.root, piece.subs), piece.value
    if piece.op is not None:
        # 0 + x is x, but for the sign of a zero, which a sum does not keep either.
        starts_at_zero = allocation.fill == Int(poly(0)) and piece.op == "+"
        if not (starts_at_zero and piece.when is None and _is_sum(value)):
            return None
    if piece.when is not None:
        value = Apply("where", (piece.when, value, old))
    fill = allocation.fill
    if scope.dtype(piece.root) == "bool" and isinstance(fill, Int):
        fill = Const(fill.poly != poly(0))
    value = _without(old, fill, value)
    return None if value is None else _indicator(value)


def _indicator(value: Value) -> Value:
    """One where a test holds, else zero: the test itself, in the dtype of the tensor."""
    match value:
        case Apply("where", (Apply(op) as test, then, otherwise)) if op in COMPARISONS | LOGIC:
            ends = _number(then), _number(otherwise)
            return test if ends == (1, 0) else negated(test) if ends == (0, 1) else value
        case _:
            return value


def _number(value: Value) -> int | float | None:
    match value:
        case Int(p):
            return p.constant
        case Const(int() | float() as number):
            return number
        case _:
            return None


def _without(old: Read, fill: Value | None, value: Value) -> Value | None:
    """The value with what the tensor held in the arms of its choices; None where it is read elsewhere."""
    match value:
        case Apply("where", (test, then, otherwise)):
            arms = _without(old, fill, then), _without(old, fill, otherwise)
            read = any(read.root == old.root for read in reads_of(test))
            if read or arms[0] is None or arms[1] is None:
                return None
            return Apply("where", (test, arms[0], arms[1]))
        case _ if value == old:
            return fill
        case _:
            return None if any(read.root == old.root for read in reads_of(value)) else value


def _is_sum(value: Value) -> bool:
    return isinstance(value, Reduce) and value.op == "+"


def _covers(piece: Write, scope: Scope) -> bool:
    """Whether every place of the target is written once, in order."""
    axes: list[Axis] = []
    for at, sub in enumerate(piece.subs):
        if not isinstance(sub, At) or not isinstance(sub.poly.atom, Axis):
            return False
        axis = sub.poly.atom
        if sub.poly != poly(axis) or axis in axes or axis.extent != scope.size(piece.root, at):
            return False
        axes.append(axis)
    return set(axes) == set(piece.axes)


def _line(piece: Write, value: Value, setting: Setting, draft: Draft) -> str | None:
    printer = printer_for(setting, layout_of(piece, setting), draft)
    axes = tuple(printer.layout)
    scope = setting.scope
    own = scope.dtype(piece.root)
    kind = type_of(value, scope)
    printer.device_root = _other_device(piece.root, value, printer)
    printer.stored = True
    target = type_of(Read(piece.root, piece.subs), scope)
    printer.any_rank = target.rank is None and not setting.presumes
    printer.wide = own == "float64"
    printer.whole = stored_whole(value, own)
    printer.target = Read(piece.root, piece.subs)
    cast = _cast(piece.root, own, value, kind, scope)
    if cast is None:
        return None
    if cast and setting.loose and (sentences := _assumptions(piece.root, own, value, scope)):
        printer.assumptions += sentences
        cast = ""
    if _folds_in(piece, value, cast, kind, own):
        printer.fold_into = innermost(value), f"dtype={_spelled(cast, printer)}"
    code = printer.code(value)
    if code.axes != axes or code.number or code.behind or not fits(code, value, piece, scope):
        return None
    if needs_trips(printer, setting, may_be_empty(piece.axes, printer, setting), []):
        return None
    new = is_new(code, value, printer)
    folded = _folds_in(piece, value, cast, kind, own) and printer.fold_into is None
    text = _converted(code, "" if folded else cast, printer, is_new=new)
    if text is None:
        return None
    if cast:
        draft.clumsy = True
    learn(printer, draft)
    return f"{piece.root} = {text}"


def _other_device(root: str, value: Value, printer: Printer) -> str | None:
    """A tensor on whose device the value is made: not the one that the value is to become."""
    if printer.device_root != root:
        return printer.device_root
    others = [r.root for r in reads_of(value) if printer.scope.fact(r.root).is_tensor]
    shape = printer.scope.shape_root(root)
    if not others and shape == root:
        raise Unprintable("device", f"only `{root}` shows the device")
    return others[0] if others else shape


# --- dtypes


def _folds_in(piece: Write, value: Value, cast: str, kind: Type, own: str | None) -> bool:
    """Whether the loop, too, adds up in the dtype of the result."""
    sums = isinstance(value, Reduce | Scan) and value.op in {"+", "*"}
    return bool(cast) and sums and kind.is_tensor and (piece.op is not None or kind.dtype == own)


def _cast(root: str, own: str | None, value: Value, kind: Type, scope: Scope) -> str | None:
    """The dtype to give to the value, as text: "" where it has it already, None where it has no name."""
    if own is None or own == f"of:{root}":
        return None
    if not kind.is_tensor and kind.kind not in {"int", "bool"} and own != "float32":
        # A choice between Python's doubles is a float32.
        return None
    widens = any(isinstance(v, Reduce | Scan) and v.op in {"+", "*"} for v in walk(value))
    narrow = own not in FLOATS and own != "int64"
    counts = own.startswith("of:") and _counts_truths(value, scope)
    if _dtype(kind) == own and not (widens and narrow) and not counts:
        return ""
    if not own.startswith("of:"):
        return f"torch.{own}"
    other = own[3:]
    return f"{other}.dtype" if other.isidentifier() and scope.fact(other).is_tensor else None


def _counts_truths(value: Value, scope: Scope) -> bool:
    """Whether a tensor of unshown dtype meets a whole number: of bool it would become int64, which a store undoes."""
    match value:
        case Apply("where", (_, then, otherwise)):
            return _counts_truths(then, scope) or _counts_truths(otherwise, scope)
        case Apply(op, args):
            meets = not all(type_of(arg, scope).is_tensor for arg in args)
            return (op in _ARITHMETIC and meets) or any(_counts_truths(arg, scope) for arg in args)
        case OnItem(_, args):
            return any(_counts_truths(arg, scope) for arg in args)
        case Reduce(_, _, body) | Scan(_, _, body):
            return _counts_truths(body, scope)
        case _:
            return False


def _dtype(kind: Type) -> str | None:
    """The dtype of the tensor that holds a value for all iterations."""
    if kind.is_tensor:
        return kind.dtype
    return {"int": "int64", "bool": "bool"}.get(kind.kind)


def _assumptions(root: str, own: str | None, value: Value, scope: Scope) -> list[str]:
    """What to assume of dtypes that the file does not show, so that no cast is needed; nothing if that is no help."""
    unknown = {
        dtype[3:]
        for read in reads_of(value)
        if (dtype := scope.dtype(read.root)) is not None and dtype.startswith("of:")
    }
    if own is not None and own.startswith("of:"):
        first, rest = own[3:], sorted(unknown - {own[3:]})
        if rest and _would_keep(root, value, dict.fromkeys(rest, own), scope):
            return [f"`{name}` has `{first}`'s dtype" for name in rest]
    wanted = own if own in FLOATS else "float32"
    if not unknown or not _would_keep(root, value, dict.fromkeys(unknown, wanted), scope):
        return []
    what = "holds floats" if own != wanted and len(unknown) == 1 else f"is {wanted}"
    return [f"`{name}` {what}" for name in sorted(unknown)]


def _would_keep(root: str, value: Value, dtypes: dict[str, str], scope: Scope) -> bool:
    """Whether a value would have the dtype of `root` if tensors had these dtypes."""
    trial = scope.copy()
    for name, dtype in dtypes.items():
        fact = trial.names.get(name, trial.fact(name))
        trial.names[name] = fact.but(dtype=dtype)
    own = trial.dtype(root)
    return own is not None and _cast(root, own, value, type_of(value, trial), trial) == ""


def _converted(code: Code, cast: str, printer: Printer, *, is_new: bool) -> str | None:
    """The text of a new tensor of the dtype; None for a copy that would keep another order in memory."""
    if not is_new and re.search(r"\.(?:m?T\b|transpose\(|permute\(|movedim\()", code.text):
        return None
    if not cast:
        return code.text if is_new else f"{code.primary}.clone()"
    if not is_new:
        return f"{code.primary}.to({_spelled(cast, printer)}, copy=True)"
    method = _METHODS.get(cast.removeprefix("torch.")) if cast.startswith("torch.") else None
    if method is not None:
        return f"{code.primary}.{method}()"
    return f"{code.primary}.to({_spelled(cast, printer)})"


def _spelled(cast: str, printer: Printer) -> str:
    return printer.function(cast) if cast.startswith("torch.") else cast
