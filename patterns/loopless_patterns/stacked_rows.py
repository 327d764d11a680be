"""Stacked rows.

A loop that appends one row after another and stacks them. The rows are computed at once, with the loop as the first
axis; the list is no longer needed.

```python
# before: x=float[n, m] -> y
rows = []
for row in x:
    rows.append(row * 2 + 1)
y = torch.stack(rows)
```

```python
# after
y = x * 2 + 1
```

Holds when:

- the list starts empty, and its one use is the call of `torch.stack`;
- every iteration appends one row, and all rows have the same shape.

May change: where the loop does not run, `torch.stack` raises and the rewrite gives an empty tensor.

Memory: all rows at once, as in the list.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Value
from loopless.pattern import Collected, Subject, pattern
from loopless_patterns._words import named, quoted


@dataclass(frozen=True, slots=True)
class StackedRows:
    """Evidence: the list `target` gets `item` for each of `axes`, and `torch.stack` stacks them."""

    target: str
    item: Value
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> StackedRows | None:
    if not isinstance(subject, Collected) or subject.function != "torch.stack":
        return None
    return StackedRows(subject.append.root, subject.append.value, subject.append.axes)


def describe(found: StackedRows) -> str:
    return f"`{found.target}` stacks {quoted(found.item)} of each {named(found.axes)}"


PATTERN = pattern(__name__, __doc__, recognize, describe)
