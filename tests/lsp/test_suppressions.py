"""Comments that silence findings, put there by an action and reported when in vain."""

from __future__ import annotations

import pytest

from tests.lsp.loops import HEADER, TEXT

URI = "file:///somewhere/model.py"


def action_of(client, role, at=HEADER):
    actions = client.actions(URI, at, ["quickfix"])
    return next(action for action in actions if action["data"]["role"] == role)


def test_the_action_silences_the_finding(connect):
    client = connect()
    client.open(URI, TEXT)
    edit = client.resolve(action_of(client, "suppress"))["edit"]
    silenced = client.applied_to(URI, edit)
    assert f"{HEADER}  # loopless: ignore[elementwise]\n" in silenced
    client.replace(URI, silenced)
    assert client.diagnostics(URI) == []
    assert client.lenses(URI) == []


def test_a_comment_that_is_there_takes_one_more_name(connect):
    client = connect()
    client.open(URI, TEXT.replace(HEADER, f"{HEADER}  # loopless: ignore[pairwise]"))
    edit = client.resolve(action_of(client, "suppress"))["edit"]
    assert "# loopless: ignore[pairwise, elementwise]\n" in client.applied_to(URI, edit)


def test_one_comment_silences_a_whole_file(connect):
    client = connect()
    client.open(URI, "# loopless: ignore-file[elementwise]\n" + TEXT)
    assert client.diagnostics(URI) == []


def test_a_comment_in_vain_is_reported_and_removed(connect):
    client = connect()
    client.open(URI, TEXT.replace("return out", "return out  # loopless: ignore[elementwise]"))
    unused = [item for item in client.diagnostics(URI) if item["code"] == "unused-suppression"]
    assert [item["severity"] for item in unused] == [4]
    edit = client.resolve(action_of(client, "suppress", "return out"))["edit"]
    assert client.applied_to(URI, edit) == TEXT


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# loopless: ignore", "say which pattern"),
        ("# loopless: ingore[elementwise]", "did you mean `ignore`?"),
    ],
)
def test_a_comment_that_cannot_work_says_so(connect, comment, message):
    client = connect()
    client.open(URI, TEXT.replace(HEADER, f"{HEADER}  {comment}"))
    codes = {item["code"]: item["message"] for item in client.diagnostics(URI)}
    assert set(codes) == {"elementwise", "invalid-suppression"}
    assert message in codes["invalid-suppression"]


def test_a_string_is_no_comment(connect):
    client = connect()
    client.open(URI, TEXT + 's = "# loopless: ignore[elementwise]"\n')
    assert [item["code"] for item in client.diagnostics(URI)] == ["elementwise"]
