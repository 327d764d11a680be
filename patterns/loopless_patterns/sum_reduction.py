"""Sum reduction.

A loop that adds every element along some axes of a tensor into an accumulator. The accumulator is the only value
carried from one iteration to the next, so the order of the additions is free and the whole nest is one `sum`.

```python
# before: images=float[n, h, w], mask=bool[h, w] -> light
light = torch.zeros(images.shape[0])
for i in range(images.shape[0]):
    for y in range(images.shape[1]):
        for x in range(images.shape[2]):
            if mask[y, x]:
                light[i] += images[i, y, x]
```

```python
# after
light = torch.where(mask[:images.shape[1], :images.shape[2]].bool(), images, 0).sum(
    (1, 2), dtype=torch.float32
)
```

```python
# before: x=float[n] -> total
total = 0.0
for value in x:
    total += value**2
```

```python
# after
total = 0.0 + (x ** 2).sum(0)
```

Holds when:

- the accumulator only changes by `+` or `-`, and is not read otherwise in the loop;
- a condition depends on data and loop variables, not on the sum so far;
- the values do not share memory with the accumulator.

May change: the last bits of floating-point results, because additions regroup. Usually the sum is more exact than
the loop's, as torch adds pairwise.

Memory: what is added is computed for all iterations at once, unless it is a tensor already.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import fold_of, result_of
from loopless_patterns._words import named, quoted, where


@dataclass(frozen=True, slots=True)
class SumReduction:
    """Evidence: `target` sums `operand` over `axes` where `when` holds."""

    target: str
    operand: Value
    axes: tuple[Axis, ...]
    when: Value | None


def recognize(subject: Subject, scope: Scope) -> SumReduction | None:
    result = result_of(subject)
    fold = None if result is None else fold_of(result.value, "+")
    if result is None or fold is None:
        return None
    return SumReduction(result.target, fold.body, fold.axes, fold.when)


def describe(found: SumReduction) -> str:
    return (
        f"`{found.target}` sums {quoted(found.operand)} over {named(found.axes)}{where(found.when)}"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
