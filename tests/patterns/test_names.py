"""Which name a loop gets where several patterns come near it, and the sentence about it."""

from __future__ import annotations

import textwrap

import pytest

from loopless.pipeline import analyze

LOOPS = {
    "a product of two factors is a contraction": (
        "contraction",
        """
        for i in range(n):
            for k in range(m):
                y[i] += x[i, k] * w[k]
        """,
        "`y` sums products of `x` and `w` over `k`",
    ),
    "a square is a sum": (
        "sum-reduction",
        """
        for i in range(n):
            for k in range(m):
                y[i] += x[i, k] * x[i, k]
        """,
        "`y` sums `x * x` over `k`",
    ),
    "a factor that does not move with the sum makes no contraction": (
        "sum-reduction",
        """
        for i in range(n):
            for k in range(m):
                y[i] += x[i, k] * 0.5
        """,
        "`y` sums `x * 0.5` over `k`",
    ),
    "a sum under a condition is a sum": (
        "sum-reduction",
        """
        for i in range(n):
            for k in range(m):
                if x[i, k] > 0 and w[k] < 1:
                    y[i] += x[i, k]
        """,
        "`y` sums `x` over `k` where `x > 0` and `w < 1`",
    ),
    "a constant under a condition is a count": (
        "count",
        """
        for i in range(n):
            for k in range(m):
                if not x[i, k] > 0:
                    y[i] += 1
        """,
        "`y` counts the `k` where `not x > 0`",
    ),
    "a sum divided by its length is a mean": (
        "mean",
        """
        for i in range(n):
            total = 0.0
            for k in range(m):
                total += x[i, k] - w[k]
            y[i] = total / m
        """,
        "`y` averages `x - w` over `k`",
    ),
    "a sum divided by another number is a sum": (
        "sum-reduction",
        """
        for i in range(n):
            total = 0.0
            for k in range(m):
                total += x[i, k]
            y[i] = total / n
        """,
        "`y` sums `x` over `k`",
    ),
    "every one with every other is pairwise": (
        "pairwise",
        """
        for i in range(n):
            for k in range(m):
                z[i, k] = torch.abs(y[i] - w[k])
        """,
        "`z` combines `y` with `w`, every `i` with every `k`",
    ),
    "a row beside a matrix is broadcast": (
        "elementwise",
        """
        for i in range(n):
            for k in range(m):
                z[i, k] = x[i, k] - w[k]
        """,
        "`z` is computed as `x - w`, element by element over `i` and `k`",
    ),
    "a constant distance is a stencil": (
        "stencil",
        """
        for k in range(1, m):
            w[k] = v[k] - v[k - 1]
        """,
        "`w` combines 2 neighbors in `v` for each `k`",
    ),
    "a stretch is a copy": (
        "plain-copy",
        """
        for k in range(1, m):
            w[k] = v[k - 1]
        """,
        "`w` is a copy of elements of `v`, over `k`",
    ),
    "a store of data in the wrong order is transposed": (
        "transposed-copy",
        """
        for i in range(n):
            for k in range(m):
                z[i, k] = t[k, i]
        """,
        "`z` is `t` with its axes in the order `i` and `k`",
    ),
    "a choice under a choice is a choice": (
        "conditional-choice",
        """
        for i in range(n):
            for k in range(m):
                z[i, k] = 1.0 if x[i, k] > 1 else (0.0 if x[i, k] < 0 else x[i, k])
        """,
        "`z` is one value where `x > 1`, and another elsewhere",
    ),
    "a long expression is named by what it reads": (
        "elementwise",
        """
        for i in range(n):
            for k in range(m):
                z[i, k] = torch.sqrt(x[i, k] ** 2 + 2 * x[i, k] * w[k] + w[k] ** 2)
        """,
        "`z` is computed as values of `x` and `w`, element by element over `i` and `k`",
    ),
    "an update is said as one": (
        "elementwise",
        """
        for i in range(n):
            for k in range(m):
                z[i, k] *= (x[i, k] + 1) / 2
        """,
        "`z` is updated with `(x + 1) / 2`, element by element over `i` and `k`",
    ),
    "a mask of another axis keeps its name": (
        "masked-update",
        """
        for i in range(n):
            for k in range(m):
                if on[k]:
                    z[i, k] = x[i, k]
        """,
        "`z` changes only where `on` holds",
    ),
}  # fmt: skip
HEAD = """\
import torch


def loop(n: int, m: int):
    x, t, w, v = torch.randn(n, m), torch.randn(m, n), torch.randn(m), torch.randn(m)
    y, z, on = torch.zeros(n), torch.zeros(n, m), torch.rand(m) > 0.5
"""


@pytest.mark.parametrize("name", LOOPS)
def test_the_loop_gets_its_name(name: str) -> None:
    slug, text, sentence = LOOPS[name]
    body = textwrap.indent(textwrap.dedent(text).strip(), "    ")
    analysis = analyze(f"{HEAD}{body}\n    return y, z, w\n")
    found = [(finding.code, finding.message) for finding in analysis.findings]
    assert found == [(slug, sentence)], analysis.refusals
