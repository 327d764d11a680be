"""Lists of tensors or of numbers: walked, read by place, changed in place, zipped."""

from __future__ import annotations

from tests.fuzz.classes.parts import made, tensors
from tests.fuzz.writer import Level, Writer

_ITEMS = (
    "list(n, float[m])",
    "list(n, float[m])",
    "ragged(n, float[m])",
    "list(n, float[m, l])",
    "list(n, float)",
)


def write(w: Writer) -> None:
    """A loop over one or two lists."""
    tensors(w, ("n",), ("m",))
    w.specs["xs"] = f"xs={w.rng.choice(_ITEMS)}"
    w.specs["ys"] = f"ys={w.rng.choice(_ITEMS)}" if w.maybe(0.4) else "ys=list(n, float[m])"
    if "float)" not in w.specs["xs"]:
        # Without a hint, what a loop reads by place is taken for a tensor (P1).
        w.hints["xs"] = w.rng.choice(("list[torch.Tensor]", "list", "tuple[torch.Tensor, ...]"))
    else:
        w.hints["xs"] = "list[float]"
    if w.maybe(0.7):
        made(w, w.rng.choice((("n",), ("n", "m"), ("m",))))
    w.put(f"total = {w.rng.choice(('0', '0.0', 'torch.zeros(())', 'torch.zeros(len(y))', 'None'))}")
    w.put("kept = []")
    header, item, place = _header(w)
    w.put(header)
    with w.inside():
        w.levels.append(Level(place, "n"))
        for _ in range(w.rng.choice((1, 1, 2))):
            _statement(w, item, place)
        w.levels.pop()
    w.results["total"] = None
    w.results[
        w.rng.choice(
            (
                "kept",
                "torch.stack(kept)",
                "torch.cat(kept)",
                "xs",
                "torch.tensor(kept)",
                "sum(kept)",
            )
        )
    ] = None


def _header(w: Writer) -> tuple[str, str, str]:
    return w.rng.choice(
        (
            ("for i, t in enumerate(xs):", "t", "i"),
            ("for i, t in enumerate(xs):", "t", "i"),
            ("for i in range(len(xs)):", "xs[i]", "i"),
            ("for i in range(len(xs) - 1, -1, -1):", "xs[i]", "i"),
            ("for i, (t, u) in enumerate(zip(xs, ys)):", "t", "i"),
            ("for i, t in enumerate(reversed(xs)):", "t", "i"),
            ("for i, t in enumerate(xs[1:]):", "t", "i"),
            ("for i in range(1, len(xs)):", "xs[i - 1]", "i"),
        )
    )


def _value(w: Writer, item: str) -> str:
    other = w.rng.choice(
        (item, "y", "u" if w.lines[-1].find("u)") > 0 else "ys[0]", "2", "x[i]", "xs[0]", "i")
    )
    return w.rng.choice(
        (
            f"{item}.sum()",
            f"{item}.mean()",
            f"{item}[0]",
            f"{item}.max()",
            f"{item} * {other}",
            f"{item} + {other}",
            f"({item} - {other}).pow(2).sum()",
            f"{item}",
            f"len({item})",
            f"{item}.shape[0]",
            f"{item}[-1].item()",
            f"torch.relu({item})",
            f"{item}.view(-1)",
            f"{item} @ y",
        )
    )


def _statement(w: Writer, item: str, i: str) -> None:
    outs = [a for a in w.written if a.startswith("out")]
    forms = ["total", "total", "append", "append", "change", "guard"] + ["store"] * 3 * bool(outs)
    match w.rng.choice(forms):
        case "total":
            w.put(
                w.rng.choice(
                    (
                        f"total = total + {_value(w, item)}",
                        f"total += {_value(w, item)}",
                        f"total = {_value(w, item)}",
                        f"total = max(total, {_value(w, item)})",
                    )
                )
            )
        case "append":
            w.put(f"kept.append({_value(w, item)})")
        case "change":
            w.put(
                w.rng.choice(
                    (
                        f"{item} *= 2",
                        f"{item}.add_(1)",
                        f"{item}[0] = {i}",
                        f"xs[{i}] = {_value(w, item)}",
                        f"{item} += x[{i}]",
                        f"{item} = {item} + 1",
                    )
                )
            )
        case "guard":
            w.put(
                f"if {_value(w, item)} {w.rng.choice(('>', '<', '=='))} {w.rng.choice(('0', '1', f'x[{i}]'))}:"
            )
            w.put(
                f"    {w.rng.choice(('kept.append(' + item + ')', 'total = total + 1', 'continue', 'break'))}"
            )
        case _:
            out = w.rng.choice(sorted(outs))
            w.put(f"{out}[{i}] {w.rng.choice(('=', '=', '+='))} {_value(w, item)}")
