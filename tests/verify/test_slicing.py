"""The region as a function: what goes in, what comes along, what cannot be cut out."""

from __future__ import annotations

from textwrap import indent

import pytest

from loopless.pipeline import analyze
from loopless.verify.request import Request, prepare
from loopless.verify.slicing import NotSliced, Slice, slice_region
from tests.verify.conftest import Verify
from tests.verify.pairs import Pair, function, pair

METHOD = pair(
    """
    import torch
    from torch import nn

    EPS = 1e-8


    class Scaler(nn.Module):
        GAIN = 3

        def __init__(self, scale):
            super().__init__()
            open("never", "w")
            self.scale = scale

        def gain(self, v):
            return v * self.GAIN + EPS

        @torch.no_grad()
        def forward(self, x):
            batch, width = x.shape
            print("not part of it")
            out = torch.zeros(batch)
            for i in range(batch):
                out[i] = self.gain(x[i, 0]) * self.scale
            return out
    """,
    """
    for i in range(batch):
        out[i] = self.gain(x[i, 0]) * self.scale
    """,
    "out[:] = self.gain(x[:, 0]) * self.scale",
    assumptions=("`x` has dtype float32",),
)


def sliced(pair: Pair) -> Slice:
    piece = slice_region(pair.text, pair.finding, pair.action)
    assert isinstance(piece, Slice), piece
    return piece


def reason(pair: Pair) -> str:
    piece = slice_region(pair.text, pair.finding, pair.action)
    assert isinstance(piece, NotSliced), piece
    return piece.reason


def test_a_method_brings_its_class_without_the_constructor(verify: Verify) -> None:
    piece = sliced(METHOD)
    assert "def gain" in piece.program
    assert "__init__" not in piece.program
    assert "print" not in piece.program
    assert "EPS = 1e-08" in piece.program
    assert piece.roots == ("self", "x")
    assert piece.grad_off
    verdict = verify(METHOD)
    assert verdict.status == "agreed", verdict.reason
    assert set(verdict.samples) == {"batch", "out", "self.scale", "x"}


def test_the_middle_of_a_function() -> None:
    piece = sliced(
        function(
            """
            # x, w, n
            y = x * 2
            scale = w.sum()
            unused = torch.load("weights")
            out = torch.zeros(n)
            +++
            for i in range(n):
                out[i] = y[i] * scale
            ---
            return out
            """,
            "out[:] = y[:n] * scale",
        )
    )
    assert piece.roots == ("n", "w", "x")
    assert piece.live == ("n", "out", "scale", "y")
    assert "torch.load" not in piece.program
    assert piece.outputs == ()


def test_what_effects_made_is_an_input() -> None:
    piece = sliced(
        function(
            """
            # path
            x = torch.load(path)
            out = torch.zeros_like(x)
            +++
            for i in range(len(x)):
                out[i] = x[i]
            """,
            "out[:] = x",
        )
    )
    assert piece.roots == ("x",)


def test_a_nested_function_and_its_surroundings(verify: Verify) -> None:
    inside = pair(
        """
        import torch

        def outer(x, gain):
            bias = gain * 2

            def inner(y):
                out = torch.zeros_like(y)
                for i in range(len(y)):
                    out[i] = y[i] * gain + bias
                return out

            return inner(x)
        """,
        """
        for i in range(len(y)):
            out[i] = y[i] * gain + bias
        """,
        "out[:] = y * gain + bias",
        "E1",
    )
    assert sliced(inside).roots == ("gain", "y")
    assert verify(inside).status == "agreed"


def test_module_level_takes_the_sizes_of_the_file(verify: Verify) -> None:
    top = pair(
        """
        import torch

        n = 1000
        x = torch.rand(n, 3)
        threshold = 0.5
        kept = []
        for row in x:
            if row[0] > threshold:
                kept.append(row * 2)
        kept = torch.stack(kept)
        """,
        """
        kept = []
        for row in x:
            if row[0] > threshold:
                kept.append(row * 2)
        kept = torch.stack(kept)
        """,
        "kept = x[x[:, 0] > threshold] * 2",
    )
    piece = sliced(top)
    assert piece.outputs == ("kept",)
    verdict = verify(top)
    assert verdict.status == "agreed", verdict.reason
    assert verdict.samples["x"]["from"] == "constructor in the file"


def test_helpers_and_their_helpers_come_along(verify: Verify) -> None:
    helped = pair(
        """
        import torch
        import unheard_of_library
        from somewhere_else import unused

        HALF = 0.5

        def half(v):
            return v * HALF

        def curve(v):
            return torch.sigmoid(half(v))

        def f(x):
            out = torch.zeros_like(x)
            for i in range(len(x)):
                out[i] = curve(x[i])
            return out
        """,
        """
        for i in range(len(x)):
            out[i] = curve(x[i])
        """,
        "out[:] = curve(x)",
        "E1",
    )
    assert "unheard_of_library" not in sliced(helped).program
    assert verify(helped).status == "agreed"


