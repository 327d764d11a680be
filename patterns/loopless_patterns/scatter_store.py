"""Scatter store.

A loop that puts a value at a place of each row that is looked up in data, as in one-hot encoding. Because another
subscript counts the rows, no two iterations meet at the same place, and one store through index tensors does all.

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

- another subscript of the store differs in every iteration, so that each place is written once;
- neither the values nor the places are read from the tensor that is written.

May change: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Pick, Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import result_of
from loopless_patterns._words import along, quoted, where


@dataclass(frozen=True, slots=True)
class ScatterStore:
    """Evidence: `target` is `operand` at `place`, which is data, once for each of `axes`."""

    target: str
    place: Value
    operand: Value
    when: Value | None
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> ScatterStore | None:
    found = result_of(subject)
    if found is None or found.op is not None:
        return None
    places = [sub.value for sub in found.subs or () if isinstance(sub, Pick)]
    if not places:
        return None
    return ScatterStore(found.target, places[0], found.value, found.when, found.axes)


def describe(found: ScatterStore) -> str:
    return (
        f"`{found.target}` gets {quoted(found.operand)} at the place in {quoted(found.place)}"
        f"{where(found.when)}{along(found.axes)}"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
