"""Stores at places that are looked up or computed, where iterations meet."""

from __future__ import annotations

from tests.fuzz.classes.parts import given, index, level, made, tensors
from tests.fuzz.writer import Writer, condition_of, expression_of


def write(w: Writer) -> None:
    """Scatters over one or two levels, read again now and then."""
    two = w.maybe(0.4)
    tensors(w, ("n", "m") if two else ("n",), ("n",))
    dims = w.rng.choice((("k",), ("k",), ("n",), ("k", "m") if two else ("k", "l"), ("k",)))
    kinds = ("", "", ", dtype=torch.long", ", dtype=torch.float64", ", dtype=torch.bool")
    w.specs["k_"] = "k_=size(k)"
    out = given(w, "out", dims) if w.maybe(0.3) else made(w, dims, kinds=kinds)
    with level(w, "n", w.rng.choice(("", "", "", "for {0} in range(len(x) - 1, -1, -1):"))):
        if two and w.maybe(0.7):
            with level(w, "m"):
                _body(w, out)
        else:
            _body(w, out)


def _place(w: Writer, dim: str) -> str:
    level_ = w.rng.choice(w.levels)
    name = index(w, level_.symbol, dim, ("index", "index", "place", "sorted", "perm"))
    i = level_.variable
    return w.rng.choice(
        (
            f"{name}[{i}]",
            f"{name}[{i}]",
            f"{name}[{i}]",
            f"{name}[{i}].item()",
            f"int({name}[{i}])",
            f"{i} % 2",
            f"{i} // 2",
            f"{name}[{i}] % 2",
            f"{name}[{i}] - 1",
            f"({i} * 2) % {w.rng.choice(('k_', '3'))}",
            f"{name}[{name}[{i}]]" if dim == level_.symbol else f"{name}[{i}]",
            "0",
        )
    )


def _body(w: Writer, out: str) -> None:
    for _ in range(w.rng.choice((1, 1, 2))):
        dims = w.arrays[out]
        count = len(dims) if w.maybe(0.8) else 1
        places = [_place(w, dims[0])]
        places += [
            w.rng.choice((_place(w, d), "0", ":", w.levels[-1].variable)) for d in dims[1:count]
        ]
        target = f"{out}[{', '.join(places)}]"
        value = w.rng.choice(
            (expression_of(w, 1), expression_of(w, 1), "1", w.levels[0].variable, "True")
        )
        form = w.rng.random()
        prefix = ""
        if w.maybe(0.3):
            w.put(f"if {condition_of(w)}:")
            prefix = "    "
        if form < 0.6:
            w.put(
                f"{prefix}{target} {w.rng.choice(('+=', '=', '+=', '-=', '*=', '/=', '='))} {value}"
            )
        elif form < 0.75:
            w.put(f"{prefix}{target} = {target} {w.rng.choice('+-*')} {value}")
        elif form < 0.9:
            call = w.rng.choice(
                ("max({}, {})", "min({}, {})", "torch.maximum({}, {})", "torch.min({}, {})")
            )
            w.put(f"{prefix}{target} = {call.format(target, value)}")
        else:
            w.put(f"{prefix}if {value} {w.rng.choice(('>', '<', '>='))} {target}:")
            w.put(f"{prefix}    {target} = {value}")
