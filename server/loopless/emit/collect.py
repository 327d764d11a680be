"""Lists that a loop fills and one call collects: stack, cat and tensor over all items at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from loopless.dependence.conditions import integer_of
from loopless.emit.again import repeated_items
from loopless.emit.code import ATOM, CHOICE, Code
from loopless.emit.conditions import mask
from loopless.emit.dense import asked_for_layout, dense
from loopless.emit.draft import (
    Draft,
    Setting,
    add_line,
    either_way,
    may_be_empty,
    needs_trips,
    printer_for,
    runs_test,
)
from loopless.emit.elements import only_elements
from loopless.emit.end_to_end import end_to_end
from loopless.emit.fit import is_new
from loopless.emit.lines import removal, stands_alone
from loopless.emit.long_integers import refuse_outgrown
from loopless.emit.orientation import brought
from loopless.emit.printer import Printer
from loopless.emit.segments import joined_list
from loopless.emit.tables import of_some_rows, table_of
from loopless.emit.unprintable import Unprintable
from loopless.emit.unsqueezed import as_stack
from loopless.facts.evidence import FLOATS
from loopless.facts.infer import dotted, infer
from loopless.facts.liveness import reads_of_block
from loopless.facts.operations import Rule, lookup
from loopless.facts.scope import Scope, names_bound, names_changed
from loopless.finding import Edit
from loopless.ir import tree
from loopless.ir.value import Apply, OnItem, Pick, Read, Rows, Value, reads_of, walk
from loopless.ir.walk import own_expressions, walk_expr
from loopless.lift.piece import Append
from loopless.lift.restrict import restricted_reductions
from loopless.lift.types import Type, type_of
from loopless.lift.widest import widened


@dataclass(frozen=True, slots=True)
class Collector:
    """The call that turns the list into a tensor: where, which, along which dim, and where the list was made."""

    call: tree.Call
    function: str
    dim: int
    start: tree.Stmt | None
    statement: int
    dtype: str = ""


def find_collector(
    append: Append, block: tuple[tree.Stmt, ...], at: int, scope: Scope
) -> Collector:
    """The one use of the list after the loop."""
    name = append.root
    start = _start(name, block, at)
    found: list[tuple[int, tree.Call]] = []
    uses = 0
    for place in range(at + 1, len(block)):
        statement = block[place]
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Name(used) if used == name:
                        if not _is_target(inner, statement):
                            uses += 1
                    case tree.Call(_, (tree.Name(used), *_)) if used == name:
                        found.append((place, inner))
                    case _:
                        pass
        inside = name in reads_of_block((statement,))
        if inside and not any(place == p for p, _ in found):
            return list_of_numbers(append, start, scope)
        if found and _rebinds(statement, name):
            break
    if len(found) != 1 or uses != 1 or start is None:
        return list_of_numbers(append, start, scope)
    place, call = found[0]
    try:
        return collector_of(call, place, start, scope, name)
    except Unprintable:
        return list_of_numbers(append, start, scope)


def list_of_numbers(append: Append, start: tree.Stmt | None, scope: Scope) -> Collector:
    """The list itself, where it holds Python numbers: `.tolist()` makes it anew; raises where it does not."""
    kind = type_of(append.value, scope).kind
    read = any(type_of(inner, scope).is_tensor for inner in walk(append.value))
    number = kind in {"int", "float", "bool"} or isinstance(append.value, Apply)
    direct = isinstance(append.value, Apply) and append.value.op == "item"
    if start is None or not read or not number or (kind == "number" and not direct):
        raise Unprintable("list-used", f"`{append.root}` is used as a list, or not only collected")
    if kind in {"tensor", "other"}:
        raise Unprintable("list-used", f"`{append.root}` is used as a list, or not only collected")
    call = tree.Call(tree.Name("list", append.span), (), (), append.span)
    return Collector(call, "list", 0, start, 0)


def _is_target(expr: tree.Expr, statement: tree.Stmt) -> bool:
    return isinstance(statement, tree.Assign) and statement.target is expr


def _rebinds(statement: tree.Stmt, name: str) -> bool:
    match statement:
        case tree.Assign(tree.Name(bound)):
            return bound == name
        case tree.Return():
            return True
        case _:
            return False


def _start(name: str, block: tuple[tree.Stmt, ...], at: int) -> tree.Stmt | None:
    for statement in reversed(block[:at]):
        match statement:
            case tree.Assign(tree.Name(bound), tree.Display("list", ())) if bound == name:
                return None if _has_another_name(statement, block) else statement
            case _:
                if name in reads_of_block((statement,)):
                    return None
                match statement:
                    case tree.Assign(tree.Name(bound)) if bound == name:
                        return None
                    case _:
                        pass
    return None


def _has_another_name(start: tree.Assign, block: tuple[tree.Stmt, ...]) -> bool:
    """Whether one list gets two names: `a = b = []`."""
    return any(
        isinstance(other, tree.Assign)
        and other is not start
        and other.value.span == start.value.span
        for other in block
    )


def collector_of(
    call: tree.Call, place: int, start: tree.Stmt | None, scope: Scope, name: str
) -> Collector:
    """What a call does to a list of items; raises where that is not known."""
    function = dotted(call.func, scope)
    if function in {"torch.concat", "torch.concatenate"}:
        function = "torch.cat"
    if function not in {"torch.stack", "torch.cat", "torch.tensor"}:
        raise Unprintable("list-used", f"`{name}` is used as a list")
    dim = 0
    dtype = ""
    for key, value in call.keywords:
        if key in {"dim", "axis"}:
            fact = infer(value, scope)
            at = None if fact.poly is None else fact.poly.constant
            if at is None:
                raise Unprintable("list-used", "the dim of the collector is not a number")
            dim = at
        elif key == "dtype" and function == "torch.tensor":
            dtype = infer(value, scope).text
            if not dtype:
                raise Unprintable("list-used", "the dtype of the collector is not known")
        else:
            raise Unprintable("list-used", f"the collector has `{key}=`")
    if len(call.args) == 2 and function != "torch.tensor":
        fact = infer(call.args[1], scope)
        at = None if fact.poly is None else fact.poly.constant
        if at is None:
            raise Unprintable("list-used", "the dim of the collector is not a number")
        dim = at
    elif len(call.args) > 1:
        raise Unprintable("list-used", "the collector has more arguments")
    return Collector(call, function, dim, start, place, dtype)


def collected(
    append: Append,
    collector: Collector,
    setting: Setting,
    draft: Draft,
    text: str,
    block: tuple[tree.Stmt, ...],
    at: int,
) -> list[Edit]:
    """The edits that put the tensor in place of the collector's call, and take the list away."""
    for statement in block[at + 1 : collector.statement]:
        if not isinstance(statement, tree.Assign | tree.Evaluate):
            raise Unprintable("list-used", "statements between the loop and the collector")
    if collector.function == "list":
        return _rebuilt(append, collector, setting, draft, text, block)
    append = joined_list(widened(append, setting.lifting), setting, draft)
    asked = asked_for_layout(collector.call, block, text)
    code = code_of(append, collector, setting, draft, text, laid_out=asked)
    between = block[at + 1 : collector.statement]
    _refuse_changed(code, between)
    edits = [Edit(collector.call.span, code)]
    if collector.start is not None and not _shared(collector.start, block):
        edits.append(removal(text, collector.start.span))
    return edits


