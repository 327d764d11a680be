"""Masked update.

A loop that changes an element only where a condition holds. The condition is computed for all elements at once, and
those where it does not hold keep their old value.

```python
# before: x=float[n], mask=bool[n]
for i in range(len(x)):
    if mask[i]:
        x[i] = x[i] * 2
```

```python
# after
x.movedim(0, -1)[...] = torch.where(
    mask[:x.shape[0]].bool(), x.movedim(0, -1) * 2, x.movedim(0, -1)
)
```

Holds when:

- the condition and the new value of an element do not depend on other elements that the loop changes;
- each element is changed in one iteration.

May change: nothing. The new value is computed for every element, and thrown away where the condition does not hold.

Memory: the mask, and the new value for all elements.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.value import Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import result_of
from loopless_patterns._words import condition


@dataclass(frozen=True, slots=True)
class MaskedUpdate:
    """Evidence: elements of `target` change where `when` holds."""

    target: str
    when: Value


def recognize(subject: Subject, scope: Scope) -> MaskedUpdate | None:
    result = result_of(subject)
    if result is None or result.when is None or not result.subs:
        return None
    return MaskedUpdate(result.target, result.when)


def describe(found: MaskedUpdate) -> str:
    return f"`{found.target}` changes only where {condition(found.when)}"


PATTERN = pattern(__name__, __doc__, recognize, describe)
