"""Code that misbehaves ends as a clear verdict, and the next request works."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

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
    "an exception that nobody catches": (misbehaving("raise GeneratorExit"), "GeneratorExit"),
    "abort": (misbehaving("__import__('os').abort()"), "abort"),
    "closing every descriptor": (misbehaving("__import__('os').closerange(0, 99)"), "exit code"),
    "recursion without end": (misbehaving("def r(n):\n    return r(n + 1)\nr(0)"), "Recursion"),
    "a debugger": (misbehaving("breakpoint()"), "BdbQuit"),
    "a process by multiprocessing": (
        misbehaving("__import__('multiprocessing').Process(target=print).start()"),
        "starts a process",
    ),
    "torch itself": (misbehaving("__import__('sys').modules.pop('torch')\nimport torch"), "torch"),
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


# What a slice may change in the process and is no failure by itself.
LEFT_BEHIND = {
    "a function of torch": "torch.relu = torch.sigmoid",
    "the number of threads": "torch.set_num_threads(1 + torch.get_num_threads())",
    "the working directory": "__import__('os').chdir('/')",
    "a thread": "import threading, time\n"
    "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
}


@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_what_a_slice_leaves_behind_meets_no_other_request(
    name: str, rough_verifier: Verifier
) -> None:
    assert rough_verifier.submit(*GOOD).result(40).status == "agreed"
    before = rough_verifier._worker
    assert rough_verifier.submit(*GOOD).result(40).status == "agreed"
    assert rough_verifier._worker is before
    rough_verifier.submit(*misbehaving(LEFT_BEHIND[name])).result(40)
    assert rough_verifier.submit(*GOOD).result(40).status == "agreed"
    assert rough_verifier._worker is not before


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
    assert worker._process.poll() is not None
    assert time.monotonic() - begin < 1
    assert rough_verifier.submit(*GOOD).result(40).status == "agreed"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_process_that_got_away_is_killed_too() -> None:
    """By way of C nobody is asked; the children are in the worker's group all the same."""
    body = (
        "import ctypes, time\nif not hasattr(torch, 'forked'):\n    torch.forked = True\n"
        "    ctypes.CDLL(None).fork()\nwhile True:\n    try:\n        time.sleep(1)\n"
        "    except BaseException:\n        pass"
    )
    with Verifier(sys.executable, "cpu", Limits(seconds=2, timing=False)) as verifier:
        verifier.warm_up()
        worker = verifier._worker
        assert worker is not None
        assert verifier.submit(*misbehaving(body)).result(30).status == "not-run"
        assert _running_in(worker.pid) == []
        assert verifier.submit(*GOOD).result(40).status == "agreed"


def _running_in(group: int) -> list[str]:
    """The processes of a group that nobody has ended."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, of = entry.read_text().rpartition(")")[2].split()[:3]
            if int(of) == group and state not in "ZX":
                found.append(entry.parent.name)
    return found
