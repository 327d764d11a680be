"""A harness that cannot fail is worth nothing: right and wrong rewrites made by hand, each with its verdict."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from loopless.finding import Action, Analysis, Edit, Finding, Missed, Refusal, Span
from tests.harness import execute
from tests.harness.case import Case, read
from tests.harness.inputs import PLAN, make, parse_inputs
from tests.harness.judge import judge
from tests.harness.spellings import variants

TOTAL = """
def loop(x):
    total = torch.zeros(())
    for i in range(len(x)):
        total = total + x[i]
    return total
"""
FILL = """
def loop(x):
    out = torch.zeros_like(x)
    for i in range(len(x)):
        out[i] = x[i] * 2
    return out
"""
ADD = """
def loop(x, y):
    out = torch.zeros_like(x)
    for i in range(len(x)):
        out[i] = x[i] + y[i]
    return out
"""
INTO = """
def loop(x, out):
    for i in range(len(x)):
        out[i] = x[i] * 2
"""
GATHER = """
def loop(x, index):
    out = torch.zeros(len(index), dtype=x.dtype)
    for i in range(len(index)):
        out[i] = x[index[i]]
    return out
"""
COUNT = """
def loop(x, index):
    out = torch.zeros_like(x)
    for i in range(len(index)):
        out[index[i]] += 1
    return out
"""
LARGEST = """
def loop(x):
    best = x[0]
    for i in range(len(x)):
        if x[i] > best:
            best = x[i]
    return best
"""
GUARDED = """
def loop(x):
    out = torch.zeros_like(x)
    for i in range(len(x)):
        if x[i] > 0:
            out[i] = torch.sqrt(x[i])
    return out
"""
PREFIX = """
def loop(x):
    out = torch.zeros_like(x)
    run = torch.zeros((), dtype=x.dtype)
    for i in range(len(x)):
        run = run + x[i]
        out[i] = run
    return out
"""
ROWS = """
def loop(x):
    rows = []
    for row in x:
        rows.append(row * 2)
    return torch.stack(rows)
"""
PAIRS = """
def loop(x):
    out = torch.zeros(len(x), len(x), dtype=x.dtype)
    for i in range(len(x)):
        for j in range(len(x)):
            out[i, j] = ((x[i] - x[j]) ** 2).sum()
    return out
"""
NOISE = """
def loop(x):
    out = torch.zeros_like(x)
    for i in range(len(x)):
        print("at", i)
        out[i] = x[i] + torch.rand(())
    return out
