"""Constant fill.

A loop that puts the same value at every place.

```python
# before: x=float[n, m]
for i in range(x.shape[0]):
    for j in range(x.shape[1]):
        x[i, j] = 1
```

```python
# after
x[:] = 1
```

Holds when:

- the value does not depend on the loop variables, nor on what the loop writes.

May change: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import is_bare, result_of
from loopless_patterns._words import named, quoted


@dataclass(frozen=True, slots=True)
class ConstantFill:
    """Evidence: `target` is `value` at every point of `axes`."""

    target: str
    value: Value
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> ConstantFill | None:
    result = result_of(subject)
    if result is None or not result.subs or result.op is not None or not result.axes:
        return None
    return ConstantFill(result.target, result.value, result.axes) if is_bare(result.value) else None


def describe(found: ConstantFill) -> str:
    return f"`{found.target}` is filled with {quoted(found.value)} over {named(found.axes)}"


PATTERN = pattern(__name__, __doc__, recognize, describe)
