"""One warm worker for all tests of a process; those that break workers have one of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from loopless.verify import Limits, Verdict, Verifier
from tests.verify.pairs import Pair

Verify = Callable[[Pair], Verdict]


@pytest.fixture(scope="session")
def quick_verifier() -> Iterator[Verifier]:
    limits = Limits(timing=False, seconds=60, strict=True)
    with Verifier(sys.executable, "cpu", limits) as verifier:
        yield verifier


@pytest.fixture(scope="session")
def verify(quick_verifier: Verifier) -> Verify:
    """The verdict on a pair, without timing."""
    return lambda pair: quick_verifier.submit(*pair).result(60)


@pytest.fixture(scope="session")
def rough_verifier() -> Iterator[Verifier]:
    """A verifier with tight limits, for code that misbehaves."""
    limits = Limits(timing=False, seconds=20, memory=1 << 30)
    with Verifier(sys.executable, "cpu", limits) as verifier:
        yield verifier


@pytest.fixture(scope="session")
def timing_verifier() -> Iterator[Verifier]:
    """A verifier as users have it, figures and all."""
    with Verifier(sys.executable, "cpu", Limits()) as verifier:
        verifier.warm_up()
        yield verifier
