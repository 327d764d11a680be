"""Gather of elements.

A loop that reads from each row the element at a place that is looked up in data, such as the score of the right
class. Both subscripts become index tensors of the same length.

```python
# before: scores=float[n, 7], label=index[n](7) -> picked
picked = torch.zeros(len(label))
for i in range(len(label)):
    picked[i] = scores[i, label[i]]
```

```python
# after
picked = scores[torch.arange(label.shape[0], device=label.device), label].float()
```

Holds when:

- the tensor that is read does not change in the loop;
- the places are integers; negative ones count from the end, in the rewrite as in the loop.

May change: nothing.

Memory: the index tensors, and the elements that are read.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.value import At, Pick, Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import lookups, result_of
from loopless_patterns._words import quoted


@dataclass(frozen=True, slots=True)
class ElementGather:
    """Evidence: `target` reads from each row of `table` the element at `place`."""

    target: str
    table: str
    place: Value


def recognize(subject: Subject, scope: Scope) -> ElementGather | None:
    result = result_of(subject)
    if result is None:
        return None
    for read in lookups(result.value):
        places = [sub.value for sub in read.subs if isinstance(sub, Pick)]
        counted = any(isinstance(sub, At) and sub.poly.axes() for sub in read.subs)
        if places and counted:
            return ElementGather(result.target, read.root, places[0])
    return None


def describe(found: ElementGather) -> str:
    return (
        f"`{found.target}` reads `{found.table}` at the place in {quoted(found.place)} of each row"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
