"""Pairwise combination.

Two loops that combine every item of one tensor with every item of another, or of the same: differences, distances,
an outer product. One tensor gets a new axis where the other has its own, and torch broadcasts the two.

```python
# before: points=float[n, 3], centers=float[m, 3] -> distance
distance = torch.zeros(len(points), len(centers))
for i in range(len(points)):
    for j in range(len(centers)):
        distance[i, j] = torch.sqrt(((points[i] - centers[j]) ** 2).sum())
```

```python
# after
distance = torch.sqrt(((points[:, None] - centers) ** 2).flatten(2).sum(-1)).float()
```

Holds when:

- each pair is computed from the two items alone;
- the items do not share memory with the result.

May change: for sums, the last bits of floating-point results. Distances are not rewritten as a matrix
product, which is less exact for points that are close together.

Memory: one value for each pair, and for each coordinate of each pair where coordinates are folded afterwards. For many
large items that can be more than there is.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import lookups, moving, result_of


@dataclass(frozen=True, slots=True)
class Pairwise:
    """Evidence: `target` combines `left`, which moves with `first`, and `right`, which moves with `second`."""

    target: str
    left: str
    first: tuple[Axis, ...]
    right: str
    second: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> Pairwise | None:
    result = result_of(subject)
    if result is None or len(result.axes) < 2:
        return None
    reads = [(read, moving(read, result.axes)) for read in lookups(result.value)]
    reads = [(read, axes) for read, axes in reads if axes]
    for at, (left, first) in enumerate(reads):
        for right, second in reads[at + 1 :]:
            both = {*first, *second}
            if not {*first} & {*second} and not any({*axes} >= both for _, axes in reads):
                return Pairwise(result.target, left.root, first, right.root, second)
    return None


def describe(found: Pairwise) -> str:
    other = "itself" if found.left == found.right else f"`{found.right}`"
    pairs = f"`{found.first[0].name}` with every `{found.second[0].name}`"
    return f"`{found.target}` combines `{found.left}` with {other}, every {pairs}"


PATTERN = pattern(__name__, __doc__, recognize, describe)
