"""Operations on the item's own dimensions, done on all items at once: the operation table's batch rules, printed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.dependence.conditions import integer_of
from loopless.emit.code import ATOM, TERM, Code
from loopless.emit.fields import field_of
from loopless.emit.joined import tensor_of
from loopless.emit.kinship import kin_of_result
from loopless.emit.orientation import in_front
from loopless.emit.over_all import loss, over_all
from loopless.emit.own_forms import own_form
from loopless.emit.resized import flattened, resized
from loopless.emit.rolled_items import rolled_items
from loopless.emit.spelled import spelled
from loopless.emit.unprintable import Unprintable
from loopless.emit.windows import masking
from loopless.emit.within import within
from loopless.facts.evidence import FLOATS
from loopless.facts.operations import Operation, Rule, Whole, bind, lookup, shifted
from loopless.facts.operations.spellings import product, template
from loopless.ir.poly import Axis, poly
from loopless.ir.value import Const, Int, OnItem, Tuple, Value, axes_of
from loopless.lift.ragged import OF_MASKS
from loopless.lift.subscript import WITHIN
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

Arguments = dict[str, Value]

# Beside Fourier transforms: what torch refuses to compute of no elements, so that it asks for one iteration.
_NOT_OF_NOTHING = frozenset({"quantile", "nanquantile"})


def on_item(value: OnItem, printer: Printer) -> Code:
    """The text of an operation on items."""
    if value.op.startswith("call:"):
        return _own_call(value, printer)
    if value.op in OF_MASKS:
        return masking(value, printer)
    code = _on_item(value, printer)
    if code.rank is not None or code.kin:
        return code
    return replace(code, kin=kin_of_result(value, printer))


def _own_call(value: OnItem, printer: Printer) -> Code:
    """A call of a function of the file, as it stands in the loop."""
    texts = [_argument(arg, printer) for arg in value.args]
    texts += [f"{key}={_argument(arg, printer)}" for key, arg in value.keywords]
    return Code(f"{value.op[5:]}({', '.join(texts)})", ATOM, (), None)


def _part(value: OnItem, printer: Printer) -> Code:
    """One of several results."""
    whole, at = value.args[0], integer_of(value.args[1])
    known = lookup(whole.op) if isinstance(whole, OnItem) else None
    if (
        not isinstance(whole, OnItem)
        or known is None
        or not (axes_of(whole) - printer.loops.keys())
    ):
        code = printer.code(whole)
        return code.but(f"{code.primary}[{printer.code(value.args[1]).text}]")
    if at is None or at.constant is None or not 0 <= at.constant < len(known.fields):
        raise Unprintable("unknown-call", f"one of several results of {whole.op}")
    code = _on_item(whole, printer, several=True)
    kind = type_of(value, printer.scope)
    return field_of(code, known, at.constant, code.rank if kind.rank is None else kind.rank)


def _on_item(value: OnItem, printer: Printer, *, several: bool = False) -> Code:
    if value.op.startswith(("module:", "samples:")):
        return _module(value, printer)
    if value.op == "part":
        return _part(value, printer)
    if value.op == WITHIN:
        return within(value, printer)
    if value.op == "torch.tensor" and axes_of(value) - printer.loops.keys():
        return tensor_of(value, printer)
    known, arguments = _arguments(value)
    varying = {n for n, arg in arguments.items() if axes_of(arg) - printer.loops.keys()}
    if not varying:
        return _as_written(value, printer)
    if varying == {known.params[0], "shifts"} and known.name.endswith(".roll"):
        return rolled_items(known.params[0], arguments, printer)
    if varying - set(known.tensors):
        raise Unprintable("unknown-call", f"an argument of {value.op} varies that cannot")
    many = bool(known.fields) and not _one_field(known, arguments)
    if known.value_dependent_shape or many != several:
        raise Unprintable(
            "unknown-call", f"{value.op} gives several results or sizes that depend on data"
        )
    if not _allowed(known, arguments):
        raise Unprintable(
            "unknown-call", f"an argument of {value.op} that the batched form does not take"
        )
    _note(value, known, printer)
    return _by_rule(value, known, arguments, printer)


def _arguments(value: OnItem) -> tuple[Operation, Arguments]:
    """What is known of an operation, and its arguments by parameter."""
    known = lookup(value.op)
    if known is None:
        raise Unprintable("unknown-call", f"no rule for {value.op}")
    bound = bind(known, value.args, dict(value.keywords))
    if bound is None:
        raise Unprintable("unknown-call", f"an argument of {value.op} that is not known")
    return known, {
        name: Tuple(tuple(arg)) if isinstance(arg, tuple) else arg for name, arg in bound.items()
    }


def _by_rule(value: OnItem, known: Operation, arguments: Arguments, printer: Printer) -> Code:
    own = own_form(value, known, arguments, printer)
    if own is not None:
        return own
    match known.rule:
        case Rule.REDUCE:
            return _reduce(value, known, arguments, printer)
        case Rule.ALONG:
            return _along(value, known, arguments, printer)
        case Rule.LAST:
            return _last(value, known, arguments, printer)
        case Rule.SHAPE:
            return _shape(value, known, arguments, printer)
        case Rule.VIEW | Rule.LIKE:
            return _same(value, known, arguments, printer)
        case _:
            raise Unprintable("unknown-call", f"no rule to batch {value.op}")


def _note(value: OnItem, known: Operation, printer: Printer) -> None:
    """What an operation takes to be the same: a grade, and for some at least one iteration."""
    if not known.exact:
        printer.grade_at_least("E1")
    if value.op.startswith("torch.fft.") or value.op.rsplit(".", 1)[-1] in _NOT_OF_NOTHING:
        printer.places.append(poly(0))
        printer.asks_for_items = True


def _one_field(known: Operation, arguments: Arguments) -> bool:
    return known.fields_need_dim and not any(d in arguments for d in known.dims)


def _allowed(known: Operation, arguments: Arguments) -> bool:
    for name, wanted in known.requires:
        if name in arguments:
            given = arguments[name]
            if not (isinstance(given, Const) and given.value == wanted):
                p = integer_of(given)
                if p is None or p.constant != wanted:
                    return False
    if known.if_tensor is None or len(known.params) < 2 or known.params[1] not in arguments:
        return True
    return known.params[1] in known.dims or known.params[1] not in known.tensors


def _as_written(value: OnItem, printer: Printer) -> Code:
    """Nothing varies: the call as it stands in the loop."""
    kind = type_of(value, printer.scope)
    texts = [_argument(arg, printer) for arg in value.args]
    keywords = [f"{key}={_argument(arg, printer)}" for key, arg in value.keywords]
    return Code(_call(value.op, texts, keywords, printer), ATOM, (), kind.rank)


def _argument(value: Value, printer: Printer) -> str:
    match value:
        case Tuple(items):
            inner = ", ".join(_argument(i, printer) for i in items)
            return f"({inner},)" if len(items) == 1 else f"({inner})"
        case _:
            return printer.code(value).text


def _call(op: str, texts: list[str], keywords: list[str], printer: Printer) -> str:
    if op.startswith("Tensor."):
        receiver = texts[0]
        if not _primary(receiver):
            receiver = f"({receiver})"
        return f"{receiver}.{op[7:]}({', '.join([*texts[1:], *keywords])})"
    return f"{printer.function(op)}({', '.join([*texts, *keywords])})"


def _primary(text: str) -> bool:
    depth = 0
    for character in text:
        depth += character in "(["
        depth -= character in ")]"
        if depth == 0 and character in " +-*/%<>=&|~":
            return False
    return True


def _items(known: Operation, arguments: Arguments, printer: Printer) -> dict[str, Code]:
    return {name: in_front(arguments[name], printer) for name in known.tensors if name in arguments}


def _first(known: Operation, codes: dict[str, Code]) -> Code:
    return codes[next(name for name in known.tensors if name in codes)]


def _number(value: Value) -> int | None:
    p = integer_of(value)
    return None if p is None else p.constant


def _numbers(value: Value) -> list[int] | None:
    if isinstance(value, Tuple):
        found = [_number(i) for i in value.items]
        return None if any(f is None for f in found) else [f for f in found if f is not None]
    single = _number(value)
    return None if single is None else [single]


def _shifted_dims(value: Value, axes: int) -> str:
    dims = _numbers(value)
    if dims is None:
        raise Unprintable("unknown-call", "a dim that is not a number")
    moved = [shifted(d, axes) for d in dims]
    if isinstance(value, Tuple):
        return f"({', '.join(map(str, moved))}{',' if len(moved) == 1 else ''})"
    return str(moved[0])


def _rest(
    known: Operation, arguments: Arguments, printer: Printer, axes: int, skip: frozenset[str]
) -> list[str]:
    """The other arguments as keywords, dims shifted."""
    texts: list[str] = []
    for name, arg in arguments.items():
        if name in known.tensors or name in skip:
            continue
        if name in known.dims and not (isinstance(arg, Const) and arg.value is None):
            moved = _shifted_dims(arg, axes)
            # `x.flip(0)` by name is `x.flip(dims=(0,))`.
            lone = name == known.variadic and not isinstance(arg, Tuple)
            texts.append(f"{name}=({moved},)" if lone else f"{name}={moved}")
        else:
            texts.append(f"{name}={_argument(arg, printer)}")
    return texts


def _tensor_texts(
    known: Operation, codes: dict[str, Code], printer: Printer
) -> tuple[list[str], tuple[Axis, ...]]:
    """The tensors lined up with one another on their leading axes."""
    axes = printer.sorted(a for c in codes.values() for a in c.axes)
    texts: list[str] = []
    for code in codes.values():
        if code.axes and code.axes != axes:
            subs = [":" if a in code.axes else "None" for a in axes]
            while subs and subs[-1] == ":":
                subs.pop()
            texts.append(f"{code.primary}[{', '.join(subs)}]")
        elif not code.axes and known.aligned:
            texts.append(f"{code.primary}[{', '.join(['None'] * len(axes))}]")
        else:
            texts.append(code.text)
    return texts, axes


def _emit(
    value: OnItem, known: Operation, arguments: Arguments, codes: dict[str, Code], printer: Printer
) -> tuple[str, tuple[Axis, ...]]:
    texts, axes = _tensor_texts(known, codes, printer)
    names = [n for n in known.tensors if n in arguments]
    positional = list(known.params[: len(names)]) == names
    keywords = _rest(known, arguments, printer, len(axes), frozenset())
    if not positional:
        keywords = [*(f"{n}={t}" for n, t in zip(names[1:], texts[1:], strict=False)), *keywords]
        texts = texts[:1]
    return _call(value.op, texts, keywords, printer), axes


def _reduce(value: OnItem, known: Operation, arguments: Arguments, printer: Printer) -> Code:
    codes = _items(known, arguments, printer)
    kind = type_of(value, printer.scope)
    code = _first(known, codes)
    given = next((d for d in known.dims if d in arguments), None)
    if given is not None and not (isinstance(arguments[given], Const)):
        if code.rank == 0:
            raise Unprintable("rank", "a reduction along a dim of a number")
        text, axes = _emit(value, known, arguments, codes, printer)
        return Code(text, ATOM, axes, kind.rank)
    arguments = {k: a for k, a in arguments.items() if k != given}
    short = value.op.rsplit(".", 1)[-1]
    if known.batched == "loss":

        def called(texts: list[str], reduction: str) -> str:
            options = {k: a for k, a in arguments.items() if k != "reduction"}
            rest = _rest(known, options, printer, 0, frozenset())
            return _call(value.op, texts, [*rest, f'reduction="{reduction}"'], printer)

        return loss(known, arguments, codes, called, printer)
    if len(codes) != 1:
        raise Unprintable("unknown-call", f"no batched form of {value.op}")
    rest = _rest(known, arguments, printer, len(code.axes), frozenset())
    return over_all(short, code, rest, known, value, printer)


def _along(value: OnItem, known: Operation, arguments: Arguments, printer: Printer) -> Code:
    codes = _items(known, arguments, printer)
    code = _first(known, codes)
    if code.rank == 0:
        raise Unprintable("rank", f"{value.op} along a dim of a number")
    for name in known.dims:
        if name in arguments:
            continue
        default = dict(known.defaults).get(name)
        if default is None:
            if known.whole is Whole.REQUIRED and name == known.dims[0]:
                raise Unprintable("unknown-call", f"{value.op} without dim")
            if known.whole is not Whole.REQUIRED:
                raise Unprintable("unknown-call", f"{value.op} over the flat item")
            continue
        if isinstance(default, int) and default < 0:
            # Counted from the end it is the same dim with the axes in front.
            continue
        arguments[name] = (
            Tuple(tuple(Int(poly(d)) for d in default))
            if isinstance(default, tuple)
            else Int(poly(default))
        )
    if known.batched not in (None, "flat"):
        raise Unprintable("unknown-call", f"no batched spelling of {value.op}")
    text, axes = _emit(value, known, arguments, codes, printer)
    return Code(text, ATOM, axes, code.rank)


def _last(value: OnItem, known: Operation, arguments: Arguments, printer: Printer) -> Code:
    codes = _items(known, arguments, printer)
    kind = type_of(value, printer.scope)
    order = [codes[n] for n in known.tensors if n in codes]
    own = spelled(value, known, arguments, order[0], printer)
    if own is not None:
        return own
    if known.batched not in (None, "pad", "fold", "one_hot"):
        return _spelled(value, known, arguments, order, printer)
    first = order[0]
    if first.rank is not None and first.rank < known.last:
        raise Unprintable("rank", f"an item with too few dimensions for {value.op}")
    text, axes = _emit(value, known, arguments, codes, printer)
    if known.leading is not None:
        most = known.leading[1]
        if first.rank is None or len(axes) + first.rank - known.last > most:
            raise Unprintable("rank", f"more leading dimensions than {value.op} takes")
    rank = kind.rank if kind.rank is not None else first.rank
    return Code(text, ATOM, axes, rank)


def _spelled(
    value: OnItem,
    known: Operation,
    arguments: Arguments,
    order: list[Code],
    printer: Printer,
) -> Code:
    """A product or solve by the closed vocabulary of spellings."""
    kind = type_of(value, printer.scope)
    axes = printer.sorted(a for c in order for a in c.axes)
    ranks = tuple(c.rank for c in order)
    lined = [_leading(code, axes) for code in order]
    key = known.batched
    if key == "matmul":
        if ranks[0] is None and ranks[1] in (1, 2) and not order[1].axes:
            # One matrix for vectors and for matrices alike: `x @ w`, whatever comes before the last dimension.
            ranks = (2, 2)
        if len(ranks) != 2 or ranks[0] is None or ranks[1] is None:
            raise Unprintable("unknown-rank", "a matrix product of items of unknown rank")
        if ranks == (1, 1) and not all(
            type_of(arguments[n], printer.scope).dtype in FLOATS for n in known.tensors[:2]
        ):
            text = "({0} * {1}).sum(-1)"
        else:
            text = product(ranks[0], ranks[1], bool(order[0].axes), bool(order[1].axes))
    elif key == "solve":
        if ranks == (2, 2):
            text = f"{printer.function('torch.linalg.solve')}({{0}}, {{1}})"
        elif ranks[0] in (2, None) and ranks[1] in (1, None) and order[0].axes == order[1].axes:
            # Of as many rows as there are systems torch makes vectors by itself, whatever else they are.
            text = f"{printer.function('torch.linalg.solve')}({{0}}, {{1}})"
        elif ranks == (2, 1):
            text = f"{printer.function('torch.linalg.solve')}({{0}}, {{1}}[..., None])[..., 0]"
        else:
            raise Unprintable("unknown-rank", "a solve with items of unknown rank")
    else:
        found = template(key or "")
        if found is None:
            raise Unprintable("unknown-call", f"no batched spelling of {value.op}")
        text = found
        if known.ranks and ranks != known.ranks[: len(ranks)]:
            for code, want in zip(order, known.ranks, strict=False):
                if code.rank is not None and code.rank != want:
                    raise Unprintable("rank", f"an item that {value.op} does not take")
    printer.grade_at_least("E1")
    filled = text
    for at, code in enumerate(lined):
        needs_primary = f"{{{at}}}[" in text or f"{{{at}}}." in text
        filled = filled.replace(f"{{{at}}}", code.primary if needs_primary else code.at(TERM + 1))
    level = TERM if (" @ " in filled or " * " in filled) and not _primary(filled) else ATOM
    rank = kind.rank
    if rank is None:
        rank = {"dot": 0, "vdot": 0, "outer": 2, "mv": 1, "mm": 2}.get(key or "")
    return Code(filled, level, axes, rank)


def _leading(code: Code, axes: tuple[Axis, ...]) -> Code:
    """A code with size-one dimensions for the leading axes that it lacks in between."""
    if not code.axes or code.axes == axes:
        return code
    subs = [":" if a in code.axes else "None" for a in axes]
    while subs and subs[0] == "None":
        subs.pop(0)
    while subs and subs[-1] == ":":
        subs.pop()
    return code.but(f"{code.primary}[{', '.join(subs)}]") if subs else code


def _shape(value: OnItem, known: Operation, arguments: Arguments, printer: Printer) -> Code:
    codes = _items(known, arguments, printer)
    code = _first(known, codes)
    kind = type_of(value, printer.scope)
    if len(codes) != 1 or known.pieces:
        raise Unprintable("unknown-call", f"no batched form of {value.op}")
    axes = len(code.axes)
    own = spelled(value, known, arguments, code, printer)
    if own is not None:
        return own
    match known.batched:
        case None:
            for name, default in known.defaults:
                # Along the item's own dims also where none is named: `row.flatten()` leaves the rows apart.
                if name in known.dims and isinstance(default, int):
                    arguments.setdefault(name, Int(poly(default)))
            text, _ = _emit(value, known, arguments, codes, printer)
            return Code(text, ATOM, code.axes, kind.rank)
        case "mT":
            if code.rank != 2 and value.op.endswith(".t"):
                raise Unprintable("rank", "t() of an item of unknown rank")
            return Code(f"{code.primary}.mT", ATOM, code.axes, code.rank)
        case "permute":
            given = next((arguments[d] for d in known.dims if d in arguments), None)
            dims = None if given is None else _numbers(given)
            if dims is None or code.rank is None:
                raise Unprintable("unknown-call", "a permutation of unknown dims")
            moved = [*range(axes), *(shifted(d if d >= 0 else d + len(dims), axes) for d in dims)]
            return Code(
                f"{code.primary}.permute({', '.join(map(str, moved))})", ATOM, code.axes, code.rank
            )
        case "sizes":
            return resized(known, arguments, code, printer)
        case "ravel":
            return flattened(code)
        case _:
            raise Unprintable("unknown-call", f"no batched spelling of {value.op}")


def _same(value: OnItem, known: Operation, arguments: Arguments, printer: Printer) -> Code:
    """A change of dtype or device: the same call on the whole."""
    codes = _items(known, arguments, printer)
    code = _first(known, codes)
    if len(codes) != 1:
        raise Unprintable("unknown-call", f"no batched form of {value.op}")
    texts = [code.text]
    for arg in value.args[1:]:
        texts.append(_argument(arg, printer))
    keywords = [f"{key}={_argument(arg, printer)}" for key, arg in value.keywords]
    return Code(_call(value.op, texts, keywords, printer), ATOM, code.axes, code.rank)


def _module(value: OnItem, printer: Printer) -> Code:
    """A layer that acts on the last dimensions of whatever it is given, or on samples along the first."""
    kind, _, text = value.op.partition(":")
    known = printer.scope.modules[text]
    codes = [in_front(arg, printer) for arg in value.args]
    code = codes[0]
    if not any(c.axes for c in codes):
        return Code(f"{text}({', '.join(c.text for c in codes)})", ATOM, (), None)
    if not known.batchable:
        raise Unprintable("unknown-call", f"`{text}` does not take further leading axes")
    along_samples = kind == "samples" and len(code.axes) == 1
    if known.inputs != 1 or known.dims or known.reduction or (known.samples and not along_samples):
        # What it does to all items at once is not what it does to each.
        raise Unprintable("unknown-rank", f"`{text}` does not take further leading axes")
    lacks = known.last > known.least and (code.rank is None or code.rank < known.last)
    if lacks and not along_samples:
        raise Unprintable("unknown-rank", f"an item may have no dimension for `{text}`")
    if known.leading is not None:
        total = None if code.rank is None else len(code.axes) + code.rank - known.last
        if total is None or total > known.leading[1]:
            raise Unprintable("unknown-rank", f"`{text}` takes fewer leading dimensions")
    printer.grade_at_least("E1")
    return Code(f"{text}({code.text})", ATOM, code.axes, None if known.samples else code.rank)
