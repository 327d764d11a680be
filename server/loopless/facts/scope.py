"""Facts of the names of one function, gathered by walking its statements forward up to a loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from loopless.facts.fact import UNKNOWN, Fact, joined
from loopless.facts.operations import Module
from loopless.ir import tree
from loopless.ir.poly import Dim, Poly, Symbol, poly
from loopless.ir.walk import every_statement, own_expressions, walk_expr


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """What the file shows outside of the function: imports, functions, classes, global constants.

    Equal only to itself, so that what follows from all of it can be kept beside it.
    """

    imports: Mapping[str, str]
    functions: Mapping[str, tree.Function]
    classes: Mapping[str, tree.Class]
    constants: Mapping[str, Fact]
    shared: Mapping[str, tuple[tuple[str, str], ...]] = field(
        default_factory=dict[str, tuple[tuple[str, str], ...]]
    )

    @property
    def has_torch(self) -> bool:
        """Whether the file imports torch at all."""
        return any(n == "torch" or n.startswith("torch.") for n in self.imports.values())


@dataclass(slots=True)
class Scope:
    """The names of a function at one point, with what is known of each.

    `evidence` holds the names that the whole function shows to be tensors (presumption P1), `weak` those of them
    that are only read by subscript beside others: lists are, too.
    """

    world: World
    names: dict[str, Fact]
    evidence: frozenset[str]
    locals: frozenset[str]
    aliases: dict[str, set[str]]
    owner: str = ""
    helpers: dict[str, tree.Function] = field(default_factory=dict[str, tree.Function])
    shown_rank: Mapping[str, int] = field(default_factory=dict[str, int])
    least_rank: Mapping[str, int] = field(default_factory=dict[str, int])
    integers: frozenset[str] = frozenset()
    alike: Mapping[str, str] = field(default_factory=dict[str, str])
    counters: Mapping[str, int] = field(default_factory=dict[str, int])
    given: tuple[Poly, ...] = ()
    walked: frozenset[str] = frozenset()
    # How the modules act that the loop calls, by their text.
    modules: dict[str, Module] = field(default_factory=dict[str, "Module"])
    weak: frozenset[str] = frozenset()

    def copy(self) -> Scope:
        """A scope that can go its own way."""
        return Scope(
            self.world, dict(self.names), self.evidence, self.locals,
            {name: set(others) for name, others in self.aliases.items()}, self.owner,
            dict(self.helpers), self.shown_rank, self.least_rank, self.integers,
            self.alike, self.counters, self.given, self.walked, dict(self.modules),
            self.weak,
        )  # fmt: skip

    def fact(self, name: str) -> Fact:
        """What is known of a name."""
        known = self.names.get(name)
        if known is None:
            known = UNKNOWN if name in self.locals else self.world.constants.get(name, UNKNOWN)
        if known.kind == "unknown" and name in self.evidence:
            rank = self.shown_rank.get(name)
            dims = None if rank is None else tuple(poly(Dim(name, k)) for k in range(rank))
            return Fact("tensor", dims, dtype=f"of:{name}", presumed=True)
        if (
            known.is_tensor
            and known.dims is None
            and known.like is None
            and name in self.shown_rank
        ):
            return known.but(dims=tuple(poly(Dim(name, k)) for k in range(self.shown_rank[name])))
        return known

    def function(self, name: str) -> tree.Function | None:
        """The function of the file that a name stands for here."""
        if name in self.helpers:
            return self.helpers[name]
        if name in self.locals:
            return None
        return self.world.functions.get(name)

    def bind(self, name: str, fact: Fact) -> None:
        """Give a name a new value; what was said in terms of the old one is forgotten."""
        self.forget(name)
        self.names[name] = fact
        if fact.is_tensor and fact.view_of and fact.view_of != name:
            self.alias(name, fact.view_of)

    def alias(self, name: str, other: str) -> None:
        """Say that two names share memory."""
        for member in {other, *self.aliases.get(other, ())} - {name}:
            self.aliases.setdefault(member, set()).add(name)
            self.aliases.setdefault(name, set()).add(member)

    def may_alias(self, left: str, right: str) -> bool:
        """Whether two different names may share memory, by what the file shows (presumption P2)."""
        return right in self.aliases.get(left, ())

    def forget(self, name: str) -> None:
        """Drop what is said of other names in terms of `name`."""
        self.names.pop(name, None)
        self.helpers.pop(name, None)
        for member in self.aliases.pop(name, set()):
            self.aliases[member].discard(name)
        for other, fact in list(self.names.items()):
            if mentions(fact, name):
                self.names[other] = without(fact, name, other)
        self.given = tuple(p for p in self.given if not _atom_of(p, name))
        self.walked = self.walked - {name}

    def size(self, root: str, dim: int) -> Poly:
        """The size of one dimension, in terms that other tensors of the same shape share."""
        seen: set[str] = set()
        while root not in seen:
            seen.add(root)
            fact = self.names.get(root, UNKNOWN)
            if fact.dims is not None:
                if dim < len(fact.dims) and (known := fact.dims[dim]) is not None:
                    return known
                return poly(Dim(root, dim))
            if fact.like is None:
                break
            root = fact.like
        return poly(Dim(root, dim))

    def rank(self, root: str) -> int | None:
        """The number of dimensions of a tensor, where it is known."""
        seen: set[str] = set()
        while root not in seen:
            seen.add(root)
            fact = self.fact(root)
            if fact.dims is not None:
                return len(fact.dims)
            if fact.like is None:
                if fact.fresh or fact.view_of:
                    # Made in the file in a shape that is not known: nothing is presumed of it.
                    return None
                least = self.least(root)
                return least if least > 1 else None
            root = fact.like
        return None

    def least(self, root: str) -> int:
        """How many dimensions subscripts and sizes name, of a tensor or of one of its shape; below zero: any number."""
        root = self.shape_root(root)
        named = [
            self.least_rank.get(name, 0)
            for name in (root, *(n for n, f in self.names.items() if f.like is not None))
            if name == root or self.shape_root(name) == root
        ]
        return min(named) if min(named) < 0 else max(named)

    def shown(self, root: str) -> int | None:
        """The rank of a tensor by what the file shows of its shape, presumptions apart."""
        seen: set[str] = set()
        while root not in seen:
            seen.add(root)
            fact = self.fact(root)
            if fact.dims is not None:
                return len(fact.dims)
            if fact.like is None:
                return None
            root = fact.like
        return None

    def shape_root(self, root: str) -> str:
        """The first tensor that `root` was made in the shape of."""
        seen: set[str] = set()
        while root not in seen:
            seen.add(root)
            fact = self.names.get(root, UNKNOWN)
            if fact.dims is not None or fact.like is None:
                return root
            root = fact.like
        return root

    def dtype(self, root: str) -> str | None:
        """The dtype by torch's name, or "of:x" for that of another tensor."""
        seen: set[str] = set()
        while root not in seen:
            seen.add(root)
            known = self.fact(root).dtype
            if known is None:
                return f"of:{root}"
            if not known.startswith("of:"):
                return known
            if known == f"of:{root}":
                return known
            root = known[3:]
        return f"of:{root}"


