"""What the header of a loop that stays says to the loops inside of it: `for t in range(n)` has t >= 0 and t < n."""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.fact import Fact
from loopless.facts.infer import dotted, infer
from loopless.facts.scope import Scope, names_bound, names_changed
from loopless.ir import tree
from loopless.ir.poly import Dim, Poly, Symbol, poly
from loopless.ir.walk import every_statement, names_read

_RESIZES = frozenset("resize_ resize_as_ set_ t_ transpose_ squeeze_ unsqueeze_ data".split())


@dataclass(frozen=True, slots=True)
class _Counter:
    """The name that a header counts with, and the ends between which it stays, where they are written."""

    name: str
    low: tree.Expr | None
    high: tree.Expr | None


def enter(loop: tree.For, scope: Scope) -> None:
    """Bind the counter of a loop that stays, with the numbers that it runs through."""
    counter = _counter(loop, scope)
    if counter is None:
        return
    scope.bind(counter.name, Fact("int"))
    if counter.name in names_bound(loop.body):
        return
    scope.given = (*scope.given, *_between(counter, loop, scope))
    scope.walked = scope.walked | {counter.name}


def _counter(loop: tree.For, scope: Scope) -> _Counter | None:
    zero = tree.Literal(0, loop.header)
    match loop.target, loop.iterable:
        case tree.Name(name), tree.Call(func, args, ()) if dotted(func, scope) == "builtins.range":
            match args:
                case (high,):
                    return _Counter(name, zero, high)
                case (low, high):
                    return _Counter(name, low, high)
                case (low, high, step) if _upward(step):
                    return _Counter(name, low, high)
                case _:
                    return _Counter(name, None, None)
        case tree.Display(_, (tree.Name(name), _)), tree.Call(func, (_,), ()) if (
            dotted(func, scope) == "builtins.enumerate"
        ):
            return _Counter(name, zero, None)
        case _:
            return None


def _between(counter: _Counter, loop: tree.For, scope: Scope) -> tuple[Poly, ...]:
    """What holds of the counter, as numbers that are not negative."""
    number = poly(Symbol(counter.name))
    low, high = _fixed(counter.low, loop, scope), _fixed(counter.high, loop, scope)
    above = () if low is None else (number - low,)
    return above if high is None else (*above, high - 1 - number)


def _upward(step: tree.Expr) -> bool:
    return isinstance(step, tree.Literal) and isinstance(step.value, int) and step.value > 0


def _fixed(expr: tree.Expr | None, loop: tree.For, scope: Scope) -> Poly | None:
    """An end of the range, where it is the same number in every iteration."""
    if expr is None or names_read(expr) & names_bound((loop,)):
        return None
    fact = infer(expr, scope)
    p = fact.poly if fact.kind in ("int", "unknown") else None
    if p is None or any(isinstance(a, Symbol) and "." in a.name for a in p.atoms()):
        # What calls in the loop do to attributes is not known.
        return None
    resized = names_changed(loop.body) if _resizes(loop) else frozenset[str]()
    roots = {atom.root for atom in p.atoms() if isinstance(atom, Dim)}
    return None if roots & resized else p


def _resizes(loop: tree.For) -> bool:
    """Whether something in the loop may get another shape in place."""
    for statement in every_statement(loop.body):
        match statement:
            case tree.Evaluate(tree.Call(tree.Field(_, name))) if name in _RESIZES:
                return True
            case tree.Assign(tree.Field(_, name)) if name in _RESIZES:
                return True
            case _:
                pass
    return False
