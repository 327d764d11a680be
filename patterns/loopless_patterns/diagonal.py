"""Diagonal.

A loop that reads or writes the places of a tensor where two subscripts are the same.

```python
# before: x=float[n, n] -> y
y = torch.zeros(x.shape[0])
for i in range(x.shape[0]):
    y[i] = x[i, i]
```

```python
# after
i = torch.arange(x.shape[0], device=x.device)
y = x[i, i].float()
```

Holds when:

- the same loop variable stands in two subscripts;
- what is read does not share memory with what is written.

May change: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import At, Sub
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import lookups, result_of


@dataclass(frozen=True, slots=True)
class Diagonal:
    """Evidence: `axis` stands in two subscripts of `tensor`, which is read or, if `stored`, written."""

    tensor: str
    axis: Axis
    stored: bool


def recognize(subject: Subject, scope: Scope) -> Diagonal | None:
    result = result_of(subject)
    if result is None:
        return None
    axis = _twice(result.subs or ())
    if axis is not None:
        return Diagonal(result.target, axis, stored=True)
    for read in lookups(result.value):
        axis = _twice(read.subs)
        if axis is not None:
            return Diagonal(read.root, axis, stored=False)
    return None


def describe(found: Diagonal) -> str:
    verb = "writes" if found.stored else "reads"
    return f"the loop over `{found.axis.name}` {verb} the diagonal of `{found.tensor}`"


PATTERN = pattern(__name__, __doc__, recognize, describe)


def _twice(subs: tuple[Sub, ...]) -> Axis | None:
    seen: set[Axis] = set()
    for sub in subs:
        found = sub.poly.axes() if isinstance(sub, At) else frozenset[Axis]()
        for axis in found:
            if axis in seen:
                return axis
        seen |= found
    return None
