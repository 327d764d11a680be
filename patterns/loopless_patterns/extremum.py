"""Extremum.

A loop that keeps the larger or smaller of what it has and what it sees. Only the best value so far is carried, and
which of two values is larger does not depend on the order in which they come, so the loop is one `max` or `min`.

```python
# before: x=i64[n] -> highest
highest = x[0]
for i in range(1, len(x)):
    if x[i] > highest:
        highest = x[i]
```

```python
# after
highest = x[0]
highest = (
    torch.where(x[1:] > highest, x[1:], highest).max(0).values
    if x.shape[0] - 1 > 0
    else highest
)
```

Holds when:

- the value that is compared is the value that is kept;
- the best value so far is not used otherwise in the loop.

May change: nothing but, with NaN in the data, what the comparison makes of it, which the rewrite keeps where it can.

Memory: what is compared is computed for all elements at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Best, Reduce, Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import inside, is_ordinal, result_of, whole_fold
from loopless_patterns._words import named, quoted, where


@dataclass(frozen=True, slots=True)
class Extremum:
    """Evidence: `target` is the largest or smallest `operand` over `axes`."""

    target: str
    largest: bool
    operand: Value
    axes: tuple[Axis, ...]
    when: Value | None


def recognize(subject: Subject, scope: Scope) -> Extremum | None:
    result = result_of(subject)
    if result is None:
        return None
    for inner in inside(result.value):
        match inner:
            case Best(order, axis, key, _, _, _, when) if not is_ordinal(key):
                return Extremum(result.target, order.startswith(">"), key, (axis,), when)
            case Reduce("min" | "max"):
                fold = whole_fold(inner)
                return Extremum(result.target, fold.op == "max", fold.body, fold.axes, fold.when)
            case _:
                pass
    return None


def describe(found: Extremum) -> str:
    kind = "largest" if found.largest else "smallest"
    return (
        f"`{found.target}` is the {kind} {quoted(found.operand)} over {named(found.axes)}"
        f"{where(found.when)}"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
