"""Conditional choice.

A loop whose branches give an element one of several values: `if` and `else`, a chain of `elif`, a conditional
expression, or the `min` and `max` of two numbers. Both values are computed for all elements, and `where` chooses.

```python
# before: x=float[n, m] -> y
y = torch.zeros_like(x)
for i in range(x.shape[0]):
    for j in range(x.shape[1]):
        if x[i, j] > 0:
            y[i, j] = x[i, j]
        else:
            y[i, j] = 0.1 * x[i, j]
```

```python
# after
y = torch.where(x > 0, x, 0.1 * x).to(x.dtype)
```

Holds when:

- every branch gives the element a value, with no effects besides;
- neither branch can raise for an element that would have taken the other.

May change: nothing in the values. A gradient that is infinite in the branch not taken becomes NaN.

Memory: both values for all elements, and the mask that chooses.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.value import Apply, Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import inside, result_of
from loopless_patterns._words import condition


@dataclass(frozen=True, slots=True)
class ConditionalChoice:
    """Evidence: `target` depends on whether `test` holds."""

    target: str
    test: Value


def recognize(subject: Subject, scope: Scope) -> ConditionalChoice | None:
    result = result_of(subject)
    if result is None or not result.axes:
        return None
    for inner in inside(result.value):
        match inner:
            case Apply("where", (test, _, _)):
                return ConditionalChoice(result.target, test)
            case _:
                pass
    return None


def describe(found: ConditionalChoice) -> str:
    return f"`{found.target}` is one value where {condition(found.test)}, and another elsewhere"


PATTERN = pattern(__name__, __doc__, recognize, describe)
