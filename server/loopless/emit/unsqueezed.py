"""Items joined along a dimension of their own: `torch.cat([x.unsqueeze(1), …], dim=1)` stacks them there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.dependence.conditions import integer_of
from loopless.ir.value import OnItem, Value

if TYPE_CHECKING:
    from loopless.emit.collect import Collector


def as_stack(value: Value, collector: Collector) -> tuple[Value, Collector]:
    """The item without the dimension that joins it, and the collector that makes one there."""
    match value:
        case OnItem("Tensor.unsqueeze" | "torch.unsqueeze", (inner, dim), ()) if (
            collector.function == "torch.cat" and collector.dim != 0
        ):
            at = integer_of(dim)
            if at is not None and at.constant == collector.dim:
                return inner, replace(collector, function="torch.stack")
        case _:
            pass
    return value, collector
