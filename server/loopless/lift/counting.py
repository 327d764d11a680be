"""Where a loop that counts starts and ends: numbers that have to be integers for it to be a range."""

from __future__ import annotations

from loopless.dependence.conditions import integer_of
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.poly import Cell, Dim, Numel, Poly, Symbol, arithmetic, poly
from loopless.ir.value import Apply, Int, Ref, Value
from loopless.lift.context import Bound, Frame, Lifting, Unbound
from loopless.lift.evaluate import Evaluator
from loopless.lift.stop import stop
from loopless.lift.words import described


def counter_start(name: str, known: Bound, lifting: Lifting) -> Bound:
    """What the counter of a `while` is before the loop, as an integer where the file shows one."""
    if isinstance(known, Unbound) or integer_of(known) is not None:
        return known
    fact = lifting.scope.fact(name)
    if fact.kind == "int":
        return Int(fact.poly if fact.poly is not None else poly(Symbol(name)))
    if fact.kind in {"unknown", "number"} and known == Ref(name):
        return Int(poly(Symbol(name)))
    return known


def whole_start(name: str, lifting: Lifting) -> Poly | None:
    """The integer that a name is before the loop, in terms that the loop leaves alone: a number, `n - 1`, `offset`."""
    scope = lifting.scope
    fact = scope.fact(name)
    if fact.poly is None or fact.kind not in {"int", "unknown"}:
        return None
    if fact.kind == "unknown" and name not in scope.integers:
        return None
    for atom in fact.poly.atoms():
        match atom:
            case Symbol(of):
                if scope.fact(of).kind != "int" and of not in scope.integers:
                    return None
            case Dim(of) | Numel(of):
                pass
            case _:
                continue
        if of in lifting.loop_names:
            return None
    return fact.poly


def end_of(expr: tree.Expr, evaluator: Evaluator, frame: Frame, span: Span) -> Poly:
    """The integer that an end is. That it is one a comparison does not show: where nothing else does, it is assumed."""
    value = evaluator.value(expr, frame)
    p = _integer(value, evaluator)
    if p is None:
        raise stop(
            "data-dependent-extent", f"{described(value)}, to which the loop counts, depends on data", span
        )  # fmt: skip
    if any(isinstance(atom, Cell) for atom in p.atoms()):
        raise stop("data-dependent-extent", "how often the loop runs changes as it runs", span)
    _assume_integers(p, evaluator.lifting)
    return p


def _integer(value: Value, evaluator: Evaluator) -> Poly | None:
    """A value as a polynomial, names of unknown kind taken for integers."""
    match value:
        case Ref(text) if evaluator.scope.fact(text).kind in {"unknown", "int", "number"}:
            return poly(Symbol(text))
        case Apply(op, args):
            parts = [_integer(arg, evaluator) for arg in args]
            known = [part for part in parts if part is not None]
            return arithmetic(op, known) if len(known) == len(parts) else None
        case _:
            return integer_of(value)


def _assume_integers(p: Poly, lifting: Lifting) -> None:
    for atom in sorted(p.atoms(), key=repr):
        if not isinstance(atom, Symbol):
            continue
        scope = lifting.scope
        if scope.fact(atom.name).kind != "int" and atom.name not in scope.integers:
            lifting.assume(f"`{atom.name}` is an integer")
