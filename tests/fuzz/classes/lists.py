"""Lists that loops fill: nested, joined, extended, grown by `torch.cat`."""

from __future__ import annotations

from tests.fuzz.classes.parts import level, tensors
from tests.fuzz.writer import Writer, access_of, condition_of, expression_of

_JOINS = (
    "torch.stack({})",
    "torch.stack({})",
    "torch.cat({})",
    "torch.tensor({})",
    "{}",
    "torch.stack({}, 1)",
    "torch.stack({}, dim=-1)",
    "torch.cat({}, dim=-1)",
    "len({})",
    "sum({})",
)


def write(w: Writer) -> None:
    """One list for all, or one for each row."""
    tensors(w, ("n", "m"), ("n",), ("m",))
    form = w.rng.random()
    w.put("rows = []")
    if form < 0.1:
        w.put("grown = torch.zeros(0)")
        with level(w, "n") as i:
            item = w.rng.choice((f"x[{i}]", f"y[{i}:{i} + 1]", f"y[{i}][None]", f"x[{i}, :2]"))
            w.put(
                f"grown = torch.cat({w.rng.choice(('(grown, {})', '[grown, {}]', '({}, grown)')).format(item)})"
            )
        w.results["grown"] = None
        return
    if form < 0.25:
        w.results[_comprehension(w)] = None
        return
    with level(
        w,
        "n",
        w.rng.choice(
            ("", "", "for {0} in range(1, len(x)):", "for {0} in reversed(range(len(x))):")
        ),
    ):
        if form < 0.6:
            for _ in range(w.rng.choice((1, 1, 1, 2))):
                _append(w, "rows", _item(w))
        else:
            w.put("row = []")
            with level(w, "m"):
                _append(w, "row", expression_of(w, 2, tensor=True))
            _append(
                w,
                "rows",
                w.rng.choice(
                    (
                        "torch.stack(row)",
                        "torch.stack(row)",
                        "row",
                        "torch.tensor(row)",
                        "sum(row)",
                        "torch.stack(row).sum()",
                        "row[-1]",
                    )
                ),
            )
    w.results[w.rng.choice(_JOINS).format("rows")] = None
    if w.maybe(0.2):
        w.results["rows[-1]"] = None


def _item(w: Writer) -> str:
    i = w.levels[0].variable
    if w.maybe(0.5):
        return expression_of(w, 2, tensor=True)
    return w.rng.choice(
        (
            f"x[{i}]",
            f"x[{i}] * y[{i}]",
            f"x[{i}] + z",
            "x[:, 0]",
            f"x[{i}].sum()",
            f"y[{i}].item()",
            f"x[{i}][:2]",
            f"x[{i}].unsqueeze(0)",
            f"[y[{i}], x[{i}, 0]]",
            f"(x[{i}, 0], y[{i}])",
            access_of(w) or "y[0]",
            f"x[{i}, :{i}]",
            f"y[:{i} + 1]",
            "z",
            f"float(y[{i}])",
            f"int(y[{i}] > 0)",
        )
    )


def _append(w: Writer, name: str, item: str) -> None:
    how = w.rng.choice(
        (
            "{}.append({})",
            "{}.append({})",
            "{}.append({})",
            "{}.append({})",
            "{}.append({})",
            "{} += [{}]",
            "{}.insert(0, {})",
            "{}.extend([{}])",
            "{} = {} + [{}]",
        )
    )
    line = how.format(name, item) if how.count("{}") == 2 else how.format(name, name, item)
    if w.maybe(0.2):
        w.put(f"if {condition_of(w)}:")
        w.put(f"    {line}")
        if w.maybe(0.3):
            w.put("else:")
            w.put(f"    {name}.append({item})")
    else:
        w.put(line)


def _comprehension(w: Writer) -> str:
    item = w.rng.choice(
        (
            "x[i] * 2",
            "x[i, 0]",
            "y[i] * x[i]",
            "[x[i, j] for j in range(len(z))]",
            "torch.stack([x[i, j] * z[j] for j in range(len(z))])",
            "x[i].sum()",
            "y[i].item()",
            "x[i] if y[i] > 0 else z",
        )
    )
    tail = w.rng.choice(("", "", " if y[i] > 0", " if i % 2"))
    return w.rng.choice(_JOINS).format(f"[{item} for i in range(len(y)){tail}]")