def _refuse_changed(code: str, between: tuple[tree.Stmt, ...]) -> None:
    """The items are computed where they are collected: what they read must still be what it was in the loop."""
    changed = names_bound(between) | names_changed(between)
    for statement in between:
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Call(tree.Name(), args) | tree.Call(
                        tree.Field(tree.Name("self")), args
                    ):
                        # Nobody knows what it does to what it is given.
                        changed |= {arg.id for arg in args if isinstance(arg, tree.Name)}
                    case _:
                        pass
    found = sorted(changed & set(re.findall(r"[^\W\d]\w*", code)))
    if found:
        raise Unprintable("list-used", f"`{found[0]}` changes before the list is collected")


def _rebuilt(
    append: Append,
    collector: Collector,
    setting: Setting,
    draft: Draft,
    text: str,
    block: tuple[tree.Stmt, ...],
) -> list[Edit]:
    """A list of numbers made where the loop stood; what made it empty before goes."""
    found: list[Code] = []
    either_way(lambda s: found.append(collected_code(append, collector, s, draft)), setting, draft)
    add_line(f"{append.root} = {found[-1].text}", setting, draft, 0)
    if collector.start is None or _shared(collector.start, block):
        return []
    return [removal(text, collector.start.span)]


def code_of(
    append: Append,
    collector: Collector,
    setting: Setting,
    draft: Draft,
    text: str,
    *,
    laid_out: bool = False,
) -> str:
    """The text of all items at once, as it can stand in place of the collector's call."""
    found: list[Code] = []
    either_way(lambda s: found.append(collected_code(append, collector, s, draft)), setting, draft)
    code = dense(found[-1]) if laid_out else found[-1]
    return code.text if stands_alone(text, collector.call.span) else code.at(ATOM)


