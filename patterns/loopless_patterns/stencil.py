"""Stencil.

A loop that computes each element from its neighbors in another tensor: a difference, a smoothing, a Laplacian. Each
neighbor is the whole tensor moved by a place, which is a slice.

```python
# before: x=float[n] -> y
y = torch.zeros_like(x)
for i in range(1, len(x) - 1):
    y[i] = (x[i - 1] + x[i] + x[i + 1]) / 3
```

```python
# after
y = torch.zeros_like(x)
y[1:-1] = (x[:-2] + x[1:-1] + x[2:]) / 3
```

Holds when:

- the neighbors are read from a tensor that the loop does not change;
- the distances to the neighbors are fixed.

May change: nothing.

Memory: one tensor of the size of the result for each operation; the neighbors themselves are views.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis, Poly
from loopless.ir.value import At, Read
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import lookups, result_of
from loopless_patterns._words import along


@dataclass(frozen=True, slots=True)
class Stencil:
    """Evidence: `target` combines `count` neighbors in `operand`, for each of `axes`."""

    target: str
    operand: str
    count: int
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> Stencil | None:
    result = result_of(subject)
    if result is None:
        return None
    reads = list(dict.fromkeys(lookups(result.value)))
    for read in reads:
        near = [other for other in reads if _are_neighbors(read, other)]
        if near:
            return Stencil(result.target, read.root, len(near) + 1, result.axes)
    return None


def describe(found: Stencil) -> str:
    return (
        f"`{found.target}` combines {found.count} neighbors in `{found.operand}`{along(found.axes)}"
    )


PATTERN = pattern(__name__, __doc__, recognize, describe)


def _are_neighbors(left: Read, right: Read) -> bool:
    """Whether two reads of a tensor are a fixed distance apart, along axes that both move with."""
    if left.root != right.root or len(left.subs) != len(right.subs) or left == right:
        return False
    pairs = [(_place(a), _place(b)) for a, b in zip(left.subs, right.subs, strict=True)]
    if any(a is None or b is None for a, b in pairs):
        return False
    moved = [(a, b) for a, b in pairs if a != b and a is not None and b is not None]
    return all((a - b).constant is not None and a.axes() for a, b in moved)


def _place(sub: object) -> Poly | None:
    return sub.poly if isinstance(sub, At) else None
