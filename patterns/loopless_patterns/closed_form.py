"""Closed form.

A loop that only counts: the integer that it leaves is a formula of the number of iterations.

```python
# before: x=float[n] -> steps
steps = 0
for i in range(len(x)):
    steps += 2 * i + 1
```

```python
# after
steps = x.shape[0] * x.shape[0]
```

Holds when:

- the name is an integer that changes by a polynomial of the loop variables;
- nothing else depends on the order of the iterations.

May change: nothing; Python's integers are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.value import Int
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import result_of


@dataclass(frozen=True, slots=True)
class ClosedForm:
    """Evidence: the integer `target` is known without running the loop."""

    target: str


def recognize(subject: Subject, scope: Scope) -> ClosedForm | None:
    result = result_of(subject)
    if result is None or result.subs != () or result.axes or not isinstance(result.value, Int):
        return None
    return ClosedForm(result.target)


def describe(found: ClosedForm) -> str:
    return f"`{found.target}` is known without running the loop"


PATTERN = pattern(__name__, __doc__, recognize, describe)
