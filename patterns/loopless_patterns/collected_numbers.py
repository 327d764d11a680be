"""Collected numbers.

A loop that appends numbers and makes a tensor of the list. The numbers are computed as a tensor from the start. As
`torch.tensor` does, the rewrite cuts the result off from the graph.

```python
# before: x=float[n] -> y
values = []
for value in x:
    values.append(value**3 - 2 * value + 5)
y = torch.tensor(values)
```

```python
# after
y = (x ** 3 - 2 * x + 5).detach()
```

Holds when:

- the list starts empty, and its one use is the call of `torch.tensor`;
- every iteration appends one number.

May change: where the loop does not run, the dtype: a tensor of an empty list is one of floats.

Memory: what the numbers are computed from is a tensor at each step, of the length of the list.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Value
from loopless.pattern import Collected, Subject, pattern
from loopless_patterns._words import named, quoted


@dataclass(frozen=True, slots=True)
class CollectedNumbers:
    """Evidence: the list `target` gets the number `item` for each of `axes`."""

    target: str
    item: Value
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> CollectedNumbers | None:
    if not isinstance(subject, Collected):
        return None
    return CollectedNumbers(subject.append.root, subject.append.value, subject.append.axes)


def describe(found: CollectedNumbers) -> str:
    return f"`{found.target}` collects {quoted(found.item)} of each {named(found.axes)}"


PATTERN = pattern(__name__, __doc__, recognize, describe)
