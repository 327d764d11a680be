"""Where a loop stands, and what a rewrite of it shares: sizes with names, headers, a device."""

from __future__ import annotations

from dataclasses import dataclass

from loopless.emit.draft import Setting
from loopless.emit.lines import (
    header_text,
    indent_unit,
)
from loopless.facts.scope import Scope, names_bound, names_changed
from loopless.ir import tree
from loopless.ir.poly import Dim, Poly, Symbol, poly
from loopless.ir.walk import every_statement, own_expressions, walk_expr
from loopless.lift.context import Lifting


@dataclass(frozen=True, slots=True)
class Place:
    """Where a loop stands: its block, its place in it, and what is read afterwards; whether to show the stages."""

    block: tuple[tree.Stmt, ...]
    at: int
    live: frozenset[str]
    is_module: bool
    stages: bool = False
    whole: frozenset[str] = frozenset()
    unsure: str = ""
    spliced: bool = False


def setting_of(loop: tree.For, lifting: Lifting, text: str) -> Setting:
    """What the statements of a rewrite share."""
    headers = {loop.span.start: header_text(text, loop)}
    for statement in every_statement(loop.body):
        if isinstance(statement, tree.For):
            headers[statement.span.start] = header_text(text, statement)
    return Setting(
        lifting.scope, lifting, _size_names(lifting), headers,
        _device_root(loop, lifting.scope), indent_unit(text, loop), augmented=augmented(loop),
        known=lifting.around,
    )  # fmt: skip


def changed(loop: tree.For, scope: Scope) -> frozenset[str]:
    """Tensors that the loop changes in place, under all of their names."""
    found = {n for n in names_changed((loop,)) if scope.fact(n).is_tensor}
    return frozenset(found | {other for n in found for other in scope.aliases.get(n, ())})


def augmented(loop: tree.For) -> frozenset[str]:
    """Names that the loop changes with an augmented assignment: in place, where they are tensors."""
    return frozenset(
        s.target.id
        for s in every_statement(loop.body)
        if isinstance(s, tree.Augment) and isinstance(s.target, tree.Name)
    )


def _size_names(lifting: Lifting) -> dict[Poly, str]:
    """Names that the user gave to sizes, first come first served; what the loop binds is soon another number."""
    scope = lifting.scope
    names: dict[Poly, str] = {}
    for name, fact in scope.names.items():
        if (
            fact.kind in {"int", "unknown", "number"}
            and fact.poly is not None
            and fact.poly.atoms()
            and fact.poly != poly(Symbol(name))
            and fact.poly not in names
            and name in scope.locals
            and name not in lifting.loop_names
        ):
            names[fact.poly] = name
    for name in sorted({*scope.locals, *scope.world.constants}):
        if not scope.fact(name).is_tensor:
            names.setdefault(poly(Dim(name, 0)), f"len({name})")
    return names


def _device_root(loop: tree.For, scope: Scope) -> str | None:
    """A tensor of the loop whose device is not known to be the CPU; what may be a list only where there is no other."""
    found: list[str] = []
    for statement in every_statement((loop,)):
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Item(tree.Name(name)) if _is_anywhere(name, scope):
                        found.append(name)
                    case tree.Name(name) if statement is loop and expr is loop.iterable:
                        if scope.fact(name).is_tensor:
                            found.append(name)
                    case _:
                        pass
    sure = (name for name in found if not scope.fact(name).presumed)
    return next(sure, None) or next(iter(found), None) or _whole_tensor(loop, scope)


def _is_anywhere(name: str, scope: Scope) -> bool:
    """Whether a tensor did not come from a constructor that shows where it is."""
    fact = scope.fact(name)
    return fact.is_tensor and not (fact.fresh and fact.like is None)


def _whole_tensor(loop: tree.For, scope: Scope) -> str | None:
    """A tensor that the loop reads whole, and did not get from a constructor that shows where it is."""
    bound = names_bound((loop,))
    for statement in every_statement((loop,)):
        for expr in own_expressions(statement):
            for inner in walk_expr(expr):
                match inner:
                    case tree.Name(name) if name not in bound and _is_anywhere(name, scope):
                        return name
                    case _:
                        pass
    return None
