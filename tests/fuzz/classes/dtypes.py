"""Plain loops over tensors of one shown dtype each, with graphs cut off here and there."""

from __future__ import annotations

from tests.fuzz.classes.parts import level, made
from tests.fuzz.writer import Writer, condition_of, declared, expression_of, size_of

_DTYPES = ("f16", "f32", "f64", "i32", "i64", "u8", "c64", "bool", "float")
_NEW = ("float16", "float32", "float64", "int32", "int64", "uint8", "complex64", "bool")
_CUTS = (
    ".item()",
    ".detach()",
    ".data",
    ".float()",
    ".double()",
    ".long()",
    ".int()",
    ".half()",
    ".bool()",
    ".to(torch.float64)",
    ".type_as(y)",
    ".to(x.dtype)",
)

_STARTS = (
    "0",
    "0.0",
    "1",
    "0j",
    "False",
    "True",
    "torch.tensor(0)",
    "torch.tensor(0.0)",
    "torch.zeros((), dtype=x.dtype)",
)


def write(w: Writer) -> None:
    """Stores, sums and comparisons between dtypes."""
    two = w.maybe(0.4)
    for name in "xyz"[: w.rng.choice((1, 2, 2, 3))]:
        kind = w.rng.choice(_DTYPES)
        dims = ("n", "m") if two and name == "x" else ("n",)
        declared(w, name, kind, dims)
    if w.maybe(0.3):
        w.specs["alpha"] = w.rng.choice(("alpha=float", "alpha=int(0, 4)", "alpha=bool"))
        w.floats.append("alpha")
    dims = ("n", "m") if two and w.maybe(0.5) else ("n",)
    out = w.name("out")
    w.put(
        f"{out} = torch.zeros({', '.join(size_of(w, d) for d in dims)}, dtype=torch.{w.rng.choice(_NEW)})"
    )
    w.arrays[out] = dims
    w.written.add(out)
    w.results[out] = None
    w.put(f"total = {w.rng.choice(_STARTS)}")
    w.floats.append("total")
    with level(w, "n"):
        if two:
            with level(w, "m"):
                _body(w, out)
        else:
            _body(w, out)
    w.results["total"] = None
    if w.maybe(0.2):
        made(w, ("n",))


def _value(w: Writer) -> str:
    value = expression_of(w, 2)
    return f"({value}){w.rng.choice(_CUTS)}" if w.maybe(0.25) and "[" in value else value


def _body(w: Writer, out: str) -> None:
    places = ", ".join(next(v.variable for v in w.levels if v.symbol == d) for d in w.arrays[out])
    for _ in range(w.rng.choice((1, 1, 2))):
        line = w.rng.choice(
            (
                f"{out}[{places}] = {_value(w)}",
                f"{out}[{places}] = {_value(w)}",
                f"{out}[{places}] += {_value(w)}",
                f"{out}[{places}] = {out}[{places}] {w.rng.choice('+-*/&|')} {_value(w)}",
                f"total = total + {_value(w)}",
                f"total += {_value(w)}",
                f"total = max(total, {_value(w)})",
                f"total = total {w.rng.choice(('and', 'or'))} {_value(w)}",
            )
        )
        w.put(f"if {condition_of(w)}: {line}" if w.maybe(0.25) else line)
