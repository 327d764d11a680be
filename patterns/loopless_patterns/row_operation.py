"""Operation on each row.

A loop that applies an operation with an axis of its own to one row at a time: a softmax, a sort, a norm, a transform.
The operation takes a `dim`, so it can be told to work along the same axis of the whole tensor.

```python
# before: x=float[n, m] -> y
y = torch.zeros_like(x)
for i in range(x.shape[0]):
    y[i] = torch.softmax(x[i], dim=0)
```

```python
# after
y = torch.softmax(x, dim=1)
```

Holds when:

- the operation is one that torch defines along a dimension, with no state and no random numbers;
- the number of dimensions of a row is known, so that the dimension can be named.

May change: the last bits of floating-point results, because a batched kernel may add in another order.

Memory: what the operation keeps for one row, for all rows at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import operation, result_of
from loopless_patterns._words import listed, named, roots

PLACES = frozenset("to cpu cuda clone contiguous".split())


@dataclass(frozen=True, slots=True)
class RowOperation:
    """Evidence: `target` is made with `operation` on `operands`, one item for each of `axes`."""

    target: str
    operation: str
    operands: tuple[str, ...]
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> RowOperation | None:
    result = result_of(subject)
    call = None if result is None else operation(result.value)
    if result is None or call is None:
        return None
    name = call.op.rpartition(".")[2]
    if name in PLACES:
        return None
    return RowOperation(result.target, name, roots(call.args[0]) if call.args else (), result.axes)


def describe(found: RowOperation) -> str:
    of = f" of {listed(found.operands)}" if found.operands else ""
    each = f", once for each {named(found.axes)}" if found.axes else ""
    return f"`{found.target}` takes the `{found.operation}`{of}{each}"


PATTERN = pattern(__name__, __doc__, recognize, describe)
