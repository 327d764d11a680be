"""The linear constraints that a predicate implies where it holds."""

from __future__ import annotations

from loopless.dependence.feasible import Constraint, at_least_zero, equal_zero
from loopless.ir.poly import Poly, poly
from loopless.ir.value import Apply, Const, Int, Value

_NEGATED = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}


def conjuncts(when: Value | None) -> list[Value]:
    """The conditions that must all hold."""
    match when:
        case None | Const(True):
            return []
        case Apply("and", args):
            return [inner for arg in args for inner in conjuncts(arg)]
        case _:
            return [when]


def integer_of(value: Value) -> Poly | None:
    """The polynomial of an integer value."""
    match value:
        case Int(p):
            return p
        case Const(bool()):
            return None
        case Const(int(number)):
            return poly(number)
        case _:
            return None


def negated(when: Value) -> Value:
    """The opposite condition, pushed inwards as far as it stays readable."""
    match when:
        case Const(bool(known)):
            return Const(not known)
        case Apply("not", (inner,)):
            return inner
        case Apply(op, (left, right)) if op in _NEGATED and (
            op in {"==", "!="} or (integer_of(left) is not None and integer_of(right) is not None)
        ):
            # `not a < b` is not `a >= b` for NaN; for integers, and for == and !=, it is.
            return Apply(_NEGATED[op], (left, right))
        case Apply("and", args):
            return Apply("or", tuple(negated(arg) for arg in args))
        case Apply("or", args):
            return Apply("and", tuple(negated(arg) for arg in args))
        case _:
            return Apply("not", (when,))


def conjunction(left: Value | None, right: Value | None) -> Value | None:
    """Both conditions at once; None is always true."""
    both = [*conjuncts(left)]
    both += [c for c in conjuncts(right) if c not in both]
    if not both:
        return None
    return both[0] if len(both) == 1 else Apply("and", tuple(both))


def affine(condition: Value) -> list[Constraint]:
    """What one conjunct says of integers, as constraints; nothing for a condition on data."""
    match condition:
        case Apply(op, (left, right)):
            a, b = integer_of(left), integer_of(right)
            if a is None or b is None:
                return []
        case _:
            return []
    match op:
        case "<":
            return [at_least_zero(b - a - 1)]
        case "<=":
            return [at_least_zero(b - a)]
        case ">":
            return [at_least_zero(a - b - 1)]
        case ">=":
            return [at_least_zero(a - b)]
        case "==":
            return [equal_zero(a - b)]
        case _:
            return []


def constraints(when: Value | None) -> list[Constraint]:
    """What a predicate says of integers where it holds."""
    return [found for condition in conjuncts(when) for found in affine(condition)]