"""


def case(before: str, inputs: str, expects: str = "vectorize", **rest: object) -> Case:
    """A case from a text without imports."""
    made = read(f"## made here\n```python before{before}```\n", "made")[0]
    return replace(made, inputs=parse_inputs(inputs), expects=expects, **rest)


def body(text: str) -> str:
    """A function with another body, the imports in front."""
    return "import torch\n\n\n" + text


def engine(
    after: str, grade: Any = "E0", applicability: Any = "safe", **rest: Any
) -> Callable[[str], Analysis]:
    """An engine that turns any text with a loop into `after`."""

    def analyze(text: str) -> Analysis:
        span = Span(0, len(text))
        if text == after or not any(isinstance(n, ast.For) for n in ast.walk(ast.parse(text))):
            return Analysis()
        action = Action("made", (Edit(span, after),), applicability, grade, **rest)
        return Analysis((Finding("made", "made", span, span, span, (action,)),))

    return analyze


def silent(text: str) -> Analysis:
    """An engine that refuses everything for one reason."""
    span = Span(0, 1)
    return Analysis(
        (), (Refusal(span, span, (Missed("carried-value", "each step reads the last", span),)),)
    )


RIGHT = [
    (
        "sum",
        case(TOTAL, "x=f32[n]"),
        "def loop(x):\n    return x.sum() if x.dim() == 1 else torch.zeros(()) + x.sum(0)\n",
    ),
    ("fill", case(FILL, "x=float[n]"), "def loop(x):\n    return (x * 2).to(x.dtype)\n"),
    (
        "into",
        case(INTO, "x=float[n], out=float[n]"),
        "def loop(x, out):\n    if len(x):\n        out[: len(x)] = x * 2\n",
    ),
    (
        "gather",
        case(GATHER, "x=float[n], index=index[m](n)"),
        "def loop(x, index):\n    return x[index]\n",
    ),
    (
        "guarded",
        case(GUARDED, "x=float[n]"),
        "def loop(x):\n    ok = x > 0\n    root = torch.where(ok, x, 1).sqrt()\n"
        "    return torch.where(ok, root, 0).to(x.dtype)\n",
    ),
    ("prefix", case(PREFIX, "x=f64[n]"), "def loop(x):\n    return x.cumsum(0)\n"),
]
WRONG = [
    (
        "a float for an integer",
        case(FILL, "x=float[n]"),
        "def loop(x):\n    return x * 2.0\n",
        "became torch.float",
    ),
    (
        "off by one",
        case(FILL, "x=float[n]"),
        "def loop(x):\n    x = x * 2\n    x[-1:] = 0\n    return x\n",
        "became",
    ),
    (
        "broadcast of a longer operand",
        case(ADD, "x=float[n], y=float[n]"),
        "def loop(x, y):\n    return (x + y).to(x.dtype)\n",
        "raises",
    ),
    (
        "operand of one entry",
        case(ADD, "x=float[n], y=float[n]"),
        "def loop(x, y):\n    return (x + y[: len(x)]).to((x * 2).dtype)\n",
        "became",
    ),
    (
        "result in place lost",
        case(INTO, "x=float[n], out=float[n]"),
        "def loop(x, out):\n    out = x * 2\n",
        "out",
    ),
    (
        "input given back",
        case(FILL, "x=float[n]"),
        "def loop(x):\n    if x.isnan().any():\n        return x * 2\n    x *= 2\n    return x\n",
        "x",
    ),
    (
        "duplicates dropped",
        case(COUNT, "x=float[n], index=index[m](n)"),
        "def loop(x, index):\n    out = torch.zeros_like(x)\n    out[index] += 1\n    return out\n",
        "became",
    ),
    ("fold over NaN", case(LARGEST, "x=float[n]"), "def loop(x):\n    return x.max()\n", "became"),
    (
        "gradient through the arm not taken",
        case(GUARDED, "x=f64[n]"),
        "def loop(x):\n    return torch.where(x > 0, torch.sqrt(x), 0).to(x.dtype)\n",
        "gradient",
    ),
    (
        "detached",
        case(FILL, "x=float[n]"),
        "def loop(x):\n    return (x.detach() * 2).to(x.dtype)\n",
        "requires_grad",
    ),
    (
        "negative indices",
        case(GATHER, "x=float[n], index=index[m](n)"),
        "def loop(x, index):\n    return x.index_select(0, index)\n",
        "raises",
    ),
    (
        "cancellation",
        case(PAIRS, "x=f32[n, m]"),
        "def loop(x):\n    g = x @ x.T\n    d = g.diagonal()\n    return d[:, None] + d - 2 * g\n",
        "far from zero",
    ),
    (
        "print and random draws",
        case(NOISE, "x=float[n]"),
        "def loop(x):\n    return (x + torch.rand(len(x))).to(x.dtype)\n",
        "printed",
    ),
    (
        "does not load",
        case(FILL, "x=float[n]"),
        "def loop(x):\n    return 1\nraise KeyError\n",
        "does not load",
    ),
    ("does not parse", case(FILL, "x=float[n]"), "def loop(x:\n", "does not parse"),
    (
        "a view for a copy",
        case(FILL.replace("* 2", ""), "x=float[n]"),
        "def loop(x):\n    return x[:]\n",
        "shares memory",
    ),
    (
        "another type",
        case(LARGEST, "x=f32[n]"),
        "def loop(x):\n    b = x[0].item()\n    return b if b == b else b\n",
        "became",
    ),
    (
        "never ends",
        case(FILL, "x=f32[n]"),
        "def loop(x):\n    while True:\n        pass\n",
        "no end",
    ),
]


@pytest.mark.parametrize(("name", "made", "after"), RIGHT, ids=[r[0] for r in RIGHT])
def test_right_rewrites_pass(name: str, made: Case, after: str) -> None:
    report = judge(made, engine(body(after), "E1"))
    assert report.status == "OK", report


@pytest.mark.parametrize(("name", "made", "after", "words"), WRONG, ids=[w[0] for w in WRONG])
def test_wrong_rewrites_are_caught(
    name: str, made: Case, after: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute.run, "__defaults__", (0.5,))
    report = judge(made, engine(body(after), "E1"))
    assert report.status in {"WRONG", "EXOTIC"}, report
    assert words in report.why


def test_rounding_is_no_difference_unless_bits_are_claimed() -> None:
    made = case(TOTAL, "x=f32[n]")
    after = body(
        "def loop(x):\n    return x.flip(0).sum() if x.dim() == 1 else torch.zeros(()) + x.flip(0).sum(0)\n"
    )
    assert judge(made, engine(after, "E1")).status == "OK"
    assert judge(made, engine(after, "E0")).status == "GRADE"


def test_a_less_precise_sum_is_wrong() -> None:
    made = case(
        TOTAL.replace("torch.zeros(())", "0.0").replace("+ x[i]", "+ x[i].item()"), "x=f32[n]"
    )
    after = body("def loop(x):\n    return x.sum().item()\n")
    assert judge(made, engine(after, "E1")).status == "WRONG"


def test_a_start_value_may_become_a_tensor_and_a_count_may_not() -> None:
    made = case(TOTAL.replace("torch.zeros(())", "0"), "x=f32[n]")
    plain = "def loop(x):\n    return x.sum() if x.dim() == 1 else x.sum(0) if len(x) else 0\n"
    assert judge(made, engine(body(plain), "E1")).status == "OK"
    count = "\ndef loop(x):\n    n = 0\n    for v in x:\n        if v > 0:\n            n += 1\n    return n\n"
    as_tensor = body("def loop(x):\n    return (x > 0).sum()\n")
    report = judge(case(count, "x=f32[n]"), engine(as_tensor, "E0"))
    assert report.status == "WRONG"
    assert "int became Tensor" in report.why


def test_exotic_dtypes_are_forgiven_only_where_marked() -> None:
    after = body(
        "def loop(x):\n    if x.dtype == torch.int64:\n        return x\n    return (x * 2).to(x.dtype)\n"
    )
    assert judge(case(FILL, "x=float[n]"), engine(after)).status == "WRONG"
    assert (
        judge(case(FILL, "x=float[n]", exotic=frozenset({"int64"})), engine(after)).status
        == "EXOTIC"
    )


def test_text_other_than_expected_is_odd() -> None:
    after = body("def loop(x):\n    return (x * 2).to(x.dtype)\n")
    assert judge(case(FILL, "x=float[n]", after=after), engine(after)).status == "OK"
    assert judge(case(FILL, "x=float[n]", after=after + "# else\n"), engine(after)).status == "ODD"


def test_refusals_and_their_reasons() -> None:
    assert judge(case(PREFIX, "x=float[n]", "refuse"), silent).status == "OK"
    assert (
        judge(case(PREFIX, "x=float[n]", "refuse", reason="carried|reads last"), silent).status
        == "OK"
    )
    assert judge(case(PREFIX, "x=float[n]", "refuse", reason="random"), silent).status == "ODD"
    assert judge(case(PREFIX, "x=float[n]"), silent).status == "MISSED"
    right = engine(body("def loop(x):\n    return (x * 2).to(x.dtype)\n"))
    assert judge(case(FILL, "x=float[n]", "refuse"), right).status == "ODD"


def test_unsafe_rewrites_are_judged_on_what_the_case_says_of_its_inputs() -> None:
    after = body("def loop(x, y):\n    return (x + y).to(x.dtype)\n")
    made = case(ADD, "x=float[n], y=float[n]", "unsafe")
    assert (
        judge(made, engine(after, "E0", "unsafe", assumptions=("`y` has `x`'s shape",))).status
        == "OK"
    )
    assert judge(made, engine(after, "E0", "unsafe")).status == "ODD"
    assert judge(made, silent).status == "MISSED"
    assert judge(made, engine(after, "E0")).status == "WRONG"


def test_a_loop_left_over_is_part_of_the_way() -> None:
    after = body("def loop(x):\n    for i in ():\n        pass\n    return (x * 2).to(x.dtype)\n")
    assert judge(case(FILL, "x=float[n]"), engine(after)).status == "PART"
    assert judge(case(FILL, "x=float[n]", "partial"), engine(after)).status == "OK"


def test_every_input_kind_is_made_twice_alike() -> None:
    specs = parse_inputs(
        "a=float[n, m], b=positive[n], c=unit[n], d=int[n], e=index[n](m), f=perm[n], g=sorted[n](m), "
        "h=counts[n](3), i=offsets[n + 1](m), j=int(1, 4), k=float, l=size(n), o=list(n, float[m]), "
        "p=ragged(n, float[m, 2]), q=call(torch.nn.Linear(3, 2)), r=bool, s=f16[n], t=bool[n, 1]"
    )
    for sample in PLAN:
        first, second = make(specs, sample), make(specs, sample)
        assert first.keys() == second.keys()
        assert [str(v) for v in first.values()] == [str(v) for v in second.values()]


def test_spellings_are_made_and_differ() -> None:
    made = read(
        "## here\n```python before\ndef loop(x, y):\n    out = torch.zeros_like(x)\n    for i in range(len(x)):\n"
        "        for j in range(x.shape[1]):\n            out[i, j] = x[i, j] + y[i] * i\n    return out\n```\n"
        "inputs: x=float[n, m], y=float[n]\nspellings: all\n",
        "made",
    )[0]
    texts = {v.spelling: v.before for v in variants(made)}
    assert {
        "",
        "chain",
        "shape",
        "size",
        "unpack",
        "direct",
        "zip",
        "while",
        "th",
        "from",
        "module",
    } <= texts.keys()
    assert "out[i][j] = x[i][j]" in texts["chain"]
    assert "for i, x_i in enumerate(x)" in texts["direct"]
    assert "x_i[j] + y_i * i" in texts["zip"]
    assert len(set(texts.values())) == len(texts)
