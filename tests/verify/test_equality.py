"""Each check catches the wrong rewrite that it is for, and lets the right one pass."""

from __future__ import annotations

import pytest

from loopless.finding import Input
from loopless.verify import Verdict
from tests.verify.conftest import Verify
from tests.verify.pairs import Pair, function

RIGHT: dict[str, Pair] = {
    "elementwise": function(
        """
        # x
        out = torch.zeros_like(x)
        +++
        for i in range(len(x)):
            out[i] = x[i] * 2
        ---
        return out
        """,
        "out[:] = x * 2",
    ),
    "masked sum": function(
        """
        # x, mask
        batch, height, width = x.shape
        out = torch.zeros((batch,), dtype=torch.float)
        +++
        for b in range(batch):
            for h in range(height):
                for w in range(width):
                    if mask[h, w]:
                        out[b] += x[b, h, w]
        ---
        return out
        """,
        "out += torch.where(mask[:height, :width], x, 0).sum(dim=(1, 2))",
        "E1",
        assumptions=("`x` has dtype float32", "`mask` has rank 2"),
    ),
    "list of rows": function(
        """
        # x
        rows = []
        for row in x:
            rows.append(row)
        ---
        return rows
        """,
        "rows = list(x)",
    ),
    "difference of neighbors": function(
        """
        # x
        out = torch.zeros_like(x)
        +++
        for i in range(1, len(x)):
            out[i] = x[i] - x[i - 1]
        ---
        return out
        """,
        "out[1:] = x[1:] - x[:-1]",
        assumptions=("`x` is not bool dtype",),
    ),
    "double where": function(
        """
        # x
        out = torch.zeros_like(x)
        +++
        for i in range(len(x)):
            if x[i] > 0:
                out[i] = torch.sqrt(x[i])
        ---
        return out
        """,
        """
        out[:] = torch.where(x > 0, torch.sqrt(torch.where(x > 0, x, 1)), 0)
        """,
        "E1",
    ),
    "scatter": function(
        """
        # out, idx, v
        for k in range(len(idx)):
            out[idx[k]] += v[k]
        ---
        return out
        """,
        "out.index_put_((idx,), v[: len(idx)].to(out.dtype), accumulate=True)",
        "E1",
        assumptions=("`out` and `v` have the same dtype",),
        inputs=tuple(Input(name, "tensor", (None,)) for name in ("idx", "out", "v")),
    ),
    "sum": function(
        """
        # x
        total = 0
        for v in x:
            total += v
        ---
        return total
        """,
        "total = x.sum(0)",
        "E1",
        assumptions=("`x` has a floating dtype",),
    ),
    "return": function(
        """
        # x
        return torch.stack([torch.relu(row) for row in x])
        """,
        "return torch.relu(x)",
        assumptions=("`x` is not empty",),
    ),
    "in place": function(
        """
        # x
        for i in range(len(x)):
            x[i] = x[i] + 1
        """,
        "x += 1",
        assumptions=("`x` has a number dtype",),
    ),
    "unknown function": function(
        """
        # x, func
        out = torch.zeros_like(x)
        +++
        for i in range(len(x)):
            out[i] = func(x[i])
        ---
        return out
        """,
        "out[:] = func(x)",
        "E1",
        assumptions=("`func` works element by element",),
    ),
    "host reads": function(
        """
        # x
        total = 0.0
        for i in range(len(x)):
            total += x[i].item()
        ---
        return total
        """,
        """
        total = 0.0
        for value in x.tolist():
            total += value
        """,
        assumptions=("`x` has rank 1",),
    ),
}

