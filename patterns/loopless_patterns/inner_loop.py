"""Inner loop.

A nest in which one level has to run in order, because an iteration needs what the one before it left in memory,
while the levels inside or beside it do not. The level that carries the value stays a Python loop; what each of its
iterations does to a whole row becomes one tensor operation. Often that is most of the gain.

```python
# before: x=float[n, m], h=float[m]
for t in range(x.shape[0]):
    for j in range(x.shape[1]):
        h[j] = torch.tanh(h[j] + x[t, j])
```

```python
# after
for t in range(x.shape[0]):
    h[:x.shape[1]].movedim(0, -1)[...] = torch.tanh(
        h[:x.shape[1]].movedim(0, -1) + x[t].movedim(0, -1)
    )
```

Holds when:

- some level of the nest carries no value from one of its iterations to the next;
- the loop that stays counts with `range`, so that its header can stay as it is.

May change: nothing; the order of the remaining loop is kept.

Memory: what one iteration of the remaining loop takes; its rows are freed as they go.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.lift.piece import Append, Kept, Write
from loopless.pattern import Subject, pattern
from loopless_patterns._words import listed, named


@dataclass(frozen=True, slots=True)
class InnerLoop:
    """Evidence: `outer` stays a loop; the levels `inner` inside of it do not."""

    outer: Axis
    inner: tuple[Axis, ...]
    changed: tuple[str, ...]


def recognize(subject: Subject, scope: Scope) -> InnerLoop | None:
    if not isinstance(subject, Kept):
        return None
    inner, changed = _inside(subject)
    return InnerLoop(subject.axis, inner, changed)


def describe(found: InnerLoop) -> str:
    whole = f" for all {named(found.inner)} at once" if found.inner else " as a whole"
    what = f"each of its iterations can update {listed(found.changed)}{whole}"
    return f"only `{found.outer.name}` has to run in order: {what}"


PATTERN = pattern(__name__, __doc__, recognize, describe)


def _inside(kept: Kept) -> tuple[tuple[Axis, ...], tuple[str, ...]]:
    axes: dict[Axis, None] = {}
    changed: dict[str, None] = {}
    for piece in kept.pieces:
        axes |= dict.fromkeys(piece.axes)
        match piece:
            case Kept():
                deeper, names = _inside(piece)
                axes |= dict.fromkeys(deeper)
                changed |= dict.fromkeys(names)
            case Write(root) | Append(root):
                changed[root] = None
            case _:
                pass
    return tuple(axes), tuple(changed)
