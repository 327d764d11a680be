"""What a random program is made of: names, sizes, subscripts, expressions and conditions."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SYMBOLS = ("n", "m", "k", "l")
VARIABLES = ("i", "j", "p", "q")
HELPERS = {
    "squash": "def squash(a):\n    return a / (1 + abs(a))\n",
    "ramp": "def ramp(a):\n    if a > 0:\n        return a * 2\n    return a\n",
    "mix": "def mix(a, b=0.5):\n    c = a * b\n    return c + 1\n",
    "pick": "def pick(a):\n    return a if a < 1 else -a\n",
}


@dataclass(frozen=True, slots=True)
class Program:
    """A module with a function `loop`, and its inputs as in a case."""

    text: str
    inputs: str
    seed: int


@dataclass(frozen=True, slots=True)
class Level:
    """A loop variable over the axes of `symbol`, staying `low` and `high` away from the ends."""

    variable: str
    symbol: str
    low: int = 0
    high: int = 0
    half: bool = False
    whole: bool = True


@dataclass(slots=True)
class Writer:
    """What has been written so far."""

    rng: random.Random
    arrays: dict[str, tuple[str, ...]] = field(default_factory=dict)
    specs: dict[str, str] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    floats: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    results: dict[str, None] = field(default_factory=dict)
    helpers: dict[str, None] = field(default_factory=dict)
    storing: dict[str, str] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)
    levels: list[Level] = field(default_factory=list)
    indent: int = 1
    counter: int = 0
    tame: bool = False

    def put(self, line: str) -> None:
        """A line of the nest."""
        self.lines.append("    " * self.indent + line)

    def name(self, stem: str) -> str:
        """A fresh name."""
        self.counter += 1
        return f"{stem}{self.counter}"

    def maybe(self, share: float) -> bool:
        """True in this share of calls."""
        return self.rng.random() < share

    @contextmanager
    def inside(self) -> Iterator[None]:
        """One level deeper; names made inside are not offered outside."""
        self.indent += 1
        floats, arrays, at = list(self.floats), dict(self.arrays), len(self.lines)
        yield
        if len(self.lines) == at:
            self.put("pass")
        self.floats = floats
        self.arrays = {a: d for a, d in self.arrays.items() if a in arrays or a in self.specs}
        self.indent -= 1


def size_of(w: Writer, symbol: str) -> str:
    forms = []
    for name, dims in w.arrays.items():
        for axis, dim in enumerate(dims):
            if dim == symbol and name in w.specs:
                forms += [f"{name}.shape[{axis}]", f"{name}.size({axis})"]
                forms += [f"len({name})"] * (axis == 0) * 2
    if not forms or w.maybe(0.15):
        w.specs[f"{symbol}_"] = f"{symbol}_=size({symbol})"
        return f"{symbol}_"
    return w.rng.choice(forms)


def condition_of(w: Writer) -> str:
    level = w.rng.choice(w.levels)
    form = w.rng.random()
    compare = w.rng.choice((">", "<", ">=", "<=", "==", "!="))
    if form < 0.5:
        left = expression_of(w, 1)
        order = w.rng.choice((">", "<", ">=", "<="))
        return f"{left} {order} {w.rng.choice(('0', '0.5', '1', leaf_of(w)))}"
    if form < 0.65:
        return f"{level.variable} {compare} {w.rng.choice((0, 1, 2))}"
    if form < 0.75:
        other = w.rng.choice(w.levels)
        return f"{level.variable} {compare} {other.variable}"
    if form < 0.8:
        return f"{level.variable} % 2 == {w.rng.choice((0, 1))}"
    masks = [a for a in w.arrays if "=bool" in w.specs.get(a, "")]
    if masks and form < 0.92:
        name = w.rng.choice(masks)
        return w.rng.choice(("", "not ")) + name + subscript_of(w, name, plain=1.0)
    return f"{leaf_of(w)} > 0 {w.rng.choice(('and', 'or'))} {leaf_of(w)} < 1"


def expression_of(w: Writer, depth: int, tensor: bool = False) -> str:
    if depth <= 0 or w.maybe(0.25):
        return leaf_of(w, tensor)
    form = w.rng.random()
    left = expression_of(w, depth - 1, tensor)
    if form < 0.55:
        operator = w.rng.choices(
            ("+", "-", "*", "/", "//", "%", "**"), (6, 4, 6, 1, 0.3, 0.3, 0.3)
        )[0]
        right = w.rng.choice(("2", "3")) if operator == "**" else expression_of(w, depth - 1)
        return f"({left} {operator} {right})" if w.maybe(0.8) else f"({right} {operator} {left})"
    if form < 0.67:
        name = w.rng.choice(
            ("torch.exp", "torch.sin", "torch.abs", "torch.relu", "torch.sigmoid", "torch.tanh")
        )
        return f"{name}({access_of(w) or left})"
    if form < 0.72:
        return f"-{left}"
    if form < 0.77:
        return f"({left} if {condition_of(w)} else {leaf_of(w, tensor)})"
    if form < 0.83:
        helper = w.rng.choice(tuple(HELPERS))
        w.helpers[helper] = None
        return f"{helper}({left})"
    if form < 0.88:
        return f"abs({left})"
    if form < 0.92:
        return f"{w.rng.choice(('max', 'min'))}({left}, {leaf_of(w)})"
    if form < 0.96 and (access := access_of(w)):
        return f"{access}.{w.rng.choice(('item()', 'clamp(min=0)', 'float()', 'sqrt()', 'pow(2)', 'neg()', 'abs()'))}"
    return f"({left} {w.rng.choice(('>', '<', '=='))} {leaf_of(w)})" if w.maybe(0.2) else left


def leaf_of(w: Writer, tensor: bool = False) -> str:
    form = w.rng.random()
    access = access_of(w)
    if access and (tensor or form < 0.62):
        return access
    if w.floats and form < 0.8:
        return w.rng.choice(w.floats[-4:])
    if form < 0.9:
        return w.rng.choice(w.levels).variable
    return w.rng.choice(("1", "2", "0.5", "3", "1.5", "-1"))


def access_of(w: Writer) -> str:
    symbols = {v.symbol for v in w.levels}
    pool = [a for a, d in w.arrays.items() if not a.startswith(("index", "place"))]
    fitting = [a for a in pool if set(w.arrays[a]) <= symbols] or pool
    if not fitting:
        return ""
    name = w.rng.choice(fitting)
    return name + subscript_of(w, name, plain=0.7)


def subscript_of(w: Writer, name: str, plain: float) -> str:
    dims = w.arrays[name]
    plain = max(plain, 0.93) if w.tame else plain
    count = len(dims) if w.maybe(0.93) else w.rng.randint(1, len(dims))
    parts = [index_of(w, d, plain) for d in dims[:count]]
    if w.maybe(0.15):
        return "".join(f"[{p}]" for p in parts)
    return f"[{', '.join(parts)}]"


def index_of(w: Writer, symbol: str, plain: float) -> str:
    fitting = [v for v in w.levels if v.symbol == symbol]
    if not fitting:
        return w.rng.choices(("0", "-1", ":", w.rng.choice(w.levels).variable), (4, 1, 1, 1))[0]
    level = w.rng.choice(fitting)
    name = level.variable
    if w.maybe(plain):
        if level.half:
            return w.rng.choice((f"2 * {name}", f"2 * {name} + 1", name))
        return name
    forms = [f"{name} - 1"] * (3 if level.low else 1) + [f"{name} + 1"] * (3 * level.high)
    forms += [f"-{name} - 1", "0", "-1", f"{size_of(w, symbol)} - 1 - {name}"]
    if level.low > 1:
        forms += [f"{name} - 2"] * 2
    if w.maybe(0.4):
        index = f"index_{symbol}_{symbol}"
        w.specs.setdefault(index, f"{index}=index[{symbol}]({symbol})")
        w.arrays.setdefault(index, (symbol,))
        return f"{index}[{name}]"
    return w.rng.choice(forms)


def finished(w: Writer, seed: int) -> Program:
    if not w.results:
        name = next(iter(w.arrays))
        w.results[name] = None
    params = [f"{name}: {w.hints[name]}" if name in w.hints else name for name in w.specs]
    helpers = "".join((HELPERS | w.storing)[h] + "\n\n" for h in w.helpers)
    values = ", ".join(w.results)
    body = "\n".join([*w.before, *w.lines, f"    return {values}"])
    text = f"import torch\n\n\n{helpers}def loop({', '.join(params)}):\n{body}\n"
    return Program(ast.unparse(ast.parse(text)) + "\n", ", ".join(w.specs.values()), seed)


def declared(w: Writer, name: str, kind: str, dims: tuple[str, ...], arguments: str = "") -> None:
    """Note an input and its dimensions."""
    """The program as text."""
    """One subscript."""
    """Subscripts of a tensor, mostly by the loop variables of its dimensions."""
    """An element or part of a tensor, empty where there is none."""
    """A name, an element or a number."""
    """A random expression over the names that are in reach."""
    """A random condition."""
    """How a program spells the size of a dimension."""
    w.specs[name] = f"{name}={kind}[{', '.join(dims)}]{arguments}"
    w.arrays[name] = dims
