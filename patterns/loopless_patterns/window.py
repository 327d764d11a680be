"""Sliding window.

A loop that folds a stretch of a tensor that moves with the loop: a moving sum, a correlation with a kernel. Every
window reads elements that do not change, so all windows can be laid out at once.

```python
# before: x=float[n], w=float[3] -> y
count = x.shape[0] - w.shape[0] + 1
y = torch.zeros(max(count, 0))
for i in range(count):
    for k in range(w.shape[0]):
        y[i] += x[i + k] * w[k]
```

```python
# after
count = x.shape[0] - w.shape[0] + 1
y = torch.zeros(max(count, 0))
if count > 0 and w.shape[0] > 0:
    y[:count] += x.unfold(0, w.shape[0], 1) @ w
```

Holds when:

- the tensor that the window slides over does not change in the loop;
- the subscripts are sums of loop variables and sizes.

May change: the last bits of floating-point sums, because additions regroup.

Memory: all windows at once, where torch cannot lay them out as a view.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import At, Cut, Read
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import lookups, result_of
from loopless_patterns._words import named


@dataclass(frozen=True, slots=True)
class Window:
    """Evidence: `target` uses a stretch of `operand` that moves with `axes`."""

    target: str
    operand: str
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> Window | None:
    result = result_of(subject)
    if result is None:
        return None
    for read in lookups(result.value):
        axes = _slides(read)
        outer = tuple(axis for axis in result.axes if axis in axes)
        if outer and axes:
            return Window(result.target, read.root, outer)
    return None


def describe(found: Window) -> str:
    return (
        f"`{found.target}` slides a window over `{found.operand}`, one for each {named(found.axes)}"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)


def _slides(read: Read) -> frozenset[Axis]:
    """The axes that meet in one subscript, or that move a slice."""
    for sub in read.subs:
        match sub:
            case At(p) if len(p.axes()) > 1:
                return p.axes()
            case Cut(start) if start.axes():
                return start.axes()
            case _:
                pass
    return frozenset()
