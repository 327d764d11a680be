"""Calls in the loop's body -> values: by the table of operations, by running functions of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.conditions import integer_of
from loopless.facts.fact import Fact
from loopless.facts.infer import dotted, infer
from loopless.facts.layers import PRESUMED, acts, in_eval
from loopless.facts.operations import Operation, Rule, lookup, method
from loopless.facts.scope import own_method
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.poly import poly
from loopless.ir.value import (
    Apply,
    At,
    Const,
    Int,
    OnItem,
    Pick,
    Read,
    Ref,
    Tuple,
    Value,
    axes_of,
    cells_of,
    leaves_of,
)
from loopless.ir.walk import names_read
from loopless.lift.by_vmap import batches
from loopless.lift.choice import extreme
from loopless.lift.context import Frame, Lifting
from loopless.lift.junctions import as_truth
from loopless.lift.listed import taken
from loopless.lift.masked import masked_operation
from loopless.lift.meant import meant, spelled_out
from loopless.lift.places import SLICE
from loopless.lift.ranks import learn_rows, learn_scalar
from loopless.lift.sizes import size_asked
from loopless.lift.stop import stop
from loopless.lift.types import Type, type_of
from loopless.lift.words import described, spelled

if TYPE_CHECKING:
    from loopless.lift.evaluate import Evaluator

_EFFECTS = frozenset({"print", "input", "open", "exec", "eval", "next", "setattr", "delattr"})


def called(evaluator: Evaluator, call: tree.Call, frame: Frame) -> Value:
    """The value of a call, by what is known of the function called."""
    if any(isinstance(a, tree.Spread) for a in call.args):
        raise stop("unknown-call", "a call with starred arguments", call.span)
    size = size_asked(evaluator, call, frame)
    if size is not None:
        return size
    made = taken(evaluator, call, frame)
    if made is not None:
        return made
    name = dotted(call.func, evaluator.scope)
    if isinstance(call.func, tree.Name) and call.func.id in frame.env:
        raise stop("unknown-call", "the function called is a value of the loop", call.span)
    if name is not None:
        return _named_call(evaluator, name, call, frame)
    match call.func:
        case tree.Name(local):
            function = evaluator.scope.function(local)
            if function is not None:
                args, keywords = _arguments(evaluator, call, frame)
                return evaluator.inline(function, args, keywords, frame, call.span)
            return _unknown_call(evaluator, local, call, frame)
        case tree.Field(tree.Name("self"), attribute) if "self" not in frame.env:
            return _own_method(evaluator, attribute, call, frame)
        case tree.Field(of, attribute):
            return _method_call(evaluator, of, attribute, call, frame)
        case _:
            raise stop("unknown-call", "the function called is not known", call.span)


def _arguments(
    evaluator: Evaluator, call: tree.Call, frame: Frame
) -> tuple[list[Value], dict[str, Value]]:
    """The values of a call's positional and keyword arguments."""
    args = [evaluator.value(arg, frame) for arg in call.args]
    return args, {key: evaluator.value(arg, frame) for key, arg in call.keywords}


def _unknown_call(evaluator: Evaluator, local: str, call: tree.Call, frame: Frame) -> Value:
    """A callable argument: pointwise only by assumption."""
    fact = evaluator.scope.fact(local)
    if fact.kind == "module":
        return _module_call(evaluator, local, fact, call, frame)
    args, keywords = _arguments(evaluator, call, frame)
    if keywords or not args:
        raise stop("unknown-call", f"`{local}` is not known", call.span)
    if local not in evaluator.scope.locals:
        raise stop("unknown-call", f"`{local}` is not known", call.span)
    types = [type_of(arg, evaluator.scope) for arg in args]
    if any(t.kind == "other" for t in types):
        raise stop("unknown-call", f"`{local}` is not known", call.span)
    if all(t.rank == 0 or not t.is_tensor or _in_full(a) for a, t in zip(args, types, strict=True)):
        evaluator.lifting.assume(f"`{local}` works element by element and has no effects")
        return Apply(f"call:{local}", tuple(args))
    evaluator.lifting.assume(f"`{local}` gives for a batch what it gives for each item")
    evaluator.scope.modules[local] = PRESUMED
    return OnItem(f"module:{local}", tuple(args))


