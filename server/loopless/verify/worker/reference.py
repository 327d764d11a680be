"""How far a result may lie from the loop's: a float64 run and the loop's own sensitivity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from .compare import Bound, Path, leaves
from .limits import Forbidden, OutOfTime
from .program import Program
from .values import Scenario, Variation

_FACTOR = 4.0
_SMOOTH = ("plain", "large", "offset", "extremes")


def bound_for(
    program: Program,
    scenario: Scenario,
    variation: Variation,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> Bound:
    """The error bound of one run, by the condition of what it computes and by its size.

    The condition is measured: the loop is run in float64, and with inputs moved by one unit in the
    last place. A sum that cancels moves far, and may differ as far when its order changes.
    """
    exact = _leaves_of(program, scenario, variation, True, 0)
    moved: list[dict[Path, Any]] = []
    if variation.data in _SMOOTH:
        for seed in (11, 23, 37, 41, 53):
            run = _leaves_of(program, scenario, variation, False, seed)
            moved += [run] if run else []
    terms = sum(v.numel() for v in leaves(dict(old)).values() if isinstance(v, torch.Tensor))
    growth = _FACTOR * math.sqrt(max(terms, 1))
    now = leaves(dict(new))

    def bound(path: Path, left: torch.Tensor) -> torch.Tensor | None:
        return _allowed(left, exact.get(path), now.get(path), [m.get(path) for m in moved], growth)

    return bound


def _allowed(
    left: torch.Tensor, reference: Any, right: Any, moved: list[Any], growth: float
) -> torch.Tensor:
    wide = torch.complex128 if left.is_complex() else torch.float64
    wide = wide if left.device.type != "mps" else torch.float32
    kind = left.real.dtype if left.is_complex() else left.dtype
    epsilon = torch.finfo(kind).eps
    value = torch.nan_to_num(left.to(wide).abs()).real.clamp_max(1e300)
    finite = torch.isfinite(left)
    spread = torch.zeros_like(value)
    for other in moved:
        if isinstance(other, torch.Tensor) and other.shape == left.shape:
            distance = (other.to(wide) - left.to(wide)).abs()
            spread = torch.maximum(spread, torch.nan_to_num(distance, 0.0, 0.0, 0.0))
    if moved and bool(finite.any()):
        # An element may stay where it is in each of a few draws: its neighbors move as far as it could have.
        spread = torch.maximum(spread, spread[finite].median())
    elif bool(finite.any()):
        spread = epsilon * value[finite].max().expand(value.shape)
    allowed = growth * (spread + epsilon * value) + torch.finfo(kind).tiny
    if isinstance(reference, torch.Tensor) and reference.shape == left.shape:
        error = (reference.to(left.device).to(wide) - left.to(wide)).abs()
        allowed = allowed + torch.nan_to_num(error, 0.0, 0.0, 0.0)
        if isinstance(right, torch.Tensor) and right.shape == left.shape:
            overflowed = torch.isfinite(reference) & ~(finite & torch.isfinite(right))
            allowed[overflowed] = math.inf
    return allowed


def _leaves_of(
    program: Program, scenario: Scenario, variation: Variation, double: bool, perturbed: int
) -> dict[Path, Any]:
    if double and program.device == "mps":
        return {}
    try:
        live = program.make(scenario, variation, double, perturbed)
        outcome = program.run("old", live, double)
    except (Exception, Forbidden, OutOfTime):
        return {}
    return {} if outcome.error is not None else leaves(outcome.values())
