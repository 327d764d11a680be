"""Prefix scan.

A loop that folds values into a name and uses what the name holds at every step: a running sum, product, maximum or
minimum. The name carries a value from each iteration to the next, but always by the same associative operation, and
torch has that operation for all steps at once: `cumsum`, `cumprod`, `cummax`, `cummin`.

```python
# before: x=float[n] -> y
y = torch.zeros_like(x)
total = 0.0
for i in range(len(x)):
    total = total + x[i]
    y[i] = total
```

```python
# after
y = x.cumsum(0).to(x.dtype)
```

Holds when:

- the carried name changes only by `+`, `*`, or the larger or smaller of two values;
- what is folded in does not depend on the carried name.

May change: the last bits of floating-point sums and products, because a scan may group them otherwise.

Memory: what is folded in is computed for all steps at once, and the result.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Scan, Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import inside, result_of
from loopless_patterns._words import quoted

KINDS = {"+": "sum", "*": "product", "max": "maximum", "min": "minimum"}


@dataclass(frozen=True, slots=True)
class PrefixScan:
    """Evidence: `target` uses what `op` over `operand` has come to at each step of `axis`."""

    target: str
    op: str
    operand: Value
    axis: Axis


def recognize(subject: Subject, scope: Scope) -> PrefixScan | None:
    result = result_of(subject)
    if result is None:
        return None
    for inner in inside(result.value):
        if isinstance(inner, Scan):
            return PrefixScan(result.target, inner.op, inner.body, inner.axis)
    return None


def describe(found: PrefixScan) -> str:
    kind = KINDS.get(found.op, "fold")
    return (
        f"`{found.target}` holds the running {kind} of {quoted(found.operand)}"
        f" along `{found.axis.name}`"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
