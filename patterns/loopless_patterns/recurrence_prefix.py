"""Recurrence that is a prefix sum.

A loop that makes each element from the one before it by adding something. It looks as if every iteration had to wait
for the last, but a chain of additions is a running sum that starts from the first element: one `cumsum`. The same
holds for a chain of factors and `cumprod`.

```python
# before: x=float[n, m]
rows, columns = x.shape
for i in range(rows):
    for j in range(1, columns):
        x[i, j] = x[i, j] + x[i, j - 1]
```

```python
# after
rows, columns = x.shape
if rows > 0 and columns > 1:
    x[:, 1:] = x[:, 0][:, None] + x[:, 1:].cumsum(1)
```

Holds when:

- each element is exactly the one before it plus (or times) something that does not depend on earlier results;
- the elements follow each other one by one along the loop.

May change: the last bits of floating-point results, because `cumsum` may add in another order.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Read, Scan, Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import inside, result_of
from loopless_patterns._words import quoted


@dataclass(frozen=True, slots=True)
class RecurrencePrefix:
    """Evidence: along `axis`, each element of `target` is the one before it, `op` `operand`."""

    target: str
    op: str
    operand: Value
    axis: Axis


def recognize(subject: Subject, scope: Scope) -> RecurrencePrefix | None:
    result = result_of(subject)
    if result is None:
        return None
    for inner in inside(result.value):
        match inner:
            case Scan(op, axis, body, Read(root, subs)) if root == result.target and subs:
                return RecurrencePrefix(root, op, body, axis)
            case _:
                pass
    return None


def describe(found: RecurrencePrefix) -> str:
    word = "times" if found.op == "*" else "plus"
    return (
        f"each element of `{found.target}` along `{found.axis.name}` is the one before it"
        f" {word} {quoted(found.operand)}: a running {'product' if found.op == '*' else 'sum'}"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
