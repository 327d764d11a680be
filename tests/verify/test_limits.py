"""Code that misbehaves ends as a clear verdict, and the next request works."""

from __future__ import annotations

import os
import sys
import time

import pytest

from loopless.verify import Limits, Progress, Verdict, Verifier
from tests.verify.pairs import Pair, function

GOOD = function("# x\nfor i in range(len(x)):\n    x[i] = x[i] * 2", "x *= 2", "E0",
                assumptions=("`x` has a floating dtype",))  # fmt: skip


def misbehaving(body: str, imports: str = "") -> Pair:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return function(
        f"# x\n{imports}\n+++\nfor i in range(len(x)):\n{lines}\n    x[i] = 0", "x[:] = 0"
    )


CASES: dict[str, tuple[Pair, str]] = {
    "os._exit": (misbehaving("__import__('os')._exit(3)"), "exit code 3"),
    "segmentation fault": (
        misbehaving("__import__('ctypes').string_at(0)"),
        "segmentation fault",
    ),
    "fork": (misbehaving("__import__('os').fork()"), "starts a process"),
    "subprocess": (misbehaving("__import__('subprocess').run(['true'])"), "starts a program"),
    "memory all at once": (misbehaving("hog = torch.zeros(1 << 40)"), "memory"),
    "memory bit by bit": (
        misbehaving("hog = [bytes(1 << 20)]\nwhile True:\n    hog.append(bytes(1 << 20))"),
        "memory",
    ),
    "reading standard input": (misbehaving("input()"), "EOF"),
    "writing a file": (misbehaving("open('/tmp/loopless-never', 'w')"), "writes a file"),
    "a connection": (
        misbehaving("__import__('socket').create_connection(('127.0.0.1', 9))"),
        "opens a connection",
    ),
    "sys.exit": (misbehaving("raise SystemExit(0)"), "SystemExit"),
}


@pytest.mark.parametrize("name", CASES)
def test_misbehavior_is_a_verdict(name: str, rough_verifier: Verifier) -> None:
    pair, words = CASES[name]
    verdict = rough_verifier.submit(*pair).result(40)
    assert verdict.status == "not-run"
    assert words in verdict.reason
    again = rough_verifier.submit(*GOOD).result(40)
    assert again.status == "agreed", again.reason
    assert not os.path.exists("/tmp/loopless-never")


def test_an_endless_loop_ends(rough_verifier: Verifier) -> None:
    endless = misbehaving("while True:\n    pass")
    begin = time.monotonic()
    verdict = rough_verifier.submit(*endless).result(40)
    assert verdict.status == "not-run"
    assert "too long" in verdict.reason
    assert time.monotonic() - begin < 10
    assert rough_verifier.submit(*GOOD).result(40).status == "agreed"


def test_a_flood_of_output_is_swallowed(rough_verifier: Verifier) -> None:
    loop = "for i in range(len(x)):\n    print('x' * 10000)\n    x[i] = 0"
    flood = function(f"# x\n{loop}", "for _ in x:\n    print('x' * 10000)\nx[:] = 0")
    assert rough_verifier.submit(*flood).result(40).status == "agreed"


def test_writing_to_the_descriptors_does_not_disturb_the_protocol(rough_verifier: Verifier) -> None:
    loop = "for i in range(len(x)):\n    __import__('os').write(1, b'{}\\n')\n    x[i] = 0"
    verdict = rough_verifier.submit(*function(f"# x\n{loop}", "x[:] = 0")).result(40)
    assert verdict.status == "agreed", verdict.reason


@pytest.fixture
def stubborn() -> Pair:
    """A loop that no exception ends."""
    return misbehaving(
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n"
        "        pass"
    )


def test_what_cannot_be_interrupted_is_killed(stubborn: Pair) -> None:
    with Verifier(sys.executable, "cpu", Limits(seconds=3, timing=False)) as verifier:
        verifier.warm_up()
        begin = time.monotonic()
        verdict = verifier.submit(*stubborn).result(30)
        assert verdict.status == "not-run"
        assert verdict.reason == "no end within 3 s"
        assert time.monotonic() - begin < 5


def test_cancel_ends_within_a_second(rough_verifier: Verifier, stubborn: Pair) -> None:
    from loopless.verify import Request, prepare

    request = prepare(*stubborn)
    assert isinstance(request, Request)
    rough_verifier.warm_up()
    phases: list[Progress] = []
    future = rough_verifier.submit_request(request, phases.append)
    while not any(p.phase == "samples" for p in phases):
        time.sleep(0.01)
    worker = rough_verifier._worker
    assert worker is not None
    begin = time.monotonic()
    assert rough_verifier.cancel(request.key)
    verdict: Verdict = future.result(1)
    assert verdict.reason == "canceled"
    assert not worker.alive()
    assert time.monotonic() - begin < 1
    assert rough_verifier.submit(*GOOD).result(40).status == "agreed"
