"""Values for the inputs of a slice, made from options, sizes and a variation."""

# pyright: basic
# What user code gives can be anything.

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Union

import torch

Option = dict[str, Any]
Size = Union[str, int]  # noqa: UP007

DTYPES = {
    name: getattr(torch, name)
    for name in (
        "float32 float64 float16 bfloat16 int8 int16 int32 int64 uint8 bool complex64 complex128"
    ).split()
}
ALIASES = {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "long": "int64",
    "int": "int32",
}


@dataclass(frozen=True)
class Variation:
    """One way to fill the inputs: sizes by class, kind of data, layout, dtypes, scalars."""

    sizes: Mapping[str, int]
    label: str = "plain"
    check: str = "values"
    seed: int = 0
    data: str = "plain"
    layout: str = "contiguous"
    index: str = "plain"
    dtype: str = ""
    mixed: str = ""
    longer: tuple[str, int] | None = None
    stretch: int = 2
    scalar: int = 0
    function: int = 0

    def with_sizes(self, sizes: Mapping[str, int]) -> Variation:
        """The same in other sizes."""
        return replace(self, sizes=sizes)


@dataclass(frozen=True)
class Scenario:
    """One option for each input, ranks settled, and size classes taken together."""

    picks: tuple[tuple[str, Option], ...]
    merges: tuple[tuple[str, str], ...] = ()
    pins: tuple[tuple[str, int], ...] = ()

    def classes(self) -> list[str]:
        """The sizes that may be chosen, each once."""
        merged = dict(self.merges)
        names: dict[str, None] = {}
        for _, option in self.picks:
            for size in sizes_of(option):
                if isinstance(size, str):
                    names[merged.get(size, size)] = None
        return list(names)


def sizes_of(option: Option) -> list[Size]:
    """The size classes that an option mentions."""
    found: list[Size] = list(option.get("sizes", []))
    for key in ("size", "high"):
        if key in option:
            found.append(option[key])
    return found + list(option.get("naturals", {}))