def _shared(statement: tree.Stmt, block: tuple[tree.Stmt, ...]) -> bool:
    """Whether one line binds several names: `a, b = [], []`."""
    return sum(other.span == statement.span for other in block) > 1


def collected_code(append: Append, collector: Collector, setting: Setting, draft: Draft) -> Code:
    """All items at once, laid out as the collector lays them out."""
    value = restricted_reductions(append.value, setting.lifting)
    if not append.joined:
        value, collector = as_stack(value, collector)
    table = table_of(append, value, collector.function)
    value = table.value
    printer = printer_for(setting, append.axes, draft)
    if append.joined and (collector.function != "torch.cat" or collector.dim != 0):
        raise Unprintable("append", "items of another length in each iteration")
    whole_rows = append.joined
    if collector.function == "torch.cat" and collector.dim == 0 and not append.joined:
        value, whole_rows = _without_leading_one(value, setting.scope)
    refuse_outgrown(value, printer)
    code = printer.code(value)
    if table.read:
        code = only_elements(value, code)
    again = repeated_items(append, code, printer)
    if again is not None:
        code, append = again, replace(append, axes=again.axes, when=None)
    _refuse_other_axes(append, code)
    if code.behind:
        to = collector.dim if collector.function == "torch.stack" and append.when is None else 0
        code = brought(code, to)
        collector = replace(collector, dim=collector.dim - to)
    elif setting.behind and code.rank != 0:
        raise Unprintable("unknown-rank", "numbers beside items of unknown rank")
    if collector.function in {"torch.tensor", "list"} and printer.asks_for_items:
        # A list of no numbers makes a tensor of none; stack and cat ask for one item themselves.
        raise Unprintable("zero-trips", "where the loop does not run, the tensor form would fail")
    code, kind = table.numbers(code), replace(table, value=value).kind(setting.scope)
    dims = len(append.axes)
    if append.when is not None:
        kept = mask(append.when, printer)
        if kept.axes != tuple(append.axes):
            raise Unprintable("filter", "a filter that does not depend on every level")
        code = Code(f"{code.primary}[{kept.text}]", ATOM, code.axes[:1], code.rank)
        dims = 1
    if dims > 1:
        code = code.but(f"{code.primary}.flatten(0, {dims - 1})")
    if collector.function == "list":
        code = _numbers(code, value, kind, read=not table.read, scope=setting.scope)
    elif not table.read:
        code = _joined(code, kind, collector, printer, whole_rows=whole_rows)
    else:
        code = _from_reads(code, kind, collector, printer)
    shares = again is None and append.when is None and collector.function != "list"
    if shares and _is_view(value) and not is_new(code, value, printer):
        code = code.but(f"{code.primary}.clone()")
    tabled = of_some_rows(table, code, append.axes, collector.dtype, printer)
    code = tabled or _where_it_runs(code, append, collector, printer, setting)
    draft.grade = max(draft.grade, printer.grade)
    draft.needs_torch = draft.needs_torch or printer.needs_torch
    draft.parts |= printer.parts
    draft.assumptions += [a for a in printer.assumptions if a not in draft.assumptions]
    return code


def _where_it_runs(
    code: Code, append: Append, collector: Collector, printer: Printer, setting: Setting
) -> Code:
    """What an empty list becomes, where the tensor form would ask for what is not there."""
    axes = may_be_empty(append.axes, printer, setting)
    if collector.function not in {"torch.tensor", "list"}:
        # These ask for an item themselves.
        return code
    if not needs_trips(printer, setting, axes, []):
        return code
    test = runs_test(axes, printer)
    dtype = f", dtype={printer.function(f'torch.{collector.dtype}')}" if collector.dtype else ""
    none = (
        "[]" if collector.function == "list" else f"{printer.function('torch.tensor')}([]{dtype})"
    )
    return code.but(f"{code.at(CHOICE + 1)} if {test} else {none}", CHOICE)


def _refuse_other_axes(append: Append, code: Code) -> None:
    if any(a not in code.axes for a in append.axes):
        raise Unprintable("append", "the same item in every iteration")
    if code.axes != append.axes:
        raise Unprintable("append", "items in another order")