def own_method(name: str, scope: Scope) -> tree.Function | None:
    """The method or property of the class around that `self` has under a name."""
    cls = scope.world.classes.get(scope.owner)
    return next((m for m in cls.methods if m.name == name), None) if cls else None


def mentions(fact: Fact, name: str) -> bool:
    """Whether a fact is said in terms of `name`."""
    if fact is UNKNOWN:
        return False
    if fact.like == name or fact.dtype == f"of:{name}" or fact.view_of == name:
        return True
    polys = [p for p in (fact.poly, *(fact.dims or ())) if p is not None]
    if fact.window is not None:
        if fact.window[0] == name:
            return True
        polys.append(fact.window[1])
    if any(_atom_of(p, name) for p in polys):
        return True
    return fact.items is not None and any(mentions(item, name) for item in fact.items)


def _atom_of(p: Poly, name: str) -> bool:
    for atom in p.atoms():
        match atom:
            case Symbol(of) if of == name:
                return True
            case Dim(root, _) if root == name or root.startswith(f"{name}."):
                return True
            case _:
                pass
    return False


def without(fact: Fact, name: str, owner: str) -> Fact:
    """The fact with everything said in terms of `name` taken away."""

    def kept(p: Poly | None) -> Poly | None:
        return None if p is None or _atom_of(p, name) else p

    return fact.but(
        dims=None if fact.dims is None else tuple(kept(d) for d in fact.dims),
        like=None if fact.like == name else fact.like,
        dtype=None if fact.dtype == f"of:{name}" else fact.dtype,
        view_of=None if fact.view_of == name else fact.view_of,
        poly=kept(fact.poly) if fact.poly is None or kept(fact.poly) else poly(Symbol(owner)),
        items=None if fact.items is None else tuple(without(i, name, "") for i in fact.items),
        window=None
        if fact.window is None or mentions(Fact(window=fact.window), name)
        else fact.window,
    )