def test_guards_before_the_region_hold_for_the_samples(verify: Verify) -> None:
    guarded = function(
        """
        # x, y
        assert x.shape == y.shape
        if x.dim() != 1:
            raise ValueError(x.shape)
        out = torch.zeros_like(x)
        +++
        for i in range(len(x)):
            out[i] = x[i] * y[i]
        ---
        return out
        """,
        "out[:] = x * y",
        assumptions=("`x` and `y` have the same dtype",),
    )
    verdict = verify(guarded)
    assert verdict.status == "agreed", verdict.reason


def test_return_in_the_region(verify: Verify) -> None:
    returned = function("# x\nreturn [row.sum() for row in x]", "return list(x.sum(1))", "E1")
    piece = sliced(returned)
    assert "return ('return'," in piece.program
    assert verify(returned).status == "differed"  # the new code needs two axes, rows may have none


def test_break_of_a_loop_around_the_region(verify: Verify) -> None:
    broken = function(
        """
        # x
        for _ in range(3):
            total = torch.zeros(())
            +++
            for i in range(len(x)):
                total = total + x[i]
            if total > 0:
                break
        ---
        return total
        """.replace("            +++\n", ""),
        "pass",
    )
    assert broken.text


def test_what_cannot_be_cut_out_says_why() -> None:
    assert "yields" in reason(function("# x\nfor row in x:\n    yield row * 2", "yield from x * 2"))
    assert "event loop" in reason(
        pair(
            "async def f(xs):\n    async for x in xs:\n        print(x)\n",
            "async for x in xs:\n    print(x)",
            "pass",
        )
    )
    assert "super()" in reason(
        function("# self, x\nfor i in range(len(x)):\n    super().f(x[i])", "super().f(x)")
    )


def test_a_helper_of_the_project_is_named(verify: Verify) -> None:
    outside = pair(
        """
        import torch
        from project_that_is_not_installed import curve

        def f(x):
            out = torch.zeros_like(x)
            for i in range(len(x)):
                out[i] = curve(x[i])
            return out
        """,
        """
        for i in range(len(x)):
            out[i] = curve(x[i])
        """,
        "out[:] = curve(x)",
    )
    verdict = verify(outside)
    assert verdict.status == "not-run"
    assert "project_that_is_not_installed" in verdict.reason


def test_a_relative_import_is_an_unknown_function(verify: Verify) -> None:
    outside = pair(
        """
        import torch
        from .layers import curve

        def f(x):
            out = torch.zeros_like(x)
            for i in range(len(x)):
                out[i] = curve(x[i])
            return out
        """,
        """
        for i in range(len(x)):
            out[i] = curve(x[i])
        """,
        "out[:] = curve(x)",
        "E1",
        assumptions=("`curve` works element by element",),
    )
    verdict = verify(outside)
    assert verdict.status == "agreed", verdict.reason
    assert verdict.checks["assumes: curve works element by element"]["passed"]


def test_equal_texts_have_equal_keys_wherever_they_stand() -> None:
    body = "# x\nfor i in range(len(x)):\n    x[i] = 0"
    one, other = prepare(*function(body, "x[:] = 0")), prepare(*function(body, "x[:]  =  0"))
    assert isinstance(one, Request)
    assert isinstance(other, Request)
    assert one.key == other.key
    assert one.new_hash == other.new_hash


def test_text_outside_ascii_and_decorated_neighbors() -> None:
    odd = pair(
        """
        import torch

        größe = "äöü"; ß = 2

        @torch.no_grad()
        def f(x):
            "Größe"
            for i in range(len(x)):
                x[i] = x[i] * ß  # ü
            return x
        """,
        "for i in range(len(x)):\n    x[i] = x[i] * ß",
        "x *= ß",
    )
    assert "x *= ß" in sliced(odd).program
    assert "ß = 2" in sliced(odd).program


def test_a_loop_around_the_region_gives_one_of_its_rounds(verify: Verify) -> None:
    around = pair(
        """
        import torch

        def f(x, n):
            assert x.dim() == 1 and x.dtype == torch.float32
            out = torch.zeros(n, len(x))
            for t in range(1, n):
                for i in range(len(x)):
                    out[t, i] = out[t - 1, i] + x[i]
            return out
        """,
        "for i in range(len(x)):\n    out[t, i] = out[t - 1, i] + x[i]",
        "out[t] = out[t - 1] + x",
    )
    piece = sliced(around)
    assert piece.roots == ("n", "x")
    assert "t = __pick__(range(1, n))" in piece.program
    verdict = verify(around)
    assert verdict.status == "agreed", verdict.reason


_BRANCHES = """
losses = torch.zeros_like(residuals)
for i in range(residuals.shape[0]):
    r = residuals[i]
    if r > 1:
        loss = r - 0.5
    elif r < -1:
        loss = -r - 0.5
    else:
        loss = 0.5 * r * r
    losses[i] = loss
"""