WRONG: dict[str, tuple[str, Pair]] = {
    "another factor": (
        "in-place effects",
        function(
            "# x, out\nfor i in range(len(x)):\n    out[i] = x[i] * 2",
            "out[: len(x)] = x * 2.001",
            "E1",
        ),
    ),
    "dtype of the allocation is lost": (
        "dtype",
        function(
            """
            # x
            out = torch.zeros(len(x))
            for i in range(len(x)):
                out[i] = x[i] * 2
            ---
            return out
            """,
            "out = x * 2",
        ),
    ),
    "a copy where the loop gives views": (
        "aliasing",
        function(
            """
            # x
            rows = []
            for row in x:
                rows.append(row)
            ---
            return rows
            """,
            "rows = list(x.clone())",
        ),
    ),
    "off by one": (
        "values",
        function(
            """
            # x
            out = torch.zeros(len(x))
            for i in range(1, len(x)):
                out[i] = x[i] - x[i - 1]
            ---
            return out
            """,
            """
            out = torch.zeros(len(x))
            out[:-1] = x[1:] - x[:-1]
            """,
        ),
    ),
    "a product with the mask keeps NaN": (
        "special values",
        function(
            """
            # x, mask
            total = torch.zeros(())
            for i in range(len(x)):
                if mask[i]:
                    total += x[i]
            ---
            return total
            """,
            "total = (x * mask[: len(x)]).sum()",
            "E1",
            assumptions=("`x` has dtype float32 and rank 1",),
        ),
    ),
    "the largest by comparison skips NaN": (
        "special values",
        function(
            """
            # x
            best = x[0]
            for v in x:
                if v > best:
                    best = v
            ---
            return best
            """,
            "best = x.max()",
            assumptions=("`x` has rank 1", "`best` is not a view of `x`"),
        ),
    ),
    "the largest of nothing": (
        "edge shapes",
        function(
            """
            # x
            best = torch.tensor(-1.0)
            for i in range(len(x)):
                best = torch.maximum(best, x[i])
            ---
            return best
            """,
            "best = x.amax()",
            assumptions=("`x` has dtype float32",),
        ),
    ),
    "NaN gradients in the arm not taken": (
        "gradients",
        function(
            """
            # x
            out = torch.zeros_like(x)
            +++
            for i in range(len(x)):
                if x[i] > 0:
                    out[i] = torch.sqrt(x[i])
            ---
            return out
            """,
            "out[:] = torch.where(x > 0, torch.sqrt(x), 0)",
            "E1",
        ),
    ),
    "the graph that .item() cuts is kept": (
        "gradients",
        function(
            """
            # x
            out = torch.zeros(len(x))
            for i in range(len(x)):
                out[i] = x[i].item()
            ---
            return out
            """,
            "out = torch.zeros(len(x))\nout[:] = x",
        ),
    ),
    "duplicates are dropped": (
        "in-place effects",
        function(
            "# out, idx, v\nfor k in range(len(idx)):\n    out[idx[k]] += v[k]",
            "out[idx] += v[: len(idx)]",
            "E1",
            assumptions=("`out` and `v` have the same dtype",),
        ),
    ),
    "negative indices are refused": (
        "exceptions",
        function(
            "# out, idx, v\nfor k in range(len(idx)):\n    out[idx[k]] += v[k]",
            "out.index_add_(0, idx, v[: len(idx)])",
            "E1",
            assumptions=("`out` and `v` have the same dtype",),
        ),
    ),
    "an operand may be longer": (
        "operands of other sizes",
        function(
            "# x, y, out\nfor i in range(len(x)):\n    out[i] = x[i] * y[i]",
            "out[: len(x)] = x * y",
        ),
    ),
    "rebinding where the loop writes in place": (
        "in-place effects",
        function("# x\nfor i in range(len(x)):\n    x[i] = x[i] + 1\n---\nreturn x", "x = x + 1"),
    ),
    "view of a transposed input": (
        "non-contiguous",
        function(
            """
            # x
            total = torch.zeros(())
            for i in range(x.shape[0]):
                for j in range(x.shape[1]):
                    total = total + x[i, j]
            ---
            return total
            """,
            "total = torch.zeros(()) + x.view(-1).sum()",
            "E1",
            assumptions=("`x` has dtype float32",),
        ),
    ),
    "fewer random numbers": (
        "random state",
        function(
            """
            # x
            out = torch.zeros(len(x))
            for i in range(len(x)):
                noise = torch.rand(1)
                out[i] = 1.0
            ---
            return out
            """,
            "out = torch.zeros(len(x))\nout[:] = 1.0",
        ),
    ),
    "the last of equals": (
        "special values",
        function(
            """
            # x
            where, best = 0, -math.inf
            for i in range(len(x)):
                if x[i] >= best:
                    where, best = i, x[i].item()
            ---
            return where
            """,
            "where = int(x.argmax()) if len(x) else 0",
            assumptions=("`x` has dtype float32, no NaN",),
        ),
    ),
    "the loop prints": (
        "printed output",
        function(
            """
            # x
            out = torch.zeros(len(x))
            for i in range(len(x)):
                print(i)
                out[i] = 1.0
            ---
            return out
            """,
            "out = torch.ones(len(x))",
        ),
    ),
    "the loop variable lives on": (
        "values",
        function(
            """
            # x, i
            for i in range(len(x)):
                x[i] = 0
            ---
            return i
            """,
            "x[:] = 0",
        ),
    ),
    "a result of another shape": (
        "shape",
        function(
            "# x\ny = torch.stack([row.sum() for row in x])\n---\nreturn y",
            "y = x.sum(1, keepdim=True)",
            "E1",
            inputs=(Input("x", "tensor", (None, None)),),
        ),
    ),
    "variance by squares": (
        "values",
        function(
            """
            # x
            mean = x.mean()
            total = torch.zeros(())
            for i in range(len(x)):
                total = total + (x[i] - mean) ** 2
            total = total / len(x)
            ---
            return total
            """,
            "mean = x.mean()\ntotal = (x**2).mean() - mean**2",
            "E1",
            assumptions=("`x` has dtype float32 and rank 1", "`x` is not empty"),
        ),
    ),
    "last bits under a promise of the same bits": (
        "same bits",
        function(
            """
            # x
            total = torch.zeros(())
            for i in range(len(x)):
                total = total + x[i] * 0.1
            ---
            return total
            """,
            "total = torch.zeros(()) + (x * 0.1).sum()",
            "E0",
        ),
    ),
    "a helper that does not work on all rows at once": (
        "in-place effects",
        function(
            """
            # x
            out = torch.zeros_like(x)
            +++
            for i in range(x.shape[0]):
                out[i] = torch.softmax(x[i], 0)
            ---
            return out
            """,
            "out[:] = torch.softmax(x, 0)",
            "E1",
            inputs=(Input("x", "tensor", (None, None)),),
        ),
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_rewrite_agrees(name: str, verify: Verify) -> None:
    verdict = verify(RIGHT[name])
    assert verdict.status == "agreed", shown(verdict)
    assert all(check["passed"] for check in verdict.checks.values())


@pytest.mark.parametrize("name", WRONG)
def test_wrong_rewrite_is_caught(name: str, verify: Verify) -> None:
    check, pair = WRONG[name]
    verdict = verify(pair)
    assert verdict.status == "differed", shown(verdict)
    failed = [name for name, check in verdict.checks.items() if not check["passed"]]
    assert check in failed, shown(verdict)
    assert verdict.reason
    assert verdict.counterexample


def test_the_counterexample_is_small(verify: Verify) -> None:
    verdict = verify(WRONG["another factor"][1])
    assert verdict.counterexample is not None
    assert len(verdict.counterexample.splitlines()) == 2
    assert verdict.counterexample.count(",") == 2, verdict.counterexample


def test_an_assumption_is_tested_and_said(verify: Verify) -> None:
    verdict = verify(RIGHT["unknown function"])
    assert verdict.checks["assumes: `func` works element by element"]["passed"]
    assert (
        "element by element" in verdict.checks["assumes: func works element by element"]["detail"]
    )


def test_a_zero_trip_number_is_a_remark(verify: Verify) -> None:
    assert "Python number" in verify(RIGHT["sum"]).checks["edge shapes"]["detail"]


def shown(verdict: Verdict) -> str:
    lines = [verdict.status, verdict.reason, verdict.counterexample or ""]
    return "\n".join([*lines, *(f"{k}: {v}" for k, v in verdict.checks.items())])