def names_bound(block: Iterable[tree.Stmt]) -> frozenset[str]:
    """Every name that a block may bind."""
    return frozenset(_bound(block))


def _bound(block: Iterable[tree.Stmt]) -> Iterator[str]:
    for statement in block:
        match statement:
            case tree.Assign(target) | tree.Augment(target):
                yield from target_names(target)
            case tree.For(target, _, body, orelse):
                yield from target_names(target)
                yield from _bound(body)
                yield from _bound(orelse)
            case tree.While(_, body, orelse):
                yield from _bound(body)
                yield from _bound(orelse)
            case tree.If(_, then, otherwise):
                yield from _bound(then)
                yield from _bound(otherwise)
            case tree.Other("Import" | "ImportFrom"):
                # Imports are looked up by their dotted names.
                pass
            case tree.Other(_, _, binds, blocks):
                yield from binds
                for inner in blocks:
                    yield from _bound(inner)
            case tree.Define(name):
                yield name
            case _:
                pass


def target_names(target: tree.Expr) -> Iterator[str]:
    """The names that an assignment to `target` binds (not those that it changes in place)."""
    match target:
        case tree.Name(name):
            yield name
        case tree.Display(_, items):
            for item in items:
                yield from target_names(item)
        case tree.Spread(of):
            yield from target_names(of)
        case _:
            pass


def names_changed(block: Iterable[tree.Stmt]) -> frozenset[str]:
    """Every name whose value a block may change in place: item stores, augmented names, methods."""
    changed: set[str] = set()
    for statement in every_statement(block):
        match statement:
            case tree.Assign(target) | tree.Augment(target):
                root = root_name(target)
                if root and not (
                    isinstance(target, tree.Name) and isinstance(statement, tree.Assign)
                ):
                    changed.add(root)
            case _:
                pass
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Call(tree.Field(of, method)) if method in MUTATORS or (
                        method.endswith("_") and not method.endswith("__")
                    ):
                        root = root_name(of)
                        if root:
                            changed.add(root)
                    case _:
                        pass
    return frozenset(changed)


MUTATORS = frozenset(
    "append extend insert remove pop clear sort reverse update add discard setdefault popitem "
    "appendleft popleft extendleft resize write".split()
)


def root_name(expr: tree.Expr) -> str | None:
    """The name at the bottom of subscripts and fields; "self.x" for a field of self."""
    while True:
        match expr:
            case tree.Name(name):
                return name
            case tree.Item(of):
                expr = of
            case tree.Field(tree.Name("self"), name):
                return f"self.{name}"
            case tree.Field(of):
                expr = of
            case tree.Call(tree.Field(of)):
                expr = of
            case _:
                return None


def merged(left: Scope, right: Scope) -> Scope:
    """What holds after either of two branches."""
    scope = left.copy()
    for name in {*left.names, *right.names}:
        scope.names[name] = joined(left.fact(name), right.fact(name))
    for name, others in right.aliases.items():
        scope.aliases.setdefault(name, set()).update(others)
    scope.helpers = {n: f for n, f in left.helpers.items() if right.helpers.get(n) is f}
    scope.given = tuple(p for p in left.given if p in right.given)
    return scope
