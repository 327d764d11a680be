"""Product reduction.

A loop that multiplies every element along some axes into an accumulator. The accumulator is the only value carried,
so the order of the multiplications is free and the whole nest is one `prod`.

```python
# before: x=float[n, m] -> volume
volume = torch.ones(x.shape[0])
for i in range(x.shape[0]):
    for j in range(x.shape[1]):
        volume[i] *= x[i, j]
```

```python
# after
volume = torch.ones(x.shape[0])
volume *= x.prod(1)
```

Holds when:

- the accumulator only changes by `*`, and is not read otherwise in the loop;
- the factors do not share memory with the accumulator.

May change: the last bits of floating-point results, because multiplications regroup.

Memory: what is multiplied is computed for all iterations at once, unless it is a tensor already.
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
class ProductReduction:
    """Evidence: `target` is multiplied by `operand` over `axes` where `when` holds."""

    target: str
    operand: Value
    axes: tuple[Axis, ...]
    when: Value | None


def recognize(subject: Subject, scope: Scope) -> ProductReduction | None:
    result = result_of(subject)
    fold = None if result is None else fold_of(result.value, "*")
    if result is None or fold is None:
        return None
    return ProductReduction(result.target, fold.body, fold.axes, fold.when)


def describe(found: ProductReduction) -> str:
    return (
        f"`{found.target}` multiplies {quoted(found.operand)} over {named(found.axes)}"
        f"{where(found.when)}"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
