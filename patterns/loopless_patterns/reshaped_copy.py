"""Reshaped copy.

A loop that counts the places of one tensor as rows and columns of another: the place is a row times the length of a
row, plus a column.

```python
# before: x=float[4 * n] -> frames
count = x.shape[0] // 4
frames = torch.zeros(count, 4)
for i in range(count):
    for j in range(4):
        frames[i, j] = x[4 * i + j]
```

```python
# after
count = x.shape[0] // 4
frames = x[:4 * count].view(count, 4).to(torch.float32, copy=True)
```

Holds when:

- one subscript is a sum of loop variables, and each place is read or written once;
- the two tensors do not share memory.

May change: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import At, Sub
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import lookups, result_of
from loopless_patterns._words import named


@dataclass(frozen=True, slots=True)
class ReshapedCopy:
    """Evidence: one place of `source` or `target` stands for a place on both `axes`."""

    target: str
    source: str
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> ReshapedCopy | None:
    result = result_of(subject)
    if result is None or not result.subs:
        return None
    for read in lookups(result.value):
        axes = _nested(read.subs) or _nested(result.subs)
        if axes and {*axes} <= {*result.axes}:
            return ReshapedCopy(result.target, read.root, axes)
    return None


def describe(found: ReshapedCopy) -> str:
    return f"`{found.target}` is `{found.source}` in another shape, over {named(found.axes)}"


PATTERN = pattern(__name__, __doc__, recognize, describe)


def _nested(subs: tuple[Sub, ...]) -> tuple[Axis, ...]:
    """Two axes that one subscript counts like a clock: the outer one moves on by the length of the inner one."""
    for sub in subs:
        axes = sub.poly.axes() if isinstance(sub, At) else frozenset[Axis]()
        for outer in axes:
            for inner in axes - {outer}:
                if isinstance(sub, At) and _turns(sub, outer, inner):
                    return outer, inner
    return ()


def _turns(sub: At, outer: Axis, inner: Axis) -> bool:
    return sub.poly.coefficient(outer) == inner.extent and sub.poly.coefficient(inner).constant == 1
