"""Elementwise computation.

A loop that computes each element of a tensor by itself. Nothing is carried from one iteration to the next, so the
expression in the loop, said of whole tensors, is the rewrite; tensors of fewer axes are broadcast.

```python
# before: x=float[n, m], bias=float[m] -> y
y = torch.zeros_like(x)
for i in range(x.shape[0]):
    for j in range(x.shape[1]):
        y[i, j] = torch.exp(2 * x[i, j]) + bias[j]
```

```python
# after
y = (torch.exp(2 * x) + bias[:x.shape[1]]).to(x.dtype)
```

Holds when:

- no iteration reads what another one writes;
- every operation in the loop is one that torch applies element by element;
- the result has the dtype that the loop's stores would have given it.

May change: nothing. A tensor that was there before the loop is written in place, so other views of it still see it.

Memory: one tensor of the size of the result for each operation, as torch takes for any expression.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import result_of
from loopless_patterns._words import named, quoted


@dataclass(frozen=True, slots=True)
class Elementwise:
    """Evidence: `target` is `operand` at each point of `axes`, or gains it if `updated`."""

    target: str
    operand: Value
    axes: tuple[Axis, ...]
    updated: bool


def recognize(subject: Subject, scope: Scope) -> Elementwise | None:
    result = result_of(subject)
    if result is None:
        return None
    return Elementwise(result.target, result.value, result.axes, result.op is not None)


def describe(found: Elementwise) -> str:
    verb = "is updated with" if found.updated else "is computed as"
    over = f", element by element over {named(found.axes)}" if found.axes else ""
    return f"`{found.target}` {verb} {quoted(found.operand)}{over}"


PATTERN = pattern(__name__, __doc__, recognize, describe)
