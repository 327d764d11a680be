"""Items put together in the loop's body: `torch.cat`, `torch.stack` and `torch.tensor` of several values at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from loopless.dependence.conditions import integer_of
from loopless.emit.align import aligned
from loopless.emit.arithmetic import double
from loopless.emit.code import ATOM, Axes, Code
from loopless.emit.orientation import in_front
from loopless.emit.unprintable import Unprintable
from loopless.facts.evidence import FLOATS
from loopless.facts.operations import Result, lookup, shifted
from loopless.ir.value import Apply, Const, OnItem, Tuple, Value, axes_of, leaves_of
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

JOINS = frozenset({"torch.cat", "torch.concat", "torch.concatenate", "torch.stack"})


def joined(value: OnItem, arguments: dict[str, Value], printer: Printer) -> Code:
    """Tensors joined along a dim of the item, which the loop's axes in front move."""
    tensors = arguments.get("tensors")
    if not isinstance(tensors, Tuple) or not tensors.items:
        raise Unprintable("unknown-call", "a list that is not written out is joined")
    if not all(type_of(item, printer.scope).is_tensor for item in tensors.items):
        raise Unprintable("unknown-call", "numbers are joined")
    dim = _dim(arguments.get("dim"))
    codes = [in_front(item, printer) for item in tensors.items]
    axes = printer.sorted(axis for code in codes for axis in code.axes)
    rank = _common_rank(codes)
    stacked = value.op == "torch.stack"
    if rank == 0 and not stacked:
        raise Unprintable("rank", "numbers are joined end to end")
    texts = [_widened(code, axes, rank, printer) for code in codes]
    place = shifted(dim, len(axes))
    text = f"{printer.function(value.op)}([{', '.join(texts)}], dim={place})"
    return Code(text, ATOM, axes, None if rank is None else rank + stacked)


def _dim(given: Value | None) -> int:
    p = None if given is None else integer_of(given)
    if given is not None and (p is None or p.constant is None):
        raise Unprintable("unknown-call", "a dim that is not a number")
    return 0 if p is None or p.constant is None else p.constant


def _common_rank(codes: Sequence[Code]) -> int | None:
    """The rank of items that are joined: the same for all, or torch would not join them."""
    known = {code.rank for code in codes if code.rank is not None}
    if len(known) > 1:
        raise Unprintable("rank", "items of different ranks are joined")
    return next(iter(known), None)


def _widened(code: Code, axes: Axes, rank: int | None, printer: Printer) -> str:
    """The text of an operand with all axes in front: those that it lacks repeat it."""
    if code.axes == axes:
        return code.text
    if rank is None or code.rank is None:
        raise Unprintable("unknown-rank", "an item of unknown rank is repeated")
    sizes = [printer.size(axis.extent).text for axis in axes]
    text = aligned(code, axes, rank, printer)
    primary = text if text.endswith("]") else code.primary if text == code.text else f"({text})"
    return f"{primary}.expand({', '.join([*sizes, *['-1'] * rank])})"


# --- torch.tensor([…])


def tensor_of(value: OnItem, printer: Printer) -> Code:
    """`torch.tensor` of numbers and items without dimensions: a copy of them, cut off from the graph (T20)."""
    content = value.args[0]
    leaves = list(leaves_of(content))
    depth = _depth(content)
    if not leaves or depth is None:
        raise Unprintable("unknown-call", "a tensor is made of rows of different lengths")
    codes = {leaf: _number(leaf, leaves, printer) for leaf in leaves}
    axes = printer.sorted(axis for code in codes.values() for axis in code.axes)
    if axes and all(code.axes != axes for code in codes.values()):
        # No number varies along all axes: each of them is the same along the others.
        codes = {leaf: _everywhere(code, axes, printer) for leaf, code in codes.items()}
    like = min((c.text for c in codes.values() if c.axes == axes), key=len, default=None)
    if like is None:
        raise Unprintable("unknown-call", "a tensor is made of numbers along different axes")
    text = _stacked(content, depth, codes, axes, like, printer)
    tail = _cast(value, leaves, printer)
    return Code(f"{text}{tail}", ATOM, axes, depth)


def _everywhere(code: Code, axes: Axes, printer: Printer) -> Code:
    return Code(_widened(code, axes, 0, printer), ATOM, axes, 0) if code.axes else code


