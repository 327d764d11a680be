"""What is tried for each input: comments, calls and constructors, facts, uses."""

from __future__ import annotations

from typing import Any

import pytest

from loopless.finding import Input
from loopless.verify import Verdict, inferred_comment, prepare
from loopless.verify.request import Request
from tests.verify.conftest import Verify
from tests.verify.pairs import Pair, function, pair


def options(pair: Pair) -> dict[str, dict[str, Any]]:
    """The likeliest option of each input."""
    request = prepare(*pair)
    assert isinstance(request, Request)
    return {root["name"]: root["options"][0] for root in request.plans[0]["roots"]}


def test_sizes_are_shared_where_the_loop_shares_them() -> None:
    first = options(
        function(
            """
            # x, w, idx, n, mask
            out = torch.zeros(len(x), n)
            +++
            for i in range(len(x)):
                for j in range(n):
                    if mask[i]:
                        out[i, j] += x[i, idx[j]] * w[j]
            """,
            "pass",
        )
    )
    assert first["w"]["sizes"] == [first["n"]["size"]]
    assert first["mask"]["content"] == "mask"
    assert first["mask"]["sizes"][0] == first["x"]["sizes"][0]
    assert first["idx"]["content"] == "index"
    assert first["idx"]["high"] == first["x"]["sizes"][1]


def test_facts_of_the_engine_come_before_uses() -> None:
    facts = (Input("x", "tensor", ("n", "3"), dtype="float64"), Input("n", "int"))
    first = options(function("# x, n\nfor i in range(n):\n    x[i] = 0", "pass", inputs=facts))
    assert first["x"]["sizes"] == [first["n"]["size"], 3]
    assert first["x"]["dtype"] == "float64"
    assert not first["x"]["open"]


def test_annotations_and_defaults() -> None:
    first = options(
        pair(
            """
            import torch
            from typing import Callable, List
            from torch import Tensor

            def f(x: List[Tensor], scale: float, n: int, g: Callable, mode="mean", eps=1e-6):
                total = 0
                for k in range(n):
                    total += g(x[k]) * scale + eps + len(mode)
                return total
            """,
            "for k in range(n):\n    total += g(x[k]) * scale + eps + len(mode)",
            "pass",
        )
    )
    kinds = {name: option["kind"] for name, option in first.items()}
    assert kinds["x"] == "tensors"
    assert kinds["scale"] == "float"
    assert kinds["g"] == "callable"
    assert first["mode"]["value"] == "mean"
    assert first["eps"]["value"] == 1e-6


CALLED = """
import torch

def slow_add(a, b):
    out = torch.zeros_like(a)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j] + b[i, j]
    return out

if __name__ == "__main__":
    height, width = 1000, 800
    one = torch.rand(height, width)
    print(slow_add(one, torch.rand(1000, 800)))
"""
LOOP = """
for i in range(a.shape[0]):
    for j in range(a.shape[1]):
        out[i, j] = a[i, j] + b[i, j]
"""


def test_calls_in_the_file(verify: Verify) -> None:
    called = pair(CALLED, LOOP, "out[:] = a + b")
    first = options(called)
    assert first["a"]["naturals"] == {"height": 1000, "width": 800}
    assert first["b"]["naturals"] == {"size 1000": 1000, "size 800": 800}
    verdict = verify(called)
    assert verdict.status == "agreed", verdict.reason
    assert verdict.samples["a"]["from"] == "call in the file"


def test_a_sample_comment_comes_first(verify: Verify) -> None:
    commented = function(
        """
        # x, n
        # loopless: sample(x=torch.randn(64, 32).double(), n=5)
        total = 0
        +++
        for k in range(n):
            total = total + x[k]
        ---
        return total
        """,
        "total = 0 + x[:n].sum(0)",
        "E1",
    )
    verdict = verify(commented)
    assert verdict.status == "agreed", verdict.reason
    assert verdict.samples["x"]["from"] == "sample comment"
    assert verdict.samples["x"]["dtype"] == "torch.float64"


