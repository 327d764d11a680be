"""Row gather.

A loop that reads rows of a table at places that are looked up in another tensor, as an embedding does. One subscript
with the whole index tensor reads all of them.

```python
# before: table=float[7, m], tokens=index[n](7) -> rows
rows = torch.zeros(len(tokens), table.shape[1])
for i in range(len(tokens)):
    rows[i] = table[tokens[i]]
```

```python
# after
rows = table[tokens].float()
```

Holds when:

- the table does not change in the loop;
- the places are integers; negative ones count from the end, in the rewrite as in the loop.

May change: nothing.

Memory: the rows that are read, as in the loop.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.value import Pick, Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import lookups, result_of
from loopless_patterns._words import quoted


@dataclass(frozen=True, slots=True)
class RowGather:
    """Evidence: `target` reads the rows of `table` at `place`."""

    target: str
    table: str
    place: Value


def recognize(subject: Subject, scope: Scope) -> RowGather | None:
    result = result_of(subject)
    if result is None:
        return None
    for read in lookups(result.value):
        for sub in read.subs:
            if isinstance(sub, Pick):
                return RowGather(result.target, read.root, sub.value)
    return None


def describe(found: RowGather) -> str:
    return f"`{found.target}` looks up `{found.table}` at {quoted(found.place)}"


PATTERN = pattern(__name__, __doc__, recognize, describe)