@dataclass
class Maker:
    """Makes the values of one variation of one scenario."""

    scenario: Scenario
    variation: Variation
    device: str
    namespace: dict[str, Any]
    double: bool = False
    perturbed: int = 0
    made: dict[str, Any] = field(default_factory=dict)

    def size(self, size: Size) -> int:
        """The number that a size class stands for."""
        if isinstance(size, int):
            return size
        merged = dict(self.scenario.merges)
        return self.variation.sizes.get(merged.get(size, size), 3)

    def roots(self) -> dict[str, Any]:
        """All inputs by dotted name."""
        torch.manual_seed(self.variation.seed)
        self.generator = torch.Generator().manual_seed(self.variation.seed + 1)
        for position, (name, option) in enumerate(self.scenario.picks):
            self.made[name] = self.value(name, option, position)
        return self.made

    def value(self, name: str, option: Option, position: int) -> Any:
        """One input."""
        kind = option["kind"]
        if kind == "tensor":
            return self.tensor(name, option, position)
        if kind == "tensors":
            count = self.size(option["sizes"][0]) if option["sizes"] else 3
            rest = dict(option, sizes=option["sizes"][1:])
            return [self.tensor(name, rest, position) for _ in range(count)]
        if kind == "expr":
            scope = {"torch": torch, "math": math, "types": types, **self.namespace}
            scope["__size__"] = self.size
            return self.finish(eval(option["expr"], scope), name, option, position)
        if kind == "value":
            return option["value"]
        return self.scalar(kind, option)

    def scalar(self, kind: str, option: Option) -> Any:
        """Inputs other than tensors."""
        pick = self.variation.scalar
        if kind == "int":
            if option.get("content") == "index":
                high = max(self.size(option["high"]), 1)
                return int(torch.randint(0, high, (), generator=self.generator))
            return self.size(option["size"]) if "size" in option else 3
        if kind == "float":
            return (0.5, -1.25, 0.0, 3.0)[pick % 4]
        if kind == "bool":
            return pick % 2 == 0
        if kind in ("callable", "module"):
            return functions(option.get("arity", 1))[self.variation.function % 3]
        simple: dict[str, Any] = {
            "str": "mean",
            "list": [],
            "numbers": [2, 3, 1, 4],
            "dtype": torch.float32,
            "device": torch.device(self.device),
            "unknown": None,
        }
        value = simple.get(kind)
        return list(value) if isinstance(value, list) else value

    def tensor(self, name: str, option: Option, position: int) -> torch.Tensor:
        """A tensor of the option's shape and content."""
        shape = [self.size(s) for s in option["sizes"]]
        longer = self.variation.longer
        if longer is not None and longer[0] == name and longer[1] < len(shape):
            shape[longer[1]] = (
                1 if self.variation.stretch < 0 else shape[longer[1]] + self.variation.stretch
            )
        content = option.get("content", "normal")
        if content in ("normal", "positive"):
            made = self.numbers(shape, option, position, content == "positive")
        else:
            made = self.whole(shape, option, content)
        return self.finish(made, name, option, position)

    def whole(self, shape: Sequence[int], option: Option, content: str) -> torch.Tensor:
        """Masks, indexes and counts."""
        index = self.variation.index
        if content == "mask":
            mask = torch.rand(shape, generator=self.generator) > 0.5
            return {"all": torch.ones_like(mask), "none": torch.zeros_like(mask)}.get(index, mask)
        high = max(self.size(option.get("high", "high")), 0)
        if content == "count":
            high += 1
        low = -high if index == "negative" else 0
        if high <= low:
            made = torch.zeros(shape, dtype=torch.int64)
        else:
            made = torch.randint(low, high, shape, generator=self.generator)
        if index == "duplicates" and made.numel():
            made = made.flatten()[:1].expand(made.numel()).reshape(made.shape).clone()
        if index == "ordered" and made.dim() == 1:
            made = made.sort().values
        return made.to(dtype_of(option.get("dtype") or "int64"))

    def numbers(
        self, shape: Sequence[int], option: Option, position: int, positive: bool
    ) -> torch.Tensor:
        """Ordinary data, in the dtype of the option or of the variation."""
        name = option.get("dtype") or self.variation.dtype or "float32"
        if self.variation.mixed and not option.get("dtype") and position % 2:
            name = self.variation.mixed
        dtype = dtype_of(name)
        if dtype == torch.bool:
            return torch.rand(shape, generator=self.generator) > 0.5
        if not (dtype.is_floating_point or dtype.is_complex):
            low = 1 if positive else (0 if dtype == torch.uint8 else -5)
            return torch.randint(low, 6, shape, generator=self.generator).to(dtype)
        made = torch.randn(shape, generator=self.generator, dtype=torch.float64)
        positive = positive and self.variation.data == "plain"
        return (made.abs() + 0.1 if positive else made).to(dtype)

    def finish(self, value: Any, name: str, option: Option, position: int) -> Any:
        """The value after the variation's data and layout, on its device, in its precision."""
        if isinstance(value, (list, tuple)):
            return type(value)(self.finish(v, name, option, position) for v in value)
        if not isinstance(value, torch.Tensor):
            return value
        if value.dtype.is_floating_point:
            value = varied(value, self.variation.data, self.generator)
        elif not value.dtype.is_floating_point and self.variation.data == "extremes":
            value = self.extreme_integers(value, option)
        if self.perturbed and value.dtype.is_floating_point:
            value = perturb(value, self.perturbed + position)
        if self.double and value.dtype.is_floating_point:
            value = value.double()
        if self.device != "mps" or value.dtype != torch.float64:
            value = value.to(self.device)
        return laid_out(value, self.variation.layout)

    def extreme_integers(self, value: torch.Tensor, option: Option) -> torch.Tensor:
        """The largest and smallest numbers of the dtype, where any number will do."""
        if value.dtype == torch.bool or option.get("content", "normal") != "normal":
            return value
        value = value.clone()
        flat = value.view(-1)
        info = torch.iinfo(value.dtype)
        for place, number in zip(range(flat.numel()), (info.max, info.min, info.max), strict=False):
            flat[place] = number
        return value


