"""What a class shows of the attributes of its objects: layers and tensors, where every method that sets one agrees.

`self.memory = torch.zeros(capacity, width)` in one method makes `self.memory` a tensor of two dimensions in all others.
Their sizes are asked of the attribute itself. The dtype of floats is left open, because a module may be converted.
An attribute that is set once, to a layer, and that no method changes, is that layer (P10 of ARCHITECTURE.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from loopless.facts.annotations import annotated
from loopless.facts.fact import UNKNOWN, Fact
from loopless.facts.held import Setting, apart, asked_as_tensors
from loopless.facts.held import setting as held
from loopless.facts.infer import dotted
from loopless.facts.modes import touches
from loopless.facts.scope import Scope, World, names_bound
from loopless.facts.statements import step
from loopless.ir import tree
from loopless.ir.poly import Dim, poly
from loopless.ir.walk import every_statement

_WHOLE = frozenset({"int64", "int32", "int16", "int8", "uint8", "bool"})


@lru_cache(maxsize=8)
def attributes_of(owner: str, world: World) -> Mapping[str, Fact]:
    """The facts of a class's attributes that are always tensors, or one layer, by names like `self.memory`."""
    cls = world.classes[owner]
    settings = [s for method in cls.methods for s in _settings(method, world)]
    given: dict[str, list[Fact]] = {}
    for s in settings:
        given.setdefault(s.name, []).append(s.fact)
    used, alone = asked_as_tensors(cls), apart(settings, cls, world)
    found = {
        name: known
        for name, facts in given.items()
        if (known := _common(name, _shown(facts, name in used), name in alone)) is not None
    }
    return {name: _untouched(name, fact, cls) for name, fact in found.items()}


def _untouched(name: str, fact: Fact, cls: tree.Class) -> Fact:
    """A layer of which no method changes a part; else one that was touched."""
    if fact.made is None:
        return fact

    def same(expr: tree.Expr) -> bool:
        match expr:
            case tree.Field(tree.Name("self"), attribute):
                return f"self.{attribute}" == name
            case _:
                return False

    touched = any(touches(s, same) for method in cls.methods for s in method.body)
    return fact.but(made=replace(fact.made, evaluated=False, touched=touched))


def _shown(facts: list[Fact], used: bool) -> list[Fact]:
    """The facts of an attribute that is `used` as only tensors are."""
    return [Fact("tensor") if used and f.kind == "unknown" else f for f in facts]


def _common(name: str, facts: list[Fact], alone: bool) -> Fact | None:
    """What holds of an attribute whichever of several settings was the last; nothing where two may share memory."""
    if len(facts) == 1 and facts[0].kind == "module":
        return facts[0]
    if not all(fact.is_tensor and (fact.fresh or alone) for fact in facts):
        return None
    ranks = {fact.rank for fact in facts}
    dtypes = {fact.dtype for fact in facts}
    rank = next(iter(ranks)) if len(ranks) == 1 else None
    dtype = next(iter(dtypes)) if len(dtypes) == 1 else None
    dims = None if rank is None else tuple(poly(Dim(name, k)) for k in range(rank))
    return Fact("tensor", dims, dtype=dtype if dtype in _WHOLE else f"of:{name}")


def _settings(method: tree.Function, world: World) -> Iterator[Setting]:
    """The attributes that a method sets, each with what is known of its new value."""
    wanted = [any(_sets(s) for s in every_statement((top,))) for top in method.body]
    if not any(wanted):
        return
    local = names_bound(method.body) | {p.name for p in method.params}
    scope = Scope(world, {}, frozenset(), frozenset(local), {})
    scope.owner = method.owner
    for param in method.params:
        if param.annotation is not None:
            scope.names[param.name] = annotated(param.annotation, scope, param.name)
    last = len(wanted) - wanted[::-1].index(True)
    for statement, sets in zip(method.body[:last], wanted, strict=False):
        for inner in every_statement((statement,)) if sets else ():
            # What a branch or a loop sets is seen without what came before it there.
            sure = inner is statement
            yield from _set(inner, method, scope if sure else _forgetting(scope), sure)
        step(statement, scope)


def _sets(statement: tree.Stmt) -> bool:
    """Whether a statement may give an attribute of self a value."""
    match statement:
        case tree.Assign(target) | tree.For(target):
            return any(_fields(target))
        case tree.Evaluate(tree.Call(tree.Field(tree.Name("self"), "register_buffer"))):
            return True
        case _:
            return False


def _forgetting(scope: Scope) -> Scope:
    return Scope(scope.world, {}, frozenset(), scope.locals, {})


def _set(
    statement: tree.Stmt, method: tree.Function, scope: Scope, sure: bool
) -> Iterator[Setting]:
    match statement:
        case tree.Assign(tree.Field(tree.Name("self"), name), value, _, annotation):
            said = None if annotation is None else annotated(annotation, scope, f"self.{name}")
            yield _setting(f"self.{name}", value, method, scope, said, sure)
        case tree.Augment(tree.Field(tree.Name("self"), _)):
            # In place for a tensor, and a tensor again.
            pass
        case tree.Evaluate(
            tree.Call(
                tree.Field(tree.Name("self"), "register_buffer"),
                (tree.Literal(str(name)), value, *_),
            )
        ):
            yield _setting(f"self.{name}", value, method, scope, _TENSOR, sure)
        case tree.Assign(target) | tree.For(target):
            yield from (Setting(f"self.{name}", UNKNOWN, None) for name in _fields(target))
        case _:
            pass


# A buffer or a parameter is a tensor, or none at all.
_TENSOR = Fact("tensor")


def _fields(target: tree.Expr) -> Iterator[str]:
    """Attributes of self among several targets."""
    match target:
        case tree.Field(tree.Name("self"), name):
            yield name
        case tree.Display(_, items):
            for item in items:
                yield from _fields(item)
        case tree.Spread(of):
            yield from _fields(of)
        case _:
            pass


def _setting(
    name: str,
    value: tree.Expr,
    method: tree.Function,
    scope: Scope,
    said: Fact | None,
    sure: bool,
) -> Setting:
    """A value that is set: a parameter of a module is the tensor in it."""
    match value:
        case tree.Call(func, (content, *_)) if dotted(func, scope) in {
            "torch.nn.Parameter", "torch.nn.parameter.Parameter",
        }:  # fmt: skip
            return held(name, content, method, scope, _TENSOR, sure)
        case _:
            return held(name, value, method, scope, said, sure)