def _depth(value: Value) -> int | None:
    """How deep the displays of numbers go, None where they are not alike."""
    if not isinstance(value, Tuple):
        return 0
    inner = {_shape(item) for item in value.items}
    depths = {_depth(item) for item in value.items}
    depth = next(iter(depths), None)
    return None if len(inner) != 1 or len(depths) != 1 or depth is None else depth + 1


def _shape(value: Value) -> tuple[int, ...]:
    if not isinstance(value, Tuple) or not value.items:
        return ()
    return (len(value.items), *_shape(value.items[0]))


def _number(leaf: Value, leaves: Sequence[Value], printer: Printer) -> Code:
    """One number of each item; integers among floats as doubles, which Python would make of them."""
    kind = type_of(leaf, printer.scope)
    code = in_front(leaf, printer)
    if kind.kind == "other" or code.rank != 0:
        raise Unprintable("unknown-call", "a tensor is made of items with dimensions")
    floats = any(type_of(other, printer.scope).kind == "float" for other in leaves)
    if code.axes and kind.kind == "int" and floats:
        return double(code, printer)
    return code


def _stacked(
    content: Value, depth: int, codes: dict[Value, Code], axes: Axes, like: str, printer: Printer
) -> str:
    if not isinstance(content, Tuple):
        code = codes[content]
        if not code.axes:
            return _constant(content, code, like, printer)
        return _widened(code, axes, 0, printer)
    texts = [_stacked(item, depth - 1, codes, axes, like, printer) for item in content.items]
    return f"{printer.function('torch.stack')}([{', '.join(texts)}], dim={-depth})"


def _constant(value: Value, code: Code, like: str, printer: Printer) -> str:
    """A number that is the same for all items, beside those that are not."""
    p = integer_of(value)
    if p is not None and p.constant in (0, 1):
        name = "torch.zeros_like" if p.constant == 0 else "torch.ones_like"
        return f"{printer.function(name)}({like})"
    if not isinstance(value, Const) and p is None:
        raise Unprintable("unknown-call", "a tensor is made of numbers of unknown dtype")
    return f"{printer.function('torch.full_like')}({like}, {code.text})"


def _cast(value: OnItem, leaves: Sequence[Value], printer: Printer) -> str:
    """What gives the stack the dtype that `torch.tensor` finds for Python's numbers and for tensors."""
    kinds = [type_of(leaf, printer.scope) for leaf in leaves]
    tensors = [k for k in kinds if k.is_tensor]
    cut = ".detach()" if tensors else ""
    options = dict(value.keywords)
    if set(options) - {"dtype"}:
        raise Unprintable("unknown-call", "torch.tensor with further arguments")
    varied = {k.dtype for k, leaf in zip(kinds, leaves, strict=True) if axes_of(leaf)}
    if "dtype" in options:
        if len(varied) > 1 and not all(d in FLOATS or d == "int64" for d in varied):
            raise Unprintable("unknown-dtype", "numbers of different dtypes make a tensor")
        return f"{cut}.to({printer.code(options['dtype']).text})"
    if not tensors:
        if any(k.kind == "number" for k in kinds):
            raise Unprintable("unknown-dtype", "whether numbers are integers is not known")
        return ".float()" if any(k.kind == "float" for k in kinds) else ""
    numbers = {k.kind for k in kinds if not k.is_tensor}
    if not numbers:
        # torch.stack finds the same dtype for all as torch.tensor does.
        return cut
    if not all(
        _floats(leaf, printer) for leaf, k in zip(leaves, kinds, strict=True) if k.is_tensor
    ):
        raise Unprintable("unknown-dtype", "numbers and tensors of unknown dtype make a tensor")
    own = {k.dtype for k in tensors}
    if not numbers <= {"int", "bool"} and own & {"float16", "bfloat16"}:
        raise Unprintable("unknown-dtype", "floats and tensors of less precision make a tensor")
    if any(axes_of(leaf) and not k.is_tensor for leaf, k in zip(leaves, kinds, strict=True)):
        raise Unprintable("unknown-dtype", "numbers that vary beside tensors make a tensor")
    return cut


def _floats(value: Value, printer: Printer) -> bool:
    """Whether a tensor is surely one of floats, whatever the dtype of what it is computed from (P5)."""
    if type_of(value, printer.scope).dtype in FLOATS:
        return True
    match value:
        case Apply("neg" | "+" | "-" | "*" | "/", args):
            return any(_floats(arg, printer) for arg in args)
        case Apply(op) | OnItem(op):
            known = lookup(op)
            return known is not None and known.dtype in {Result.FLOAT, Result.REAL_FLOAT}
        case _:
            return False
