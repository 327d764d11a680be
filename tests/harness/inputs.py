"""The line `inputs: x=float[n, m], idx=index[n](m), k=int` and the values that it stands for.

A tensor is `kind[dims](arguments)`, a scalar `kind(arguments)`. Dims are Python expressions over size
symbols (`n`, `n + 1`, `3`). Kinds of tensors:

- `float`, `positive`, `unit` (0 to 1), `int`: these values by nature; the dtype is swept all the same
- `f16 f32 f64 i32 i64 u8 c64 bool`: of this dtype in every sample
- `index[n](m)`: int64 in [0, m), in some samples also negative; `place[n](m)`: never negative;
  `perm[n]`: a permutation; `sorted[n](m)`; `counts[n](k)`: 0 to k; `offsets[n](m)`: n + 1 rising from 0 to m

Scalars: `int(low, high)`, `float`, `number`, `bool`, `size(n)`. Then `list(n, float[m])`, a list of n such
values; `ragged(n, float[m])`, with the first axis of each another size; `call(expression)`, Python over
`torch`, `math` and the sizes.
"""

from __future__ import annotations

import itertools
import math
import re
import zlib
from dataclasses import dataclass, replace
from typing import Any

import torch

NATURAL = ("float", "positive", "unit", "int")
FIXED = {
    "f16": torch.float16,
    "f32": torch.float32,
    "f64": torch.float64,
    "i32": torch.int32,
    "i64": torch.int64,
    "u8": torch.uint8,
    "c64": torch.complex64,
    "bool": torch.bool,
}
INDEXES = ("index", "place", "perm", "sorted", "counts", "offsets")
SCALARS = ("int", "float", "number", "bool", "size")
DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "int64": torch.int64,
    "int32": torch.int32,
    "uint8": torch.uint8,
    "int8": torch.int8,
    "bool": torch.bool,
    "complex64": torch.complex64,
}
MIXABLE = ("float32", "float64", "float16", "int64", "int32", "uint8", "bool")
SPECIAL = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 2.0, 1.0, 0.0)
PRIMES = (5, 7, 3, 2, 4, 6, 3, 5)


