"""Work of a loop that stays, done for all of its iterations before it: the part that waits for no other iteration.

`h = torch.tanh(x[t] @ w + h @ u)` carries `h`, but `x @ w` is one product of matrices. An expression goes ahead of its
loop where it reads nothing that the loop changes, and where every iteration is certain to ask for it. As a list that
is stacked, it is one more loop to vectorize; only what becomes safe code is taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from loopless.emit.comprehensions import comprehension
from loopless.emit.inputs import inputs_of
from loopless.emit.iterations import (
    always,
    index_of,
    is_tensor,
    runs_without,
    trips_test,
    upward,
    varies,
    walked_by,
)
from loopless.emit.layout import laid_out
from loopless.emit.lines import indent_unit, line_width, margin, whole_lines
from loopless.emit.place import Place
from loopless.emit.standstill import Stillness, stillness
from loopless.facts.infer import dotted
from loopless.facts.liveness import reads_of_block
from loopless.facts.scope import Scope, names_bound, names_changed, target_names
from loopless.facts.sharing import sharers
from loopless.finding import Action, Edit, Finding, Span
from loopless.ir import tree
from loopless.ir.rewrite import rewritten
from loopless.ir.walk import every_statement, names_read, own_expressions, parts, walk_expr

# How much an expression has to compute to be worth a name: one call, one product, two operators.
_ENOUGH = 2
# How many expressions of one loop are tried.
_TRIES = 8
# Methods that compute nothing.
_VIEWS = frozenset(
    "view reshape unsqueeze squeeze permute transpose t expand expand_as view_as flatten unbind size dim "
    "numel item tolist detach contiguous chunk split diagonal narrow select".split()
)
_LIGHT = frozenset("float double half long int bool to type type_as cpu cuda clone".split())


@dataclass(slots=True)
class _Work:
    """What was found so far: lines before the loop, edits inside of it, names that its lines still read."""

    loop: tree.For
    place: Place
    scope: Scope
    text: str
    still: Stillness
    index: str
    told: dict[str, tree.Expr] = field(default_factory=dict[str, tree.Expr])
    lines: list[str] = field(default_factory=list[str])
    edits: list[Edit] = field(default_factory=list[Edit])
    needed: set[str] = field(default_factory=set[str])
    taken: set[str] = field(default_factory=set[str])
    found: list[Finding] = field(default_factory=list[Finding])
    tries: int = 0


def ahead(loop: tree.For, place: Place, scope: Scope, text: str) -> Finding | None:
    """What a loop that stays computes for each iteration alone, computed at once before it; None if nothing is."""
    index = index_of(loop, scope)
    starts = [loop.span.start, *(s.span.start for s in loop.body)]
    if index is None or any(text[text.rfind("\n", 0, at) + 1 : at].strip() for at in starts):
        return None
    still = stillness(loop, scope)
    if still is None or not still.of(loop.iterable, frozenset()):
        return None
    work = _Work(loop, place, scope, text, still, index)
    body = tuple(always(loop.body))
    work.told = _told(body, work)
    rest = [s for s in loop.body if not _tells(s, work)]
    for statement in rest:
        _search(statement, statement in body, work)
    work.needed |= work.told.keys() & place.live
    for statement in reversed(body):
        if _tells(statement, work):
            _settle(statement, work)
    spans = sorted(edit.span for edit in work.edits)
    overlap = any(one.end > other.start for one, other in pairwise(spans))
    return _finding(work) if work.found and not overlap else None


# --- what can go ahead


def _told(body: tuple[tree.Stmt, ...], work: _Work) -> dict[str, tree.Expr]:
    """Names that each iteration gives one value which waits for no other, as expressions of what is still."""
    given: dict[str, int] = {}
    for statement in every_statement(work.loop.body):
        if isinstance(statement, tree.Assign | tree.Augment):
            for name in target_names(statement.target):
                given[name] = given.get(name, 0) + 1
    refused = work.still.dirty | {
        name
        for s in every_statement(work.loop.body)
        if isinstance(s, tree.For)
        for name in target_names(s.target)
    }
    told: dict[str, tree.Expr] = {}
    read: frozenset[str] = frozenset()
    for statement in body:
        # What is read before it is given is what the iteration before has left.
        carried, read = read, read | reads_of_block((statement,))
        match statement:
            case tree.Assign(target, value, _, None) if _can_go(value, told, work):
                names = list(target_names(target))
                if any(given[n] > 1 or n in refused | carried for n in names):
                    continue
                whole = _spelled(value, told)
                match target:
                    case tree.Name(name):
                        told[name] = whole
                    case tree.Display(_, items) if all(isinstance(i, tree.Name) for i in items):
                        for at, name in enumerate(names):
                            place = tree.Literal(at, value.span)
                            told[name] = tree.Item(whole, (place,), value.span)
                    case _:
                        pass
            case _:
                pass
    return told


def _tells(statement: tree.Stmt, work: _Work) -> bool:
    """Whether a statement of the body is one that gives names such values."""
    match statement:
        case tree.Assign(tree.Name() | tree.Display() as target):
            names = list(target_names(target))
            return bool(names) and all(n in work.told for n in names)
        case _:
            return False


def _spelled(expr: tree.Expr, told: Mapping[str, tree.Expr]) -> tree.Expr:
    """The expression with what names were told to be in their place."""

    def change(node: object) -> object:
        return told.get(node.id) if isinstance(node, tree.Name) else None

    return rewritten(expr, change)


def _can_go(expr: tree.Expr, told: Mapping[str, tree.Expr], work: _Work) -> bool:
    """Whether an expression reads nothing but what stays as it is, the iteration, and names told before."""
    own = frozenset(target_names(work.loop.target))
    return work.still.of(expr, own | told.keys()) and all(
        is_tensor(of, work.scope)
        for of in walked_by(expr, own)
        if not names_read(of) & (own | told.keys())
    )


def _weight(expr: tree.Expr, work: _Work) -> int:
    """How much an expression computes anew in every iteration."""
    if not varies(expr, work.loop):
        return 0
    match expr:
        case tree.Item(of, subscripts):
            # Places that are looked up: a gather.
            looked_up = any(varies(s, work.loop) for s in subscripts)
            return _ENOUGH * looked_up + _weight(of, work)
        case tree.Operator(op, operands):
            own = 2 if op == "@" else 1
            return own + sum(_weight(o, work) for o in operands)
        case tree.Call(tree.Field(of, name), args) if dotted(expr.func, work.scope) is None:
            own = 0 if name in _VIEWS else 1 if name in _LIGHT else 2
            return own + _weight(of, work) + sum(_weight(a, work) for a in args)
        case tree.Call(func, args) if (whole := dotted(func, work.scope)) is not None:
            own = 2 if whole.startswith("torch.") else 0
            return own + sum(_weight(a, work) for a in args)
        case tree.Field(of):
            return _weight(of, work)
        case _:
            return sum(_weight(part, work) for part in parts(expr))


# --- taking it ahead


def _search(statement: tree.Stmt, always: bool, work: _Work) -> None:
    """Look for work in a statement that stays; whatever else it reads is needed."""
    inside = [s for s in every_statement((statement,)) if s is not statement]
    work.needed |= reads_of_block(inside)
    match statement:
        case tree.Assign(target, value) | tree.Augment(target, _, value):
            work.needed |= names_read(target)
            asked: tuple[tree.Expr, ...] = (value,)
        case tree.Evaluate(value):
            asked = (value,)
        case tree.If(test):
            asked = (test,)
        case _:
            asked = tuple(own_expressions(statement))
            always = False
    # `a = b = x` is several statements of one text.
    alone = sum(s.span == statement.span for s in work.loop.body) == 1
    for expr in asked:
        if always and alone:
            _look(expr, _named_after(statement, expr), work, _is_changed(statement, work))
        else:
            work.needed |= names_read(expr)


def _is_changed(statement: tree.Stmt, work: _Work) -> bool:
    """Whether a statement gives its value a name under which it is changed in place."""
    if not isinstance(statement, tree.Assign):
        return isinstance(statement, tree.Evaluate)
    if isinstance(statement.target, tree.Item):
        # What is stored as it is would be computed here and copied there.
        return True
    return bool(work.still.dirty & frozenset(target_names(statement.target)))


def _look(expr: tree.Expr, hint: str, work: _Work, changed: bool) -> None:
    """Take the largest parts of an expression ahead that can go; `changed` ones keep memory of their own."""
    can = not changed and not isinstance(expr, tree.Name | tree.Literal)
    if can and _can_go(expr, work.told, work):
        new = _taken(expr, hint, work)
        if new is not None:
            work.edits.append(Edit(_with_parentheses(expr.span, work.text), new))
            return
    match expr:
        case tree.Choice(test, then, otherwise):
            _look(test, "", work, False)
            work.needed |= names_read(then) | names_read(otherwise)
        case tree.Junction(_, (first, *others)):
            _look(first, "", work, changed)
            for other in others:
                work.needed |= names_read(other)
        case tree.Name(name):
            work.needed.add(name)
        case tree.Comprehension() | tree.Opaque():
            work.needed |= names_read(expr)
        case tree.Item(of, subscripts):
            _look(of, "", work, changed)
            for subscript in subscripts:
                work.needed |= names_read(subscript)
        case tree.Operator(_, operands):
            # What an operator gives is new.
            for operand in operands:
                _look(operand, "", work, False)
        case tree.Call(tree.Field(of, "item" | "tolist"), ()):
            _look(of, hint, work, False)
        case tree.Call(func, (of,)) if dotted(func, work.scope) in _NUMBERS:
            _look(of, hint, work, False)
        case _:
            for part in parts(expr):
                _look(part, "", work, changed)


# Functions of Python that take a number out of a tensor.
_NUMBERS = frozenset({"builtins.int", "builtins.float", "builtins.bool"})


def _settle(statement: tree.Stmt, work: _Work) -> None:
    """A statement that gives names values of their own: taken ahead, left as it is, or not needed any more."""
    assert isinstance(statement, tree.Assign)
    together = [s for s in work.loop.body if s.span == statement.span]
    names = [n for s in together if isinstance(s, tree.Assign) for n in target_names(s.target)]
    if not any(name in work.needed or name not in work.told for name in names):
        edit = Edit(whole_lines(work.text, statement.span), "")
        work.edits += [] if edit in work.edits else [edit]
        return
    value = statement.value
    if len(together) > 1:
        # `a, b = x, y` is one statement of the text, and stays one.
        work.needed |= names_read(value)
        return
    match statement.target:
        case tree.Name(name):
            new = _taken(value, name, work)
            edit = Edit(_with_parentheses(value.span, work.text), new or "")
        case _:
            edit = new = _apart(statement, names, work)
    if new is None or edit is None:
        _look(value, names[0], work, False)
        return
    work.edits.append(edit)


def _apart(statement: tree.Assign, names: list[str], work: _Work) -> Edit | None:
    """`best, places = x[i].max(0)` with the results that are asked for taken ahead."""
    wanted = [name for name in names if name in work.needed]
    before = len(work.lines), len(work.found)
    items: list[str] = []
    for name in wanted:
        item = _taken(work.told[name], name, work, statement.value)
        if item is None:
            del work.lines[before[0] :], work.found[before[1] :]
            return None
        items.append(item)
    work.lines[before[0] :] = _joined(work.lines[before[0] :], work)
    return Edit(statement.span, f"{', '.join(wanted)} = {', '.join(items)}")


_RESULT = re.compile(r"(\w+) = (.+)(?:\[(\d)\]|\.(values|indices))")


def _joined(lines: list[str], work: _Work) -> list[str]:
    """`a = f(x)[0]` and `b = f(x)[1]` as `a, b = f(x)`."""
    if len(lines) != 2:
        return lines
    one, other = (_RESULT.fullmatch(line) for line in lines)
    if one is None or other is None or one[2] != other[2]:
        return lines
    first, second = (m[3] or str(int(m[4] == "indices")) for m in (one, other))
    return [f"{one[1]}, {other[1]} = {one[2]}"] if (first, second) == ("0", "1") else lines


def _taken(expr: tree.Expr, hint: str, work: _Work, shown: tree.Expr | None = None) -> str | None:
    """The item of a row of all values that stands for an expression, if there can be one."""
    whole = _spelled(expr, work.told)
    shares = sharers(shown or expr, work.scope)
    if _weight(whole, work) < _ENOUGH or work.tries >= _TRIES or shares:
        return None
    if not runs_without(whole, work.loop, work.scope):
        return None
    work.tries += 1
    name = _new_name(hint or _root_of(expr, work), work)
    found = _vectorized(whole, name, work)
    if found is None:
        return None
    finding, lines = found
    work.taken.add(name)
    work.found.append(finding)
    work.lines += lines
    return f"{name}[{work.index}]"


def _vectorized(expr: tree.Expr, name: str, work: _Work) -> tuple[Finding, list[str]] | None:
    """The lines that give all values of an expression one name, where they are safe."""
    torch = next((n for n, of in work.scope.world.imports.items() if of == "torch"), None)
    if torch is None or torch in work.scope.locals:
        return None
    loop, span = work.loop, work.loop.span
    clause = tree.Clause(loop.target, upward(loop.iterable, work.scope), ())
    inner = tree.Comprehension("list", expr, (clause,), span)
    stack = tree.Field(tree.Name(torch, span), "stack", span)
    call = tree.Call(stack, (inner,), (), span)
    statement = tree.Assign(tree.Name(name, span), call, span)
    live = work.place.live | reads_of_block((loop,))
    place = replace(work.place, block=(statement,), at=0, live=live, is_module=False)
    found = comprehension(call, place, work.scope, work.text)
    if not isinstance(found, Finding):
        return None
    action = found.actions[0]
    if action.applicability != "safe":
        return None
    codes = [e.text for e in action.edits if e.span == span]
    before = [e.text for e in action.edits if e.span == Span(span.start, span.start)]
    written = [e.text for e in action.edits]
    if any(".vmap(" in text for text in written):
        # Exact for tensors of any rank, but nothing that anybody would write.
        return None
    if work.index != work.index.split(" ", 1)[0] and any("arange(" in text for text in written):
        # A range that starts behind its end raises.
        return None
    if len(codes) != 1 or len(before) > 1 or len(action.edits) != len(codes) + len(before):
        return None
    lines = [line.strip() for text in before for line in text.splitlines() if line.strip()]
    # What is laid out on several lines needs the parentheses around it.
    code = codes[0] if "\n" in codes[0] else _bare(codes[0])
    return found, [*lines, f"{name} = {code}"]


# --- names and text


def _named_after(statement: tree.Stmt, expr: tree.Expr) -> str:
    """The name that a statement gives to the whole of an expression."""
    match statement:
        case tree.Assign(tree.Name(name), value) if value is expr:
            return name
        case _:
            return ""


def _root_of(expr: tree.Expr, work: _Work) -> str:
    """The first name in an expression of which the loop reads items."""
    own = frozenset(target_names(work.loop.target))
    for inner in walk_expr(expr):
        match inner:
            case tree.Item(tree.Name(name), subscripts) if any(
                names_read(s) & own for s in subscripts
            ):
                return name
            case tree.Item(tree.Field(_, name), subscripts) if any(
                names_read(s) & own for s in subscripts
            ):
                return name
            case tree.Name(name) if name in work.told:
                return name
            case _:
                pass
    return "value"


def _new_name(hint: str, work: _Work) -> str:
    """A name for all values of what one iteration calls `hint`."""
    many = f"{hint}s" if len(hint) > 2 and not hint.endswith("s") else f"all_{hint}"
    written = "\n".join((work.text, *work.lines))
    known = work.scope.locals | work.taken | set(re.findall(r"\w+", written))
    candidate, number = many, 2
    while candidate in known:
        candidate, number = f"all_{hint}" if number == 2 else f"all_{hint}_{number}", number + 1
    return candidate


def _bare(code: str) -> str:
    """Code without parentheses around the whole of it."""
    depth = 0
    for at, char in enumerate(code):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return code[1:-1] if char == ")" and at == len(code) - 1 and code[0] == "(" else code
    return code


def _with_parentheses(span: Span, text: str) -> Span:
    """The span with parentheses that are not those of a call, if they hold nothing else."""
    before, after = text[: span.start], text[span.end :]
    if not (before.endswith("(") and after.startswith(")")):
        return span
    outer = before[:-1].rstrip(" \t")
    if outer[-1:].isalnum() or outer[-1:] in {"_", ")", "]"}:
        return span
    return Span(span.start - 1, span.end + 1)


def _finding(work: _Work) -> Finding:
    loop, text = work.loop, work.text
    indent = margin(text, loop.span.start)
    newline = "\r\n" if "\r\n" in text else "\n"
    unit, width = indent_unit(text, loop), line_width(text)
    test = trips_test(loop, work.scope, text)
    inner = f"{indent}{unit}" if test else indent
    lines = [p for line in work.lines for p in laid_out(line, width, len(inner), unit)]
    if test:
        lines = [f"if {test}:", *(f"{unit}{line}" for line in lines)]
    head = "".join(f"{line}{newline}{indent}" for line in lines)
    first = Edit(Span(loop.span.start, loop.span.start), head)
    edits = tuple(sorted((first, *work.edits), key=lambda edit: edit.span))
    grade = max(work.found, key=lambda f: f.actions[0].grade).actions[0].grade
    names = " and ".join(f"`{name}`" for name in sorted(work.taken))
    title = f"Compute {names} before the loop"
    action = Action(title, edits, "safe", grade, preferred=True)
    parts_of = "part of what the loop computes waits for no other iteration: it can be done at once"
    numerics = next((f.numerics for f in work.found if f.actions[0].grade == grade), ())
    return Finding(
        work.found[0].code, parts_of, loop.span, loop.header,
        Span(loop.span.start, loop.span.end), (action,), numerics=numerics,
        inputs=inputs_of(loop, work.scope),
        outputs=tuple(sorted(names_bound((loop,)) & work.place.live)),
        changed=tuple(sorted(names_changed((loop,)))),
    )  # fmt: skip
