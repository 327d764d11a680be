"""What a whole file shows: the digest of each chunk, and of the others what one chunk can see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations

from loopless.facts.counted import with_counted_loops
from loopless.facts.fact import UNKNOWN, Fact
from loopless.facts.infer import infer
from loopless.facts.liveness import reads_of_block
from loopless.facts.scope import Scope, World, names_bound, root_name, target_names
from loopless.facts.standing import Handling, classes_of, handling, standing_layer, touched
from loopless.finding import Analysis
from loopless.ir import tree
from loopless.ir.lower import parse
from loopless.ir.walk import every_statement, own_expressions, walk_expr
from loopless.source.outline import Outline
from loopless.source.recent import recent

Calls = tuple[tuple[str, tuple[str | None, ...]], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Digest:
    """One chunk, read once: the same text gives the same object."""

    text: str
    module: tree.Module
    imports: tuple[tuple[str, str], ...]
    reads: frozenset[str]
    binds: frozenset[str]
    constants: tuple[tuple[str, Fact], ...]
    calls: Calls
    has_loops: bool
    has_loops_on_top: bool
    # Names that functions of the chunk bind at module level, and those that its own statements rebind.
    declared: frozenset[str] = frozenset()
    assigned: frozenset[str] = frozenset()
    # Names to which its top-level statements give what a call returns.
    made: frozenset[str] = frozenset()
    # What was found in the chunk, by what it saw of its file: it lives and dies with the chunk.
    found: dict[object, tuple[int, Analysis]] = field(
        default_factory=dict[object, "tuple[int, Analysis]"], repr=False
    )


@recent
def digest(text: str) -> Digest | None:
    """What a chunk shows, None where it does not parse."""
    module = parse(text)
    if module is None:
        return None
    if "while" in text:
        module = with_counted_loops(module)
    statements = list(_statements(module))
    loops = any(map(may_loop, statements))
    return Digest(
        text, module, module.imports, reads_of_block(module.body), names_bound(module.body),
        tuple(_constants(module)), tuple(_calls(statements)), loops,
        any(may_loop(s) for s in every_statement(module.body)),
        frozenset(n for f in functions_of(module.body) for n in f.global_names),
        frozenset(_assigned(module)), frozenset(_made(module)),
    )  # fmt: skip


def may_loop(statement: tree.Stmt) -> bool:
    """Whether a statement is a loop or holds a comprehension."""
    if isinstance(statement, tree.For):
        return True
    return any(
        isinstance(inner, tree.Comprehension)
        for expr in own_expressions(statement)
        for inner in walk_expr(expr)
    )


def functions_of(body: tuple[tree.Stmt, ...]) -> Iterator[tree.Function]:
    """Every function of a block: methods and those inside of others as well."""
    for statement in every_statement(body):
        match statement:
            case tree.Define(_, function, owner):
                if function is not None:
                    yield function
                    yield from functions_of(function.body)
                if owner is not None:
                    for method in owner.methods:
                        yield method
                        yield from functions_of(method.body)
            case _:
                pass


def _statements(module: tree.Module) -> Iterator[tree.Stmt]:
    yield from every_statement(module.body)
    for function in functions_of(module.body):
        yield from every_statement(function.body)


def _constants(module: tree.Module) -> Iterator[tuple[str, Fact]]:
    """Names that the chunk binds to a number at module level."""
    scope = Scope(World({}, {}, {}, {}), {}, frozenset(), frozenset(), {})
    for statement in module.body:
        match statement:
            case tree.Assign(tree.Name(name), tree.Literal() as value):
                yield name, infer(value, scope)
            case _:
                pass


def _assigned(module: tree.Module) -> Iterator[str]:
    """Names that top-level statements bind to something other than None."""
    for statement in module.body:
        match statement:
            case tree.Assign(tree.Name(), tree.Literal(None)):
                pass
            case tree.Assign(target) | tree.Augment(target) | tree.For(target):
                yield from target_names(target)
            case _:
                pass


def _made(module: tree.Module) -> Iterator[str]:
    """Names that top-level statements bind to what a call returns."""
    for statement in module.body:
        match statement:
            case tree.Assign(tree.Name(name), tree.Call()):
                yield name
            case _:
                pass


def _calls(statements: Sequence[tree.Stmt]) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    """Calls of plain names, with the name at the root of each argument that is a tensor's name or part."""
    for statement in statements:
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Call(tree.Name(name), args) if len(args) > 1:
                        yield name, tuple(None if _is_size(a) else root_name(a) for a in args)
                    case _:
                        pass


