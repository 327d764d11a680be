"""Mean.

A loop that adds up values along an axis and divides by how many there were. The sum is a `sum`, and the division
stays as it is: by the number of iterations, not by a number of elements that may differ from it.

```python
# before: x=float[n, m] -> average
n, m = x.shape
average = torch.zeros(n)
for i in range(n):
    total = 0.0
    for j in range(m):
        total += x[i, j]
    average[i] = total / m
```

```python
# after
n, m = x.shape
average = (x.sum(1) / m).float()
```

Holds when:

- the sum is divided by the number of iterations that it runs over;
- the values do not share memory with the result.

May change: the last bits of floating-point results, because additions regroup.

Memory: what is added is computed for all iterations at once, unless it is a tensor already.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis, poly
from loopless.ir.value import Apply, Int, Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import Fold, fold_of, inside, result_of
from loopless_patterns._words import named, quoted, where


@dataclass(frozen=True, slots=True)
class Mean:
    """Evidence: `target` is the sum of `operand` over `axes`, divided by the number of iterations."""

    target: str
    operand: Value
    axes: tuple[Axis, ...]
    when: Value | None


def recognize(subject: Subject, scope: Scope) -> Mean | None:
    result = result_of(subject)
    if result is None:
        return None
    for inner in inside(result.value):
        match inner:
            case Apply("/", (total, Int() as count)):
                fold = fold_of(total, "+")
                if fold is not None and _counts(count, fold):
                    return Mean(result.target, fold.body, fold.axes, fold.when)
            case _:
                pass
    return None


def describe(found: Mean) -> str:
    return (
        f"`{found.target}` averages {quoted(found.operand)} over {named(found.axes)}"
        f"{where(found.when)}"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)


def _counts(count: Int, fold: Fold) -> bool:
    """Whether a number is how many iterations there are."""
    trips = poly(1)
    for axis in fold.axes:
        trips = trips * axis.extent
    return count.poly == trips
