"""Scatter store.

A loop that puts a value at a place that is looked up in data, as in one-hot encoding. Where another
subscript counts the rows, no two iterations meet at the same place, and one store through index tensors
does all. Where they may meet, the last writer of each place is found first, or the smallest or largest
value, if the loop asks which is better.

```python
# before: label=index[n](7) -> hot
hot = torch.zeros(len(label), 7)
for i in range(len(label)):
    hot[i, label[i]] = 1
```

```python
# after
hot = torch.zeros(len(label), 7)
hot[torch.arange(label.shape[0], device=label.device), label.movedim(0, -1)] = 1
```

Holds when:

- neither the values nor the places are read from the tensor that is written.

May change: nothing.

Memory: what is stored is computed for all iterations at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Pick, Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import result_of
from loopless_patterns._words import along, quoted, where

KEPT = {
    None: "gets",
    "last": "keeps the last",
    "min": "keeps the smallest",
    "max": "keeps the largest",
    "last min": "keeps the smallest",
    "last max": "keeps the largest",
    "minimum": "keeps the smallest",
    "maximum": "keeps the largest",
    "amin": "keeps the smallest",
    "amax": "keeps the largest",
    "pack": "is filled with",
}


@dataclass(frozen=True, slots=True)
class ScatterStore:
    """Evidence: `target` is `operand` at `place`, which is data; `op` says which of several stays."""

    target: str
    op: str | None
    place: Value
    operand: Value
    when: Value | None
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> ScatterStore | None:
    found = result_of(subject)
    if found is None or found.op not in KEPT:
        return None
    places = [sub.value for sub in found.subs or () if isinstance(sub, Pick)]
    if not places:
        return None
    return ScatterStore(found.target, found.op, places[0], found.value, found.when, found.axes)


def describe(found: ScatterStore) -> str:
    return (
        f"`{found.target}` {KEPT[found.op]} {quoted(found.operand)} at the place in {quoted(found.place)}"
        f"{where(found.when)}{along(found.axes)}"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
