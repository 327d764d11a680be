"""Attributes that hold what somebody else made: parameters, and parts of tensors made in the constructor.

`self.rewards = rewards` keeps what a caller gave, `self.lowers = bounds[:-1]` a part of a tensor that `self.uppers`
may overlap. Different parameters do not share memory (P2), so attributes from different ones do not either; of those
that may, nothing is known unless all methods of the class only read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loopless.facts.fact import Fact
from loopless.facts.infer import infer
from loopless.facts.scope import Scope, World, names_bound, root_name, target_names
from loopless.facts.sharing import sharers
from loopless.ir import tree
from loopless.ir.walk import every_statement, own_expressions, walk_expr

# Methods of tensors alone: lists and NumPy's arrays have them not, or not to be called.
_CALLED = frozenset(
    "size dim numel unsqueeze permute expand clone detach cpu cuda new_zeros masked_fill index_select gather "
    "float long bool double half sigmoid softmax matmul contiguous unbind view_as expand_as".split()
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a method gives an attribute: what is known of it, and whose memory it may be (None: anybody's)."""

    name: str
    fact: Fact
    owners: frozenset[str] | None


def setting(
    name: str,
    value: tree.Expr,
    method: tree.Function,
    scope: Scope,
    annotation: Fact | None,
    sure: bool,
) -> Setting:
    """One setting; `sure` says that the scope knows what came before it in its method."""
    fact = infer(value, scope)
    if fact.kind == "unknown" and annotation is not None and annotation.is_tensor:
        fact = annotation
    if fact.is_number or fact.kind in {"str", "none", "size", "device", "dtype"}:
        return Setting(name, fact, frozenset())
    names = sharers(value, scope)
    kept = {p.name for p in method.params} - names_bound(method.body)
    if not sure and not names <= kept:
        return Setting(name, fact, None)
    own = frozenset(n if n.startswith("self.") else f"{method.name}/{n}" for n in names)
    return Setting(name, fact, own)


def apart(settings: Sequence[Setting], cls: tree.Class, world: World) -> frozenset[str]:
    """The attributes of which no other may hold the memory; all of them where the class writes into none."""
    held: dict[str, frozenset[str]] = {}
    unsure = False
    for s in settings:
        unsure = unsure or s.owners is None
        held[s.name] = held.get(s.name, frozenset({s.name})) | (s.owners or frozenset())
    alone = frozenset(
        name
        for name, own in held.items()
        if not unsure and not any(own & other for n, other in held.items() if n != name)
    )
    together = {s.name for s in settings if s.fact.is_tensor and not s.fact.fresh} - alone
    # Every function of the file is looked at only where that may say something.
    return frozenset(held) if together and _only_reads(cls, alone, world) else alone


def _only_reads(cls: tree.Class, alone: frozenset[str], world: World) -> bool:
    """Whether every method writes into nothing but new values of its own, and attributes that are `alone`."""
    return all(
        written in alone or written in _new_names(function)
        for function in (*cls.methods, *world.functions.values())
        for statement in every_statement(function.body)
        for written in _written(statement)
    )


def asked_as_tensors(cls: tree.Class) -> frozenset[str]:
    """Attributes of which the class calls a method that only tensors have: `self.rewards.size(0)`."""
    return frozenset(
        f"self.{name}"
        for method in cls.methods
        for statement in every_statement(method.body)
        for expr in own_expressions(statement)
        for inner in walk_expr(expr)
        for name in _asked(inner)
    )


def _asked(expr: tree.Expr) -> Iterator[str]:
    match expr:
        case tree.Call(tree.Field(tree.Field(tree.Name("self"), name), method)) if (
            method in _CALLED
        ):
            yield name
        case _:
            pass


def _new_names(method: tree.Function) -> frozenset[str]:
    """Names that a method gives nothing but numbers and what a call of torch makes anew."""
    params = {p.name for p in method.params}
    made: dict[str, bool] = {}
    for statement in every_statement(method.body):
        match statement:
            case tree.Assign(tree.Name(name), value):
                made[name] = made.get(name, True) and _is_new(value)
            case tree.Assign(target) | tree.For(target):
                made.update(dict.fromkeys(target_names(target), False))
            case tree.Other(binds=binds):
                made.update(dict.fromkeys(binds, False))
            case _:
                pass
    return frozenset(name for name, new in made.items() if new and name not in params)


_MAKERS = frozenset(
    "zeros ones empty full zeros_like ones_like empty_like full_like tensor".split()
)


def _is_new(value: tree.Expr) -> bool:
    match value:
        case tree.Literal() | tree.Display("list", ()) | tree.Display("dict", ()):
            return True
        case tree.Call(tree.Field(tree.Name("torch"), maker)):
            return maker in _MAKERS
        case _:
            return False


def _written(statement: tree.Stmt) -> Iterator[str]:
    """What a statement may write into: names, attributes, or "?" where nobody knows."""
    match statement:
        case tree.Augment(target) | tree.Assign((tree.Item() | tree.Field()) as target):
            if not (isinstance(statement, tree.Assign) and _is_attribute(target)):
                yield _root(target)
        case tree.Assign(tree.Display(_, items)):
            yield from (_root(i) for i in items if not isinstance(i, tree.Name))
        case tree.For(tree.Item() | tree.Field()) | tree.Define() | tree.Other("Delete"):
            yield "?"
        case _:
            pass
    for expr in own_expressions(statement):
        for inner in walk_expr(expr):
            match inner:
                case tree.Call(tree.Field(of, name)) if name.endswith("_") and name[:2] != "__":
                    yield _root(of)
                case tree.Call(_, _, keywords) if any(
                    key in {"out", "inplace"} for key, _ in keywords
                ):
                    yield "?"
                case tree.Opaque():
                    yield "?"
                case _:
                    pass


def _is_attribute(target: tree.Expr) -> bool:
    return isinstance(target, tree.Field) and isinstance(target.of, tree.Name)


def _root(target: tree.Expr) -> str:
    expr = target
    while isinstance(expr, tree.Item | tree.Field | tree.Call):
        match expr:
            case tree.Field(tree.Name("self"), name):
                return f"self.{name}"
            case tree.Call(func):
                expr = func
            case _:
                expr = expr.of
    return root_name(expr) or "?"
