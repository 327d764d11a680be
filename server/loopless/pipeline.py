"""The line: text -> chunks -> loop nests -> facts -> plan -> edits, as one function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from loopless.emit.ahead import ahead
from loopless.emit.comprehensions import as_loop, comprehension, comprehensions_of, number_list
from loopless.emit.host_reads import host_reads
from loopless.emit.insert import read_beside, statement_of
from loopless.emit.place import Place
from loopless.emit.region import region
from loopless.facts.annotations import annotated
from loopless.facts.attributes import attributes_of
from loopless.facts.counted import is_search
from loopless.facts.enclosing import enter
from loopless.facts.entries import taken_by_key
from loopless.facts.evidence import Evidence, gather
from loopless.facts.fact import UNKNOWN, Fact
from loopless.facts.file import Context, Digest, File, digest, survey
from loopless.facts.infer import dotted, infer
from loopless.facts.liveness import Path, live_after, reads_of_block
from loopless.facts.scope import Scope, World, names_bound, target_names
from loopless.facts.statements import arms, havoc, step
from loopless.facts.units import Seen, Unit, units
from loopless.finding import Analysis, Finding, Missed, Options, Refusal, Span
from loopless.ir import tree
from loopless.ir.walk import every_statement, own_expressions, walk_expr
from loopless.source.chunks import Chunk, cut
from loopless.source.outline import outline
from loopless.source.recent import Recent, make_room
from loopless.source.shift import shifted, spread


def analyze(text: str, options: Options | None = None) -> Analysis:
    """Every finding and every refusal of a file, in order of place. Never raises on any text."""
    asked = options or Options()
    make_room(len(text))
    chunks = cut(text)
    file = survey([outline(chunk.text) for chunk in chunks])
    if not file.has_torch:
        return Analysis()
    findings: list[Finding] = []
    refusals: list[Refusal] = []
    for chunk, part in zip(chunks, file.parts, strict=True):
        if part is None or not part.has_loops:
            continue
        found = _placed(part, file.around(part), asked.stages, chunk.start)
        findings += found.findings
        refusals += found.refusals
    if any(part.has_loops_on_top for part in file.parts if part):
        found = _script(chunks, file, asked.stages)
        findings = sorted([*findings, *found.findings], key=lambda f: f.span)
        refusals = sorted([*refusals, *found.refusals], key=lambda r: r.span)
    if asked.select:
        findings = [f for f in findings if f.code in asked.select]
    findings = [f for f in findings if f.code not in asked.ignore]
    return Analysis(tuple(findings), tuple(refusals))


@dataclass(frozen=True, slots=True)
class _Report:
    """A body's text, the names that are read elsewhere, and what has been found so far."""

    text: str
    elsewhere: frozenset[str]
    findings: list[Finding]
    refusals: list[Refusal]
    stages: bool

    def add(self, found: Finding | Refusal) -> None:
        if isinstance(found, Finding):
            self.findings.append(found)
        else:
            self.refusals.append(found)


def _placed(part: Digest, context: Context, stages: bool, start: int) -> Analysis:
    """The findings of one chunk that starts at `start`: anew only if it, or what it sees of the file, has changed."""
    # Without itself, as what refers to itself is given back late.
    seen = (replace(context, parts=tuple(p for p in context.parts if p is not part)), stages)
    known = part.found.get(seen)
    if known is None and len(part.found) >= _CONTEXTS:
        part.found.clear()
    if known is None or known[0] != start:
        before, analysis = known or (0, _chunk(part, context, stages))
        known = part.found[seen] = (start, shifted(analysis, start - before))
    return known[1]


# In so many surroundings a chunk is remembered: before a key and after it, with the stages of the line and without.
_CONTEXTS = 4


def _chunk(part: Digest, context: Context, stages: bool) -> Analysis:
    """The findings of one chunk, those of a method only if it, or what it sees, has changed."""
    world = context.world()
    findings: list[Finding] = []
    refusals: list[Refusal] = []
    for unit in units(part, context, world):
        if any(_has_loop(function.body) for function in unit.functions):
            found = _UNITS.get(
                (unit.seen, stages),
                partial(_unit, unit, part.text, world, stages),
                len(unit.seen.text),
            )
            findings += shifted(found.findings, unit.start)
            refusals += shifted(found.refusals, unit.start)
    return Analysis(tuple(findings), tuple(refusals))


_UNITS: Recent[tuple[Seen, bool], Analysis] = Recent()


def _unit(unit: Unit, text: str, world: World, stages: bool) -> Analysis:
    """The findings of some functions, from where their text starts."""
    findings: list[Finding] = []
    refusals: list[Refusal] = []
    for function in unit.functions:
        if not function.is_lambda and _has_loop(function.body):
            report = _Report(text, function.global_names, findings, refusals, stages)
            _walk(function.body, (), _function_scope(function, world), report)
    return shifted(Analysis(tuple(findings), tuple(refusals)), -unit.start)


