"""Calls that a loop walks, `for label in torch.unique(labels)`: tensors under the text of the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.facts.infer import dotted, infer
from loopless.facts.listings import is_listing
from loopless.ir import tree
from loopless.ir.value import Ref

if TYPE_CHECKING:
    from loopless.lift.evaluate import Evaluator


def listed_once(iterable: tree.Expr, evaluator: Evaluator) -> Ref | None:
    """What a call lists, as a tensor that goes by the call's text; None for other expressions."""
    text = _text(iterable, evaluator)
    fact = infer(iterable, evaluator.scope)
    if text is None or not fact.is_tensor or fact.dims is None:
        return None
    evaluator.scope.names[text] = fact
    return Ref(text)


def _text(iterable: tree.Expr, evaluator: Evaluator) -> str | None:
    """The text of a listing of a name that the loop leaves alone."""
    match iterable:
        case tree.Call(tree.Field(tree.Name(module), name), (tree.Name(of),), ()) if is_listing(
            dotted(iterable.func, evaluator.scope) or ""
        ):
            text = f"{module}.{name}({of})"
        case tree.Call(tree.Field(tree.Name(of), name), (), ()) if is_listing(name):
            text = f"{of}.{name}()"
        case _:
            return None
    lifting = evaluator.lifting
    changes = of in lifting.changed or of in lifting.loop_names
    return None if changes or not evaluator.scope.fact(of).is_tensor else text
