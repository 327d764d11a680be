"""The inputs that equality is tested on, the telling ones first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .search import plain
from .values import Scenario, Variation

_DATA = (
    "ties",
    "nan",
    "infinite",
    "signed zeros",
    "zeros",
    "all nan",
    "nan first",
    "nan last",
    "extremes",
)
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
    "ranks": ("rank", "dimension", "axis", "axes", "shape"),
    "dtypes": ("dtype", "float", "integer", "same type", "precision", "bool"),
    "edge shapes": ("empty", "at least one", "non-zero size", "not 0", "nonempty", "rows"),
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
_DATA_WAIVERS: Mapping[str, Sequence[str]] = {
    "nan": ("nan", "finite"),
    "infinite": ("finite", "infinit", " inf"),
    "extremes": ("finite", "overflow"),
    "zeros": ("zero", "sign"),
    "ties": ("tie", "distinct", "equal values"),
}


def waiver(variation: Variation, assumptions: Sequence[str]) -> str:
    """The assumption that does not hold on the variation's inputs, or nothing."""
    if variation.check == "special values":
        words = [w for kind, ws in _DATA_WAIVERS.items() if kind in variation.data for w in ws]
    else:
        words = list(_WAIVERS.get(variation.check, ()))
    return _speaking(words, assumptions)


def check_waiver(check: str, assumptions: Sequence[str]) -> str:
    """The assumption that takes a whole check out of the test, or nothing."""
    return _speaking(_WAIVERS.get(check, ()), assumptions)


def _speaking(words: Sequence[str], assumptions: Sequence[str]) -> str:
    for assumption in assumptions:
        if any(word in assumption.lower() for word in words):
            return assumption
    return ""


def wider(scenario: Scenario) -> Iterator[Scenario]:
    """The scenario with one more axis on inputs whose rank the file does not settle."""
    names = [n for n, o in scenario.picks if o.get("open") and o["kind"] == "tensor"]
    for chosen in (names, *([n] for n in names if len(names) > 1)):
        if chosen:
            picks = tuple((n, _with_axis(o) if n in chosen else o) for n, o in scenario.picks)
            yield replace(scenario, picks=picks)


def _with_axis(option: dict[str, Any]) -> dict[str, Any]:
    return dict(option, sizes=[*option["sizes"], "one more axis"])


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
        yield from _contents(base, contents)
    for index in _index_kinds(contents):
        yield replace(base, index=index, check="indices", label=f"{index} indices")
    if kinds & {"float", "bool"}:
        for scalar in (1, 2, 3):
            yield replace(base, scalar=scalar, label="other scalars")
    if kinds & {"callable", "module"}:
        for function in (1, 2):
            yield replace(base, function=function, check="assumptions", label="another function")
    yield from _dtypes(scenario, base)
    yield from _longer(scenario, base)
    for seed in (3, 4):
        yield replace(base, seed=seed, label="another seed")


def _contents(base: Variation, contents: set[Any]) -> Iterator[Variation]:
    if "positive" in contents:
        yield replace(base, data="any sign", label="of any sign", seed=2)
    for data in _DATA:
        yield replace(base, data=data, check="special values", label=data, seed=2)
    for layout in _LAYOUTS:
        yield replace(base, layout=layout, check="non-contiguous", label=layout)


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


def at_the_files_sizes(scenario: Scenario, variation: Variation) -> Variation | None:
    """The variation in the sizes that the file's own constructors have; None where it has none, or other ones."""
    if not fixed(scenario):
        return None
    given = {n: s for _, o in scenario.picks for n, s in o.get("naturals", {}).items()}
    sizes = {**variation.sizes, **{n: s for n, s in given.items() if n in variation.sizes}}
    return None if sizes == variation.sizes else replace(variation, sizes=sizes)


def beyond_presumptions(variation: Variation) -> bool:
    """Whether inputs have a dtype or a rank that is never presumed (P4 and P5 of ARCHITECTURE.md)."""
    usual = variation.dtype in ("float64", "int64") and not variation.mixed
    return variation.check == "ranks" or (variation.check == "dtypes" and not usual)


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
