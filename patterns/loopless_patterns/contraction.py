"""Contraction.

A loop that sums products of two or more tensors over an axis that they share: a dot product, a matrix product, a
weighted sum of rows, a 1×1 convolution. Contractions are what matrix units are for, so this is where a loop has the
most to gain.

```python
# before: a=float[n, k], b=float[k, m] -> product
rows, inner = a.shape
columns = b.shape[1]
product = torch.zeros(rows, columns)
for i in range(rows):
    for j in range(columns):
        for p in range(inner):
            product[i, j] += a[i, p] * b[p, j]
```

```python
# after
rows, inner = a.shape
product = (a @ b[:inner]).float()
```

Holds when:

- each product is added once, and the sum is not read while it grows;
- the factors do not share memory with the result.

May change: the last bits of floating-point results, because additions regroup. On CUDA, torch may use TF32 for
matrix products where the program allows it.

Memory: the result alone, where the sum is printed as a matrix product or as `einsum`; all products at once, where it is
printed as a product and a `sum`.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Apply, Value
from loopless.pattern import Subject, pattern
from loopless_patterns._parts import Fold, factors, fold_of, lookups, moving, operation, result_of
from loopless_patterns._words import listed, named, roots, where

PRODUCTS = frozenset("dot vdot inner mv mm bmm matmul outer ger einsum linear addmv addmm".split())


@dataclass(frozen=True, slots=True)
class Contraction:
    """Evidence: `target` sums products of `operands` over `axes`; no axes where torch's product names none."""

    target: str
    operands: tuple[str, ...]
    axes: tuple[Axis, ...]
    when: Value | None


def recognize(subject: Subject, scope: Scope) -> Contraction | None:
    result = result_of(subject)
    if result is None:
        return None
    fold = fold_of(result.value, "+")
    if fold is not None and _is_product(fold):
        return Contraction(result.target, roots(fold.body), fold.axes, fold.when)
    call = operation(result.value)
    if call is None or call.op.rpartition(".")[2] not in PRODUCTS:
        return None
    return Contraction(result.target, roots(Apply("*", call.args)), (), result.when)


def describe(found: Contraction) -> str:
    operands = f"{'' if found.axes else 'items of '}{listed(found.operands)}"
    over = f" over {named(found.axes)}" if found.axes else ""
    return f"`{found.target}` sums products of {operands}{over}{where(found.when)}"


PATTERN = pattern(__name__, __doc__, recognize, describe)


def _is_product(fold: Fold) -> bool:
    """Whether at least two different factors move with the axes of the sum."""
    found = [
        factor
        for factor in dict.fromkeys(factors(fold.body))
        if any(moving(read, fold.axes) for read in lookups(factor))
    ]
    return len(found) > 1
