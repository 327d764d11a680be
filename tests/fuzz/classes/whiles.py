"""Loops that count by themselves."""

from __future__ import annotations

from tests.fuzz.classes.parts import given, made, tensors
from tests.fuzz.writer import Level, Writer, condition_of, expression_of, size_of


def write(w: Writer) -> None:
    """A `while` with a counter, its steps and its end chosen freely."""
    tensors(w, ("n",), ("n",))
    out = made(w, ("n",)) if w.maybe(0.7) else given(w, "x", ("n",))
    w.put(f"total = {w.rng.choice(('0', '0.0', '1.0'))}")
    w.floats.append("total")
    n = size_of(w, "n")
    start, test, step = w.rng.choice(
        (
            ("0", f"i < {n}", "i += 1"),
            ("0", f"i < {n}", "i += 1"),
            ("0", f"i < {n}", "i += 2"),
            ("1", f"i <= {n} - 1", "i = i + 1"),
            (f"{n} - 1", "i >= 0", "i -= 1"),
            (f"{n} - 1", "i > 0", "i -= 2"),
            ("0", f"i != {n}", "i += 1"),
            ("0", f"i < {n} - 1", "i += 1"),
            ("1", f"i < {n}", "i *= 2"),
            ("0", f"i < {n} and total < 2", "i += 1"),
            ("0", f"i < {n} and x[i] > -1", "i += 1"),
            ("-1", f"i + 1 < {n}", "i += 1"),
            ("0", f"i * i < {n}", "i += 1"),
        )
    )
    w.put(f"i = {start}")
    w.put(f"while {test}:")
    with w.inside():
        w.levels.append(Level("i", "n", whole=False))
        early = w.maybe(0.2)
        if early:
            w.put(step)
        if w.maybe(0.2):
            w.put(f"if {condition_of(w)}:")
            w.put(f"    {step}")
            w.put("    continue")
        for _ in range(w.rng.choice((1, 1, 2))):
            _statement(w, out)
        if not early:
            w.put(step)
        w.levels.pop()
    w.results["total"] = None
    if w.maybe(0.4):
        w.results["i"] = None


def _statement(w: Writer, out: str) -> None:
    w.put(
        w.rng.choice(
            (
                f"{out}[i] = {expression_of(w, 2)}",
                f"{out}[i] = {expression_of(w, 2)}",
                f"{out}[i] += {expression_of(w, 1)}",
                f"{out}[i - 1] = {expression_of(w, 1)}",
                f"{out}[i] = {out}[i - 1] + {expression_of(w, 1)}",
                f"total = total + {expression_of(w, 1)}",
                f"total = {expression_of(w, 1)}",
                f"if {condition_of(w)}: total += {expression_of(w, 1)}",
                f"if {condition_of(w)}: {out}[i] = {expression_of(w, 1)}",
                f"if {condition_of(w)}: break",
            )
        )
    )
