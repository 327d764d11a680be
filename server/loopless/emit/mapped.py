"""Values of items whose ranks are not known, for all items at once by `torch.func.vmap`: exact for every rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.emit.code import ATOM, Code
from loopless.emit.unprintable import Unprintable
from loopless.facts.fact import Fact
from loopless.facts.operations import Rule, lookup
from loopless.facts.scope import Scope
from loopless.ir.poly import Axis, poly
from loopless.ir.value import Apply, OnItem, Read, Ref, Tuple, Value, axes_of, children, replaced
from loopless.lift.by_vmap import MAPPED
from loopless.lift.types import LOGIC, type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

# What asks a value for its truth or its number, which a batch has not.
_ASKING = frozenset({"where", "bool", "item", "float", "int", "min", "max"}) | LOGIC
_BATCHED = frozenset({Rule.REDUCE, Rule.ALONG, Rule.LAST, Rule.SHAPE, Rule.VIEW, Rule.LIKE})
# What vmap refuses, or does one item after the other.
_ONE_BY_ONE = frozenset(
    "data diagflat isclose isin quantile nanquantile ihfft2 ihfftn matrix_rank airy_ai log_ndtr "
    "kl_div gaussian_nll_loss soft_margin_loss margin_ranking_loss triplet_margin_loss multi_margin_loss "
    "multilabel_margin_loss KLDivLoss GaussianNLLLoss SoftMarginLoss MarginRankingLoss TripletMarginLoss "
    "MultiMarginLoss MultiLabelMarginLoss".split()
)


def mapped(value: Value, printer: Printer) -> Code:
    """The text of a value that varies along one axis, as a function of its items."""
    axis = _one_axis(value, printer)
    if not _batches(value, axis, printer.scope):
        raise Unprintable("unknown-rank", "operands of unknown rank meet")
    # What a function of the file computes is called by its name.
    value = replaced(value, printer.calls.get)
    items = _items(value, axis)
    args = [printer.code(item) for item in items]
    if any(code.axes != (axis,) or code.number or code.behind for code in args):
        raise Unprintable("unknown-rank", "items of unknown rank along another axis")
    names = _names(items, axis, printer)
    function = _function(_body(value, names, printer), list(names.values()))
    printer.grade_at_least("E1")
    # vmap takes a first item, which is not there where the loop does not run.
    printer.places.append(poly(0))
    given = ", ".join(code.text for code in args)
    batched = f"{printer.function('torch.func.vmap')}({function})({given})"
    if printer.stored and printer.most == 0:
        # What is stored into one element is a number.
        return Code(batched, ATOM, (axis,), 0)
    return Code(batched, ATOM, (axis,), None, kin=frozenset({f"{function}{given}#/"}))


def _body(value: Value, names: dict[Value, str], printer: Printer) -> str:
    """The text of a value with a parameter for each item."""
    scope, own = printer.scope, dict(printer.scope.names)
    body = replaced(value, lambda inner: Ref(names[inner]) if inner in names else None)
    for item, name in names.items():
        kind = type_of(item, scope)
        dims = None if kind.rank is None else (None,) * kind.rank
        scope.names[name] = Fact("tensor", dims, dtype=kind.dtype)
    try:
        return printer.code(body).text
    finally:
        scope.names = own


def _one_axis(value: Value, printer: Printer) -> Axis:
    axes = [axis for axis in axes_of(value) if axis not in printer.loops]
    if len(axes) != 1:
        raise Unprintable("unknown-rank", "several axes beside operands of unknown rank")
    return axes[0]


def _items(value: Value, axis: Axis) -> list[Read]:
    """The reads that vary, outermost ones only, in order of appearance."""
    match value:
        case Read():
            return [value] if axis in axes_of(value) else []
        case Apply(_, args, keywords) | OnItem(_, args, keywords):
            found = [item for arg in args for item in _items(arg, axis)]
            found += [item for _, arg in keywords for item in _items(arg, axis)]
            return list(dict.fromkeys(found))
        case Tuple(parts):
            return list(dict.fromkeys(item for part in parts for item in _items(part, axis)))
        case _:
            return []


def _batches(value: Value, axis: Axis, scope: Scope) -> bool:
    """Whether a value can be computed for all items at once, whatever their rank."""
    if axis not in axes_of(value):
        return True
    match value:
        case Read():
            return True
        case Apply(op):
            slow = "_polynomial_" in op or op.rsplit(".", 1)[-1] in _ONE_BY_ONE
            known = op not in _ASKING and not op.startswith("math.") and not slow
        case OnItem(op) if op.startswith("module:"):
            layer = scope.modules.get(op.partition(":")[2])
            known = layer is not None and layer.is_function
            known = known and layer is not None and layer.name.rsplit(".", 1)[-1] not in _ONE_BY_ONE
        case OnItem(op):
            table = lookup(op)
            known = table is not None and not table.fields
            known = known and table is not None and (table.rule in _BATCHED or table.name in MAPPED)
            known = known and table is not None and not table.value_dependent_shape
            known = known and op.rsplit(".", 1)[-1] not in _ONE_BY_ONE
        case Tuple():
            known = True
        case _:
            known = False
    return known and all(_batches(inner, axis, scope) for inner in children(value))


def _names(items: list[Read], axis: Axis, printer: Printer) -> dict[Value, str]:
    """A parameter for each item: the loop's own name for it, or the tensor's with the loop's variable."""
    names: dict[Value, str] = {}
    for item in items:
        wanted = printer.items.get(item.root) or f"{item.root.rpartition('.')[2]}_{axis.name}"
        name, number = wanted, 2
        while name in names.values() or (number > 2 and name in printer.scope.locals):
            name, number = f"{wanted}_{number}", number + 1
        names[item] = name
    return names


def _function(text: str, names: list[str]) -> str:
    """The function whose body is `text`: itself, where it only calls another with its own parameters."""
    head, _, tail = text.partition("(")
    plain = head.replace(".", "").isidentifier() and tail == f"{', '.join(names)})"
    return (
        head if plain and head.split(".")[0] not in names else f"lambda {', '.join(names)}: {text}"
    )
