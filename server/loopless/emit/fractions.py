"""Folds of fractions into a tensor of integers: the loop cuts them off each time, a fold only once (trap T3)."""

from __future__ import annotations

from loopless.facts.evidence import FLOATS
from loopless.facts.scope import Scope
from loopless.ir.value import Comb, Read, Reduce, Scan, Value, walk
from loopless.lift.fractions import has_fraction
from loopless.lift.types import type_of

_INTEGERS = frozenset({"bool", "uint8", "int8", "int16", "int32", "int64"})


def cuts_fractions(target: Read, value: Value, scope: Scope) -> bool:
    """Whether stores to the target in between may cut off what a fold in the value keeps."""
    own = type_of(target, scope).dtype
    if own in FLOATS:
        return False
    folds = [v for v in walk(value) if isinstance(v, Reduce | Scan | Comb)]
    if own in _INTEGERS:
        return any(type_of(v, scope).dtype not in _INTEGERS for v in folds)
    # Unshown dtypes that meet are alike (P5), but a fraction that is written out is none of theirs.
    adds = any(v.root == target.root for v in walk(value) if isinstance(v, Read))
    return any(has_fraction(v.body, scope) for v in folds if _goes_through(v, target, adds))


def _goes_through(fold: Value, target: Read, adds: bool) -> bool:
    """Whether a fold begins from the tensor that it is stored into, or is added to what that holds."""
    match fold:
        case Reduce("+" | "*"):
            return adds
        case Scan(_, _, _, Read(root)) | Comb(_, _, _, Read(root)):
            return root == target.root
        case _:
            return False
