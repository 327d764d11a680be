"""Loops that stay and read a tensor number by number: one `.tolist()` before them instead.

A list of a tensor's numbers holds what `.item()` gives, bit for bit and of the same Python types. So the reads may
move to the list wherever nothing changes the tensor while the loop runs.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from keyword import kwlist

from loopless.emit.inputs import inputs_of
from loopless.emit.lines import margin
from loopless.emit.lookers import WRITES, only_looks
from loopless.emit.place import Place
from loopless.emit.standstill import changed_under_any_name
from loopless.facts.infer import dotted, infer
from loopless.facts.operations import Rule, lookup
from loopless.facts.scope import Scope, names_bound, names_changed, root_name, target_names
from loopless.finding import Action, Edit, Finding, Span
from loopless.ir import tree
from loopless.ir.walk import every_statement, names_read, own_expressions, parts, walk_expr

_CONVERSIONS = frozenset({"builtins.int", "builtins.float", "builtins.bool"})
# Calls of Python that look at their arguments and keep nothing of them.
_LOOKS = frozenset(
    f"builtins.{name}"
    for name in "int float bool str len range enumerate zip abs min max sum print list tuple sorted "
    "isinstance round any all reversed repr set".split()
)
_SUSPENSIONS = frozenset({"Yield", "YieldFrom", "Await"})


@dataclass(frozen=True, slots=True)
class _Reads:
    """The edits that move reads of some tensors to lists, and what those tensors are called."""

    tensors: tuple[str, ...]
    edits: tuple[Edit, ...]


def host_reads(loop: tree.For, place: Place, scope: Scope, text: str) -> Finding | None:
    """A loop whose reads of tensors, number by number, are one read before it; None where there are none."""
    if any(_suspends(expr) for expr in _expressions(loop)):
        return None
    items = _item_reads(loop, place, scope, text)
    targets = _target_reads(loop, place, scope, text)
    tensors = tuple(dict.fromkeys((*items.tensors, *targets.tensors)))
    edits = tuple(sorted({*items.edits, *targets.edits}, key=lambda edit: edit.span))
    if not tensors or _overlap(edits):
        return None
    shown = " and ".join(f"`{name}`" for name in tensors)
    action = Action(f"Read {shown} once with .tolist()", edits, "safe", "E0", preferred=True)
    return Finding(
        "host-read", f"the loop reads {shown} one number at a time", loop.span, loop.header,
        Span(edits[0].span.start, max(loop.span.end, edits[-1].span.end)), (action,),
        numerics=("the same bits",), inputs=inputs_of(loop, scope),
        outputs=tuple(sorted(names_bound((loop,)) & place.live)),
        changed=tuple(sorted(names_changed((loop,)))),
    )  # fmt: skip


def _overlap(edits: tuple[Edit, ...]) -> bool:
    return any(a.span.end > b.span.start for a, b in pairwise(edits))


def _expressions(loop: tree.For) -> Iterator[tree.Expr]:
    """Every expression of a loop, whole, in the order of the text."""
    for statement in every_statement((loop,)):
        yield from own_expressions(statement)


def _suspends(expr: tree.Expr) -> bool:
    """Whether others may run in the middle of an expression."""
    return any(isinstance(e, tree.Opaque) and e.kind in _SUSPENSIONS for e in walk_expr(expr))


# --- what stays as it is while the loop runs


def _is_still(name: str, loop: tree.For, place: Place, scope: Scope, text: str) -> bool:
    """Whether nothing in the loop can change a tensor, or give its name to something else."""
    if _may_be_none(name, text):
        return False
    names = {name, *scope.aliases.get(name, ())}
    if names & names_bound((loop,)) or names & names_changed((loop,)):
        return False
    if any(isinstance(s, tree.Other | tree.Define) for s in every_statement((loop,))):
        return False
    calls = [e for x in _expressions(loop) for e in walk_expr(x) if isinstance(e, tree.Call)]
    if _comes_from_an_object(name, place, scope) and any(_is_unknown(c, scope) for c in calls):
        return False
    if any(_may_change(call, names, scope) for call in calls):
        return False
    return name not in changed_under_any_name(loop, scope)


def _comes_from_an_object(name: str, place: Place, scope: Scope) -> bool:
    """Whether a tensor was taken from an object, whose methods may change it: `state = self.state`."""
    given = [s for s in place.block[: place.at] if isinstance(s, tree.Assign)]
    return not scope.fact(name).fresh and any(
        name in target_names(s.target) and not isinstance(s.value, tree.Call | tree.Operator)
        for s in given
    )


def _is_unknown(call: tree.Call, scope: Scope) -> bool:
    """Whether a call runs code that is not known to leave tensors alone."""
    match call.func:
        case tree.Field(
            _, "append" | "extend" | "add" | "item" | "tolist" | "items" | "get" | "join"
        ):
            return False
        case _:
            return dotted(call.func, scope) is None


def _may_be_none(name: str, text: str) -> bool:
    """Whether the file asks or says that a name may hold None: then not every read is certain to work."""
    word = re.escape(name)
    return bool(re.search(rf"\b{word}\b(\s*:[^=\n]+)?\s*(=|is|is not|==|!=)\s*None\b", text))


def _may_change(call: tree.Call, names: set[str], scope: Scope) -> bool:
    """Whether a call may change a tensor in place: one that is given it, and does more than look."""
    whole = dotted(call.func, scope)
    writes = any(key in WRITES for key, _ in call.keywords)
    if whole is not None and not writes:
        known = lookup(whole)
        if whole in _LOOKS or (known is not None and known.rule is not Rule.EFFECT):
            return False
    if only_looks(call, scope):
        return False
    given = [*call.args, *(value for _, value in call.keywords)]
    if any(_hands_on(argument, names) for argument in given):
        return True
    return whole is None and _reaches(call, scope)


def _hands_on(expr: tree.Expr, names: set[str]) -> bool:
    """Whether an argument may be one of the tensors, or share its memory: not a number read from it."""
    match expr:
        case tree.Name(name):
            return name in names
        case tree.Item(of) | tree.Spread(of):
            return _hands_on(of, names)
        case tree.Field(of, name):
            return name not in {"shape", "dtype", "device", "ndim"} and _hands_on(of, names)
        case tree.Call(tree.Field(of, "item" | "tolist" | "size" | "dim" | "numel")):
            return False
        case tree.Call(tree.Name("int" | "float" | "bool" | "len" | "str")):
            return False
        case tree.Operator() | tree.Literal():
            return False
        case tree.Opaque(kind, reads):
            return kind != "JoinedStr" and bool(reads & names)
        case _:
            return any(_hands_on(part, names) for part in parts(expr))


def _reaches(call: tree.Call, scope: Scope) -> bool:
    """Whether an unknown call may reach tensors that it is not given: a closure of the function around."""
    match call.func:
        case tree.Name(name):
            return name in scope.helpers
        case _:
            return False


# --- `x[i].item()`, `int(x[i])`, `if x[i]:`


def _item_reads(loop: tree.For, place: Place, scope: Scope, text: str) -> _Reads:
    """Reads by the integers that the loop counts through."""
    counters = _counters(loop, scope)
    spans: dict[str, dict[Span, str]] = {}
    depths: dict[str, set[int]] = {}
    for item, span in _single_numbers(loop, scope):
        found = _subscripted(item, counters, scope)
        if found is None:
            continue
        name, places = found
        texts = [text[p.span.start : p.span.end] for p in places]
        spans.setdefault(name, {})[span] = "".join(f"[{p}]" for p in texts)
        depths.setdefault(name, set()).add(len(places))
    edits: list[Edit] = []
    names: list[str] = []
    for name, found_spans in spans.items():
        if len(depths[name]) > 1 or not _is_still(name, loop, place, scope, text):
            continue
        start = _line_start(place, text)
        if start is None:
            continue
        held = _fresh(f"{name.removeprefix('self.')}_list", scope, text)
        depth = next(iter(depths[name]))
        newline = "\r\n" if "\r\n" in text else "\n"
        line = f"{margin(text, place.block[place.at].span.start)}{held} = {_listed(name, depth, scope)}"
        edits.append(Edit(Span(start, start), f"{line}{newline}"))
        edits += [Edit(span, f"{held}{places}") for span, places in found_spans.items()]
        names.append(name)
    return _Reads(tuple(names), tuple(edits))


def _listed(name: str, depth: int, scope: Scope) -> str:
    """The numbers of a tensor as a list, where each item of it holds one."""
    fact = scope.names.get(name)
    if depth > 1 or (fact is not None and fact.dims is not None and len(fact.dims) == 1):
        return f"{name}.tolist()"
    # Of a column, too, each row is one number.
    return f"{name}.flatten().tolist()"


def _single_numbers(loop: tree.For, scope: Scope) -> Iterator[tuple[tree.Item, Span]]:
    """Subscripts of which one number is read, with what their item in a list stands for."""
    for whole in _expressions(loop):
        for expr in walk_expr(whole):
            match expr:
                case tree.Call(tree.Field(tree.Item() as item, "item"), (), ()):
                    yield item, expr.span
                case tree.Call(func, (tree.Item() as item,), ()) if (
                    dotted(func, scope) in _CONVERSIONS
                ):
                    yield item, item.span
                case _:
                    pass
    for test in _tests(loop):
        for expr in _asked(test):
            if isinstance(expr, tree.Item):
                yield expr, expr.span


def _tests(loop: tree.For) -> Iterator[tree.Expr]:
    """Conditions: expressions of which only the truth is asked."""
    for statement in every_statement((loop,)):
        if isinstance(statement, tree.If | tree.While):
            yield statement.test
        for whole in own_expressions(statement):
            for expr in walk_expr(whole):
                match expr:
                    case tree.Choice(test):
                        yield test
                    case tree.Comprehension(_, _, clauses):
                        yield from (test for clause in clauses for test in clause.tests)
                    case _:
                        pass


def _asked(test: tree.Expr) -> Iterator[tree.Expr]:
    """The operands of a condition, of which only the truth is asked too."""
    match test:
        case tree.Junction(_, operands):
            for operand in operands:
                yield from _asked(operand)
        case tree.Operator("not", (operand,)):
            yield from _asked(operand)
        case _:
            yield test


def _subscripted(
    item: tree.Item, counters: frozenset[str], scope: Scope
) -> tuple[str, tuple[tree.Expr, ...]] | None:
    """The tensor below a subscript and its places, if they are integers that the loop counts through."""
    places: tuple[tree.Expr, ...] = item.subscripts
    of = item.of
    while isinstance(of, tree.Item):
        places = (*of.subscripts, *places)
        of = of.of
    if not isinstance(of, tree.Name) or not scope.fact(of.id).is_tensor:
        return None
    if not all(_counted(place, counters) for place in places):
        return None
    if not any(names_read(place) & counters for place in places):
        return None
    return of.id, places


def _counted(place: tree.Expr, counters: frozenset[str]) -> bool:
    match place:
        case tree.Name(name):
            return name in counters
        case tree.Literal(value):
            return type(value) is int
        case tree.Operator("+" | "-" | "*" | "//" | "%" | "neg", operands):
            return all(
                _counted(o, counters) or isinstance(o, tree.Name | tree.Field) for o in operands
            ) and any(_counted(o, counters) for o in operands)
        case _:
            return False


def _counters(loop: tree.For, scope: Scope) -> frozenset[str]:
    """Names that only loops bind, to Python's integers: by `range` and `enumerate`."""
    counted: set[str] = set()
    others: set[str] = set()
    for statement in every_statement((loop,)):
        match statement:
            case tree.For(target, iterable):
                _count(target, iterable, counted, others, scope)
            case tree.Assign(target) | tree.Augment(target):
                others.update(target_names(target))
            case tree.Other(_, _, binds):
                others |= binds
            case _:
                pass
        for whole in own_expressions(statement):
            for expr in walk_expr(whole):
                if isinstance(expr, tree.Comprehension):
                    for clause in expr.clauses:
                        _count(clause.target, clause.iterable, counted, others, scope)
    return frozenset(counted - others)


