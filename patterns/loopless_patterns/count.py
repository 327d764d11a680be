"""Count.

A loop that adds one wherever a condition holds. The result is the number of true elements of a mask.

```python
# before: x=float[n, m] -> positive
positive = torch.zeros(x.shape[0])
for i in range(x.shape[0]):
    for j in range(x.shape[1]):
        if x[i, j] > 0:
            positive[i] += 1
```

```python
# after
positive = (x > 0).sum(1).float()
```

Holds when:

- the amount that is added is a constant;
- the condition does not depend on the count so far.

May change: nothing, as long as the count is small enough for its dtype to hold every number up to it.

Memory: the mask, a byte for each element.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import fold_of, is_bare, result_of
from loopless_patterns._words import condition, named


@dataclass(frozen=True, slots=True)
class Count:
    """Evidence: `target` gains a constant for each iteration of `axes` where `when` holds."""

    target: str
    axes: tuple[Axis, ...]
    when: Value


def recognize(subject: Subject, scope: Scope) -> Count | None:
    result = result_of(subject)
    fold = None if result is None else fold_of(result.value, "+", "count")
    if result is None or fold is None or fold.when is None or not is_bare(fold.body):
        return None
    return Count(result.target, fold.axes, fold.when)


def describe(found: Count) -> str:
    return f"`{found.target}` counts the {named(found.axes)} where {condition(found.when)}"


PATTERN = pattern(__name__, __doc__, recognize, describe)
