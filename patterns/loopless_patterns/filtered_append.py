"""Filtered append.

A loop that appends an item only where a condition holds, and makes a tensor of the list afterwards. Which items stay
depends on data, but a mask says it for all of them at once, and the order of the items is kept.

```python
# before: rows=float[n, m], valid=bool[n] -> kept
items = []
for i in range(len(rows)):
    if valid[i]:
        items.append(rows[i] * 2)
kept = torch.stack(items)
```

```python
# after
kept = (rows * 2)[valid[:rows.shape[0]].bool()]
```

Holds when:

- the list starts empty, and its one use is the call that makes a tensor of it;
- the condition depends on data and loop variables, not on what has been kept so far.

May change: where no item is kept, `torch.stack` raises and the rewrite gives an empty tensor.

Memory: the mask, and what is computed for all items, also for those that are not kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Value
from loopless.pattern import Collected, Subject, pattern
from loopless_patterns._words import condition, named, quoted


@dataclass(frozen=True, slots=True)
class FilteredAppend:
    """Evidence: the list `target` gets `item` for each of `axes` where `when` holds."""

    target: str
    item: Value
    axes: tuple[Axis, ...]
    when: Value


def recognize(subject: Subject, scope: Scope) -> FilteredAppend | None:
    if not isinstance(subject, Collected) or subject.append.when is None:
        return None
    append = subject.append
    return FilteredAppend(append.root, append.value, append.axes, subject.append.when)


def describe(found: FilteredAppend) -> str:
    return (
        f"`{found.target}` keeps {quoted(found.item)} for each {named(found.axes)}"
        f" where {condition(found.when)}"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
