"""Call for each item.

A loop that calls a layer or a function for one item at a time. A layer whose kind the file shows works on a whole
batch as it does on each item; a function that is passed in is taken to work element by element, and the rewrite
says so.

```python
# before: x=float[n, 8] -> y
layer = torch.nn.Linear(8, 4)
outputs = []
for row in x:
    outputs.append(layer(row))
y = torch.stack(outputs)
```

```python
# after
layer = torch.nn.Linear(8, 4)
y = layer(x)
```

```python
# before: x=float[n, m], activation=call(torch.tanh) -> y
y = torch.zeros_like(x)
for i in range(x.shape[0]):
    for j in range(x.shape[1]):
        y[i, j] = activation(x[i, j])
```

```python
# after, unsafe
y = activation(x).to(x.dtype, copy=True)
```

Holds when:

- the layer has no state that a call changes: no batch norm or dropout in training mode;
- an unknown function has no effects and treats every element by itself (assumed, not shown).

May change: the last bits of floating-point results, because a batched kernel may add in another order.

Memory: what the layer keeps for one item, for all items at once. A batch that does not fit can be split.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Apply, OnItem
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import inside, result_of
from loopless_patterns._words import named

KINDS = ("module:", "call:")


@dataclass(frozen=True, slots=True)
class PerItemCall:
    """Evidence: `target` is made by calling `function` once for each of `axes`."""

    target: str
    function: str
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> PerItemCall | None:
    result = result_of(subject)
    if result is None:
        return None
    for inner in inside(result.value):
        match inner:
            case Apply(op) | OnItem(op) if op.startswith(KINDS):
                return PerItemCall(result.target, op.split(":")[1], result.axes)
            case _:
                pass
    return None


def describe(found: PerItemCall) -> str:
    each = f" for each {named(found.axes)}" if found.axes else " for each item"
    return f"`{found.function}` is called{each}, and could take all of them at once"


PATTERN = pattern(__name__, __doc__, recognize, describe)
