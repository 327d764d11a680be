"""Functions of the file that store into what they are given."""

from __future__ import annotations

from tests.fuzz.classes.parts import given, level, made, tensors
from tests.fuzz.writer import Writer, condition_of, expression_of

_STORING = {
    "put": "def put(dst, at, v):\n    dst[at] = v\n",
    "add_at": "def add_at(dst, at, v):\n    dst[at] += v\n    return dst[at]\n",
    "bump": "def bump(row):\n    row += 1\n",
    "clip": "def clip(row):\n    row[row > 1] = 1\n    return row\n",
    "scale": "def scale(row, s):\n    return row.mul_(s)\n",
    "rebind": "def rebind(row, s):\n    row = row * s\n    return row\n",
    "first": "def first(row, v):\n    row[0] = v\n    return row\n",
    "maybe": "def maybe(dst, at, v):\n    if v > 0:\n        dst[at] = v\n        return 1\n    return 0\n",
    "swap": "def swap(dst, a, b):\n    t = dst[a].clone()\n    dst[a] = dst[b]\n    dst[b] = t\n",
    "swap_view": "def swap_view(dst, a, b):\n    t = dst[a]\n    dst[a] = dst[b]\n    dst[b] = t\n",
    "same": "def same(row):\n    return row\n",
    "total_of": "def total_of(row):\n    s = 0\n    for v in row:\n        s += v\n    return s\n",
}


def write(w: Writer) -> None:
    """A loop that calls them on rows, elements and whole tensors."""
    w.storing |= _STORING
    two = w.maybe(0.6)
    tensors(w, ("n", "m") if two else ("n",), ("n",))
    dims = ("n", "m") if two and w.maybe(0.6) else ("n",)
    out = given(w, "x", w.arrays["x"]) if w.maybe(0.35) else made(w, dims)
    w.put("total = 0")
    with level(w, "n"):
        for _ in range(w.rng.choice((1, 1, 2))):
            _statement(w, out)
    w.results["total"] = None


def _statement(w: Writer, out: str) -> None:
    i, rows = w.levels[0].variable, len(w.arrays[out]) == 2
    name = w.rng.choice(
        ("put", "add_at", "maybe", "swap", "swap_view", "total_of") if not rows else tuple(_STORING)
    )
    w.helpers[name] = None
    value, at = expression_of(w, 1), w.rng.choice((i, i, i, f"{i} - 1", "0", f"-{i} - 1"))
    row = w.rng.choice((f"{out}[{i}]", f"{out}[{i}]", f"x[{i}]", f"{out}[0]", f"same({out}[{i}])"))
    if "same(" in row:
        w.helpers["same"] = None
    call = {
        "put": f"put({out}, {at}, {value})",
        "add_at": f"add_at({out}, {at}, {value})",
        "maybe": f"maybe({out}, {at}, {value})",
        "swap": f"swap({out}, {i}, {at})",
        "swap_view": f"swap_view({out}, {i}, {at})",
        "total_of": f"total_of({out if not rows else row})",
        "scale": f"scale({row}, {value})",
        "rebind": f"rebind({row}, {value})",
        "first": f"first({row}, {value})",
    }.get(name, f"{name}({row})")
    if w.maybe(0.15):
        w.put(f"if {condition_of(w)}:")
        w.put(f"    {call}")
    elif w.maybe(0.4) and name not in ("put", "bump", "swap", "swap_view"):
        w.put(
            w.rng.choice(
                (
                    f"total = total + {call}",
                    f"total = {call}",
                    f"{out}[{i}] = {call}",
                    f"t = {call}",
                )
            )
        )
    else:
        w.put(call)
