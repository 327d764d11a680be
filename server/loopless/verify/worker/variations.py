"""The inputs that equality is tested on, the telling ones first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .search import plain
from .values import Scenario, Variation

_DATA = ("ties", "nan", "infinite", "signed zeros", "zeros", "all nan", "nan first", "extremes")
_DTYPES = ("float64", "int64", "bfloat16", "int32", "uint8", "bool")
_LAYOUTS = ("transposed", "strided", "expanded")

# What an assumption's words take out of the test: the inputs on which it does not hold.
_WAIVERS: Mapping[str, Sequence[str]] = {
    "operands of other sizes": (
        "shape",
        "size",
        "length",
        "long",
        "as many",
        "broadcast",
        "extent",
    ),
    "dtypes": ("dtype", "float", "integer", "same type", "precision", "bool"),
    "edge shapes": ("empty", "at least one", "non-zero size", "not 0", "nonempty", "rows"),
    "special values": ("nan", "finite", "inf", "tie", "zero", "distinct", "sign"),
    "gradients": ("gradient", "autograd", "grad"),
    "indices": (
        "index",
        "indices",
        "negative",
        "duplicate",
        "unique",
        "distinct",
        "range",
        "sorted",
    ),
    "aliasing": ("alias", "view", "shared", "in place", "overlap", "memory"),
    "non-contiguous": ("contiguous", "dense", "stride"),
}


def waived(assumptions: Sequence[str]) -> dict[str, str]:
    """Which checks the assumptions speak of, each with the assumption that does."""
    found: dict[str, str] = {}
    for assumption in assumptions:
        lower = assumption.lower()
        for check, words in _WAIVERS.items():
            if any(word in lower for word in words):
                found.setdefault(check, assumption)
    return found


def variations(scenario: Scenario) -> Iterator[Variation]:
    """Every variation of the scenario that its inputs leave room for."""
    base = plain(scenario)
    kinds = {option["kind"] for _, option in scenario.picks}
    contents = {option.get("content") for _, option in scenario.picks}
    yield base
    yield replace(base, seed=1, data="large")
    yield replace(base, seed=1, data="offset")
    if len(base.sizes) <= 3:
        more = {c: s * 4 - 1 for c, s in base.sizes.items()}
        pinned = dict(scenario.pins)
        yield replace(base, sizes={**more, **pinned}, seed=1, label="larger")
    yield from _sizes(scenario, base)
    if kinds & {"tensor", "tensors", "expr"}:
        for data in _DATA:
            yield replace(base, data=data, check="special values", label=data, seed=2)
        for layout in _LAYOUTS:
            yield replace(base, layout=layout, check="non-contiguous", label=layout)
    for index in _index_kinds(contents):
        yield replace(base, index=index, check="indices", label=f"{index} indices")
    if "float" in kinds or "bool" in kinds:
        for scalar in (1, 2, 3):
            yield replace(base, scalar=scalar, label="other scalars")
    if kinds & {"callable", "module"}:
        for function in (1, 2):
            yield replace(base, function=function, check="assumptions", label="another function")
    yield from _dtypes(scenario, base)
    yield from _longer(scenario, base)
    for seed in (3, 4):
        yield replace(base, seed=seed, label="another seed")


def _sizes(scenario: Scenario, base: Variation) -> Iterator[Variation]:
    classes = [c for c in scenario.classes() if c not in dict(scenario.pins)]
    least = 2 if fixed(scenario) else 0
    for size in (0, 1, 2, 6):
        if size >= least and classes:
            sizes = {**base.sizes, **dict.fromkeys(classes, size)}
            yield replace(base, sizes=sizes, check="edge shapes", label=f"all sizes {size}")
    if len(classes) > 1:
        for changed in classes:
            for size in (0, 1, 2):
                if size >= least:
                    sizes = {**base.sizes, changed: size}
                    label = f"{changed} = {size}"
                    yield replace(base, sizes=sizes, check="edge shapes", label=label)
    if classes:
        order = list(reversed([base.sizes[c] for c in classes]))
        yield replace(
            base,
            sizes={**base.sizes, **dict(zip(classes, order, strict=False))},
            check="edge shapes",
            label="other sizes",
        )


def fixed(scenario: Scenario) -> bool:
    """Whether the file itself fixes the inputs, so that there are no others."""
    return any(o.get("source") == "constructor in the file" for _, o in scenario.picks)


def _index_kinds(contents: set[Any]) -> list[str]:
    found: list[str] = []
    if "index" in contents:
        found += ["duplicates", "negative", "ordered"]
    if "mask" in contents:
        found += ["all", "none"]
    return found


def _dtypes(scenario: Scenario, base: Variation) -> Iterator[Variation]:
    free = [
        name
        for name, o in scenario.picks
        if o["kind"] in ("tensor", "tensors")
        and not o.get("dtype")
        and o.get("content", "normal") in ("normal", "positive")
    ]
    if not free:
        return
    for dtype in _DTYPES:
        yield replace(base, dtype=dtype, check="dtypes", label=f"{dtype} inputs")
    if len(free) > 1:
        for one, other in (
            ("float32", "float64"),
            ("float64", "float32"),
            ("float32", "int64"),
            ("int64", "float32"),
            ("bfloat16", "float32"),
        ):
            yield replace(base, dtype=one, mixed=other, check="dtypes", label=f"{one} with {other}")


def _longer(scenario: Scenario, base: Variation) -> Iterator[Variation]:
    tensors = [(n, o) for n, o in scenario.picks if o["kind"] in ("tensor", "tensors")]
    for name, option in tensors:
        for axis in range(len(option["sizes"])):
            label = f"{name} longer along axis {axis}"
            check = "operands of other sizes"
            yield replace(base, longer=(name, axis), check=check, label=label)
            one = f"{name} of size 1 along axis {axis}"
            yield replace(base, longer=(name, axis), stretch=-1, check=check, label=one)
