"""What a whole file shows: the digest of each chunk, and of the others what one chunk can see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from loopless.facts.fact import Fact
from loopless.facts.infer import infer
from loopless.facts.liveness import reads_of_block
from loopless.facts.scope import (
    Scope,
    World,
    every_statement,
    names_bound,
    own_expressions,
    root_name,
    walk_expr,
)
from loopless.ir import tree
from loopless.ir.lower import parse

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


@lru_cache(maxsize=8192)
def digest(text: str) -> Digest | None:
    """What a chunk shows, None where it does not parse."""
    module = parse(text)
    if module is None:
        return None
    statements = list(_statements(module))
    loops = any(_loops(s) for s in statements)
    return Digest(
        text, module, module.imports, reads_of_block(module.body), names_bound(module.body),
        tuple(_constants(module)), tuple(_calls(statements)), loops,
        any(_loops(s) for s in every_statement(module.body)),
    )  # fmt: skip


def _loops(statement: tree.Stmt) -> bool:
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
    """All chunks of a file."""

    imports: tuple[tuple[str, str], ...]
    homes: Mapping[str, Digest]
    constants: Mapping[str, Fact]
    shared: Mapping[str, tuple[tuple[str, str], ...]]

    def around(self, part: Digest) -> Context:
        """What `part` can see: the functions and classes that it names, and those that they name."""
        seen: dict[str, Digest] = {}
        waiting = [part]
        parts: list[Digest] = [part]
        while waiting:
            for name in waiting.pop().reads:
                home = self.homes.get(name)
                if home is not None and name not in seen:
                    seen[name] = home
                    if home not in parts:
                        parts.append(home)
                        waiting.append(home)
        named = frozenset(name for p in parts for name in p.reads)
        shared = tuple((n, pairs) for n, pairs in self.shared.items() if n in part.binds)
        constants = tuple((n, f) for n, f in sorted(self.constants.items()) if n in named)
        imports = tuple((n, w) for n, w in self.imports if n in named or w == "torch")
        ordered = tuple(sorted(parts, key=lambda p: p.text))
        return Context(imports, ordered, constants, shared)


def survey(parts: Sequence[Digest], imports: Mapping[str, str]) -> File:
    """What the chunks of a file show together."""
    homes: dict[str, Digest] = {}
    counts: dict[str, int] = {}
    constants: dict[str, Fact] = {}
    functions: dict[str, tree.Function] = {}
    for part in parts:
        for name in part.binds:
            counts[name] = counts.get(name, 0) + 1
        constants.update(part.constants)
        for function in part.module.functions:
            homes[function.name] = part
            functions[function.name] = function
        for cls in part.module.classes:
            homes[cls.name] = part
    known = {name: fact for name, fact in constants.items() if counts.get(name) == 1}
    return File(tuple(sorted(imports.items())), homes, known, _shared(parts, functions))


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
