"""Searches: the first place, the best place, whether there is one."""

from __future__ import annotations

from tests.fuzz.classes.parts import level, made, tensors
from tests.fuzz.writer import Writer, condition_of, expression_of


def write(w: Writer) -> None:
    """Over one or two levels; one result for all, or one for each row."""
    two = w.maybe(0.5)
    tensors(w, ("n", "m") if two else ("n",), ("n",))
    each = two and w.maybe(0.6)
    out = made(w, ("n",), kinds=("", ", dtype=torch.long")) if each else ""
    if not each:
        _start(w)
    with level(
        w,
        "n",
        w.rng.choice(
            ("", "", "", "for {0} in range(1, len(x)):", "for {0} in range(len(x) - 1, -1, -1):")
        ),
    ) as i:
        if each:
            _start(w)
        if two:
            with level(w, "m"):
                _body(w)
        else:
            _body(w)
        if each:
            w.put(f"{out}[{i}] = {w.rng.choice(('where', 'best', 'where', 'best + where'))}")
    if not each or w.maybe(0.3):
        w.results["best"] = None
        w.results["where"] = None


def _start(w: Writer) -> None:
    first = "x[0, 0]" if len(w.arrays["x"]) == 2 else "x[0]"
    starts = ("0", "0.0", "-1e9", "float('-inf')", "1e9", first, "-1", "None", "1")
    w.put(f"best = {w.rng.choice(starts)}")
    w.put(f"where = {w.rng.choice(('-1', '-1', '0', 'None', '0'))}")


def _body(w: Writer) -> None:
    i = w.levels[-1].variable
    place = w.rng.choice(
        (i, i, i, f"{i} + 1", expression_of(w, 1), f"{w.levels[0].variable} * 2 + {i}")
    )
    value = expression_of(w, 1)
    compare = w.rng.choice((">", "<", ">=", "<=", "=="))
    form = w.rng.random()
    if form < 0.5:
        more = w.rng.choice(
            ("", "", "", f" and {condition_of(w)}", f" or {condition_of(w)}", " or best is None")
        )
        w.put(f"if {value} {compare} best{more}:")
        w.put(f"    best = {value if w.maybe(0.85) else expression_of(w, 1)}")
        if w.maybe(0.8):
            w.put(f"    where = {place}")
    elif form < 0.75:
        w.put(f"if {condition_of(w)}:")
        w.put(f"    where = {place}")
        if w.maybe(0.4):
            w.put(f"    best = {value}")
        if w.maybe(0.75):
            w.put("    break")
    elif form < 0.9:
        w.put(f"best = {w.rng.choice(('max', 'min'))}(best, {value})")
        if w.maybe(0.4):
            w.put(f"where = {place} if {value} {compare} best else where")
    else:
        w.put(f"if {value} {compare} best:")
        w.put("    where = best")
        w.put(f"    best = {value}")
        w.put(f"elif {value} {compare} where:")
        w.put(f"    where = {value}")