def _joined(
    code: Code, kind: Type, collector: Collector, printer: Printer, *, whole_rows: bool
) -> Code:
    """All items as the collector joins them: stacked, end to end, or as one tensor of numbers."""
    match collector.function:
        case "torch.stack":
            if not kind.is_tensor:
                raise Unprintable("append", "numbers are stacked")
            if collector.dim:
                code = code.but(f"{code.primary}.movedim(0, {collector.dim})")
        case "torch.cat":
            if not whole_rows:
                if kind.rank == 0:
                    raise Unprintable("append", "numbers are joined")
                code = end_to_end(code, kind.rank, collector.dim)
        case _:
            code = _from_numbers(code, kind, collector, printer)
    return code


def _is_view(value: Value) -> bool:
    """Whether all items at once may share memory with a tensor of the file: stack and cat copy (T27)."""
    match value:
        case Read(_, subs):
            return not any(isinstance(sub, Pick) for sub in subs)
        case OnItem("within", (whole, _)):
            return _is_view(whole)
        case Rows(_, body, None):
            return _is_view(body)
        case OnItem(op, args) if args:
            known = lookup(op)
            return (
                known is not None and (known.alias or known.rule is Rule.VIEW) and _is_view(args[0])
            )
        case _:
            return False


def _numbers(code: Code, value: Value, kind: Type, *, read: bool, scope: Scope) -> Code:
    """All items as a list of Python numbers."""
    if read and kind.kind not in {"int", "float", "bool"}:
        raise Unprintable("list-used", "what numbers the list holds is not known")
    if code.rank not in (0, None):
        raise Unprintable("list-used", "the list holds more than numbers")
    sure = isinstance(value, OnItem) or all(_has_dims(r.root, scope) for r in reads_of(value))
    # Of a column, too, each row is one number.
    flat = "" if sure and code.rank == 0 else ".flatten()"
    return code.but(f"{code.primary}{flat}.tolist()")


def _has_dims(name: str, scope: Scope) -> bool:
    fact = scope.names.get(name)
    return fact is not None and fact.dims is not None


def _from_reads(code: Code, kind: Type, collector: Collector, printer: Printer) -> Code:
    """`torch.tensor` of Python numbers that were read from a tensor: of its dtype, or the default float."""
    if collector.dtype:
        dtype = printer.function(f"torch.{collector.dtype}")
        return code.but(f"{code.primary}.detach().to({dtype})")
    if kind.dtype in FLOATS:
        return code.but(f"{code.primary}.detach().float()")
    if kind.dtype in {"int64", "bool"}:
        return code.but(f"{code.primary}.clone()")
    # Python's ints, floats and truth values give tensors of three dtypes.
    return code.but(f"{printer.function('torch.tensor')}({code.primary}.tolist())")


def _from_numbers(code: Code, kind: Type, collector: Collector, printer: Printer) -> Code:
    """`torch.tensor(list)`: a copy of the numbers, cut off from the graph (T20)."""
    if code.rank not in (0, None):
        raise Unprintable("append", "torch.tensor of items with dimensions")
    dtype = collector.dtype
    if not dtype and kind.kind == "number" and code.axes:
        raise Unprintable(
            "unknown-dtype", "whether Python integers or floats are collected is not known"
        )
    if not dtype and kind.kind == "float":
        return code.but(f"{code.primary}.float()")
    if dtype:
        code = code.but(f"{code.primary}.to({printer.function('torch.' + dtype)})")
    return code.but(f"{code.primary}.detach()") if kind.is_tensor else code


def _without_leading_one(value: Value, scope: Scope) -> tuple[Value, bool]:
    """An item of one row: `f(x[i].unsqueeze(0))` joined along the rows is `f(x)`."""
    match value:
        case OnItem("Tensor.unsqueeze" | "torch.unsqueeze", (inner, dim)) if _zero(dim):
            return inner, True
        case OnItem(op, (OnItem("Tensor.unsqueeze" | "torch.unsqueeze", (inner, dim)),), ()) if (
            op.startswith("module:") and _zero(dim) and _is_sample(inner, op, scope)
        ):
            return OnItem(f"samples:{op.partition(':')[2]}", (inner,)), True
        case _:
            return value, False


def _is_sample(item: Value, op: str, scope: Scope) -> bool:
    """Whether an item has dimensions of its own, so that the one in front of them is that of the samples."""
    known = scope.modules[op.partition(":")[2]]
    works = known.last or known.samples or known.dims
    return not works or known.sized or bool(type_of(item, scope).rank)


def _zero(value: Value) -> bool:
    p = integer_of(value)
    return p is not None and p.constant == 0
