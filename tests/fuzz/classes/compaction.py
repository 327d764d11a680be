"""What passes a test, put side by side by a counter."""

from __future__ import annotations

from tests.fuzz.classes.parts import level, made, tensors
from tests.fuzz.writer import Writer, condition_of, expression_of, size_of


def write(w: Writer) -> None:
    """A counter or two, stored at and counted on."""
    two = w.maybe(0.4)
    tensors(w, ("n", "m") if two else ("n",), ("n",))
    out = made(
        w,
        ("n", "m") if two and w.maybe(0.4) else ("n",),
        kinds=("", ", dtype=torch.long", ", dtype=x.dtype"),
    )
    counters = ["k"] if w.maybe(0.7) else ["k", "c"]
    for counter in counters:
        w.put(f"{counter} = {w.rng.choice(('0', '0', '0', '1', '-1', size_of(w, 'n') + ' - 1'))}")
    with level(w, "n", w.rng.choice(("", "", "", "for {0} in range(len(x) - 1, -1, -1):"))):
        if two:
            if w.maybe(0.3):
                w.put("k = 0")
            with level(w, "m"):
                _body(w, out, counters)
        else:
            _body(w, out, counters)
    for counter in counters:
        w.results[counter] = None
    if w.maybe(0.3):
        w.results[f"{out}[:k]"] = None


def _body(w: Writer, out: str, counters: list[str]) -> None:
    k = w.rng.choice(counters)
    i = w.levels[0].variable
    value = w.rng.choice((expression_of(w, 1), i, expression_of(w, 1), f"{k}", f"{out}[{k}] + 1"))
    place = w.rng.choice((k, k, k, k, f"{k} - 1", f"{i} - {k}", f"-{k} - 1", f"2 * {k}"))
    if len(w.arrays[out]) == 2:
        place = w.rng.choice((f"{i}, {place}", f"{place}, {w.levels[-1].variable}", place))
    store = f"{out}[{place}] {w.rng.choice(('=', '=', '=', '+='))} {value}"
    step = f"{k} {w.rng.choice(('+= 1', '+= 1', '+= 1', '+= 2', '-= 1', '= ' + k + ' + 1'))}"
    lines = [store, step] if w.maybe(0.85) else [step, store]
    form = w.rng.random()
    if form < 0.6:
        w.put(f"if {condition_of(w)}:")
        for line in lines:
            w.put(f"    {line}")
        if w.maybe(0.25):
            w.put("else:")
            last, again = f"{out}[-1] = {value}", f"{counters[-1]} += 1"
            w.put(f"    {w.rng.choice((last, again, 'continue', 'break', f'{k} = 0'))}")
    elif form < 0.8:
        w.put(f"if {condition_of(w)}:")
        w.put(f"    {step if w.maybe(0.5) else 'continue'}")
        for line in lines:
            w.put(line)
    else:
        w.put(store)
        w.put(
            f"{k} += {w.rng.choice(('1', 'int(y[i] > 0)', '(x[i] > 0).sum()', '1 if y[i] > 0 else 0', 'i % 2'))}"
        )
    if w.maybe(0.15):
        w.put(f"if {k} >= {w.rng.choice(('3', size_of(w, 'n'), 'len(' + out + ') - 1'))}:")
        w.put("    break")
