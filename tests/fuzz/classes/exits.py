"""Loops that end early: by `break`, by `return`, with a flag, with an `else`."""

from __future__ import annotations

from tests.fuzz.classes.parts import level, made, tensors
from tests.fuzz.writer import Writer, condition_of, expression_of


def write(w: Writer) -> None:
    """One or two levels, one of which may be left."""
    two = w.maybe(0.4)
    tensors(w, ("n", "m") if two else ("n",), ("n",))
    out = made(w, ("n",))
    w.put(f"total = {w.rng.choice(('0', '0.0', '1.0', 'None', '-1'))}")
    w.put("found = False")
    w.floats.append("total")
    with level(
        w,
        "n",
        w.rng.choice(
            ("", "", "", "for {0} in range(1, len(x)):", "for {0} in range(len(x) - 1, -1, -1):")
        ),
    ):
        if two and w.maybe(0.7):
            if w.maybe(0.3):
                _statement(w, out)
            with level(w, "m"):
                _body(w, out)
            if w.maybe(0.3):
                w.put("if found:")
                w.put("    break")
        else:
            _body(w, out)
    if w.maybe(0.25):
        w.put("else:")
        w.put("    total = 5")
    w.results["total"] = None
    w.results["found"] = None
    if w.maybe(0.3):
        w.results[w.rng.choice(("i", "i", "j" if two else "i"))] = None


def _body(w: Writer, out: str) -> None:
    for _ in range(w.rng.choice((0, 1, 1))):
        _statement(w, out)
    w.put(f"if {condition_of(w)}:")
    with w.inside():
        for _ in range(w.rng.choice((0, 0, 1))):
            _statement(w, out)
        if w.maybe(0.3):
            w.put("found = True")
        w.put(
            w.rng.choice(
                (
                    "break",
                    "break",
                    "break",
                    "continue",
                    f"return {w.rng.choice(('total', out, w.levels[0].variable, '-1'))}",
                )
            )
        )
    for _ in range(w.rng.choice((0, 1, 1))):
        _statement(w, out)


def _statement(w: Writer, out: str) -> None:
    i = w.levels[0].variable
    w.put(
        w.rng.choice(
            (
                f"{out}[{i}] = {expression_of(w, 2)}",
                f"{out}[{i}] += {expression_of(w, 1)}",
                f"total = {expression_of(w, 1)}",
                f"total = total + {expression_of(w, 1)}",
                f"total = {i}",
                f"if {condition_of(w)}: found = True",
            )
        )
    )
