"""Transposed copy.

A loop that copies a tensor with its axes in another order.

```python
# before: x=float[n, m] -> y
n, m = x.shape
y = torch.zeros(m, n)
for i in range(n):
    for j in range(m):
        y[j, i] = x[i, j]
```

```python
# after
n, m = x.shape
y = torch.zeros(m, n)
y[:] = x.T
```

Holds when:

- every loop variable stands in one subscript of each tensor;
- the two tensors do not share memory.

May change: nothing. The result is a copy, laid out as before, not a view.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import At, Read, Sub
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import result_of
from loopless_patterns._words import named


@dataclass(frozen=True, slots=True)
class TransposedCopy:
    """Evidence: `target` is `source` with its axes in the order of `axes`."""

    target: str
    source: str
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> TransposedCopy | None:
    result = result_of(subject)
    if result is None or result.op is not None or not isinstance(result.value, Read):
        return None
    own, other = _order(result.subs or ()), _order(result.value.subs)
    if own == other or len(own) < 2 or {*own} != {*other}:
        return None
    return TransposedCopy(result.target, result.value.root, own)


def describe(found: TransposedCopy) -> str:
    return f"`{found.target}` is `{found.source}` with its axes in the order {named(found.axes)}"


PATTERN = pattern(__name__, __doc__, recognize, describe)


def _order(subs: tuple[Sub, ...]) -> tuple[Axis, ...]:
    """The axes of subscripts that each move with one, in their order."""
    found = [sub.poly.axes() if isinstance(sub, At) else frozenset[Axis]() for sub in subs]
    return tuple(next(iter(axes)) for axes in found if len(axes) == 1)