def _own_method(evaluator: Evaluator, attribute: str, call: tree.Call, frame: Frame) -> Value:
    """A method of the class around, inlined, or a module that `self` holds."""
    function = own_method(attribute, evaluator.scope)
    fact = infer(tree.Field(tree.Name("self", call.span), attribute, call.span), evaluator.scope)
    if fact.kind == "module":
        return _module_call(evaluator, f"self.{attribute}", fact, call, frame)
    if function is None:
        raise stop("unknown-call", f"`self.{attribute}` is not known", call.span)
    args, keywords = _arguments(evaluator, call, frame)
    if not any(isinstance(d, tree.Name) and d.id == "staticmethod" for d in function.decorators):
        args = [Ref("self"), *args]
    return evaluator.inline(function, args, keywords, frame, call.span)


def _module_call(
    evaluator: Evaluator, text: str, fact: Fact, call: tree.Call, frame: Frame
) -> Value:
    """A module of the file, by what it does to one item; of one that is not shown that is assumed."""
    args, keywords = _arguments(evaluator, call, frame)
    known = acts(fact, evaluator.scope)
    if known is None or keywords:
        if keywords or len(args) != 1:
            raise stop("unknown-call", f"what `{text}` does to one item is not known", call.span)
        evaluator.lifting.assume(f"`{text}` gives for a batch what it gives for each item")
        known = PRESUMED
    elif fact.made is not None and fact.made.touched:
        evaluator.lifting.assume(f"`{text}` gives for a batch what it gives for each item")
    if len(args) != known.inputs:
        raise stop("unknown-call", f"what `{text}` does to one item is not known", call.span)
    if known.needs_eval and text.startswith("self."):
        evaluator.lifting.assume(f"`{text}` is in eval mode")
        known = in_eval(known)
    if not known.is_function:
        raise stop("module-state", f"`{text}`: {known.reason or 'it may keep a state'}", call.span)
    if known.in_place:
        raise stop("in-place", f"`{text}` changes what it is given", call.span)
    evaluator.scope.modules[text] = known
    return OnItem(f"module:{text}", tuple(args))


def _named_call(evaluator: Evaluator, name: str, call: tree.Call, frame: Frame) -> Value:
    """A call of a function of torch, math or Python by its canonical name."""
    short = name.rsplit(".", 1)[-1]
    if name.startswith("builtins."):
        return _builtin(evaluator, short, call, frame)
    if name == "torch.tensor" and len(call.args) == 1:
        return _made_tensor(evaluator, call, frame)
    known = lookup(name)
    if known is None:
        raise stop("unknown-call", f"no rule for `{spelled(call.func)}`", call.span)
    args, keywords = _arguments(evaluator, call, frame)
    if name.startswith("math."):
        return Apply(name, tuple(args))
    return _operation(evaluator, name, known, tuple(args), tuple(keywords.items()), call.span)


def _made_tensor(evaluator: Evaluator, call: tree.Call, frame: Frame) -> Value:
    """`torch.tensor` of numbers and of items without dimensions."""
    args, keywords = _arguments(evaluator, call, frame)
    for leaf in leaves_of(args[0]):
        learn_scalar(leaf, evaluator.lifting)
    return OnItem("torch.tensor", tuple(args), tuple(keywords.items()))


def _operation(
    evaluator: Evaluator,
    name: str,
    known: Operation,
    args: tuple[Value, ...],
    keywords: tuple[tuple[str, Value], ...],
    span: Span,
) -> Value:
    """A call of an operation of the table."""
    if known.if_tensor and any(type_of(a, evaluator.scope).is_tensor for a in args[1:2]):
        name, known = known.if_tensor, lookup(known.if_tensor) or known
    match known.rule:
        case Rule.POINTWISE:
            return Apply(name, args, keywords)
        case Rule.RANDOM:
            raise stop(
                "random", f"`{name}` draws random numbers, in another order if batched", span
            )
        case Rule.EFFECT:
            raise stop("effect", f"`{name}` changes something in every iteration", span)
        case Rule.READ if name != "Tensor.item":
            raise stop("host-read", f"`{name}` brings items to the host", span)
        case Rule.READ:
            return Apply("item", (args[0],))
        case Rule.OPAQUE if batches(name, args) or not any(
            axes_of(a) or cells_of(a) for a in (*args, *dict(keywords).values())
        ):
            # It needs no batching where it is the same in every iteration.
            return on_item(name, args, keywords, span, evaluator.lifting)
        case Rule.OPAQUE:
            raise stop("unknown-call", f"no rule to batch `{name}`", span)
        case _:
            return on_item(name, args, keywords, span, evaluator.lifting)