def _is_size(expr: tree.Expr) -> bool:
    match expr:
        case tree.Item(tree.Field(_, "shape")) | tree.Field(_, "shape") | tree.Call():
            return True
        case _:
            return False


@dataclass(frozen=True, slots=True)
class Context:
    """What one chunk can see of its file, comparable, so that its findings can be kept."""

    imports: tuple[tuple[str, str], ...]
    parts: tuple[Digest, ...]
    constants: tuple[tuple[str, Fact], ...]
    shared: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]

    def world(self) -> World:
        """The same as the scope of a function asks for it."""
        functions = {f.name: f for part in self.parts for f in part.module.functions}
        classes = {c.name: c for part in self.parts for c in part.module.classes}
        return World(
            dict(self.imports), functions, classes, dict(self.constants), shared=dict(self.shared)
        )


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """All chunks of a file. A part is None where its chunk does not parse, or matters only to who calls it."""

    parts: tuple[Digest | None, ...]
    imports: tuple[tuple[str, str], ...]
    homes: Mapping[str, str]
    constants: Mapping[str, Fact]
    shared: Mapping[str, tuple[tuple[str, str], ...]]

    @property
    def has_torch(self) -> bool:
        """Whether the file imports torch or a part of it."""
        return any(_is_torch(whole) for _, whole in self.imports)

    def around(self, part: Digest) -> Context:
        """What `part` can see: the functions and classes that it names, and those that they name."""
        seen: set[str] = set()
        waiting = [part]
        parts: list[Digest] = [part]
        while waiting:
            for name in self._named_by(waiting.pop()):
                home = digest(self.homes[name]) if name in self.homes else None
                if home is not None and name not in seen:
                    seen.add(name)
                    if home not in parts:
                        parts.append(home)
                        waiting.append(home)
        named = frozenset(name for p in parts for name in p.reads)
        shared = tuple((n, pairs) for n, pairs in self.shared.items() if n in part.binds)
        constants = tuple((n, f) for n, f in sorted(self.constants.items()) if n in named)
        imports = tuple((n, w) for n, w in self.imports if n in named or w == "torch")
        ordered = tuple(sorted(parts, key=lambda p: p.text))
        return Context(imports, ordered, constants, shared)

    def _named_by(self, part: Digest) -> Iterator[str]:
        """The names that a chunk reads, and the classes of the layers among them."""
        for name in part.reads:
            yield name
            yield from classes_of(self.constants.get(name, UNKNOWN))


def survey(sketch: Sequence[Outline]) -> File:
    """What the chunks of a file show together, reading no more of them than its loops need."""
    if not any(seen.may_loop for seen in sketch) or not any("torch" in s.text for s in sketch):
        return File((None,) * len(sketch), (), {}, {}, {})
    parts = _read(sketch)
    imports = dict(pair for part in parts if part for pair in part.imports)
    homes: dict[str, str] = {}
    counts: dict[str, int] = {}
    for seen, part in zip(sketch, parts, strict=True):
        for name in part.binds if part else (seen.defines,):
            counts[name] = counts.get(name, 0) + 1
        for name in _declared(seen, part):
            counts[name] = counts.get(name, 0) + 1
        for name in part.assigned if part else ():
            homes.pop(name, None)
        homes.update((name, seen.text) for name in (_homes(part) if part else (seen.defines,)))
    shown = [part for part in parts if part is not None]
    rebound = {name for part in shown for name in part.assigned}
    imports = {name: whole for name, whole in imports.items() if name not in rebound}
    known = {n: f for part in shown for n, f in part.constants if counts[n] == 1}
    # A name that is bound here, to whatever, is no name of Python's any more.
    constants = {n: known.get(n, UNKNOWN) for n in counts if n not in homes and n not in imports}
    functions = {f.name: f for part in shown for f in part.module.functions}
    constants |= dict(_layers(sketch, parts, imports, constants, homes))
    return File(
        parts, tuple(sorted(imports.items())), homes, constants, _shared(shown, functions)
    )  # fmt: skip


