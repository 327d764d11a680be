"""Reductions and losses over all dimensions of an item, done on all items at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.emit.align import common, lies_behind, lined_up
from loopless.emit.code import ATOM, Code
from loopless.emit.products import item_product
from loopless.emit.unprintable import Unprintable
from loopless.facts.operations import Operation, Whole
from loopless.ir.value import Const, OnItem, Value

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

_BROUGHT = ".movedim(-1, 0)"


def over_all(
    short: str, code: Code, rest: list[str], known: Operation, value: OnItem, printer: Printer
) -> Code:
    """A reduction over all dims of the item."""
    product = item_product(value, printer) if short == "sum" and not rest else None
    if product is not None:
        return product
    name = (
        {"max": "amax", "min": "amin"}.get(short, short)
        if known.batched in {"amax", "amin"}
        else short
    )
    if name != short:
        # Which of two zeros is the larger one depends on the kernel.
        printer.grade_at_least("E1")
    if short == "norm" and known.batched == "norm" and value.op.startswith("torch.linalg"):
        name = "norm"
        if rest:
            raise Unprintable("unknown-call", "a norm with arguments over all dims")
    if code.rank == 0:
        if name in {"sum", "mean", "amax", "amin", "prod"} and not rest:
            return code
        raise Unprintable("rank", f"{short} of a number")
    axes = code.axes
    if known.whole is Whole.REQUIRED:
        raise Unprintable("unknown-call", f"{short} without dim")
    if (
        known.whole is Whole.ALL
        and (known.many or name in {"amax", "amin"})
        and code.rank is not None
    ):
        dims = "-1" if code.rank == 1 else f"({', '.join(str(d) for d in range(-code.rank, 0))})"
        text = code.primary
    elif known.whole is Whole.FLAT or known.whole is Whole.ALL:
        text, dims = flat(code)
    else:
        raise Unprintable("unknown-call", f"{short} without dim")
    if known.fields and name not in {"amax", "amin"}:
        # `x.median()` shares its gradient among ties, `x.median(dim=-1).values` gives it to one of them.
        raise Unprintable("unknown-call", f"{short} without dim")
    key = known.dims[0] if known.dims else "dim"
    if value.op.startswith("Tensor.") or name in {"amax", "amin"}:
        method_rest = [
            *([dims] if key == "dim" and name not in {"norm"} else [f"{key}={dims}"]),
            *rest,
        ]
        return Code(f"{text}.{name}({', '.join(method_rest)})", ATOM, axes, 0)
    prefix = value.op.rsplit(".", 1)[0]
    function = printer.function(f"{prefix}.{name}")
    return Code(f"{function}({', '.join([text, f'{key}={dims}', *rest])})", ATOM, axes, 0)


def flat(code: Code) -> tuple[str, str]:
    """Each item with its dimensions as one, and which of the dimensions that is."""
    if code.rank == 1:
        return code.primary, "-1"
    if code.rank is None and len(code.axes) == 1 and code.text.endswith(_BROUGHT):
        # With the axis behind, and one dimension more for items that have none.
        return f"{code.text.removesuffix(_BROUGHT)}[None].flatten(0, -2)", "0"
    return f"{code.primary}.flatten({len(code.axes)})", "-1"


def loss(
    known: Operation,
    arguments: dict[str, Value],
    codes: dict[str, Code],
    called: Callable[[list[str], str], str],
    printer: Printer,
) -> Code:
    """A loss of each item: elementwise, then the mean or sum over the item's dims.

    `called` makes the text of the elementwise loss of these operands.
    """
    word = reduction_of(arguments)
    unknown = any(code.rank is None for code in codes.values())
    if unknown and not printer.clean:
        codes = _behind(known, arguments, printer)
        printer.behind = True
    axes, rank = common(list(codes.values()), printer)
    behind = lies_behind(list(codes.values()), axes, rank, printer)
    texts = [lined_up(code, axes, rank, printer).text for code in codes.values()]
    printer.behind = False
    ranks = {code.rank for code in codes.values()}
    full = all(set(code.axes) == set(axes) for code in codes.values())
    if not behind and (len(ranks) != 1 or not full):
        raise Unprintable("loss", "a loss of items of different shapes")
    text = called(texts, "none")
    if behind:
        return _folded(Code(f"{text}{_BROUGHT}", ATOM, axes, None), word, printer)
    return _folded(Code(text, ATOM, axes, rank), word, printer)


def reduction_of(arguments: dict[str, Value]) -> str:
    """The word of a loss's `reduction=`, which is taken out of its arguments."""
    how = arguments.pop("reduction", None)
    word = "mean" if how is None else how.value if isinstance(how, Const) else None
    if not isinstance(word, str) or word not in {"mean", "sum", "none"}:
        raise Unprintable("unknown-call", "a loss with an unknown reduction")
    return word


def _behind(known: Operation, arguments: dict[str, Value], printer: Printer) -> dict[str, Code]:
    """The operands with the axis behind them, so that items of any rank meet as they do in the loop."""
    printer.behind = True
    try:
        return {name: printer.code(arguments[name]) for name in known.tensors if name in arguments}
    finally:
        printer.behind = False


def _folded(code: Code, word: str, printer: Printer) -> Code:
    """The elements' losses, folded for each item as the loss says."""
    if word == "none":
        return code
    printer.grade_at_least("E1")
    if code.rank == 0:
        return replace(code, rank=0)
    if code.rank is not None:
        dims = "-1" if code.rank == 1 else f"({', '.join(str(d) for d in range(-code.rank, 0))})"
        return Code(f"{code.primary}.{word}({dims})", ATOM, code.axes, 0)
    text, dim = flat(code)
    return Code(f"{text}.{word}({dim})", ATOM, code.axes, 0)
