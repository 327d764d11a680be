"""Reversed copy.

A loop that copies a tensor from the other end. `flip` does; torch has no slices with a negative step.

```python
# before: x=float[n] -> y
n = len(x)
y = torch.zeros_like(x)
for i in range(n):
    y[i] = x[n - 1 - i]
```

```python
# after
y = x.flip(0)
```

Holds when:

- one tensor is walked forwards and the other backwards, in steps of the same size;
- the two do not share memory.

May change: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import At, Read, Sub
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import result_of


@dataclass(frozen=True, slots=True)
class ReversedCopy:
    """Evidence: `target` is `source` read backwards along `axis`."""

    target: str
    source: str
    axis: Axis


def recognize(subject: Subject, scope: Scope) -> ReversedCopy | None:
    result = result_of(subject)
    if result is None or result.op is not None or not isinstance(result.value, Read):
        return None
    own, other = _directions(result.subs or ()), _directions(result.value.subs)
    for axis, direction in own.items():
        if other.get(axis) == -direction:
            return ReversedCopy(result.target, result.value.root, axis)
    return None


def describe(found: ReversedCopy) -> str:
    return f"`{found.target}` is `{found.source}` backwards along `{found.axis.name}`"


PATTERN = pattern(__name__, __doc__, recognize, describe)


def _directions(subs: tuple[Sub, ...]) -> dict[Axis, int]:
    """The axes of subscripts that move with one, each with its step."""
    found: dict[Axis, int] = {}
    for sub in subs:
        if isinstance(sub, At) and len(sub.poly.axes()) == 1:
            axis = next(iter(sub.poly.axes()))
            found[axis] = sub.poly.coefficient(axis).constant or 0
    return found