def _script(chunks: Sequence[Chunk], file: File, stages: bool) -> Analysis:
    """The findings of all statements at module level: they see one another, so they are read as one body.

    What only defines, or does not parse, is left out: a key in a function leaves the body what it was.
    """
    runs: list[tuple[int, int]] = []
    texts: list[str] = []
    size = 0
    for chunk, part in zip(chunks, file.parts, strict=True):
        if _on_top(part):
            runs.append((size, chunk.start))
            texts.append(chunk.text)
            size += len(chunk.text)
    body = digest("".join(texts))
    if body is None:
        return Analysis()
    elsewhere = frozenset(
        n for p in file.parts if p and not _on_top(p) for n in p.reads & body.binds
    )
    return spread(_top(body, file.around(body), elsewhere, stages), runs)


@lru_cache(maxsize=8)
def _top(script: Digest, context: Context, elsewhere: frozenset[str], stages: bool) -> Analysis:
    """The findings of the statements at module level."""
    body = script.module.body
    top = tuple(s for s in body if not isinstance(s, tree.Define))
    scope = _scope_for(top, (), context.world(), frozenset())
    report = _Report(script.text, elsewhere, [], [], stages)
    _walk(body, (), scope, report, is_module=True)
    return Analysis(tuple(report.findings), tuple(report.refusals))


def _on_top(part: Digest | None) -> bool:
    """Whether a chunk has statements of its own; functions and classes are known from their names."""
    return part is not None and not all(isinstance(s, tree.Define) for s in part.module.body)


def _has_loop(body: tuple[tree.Stmt, ...]) -> bool:
    return any(isinstance(s, tree.For) or any(comprehensions_of(s)) for s in every_statement(body))


def _function_scope(function: tree.Function, world: World) -> Scope:
    scope = _scope_for(function.body, function.params, world, function.global_names)
    scope.owner = function.owner
    if function.owner in world.classes and function.name != "__init__":
        scope.names.update(attributes_of(function.owner, world))
    for param in function.params:
        fact = UNKNOWN
        if param.annotation is not None:
            fact = annotated(param.annotation, scope, param.name)
        elif isinstance(param.default, tree.Literal) and param.default.value is not None:
            known = infer(param.default, scope)
            fact = Fact(known.kind) if known.is_number or known.kind == "str" else UNKNOWN
            if known.kind == "int":
                fact = Fact("number")
        if fact.kind != "unknown":
            scope.names[param.name] = fact
    for left, right in world.shared.get(function.name, ()):
        scope.alias(left, right)
    return scope


def _scope_for(
    body: tuple[tree.Stmt, ...],
    params: tuple[tree.Param, ...],
    world: World,
    shared: frozenset[str],
) -> Scope:
    local = names_bound(body) | {p.name for p in params}
    bare = Scope(world, {}, frozenset(), frozenset(local), {})
    evidence = gather(body, lambda expr: dotted(expr, bare), world.functions)
    names = _tensors(evidence, frozenset(p.name for p in params), world, body)
    asked = {p.name for p in params} & evidence.numbers - names - evidence.integers
    return Scope(
        world, {name: Fact("number", presumed=True) for name in asked}, names,
        frozenset(local - shared), {}, shown_rank=evidence.ranks, least_rank=evidence.least,
        integers=evidence.integers, weak=names - evidence.strong,
    )  # fmt: skip


def _tensors(
    evidence: Evidence, params: frozenset[str], world: World, body: tuple[tree.Stmt, ...]
) -> frozenset[str]:
    """Names that are taken for tensors (P1): shown as such, or used as one beside such names."""
    strong = set(evidence.strong)
    if not world.has_torch:
        return frozenset(strong)
    weak = evidence.stored | strong
    assigned = (s for s in every_statement(body) if isinstance(s, tree.Assign))
    bound = {name for s in assigned for name in target_names(s.target)}
    given = (params - bound) | taken_by_key(body)
    strong |= evidence.stored & given
    if weak:
        strong |= evidence.indexed & given
    return frozenset(strong)


