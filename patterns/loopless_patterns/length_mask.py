"""Length mask.

A loop over the places of each row that compares the place with a length from data, as for padded sequences. The
comparison of all places with all lengths is one mask.

```python
# before: x=float[n, m], length=place[n](m)
for i in range(x.shape[0]):
    for j in range(x.shape[1]):
        if j >= length[i]:
            x[i, j] = 0
```

```python
# after
x[:] = torch.where(
    torch.arange(x.shape[1], device=x.device) >= length[:x.shape[0]][:, None], 0, x
)
```

Holds when:

- the lengths do not change in the loop;
- the loop runs over all places, and the condition says which of them count.

May change: nothing.

Memory: the mask, a byte for each place of each row.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.dependence.conditions import conjuncts
from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Apply, Int, Read
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import result_of

ORDERS = frozenset({"<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class LengthMask:
    """Evidence: `target` changes where `axis` is on one side of `length`, which is data."""

    target: str
    axis: Axis
    length: str


def recognize(subject: Subject, scope: Scope) -> LengthMask | None:
    result = result_of(subject)
    for part in conjuncts(None if result is None else result.when):
        match part:
            case Apply(op, (Int(p), Read(length, subs))) | Apply(
                op, (Read(length, subs), Int(p))
            ) if op in ORDERS and subs and len(p.axes()) == 1:
                assert result is not None
                return LengthMask(result.target, next(iter(p.axes())), length)
            case _:
                pass
    return None


def describe(found: LengthMask) -> str:
    return (
        f"`{found.target}` changes where `{found.axis.name}` is within or beyond `{found.length}`"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
