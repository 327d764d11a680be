"""Last value.

A loop of which only the last iteration counts: a name that is overwritten each time, or only where a condition
holds. The value is computed once, for the iteration that set it last.

```python
# before: x=float[n, m] -> last
last = torch.zeros(x.shape[1])
for row in x:
    last = row * 2
```

```python
# after
last = torch.zeros(x.shape[1])
if x.shape[0] > 0:
    last = x[-1] * 2
```

Holds when:

- the value of one iteration does not depend on those before it;
- the iterations have no effects that anyone could see.

May change: nothing. Where the loop does not run, the name keeps what it had.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.value import Best, Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import inside, is_ordinal, result_of
from loopless_patterns._words import where


@dataclass(frozen=True, slots=True)
class LastValue:
    """Evidence: `target` is what the last iteration (where `when` holds) left in it."""

    target: str
    when: Value | None


def recognize(subject: Subject, scope: Scope) -> LastValue | None:
    result = result_of(subject)
    if result is None:
        return None
    for inner in inside(result.value):
        if isinstance(inner, Best) and is_ordinal(inner.key):
            return LastValue(result.target, inner.when)
    if result.axes or result.subs is None:
        return None
    return LastValue(result.target, None)


def describe(found: LastValue) -> str:
    return f"`{found.target}` keeps only what the last iteration{where(found.when)} left in it"


PATTERN = pattern(__name__, __doc__, recognize, describe)
