"""Calls that leave what they are given as it is: methods of tensors that are operations, and layers of the file."""

from __future__ import annotations

from loopless.facts.infer import infer
from loopless.facts.layers import acts
from loopless.facts.operations import Rule, method
from loopless.facts.scope import Scope
from loopless.ir import tree

# Arguments by which an operation changes a tensor that it is given.
WRITES = frozenset({"out", "inplace"})


def only_looks(call: tree.Call, scope: Scope) -> bool:
    """Whether a call is known to change none of its arguments."""
    if any(key in WRITES for key, _ in call.keywords):
        return False
    return is_layer(call, scope) or _is_operation(call, scope)


def is_layer(call: tree.Call, scope: Scope) -> bool:
    """A layer that gives a function of its input and changes nothing, nor itself."""
    fact = infer(call.func, scope)
    known = acts(fact, scope)
    return known is not None and known.is_function and not known.in_place


def _is_operation(call: tree.Call, scope: Scope) -> bool:
    match call.func:
        case tree.Field(of, name) if infer(of, scope).is_tensor and not name.endswith("_"):
            known = method(name)
            return known is not None and known.rule is not Rule.EFFECT and not known.writes
        case _:
            return False