def _walk(
    block: tuple[tree.Stmt, ...],
    path: Path,
    scope: Scope,
    report: _Report,
    looping: bool = False,
    is_module: bool = False,
) -> None:
    """Look at every loop of a block, outermost first, with the facts that hold in front of it."""
    for at, statement in enumerate(block):
        here: Path = (*path, (block, at, looping))
        taken: set[Span] = set()
        for call in _collecting(statement):
            if any(span.start <= call.span.start < span.end for span in taken):
                continue
            read = reads_of_block((statement,))
            live = live_after(here, read) | report.elsewhere | read_beside(call, statement)
            place = Place(block, at, live, is_module, report.stages)
            found = _guarded_call(call, place, scope, report.text)
            if found is not None:
                report.add(found)
                taken |= {a.span for a in call.args if isinstance(found, Finding)}
        for inner in comprehensions_of(statement):
            place = Place(block, at, frozenset(), is_module)
            if inner.span not in taken and statement_of(inner, place, report.text):
                found = _guarded_numbers(inner, place, scope, report.text)
                if found is not None:
                    report.add(found)
        match statement:
            case tree.For():
                named = names_bound(block[: at + 1]) | reads_of_block((statement,))
                live = live_after(here, named) | report.elsewhere
                place = Place(block, at, live, is_module, report.stages)
                found = (
                    _resumed(statement)
                    if looping and is_search(statement)
                    else _guarded(statement, place, scope, report.text)
                )
                report.add(_instead(found, statement, place, scope, report.text))
                if isinstance(found, Refusal):
                    _inside(statement, here, scope, report)
            case tree.While(_, body):
                inner = scope.copy()
                havoc(statement, inner)
                _walk(body, here, inner, report, looping=True)
            case tree.If(_, then, otherwise):
                for arm, known in zip((then, otherwise), arms(statement, scope), strict=True):
                    _walk(arm, here, known, report, is_module=is_module)
            case tree.Other():
                for inner_block in _uncaught(statement, report):
                    _walk(inner_block, here, scope.copy(), report, is_module=is_module)
            case _:
                pass
        step(statement, scope)


def _collecting(statement: tree.Stmt) -> Iterator[tree.Call]:
    """Calls of a statement with a comprehension as their argument."""
    for expr in own_expressions(statement):
        for inner in walk_expr(expr):
            match inner:
                case tree.Call(_, (tree.Comprehension(), *_)):
                    yield inner
                case _:
                    pass


def _uncaught(statement: tree.Other, report: _Report) -> tuple[tuple[tree.Stmt, ...], ...]:
    """The blocks of a statement, but for one whose exceptions are caught: its loops are left alone (T52)."""
    if statement.kind != "Catch" or not statement.blocks:
        return statement.blocks
    # The tensor form does not raise where the loop does, nor leaves behind what it had done by then.
    reason = "what the loop raises is caught, and the tensor form may not raise it"
    for loop in every_statement(statement.blocks[0]):
        if isinstance(loop, tree.For):
            missed = Missed("caught", reason, loop.header)
            report.add(Refusal(loop.span, loop.header, (missed,)))
    return statement.blocks[1:]


def _inside(loop: tree.For, here: Path, scope: Scope, report: _Report) -> None:
    """The loops inside of one that stays."""
    inner = scope.copy()
    havoc(loop, inner)
    enter(loop, inner)
    _walk(loop.body, here, inner, report, looping=True)


def _guarded_call(
    call: tree.Call, place: Place, scope: Scope, text: str
) -> Finding | Refusal | None:
    try:
        return comprehension(call, place, scope, text)
    except Exception as error:  # a "can't happen" costs one loop, not the file
        return _internal(error, call.span, call.span)


def _guarded(loop: tree.For, place: Place, scope: Scope, text: str) -> Finding | Refusal:
    try:
        return region(loop, place, scope, text)
    except Exception as error:  # a "can't happen" costs one loop, not the file
        return _internal(error, loop.span, loop.header)


def _resumed(loop: tree.For) -> Refusal:
    """A search inside of a loop that stays: step by step it may go on where the last one ended, and is short."""
    reason = "a search that starts anew in every iteration looks at more than one that goes on"
    return Refusal(loop.span, loop.header, (Missed("resumed", reason, loop.header),))


def _instead(
    found: Finding | Refusal, loop: tree.For, place: Place, scope: Scope, text: str
) -> Finding | Refusal:
    """What there is to gain in a loop that stays."""
    if isinstance(found, Finding):
        return found
    return (
        _guarded_reads(loop, place, scope, text)
        or _guarded_ahead(loop, place, scope, text)
        or found
    )


def _guarded_numbers(
    inner: tree.Comprehension, place: Place, scope: Scope, text: str
) -> Finding | None:
    """A comprehension that stays a list: of numbers read at once, or with its reads before it."""
    # A "can't happen" costs one offer, not the file.
    with suppress(Exception):
        if inner.kind == "list" and (found := number_list(inner, place, scope, text)):
            return found
    return _guarded_reads(as_loop(inner), place, scope, text)


def _guarded_reads(loop: tree.For, place: Place, scope: Scope, text: str) -> Finding | None:
    # A "can't happen" costs one offer, not the file.
    with suppress(Exception):
        return host_reads(loop, place, scope, text)
    return None


def _guarded_ahead(loop: tree.For, place: Place, scope: Scope, text: str) -> Finding | None:
    # A "can't happen" costs one offer, not the file.
    with suppress(Exception):
        return ahead(loop, place, scope, text)
    return None


def _internal(error: Exception, span: Span, header: Span) -> Refusal:
    reason = f"internal: {type(error).__name__}: {error}"
    return Refusal(span, header, (Missed("internal", reason, header),))
