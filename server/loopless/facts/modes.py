"""Modules that are in eval mode for sure: until anything but a call may have switched them back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from loopless.facts.fact import Made
from loopless.facts.scope import Scope, every_statement, own_expressions, walk_expr
from loopless.ir import tree


def note_modes(statement: tree.Stmt, scope: Scope) -> None:
    """Take into the scope what a statement does to the modes of the modules that it mentions."""
    match statement:
        case tree.Evaluate(
            tree.Call(tree.Field(tree.Name(name), "eval" | "train" as mode), (), ())
        ):
            _set(name, mode == "eval", scope)
            return
        case _:
            pass
    every: Counter[str] = Counter()
    called: Counter[str] = Counter()
    for inner in every_statement((statement,)):
        for expr in own_expressions(inner):
            for part in walk_expr(expr):
                match part:
                    case tree.Name(name):
                        every[name] += 1
                    case tree.Call(tree.Name(name)):
                        called[name] += 1
                    case _:
                        pass
    for name, count in every.items():
        if count > called[name]:
            _set(name, False, scope)


def _set(name: str, evaluated: bool, scope: Scope) -> None:
    fact = scope.names.get(name)
    if fact is not None and fact.kind == "module" and fact.made is not None:
        made: Made = replace(fact.made, evaluated=evaluated)
        scope.names[name] = fact.but(made=made)
