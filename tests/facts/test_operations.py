"""Each operation, done on all items at once as its rule promises, gives what a loop over the items gives."""

from __future__ import annotations

import itertools

import pytest

torch = pytest.importorskip("torch")

from loopless.facts.operations import Operation, Rule, lookup, names  # noqa: E402
from tests.facts.operation_samples import Batch, Sample, call, samples  # noqa: E402

BATCHED = {Rule.POINTWISE, Rule.REDUCE, Rule.ALONG, Rule.LAST, Rule.SHAPE, Rule.LIKE, Rule.VIEW}
TRIED = sorted(n for n in names() if n.startswith(("torch.", "Tensor.")) and lookup(n).rule in BATCHED)
AXES = ((3,), (2, 4))


def tensors(sample: Sample, axes: tuple[int, ...], varying: set[str], generator) -> dict:
    made = {}
    for name, item in sample.items.items():
        own = axes if name in varying else ()
        if isinstance(item, tuple):
            made[name] = [each.make(own, generator) for each in item]
        else:
            made[name] = item.make(own, generator)
    return made


def pick(value, place):
    return [v[place] for v in value] if isinstance(value, list) else value[place]


def looped(operation: Operation, sample: Sample, made: dict, axes: tuple[int, ...], varying: set[str]):
    """The results of the loop, stacked; a tuple of them where there are several."""
    results = []
    for place in itertools.product(*map(range, axes)):
        items = {n: pick(v, place) if n in varying else v for n, v in made.items()}
        results.append(call(operation, {**items, **sample.others}))
    if isinstance(results[0], (tuple, list)):
        return tuple(torch.stack(each).unflatten(0, axes) for each in zip(*results, strict=True))
    return torch.stack(results).unflatten(0, axes)


def same(found, expected, exact: bool | str) -> str:
    if isinstance(expected, tuple):
        pairs = zip(found, expected, strict=True)
        return next((text for a, b in pairs if (text := same(a, b, exact))), "")
    if found.dtype != expected.dtype or found.shape != expected.shape:
        return f"{found.dtype} {tuple(found.shape)}, the loop {expected.dtype} {tuple(expected.shape)}"
    if exact == "shape":
        return ""
    if exact and not found.is_complex() and not torch.equal(found.nan_to_num(), expected.nan_to_num()):
        return f"not the same bits: {(found.double() - expected.double()).abs().max()}"
    if not torch.allclose(found.to(torch.complex128), expected.to(torch.complex128), 1e-4, 1e-5, equal_nan=True):
        return f"values differ: {found} {expected}"
    return ""


def subsets(sample: Sample, operation: Operation) -> list[set[str]]:
    """All tensors vary, or one of them does and the rest are the same for every item."""
    carried = [n for n in sample.items if n in operation.tensors]
    return [set(carried), *({n} for n in carried if len(carried) > 1)]


def problems(operation: Operation) -> list[str]:
    found = []
    exact = "shape" if "empty" in operation.name else operation.exact
    generator = torch.Generator().manual_seed(0)
    for sample, axes in itertools.product(samples(operation), AXES):
        for varying in subsets(sample, operation):
            made = tensors(sample, axes, varying, generator)
            expected = looped(operation, sample, made, axes, varying)
            try:
                text = same(Batch(operation, sample, axes).run(made, varying), expected, exact)
            except (RuntimeError, IndexError, TypeError, ValueError, AttributeError) as error:
                text = f"{type(error).__name__}: {error}"
            if text:
                found.append(f"{sample.items} {sample.others} {varying} {axes}: {text}")
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TRIED)
def test_the_batched_form_gives_what_the_loop_gives(name):
    operation = lookup(name)
    assert problems(operation) == []
