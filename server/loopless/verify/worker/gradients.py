"""Derivatives of both versions with respect to every input that may require them."""

# pyright: basic
# What user code gives can be anything.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from .compare import leaves, named
from .program import Program, explain
from .values import Scenario, Variation

Graphs = dict[str, tuple[bool, bool]]
Result = tuple[dict[str, torch.Tensor | None], dict[str, bool]]


def compare_gradients(
    program: Program, scenario: Scenario, variation: Variation, graphs: Graphs
) -> str | None:
    """The first difference in gradients; empty if there is none, None if the loop has none.

    `graphs` gathers which results hang on a graph in either version; a single run says little,
    for a loop may not have written at all.
    """
    try:
        old = _gradients(program, scenario, variation, "old")
    except Exception:
        return None
    if old is None:
        return None
    try:
        new = _gradients(program, scenario, variation, "new")
    except Exception as error:
        return f"backward of the new code raises {explain(error)}"
    if new is None:
        return "the loop's result has gradients, the new code's has none"
    (old_grads, old_flags), (new_grads, new_flags) = old, new
    for where in old_flags.keys() & new_flags.keys():
        loop, tensor = graphs.get(where, (False, False))
        graphs[where] = (loop or old_flags[where], tensor or new_flags[where])
    for name, one in old_grads.items():
        if difference := _difference(name, one, new_grads.get(name)):
            return difference
    return ""


def extra_graph(graphs: Graphs) -> str:
    """A result that the loop always cuts off from its graph and the new code does not."""
    for where, (loop, tensor) in sorted(graphs.items()):
        if tensor and not loop:
            return f"{where} keeps its graph in the new code; the loop cuts it off"
    return ""


def _gradients(
    program: Program, scenario: Scenario, variation: Variation, which: str
) -> Result | None:
    live = program.make(scenario, variation)
    inputs: dict[str, torch.Tensor] = {}
    given = {
        name: value if name in program.allocated else _required(value, name, inputs)
        for name, value in live.items()
    }
    if not inputs:
        return None
    with torch.enable_grad():
        outcome = program.run(which, given, grad=True)
    if outcome.error is not None:
        raise outcome.error
    flags: dict[str, bool] = {}
    total: torch.Tensor | None = None
    generator = torch.Generator().manual_seed(5)
    for path, value in sorted(leaves(outcome.values()).items()):
        if not isinstance(value, torch.Tensor) or not value.dtype.is_floating_point:
            continue
        flags[named(path)] = value.requires_grad
        weights = torch.rand(value.shape, generator=generator) + 0.5
        if value.requires_grad:
            part = (value * weights.to(value.device, value.dtype)).sum()
            total = part if total is None else total + part
    if total is None:
        return {}, flags
    names = list(inputs)
    grads = torch.autograd.grad(total, [inputs[n] for n in names], allow_unused=True)
    return dict(zip(names, grads, strict=False)), flags


def _required(value: Any, name: str, inputs: dict[str, torch.Tensor]) -> Any:
    """The value with its tensors made from leaves that require gradients."""
    if isinstance(value, torch.Tensor) and value.dtype.is_floating_point:
        leaf = value.detach().clone().requires_grad_()
        inputs[name] = leaf
        return (
            leaf.clone()
            if value.is_contiguous()
            else leaf.as_strided(value.shape, leaf.stride()).clone()
        )
    if isinstance(value, list) and value and all(isinstance(v, torch.Tensor) for v in value):
        return [_required(v, f"{name}[{k}]", inputs) for k, v in enumerate(value)]
    return value


def _difference(name: str, one: torch.Tensor | None, other: torch.Tensor | None) -> str | None:
    if one is None:
        if other is None:
            return None
        one = torch.zeros_like(other)
    if other is None:
        other = torch.zeros_like(one)
    if torch.equal(one, other):
        return None
    where = torch.isnan(one) != torch.isnan(other)
    if bool(where.any()):
        bad = "new code" if bool(torch.isnan(other)[where][0]) else "loop"
        return f"the gradient of {name} is NaN in the {bad} only"
    epsilon = torch.finfo(one.dtype).eps
    scale = float(torch.nan_to_num(one).abs().max())
    near = (one - other).abs() <= 256 * epsilon * (one.abs() + 0.1 * scale) + 1e-30
    near = near | (one == other) | (torch.isnan(one) & torch.isnan(other))
    if bool(near.all()):
        return None
    place = tuple(int(k) for k in (~near).nonzero()[0]) if one.dim() else ()
    return (
        f"the gradient of {name} at {list(place)} is {other[place].item()!r} "
        f"where the loop has {one[place].item()!r}"
    )


def float_inputs(live: Mapping[str, Any]) -> list[str]:
    """Names of the inputs that may require gradients."""
    return [n for n, v in live.items() if isinstance(v, torch.Tensor) and v.dtype.is_floating_point]
