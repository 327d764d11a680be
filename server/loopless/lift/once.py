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
        case tree.Call(tree.Field(tree.Name(module), name), (tree.Name(of),), given) if is_listing(
            dotted(iterable.func, evaluator.scope) or ""
        ):
            words = [of, *_plain(given)]
            text = f"{module}.{name}({', '.join(words)})"
        case tree.Call(tree.Field(tree.Name(of), name), (), given) if is_listing(name):
            words = _plain(given)
            text = f"{of}.{name}({', '.join(words)})"
        case _:
            return None
    if len(words) != len(iterable.args) + len(given):
        return None
    lifting = evaluator.lifting
    changes = of in lifting.changed or of in lifting.loop_names
    return None if changes or not evaluator.scope.fact(of).is_tensor else text


def _plain(keywords: tuple[tuple[str, tree.Expr], ...]) -> list[str]:
    """Arguments that say in which order to list, as text."""
    return [
        f"{key}={value.value}"
        for key, value in keywords
        if key == "sorted" and isinstance(value, tree.Literal) and isinstance(value.value, bool)
    ]
