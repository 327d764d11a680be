"""Transfer in the loop.

A loop that moves one item after another to a device or to another dtype. Each move of a small item costs a launch and
a synchronization; one move of the whole tensor costs one.

```python
# before: images=float[n, h, w], device=call(torch.device("cpu")) -> moved
moved = torch.zeros(images.shape)
for i in range(len(images)):
    moved[i] = images[i].to(device)
```

```python
# after
moved = torch.zeros(images.shape)
moved[:] = images.to(device)
```

Holds when:

- the device or dtype is the same in every iteration;
- the whole tensor fits where its items went one by one.

May change: nothing.

Memory: all items are on the device at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import OnItem
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import inside, read_in, result_of
from loopless_patterns._words import listed, named

MOVES = frozenset(f"Tensor.{name}" for name in ("to", "cpu", "cuda"))


@dataclass(frozen=True, slots=True)
class DeviceTransfer:
    """Evidence: items of `operands` are moved one by one, for each of `axes`."""

    operands: tuple[str, ...]
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> DeviceTransfer | None:
    result = result_of(subject)
    if result is None or not result.axes:
        return None
    for inner in inside(result.value):
        if isinstance(inner, OnItem) and inner.op in MOVES:
            return DeviceTransfer(read_in(inner), result.axes)
    return None


def describe(found: DeviceTransfer) -> str:
    return f"{listed(found.operands)} is moved item by item, for each {named(found.axes)}"


PATTERN = pattern(__name__, __doc__, recognize, describe)
