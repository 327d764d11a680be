"""Layers that statements at module level give names to: `model = Net()`, `model.eval()`, and functions that call it.

A name to which the file gives a layer once, and which nothing in the file gives anything else, holds that layer in
every function (P10 of ARCHITECTURE.md). Whatever else any function does with it is looked for in the whole file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from loopless.facts.fact import Fact
from loopless.facts.infer import infer
from loopless.facts.liveness import reads_of_block
from loopless.facts.modes import mode_of, touches_itself
from loopless.facts.scope import Scope, World, names_bound
from loopless.ir import tree
from loopless.ir.walk import every_statement


@dataclass(frozen=True, slots=True)
class Handling:
    """What functions do with a name: change a part of what it holds, or put it into training mode."""

    touched: bool = False
    trained: bool = False


def handling(functions: Iterable[tree.Function], name: str) -> Handling:
    """What functions do with a name of the module level."""
    inside = tuple(s for function in functions for s in _seen_in(function, name))
    return Handling(touched(name, inside), any(mode_of(s, name) == "train" for s in inside))


def standing_layer(
    name: str,
    top: Sequence[tree.Stmt],
    inside: Collection[Handling],
    world: World,
    defined: Collection[str],
) -> Fact | None:
    """The layer that a name holds for every function of a file; None where that is not shown.

    `top` are the statements at module level, `inside` what functions do, `defined` the file's functions and classes.
    """
    scope = Scope(world, {}, frozenset(), frozenset(), {})
    bound = [at for at, s in enumerate(top) if name in names_bound((s,))]
    for at in bound:
        match top[at]:
            case tree.Assign(tree.Name(target), value) if target == name:
                fact = infer(value, scope)
            case _:
                return None
        if (
            fact.kind != "module"
            or fact.made is None
            or (at > bound[0] and not _again(value, name))
        ):
            return None
        scope.names[name] = fact
    known = scope.names.get(name)
    if known is None or known.made is None:
        return None
    others = tuple(s for at, s in enumerate(top) if at not in bound)
    trained = any(use.trained for use in inside)
    evaluated = known.made.evaluated or _eval_first(name, top[bound[-1] + 1 :], frozenset(defined))
    made = replace(
        known.made,
        evaluated=evaluated and not trained and not _trained(name, others),
        touched=any(use.touched for use in inside) or touched(name, every_statement(others)),
    )
    return _apart(known.but(made=made))


def touched(name: str, statements: Iterable[tree.Stmt]) -> bool:
    """Whether a statement may have changed a part of the layer."""
    same = partial(_is_name, name)
    return any(
        touches_itself(s, same) and mode_of(s, name) is None and not _is_definition(s, name)
        for s in statements
    )


def classes_of(fact: Fact) -> Iterator[str]:
    """The classes of a module and of those it is made of."""
    if fact.kind == "module":
        yield fact.instance
        for part in fact.made.args if fact.made else ():
            yield from classes_of(part)


def _seen_in(function: tree.Function, name: str) -> tuple[tree.Stmt, ...]:
    """The statements of a function in which a name is the one of the module level."""
    own = {p.name for p in function.params} | names_bound(function.body)
    return () if name in own else tuple(every_statement(function.body))


def _again(value: tree.Expr, name: str) -> bool:
    """Whether a name is given what a method of its own value returns: `model = model.to(device)`."""
    match value:
        case tree.Call(tree.Field(of)):
            return of == tree.Name(name, of.span) or _again(of, name)
        case _:
            return False


def _trained(name: str, block: tuple[tree.Stmt, ...]) -> bool:
    return any(mode_of(s, name) == "train" for s in every_statement(block))


def _eval_first(name: str, rest: Sequence[tree.Stmt], defined: frozenset[str]) -> bool:
    """Whether a layer is put into eval mode before any function of the file may have run."""
    for statement in rest:
        if mode_of(statement, name) == "eval":
            return True
        if not isinstance(statement, tree.Define) and reads_of_block((statement,)) & defined:
            return False
    return False


def _is_definition(statement: tree.Stmt, name: str) -> bool:
    """Whether a name is read in the bodies of functions only, which are looked at by themselves."""
    if not isinstance(statement, tree.Define):
        return False
    methods = statement.owner.methods if statement.owner else ()
    return statement.owner is None or any(name in reads_of_block(m.body) for m in methods)


def _is_name(name: str, expr: tree.Expr) -> bool:
    return isinstance(expr, tree.Name) and expr.id == name


def _apart(fact: Fact) -> Fact:
    """The fact without what it says in terms of other names, which may mean something else elsewhere."""
    if fact.kind != "module":
        return Fact(fact.kind, literal=fact.literal)
    made = fact.made
    if made is not None:
        keywords = tuple((key, _apart(value)) for key, value in made.keywords)
        made = replace(made, args=tuple(map(_apart, made.args)), keywords=keywords)
    return Fact("module", instance=fact.instance, made=made)
