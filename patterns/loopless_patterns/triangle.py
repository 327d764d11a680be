"""Triangle.

A loop in which the range of one variable depends on another, or that compares the two: the part of a matrix below or
above its diagonal. The condition on the two axes is a mask, and the rest of the matrix stays as it is.

```python
# before: n=size(n) -> mask
mask = torch.zeros(n, n)
for i in range(n):
    for j in range(i + 1):
        mask[i, j] = 1
```

```python
# after
mask = (torch.arange(n) < torch.arange(1, n + 1)[:, None]).float()
```

Holds when:

- the bounds are sums of loop variables and sizes;
- each place is written at most once.

May change: nothing.

Memory: the mask, and both sides of the diagonal, of which one is thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.dependence.conditions import conjuncts
from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Apply, Int
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import result_of
from loopless_patterns._words import named


@dataclass(frozen=True, slots=True)
class Triangle:
    """Evidence: `target` changes where two or more of `axes` compare in a certain way."""

    target: str
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> Triangle | None:
    result = result_of(subject)
    if result is None:
        return None
    for part in conjuncts(result.when):
        match part:
            case Apply(_, (Int(left), Int(right))):
                met = left.axes() | right.axes()
                if len(met) > 1:
                    return Triangle(result.target, tuple(a for a in result.axes if a in met))
            case _:
                pass
    return None


def describe(found: Triangle) -> str:
    return f"`{found.target}` changes in one part of the square of {named(found.axes)}"


PATTERN = pattern(__name__, __doc__, recognize, describe)