def test_a_sample_comment_that_does_not_parse_is_said(verify: Verify) -> None:
    commented = function(
        "# x\n# loopless: sample(x=torch.randn(64,))\n+++\nfor i in range(len(x)):\n    x[i] = 0",
        "pass",
    )
    broken = Pair(commented.text.replace("(64,)", "(64,,)"), commented.finding, commented.action)
    assert verify(commented).samples["x"]["from"] == "sample comment"
    refused = prepare(*broken)
    assert isinstance(refused, Verdict)
    assert "does not parse" in refused.reason


def test_the_comment_to_insert() -> None:
    loop = function(
        """
        # x, mask, n, func
        out = torch.zeros(n)
        +++
        for i in range(n):
            if mask[i]:
                out[i] = func(x[i, 0])
        """,
        "pass",
    )
    comment = inferred_comment(*loop)
    assert comment == (
        "# loopless: sample(func=torch.sigmoid, mask=torch.rand(64) > 0.5, n=64, "
        "x=torch.randn(64, 32))"
    )


@pytest.mark.parametrize(
    ("body", "new"),
    [
        # a flat array that has to be much longer than the loop runs
        (
            "# flat, a\nfor i in range(len(a)):\n    flat[i + 40] = a[i]",
            "for i, v in enumerate(a):\n    flat[i + 40] = v",
        ),
        # sizes that have to be equal though nothing says so
        (
            "# a, b, c\nfor i in range(len(a)):\n    c[i] = a[i] @ b",
            "for i in range(len(a)):\n    c[i] = a[i] @ b",
        ),
        # a rank that only the call tells
        (
            "# x\nout = []\nfor k in range(len(x)):\n    out.append(x[k].t() @ x[k])\n---\nreturn out",
            "out = [row.t() @ row for row in x]",
        ),
        # an optional input, tested first
        (
            "# x, w\nfor i in range(len(x)):\n    x[i] = x[i] if w is None else x[i] * w[i]",
            "for i in range(len(x)):\n    x[i] = x[i] if w is None else x[i] * w[i]",
        ),
        # lengths of rows
        (
            "# x, lens\nfor b in range(len(lens)):\n    x[b, lens[b] :] = 0",
            "for b, n in enumerate(lens.tolist()):\n    x[b, n:] = 0",
        ),
        # positions from a logarithm
        (
            "# x\nfor i in range(len(x)):\n    x[i] = math.log(x[i])",
            "for i in range(len(x)):\n    x[i] = math.log(x[i])",
        ),
        # an object that only holds values
        (
            "# cfg, x\nfor i in range(cfg.steps):\n    x[i] *= cfg.gain",
            "for i in range(cfg.steps):\n    x[i] *= cfg.gain",
        ),
        # a word that chooses
        (
            "# x, mode\nfor i in range(len(x)):\n    x[i] = x[i] if mode == 'keep' else 0",
            "for i in range(len(x)):\n    x[i] = x[i] if mode == 'keep' else 0",
        ),
    ],
)
def test_inputs_are_found_on_which_the_loop_runs(body: str, new: str, verify: Verify) -> None:
    verdict = verify(function(body, new))
    assert verdict.status == "agreed", verdict.reason


def test_sizes_are_those_that_an_error_asks_for(verify: Verify) -> None:
    """Nothing but the layers says how long a row is, and how many channels an image has."""
    for layer, x, ndim in (("nn.Linear(6, 4)", "row", 2), ("nn.Conv2d(9, 2, 1)", "image", 4)):
        asked = pair(
            f"""
            import torch
            from torch import nn

            net = {layer}

            def f({x}s):
                out = []
                for i in range({x}s.shape[0]):
                    out.append(net({x}s[i].unsqueeze(0)))
                return torch.cat(out)
            """,
            f"""
            out = []
            for i in range({x}s.shape[0]):
                out.append(net({x}s[i].unsqueeze(0)))
            return torch.cat(out)
            """,
            f"return net({x}s)",
            "E1",
            assumptions=(f"`{x}s` is not empty, and has {ndim} axes and dtype float32",),
        )
        verdict = verify(asked)
        assert verdict.status == "agreed", verdict.reason
        assert len(verdict.samples[f"{x}s"]["shape"]) == ndim