def dtype_of(name: str) -> torch.dtype:
    """The dtype of a name such as `float32` or `torch.long`."""
    name = name.replace("torch.", "")
    return DTYPES[ALIASES.get(name, name)]


def varied(value: torch.Tensor, data: str, generator: torch.Generator) -> torch.Tensor:
    """Data of another kind, in the same shape and dtype."""
    if data in ("plain", "any sign") or value.numel() == 0:
        return value
    if data == "zeros":
        return torch.zeros_like(value)
    if data == "ties":
        return torch.randint(-2, 3, value.shape, generator=generator).to(value.dtype)
    if data in ("large", "offset"):
        return value * 1000 if data == "large" else value + 1000
    value = value.clone(memory_format=torch.contiguous_format)
    flat = value.view(-1)
    if data.startswith("nan"):
        flat[{"nan first": 0, "nan last": -1}.get(data, flat.numel() // 2)] = math.nan
        return value
    marks = {
        "infinite": [math.inf, -math.inf],
        "signed zeros": [0.0, -0.0, -0.0, 0.0],
        "all nan": [math.nan] * value.numel(),
        "extremes": [
            torch.finfo(value.dtype).max / 2,
            torch.finfo(value.dtype).tiny,
            -torch.finfo(value.dtype).max / 2,
        ],
    }[data]
    places = torch.randperm(flat.numel(), generator=generator)[: len(marks)]
    for place, mark in zip(places.tolist(), marks, strict=False):
        flat[place] = mark
    return value


def perturb(value: torch.Tensor, seed: int) -> torch.Tensor:
    """The value with each number moved by half a unit in the last place, up or down."""
    generator = torch.Generator().manual_seed(seed)
    sign = torch.randint(0, 2, value.shape, generator=generator).to(value.dtype) * 2 - 1
    return value * (1 + sign * torch.finfo(value.dtype).eps)


def laid_out(value: torch.Tensor, layout: str) -> torch.Tensor:
    """The same numbers in other strides."""
    if value.dim() == 0 or layout == "contiguous":
        return value
    if layout == "transposed":
        return value.transpose(0, -1).contiguous().transpose(0, -1)
    if layout == "strided":
        wide = value.new_zeros([*value.shape[:-1], value.shape[-1] * 2])
        wide[..., ::2] = value
        return wide[..., ::2]
    if layout == "expanded" and value.shape[0] > 0:
        return value[:1].expand(value.shape)
    return value


def functions(arity: int) -> list[Callable[..., Any]]:
    """Functions that work element by element, to stand for an unknown one."""
    if arity <= 1:
        return [torch.sigmoid, lambda v: v * 2 + 1, torch.relu]
    return [
        lambda a, b, *rest, **kw: (a - b) ** 2,
        lambda a, b, *rest, **kw: a * 2 + b,
        lambda a, b, *rest, **kw: torch.sigmoid(a) * b,
    ]


def assembled(
    values: Mapping[str, Any],
    classes: Mapping[str, str],
    namespace: Mapping[str, Any],
    names: Sequence[str],
) -> dict[str, Any]:
    """Dotted names put together to objects, of their class where methods are called."""
    plain = {n: v for n, v in values.items() if "." not in n}
    owners = {n.split(".")[0] for n in values if "." in n} | set(classes)
    for owner in owners | {n for n in names if n not in plain}:
        plain[owner] = bare(namespace.get(classes.get(owner, "")))
    for name, value in values.items():
        if "." in name:
            owner, attribute = name.split(".", 1)
            setattr(plain[owner], attribute, value)
    return plain


def bare(kind: Any) -> Any:
    """An object of the class on which `__init__` was not run."""
    if not isinstance(kind, type):
        return types.SimpleNamespace()
    made = object.__new__(kind)
    if isinstance(made, torch.nn.Module):
        torch.nn.Module.__init__(made)
    return made
