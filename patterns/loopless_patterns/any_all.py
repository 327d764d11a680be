"""Any or all.

A loop that sets a flag when a condition holds for some element, or clears it when one fails. The flag never changes
back, so it does not matter which iteration sets it: the loop asks `any` or `all`.

```python
# before: x=float[n] -> found
found = False
for i in range(len(x)):
    if x[i] > 1:
        found = True
```

```python
# after
found = (x > 1).any().item()
```

Holds when:

- the flag only ever goes from `False` to `True`, or only from `True` to `False`;
- the loop has no `break`: one that stops early may skip an error that a later element would raise.

May change: nothing.

Memory: the truth values of all elements, a byte for each.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import fold_of, result_of
from loopless_patterns._words import condition, named


@dataclass(frozen=True, slots=True)
class AnyAll:
    """Evidence: `target` depends on whether `test` holds for some, or for every, iteration of `axes`."""

    target: str
    op: str
    test: Value
    axes: tuple[Axis, ...]


def recognize(subject: Subject, scope: Scope) -> AnyAll | None:
    result = result_of(subject)
    fold = None if result is None else fold_of(result.value, "any", "all")
    if result is None or fold is None:
        return None
    return AnyAll(result.target, fold.op, fold.body, fold.axes)


def describe(found: AnyAll) -> str:
    word = "any" if found.op == "any" else "every"
    return f"`{found.target}` says whether {condition(found.test)} for {word} {named(found.axes)}"


PATTERN = pattern(__name__, __doc__, recognize, describe)