def _layers(
    sketch: Sequence[Outline],
    parts: Sequence[Digest | None],
    imports: Mapping[str, str],
    constants: Mapping[str, Fact],
    homes: Mapping[str, str],
) -> Iterator[tuple[str, Fact]]:
    """The layers at module level that functions with loops call."""
    shown = [part for part in parts if part is not None]
    called = {name for part in shown if part.has_loops for name in part.reads}
    for name in sorted({n for part in shown for n in part.made} & called & constants.keys()):
        # Any chunk that speaks of the name may do something to it, those without loops included.
        whole = re.compile(rf"\b{name}\b")
        speaking = [s.text for s in sketch if name in s.text and whole.search(s.text)]
        handled = [_handled(text, name) for text in speaking]
        inside = [use for use in handled if use is not None]
        top = [s for part in shown for s in part.module.body if not isinstance(s, tree.Define)]
        if len(inside) < len(handled):
            continue
        named = {homes[n] for part in shown if name in part.made for n in part.reads if n in homes}
        made = [part for text in named if (part := digest(text)) is not None]
        classes = {c.name: c for part in made for c in part.module.classes}
        world = World(imports, {}, classes, constants)
        found = standing_layer(name, top, inside, world, homes.keys())
        if found is not None:
            yield name, found


@lru_cache(maxsize=1024)
def _handled(text: str, name: str) -> Handling | None:
    """What the functions of a chunk do with a name; None where that is not known, or where they bind it anew."""
    part = digest(text)
    if part is None or name in part.declared:
        return None
    defined = handling(functions_of(part.module.body), name)
    owners = tuple(s for s in part.module.body if isinstance(s, tree.Define))
    return Handling(defined.touched or touched(name, owners), defined.trained)


def _declared(seen: Outline, part: Digest | None) -> frozenset[str]:
    """The names that functions of a chunk bind at module level."""
    if part is None and "global" in seen.text:
        part = digest(seen.text)
    return frozenset() if part is None else part.declared


def _read(sketch: Sequence[Outline]) -> tuple[Digest | None, ...]:
    """The chunks that a loop of the file can have to do with; nothing more where torch is not imported."""
    first = [digest(s.text) if s.may_import or not s.defines else None for s in sketch]
    shown = [part for part in first if part is not None]
    if not any(_is_torch(whole) for part in shown for _, whole in part.imports):
        return tuple(first)
    if any(part.has_loops_on_top for part in shown):
        # What a loop at module level leaves behind may be read anywhere.
        return tuple(digest(seen.text) for seen in sketch)
    looping = frozenset(seen.defines for seen in sketch if seen.may_loop)
    return tuple(
        digest(seen.text) if part is None and (seen.may_loop or seen.called & looping) else part
        for seen, part in zip(sketch, first, strict=True)
    )


def _is_torch(module: str) -> bool:
    return module == "torch" or module.startswith("torch.")


def _homes(part: Digest) -> Iterator[str]:
    """The functions and classes that a chunk holds."""
    yield from (function.name for function in part.module.functions)
    yield from (owner.name for owner in part.module.classes)


def _shared(
    parts: Sequence[Digest], functions: Mapping[str, tree.Function]
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Pairs of parameters of each function that some call of the file gives the same tensor."""
    shared: dict[str, dict[tuple[str, str], None]] = {}
    for part in parts:
        for name, roots in part.calls:
            function = functions.get(name)
            if function is None:
                continue
            # A call may have fewer arguments than there are parameters, or more.
            given = zip((p.name for p in function.params), roots, strict=False)
            for (left, a), (right, b) in combinations(given, 2):
                if a is not None and a == b:
                    shared.setdefault(name, {})[left, right] = None
    return {name: tuple(pairs) for name, pairs in shared.items()}
