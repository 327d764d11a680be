"""The line: text -> chunks -> loop nests -> facts -> plan -> edits, as one function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import combinations

from loopless.emit.region import Place, region
from loopless.facts.evidence import Evidence, gather
from loopless.facts.fact import UNKNOWN, Fact
from loopless.facts.infer import annotated, dotted, havoc, infer, step
from loopless.facts.liveness import Path, live_after, reads_of_block
from loopless.facts.scope import (
    Scope,
    World,
    every_statement,
    names_bound,
    own_expressions,
    root_name,
    target_names,
    walk_expr,
)
from loopless.finding import Analysis, Finding, Options, Refusal, Span
from loopless.ir import tree
from loopless.ir.lower import parse
from loopless.source.chunks import cut
from loopless.source.shift import shifted


def analyze(text: str, options: Options | None = None) -> Analysis:
    """Every finding and every refusal of a file, in order of place. Never raises on any text."""
    asked = options or Options()
    chunks = cut(text)
    modules = [(chunk, _parsed(chunk.text)) for chunk in chunks]
    findings: list[Finding] = []
    refusals: list[Refusal] = []
    shown = [module for _, module in modules if module is not None]
    if not any("torch" in whole for module in shown for _, whole in module.imports):
        return Analysis()
    world = _world(shown)
    outside = _module_reads(shown)
    for chunk, module in modules:
        if module is None or not _has_loop(module.body):
            continue
        found, missed = _chunk(chunk.text, module, world, outside)
        findings += [shifted(finding, chunk.start) for finding in found]
        refusals += [shifted(refusal, chunk.start) for refusal in missed]
    if asked.select:
        findings = [f for f in findings if f.code in asked.select]
    findings = [f for f in findings if f.code not in asked.ignore]
    return Analysis(tuple(findings), tuple(refusals))


@lru_cache(maxsize=4096)
def _parsed(text: str) -> tree.Module | None:
    return parse(text)


def _has_loop(body: tuple[tree.Stmt, ...]) -> bool:
    return True


def _world(modules: list[tree.Module]) -> World:
    imports: dict[str, str] = {}
    functions: dict[str, tree.Function] = {}
    classes: dict[str, tree.Class] = {}
    for module in modules:
        imports.update(module.imports)
        functions.update({f.name: f for f in module.functions})
        classes.update({c.name: c for c in module.classes})
    world = World(imports, functions, classes, {})
    return World(
        imports, functions, classes, _constants(modules, world), shared=_shared(modules, functions)
    )


def _shared(
    modules: list[tree.Module], functions: Mapping[str, tree.Function]
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Pairs of parameters that a call in the file gives the same name: they are one tensor there (P2)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for module in modules:
        for statement in _statements(module):
            for expr in own_expressions(statement):
                for inner in walk_expr(expr):
                    match inner:
                        case tree.Call(tree.Name(name), args) if name in functions:
                            params = [p.name for p in functions[name].params]
                            for (left, a), (right, b) in combinations(zip(params, args), 2):
                                first, second = root_name(a), root_name(b)
                                if first is not None and first == second and not _is_size(a) and not _is_size(b):
                                    found.setdefault(name, []).append((left, right))
                        case _:
                            pass
    return {name: tuple(pairs) for name, pairs in found.items()}


def _is_size(expr: tree.Expr) -> bool:
    match expr:
        case tree.Item(tree.Field(_, "shape")) | tree.Field(_, "shape") | tree.Call():
            return True
        case _:
            return False


def _statements(module: tree.Module) -> Iterator[tree.Stmt]:
    yield from every_statement(module.body)
    for function in _functions(module.body):
        yield from every_statement(function.body)


def _constants(modules: list[tree.Module], world: World) -> dict[str, Fact]:
    """Module-level names that are bound once, to a number."""
    found: dict[str, Fact] = {}
    counts: dict[str, int] = {}
    scope = Scope(world, {}, frozenset(), frozenset(), {})
    for module in modules:
        for name in names_bound(module.body):
            counts[name] = counts.get(name, 0) + 1
        for statement in module.body:
            match statement:
                case tree.Assign(tree.Name(name), tree.Literal() as value):
                    found[name] = infer(value, scope)
                case _:
                    pass
    return {name: fact for name, fact in found.items() if counts.get(name) == 1}


def _module_reads(modules: list[tree.Module]) -> frozenset[str]:
    return frozenset(name for module in modules for name in reads_of_block(module.body))


def _chunk(
    text: str, module: tree.Module, world: World, outside: frozenset[str]
) -> tuple[list[Finding], list[Refusal]]:
    findings: list[Finding] = []
    refusals: list[Refusal] = []
    for function in _functions(module.body):
        scope = _function_scope(function, world)
        _walk(function.body, (), scope, text, findings, refusals, frozenset(function.global_names))
    top = tuple(s for s in module.body if not isinstance(s, tree.Define))
    if top:
        scope = _scope_for(top, (), world, frozenset())
        _walk(module.body, (), scope, text, findings, refusals, outside, is_module=True)
    return findings, refusals


def _functions(body: tuple[tree.Stmt, ...]) -> Iterator[tree.Function]:
    for statement in every_statement(body):
        match statement:
            case tree.Define(_, function, owner):
                if function is not None:
                    yield function
                    yield from _functions(function.body)
                if owner is not None:
                    for method in owner.methods:
                        yield method
                        yield from _functions(method.body)
            case _:
                pass


def _function_scope(function: tree.Function, world: World) -> Scope:
    scope = _scope_for(function.body, function.params, world, function.global_names)
    scope.owner = function.owner
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
    evidence = gather(body, lambda expr: dotted(expr, bare))
    names = _tensors(evidence, frozenset(p.name for p in params), world, body)
    ranks: Mapping[str, int] = evidence.ranks
    return Scope(world, {}, names, frozenset(local - shared), {}, shown_rank=ranks, 
        least_rank=evidence.least, integers=evidence.integers,
    )  # fmt: skip


def _tensors(
    evidence: Evidence, params: frozenset[str], world: World, body: tuple[tree.Stmt, ...]
) -> frozenset[str]:
    """Names that are taken for tensors (P1): shown as such, or used as one beside such names."""
    strong = set(evidence.strong)
    if not world.has_torch:
        return frozenset(strong)
    weak = set(evidence.stored) | strong
    bound = {n for s in every_statement(body) if isinstance(s, tree.Assign) for n in target_names(s.target)}
    strong |= {name for name in evidence.stored & params if name not in bound}
    if weak:
        strong |= evidence.indexed & params - bound
    return frozenset(strong)


def _walk(
    block: tuple[tree.Stmt, ...],
    path: Path,
    scope: Scope,
    text: str,
    findings: list[Finding],
    refusals: list[Refusal],
    extra: frozenset[str],
    looping: bool = False,
    is_module: bool = False,
) -> None:
    """Look at every loop of a block, outermost first, with the facts that hold in front of it."""
    for at, statement in enumerate(block):
        here: Path = (*path, (block, at, looping))
        match statement:
            case tree.For():
                live = live_after(here) | extra
                found = _guarded(statement, Place(block, at, live, is_module), scope, text)
                if isinstance(found, Finding):
                    findings.append(found)
                else:
                    refusals.append(found)
                    _inside(statement, here, scope, text, findings, refusals, extra)
            case tree.While(_, body):
                inner = scope.copy()
                havoc(statement, inner)
                _walk(body, here, inner, text, findings, refusals, extra, looping=True)
            case tree.If(_, then, otherwise):
                for arm in (then, otherwise):
                    _walk(arm, here, scope.copy(), text, findings, refusals, extra, is_module=is_module)
            case tree.Other(_, _, _, blocks):
                for inner_block in blocks:
                    _walk(inner_block, here, scope.copy(), text, findings, refusals, extra, is_module=is_module)
            case _:
                pass
        step(statement, scope)


def _inside(
    loop: tree.For,
    here: Path,
    scope: Scope,
    text: str,
    findings: list[Finding],
    refusals: list[Refusal],
    extra: frozenset[str],
) -> None:
    """The loops inside of one that stays."""
    inner = scope.copy()
    havoc(loop, inner)
    match loop.iterable:
        case tree.Call(tree.Name("range")) if isinstance(loop.target, tree.Name):
            inner.bind(loop.target.id, Fact("int"))
        case _:
            pass
    _walk(loop.body, here, inner, text, findings, refusals, extra, looping=True)


def _guarded(loop: tree.For, place: Place, scope: Scope, text: str) -> Finding | Refusal:
    """User code cannot make a stage raise: a "can't happen" costs one loop, not the file."""
    from loopless.finding import Missed

    try:
        return region(loop, place, scope, text)
    except (RecursionError, AssertionError, KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        reason = f"internal: {type(error).__name__}: {error}"
        return Refusal(loop.span, loop.header, (Missed("internal", reason, Span(loop.span.start, loop.span.end)),))
