"""Verify by lens and by command: verdicts, progress, cancellation, and where a verdict goes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.lsp.client import RequestFailed
from tests.lsp.loops import HEADER, TEXT

URI = "file:///somewhere/model.py"

SETTINGS = {"loopless": {"verify": {"interpreter": sys.executable, "device": "cpu"}}}

# What the lens says once the worker has its task.
WORKING = tuple(f"Verifying: {phase}" for phase in ("samples", "equality", "timing"))

# A run that would take minutes.
SLOW = "# loopless: sample(x=torch.randn(5_000_000))"


def titles(client):
    return [lens["command"]["title"] for lens in client.lenses(URI)]


def arguments(client):
    return [URI, client.versions[URI], client.position(URI, HEADER)["line"]]


@pytest.fixture
def client(connect):
    client = connect(settings=SETTINGS)
    client.open(URI, TEXT)
    return client


def test_a_verdict_goes_from_the_loop_to_the_new_code_and_back(client):
    verdict = client.execute("loopless.verify", *arguments(client))
    assert verdict["status"] == "agreed", verdict["reason"]
    assert verdict["speedup"] > 0
    [title] = titles(client)
    assert title.startswith("✓ ")
    assert "Last run: ✓" in client.hover(URI, HEADER)
    action = client.actions(URI, HEADER, ["quickfix"])[0]
    fixed = client.applied_to(URI, client.resolve(action)["edit"])
    client.replace(URI, fixed)
    assert titles(client) == [title]
    client.replace(URI, fixed.replace("* 2", "* 3"))
    assert titles(client) == []
    client.replace(URI, TEXT.replace("* 2", "* 4"))
    assert titles(client) == ["Verify on CPU"]
    client.replace(URI, TEXT)
    assert titles(client) == [title]
    client.execute("loopless.clearVerdicts")
    assert titles(client) == ["Verify on CPU"]


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_verdict_outlives_its_server(connect, client, how):
    assert client.execute("loopless.verify", *arguments(client))["status"] == "agreed"
    [title] = titles(client)
    action = client.actions(URI, HEADER, ["quickfix"])[0]
    fixed = client.applied_to(URI, client.resolve(action)["edit"])
    if how == "killed":
        client.process.kill()
        client.process.wait()
        client.stop = lambda: 0
    else:
        assert client.stop() == 0
    again = connect(settings=SETTINGS)
    again.open(URI, TEXT)
    assert titles(again) == [title]
    assert f"Last run: {title}" in again.hover(URI, HEADER)
    again.replace(URI, fixed)
    assert titles(again) == [title]
    again.replace(URI, fixed.replace("* 2", "* 3"))
    assert titles(again) == []
    again.replace(URI, fixed)
    again.execute("loopless.clearVerdicts")
    assert titles(again) == []


def test_what_was_not_run_is_said_until_the_server_ends(connect):
    wrong = {"loopless": {"verify": {"interpreter": "/no/such/python"}}}
    first = connect(settings=wrong)
    first.open(URI, TEXT)
    first.execute("loopless.verify", *arguments(first))
    assert titles(first)[0].startswith("not run: ")
    second = connect(settings=wrong)
    second.open(URI, TEXT)
    assert titles(second)[0].startswith("Verify on ")


def test_progress_is_shown_and_ends(client):
    client.execute("loopless.verify", *arguments(client))
    values = [event["value"] for event in client.wait("$/progress", 3)]
    assert values[0]["kind"] == "begin"
    assert values[0]["cancellable"]
    assert values[-1]["kind"] == "end"
    client.wait("workspace/codeLens/refresh")


@pytest.mark.parametrize("how", ["request", "command", "progress"])
def test_a_run_can_be_stopped(client, how):
    client.replace(URI, TEXT.replace(f"    {HEADER}", f"    {SLOW}\n    {HEADER}"))
    params = {"command": "loopless.verify", "arguments": arguments(client)}
    number = client.send("workspace/executeCommand", params)
    token = client.wait("$/progress")[0]["token"]
    until(lambda: titles(client)[0].startswith("Verifying: "))
    started = time.monotonic()
    match how:
        case "request":
            client.notify("$/cancelRequest", {"id": number})
            with pytest.raises(RequestFailed) as cancelled:
                client.answer(number)
            assert cancelled.value.code == -32800
        case "command":
            assert client.execute("loopless.cancelVerify", URI) == 1
            assert client.answer(number)["status"] == "not-run"
        case "progress":
            client.notify("window/workDoneProgress/cancel", {"token": token})
            assert client.answer(number)["status"] == "not-run"
    assert time.monotonic() - started < 5
    assert not titles(client)[0].startswith("Verifying: ")


def test_the_server_answers_while_a_run_goes_on(client):
    client.replace(URI, TEXT.replace(f"    {HEADER}", f"    {SLOW}\n    {HEADER}"))
    params = {"command": "loopless.verify", "arguments": arguments(client)}
    number = client.send("workspace/executeCommand", params)
    client.wait("$/progress")
    assert len(client.diagnostics(URI)) == 1
    assert client.hover(URI, HEADER)
    client.execute("loopless.cancelVerify")
    client.answer(number)


@pytest.mark.skipif(not Path("/proc").exists(), reason="reads the processes of Linux")
@pytest.mark.parametrize("how", ["terminate", "close"])
def test_no_worker_is_left_behind(connect, how):
    client = connect(settings=SETTINGS)
    client.open(URI, TEXT.replace(f"    {HEADER}", f"    {SLOW}\n    {HEADER}"))
    params = {"command": "loopless.verify", "arguments": arguments(client)}
    client.send("workspace/executeCommand", params)
    until(lambda: titles(client)[0].startswith(WORKING))
    [worker] = children(client.process.pid)
    if how == "terminate":
        client.process.terminate()
    else:
        client.process.stdin.close()
    client.process.wait(10)
    client.stop = lambda: 0
    until(lambda: not Path(f"/proc/{worker}").exists())


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(path.parent.name))
    return found


def test_code_of_a_workspace_that_is_not_trusted_is_not_run(connect):
    client = connect(settings={"loopless": {"trusted": False}})
    client.open(URI, TEXT)
    verdict = client.execute("loopless.verify", *arguments(client))
    assert verdict["status"] == "not-run"
    assert "not trusted" in verdict["reason"]


def test_an_interpreter_that_is_not_there_is_said(connect):
    settings = {"verify": {"interpreter": "/no/such/python"}}
    client = connect(settings={"loopless": settings})
    client.open(URI, TEXT)
    verdict = client.execute("loopless.verify", *arguments(client))
    assert verdict["status"] == "not-run"
    assert "/no/such/python" in verdict["reason"]
    assert titles(client)[0].startswith("not run: ")


def test_a_sample_is_inserted_above_the_loop(client):
    actions = client.actions(URI, HEADER)
    [sample] = [action for action in actions if action.get("data", {}).get("role") == "sample"]
    text = client.applied_to(URI, client.resolve(sample)["edit"])
    before, _, after = text.partition("    # loopless: sample(x=")
    assert before.endswith("out = torch.zeros_like(x)\n")
    assert after.split("\n")[1] == f"    {HEADER}"


def test_verify_is_among_the_actions(client):
    actions = client.actions(URI, HEADER, ["quickfix"])
    [action] = [action for action in actions if action["data"]["role"] == "verify"]
    assert action["command"]["command"] == "loopless.verify"
    assert action["command"]["arguments"] == arguments(client)
