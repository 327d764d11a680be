"""Copy.

A loop that copies elements of one tensor into another: all of them, a stretch, or every second one.

```python
# before: x=float[n] -> y
y = torch.zeros_like(x)
for i in range(1, len(x)):
    y[i] = x[i - 1]
```

```python
# after
y = torch.zeros_like(x)
y[1:] = x[:-1]
```

Holds when:

- each place is written once, and the two tensors do not share memory;
- the subscripts move in equal steps.

May change: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Read
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import result_of
from loopless_patterns._words import named


@dataclass(frozen=True, slots=True)
class PlainCopy:
    """Evidence: `target` is elements of `source`, over `axes`."""

    target: str
    source: str
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> PlainCopy | None:
    result = result_of(subject)
    if result is None or result.op is not None or not result.subs or not result.axes:
        return None
    match result.value:
        case Read(source, subs) if subs:
            return PlainCopy(result.target, source, result.axes)
        case _:
            return None


def describe(found: PlainCopy) -> str:
    return f"`{found.target}` is a copy of elements of `{found.source}`, over {named(found.axes)}"


PATTERN = pattern(__name__, __doc__, recognize, describe)
