"""What stays as it is while a loop runs: names that it neither binds nor changes, by whatever name of their memory.

A call of which nothing is known may change anything that it can reach, so a loop with one is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from loopless.facts.infer import dotted
from loopless.facts.operations import Rule, lookup, method
from loopless.facts.scope import Scope, names_bound, names_changed
from loopless.facts.statements import havoc
from loopless.ir import tree
from loopless.ir.walk import every_statement, own_expressions, walk_expr

_LOOKS = frozenset(
    f"builtins.{name}"
    for name in "int float bool str len range enumerate zip abs min max sum print list tuple sorted "
    "isinstance round any all reversed repr set divmod pow".split()
)
# Methods that change nothing but their receiver, and that by a name which `names_changed` knows.
_OWN = frozenset("append extend insert add update items keys values get format join".split())
# Parts of torch that change what they are not given, or keep what they are.
_REACHING = ("torch.autograd", "torch.optim", "torch.distributed", "torch.cuda", "torch.utils")
_STAYING = (tree.Assign, tree.Augment, tree.Evaluate, tree.If, tree.For)
_WORDS = frozenset({"Yield", "YieldFrom", "Await", "NamedExpr"})


@dataclass(frozen=True, slots=True)
class Stillness:
    """What a loop binds and what it may change, itself or under another name."""

    bound: frozenset[str]
    dirty: frozenset[str]
    scope: Scope

    def of(self, expr: tree.Expr, told: frozenset[str]) -> bool:
        """Whether an expression has one value throughout the loop, but for the names that are `told`."""
        for inner in walk_expr(expr):
            match inner:
                case tree.Name(name):
                    if name not in told and not self._holds(name):
                        return False
                case tree.Field(tree.Name("self"), name):
                    if f"self.{name}" in self.dirty:
                        return False
                case tree.Opaque() | tree.Comprehension() | tree.Spread():
                    return False
                case tree.Call(_, _, keywords) if any(k in {"out", "inplace"} for k, _ in keywords):
                    return False
                case tree.Call(tree.Field(_, name)) if name.endswith("_"):
                    return False
                case tree.Display("set" | "dict" | "list"):
                    return False
                case _:
                    pass
        return True

    def _holds(self, name: str) -> bool:
        return name not in self.bound and name not in self.dirty


def stillness(loop: tree.For, scope: Scope) -> Stillness | None:
    """What stays as it is while a loop runs; None where it may leave early, or calls what is not known."""
    statements = list(every_statement((loop,)))
    if not all(isinstance(s, _STAYING) or _goes_on(s) for s in statements):
        return None
    expressions = [e for s in statements for whole in own_expressions(s) for e in walk_expr(whole)]
    if any(isinstance(e, tree.Opaque) and e.kind in _WORDS for e in expressions):
        return None
    if any(isinstance(e, tree.Call) and not _is_known(e, scope) for e in expressions):
        return None
    return Stillness(names_bound((loop,)), changed_under_any_name(loop, scope), scope)


def changed_under_any_name(loop: tree.For, scope: Scope) -> frozenset[str]:
    """Names whose memory a loop may change: under their own name, or one that it or the file gave to a part of it."""
    inside = scope.copy()
    havoc(loop, inside)
    statements = list(every_statement((loop,)))
    dirty = set(names_changed(statements))
    for statement in statements:
        bare = replace(statement, body=()) if isinstance(statement, tree.For) else statement
        bare = replace(bare, then=(), otherwise=()) if isinstance(bare, tree.If) else bare
        if not _only_holds(bare, inside):
            for name in names_changed((bare,)):
                dirty |= inside.aliases.get(name, set())
    return frozenset(dirty)


# Methods that change which things a list holds, and none of those things.
_HOLDING = frozenset(
    "append extend insert remove pop clear reverse appendleft popleft extendleft setdefault popitem".split()
)


def _only_holds(statement: tree.Stmt, scope: Scope) -> bool:
    """Whether a statement puts things into a list or dictionary, or takes them out, and changes none of them."""
    match statement:
        case tree.Evaluate(tree.Call(tree.Field(tree.Name(), name), args)) if name in _HOLDING:
            return not names_changed(tree.Evaluate(arg, arg.span) for arg in args)
        case tree.Assign(tree.Item(tree.Name(name)), value) if scope.fact(name).kind in {
            "list",
            "dict",
        }:
            return not names_changed((tree.Evaluate(value, value.span),))
        case _:
            return False


def _goes_on(statement: tree.Stmt) -> bool:
    return isinstance(statement, tree.Jump) and statement.kind in {"continue", "pass"}


def _is_known(call: tree.Call, scope: Scope) -> bool:
    """Whether a call is known to change nothing but what it is called on, or given to fill."""
    whole = dotted(call.func, scope)
    if any(key == "out" for key, _ in call.keywords):
        return False
    if whole is not None:
        if whole in _LOOKS or whole.startswith("math."):
            return True
        if not whole.startswith("torch.") or whole.startswith(_REACHING) or whole.endswith("_"):
            return False
        short = whole.rsplit(".", 1)[-1]
        known = lookup(whole)
        if known is not None:
            return known.rule is not Rule.EFFECT
        return whole.count(".") == 1 and short.islower() and not short.startswith(("set", "manual"))
    match call.func:
        case tree.Field(tree.Name("self"), name) if _is_layer(f"self.{name}", scope):
            return True
        case tree.Name(name) if _is_layer(name, scope):
            return True
        case tree.Field(_, name):
            stem = name[:-1] if name.endswith("_") and name[:-1] else name
            known = method(name) or method(stem)
            return name in _OWN or (known is not None and known.rule is not Rule.EFFECT)
        case _:
            return False


def _is_layer(name: str, scope: Scope) -> bool:
    """Whether a name is a layer of torch: those change what they are given only where they are told to."""
    fact = scope.fact(name)
    return (
        fact.kind == "module"
        and fact.instance.startswith("torch.nn.")
        and fact.made is not None
        and not any(key == "inplace" for key, _ in fact.made.keywords)
        and not any(arg.kind == "bool" for arg in fact.made.args)
    )
