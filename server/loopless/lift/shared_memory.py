"""Values that may be memory of another tensor: views, and choices between them. `+=` would change that (trap T19)."""

from __future__ import annotations

from loopless.facts.operations import Rule, lookup
from loopless.facts.scope import Scope
from loopless.ir.value import Apply, OnItem, Read, Ref, Value
from loopless.lift.types import type_of


def may_share(value: Value, scope: Scope) -> bool:
    """Whether a value of the body, bound to a name, may be memory that others see."""
    match value:
        case Read() | Ref():
            return type_of(value, scope).is_tensor
        case Apply("where", (_, then, otherwise)):
            return may_share(then, scope) or may_share(otherwise, scope)
        case OnItem(op, (inner, *_)):
            known = lookup(op)
            views = known is not None and (known.alias or known.rule is Rule.VIEW)
            return views and may_share(inner, scope)
        case _:
            return False