def on_item(
    name: str,
    args: tuple[Value, ...],
    keywords: tuple[tuple[str, Value], ...],
    span: Span,
    lifting: Lifting,
) -> Value:
    """An operation on the item's own dimensions."""
    keywords = spelled_out(name, args, keywords)
    masked = masked_operation(name, args, keywords, span, lifting)
    if masked is not None:
        return masked
    said = meant(name, args, keywords, lifting)
    if said is not None:
        return said
    learn_rows(name, args, keywords, span, lifting)
    return OnItem(name, args, keywords)


def _builtin(evaluator: Evaluator, short: str, call: tree.Call, frame: Frame) -> Value:
    """A call of one of Python's own functions."""
    if short in _EFFECTS:
        raise stop("effect", f"`{short}` is called in every iteration", call.span)
    if call.keywords:
        raise stop("unknown-call", f"`{short}` with keywords", call.span)
    if short in {"tuple", "list"} and len(call.args) == 1:
        inner = evaluator.value(call.args[0], frame)
        if isinstance(inner, Tuple):
            return inner
        raise stop("unknown-call", f"`{short}` of a value of the loop", call.span)
    args = [evaluator.value(arg, frame) for arg in call.args]
    types = [type_of(arg, evaluator.scope) for arg in args]
    match short, args:
        case "int", [arg]:
            return Apply("int", (arg,)) if integer_of(arg) is None else arg
        case "float", [arg]:
            if isinstance(arg, Const) and isinstance(arg.value, str):
                return Ref(f'float("{arg.value}")')
            return Apply("float", (arg,))
        case "bool", [arg]:
            return as_truth(evaluator.truth(arg), evaluator.scope)
        case "abs", [arg]:
            return Apply("abs", (arg,))
        case (("min" | "max"), [_, _, *_]):
            return extreme(short, args)
        case "pow" | "divmod", [_, _]:
            symbols = ("**",) if short == "pow" else ("//", "%")
            found = tuple(evaluator.combined(op, args, call.span) for op in symbols)
            return found[0] if len(found) == 1 else Tuple(found)
        case "len", [arg]:
            raise stop("unknown-size", f"the length of {described(arg)} is not known", call.span)
        case "sum", [arg] if types[0].is_tensor:
            return on_item(
                "torch.sum", (arg,), (("dim", Int(poly(0))),), call.span, evaluator.lifting
            )
        case "range" | "enumerate" | "zip", _:
            raise stop("unknown-call", f"`{short}` as a value", call.span)
        case _:
            return _rounded_or_cut(short, args, types, call)


def _rounded_or_cut(short: str, args: list[Value], types: list[Type], call: tree.Call) -> Value:
    """`round` of an integer, and a slice as a value."""
    match short, args:
        case "round", [arg] if types[0].kind == "int":
            return arg
        case "slice", [_] | [_, _] | [_, _, _]:
            return OnItem(SLICE, tuple(args))
        case _:
            raise stop("unknown-call", f"no rule for `{short}`", call.span)


def _method_call(
    evaluator: Evaluator, of: tree.Expr, name: str, call: tree.Call, frame: Frame
) -> Value:
    """A call of a method of a tensor, or of a module that a field holds."""
    if not (names_read(of) & (frame.env.keys() | evaluator.lifting.loop_names)):
        fact = infer(of, evaluator.scope)
        if fact.kind == "module":
            return _module_call(evaluator, spelled(of), fact, call, frame)
    base = evaluator.value(of, frame)
    kind = type_of(base, evaluator.scope)
    if name == "item" and not call.args:
        if not kind.is_tensor:
            raise stop("not-a-tensor", f"{described(base)} is not known to be a tensor", call.span)
        return Apply("item", (base,))
    if not kind.is_tensor:
        raise stop("not-a-tensor", f"{described(base)} is not known to be a tensor", call.span)
    known = method(name)
    if known is None:
        raise stop("unknown-call", f"no rule for the method `{name}`", call.span)
    args, keywords = _arguments(evaluator, call, frame)
    if name in {"clone", "contiguous"}:
        return Apply("Tensor.clone", (base,))
    return _operation(
        evaluator, f"Tensor.{name}", known, (base, *args), tuple(keywords.items()), call.span
    )


def _in_full(value: Value) -> bool:
    """An item by two subscripts or more: a number, if nothing shows more (P4)."""
    return isinstance(value, Read) and sum(isinstance(s, At | Pick) for s in value.subs) > 1
