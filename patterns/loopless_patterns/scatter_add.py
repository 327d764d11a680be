"""Scatter add.

A loop that adds each value to a place that is looked up in data: a histogram, a sum per label, a bag of edges.
Several iterations may meet at one place, and then all of their values count. `index_put_` with `accumulate=True`
adds up duplicates, so all iterations can run at once; a plain `total[label] += x` would keep one of them.

```python
# before: x=float[n], label=index[n](7) -> total
total = torch.zeros(7)
for i in range(len(x)):
    total[label[i]] += x[i]
```

```python
# after
total = torch.zeros(7)
total.index_put_((label[:x.shape[0]],), x.to(total.dtype), accumulate=True)
```

Holds when:

- the loop only adds to the tensor (or subtracts), and reads it nowhere else;
- the places come from a tensor that the loop does not change.

May change: the last bits of floating-point sums, because additions regroup. On CUDA the order is not fixed.

Memory: what is added is computed for all iterations at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Pick, Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import result_of
from loopless_patterns._words import named, places, quoted, where


@dataclass(frozen=True, slots=True)
class ScatterAdd:
    """Evidence: `target` gains `operand` at `place`, which is data, for each of `axes`."""

    target: str
    place: Value
    operand: Value
    when: Value | None
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> ScatterAdd | None:
    found = result_of(subject)
    if found is None or found.op not in {"+", "*"} or not found.axes:
        return None
    places = [sub.value for sub in found.subs or () if isinstance(sub, Pick)]
    if not places:
        return None
    return ScatterAdd(found.target, places[0], found.value, found.when, found.axes)


def describe(found: ScatterAdd) -> str:
    return (
        f"`{found.target}` gains {quoted(found.operand)} at {places(found.place)}"
        f"{where(found.when)}, over {named(found.axes)}"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
