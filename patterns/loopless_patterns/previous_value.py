"""Value of the previous iteration.

A loop that keeps something in a name until the next iteration, as in the differences of neighbors. The name carries
a value, but never further than one step, so it is the same tensor moved by one place.

```python
# before: x=float[n, m] -> step
rows, columns = x.shape
step = torch.zeros_like(x)
for i in range(rows):
    before = 0.0
    for j in range(columns):
        step[i, j] = x[i, j] - before
        before = x[i, j]
```

```python
# after
step = (x - torch.nn.functional.pad(x, (1, 0), value=0.0)[:, :-1]).to(x.dtype)
```

Holds when:

- the name gets a new value in every iteration, and that value does not depend on the old one;
- the first iteration finds a known value in it.

May change: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Previous, Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import inside, result_of
from loopless_patterns._words import quoted


@dataclass(frozen=True, slots=True)
class PreviousValue:
    """Evidence: `target` uses what `kept` was one iteration of `axis` ago."""

    target: str
    kept: Value
    axis: Axis


def recognize(subject: Subject, scope: Scope) -> PreviousValue | None:
    result = result_of(subject)
    if result is None:
        return None
    for inner in inside(result.value):
        if isinstance(inner, Previous):
            return PreviousValue(result.target, inner.body, inner.axis)
    return None


def describe(found: PreviousValue) -> str:
    return (
        f"`{found.target}` uses {quoted(found.kept)} of the `{found.axis.name}` before:"
        " the same values, moved by one"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
