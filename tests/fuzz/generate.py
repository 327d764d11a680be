"""A random loop nest as a module's text, with the line that says what its inputs are.

The same seed gives the same program. Most programs run on most inputs; what raises is not counted.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator
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


def generate(seed: int) -> Program:
    """The program of this seed."""
    w = Writer(random.Random(seed))
    depth = w.rng.choices((1, 2, 3, 4), (5, 5, 2, 1))[0]
    w.tame = w.maybe(0.6)
    _declare(w, depth)
    _nest(w, depth, 0)
    if w.maybe(0.05 if w.tame else 0.2):
        _nest(w, w.rng.choice((1, min(2, depth))), 0)
    return _finish(w, seed)


def _declare(w: Writer, depth: int) -> None:
    for at in range(w.rng.randint(1, 3)):
        count = min(depth, 3)
        rank = w.rng.choices(range(1, count + 1), [2 + r for r in range(count)])[0]
        dims = sorted(w.rng.sample(SYMBOLS[:depth], rank))
        if w.maybe(0.15):
            w.rng.shuffle(dims)
        if w.maybe(0.1):
            dims = [dims[0]] * len(dims)
        _input(
            w, "xyz"[at], w.rng.choices(("float", "positive", "bool"), (8, 1, 1))[0], tuple(dims)
        )
    if w.maybe(0.25):
        w.specs["alpha"] = "alpha=float"
        w.floats.append("alpha")


def _input(w: Writer, name: str, kind: str, dims: tuple[str, ...], arguments: str = "") -> None:
    w.specs[name] = f"{name}={kind}[{', '.join(dims)}]{arguments}"
    w.arrays[name] = dims


def _size(w: Writer, symbol: str) -> str:
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


def _nest(w: Writer, depth: int, at: int) -> None:
    free = [s for s in SYMBOLS[:depth] if s not in [v.symbol for v in w.levels]] or ["n"]
    symbol = free[0] if w.maybe(0.85) else w.rng.choice(free)
    variable = VARIABLES[len(w.levels)]
    level, header = _header(w, variable, symbol)
    if at == 0 or w.maybe(0.05 if w.tame else 0.3):
        _setups(w)
    w.put(header)
    with w.inside():
        w.levels.append(level)
        for _ in range(_count(w, at + 1 < depth)):
            _statement(w)
        if at + 1 < depth:
            _nest(w, depth, at + 1)
            if w.maybe(0.05 if w.tame else 0.25):
                _statement(w)
        w.levels.pop()
    if w.maybe(0.04):
        w.results[variable] = None


def _count(w: Writer, outer: bool) -> int:
    if outer:
        return w.rng.choices((0, 1, 2), (12, 1, 0) if w.tame else (5, 3, 1))[0]
    return w.rng.choices((1, 2, 3), (4, 1, 0) if w.tame else (1, 1, 1))[0]


def _header(w: Writer, variable: str, symbol: str) -> tuple[Level, str]:
    size = _size(w, symbol)
    outer = [v for v in w.levels if v.symbol == symbol]
    forms: list[tuple[float, Callable[[], tuple[Level, str]]]] = [
        (30 if w.tame else 8, lambda: (Level(variable, symbol), f"range({size})")),
        (1, lambda: (Level(variable, symbol, 1, 0, whole=False), f"range(1, {size})")),
        (1, lambda: (Level(variable, symbol, 0, 1, whole=False), f"range({size} - 1)")),
        (1, lambda: (Level(variable, symbol, 1, 1, whole=False), f"range(1, {size} - 1)")),
        (0.7, lambda: (Level(variable, symbol, whole=False), f"range({size} - 1, -1, -1)")),
        (0.5, lambda: (Level(variable, symbol, whole=False), f"range(0, {size}, 2)")),
        (0.4, lambda: (Level(variable, symbol, 0, 1, True, False), f"range({size} // 2)")),
        (0.3, lambda: (Level(variable, symbol, whole=False), f"reversed(range({size}))")),
        (0.3, lambda: (Level(variable, symbol, 1, 0, whole=False), f"range(1, {size}, 2)")),
        (0.3, lambda: (Level(variable, symbol, 2, 0, whole=False), f"range({size} - 1, 1, -1)")),
    ]
    if outer:
        name = outer[-1].variable
        forms += [
            (3, lambda: (Level(variable, symbol, whole=False), f"range({name}, {size})")),
            (3, lambda: (Level(variable, symbol, 1, 0, whole=False), f"range({name} + 1, {size})")),
            (3, lambda: (Level(variable, symbol, 0, 1, whole=False), f"range({name})")),
            (2, lambda: (Level(variable, symbol, whole=False), f"range({name} + 1)")),
        ]
    level, over = w.rng.choices([f for _, f in forms], [s for s, _ in forms])[0]()
    rows = [
        a
        for a, d in w.arrays.items()
        if d and d[0] == symbol and a in w.specs and a not in w.written
    ]
    if rows and level.whole and w.maybe(0.25):
        return level, _direct(w, variable, rows)
    return level, f"for {variable} in {over}:"


def _direct(w: Writer, variable: str, rows: list[str]) -> str:
    names = w.rng.sample(rows, min(len(rows), w.rng.choice((1, 1, 2))))
    items = [f"{name}_{variable}" for name in names]
    for name, item in zip(names, items, strict=True):
        if rest := w.arrays[name][1:]:
            w.arrays[item] = rest
        else:
            w.floats.append(item)
    target, over = items[0], names[0]
    if len(names) > 1:
        target, over = f"({', '.join(items)})", f"zip({', '.join(names)})"
    return f"for {variable}, {target} in enumerate({over}):"


def _setups(w: Writer) -> None:
    for _ in range(w.rng.choices((0, 1, 2), (1, 4, 2))[0]):
        w.rng.choice((_fresh, _fresh, _fresh, _accumulator, _view))(w)


def _fresh(w: Writer) -> None:
    name = w.name("out")
    likes = [(a, d) for a, d in w.arrays.items() if a in w.specs and "bool" not in w.specs[a]]
    form = w.rng.random()
    if likes and form < 0.5:
        source, dims = w.rng.choice(likes)
        make = w.rng.choices(
            ("torch.zeros_like({})", "{}.clone()", "torch.ones_like({})"), (5, 3, 1)
        )[0]
        w.put(f"{name} = {make.format(source)}")
    else:
        pool = list(dict.fromkeys(s for d in w.arrays.values() for s in d))
        dims = tuple(pool[: w.rng.randint(1, len(pool))]) if pool else ("n",)
        shape = ", ".join(_size(w, s) for s in dims)
        kind = w.rng.choices(
            ("", ", dtype=torch.float64", ", dtype=torch.int64", ", dtype=x.dtype"), (6, 1, 1, 2)
        )[0]
        w.put(f"{name} = torch.zeros({shape}{kind})")
    w.arrays[name] = dims
    w.written.add(name)
    w.results[name] = None


def _accumulator(w: Writer) -> None:
    name = w.name("total")
    start = w.rng.choice(
        ("0", "0.0", "0.0", "torch.tensor(0.0)", "1.0", "torch.zeros(())", "-1e9", "0")
    )
    w.put(f"{name} = {start}")
    w.floats.append(name)
    w.written.add(name)
    w.results[name] = None


def _view(w: Writer) -> None:
    pool = [(a, d) for a, d in w.arrays.items() if len(d) == 2]
    if not pool:
        return
    source, dims = w.rng.choice(pool)
    name = w.name("view")
    w.put(f"{name} = {source}.{w.rng.choice(('t()', 'T', 'transpose(0, 1)'))}")
    w.arrays[name] = dims[::-1]
    if source in w.written:
        w.written.add(name)


def _statement(w: Writer, budget: int = 2) -> None:
    forms = [
        (8, _store),
        (3, _update),
        (3, _temporary),
        (3, _reduce),
        (2, _scan),
        (1, _pack),
        (1.5, _append),
        (1.2, _scatter),
        (0.8, _in_place),
        (0.5, _row),
        (0.15, _effect),
    ]
    if w.tame:
        forms = [
            (8, _store),
            (4, _update),
            (4, _reduce),
            (1, _temporary),
            (1, _scan),
            (1, _append),
            (1, _scatter),
        ]
    if budget:
        forms += [(2.5, lambda w: _guard(w, budget - 1)), (0.6, _skip)]
    w.rng.choices([f for _, f in forms], [s for s, _ in forms])[0](w)


def _targets(w: Writer) -> list[str]:
    return [a for a in w.arrays if a in w.written]


def _target(w: Writer) -> str:
    pool = _targets(w)
    if not pool or w.maybe(0.12):
        pool = [a for a in w.arrays if a in w.specs and "bool" not in w.specs[a]] or list(w.arrays)
        chosen = w.rng.choice(pool)
        w.written.add(chosen)
        return chosen
    symbols = {v.symbol for v in w.levels}
    fitting = [a for a in pool if set(w.arrays[a]) <= symbols]
    return w.rng.choice(fitting or pool)


def _store(w: Writer) -> None:
    name = _target(w)
    w.put(f"{name}{_subscript(w, name, plain=0.8)} = {_expression(w, 3)}")


def _update(w: Writer) -> None:
    name = _target(w)
    operator = w.rng.choices(("+=", "-=", "*="), (6, 1, 1))[0]
    subscript = _subscript(w, name, plain=0.8)
    value = _expression(w, 2)
    if w.maybe(0.4):
        w.put(f"{name}{subscript} = {name}{subscript} {operator[0]} {value}")
    else:
        w.put(f"{name}{subscript} {operator} {value}")


def _temporary(w: Writer) -> None:
    name = w.name("t") if w.maybe(0.8) or not w.floats else w.rng.choice(w.floats)
    w.put(f"{name} = {_expression(w, 3)}")
    w.floats.append(name)
    if w.maybe(0.05):
        w.results[name] = None


def _totals(w: Writer) -> list[str]:
    return [f for f in w.floats if f.startswith("total")]


def _reduce(w: Writer) -> None:
    totals = _totals(w)
    if not totals:
        return _store(w)
    name, value = w.rng.choice(totals), _expression(w, 2)
    form = w.rng.choices(range(7), (5, 3, 1, 1, 1, 1, 1))[0]
    if form == 4 or form == 5:
        w.put(f"if {value} {'>' if form == 4 else '<='} {name}:")
        w.put(f"    {name} = {value}")
        return None
    if form == 6:
        w.put(f"if {value} > 0:")
        w.put(f"    {name} += 1")
        return None
    w.put(
        (
            f"{name} += {value}",
            f"{name} = {name} + {value}",
            f"{name} = max({name}, {value})",
            f"{name} *= {value}",
        )[form]
    )
    return None


def _scan(w: Writer) -> None:
    totals = _totals(w)
    if not totals:
        return _update(w)
    name = w.rng.choice(totals)
    w.put(
        w.rng.choice(
            (
                f"{name} = {name} + {_expression(w, 1)}",
                f"{name} += {_expression(w, 2)}",
                f"{name} = 0.5 * {name} + {_expression(w, 1)}",
                f"{name} = {name} * {_expression(w, 1)}",
            )
        )
    )
    target = _target(w)
    w.put(f"{target}{_subscript(w, target, plain=0.9)} = {name}")
    return None


def _pack(w: Writer) -> None:
    pool = [a for a in _targets(w) if len(w.arrays[a]) == 1]
    if not pool:
        return _store(w)
    name, place = w.rng.choice(pool), w.name("at")
    w.before.append(f"    {place} = 0")
    if w.maybe(0.7):
        w.put(f"if {_condition(w)}:")
        w.put(f"    {name}[{place}] = {_expression(w, 1)}")
        w.put(f"    {place} += 1")
    else:
        w.put(f"{name}[{place}] = {_expression(w, 1)}")
        w.put(f"{place} += {w.rng.choice((1, 1, 2))}")
    if w.maybe(0.5):
        w.results[place] = None
    return None


def _append(w: Writer) -> None:
    name = w.name("items")
    w.before.append(f"    {name} = []")
    value = _expression(w, 2, tensor=True)
    if w.maybe(0.4):
        w.put(f"if {_condition(w)}:")
        w.put(f"    {name}.append({value})")
    else:
        w.put(f"{name}.append({value})")
    form = w.rng.choices(("stack", "list", "tensor", "sum"), (6, 2, 1, 1))[0]
    w.results[
        {
            "stack": f"torch.stack({name})",
            "list": name,
            "tensor": f"torch.tensor({name})",
            "sum": f"sum({name})",
        }[form]
    ] = None


def _scatter(w: Writer) -> None:
    name = _target(w)
    dims = w.arrays[name]
    level = w.rng.choice(w.levels)
    index = f"{w.rng.choice(('index', 'place'))}_{dims[0]}_{level.symbol}"
    if index not in w.specs:
        kind = w.rng.choices(
            (f"index[{level.symbol}]({dims[0]})", f"perm[{level.symbol}]"), (4, 1)
        )[0]
        w.specs[index] = f"{index}={kind}"
        w.arrays[index] = (level.symbol,)
    rest = "".join(f", {_index(w, d, 0.9)}" for d in dims[1:])
    operator = w.rng.choices(("+=", "="), (3, 2))[0]
    w.put(f"{name}[{index}[{level.variable}]{rest}] {operator} {_expression(w, 1)}")


def _in_place(w: Writer) -> None:
    name = _target(w)
    if not w.levels or len(w.arrays[name]) < 1:
        return
    call = w.rng.choice(("add_(1)", "mul_(2)", "clamp_(min=0)", "neg_()", "zero_()"))
    w.put(f"{name}{_subscript(w, name, plain=0.9)}.{call}")


def _row(w: Writer) -> None:
    pool = [a for a, d in w.arrays.items() if len(d) == 2]
    if not pool:
        return _store(w)
    name = w.rng.choice(pool)
    row = w.name("row")
    w.put(f"{row} = {name}[{_index(w, w.arrays[name][0], 0.9)}]")
    w.arrays[row] = w.arrays[name][1:]
    if name in w.written:
        w.written.add(row)
    return None


def _effect(w: Writer) -> None:
    w.put(w.rng.choice((f"print({w.levels[-1].variable})", "torch.rand(1)", "break", "continue")))


def _skip(w: Writer) -> None:
    w.put(f"if {_condition(w)}:")
    w.put(f"    {w.rng.choices(('continue', 'break'), (4, 1))[0]}")


def _guard(w: Writer, budget: int) -> None:
    w.put(f"if {_condition(w)}:")
    with w.inside():
        for _ in range(w.rng.choice((1, 1, 2))):
            _statement(w, budget)
    if w.maybe(0.35):
        if w.maybe(0.3):
            w.put(f"elif {_condition(w)}:")
            with w.inside():
                _statement(w, budget)
        w.put("else:")
        with w.inside():
            _statement(w, budget)


def _condition(w: Writer) -> str:
    level = w.rng.choice(w.levels)
    form = w.rng.random()
    compare = w.rng.choice((">", "<", ">=", "<=", "==", "!="))
    if form < 0.5:
        return f"{_expression(w, 1)} {w.rng.choice(('>', '<', '>=', '<='))} {w.rng.choice(('0', '0.5', '1', _leaf(w)))}"
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
        return w.rng.choice(("", "not ")) + name + _subscript(w, name, plain=1.0)
    return f"{_leaf(w)} > 0 {w.rng.choice(('and', 'or'))} {_leaf(w)} < 1"


def _expression(w: Writer, depth: int, tensor: bool = False) -> str:
    if depth <= 0 or w.maybe(0.25):
        return _leaf(w, tensor)
    form = w.rng.random()
    left = _expression(w, depth - 1, tensor)
    if form < 0.55:
        operator = w.rng.choices(
            ("+", "-", "*", "/", "//", "%", "**"), (6, 4, 6, 1, 0.3, 0.3, 0.3)
        )[0]
        right = w.rng.choice(("2", "3")) if operator == "**" else _expression(w, depth - 1)
        return f"({left} {operator} {right})" if w.maybe(0.8) else f"({right} {operator} {left})"
    if form < 0.67:
        name = w.rng.choice(
            ("torch.exp", "torch.sin", "torch.abs", "torch.relu", "torch.sigmoid", "torch.tanh")
        )
        return f"{name}({_access(w) or left})"
    if form < 0.72:
        return f"-{left}"
    if form < 0.77:
        return f"({left} if {_condition(w)} else {_leaf(w, tensor)})"
    if form < 0.83:
        helper = w.rng.choice(tuple(HELPERS))
        w.helpers[helper] = None
        return f"{helper}({left})"
    if form < 0.88:
        return f"abs({left})"
    if form < 0.92:
        return f"{w.rng.choice(('max', 'min'))}({left}, {_leaf(w)})"
    if form < 0.96 and (access := _access(w)):
        return f"{access}.{w.rng.choice(('item()', 'clamp(min=0)', 'float()', 'sqrt()', 'pow(2)', 'neg()', 'abs()'))}"
    return f"({left} {w.rng.choice(('>', '<', '=='))} {_leaf(w)})" if w.maybe(0.2) else left


def _leaf(w: Writer, tensor: bool = False) -> str:
    form = w.rng.random()
    access = _access(w)
    if access and (tensor or form < 0.62):
        return access
    if w.floats and form < 0.8:
        return w.rng.choice(w.floats[-4:])
    if form < 0.9:
        return w.rng.choice(w.levels).variable
    return w.rng.choice(("1", "2", "0.5", "3", "1.5", "-1"))


def _access(w: Writer) -> str:
    symbols = {v.symbol for v in w.levels}
    pool = [a for a, d in w.arrays.items() if not a.startswith(("index", "place"))]
    fitting = [a for a in pool if set(w.arrays[a]) <= symbols] or pool
    if not fitting:
        return ""
    name = w.rng.choice(fitting)
    return name + _subscript(w, name, plain=0.7)


def _subscript(w: Writer, name: str, plain: float) -> str:
    dims = w.arrays[name]
    plain = max(plain, 0.93) if w.tame else plain
    count = len(dims) if w.maybe(0.93) else w.rng.randint(1, len(dims))
    parts = [_index(w, d, plain) for d in dims[:count]]
    if w.maybe(0.15):
        return "".join(f"[{p}]" for p in parts)
    return f"[{', '.join(parts)}]"


def _index(w: Writer, symbol: str, plain: float) -> str:
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
    forms += [f"-{name} - 1", "0", "-1", f"{_size(w, symbol)} - 1 - {name}"]
    if level.low > 1:
        forms += [f"{name} - 2"] * 2
    if w.maybe(0.4):
        index = f"index_{symbol}_{symbol}"
        w.specs.setdefault(index, f"{index}=index[{symbol}]({symbol})")
        w.arrays.setdefault(index, (symbol,))
        return f"{index}[{name}]"
    return w.rng.choice(forms)


def _finish(w: Writer, seed: int) -> Program:
    if not w.results:
        name = next(iter(w.arrays))
        w.results[name] = None
    params = list(w.specs)
    helpers = "".join(HELPERS[h] + "\n\n" for h in w.helpers)
    values = ", ".join(w.results)
    body = "\n".join([*w.before, *w.lines, f"    return {values}"])
    text = f"import torch\n\n\n{helpers}def loop({', '.join(params)}):\n{body}\n"
    return Program(ast.unparse(ast.parse(text)) + "\n", ", ".join(w.specs.values()), seed)
