"""Modules that the file builds: layers with their arguments, sequences of them, classes with a `forward`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from loopless.facts.attributes import attributes_of
from loopless.facts.fact import Fact
from loopless.facts.infer import dotted
from loopless.facts.operations import Module, Rule, lookup, method, module, module_of_function
from loopless.facts.scope import Scope, names_bound
from loopless.ir import tree
from loopless.ir.walk import names_read

_DEEPEST = 6
_WORDS = frozenset({"+", "-", "*", "/"})
# Layers that hand on what they are given: whoever changes its input behind one changes the first input.
_HANDS_ON = frozenset(
    f"torch.nn.{name}"
    for name in "Identity Flatten Unflatten Dropout Dropout1d Dropout2d Dropout3d AlphaDropout".split()
)
# What stands for an unknown callable under the assumption that it can be batched.
PRESUMED = Module(samples=True, sized=True)
_MIXES = Module(batchable=False, reason="it looks at all samples together")


def acts(fact: Fact, scope: Scope, depth: int = 0) -> Module | None:
    """How a module acts on an item, by its class, its arguments and its parts; None where that is not shown."""
    if fact.kind != "module" or depth > _DEEPEST:
        return None
    known = module(fact.instance)
    if known is None:
        found = _class(fact.instance, scope, depth)
    elif known.container:
        parts = [acts(part, scope, depth + 1) for part in fact.made.args] if fact.made else [None]
        found = sequence(parts) if fact.instance == "torch.nn.Sequential" else None
    elif fact.made is None:
        found = known
    else:
        found = _built(known, fact)
    if found is not None and fact.made is not None and fact.made.evaluated:
        found = in_eval(found)
    return found


def in_eval(known: Module) -> Module:
    """What a module does in eval mode, as far as that differs."""
    return replace(known, needs_eval=False, random=False, stateful=False)


def sequence(parts: Iterable[Module | None]) -> Module | None:
    """Modules one after the other, each given what the one before gives."""
    known: list[Module] = []
    for part in parts:
        if part is None or part.reduction or (part.inputs != 1 and known):
            return None
        known.append(part)
    if not known:
        return Module()
    last = max(part.last for part in known)
    ranges = [(p.leading[0] + p.last, p.leading[1] + p.last) for p in known if p.leading]
    low, high = max((r[0] for r in ranges), default=0), min((r[1] for r in ranges), default=None)
    hands_on = True
    in_place = False
    for part in known:
        in_place = in_place or (part.in_place and hands_on)
        hands_on = hands_on and (part.name in _HANDS_ON or part.in_place)
    asking = next((part for part in known if part.last or part.samples), Module())
    odd = next((part for part in known if not part.batchable), None)
    stops = next((part for part in known if part.needs_eval), None)
    return Module(
        batchable=odd is None and (high is None or last <= high),
        reason=(odd or stops or known[0]).reason,
        last=last,
        leading=None if high is None else (max(low - last, 0), high - last),
        samples=any(part.samples for part in known),
        dims=tuple(dim for part in known for dim in part.dims),
        needs_eval=any(part.needs_eval for part in known),
        random=any(part.random for part in known),
        stateful=any(part.stateful for part in known),
        inputs=known[0].inputs,
        in_place=in_place,
        least=asking.least,
        sized=asking.sized,
    )


def _built(known: Module, fact: Fact) -> Module | None:
    """A layer with the arguments of its constructor."""
    assert fact.made is not None
    args, keywords = fact.made.args, dict(fact.made.keywords)
    shown = keywords.get("track_running_stats")
    if shown is not None and shown.literal is not (known.stateful or None):
        # The running statistics decide what eval mode does.
        return _MIXES
    plain = known.random or known == Module(known.name, known.function)
    flags = [keywords["inplace"]] if "inplace" in keywords else list(args) if plain else []
    if any(flag.kind not in {"int", "float"} and flag.literal is not False for flag in flags):
        known = replace(known, in_place=True)
    given = [*(fact.literal for fact in args)]
    if known.least and known.last == 1 and given and type(given[0]) is int and given[0] != 1:
        known = replace(known, sized=True)
    return with_dims(known, given, {key: value.literal for key, value in keywords.items()})


def with_dims(known: Module, given: list[object], keywords: Mapping[str, object]) -> Module:
    """A module that works along dims of which it is told: from the end they are the item's, in front the samples'."""
    if not known.dims:
        return known
    dims: list[object] = []
    for at, (name, default) in enumerate(zip(known.dims, known.dim_defaults, strict=True)):
        dims.append(keywords.get(name, given[at] if at < len(given) else default))
    whole = [dim for dim in dims if type(dim) is int]
    if len(whole) < len(dims) or 0 in whole:
        return known
    if all(dim < 0 for dim in whole):
        return replace(known, dims=())
    if all(dim > 0 for dim in whole) or known.name == "torch.nn.Flatten":
        return replace(known, dims=(), samples=True)
    return known


# --- classes with a forward


def _class(name: str, scope: Scope, depth: int) -> Module | None:
    cls = scope.world.classes.get(name)
    forward = next((m for m in cls.methods if m.name == "forward"), None) if cls else None
    if cls is None or forward is None or any(m.name == "__call__" for m in cls.methods):
        return None
    if forward.decorators or len(forward.params) != 2 or forward.variadic:
        return None
    known = dict(attributes_of(name, scope.world))
    own = Scope(scope.world, known, frozenset(), frozenset(), {}, owner=name)
    own.locals = names_bound(forward.body) | {p.name for p in forward.params}
    flows = {forward.params[1].name: Module()}
    for statement in forward.body:
        match statement:
            case tree.Evaluate(tree.Literal()):
                pass
            case tree.Assign(tree.Name(target), value):
                flow = _flow(value, flows, own, depth)
                if flow is None:
                    return None
                flows[target] = flow
            case tree.Return(value) if value is not None:
                return _flow(value, flows, own, depth)
            case _:
                return None
    return None


def _flow(expr: tree.Expr, flows: Mapping[str, Module], scope: Scope, depth: int) -> Module | None:
    """How an expression depends on the input of `forward`."""
    match expr:
        case tree.Name(name):
            return flows.get(name)
        case tree.Operator(op, (left, right)) if op in _WORDS:
            return _meeting(left, right, flows, scope, depth)
        case tree.Call(tree.Field(tree.Name("self"), name), (argument,), ()):
            inner = _flow(argument, flows, scope, depth)
            fact = scope.names.get(f"self.{name}", Fact())
            if inner is None or (fact.made is not None and fact.made.touched):
                return None
            return sequence((inner, acts(fact, scope, depth + 1)))
        case tree.Call(func, args, keywords):
            name = dotted(func, scope)
            if name is None and isinstance(func, tree.Field):
                return _step(f"Tensor.{func.name}", func.of, args, keywords, flows, scope, depth)
            if name is None or not args:
                return None
            return _step(name, args[0], args[1:], keywords, flows, scope, depth)
        case _:
            return None


def _meeting(
    left: tree.Expr, right: tree.Expr, flows: Mapping[str, Module], scope: Scope, depth: int
) -> Module | None:
    """Two flows of the same dimensions, or one and a number."""
    numbers = [isinstance(side, tree.Literal) for side in (left, right)]
    if numbers == [False, True]:
        return _flow(left, flows, scope, depth)
    if numbers == [True, False]:
        return _flow(right, flows, scope, depth)
    both = [_flow(side, flows, scope, depth) for side in (left, right)]
    if any(flow is not None and not flow.batchable for flow in both):
        return _MIXES
    return None if any(flow is None or flow.samples for flow in both) else sequence(both)


def _step(
    name: str,
    of: tree.Expr,
    args: tuple[tree.Expr, ...],
    keywords: tuple[tuple[str, tree.Expr], ...],
    flows: Mapping[str, Module],
    scope: Scope,
    depth: int,
) -> Module | None:
    """A function of torch on a flow, with settings that no sample decides."""
    inner = _flow(of, flows, scope, depth)
    if inner is None:
        return None
    short = name.rpartition(".")[2]
    if short in {"view", "reshape"} and len(args) > 1 and _counts_samples(args[0], flows):
        return sequence((inner, PRESUMED)) if _are_numbers(args[1:]) else None
    if not _are_numbers((*args, *(value for _, value in keywords))):
        return None
    literals = [_number(arg) for arg in args]
    named = {key: _number(value) for key, value in keywords}
    if short == "flatten" and name in {"torch.flatten", "Tensor.flatten"}:
        start = literals[0] if literals else named.get("start_dim", 0)
        return sequence((inner, PRESUMED)) if isinstance(start, int) and start > 0 else None
    layer = module_of_function(name)
    if layer is not None and layer.inputs == 1 and layer.is_function:
        return sequence((inner, with_dims(layer, literals, named)))
    known = method(short) if name.startswith("Tensor.") else lookup(name)
    if known is not None and known.rule in {Rule.REDUCE, Rule.ALONG}:
        along = _along(literals[0] if literals else named.get("dim"))
        keeps = known.rule is Rule.ALONG or named.get("keepdim") is True
        # With a dimension less, what comes after may take the samples for the last dimension.
        return sequence((inner, along)) if keeps or along is _MIXES else None
    if known is None or short.endswith("_") or known.rule is not Rule.POINTWISE:
        return None
    return inner if named.get("inplace") in {None, False} and True not in literals else None


def _along(dim: object) -> Module | None:
    """What works along a dimension of samples: the first one, or all, mixes them."""
    if dim is None or dim == 0:
        return _MIXES
    return PRESUMED if isinstance(dim, int) and dim > 0 else None


def _counts_samples(size: tree.Expr, flows: Mapping[str, Module]) -> bool:
    """`x.size(0)`, `x.shape[0]` of what flows, or -1: as many rows as before, or as there are elements for."""
    match size:
        case tree.Operator("neg", (tree.Literal(1),)) | tree.Literal(-1):
            return True
        case tree.Call(tree.Field(tree.Name(name), "size"), (tree.Literal(0),)):
            return name in flows
        case tree.Item(tree.Field(tree.Name(name), "shape"), (tree.Literal(0),)):
            return name in flows
        case _:
            return False


def _are_numbers(exprs: Iterable[tree.Expr]) -> bool:
    return all(not names_read(expr) for expr in exprs)


def _number(expr: tree.Expr) -> object:
    match expr:
        case tree.Literal(value):
            return value
        case tree.Operator("neg", (tree.Literal(int(value)),)):
            return -value
        case _:
            return None