def _count(
    target: tree.Expr, iterable: tree.Expr, counted: set[str], others: set[str], scope: Scope
) -> None:
    match target, iterable:
        case tree.Name(name), tree.Call(func) if dotted(func, scope) == "builtins.range":
            counted.add(name)
        case tree.Display(_, (tree.Name(name), rest)), tree.Call(func) if (
            dotted(func, scope) == "builtins.enumerate"
        ):
            counted.add(name)
            others.update(target_names(rest))
        case _:
            others.update(target_names(target))


def _line_start(place: Place, text: str) -> int | None:
    """Where the line of the statement starts, if nothing stands before it."""
    start = place.block[place.at].span.start
    line = text.rfind("\n", 0, start) + 1
    return None if text[line:start].strip() else line


def _fresh(name: str, scope: Scope, text: str) -> str:
    """A name that the text does not use."""
    taken = {*re.findall(r"\w+", text), *scope.locals, *kwlist, *dir(builtins)}
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


# --- `for v in x: … v.item() …`


def _target_reads(loop: tree.For, place: Place, scope: Scope, text: str) -> _Reads:
    """Items of a tensor that a loop takes one by one and only reads as numbers."""
    names: list[str] = []
    edits: list[Edit] = []
    for target, source in _walked(loop.target, loop.iterable, scope):
        root = root_name(source)
        if root is None or target in place.live or not infer(source, scope).is_tensor:
            continue
        found = _uses(target, loop, scope)
        if found is None or not _is_still(root, loop, place, scope, text):
            continue
        written = text[source.span.start : source.span.end]
        if not isinstance(source, tree.Name | tree.Item | tree.Call | tree.Field):
            written = f"({written})"
        dims = infer(source, scope).dims
        flat = "" if found.rows or (dims is not None and len(dims) == 1) else ".flatten()"
        edits.append(Edit(source.span, f"{written}{flat}.tolist()"))
        edits += [Edit(span, target) for span in found.reads]
        names.append(root)
    return _Reads(tuple(names), tuple(edits))


