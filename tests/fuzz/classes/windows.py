"""Windows: slices that move with the loop, read and stored into."""

from __future__ import annotations

from tests.fuzz.classes.parts import level, made, tensors
from tests.fuzz.writer import Writer, expression_of, size_of

_FOLDS = (
    ".sum()",
    ".mean()",
    ".max()",
    ".min()",
    ".prod()",
    ".sum(0)",
    "[0]",
    "[-1]",
    ".abs().sum()",
    ".std()",
)


def write(w: Writer) -> None:
    """A loop or two over slices of `x`."""
    rank = w.rng.choice((1, 1, 2))
    tensors(w, ("n", "m")[:rank], ("n",))
    w.specs["k_"] = "k_=int(1, 4)"
    if w.maybe(0.3):
        w.specs["r_"] = "r_=int(-1, 3)"
    out = made(w, ("n",) if w.maybe(0.7) else ("n", "m")[:rank])
    for _ in range(w.rng.choice((1, 1, 2))):
        with level(w, "n", _header(w), whole=False) as i:
            for _ in range(w.rng.choice((1, 1, 2))):
                _statement(w, out, i)


def _header(w: Writer) -> str:
    n, k = size_of(w, "n"), w.rng.choice(("k_", "2", "3", "k_"))
    return w.rng.choice(
        (
            f"for {{}} in range({n} - {k} + 1):",
            f"for {{}} in range({n} - {k}):",
            f"for {{}} in range({n}):",
            f"for {{}} in range({k}, {n}):",
            f"for {{}} in range(0, {n}, {k}):",
            f"for {{}} in range({n} // {k}):",
            f"for {{}} in range(0, {n} - {k} + 1, 2):",
            f"for {{}} in range({n} - 1, {k} - 1, -1):",
        )
    )


def _span(w: Writer, i: str) -> str:
    k = w.rng.choice(("k_", "2", "3", "r_" if "r_" in w.specs else "k_"))
    return w.rng.choice(
        (
            f"{i}:{i} + {k}",
            f"{i}:{i} + {k}",
            f"{i} - {k}:{i}",
            f"{i} - {k}:{i} + {k}",
            f"max(0, {i} - {k}):{i} + 1",
            f"max({i} - {k}, 0):min({i} + {k}, {size_of(w, 'n')})",
            f"{i} * {k}:({i} + 1) * {k}",
            f"{i} * {k}:{i} * {k} + {k}",
            f":{i} + 1",
            f"{i}:",
            f"-{i} - 1:",
            f"{i}::{k}",
            f":{i}",
        )
    )


def _window(w: Writer, i: str) -> str:
    name = w.rng.choice([a for a in w.arrays if a in "xy"])
    more = "" if len(w.arrays[name]) == 1 else w.rng.choice(("", ", 0", f", {_span(w, i)}", ", :"))
    return f"{name}[{_span(w, i)}{more}]"


def _statement(w: Writer, out: str, i: str) -> None:
    form = w.rng.random()
    plain = len(w.arrays[out]) == 1
    if form < 0.45:
        right = f"{_window(w, i)}{w.rng.choice(_FOLDS)}"
        if w.maybe(0.3):
            right = f"({right} {w.rng.choice('+-*')} {expression_of(w, 1)})"
        w.put(f"{out}[{i}] {w.rng.choice(('=', '=', '+='))} {right}")
    elif form < 0.6:
        w.put(f"{out}[{i}] = ({_window(w, i)} * {_window(w, i)}).sum()")
    elif form < 0.75:
        w.put(f"{out}[{_span(w, i)}] {w.rng.choice(('=', '+=', '*='))} {expression_of(w, 1)}")
    elif form < 0.83:
        w.put(f"{out}[{_span(w, i)}] {w.rng.choice(('=', '+='))} {_window(w, i)}")
    elif form < 0.93 or not plain:
        w.put(f"for d in range({w.rng.choice(('k_', '2', '3'))}):")
        name = "x" if len(w.arrays["x"]) == 1 else "y"
        offset = w.rng.choice((f"{i} + d", f"{i} - d", f"{i} + d - 1", f"2 * {i} + d"))
        w.put(f"    {out}[{i}] += {name}[{offset}]{w.rng.choice(('', ' * d', ' * y[d]'))}")
    else:
        w.put(f"if {_window(w, i)}.sum() > {w.rng.choice(('0', '1', 'y[0]'))}:")
        w.put(f"    {out}[{i}] = {expression_of(w, 1)}")
