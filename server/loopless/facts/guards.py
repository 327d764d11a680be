"""What conditions around a loop say of its integers: `if k > 0:`, `assert k > 0`, `if k <= 0: return`."""

from __future__ import annotations

from loopless.facts.infer import integer
from loopless.facts.scope import Scope
from loopless.ir import tree
from loopless.ir.poly import Poly, Symbol

_OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}


def where_true(test: tree.Expr, scope: Scope) -> tuple[Poly, ...]:
    """Polynomials that are not negative where the condition holds."""
    match test:
        case tree.Operator("not", (inner,)):
            return where_false(inner, scope)
        case tree.Operator(op, (left, right)) if op in _OPPOSITE:
            return _compared(op, left, right, scope)
        case tree.Junction("and", operands):
            return tuple(p for operand in operands for p in where_true(operand, scope))
        case _:
            return ()


def where_false(test: tree.Expr, scope: Scope) -> tuple[Poly, ...]:
    """Polynomials that are not negative where the condition does not hold."""
    match test:
        case tree.Operator("not", (inner,)):
            return where_true(inner, scope)
        case tree.Operator(op, (left, right)) if op in _OPPOSITE:
            return _compared(_OPPOSITE[op], left, right, scope)
        case tree.Junction("or", operands):
            return tuple(p for operand in operands for p in where_false(operand, scope))
        case _:
            return ()


def _compared(op: str, left: tree.Expr, right: tree.Expr, scope: Scope) -> tuple[Poly, ...]:
    a, b = _whole(left, scope), _whole(right, scope)
    if a is None or b is None:
        return ()
    match op:
        case "<":
            return (b - a - 1,)
        case "<=":
            return (b - a,)
        case ">":
            return (a - b - 1,)
        case ">=":
            return (a - b,)
        case "==":
            return (a - b, b - a)
        case _:
            return ()


def _whole(expr: tree.Expr, scope: Scope) -> Poly | None:
    """The polynomial of an expression, if all that it is made of are integers."""
    p = integer(expr, scope)
    if p is None:
        return None
    names = {atom.name for atom in p.atoms() if isinstance(atom, Symbol)}
    return p if all(_is_integer(name, scope) for name in names) else None


def _is_integer(name: str, scope: Scope) -> bool:
    """A threshold of unknown kind may be 0.5, which is more than 0 and less than 1."""
    return scope.fact(name).kind == "int" or name in scope.integers
