"""Place of an extremum.

A loop that keeps the largest or smallest value so far together with where it was, or with something else that was
there. The comparison decides which of two equal values stays: `>` keeps the first, `>=` the last, and the rewrite
keeps that choice.

```python
# before: x=float[n] -> at
best = float("-inf")
at = 0
for i in range(len(x)):
    if x[i] > best:
        best = x[i]
        at = i
```

```python
# after
best = float("-inf")
beats = x > best
at_2 = beats.nonzero()[x[beats].argmax()].item() if beats.any() else x.shape[0]
at = at_2 if at_2 < x.shape[0] else 0
```

Holds when:

- both names change under the same comparison with the best value so far;
- neither is used otherwise in the loop.

May change: with NaN in the data, nothing that the loop's own comparisons would not have done.

Memory: what is compared is computed for all elements at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Best, Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import inside, is_ordinal, result_of
from loopless_patterns._words import quoted, where


@dataclass(frozen=True, slots=True)
class ArgExtremum:
    """Evidence: `target` keeps what went with the best `key` over `axis`."""

    target: str
    order: str
    key: Value
    axis: Axis
    when: Value | None


def recognize(subject: Subject, scope: Scope) -> ArgExtremum | None:
    result = result_of(subject)
    if result is None:
        return None
    for inner in inside(result.value):
        match inner:
            case Best(order, axis, key, _, body, _, when) if body != key and not is_ordinal(key):
                return ArgExtremum(result.target, order, key, axis, when)
            case _:
                pass
    return None


def describe(found: ArgExtremum) -> str:
    kind = "largest" if found.order.startswith(">") else "smallest"
    return (
        f"`{found.target}` remembers the `{found.axis.name}` of the {kind} {quoted(found.key)}"
        f"{where(found.when)}"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
