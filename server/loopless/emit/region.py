"""One loop with the statements that belong to it -> a finding with its edits, or every reason why not."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace

from loopless.catalog import slug_of
from loopless.emit.collect import Collector, code_of, collected, find_collector
from loopless.emit.comments import comments_of
from loopless.emit.comprehensions import ITEMS, TOTAL, spelled_out
from loopless.emit.draft import Draft, Setting
from loopless.emit.inputs import inputs_of
from loopless.emit.lines import (
    header_text,
    import_torch,
    indent_unit,
    line_end,
    margin,
    whole_lines,
)
from loopless.emit.statements import expression, live_final, statements
from loopless.emit.unprintable import Unprintable
from loopless.facts.fact import Fact
from loopless.facts.liveness import reads_of_block
from loopless.facts.scope import (
    Scope,
    every_statement,
    names_bound,
    names_changed,
    own_expressions,
    target_names,
    walk_expr,
)
from loopless.finding import Action, Edit, Finding, Missed, Refusal, Span
from loopless.ir import tree
from loopless.ir.poly import Dim, Poly, Symbol, poly
from loopless.ir.value import Int, Read, Ref, Value, reads_of, sub_polys, walk
from loopless.lift.context import Frame, Lifting, Unbound
from loopless.lift.execute import Executor
from loopless.lift.piece import Append, Kept, Piece, Write
from loopless.lift.stop import StopLifting


@dataclass(frozen=True, slots=True)
class Place:
    """Where a loop stands: its block, its place in it, and what is read afterwards."""

    block: tuple[tree.Stmt, ...]
    at: int
    live: frozenset[str]
    is_module: bool


def region(loop: tree.For, place: Place, scope: Scope, text: str) -> Finding | Refusal:
    """Lift one loop and print it; where ranks decide, also as it reads if they are assumed."""
    found = _attempt(loop, place, scope, text, clean=False)
    unsure = isinstance(found, Refusal) and any(m.code == "unknown-rank" for m in found.reasons)
    exact = isinstance(found, Finding) and any(
        ".movedim(" in e.text for e in found.actions[0].edits
    )
    if not (unsure or exact):
        return found
    other = _attempt(loop, place, scope, text, clean=True)
    if isinstance(other, Refusal) or not other.actions[0].assumptions:
        return found
    if isinstance(found, Refusal):
        return other
    return replace(found, actions=(*found.actions, *other.actions))


def _attempt(
    loop: tree.For, place: Place, scope: Scope, text: str, *, clean: bool
) -> Finding | Refusal:
    try:
        return _region(loop, place, scope, text, clean=clean)
    except StopLifting as stopped:
        return Refusal(loop.span, loop.header, (stopped.missed,))
    except Unprintable as gave_up:
        missed = Missed(gave_up.code, gave_up.reason, loop.header)
        return Refusal(loop.span, loop.header, (missed,))


def _region(
    loop: tree.For, place: Place, scope: Scope, text: str, *, clean: bool
) -> Finding | Refusal:
    bound = names_bound((loop,))
    live = frozenset(name for name in bound if name in place.live)
    lifting = Lifting(
        scope.copy(),
        loop_names=bound,
        live=live,
        augmented=_augmented(loop),
        changed=_changed(loop, scope),
    )
    lifting.temps |= set(scope.locals) | set(scope.names)
    ranks = _first_pass(loop, lifting)
    if ranks is not None:
        lifting = ranks
    frame = Frame({}, [])
    Executor(lifting).loop(loop, frame)
    pieces = list(frame.pieces)
    setting = replace(_setting(loop, lifting, text), clean=clean)
    draft = Draft()
    appends = [p for p in pieces if isinstance(p, Append)]
    rest = [p for p in pieces if not isinstance(p, Append)]
    edits: list[Edit] = []
    statements(rest, setting, draft)
    pieces += _finals(loop, live, frame, setting, draft, lifting)
    collectors: list[tuple[Append, Collector]] = []
    for append in appends:
        _refuse_later_writes(append, pieces, setting)
        collector = find_collector(append, place.block, place.at, lifting.scope)
        collectors.append((append, collector))
    for append, collector in collectors:
        edits += collected(append, collector, setting, draft, text, place.block, place.at)
    if not draft.lines and not appends:
        return Refusal(
            loop.span,
            loop.header,
            (Missed("no-effect", "the loop computes nothing that is used", loop.header),),
        )
    if _gains_nothing(pieces, loop):
        misses = tuple(lifting.misses) or (
            Missed("carried-value", "every level has to run in order", loop.header),
        )
        return Refusal(loop.span, loop.header, misses)
    return _finding(loop, place, text, pieces, draft, edits, lifting, setting, collectors)


def comprehension(
    call: tree.Call, place: Place, scope: Scope, text: str
) -> Finding | Refusal | None:
    """The same for `torch.stack([f(x) for x in xs])` and `sum(f(x) for x in xs)`."""
    plan = spelled_out(call, scope)
    if plan is None:
        return None
    loop, collector = plan
    try:
        return _collected_region(loop, call, collector, place, scope, text)
    except StopLifting as stopped:
        return Refusal(call.span, call.span, (stopped.missed,))
    except Unprintable as gave_up:
        return Refusal(call.span, call.span, (Missed(gave_up.code, gave_up.reason, call.span),))


def _collected_region(
    loop: tree.For,
    call: tree.Call,
    collector: Collector | None,
    place: Place,
    scope: Scope,
    text: str,
) -> Finding | Refusal:
    bound = names_bound((loop,))
    own = scope.copy()
    own.names[ITEMS] = Fact("list")
    own.names[TOTAL] = Fact("int", poly=poly(0), literal=0)
    own.locals = own.locals | {ITEMS, TOTAL} | bound
    lifting = Lifting(own, loop_names=bound, live=frozenset({TOTAL}) & bound)
    learned = _first_pass(loop, lifting)
    lifting = learned or lifting
    frame = Frame({}, [])
    Executor(lifting).loop(loop, frame)
    setting = replace(_setting(loop, lifting, text), indent="    ")
    draft = Draft()
    appends = [p for p in frame.pieces if isinstance(p, Append)]
    pieces: list[Piece] = list(frame.pieces)
    if collector is not None:
        if len(appends) != 1 or len(frame.pieces) != 1:
            raise Unprintable("comprehension", "the comprehension does more than collect")
        code = code_of(appends[0], collector, setting, draft)
        collectors = [(appends[0], collector)]
    else:
        total = frame.env.get(TOTAL)
        if frame.pieces or total is None or isinstance(total, Unbound):
            raise Unprintable("comprehension", "the comprehension does more than add up")
        code = expression(total, setting, draft)
        pieces = [Write(TOTAL, (), None, total, None, (), call.span)]
        collectors = []
    if draft.lines:
        raise Unprintable("comprehension", "the comprehension needs statements")
    edits = [Edit(call.span, code)]
    header = Span(call.span.start, min(call.span.end, line_end(text, call.span.start)))
    synthetic = replace(loop, span=call.span, header=header)
    return _finished(synthetic, place, text, pieces, draft, edits, lifting, setting, collectors)


def _refuse_later_writes(append: Append, pieces: list[Piece], setting: Setting) -> None:
    """Items are computed where the list is collected: what they read must not change until then."""
    if isinstance(append.value, Read) and append.when is None:
        # A view of what it was taken from, in the list as well (trap T19).
        return
    values = [append.value] if append.when is None else [append.value, append.when]
    roots = {read.root for value in values for read in reads_of(value)}
    for piece in _all(pieces[pieces.index(append) + 1 :]):
        if (
            isinstance(piece, Write)
            and piece.subs
            and any(piece.root == r or setting.scope.may_alias(piece.root, r) for r in roots)
        ):
            raise Unprintable(
                "list-used", f"`{piece.root}` changes after it was used for an item of the list"
            )


def _first_pass(loop: tree.For, lifting: Lifting) -> Lifting | None:
    """Stores show the ranks of what is stored: lift once to learn them, then for good."""
    trial = Lifting(
        lifting.scope.copy(), loop_names=lifting.loop_names, live=lifting.live, augmented=lifting.augmented,
        changed=lifting.changed,
    )  # fmt: skip
    with suppress(StopLifting):
        Executor(trial).loop(loop, Frame({}, []))
    if not trial.learned:
        return None
    scope = lifting.scope
    for root, rank in trial.learned.items():
        fact = scope.names.get(root, scope.fact(root))
        if fact.is_tensor and scope.shown(root) is None and fact.like is None:
            dims = tuple(poly(Dim(root, k)) for k in range(rank))
            scope.names[root] = fact.but(dims=dims, dtype=fact.dtype or f"of:{root}")
    return lifting


def _gains_nothing(pieces: list[Piece], loop: tree.For) -> bool:
    """Whether every level of the source is still a loop."""
    before = sum(isinstance(s, tree.For) for s in every_statement((loop,)))
    kept = _kept_levels(pieces)
    return kept > 0 and kept >= before


def _kept_levels(pieces: list[Piece] | tuple[Piece, ...]) -> int:
    total = 0
    for piece in pieces:
        if isinstance(piece, Kept):
            total += 1 + _kept_levels(piece.pieces)
    return total


def _finals(
    loop: tree.For,
    live: frozenset[str],
    frame: Frame,
    setting: Setting,
    draft: Draft,
    lifting: Lifting,
) -> list[Piece]:
    """Names that are read after the loop get the value that it would have left; as pieces."""
    kept = {p.root for p in _all(frame.pieces) if isinstance(p, Write) and not p.subs}
    order = [name for name in _in_order(loop) if name in live]
    values: dict[str, Value] = {}
    for name in order:
        value = frame.env.get(name)
        if name in kept or value is None:
            continue
        if isinstance(value, Unbound):
            raise StopLifting(Missed("last-value", value.reason, loop.header))
        values[name] = value
    values = _readers_first(values, loop)
    carried = {p.root for p in _all(frame.pieces) if isinstance(p, Write) and p.subs}
    for name, value in values.items():
        changed = {r.root for r in reads_of(value) if r.subs} & carried
        if changed and any(isinstance(p, Kept) for p in frame.pieces):
            raise StopLifting(Missed("last-value", f"`{name}` is read after the loop", loop.header))
        live_final(name, value, setting, draft, lifting.outermost)
    return [Write(name, (), None, value, None, (), loop.span) for name, value in values.items()]


def _readers_first(values: dict[str, Value], loop: tree.For) -> dict[str, Value]:
    """Statements run one after the other: who reads the old value of a name comes before that name."""
    order: dict[str, Value] = {}
    left = dict(values)
    while left:
        ready = next(
            (
                n
                for n in left
                if not any(n in _mentioned(v) for other, v in left.items() if other != n)
            ),
            None,
        )
        if ready is None:
            raise StopLifting(
                Missed("last-value", "values after the loop depend on one another", loop.header)
            )
        order = {ready: left.pop(ready), **order}
    return dict(reversed(list(order.items())))


def _mentioned(value: Value) -> set[str]:
    return _refs(value) | {read.root for read in reads_of(value)}


def _refs(value: Value) -> set[str]:
    found: set[str] = set()
    for inner in walk(value):
        match inner:
            case Ref(text):
                found.add(text)
            case Int(p):
                found |= {a.name for a in p.atoms() if isinstance(a, Symbol)}
            case Read(_, subs):
                for p in sub_polys(subs):
                    found |= {a.name for a in p.atoms() if isinstance(a, Symbol)}
            case _:
                pass
    return found


def _in_order(loop: tree.For) -> list[str]:
    """Names bound in the loop, in the order of the text."""
    found: dict[str, None] = dict.fromkeys(target_names(loop.target))
    for statement in every_statement(loop.body):
        match statement:
            case tree.Assign(target) | tree.Augment(target):
                found |= dict.fromkeys(target_names(target))
            case tree.For(target):
                found |= dict.fromkeys(target_names(target))
            case _:
                pass
    return list(found)


def _all(pieces: list[Piece] | tuple[Piece, ...]) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces:
        found.append(piece)
        if isinstance(piece, Kept):
            found += _all(piece.pieces)
    return found


# --- text


def _setting(loop: tree.For, lifting: Lifting, text: str) -> Setting:
    headers = {loop.span.start: header_text(text, loop)}
    for statement in every_statement(loop.body):
        if isinstance(statement, tree.For):
            headers[statement.span.start] = header_text(text, statement)
    return Setting(
        lifting.scope, lifting, _size_names(lifting.scope), headers,
        _device_root(loop, lifting.scope), indent_unit(text, loop), augmented=_augmented(loop),
    )  # fmt: skip


def _changed(loop: tree.For, scope: Scope) -> frozenset[str]:
    """Tensors that the loop changes in place, under all of their names."""
    found = {n for n in names_changed((loop,)) if scope.fact(n).is_tensor}
    return frozenset(found | {other for n in found for other in scope.aliases.get(n, ())})


def _augmented(loop: tree.For) -> frozenset[str]:
    """Names that the loop changes with an augmented assignment: in place, where they are tensors."""
    return frozenset(
        s.target.id
        for s in every_statement(loop.body)
        if isinstance(s, tree.Augment) and isinstance(s.target, tree.Name)
    )


def _size_names(scope: Scope) -> dict[Poly, str]:
    """Names that the user gave to sizes, first come first served."""
    names: dict[Poly, str] = {}
    for name, fact in scope.names.items():
        if (
            fact.kind in {"int", "unknown"}
            and fact.poly is not None
            and fact.poly.atoms()
            and fact.poly != poly(Symbol(name))
            and fact.poly not in names
            and name in scope.locals
        ):
            names[fact.poly] = name
    for name in sorted(scope.locals):
        if not scope.fact(name).is_tensor:
            names.setdefault(poly(Dim(name, 0)), f"len({name})")
    return names


def _device_root(loop: tree.For, scope: Scope) -> str | None:
    """A tensor of the loop whose device is not known to be the CPU."""
    for statement in every_statement((loop,)):
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Item(tree.Name(name)):
                        fact = scope.fact(name)
                        if fact.is_tensor and not (fact.fresh and fact.like is None):
                            return name
                    case tree.Name(name) if statement is loop and expr is loop.iterable:
                        if scope.fact(name).is_tensor:
                            return name
                    case _:
                        pass
    return None


def _finding(
    loop: tree.For,
    place: Place,
    text: str,
    pieces: list[Piece],
    draft: Draft,
    edits: list[Edit],
    lifting: Lifting,
    setting: Setting,
    collectors: list[tuple[Append, Collector]],
) -> Finding:
    comments = comments_of(text[loop.span.start : loop.span.end])
    lines = [*comments, *_named_ranges(draft, names_bound((loop,)) - place.live)]
    edits = [*_dead_starts(loop, place, draft, text), *edits]
    if lines:
        newline = "\r\n" if "\r\n" in text else "\n"
        indent = margin(text, loop.span.start)
        edits.append(Edit(loop.span, (newline + indent).join(lines)))
    else:
        edits.append(Edit(whole_lines(text, loop.span), ""))
    return _finished(loop, place, text, pieces, draft, edits, lifting, setting, collectors)


def _finished(
    loop: tree.For,
    place: Place,
    text: str,
    pieces: list[Piece],
    draft: Draft,
    edits: list[Edit],
    lifting: Lifting,
    setting: Setting,
    collectors: list[tuple[Append, Collector]],
) -> Finding:
    """The finding, once all edits are there."""
    if draft.needs_torch:
        edits.append(import_torch(text))
    edits = sorted(dict.fromkeys(edits), key=lambda edit: edit.span)
    assumptions = tuple(dict.fromkeys([*lifting.assumptions, *draft.assumptions]))
    slug, message = slug_of(pieces, collectors, setting.scope)
    shown = draft.lines[-1] if draft.lines else next((e.text for e in edits if e.text), "")
    title = _title(shown, assumptions, bool(draft.kept))
    action = Action(
        title,
        tuple(edits),
        "unsafe" if assumptions else "safe",
        draft.grade,
        assumptions,
        preferred=not assumptions,
    )
    region_span = Span(
        min(e.span.start for e in edits if e.text or e.span.end > e.span.start),
        max(e.span.end for e in edits),
    )
    changed = tuple(sorted({p.root for p in _all(pieces) if isinstance(p, Write) and p.subs}))
    outputs = tuple(sorted({*changed, *(n for n in names_bound((loop,)) if n in place.live)}))
    numerics = _numerics(draft.grade)
    return Finding(
        slug, message, loop.span, loop.header, region_span, (action,),
        reasons=tuple(m.reason for m in lifting.misses), numerics=numerics,
        inputs=inputs_of(loop, setting.scope), outputs=outputs, changed=changed,
    )  # fmt: skip


def _named_ranges(draft: Draft, free: frozenset[str]) -> list[str]:
    """The lines of a draft; a range that they spell more than once gets the name of its loop variable."""
    lines = list(draft.lines)
    if draft.kept:
        return lines
    first: list[str] = []
    for text, name in draft.ranges.items():
        word = re.compile(rf"\b{re.escape(name)}\b")
        count = sum(line.count(text) for line in lines)
        taken = any(word.search(line) for line in (*lines, *first))
        if count < 2 or name not in free or taken:
            continue
        first.append(f"{name} = {text}")
        lines = [line.replace(text, name) for line in lines]
    return [*first, *lines]


def _numerics(grade: str) -> tuple[str, ...]:
    return {
        "E0": ("the same bits",),
        "E1": ("sums or kernels run in another order: the last bits may differ",),
        "E2": ("sums are more accurate than the loop's",),
    }.get(grade, ())


def _title(line: str, assumptions: tuple[str, ...], partial: bool) -> str:
    text = line.strip()
    if len(text) > 60:
        text = text[:57] + "…"
    head = "Vectorize the inner loops" if partial else "Vectorize"
    tail = f" (assumes {'; '.join(assumptions)})" if assumptions else ""
    return f"{head}: {text}{tail}"


def _dead_starts(loop: tree.For, place: Place, draft: Draft, text: str) -> list[Edit]:
    """`total = 0` before the loop, where the rewrite gives `total` its value without it."""
    edits: list[Edit] = []
    for name in sorted(names_bound((loop,))):
        given = [line for line in draft.lines if line.startswith(f"{name} = ")]
        if len(given) != 1 or draft.kept:
            continue
        at = place.at - 1
        while at >= 0:
            statement = place.block[at]
            match statement:
                case tree.Assign(tree.Name(bound), tree.Literal()) if bound == name:
                    if not _reads_name(name, place.block[at + 1 : place.at], draft):
                        edits.append(Edit(whole_lines(text, statement.span), ""))
                    break
                case tree.Assign(tree.Name(), _):
                    at -= 1
                case _:
                    break
    return edits


def _reads_name(name: str, between: tuple[tree.Stmt, ...], draft: Draft) -> bool:
    if name in reads_of_block(between):
        return True
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(
        len(word.findall(line)) > (1 if line.startswith(f"{name} = ") else 0)
        for line in draft.lines
    )
