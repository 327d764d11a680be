"""First hit.

A loop that ends at the first item for which a condition holds: a search with `break` or `return`, or work that goes on
until a mark comes. The number of items before the first hit is the length of the run in which the condition does not
hold; a running product of that mask is one up to there. What the loop does for those items is done for the slice in
front, and what it does last for one item.

```python
# before: x=float[n], y=float[n] -> y, found
found = -1
for i in range(len(x)):
    if x[i] > 1:
        found = i
        break
    y[i] = x[i] * 2
```

```python
# after
stop = (~(x > 1)).cumprod(0).sum().item()
y[:stop].movedim(0, -1)[...] = x[:stop] * 2
found = stop if stop < x.shape[0] else -1
```

Holds when:

- what ends the loop does not depend on what earlier iterations have computed or stored;
- asking for it behind the first hit raises nothing.

May change: nothing. NaN is no hit for any comparison but `!=`, as in the loop. All items are looked at, also those
behind the hit.

Memory: what ends the loop is computed for all items at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import fold_of, result_of
from loopless_patterns._words import condition, named


@dataclass(frozen=True, slots=True)
class FirstHit:
    """Evidence: `target` counts the iterations of `axes` before the first for which `test` holds."""

    target: str
    test: Value
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> FirstHit | None:
    result = result_of(subject)
    fold = None if result is None else fold_of(result.value, "before")
    if result is None or fold is None:
        return None
    return FirstHit(result.target, fold.body, fold.axes)


def describe(found: FirstHit) -> str:
    return (
        f"the loop ends at the first of the {named(found.axes)} for which {condition(found.test)}"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
