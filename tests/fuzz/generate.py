"""A random loop nest as a module's text, with the line that says what its inputs are.

The same seed gives the same program. Most programs run on most inputs; what raises is not counted.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.fuzz.writer import (
    SYMBOLS,
    VARIABLES,
    Level,
    Program,
    Writer,
    condition_of,
    declared,
    expression_of,
    finished,
    index_of,
    size_of,
    subscript_of,
)


def generate(seed: int) -> Program:
    """The program of this seed."""
    w = Writer(random.Random(seed))
    depth = w.rng.choices((1, 2, 3, 4), (5, 5, 2, 1))[0]
    w.tame = w.maybe(0.6)
    _declare(w, depth)
    _nest(w, depth, 0)
    if w.maybe(0.05 if w.tame else 0.2):
        _nest(w, w.rng.choice((1, min(2, depth))), 0)
    return finished(w, seed)


def _declare(w: Writer, depth: int) -> None:
    for at in range(w.rng.randint(1, 3)):
        count = min(depth, 3)
        rank = w.rng.choices(range(1, count + 1), [2 + r for r in range(count)])[0]
        dims = sorted(w.rng.sample(SYMBOLS[:depth], rank))
        if w.maybe(0.15):
            w.rng.shuffle(dims)
        if w.maybe(0.1):
            dims = [dims[0]] * len(dims)
        declared(
            w, "xyz"[at], w.rng.choices(("float", "positive", "bool"), (8, 1, 1))[0], tuple(dims)
        )
    if w.maybe(0.25):
        w.specs["alpha"] = "alpha=float"
        w.floats.append("alpha")


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
    size = size_of(w, symbol)
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
        shape = ", ".join(size_of(w, s) for s in dims)
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
    w.put(f"{name}{subscript_of(w, name, plain=0.8)} = {expression_of(w, 3)}")


def _update(w: Writer) -> None:
    name = _target(w)
    operator = w.rng.choices(("+=", "-=", "*="), (6, 1, 1))[0]
    subscript = subscript_of(w, name, plain=0.8)
    value = expression_of(w, 2)
    if w.maybe(0.4):
        w.put(f"{name}{subscript} = {name}{subscript} {operator[0]} {value}")
    else:
        w.put(f"{name}{subscript} {operator} {value}")


def _temporary(w: Writer) -> None:
    name = w.name("t") if w.maybe(0.8) or not w.floats else w.rng.choice(w.floats)
    w.put(f"{name} = {expression_of(w, 3)}")
    w.floats.append(name)
    if w.maybe(0.05):
        w.results[name] = None


def _totals(w: Writer) -> list[str]:
    return [f for f in w.floats if f.startswith("total")]


def _reduce(w: Writer) -> None:
    totals = _totals(w)
    if not totals:
        return _store(w)
    name, value = w.rng.choice(totals), expression_of(w, 2)
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
                f"{name} = {name} + {expression_of(w, 1)}",
                f"{name} += {expression_of(w, 2)}",
                f"{name} = 0.5 * {name} + {expression_of(w, 1)}",
                f"{name} = {name} * {expression_of(w, 1)}",
            )
        )
    )
    target = _target(w)
    w.put(f"{target}{subscript_of(w, target, plain=0.9)} = {name}")
    return None


def _pack(w: Writer) -> None:
    pool = [a for a in _targets(w) if len(w.arrays[a]) == 1]
    if not pool:
        return _store(w)
    name, place = w.rng.choice(pool), w.name("at")
    w.before.append(f"    {place} = 0")
    if w.maybe(0.7):
        w.put(f"if {condition_of(w)}:")
        w.put(f"    {name}[{place}] = {expression_of(w, 1)}")
        w.put(f"    {place} += 1")
    else:
        w.put(f"{name}[{place}] = {expression_of(w, 1)}")
        w.put(f"{place} += {w.rng.choice((1, 1, 2))}")
    if w.maybe(0.5):
        w.results[place] = None
    return None


def _append(w: Writer) -> None:
    name = w.name("items")
    w.before.append(f"    {name} = []")
    value = expression_of(w, 2, tensor=True)
    if w.maybe(0.4):
        w.put(f"if {condition_of(w)}:")
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
    rest = "".join(f", {index_of(w, d, 0.9)}" for d in dims[1:])
    operator = w.rng.choices(("+=", "="), (3, 2))[0]
    w.put(f"{name}[{index}[{level.variable}]{rest}] {operator} {expression_of(w, 1)}")


def _in_place(w: Writer) -> None:
    name = _target(w)
    if not w.levels or len(w.arrays[name]) < 1:
        return
    call = w.rng.choice(("add_(1)", "mul_(2)", "clamp_(min=0)", "neg_()", "zero_()"))
    w.put(f"{name}{subscript_of(w, name, plain=0.9)}.{call}")


def _row(w: Writer) -> None:
    pool = [a for a, d in w.arrays.items() if len(d) == 2]
    if not pool:
        return _store(w)
    name = w.rng.choice(pool)
    row = w.name("row")
    w.put(f"{row} = {name}[{index_of(w, w.arrays[name][0], 0.9)}]")
    w.arrays[row] = w.arrays[name][1:]
    if name in w.written:
        w.written.add(row)
    return None


def _effect(w: Writer) -> None:
    w.put(w.rng.choice((f"print({w.levels[-1].variable})", "torch.rand(1)", "break", "continue")))


def _skip(w: Writer) -> None:
    w.put(f"if {condition_of(w)}:")
    w.put(f"    {w.rng.choices(('continue', 'break'), (4, 1))[0]}")


def _guard(w: Writer, budget: int) -> None:
    w.put(f"if {condition_of(w)}:")
    with w.inside():
        for _ in range(w.rng.choice((1, 1, 2))):
            _statement(w, budget)
    if w.maybe(0.35):
        if w.maybe(0.3):
            w.put(f"elif {condition_of(w)}:")
            with w.inside():
                _statement(w, budget)
        w.put("else:")
        with w.inside():
            _statement(w, budget)
