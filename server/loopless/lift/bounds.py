"""Bounds of slices and ranges as polynomials, with what is read from data as atoms: `lens[b] - 1`, `int(ends[i])`."""

from __future__ import annotations

from loopless.dependence.conditions import integer_of
from loopless.facts.evidence import FLOATS
from loopless.facts.scope import Scope
from loopless.finding import Span
from loopless.ir.poly import Poly, Symbol, arithmetic, greatest, least, poly
from loopless.ir.value import Apply, Held, Read, Ref, Value, cells_of, held_in, reads_of
from loopless.lift.context import Lifting
from loopless.lift.stop import stop
from loopless.lift.types import type_of

_ARITHMETIC = frozenset({"+", "-", "*", "//", "%", "neg", "pos"})


def bound_of(value: Value, scope: Scope) -> Poly | None:
    """The polynomial of an integer, None where the value is none or changes from iteration to iteration."""
    p = integer_of(value)
    if p is not None:
        return p
    match value:
        case Ref(text) if scope.fact(text).kind in {"unknown", "int", "number"}:
            return poly(Symbol(text))
        case Apply(op, args) if op in _ARITHMETIC:
            parts = [bound_of(arg, scope) for arg in args]
            known = [part for part in parts if part is not None]
            return arithmetic(op, known) if len(known) == len(parts) else None
        case Apply("where", (Apply("<" | ">" as op, (other, first)), then, otherwise)) if (
            other,
            first,
        ) == (then, otherwise):
            # The choice that `min` and `max` of two numbers are.
            parts = [bound_of(otherwise, scope), bound_of(then, scope)]
            known = [part for part in parts if part is not None]
            extreme = least if op == "<" else greatest
            return extreme(known) if len(known) == 2 else None
        case _:
            return poly(Held(value)) if _is_integer(value, scope) else None


def _is_integer(value: Value, scope: Scope) -> bool:
    """Whether Python takes the value for an integer, or fails: one number that the loop does not carry."""
    if cells_of(value):
        return False
    kind = type_of(value, scope)
    match value:
        case Apply("int", (_,)):
            return True
        case Apply("item", (inner,)):
            return type_of(inner, scope).dtype not in FLOATS
        case Read(_, subs) if subs:
            return kind.is_tensor and kind.rank in (0, None) and kind.dtype not in FLOATS
        case _:
            return kind.is_tensor and kind.rank == 0 and kind.dtype not in FLOATS


def refuse_changing(p: Poly, span: Span, lifting: Lifting) -> None:
    """Numbers from data say how often a loop runs only if the loop leaves that data alone."""
    roots = {read.root for held in held_in(p) for read in reads_of(held)}
    for root in sorted(roots & lifting.changed):
        raise stop(
            "data-dependent-extent",
            f"how often the loop runs is read from `{root}`, which changes",
            span,
        )


def data_in(p: Poly) -> bool:
    """Whether a polynomial has numbers from data in it."""
    return any(isinstance(atom, Held) for atom in p.atoms())
