"""Joined rows.

A loop that appends items and joins them with `torch.cat`, end to end along an axis that they already have. All items
are computed at once, and the first two axes become one.

```python
# before: x=float[n, m] -> y
parts = []
for i in range(len(x)):
    parts.append(x[i] * 2)
y = torch.cat(parts)
```

```python
# after
y = (x * 2).flatten(0, 1)
```

Holds when:

- the list starts empty, and its one use is the call of `torch.cat`;
- every iteration appends one item, and all items have the same shape.

May change: where the loop does not run, `torch.cat` raises and the rewrite gives an empty tensor.

Memory: all items at once, as in the list.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Value
from loopless.pattern import Collected, Subject, pattern
from loopless_patterns._words import named, quoted


@dataclass(frozen=True, slots=True)
class JoinedRows:
    """Evidence: the list `target` gets `item` for each of `axes`, and `torch.cat` joins them."""

    target: str
    item: Value
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> JoinedRows | None:
    if not isinstance(subject, Collected) or subject.function != "torch.cat":
        return None
    return JoinedRows(subject.append.root, subject.append.value, subject.append.axes)


def describe(found: JoinedRows) -> str:
    return f"`{found.target}` joins {quoted(found.item)} of each {named(found.axes)}, end to end"


PATTERN = pattern(__name__, __doc__, recognize, describe)