@pytest.mark.parametrize(
    "text",
    [
        f"import torch\n\nresiduals = torch.randn(40)\n{_BRANCHES}\nprint(losses)\n",
        f"import torch\n\n\ndef f(residuals):\n{indent(_BRANCHES, '    ')}\n    return losses\n",
    ],
    ids=["module", "function"],
)
def test_a_temporary_that_nobody_reads_is_no_result(text: str) -> None:
    """The rewrite may use the name again, for another part of the work."""
    (finding,) = analyze(text).findings
    piece = slice_region(text, finding, finding.actions[0])
    assert isinstance(piece, Slice)
    assert not {"loss", "r", "i"} & set(piece.outputs)


def test_room_for_as_many_results_as_there_are_data(verify: Verify) -> None:
    """Made at module level for data that only samples can give, it is as long as those are."""
    top = pair(
        """
        import torch

        n = torch.load("data.pt")
        data = torch.load("more.pt")
        count = data.shape[0]
        out = torch.zeros(count)
        for i in range(count):
            out[i] = data[i] * 3
        print(out)
        """,
        """
        for i in range(count):
            out[i] = data[i] * 3
        """,
        "out[:] = data * 3",
        assumptions=("`data` has rank 1",),
    )
    assert sliced(top).roots == ("data",)
    assert verify(top).status == "agreed"


def test_sizes_that_the_new_code_says_as_the_file_does(verify: Verify) -> None:
    """At module level it may rely on them: other sizes are tried, and what comes of them is said."""
    for new, status in (("out = x[:7] * 2", "agreed"), ("out = x[:7] * 3", "differed")):
        top = pair(
            """
            import torch

            x = torch.rand(7, 5)
            out = torch.zeros(len(x), x.shape[1])
            for i in range(len(x)):
                out[i] = x[i] * 2
            print(out)
            """,
            """
            out = torch.zeros(len(x), x.shape[1])
            for i in range(len(x)):
                out[i] = x[i] * 2
            """,
            new,
        )
        verdict = verify(top)
        assert verdict.status == status, verdict.reason
        assert ("not for other sizes than those of the file" in verdict.reservations) is (
            status == "agreed"
        )


def test_a_comparison_of_a_constructor_is_data_of_the_file(verify: Verify) -> None:
    """A mask changes its sizes with the tensor that it belongs to."""
    top = pair(
        """
        import torch

        x = torch.randn(5, 4)
        mask = torch.rand(5) > 0.5
        kept = []
        for row, flag in zip(x, mask):
            if flag:
                kept.append(row)
        kept = torch.stack(kept)
        print(kept)
        """,
        """
        kept = []
        for row, flag in zip(x, mask):
            if flag:
                kept.append(row)
        kept = torch.stack(kept)
        """,
        "kept = x[mask]",
    )
    assert sliced(top).roots == ("mask", "x")
    verdict = verify(top)
    assert verdict.status == "agreed", verdict.reason
    assert not verdict.reservations


def test_what_stays_as_it_stood_is_no_result() -> None:
    """Nobody reads the names of a script's last loop: what the new code gives is compared."""
    top = pair(
        """
        import torch

        x = torch.randn(5)
        total = 0
        sums = []
        for v in x:
            total = total + v
            sums.append(total)
        sums = torch.stack(sums)
        """,
        """
        total = 0
        sums = []
        for v in x:
            total = total + v
            sums.append(total)
        sums = torch.stack(sums)
        """,
        "total = 0\nsums = x.cumsum(0)",
        "E1",
    )
    assert sliced(top).outputs == ("sums",)


def test_lists_that_nobody_reads_are_no_effect(verify: Verify) -> None:
    """Two lists of one statement, which the new code leaves empty."""
    lists = function(
        """
        # x
        rows, sums = [], []
        +++
        for row in x:
            rows.append(row * 2)
            sums.append(row + 1)
        return torch.stack(rows) + torch.stack(sums)
        """,
        "return x * 2 + (x + 1)",
        assumptions=("`x` is not empty",),
    )
    assert sliced(lists).unread == ("rows", "sums")
    assert verify(lists).status == "agreed", verify(lists).reason


def test_a_function_of_the_file_by_a_name_of_python(verify: Verify) -> None:
    """`sum` is what the file says it is."""
    shadowed = pair(
        """
        import torch

        def sum(v):
            return v[0]

        def f(x):
            out = torch.zeros(x.shape[0])
            for i in range(x.shape[0]):
                out[i] = sum(x[i])
            return out
        """,
        """
        for i in range(x.shape[0]):
            out[i] = sum(x[i])
        """,
        "out[:] = x[:, 0]",
        assumptions=("`x` has 2 axes and a floating dtype",),
    )
    assert verify(shadowed).status == "agreed", verify(shadowed).reason
