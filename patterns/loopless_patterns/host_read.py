"""Read to the host.

A loop that reads a tensor one Python number at a time, with `.item()` or `float(…)`. On an accelerator each read
waits for everything before it; even on the CPU it costs more than the arithmetic. The numbers are computed as a
tensor, in the precision that Python numbers have.

```python
# before: x=i64[n], y=i64[n] -> out
out = torch.zeros_like(x)
for i in range(len(x)):
    out[i] = x[i].item() * y[i].item()
```

```python
# after
out = torch.zeros_like(x)
out[:] = x.detach().double() * y[:x.shape[0]].detach().double()
```

Holds when:

- the numbers go nowhere but into the result;
- Python's arithmetic on them is in double precision, which the rewrite keeps.

May change: nothing; gradients stop at the read, in the rewrite as in the loop.

Memory: the numbers in double precision, eight bytes for each.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Apply
from loopless.lift.types import type_of
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import inside, result_of
from loopless_patterns._words import listed, named, roots

READS = frozenset({"item", "float", "int"})


@dataclass(frozen=True, slots=True)
class HostRead:
    """Evidence: `operands` are read as Python numbers, one for each of `axes`."""

    target: str
    operands: tuple[str, ...]
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> HostRead | None:
    result = result_of(subject)
    if result is None or not result.axes:
        return None
    operands: dict[str, None] = {}
    for inner in inside(result.value):
        match inner:
            case Apply(op, (read, *_)) if op in READS and type_of(read, scope).is_tensor:
                operands |= dict.fromkeys(roots(read))
            case _:
                pass
    return HostRead(result.target, tuple(operands), result.axes) if operands else None


def describe(found: HostRead) -> str:
    return (
        f"`{found.target}` reads {listed(found.operands)} as Python numbers,"
        f" one for each {named(found.axes)}"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)
