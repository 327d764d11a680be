"""What the classes share: inputs, levels and tensors to store into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.fuzz.writer import Level, Writer, declared, size_of


def tensors(w: Writer, *shapes: tuple[str, ...], kind: str = "float") -> None:
    """Inputs `x`, `y`, `z` of these dimensions, and now and then a number."""
    for name, dims in zip("xyz", shapes, strict=False):
        declared(w, name, kind, dims)
    if w.maybe(0.25):
        w.specs["alpha"] = "alpha=float"
        w.floats.append("alpha")


def made(w: Writer, dims: tuple[str, ...], *, kinds: tuple[str, ...] = ("",)) -> str:
    """A new tensor to store into, which is a result."""
    name = w.name("out")
    like = [a for a, d in w.arrays.items() if d == dims and a in w.specs and "=float" in w.specs[a]]
    if like and w.maybe(0.5):
        make = w.rng.choice(("torch.zeros_like({})", "{}.clone()", "torch.full_like({}, 2.0)"))
        w.put(f"{name} = {make.format(w.rng.choice(like))}")
    else:
        sizes = ", ".join(size_of(w, d) for d in dims)
        w.put(f"{name} = torch.zeros({sizes}{w.rng.choice(kinds)})")
    w.arrays[name] = dims
    w.written.add(name)
    w.results[name] = None
    return name


def given(w: Writer, name: str, dims: tuple[str, ...], kind: str = "float") -> str:
    """A parameter that the loop stores into."""
    if name not in w.specs:
        declared(w, name, kind, dims)
    w.written.add(name)
    w.results[name] = None
    return name


def index(w: Writer, over: str, into: str, kinds: tuple[str, ...] = ("index",)) -> str:
    """An input of places in `into`, one for each of `over`; duplicates are likely."""
    name = f"at_{into}_{over}"
    if name not in w.specs:
        w.specs[name] = f"{name}={w.rng.choice(kinds)}[{over}]({into})"
        w.arrays[name] = (over,)
    return name


@contextmanager
def level(w: Writer, symbol: str, header: str = "", *, whole: bool = True) -> Iterator[str]:
    """A loop over `symbol`, the body inside; gives its variable."""
    variable = "ijpq"[len(w.levels)]
    w.put(header.format(variable) or f"for {variable} in range({size_of(w, symbol)}):")
    with w.inside():
        w.levels.append(Level(variable, symbol, whole=whole))
        yield variable
        w.levels.pop()