@dataclass(frozen=True, slots=True)
class Spec:
    """One input: what kind of value, its axes, the arguments of its kind."""

    name: str
    kind: str
    dims: tuple[str, ...] | None = None
    arguments: tuple[str, ...] = ()
    item: Spec | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One way of making all inputs. `core` ones keep to what the case says of its inputs."""

    name: str
    sizes: tuple[int, ...] = PRIMES
    dtype: str = "float32"
    values: str = "normal"
    layout: str = "dense"
    grad: bool = False
    bump: int = 0
    rank: int = 0
    wrap: bool = False
    seed: int = 0
    core: bool = True


PLAN = (
    Sample("primes"),
    Sample("another seed", seed=1),
    Sample("equal sizes", (3,) * 8, seed=2),
    Sample("twos", (2,) * 8, seed=3),
    Sample("ones", (1,) * 8, seed=4),
    Sample("empty", (0,) * 8),
    Sample("first empty", (0, 5, 3, 2, 4, 6, 3, 5)),
    Sample("second empty", (4, 0, 3, 2, 4, 6, 3, 5)),
    Sample("first one", (1, 4, 3, 2, 4, 6, 3, 5), seed=5),
    Sample("second one", (4, 1, 3, 2, 4, 6, 3, 5), seed=5),
    Sample("long", (23, 3, 2, 2, 2, 2, 2, 2), seed=6),
    Sample("float64", dtype="float64", seed=7),
    Sample("ties", values="ties", seed=8),
    Sample("strided", layout="strided", seed=9),
    Sample("transposed", layout="transposed", seed=10),
    Sample("gradient", dtype="float64", grad=True, seed=11),
    Sample("gradient at ties", dtype="float64", values="ties", grad=True, seed=12),
    Sample("gradient in float32", grad=True, seed=13),
    Sample("far from zero", values="offset", seed=14),
    Sample("special", values="special", seed=15, core=False),
    Sample("special again", values="special", seed=16, core=False),
    Sample("int64", dtype="int64", seed=17, core=False),
    Sample("int32", dtype="int32", seed=18, core=False),
    Sample("uint8", dtype="uint8", seed=19, core=False),
    Sample("int8", dtype="int8", values="wide", seed=19, core=False),
    Sample("bool", dtype="bool", seed=20, core=False),
    Sample("float16", dtype="float16", seed=21, core=False),
    Sample("bfloat16", dtype="bfloat16", seed=22, core=False),
    Sample("complex64", dtype="complex64", seed=23, core=False),
    Sample("mixed dtypes", dtype="mixed", seed=24, core=False),
    Sample("mixed dtypes 2", dtype="mixed", seed=25, core=False),
    Sample("mixed dtypes 3", dtype="mixed", seed=26, core=False),
    Sample("negative indices", wrap=True, seed=27, core=False),
    Sample("longer operands", bump=1, seed=28, core=False),
    Sample("longer operands 2", bump=1, seed=29, core=False),
    Sample("longer operands 3", bump=1, wrap=True, seed=30, core=False),
    Sample("axes of one", bump=-1, seed=31, core=False),
    Sample("one more axis", rank=1, seed=32, core=False),
    Sample("one more axis, some", rank=2, seed=33, core=False),
)
QUICK = tuple(
    s
    for s in PLAN
    if s.name
    in {
        "primes",
        "equal sizes",
        "empty",
        "ones",
        "gradient",
        "special",
        "int64",
        "mixed dtypes",
        "mixed dtypes 2",
        "longer operands",
        "one more axis",
        "negative indices",
    }
)


def sort(sample: Sample) -> str:
    """What a sample tries: "plain", "empty", "gradient", "special", "shape", "index" or "dtype"."""
    if sample.dtype not in ("float32", "float64"):
        return "dtype"
    if sample.grad:
        return "gradient"
    if sample.bump or sample.rank:
        return "shape"
    if sample.wrap:
        return "index"
    if sample.values == "special":
        return "special"
    return "empty" if 0 in sample.sizes else "plain"


def parse_inputs(line: str) -> tuple[Spec, ...]:
    """The specs of an `inputs:` line."""
    return tuple(_spec(part) for part in _split(line) if part.strip())


def symbols(specs: tuple[Spec, ...]) -> tuple[str, ...]:
    """The size symbols of all dims and arguments, in order of appearance."""
    found: dict[str, None] = {}
    for spec in specs:
        inner = (spec.item,) if spec.item else ()
        texts = [*(spec.dims or ()), *spec.arguments]
        if spec.kind == "call":
            texts = []
        for text in texts:
            found.update(dict.fromkeys(re.findall(r"\b[a-zA-Z_]\w*\b", text)))
        found.update(dict.fromkeys(symbols(inner)))
    return tuple(found)


def make(specs: tuple[Spec, ...], sample: Sample) -> dict[str, Any]:
    """The inputs of one run; the same call gives equal values again."""
    names = symbols(specs)
    sizes = dict(zip(names, itertools.cycle(sample.sizes)))
    return {spec.name: _value(spec, sample, sizes) for spec in specs}


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def _spec(part: str) -> Spec:
    name, _, rest = part.strip().partition("=")
    found = re.fullmatch(r"(\w+)\s*(?:\[(.*?)\])?\s*(?:\((.*)\))?", rest.strip(), re.S)
    if not found:
        raise ValueError(f"not an input: {part!r}")
    kind, dims, arguments = found.groups()
    if kind in ("list", "ragged"):
        count, item = arguments.split(",", 1)
        return Spec(name, kind, None, (count.strip(),), _spec(f"{name}={item.strip()}"))
    if kind == "call":
        return Spec(name, kind, None, (arguments,))
    axes = None if dims is None else tuple(d.strip() for d in _split(dims) if d.strip())
    known = {*NATURAL, *FIXED, *INDEXES} if axes is not None else {*SCALARS}
    if kind not in known:
        raise ValueError(f"unknown kind of input: {part!r}")
    return Spec(name, kind, axes, tuple(a.strip() for a in _split(arguments or "") if a.strip()))


def _value(spec: Spec, sample: Sample, sizes: dict[str, int]) -> Any:
    seed = zlib.crc32(spec.name.encode()) + 7919 * sample.seed
    generator = torch.Generator().manual_seed(seed)
    if spec.kind == "call":
        torch.manual_seed(sample.seed)
        return eval(spec.arguments[0], {"torch": torch, "math": math, **sizes})
    if spec.kind in ("list", "ragged"):
        count = _size(spec.arguments[0], sizes)
        items = []
        for at in range(count):
            assert spec.item is not None
            item = replace(spec.item, name=f"{spec.name}{at}")
            if spec.kind == "ragged":
                first, *rest = item.dims or ("0",)
                item = replace(item, dims=(f"({first}) + {at % 3}", *rest))
            items.append(_value(item, replace(sample, bump=0), sizes))
        return items
    if spec.dims is None:
        return _scalar(spec, sample, sizes, generator)
    return _tensor(spec, sample, sizes, generator)


def _size(text: str, sizes: dict[str, int]) -> int:
    return max(0, int(eval(text, {}, dict(sizes))))


def _draw(low: int, high: int, generator: torch.Generator, shape: tuple[int, ...] = ()) -> Any:
    return torch.randint(low, max(high, low + 1), shape, generator=generator)


def _scalar(spec: Spec, sample: Sample, sizes: dict[str, int], generator: torch.Generator) -> Any:
    if spec.kind == "size":
        size = _size(spec.arguments[0], sizes)
        return max(0, size - int(_draw(0, 3, generator))) if sample.bump else size
    if spec.kind == "bool":
        return bool(_draw(0, 2, generator))
    if spec.kind == "int":
        low, high = (int(eval(a, {}, dict(sizes))) for a in spec.arguments or ("0", "4"))
        return int(_draw(low, high, generator))
    if spec.kind == "number" and int(_draw(0, 2, generator)):
        return int(_draw(-2, 4, generator))
    if spec.arguments:
        low, high = (float(a) for a in spec.arguments)
        return low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64))
    choice = (0.5, 2.0, -1.5, 0.1, 0.3, 1.0)
    return choice[int(_draw(0, len(choice), generator))]


def _tensor(spec: Spec, sample: Sample, sizes: dict[str, int], generator: torch.Generator) -> Any:
    shape = tuple(_size(d, sizes) for d in spec.dims or ())
    if spec.kind == "offsets":
        return _offsets(shape[0], _size(spec.arguments[0], sizes), generator)
    shape = _adversarial(shape, spec, sample, generator)
    values, dtype = _values(spec, sample, sizes, shape, generator)
    out = _lay_out(values.to(dtype), sample.layout)
    if sample.grad and out.is_floating_point():
        out = out.detach().requires_grad_(True)
    return out


def _offsets(n: int, total: int, generator: torch.Generator) -> torch.Tensor:
    inner = _draw(0, total + 1, generator, (max(n - 1, 0),)).sort().values
    return torch.cat(
        [torch.zeros(1, dtype=torch.int64), inner, torch.tensor([total] * min(n, 1))]
    ).long()


def _adversarial(
    shape: tuple[int, ...], spec: Spec, sample: Sample, generator: torch.Generator
) -> tuple[int, ...]:
    if sample.bump > 0:
        shape = tuple(s + int(_draw(0, 3, generator)) % 3 for s in shape)
    elif sample.bump < 0:
        shape = tuple(1 if int(_draw(0, 3, generator)) == 0 else s for s in shape)
    grows = spec.kind in NATURAL or spec.kind in FIXED
    if sample.rank and grows and (sample.rank == 1 or int(_draw(0, 2, generator))):
        shape = (*shape, 2)
    return shape


def _values(
    spec: Spec,
    sample: Sample,
    sizes: dict[str, int],
    shape: tuple[int, ...],
    generator: torch.Generator,
) -> tuple[torch.Tensor, torch.dtype]:
    if spec.kind in INDEXES:
        return _indices(spec, sample, sizes, shape, generator), torch.int64
    dtype = _dtype(spec, sample, generator)
    if dtype is torch.bool:
        return _draw(0, 2, generator, shape), dtype
    whole = not (dtype.is_floating_point or dtype.is_complex)
    if sample.values == "special" and dtype.is_floating_point:
        pick = _draw(0, len(SPECIAL), generator, shape)
        values = torch.tensor(SPECIAL, dtype=torch.float64)[pick]
    elif sample.values == "wide" and whole:
        values = _draw(-128, 128, generator, shape).double()
    elif sample.values == "ties" or whole or spec.kind == "int":
        values = _draw(-3, 4, generator, shape).double()
    else:
        values = torch.randn(shape, generator=generator, dtype=torch.float64)
        values = values + 1000.0 if sample.values == "offset" else values
    if spec.kind == "positive":
        values = values.abs() + (1 if whole else 0.125)
    elif spec.kind == "unit" and not whole:
        values = values.abs().frac()
    if dtype is torch.uint8:
        values = values.abs() * 40
    if dtype.is_complex:
        values = values + 1j * torch.randn(shape, generator=generator, dtype=torch.float64)
    return values, dtype


def _dtype(spec: Spec, sample: Sample, generator: torch.Generator) -> torch.dtype:
    if spec.kind in FIXED:
        return FIXED[spec.kind]
    name = sample.dtype
    if name == "mixed":
        name = MIXABLE[int(_draw(0, len(MIXABLE), generator))]
    elif spec.kind == "int" and DTYPES[name].is_floating_point:
        name = "int64"
    return DTYPES[name]


def _indices(
    spec: Spec,
    sample: Sample,
    sizes: dict[str, int],
    shape: tuple[int, ...],
    generator: torch.Generator,
) -> torch.Tensor:
    if spec.kind == "perm":
        count = math.prod(shape)
        return torch.randperm(count, generator=generator).reshape(shape)
    bound = _size(spec.arguments[0], sizes)
    if spec.kind == "counts":
        return _draw(0, bound + 1, generator, shape)
    low = -bound if sample.wrap and spec.kind == "index" else 0
    drawn = _draw(low, bound, generator, shape)
    return drawn.sort().values if spec.kind == "sorted" else drawn


def _lay_out(tensor: torch.Tensor, layout: str) -> torch.Tensor:
    if tensor.dim() == 0 or layout == "dense":
        return tensor.clone()
    if layout == "strided":
        room = torch.zeros(*tensor.shape[:-1], 2 * tensor.shape[-1] + 1, dtype=tensor.dtype)
        view = room[..., 1::2]
    else:
        view = torch.zeros(tuple(reversed(tensor.shape)), dtype=tensor.dtype)
        view = view.permute(*reversed(range(tensor.dim())))
    view.copy_(tensor)
    return view