def _walked(
    target: tree.Expr, iterable: tree.Expr, scope: Scope
) -> Iterator[tuple[str, tree.Expr]]:
    """The names of a target with what each of them walks, through `zip` and `enumerate`."""
    match target, iterable:
        case tree.Display(_, targets), tree.Call(func, args, ()) if dotted(
            func, scope
        ) == "builtins.zip" and len(targets) == len(args):
            for inner, source in zip(targets, args, strict=True):
                yield from _walked(inner, source, scope)
        case tree.Display(_, (_, inner)), tree.Call(func, (source, *_), _) if (
            dotted(func, scope) == "builtins.enumerate"
        ):
            yield from _walked(inner, source, scope)
        case tree.Name(name), _ if not isinstance(iterable, tree.Spread):
            yield name, iterable
        case _:
            pass


@dataclass(frozen=True, slots=True)
class _Uses:
    """Where a name's number is read by a call; `rows` where its whole row is."""

    reads: tuple[Span, ...]
    rows: bool


def _uses(name: str, loop: tree.For, scope: Scope) -> _Uses | None:
    """How a loop's body uses an item: None unless as numbers only, and at least once by a read."""
    if name in names_bound(loop.body):
        return None
    total, plain = 0, 0
    reads: list[Span] = []
    rows: list[Span] = []
    for statement in every_statement(loop.body):
        unpacked = isinstance(statement, tree.Assign) and isinstance(statement.target, tree.Display)
        for whole in own_expressions(statement):
            for expr in walk_expr(whole):
                match expr:
                    case tree.Name(used) if used == name:
                        total += 1
                    case tree.Call(tree.Field(tree.Name(used), "item"), (), ()) if used == name:
                        reads.append(expr.span)
                    case tree.Call(tree.Field(tree.Name(used), "tolist"), (), ()) if used == name:
                        # A row that is taken apart at once leaves no list behind that could be changed.
                        if unpacked and expr is whole:
                            rows.append(expr.span)
                    case tree.Call(func, (tree.Name(used),), ()) if used == name:
                        plain += dotted(func, scope) in {*_CONVERSIONS, "builtins.range"}
                    case tree.Item(of, (tree.Name(used),)) if used == name:
                        plain += infer(of, scope).kind in {"list", "tuple"}
                    case tree.Opaque(_, opaque) if name in opaque:
                        return None
                    case _:
                        pass
    plain += sum(isinstance(e, tree.Name) and e.id == name for t in _tests(loop) for e in _asked(t))
    if rows:
        return _Uses(tuple(rows), True) if total == len(rows) else None
    return _Uses(tuple(reads), False) if total and total == len(reads) + plain else None
