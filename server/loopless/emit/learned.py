"""What stores show of the ranks of what is stored: learned by lifting once."""

from __future__ import annotations

from contextlib import suppress

from loopless.ir import tree
from loopless.ir.poly import Dim, poly
from loopless.lift.context import Frame, Lifting
from loopless.lift.execute import Executor
from loopless.lift.stop import StopLifting


def first_pass(loop: tree.For, lifting: Lifting) -> Lifting | None:
    """Stores show the ranks of what is stored: lift once to learn them, then for good."""
    trial = Lifting(
        lifting.scope.copy(), loop_names=lifting.loop_names, live=lifting.live, augmented=lifting.augmented,
        changed=lifting.changed, rows=lifting.rows, clean=lifting.clean, trial=True,
    )  # fmt: skip
    with suppress(StopLifting):
        Executor(trial).loop(loop, Frame({}, []))
    scope = lifting.scope
    opened = trial.scope.least_rank != scope.least_rank
    scope.least_rank, scope.alike = trial.scope.least_rank, trial.scope.alike
    if not trial.learned and not opened:
        return None
    for root, rank in trial.learned.items():
        fact = scope.names.get(root, scope.fact(root))
        if fact.is_tensor and scope.shown(root) is None and fact.like is None:
            dims = tuple(poly(Dim(root, k)) for k in range(rank))
            scope.names[root] = fact.but(dims=dims, dtype=fact.dtype or f"of:{root}")
    return lifting
