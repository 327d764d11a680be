"""Texts that change while they are looked at: positions, versions, cancellation, and any text at all."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from loopless.finding import Span
from tests.lsp.client import Client, RequestFailed, capabilities
from tests.lsp.loops import FUNCTION, HEADER, TEXT, loops

URI = "file:///somewhere/model.py"

ENCODINGS = pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])


def speaking(encoding):
    announced = capabilities("vscode")
    announced["general"]["positionEncodings"] = [encoding]
    return announced


@ENCODINGS
def test_columns_are_in_the_units_that_were_agreed_on(connect, encoding):
    client = connect(speaking(encoding))
    assert client.encoding == encoding
    client.open(URI, TEXT.replace(FUNCTION, f"if '𝄞é': {HEADER} pass\n\n{FUNCTION}"))
    before = HEADER + " # 𝄞é"
    client.replace(URI, TEXT.replace("def double(x):", f"def double(x):  # 𝄞é {before}"))
    [found] = client.diagnostics(URI)
    at = client.texts[URI].text.rindex(HEADER)
    assert found["range"] == client.range(URI, Span(at, at + len(HEADER)))


@ENCODINGS
def test_an_edit_beside_wide_characters_lands_where_it_was_meant(connect, encoding):
    client = connect(speaking(encoding))
    text = TEXT.replace("    return out", "    '𝄞é𝄞'; return out")
    client.open(URI, text)
    at = text.index("return out")
    client.change(URI, (Span(at, at + 6), "assert"), (Span(at, at), "'𝄞'; "))
    action = client.actions(URI, HEADER, ["quickfix"])[0]
    fixed = client.applied_to(URI, client.resolve(action)["edit"])
    assert "    '𝄞é𝄞'; '𝄞'; assert out" in fixed
    assert loops(fixed) == 0


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_line_breaks_are_kept(connect, line_break):
    client = connect()
    client.open(URI, TEXT.replace("\n", line_break))
    assert len(client.diagnostics(URI)) == 1
    action = client.actions(URI, HEADER, ["quickfix"])[0]
    fixed = client.applied_to(URI, client.resolve(action)["edit"])
    assert fixed.count(line_break) >= 5
    assert "\n" not in fixed.replace(line_break, "")


def test_an_error_elsewhere_does_not_hide_the_finding(connect):
    client = connect()
    client.open(URI, TEXT + "\n\ndef broken(:\n    x = (\n")
    assert [item["code"] for item in client.diagnostics(URI)] == ["elementwise"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\ufeff" + TEXT,
        "\x00\x01\x02 for for for",
        "{\n" * 500,
        "(" * 5000,
        "x = '''\n" * 99,
        "# loopless: ignore[",
        "for\n",
        "\ud800",
        "\f\x0b\u2028\u2029 import torch",
        "<html>for i in range(len(x)): out[i]</html>",
    ],
)
def test_any_text_is_answered(connect, text):
    client = connect()
    client.open(URI, text)
    client.diagnostics(URI)
    everything = client.range(URI, Span(0, len(text)))
    context = {"diagnostics": [], "only": ["quickfix"]}
    params = {"textDocument": {"uri": URI}, "range": everything, "context": context}
    client.request("textDocument/codeAction", params)
    client.lenses(URI)
    client.replace(URI, TEXT)
    assert len(client.diagnostics(URI)) == 1


def test_a_long_file_is_looked_at(connect):
    client = connect()
    lines = [f"value_{number} = {number}\n" for number in range(30_000)]
    client.open(URI, "".join([*lines[:15_000], TEXT, *lines[15_000:]]))
    assert len(client.diagnostics(URI)) == 1
    client.change(URI, (Span(0, 0), "\n"))
    [found] = client.diagnostics(URI)
    assert found["range"]["start"] == client.position(URI, HEADER)


def test_a_document_that_is_not_python_is_left_alone(connect):
    client = connect("minimal")
    client.open("file:///somewhere/notes.md", TEXT, language="markdown")
    client.open(URI, TEXT)
    client.diagnostics(URI)
    assert list(client.published) == [URI]


def test_a_document_without_a_place_on_disk_is_looked_at(connect):
    client = connect()
    client.open("untitled:Untitled-1", TEXT)
    assert len(client.diagnostics("untitled:Untitled-1")) == 1


def test_requests_about_what_is_not_open_are_answered(connect):
    client = connect()
    assert client.diagnostics(URI) == []
    assert client.lenses(URI) == []
    client.open(URI, TEXT)
    client.close(URI)
    assert client.diagnostics(URI) == []


def test_a_cancelled_request_is_answered_as_such_and_the_next_one_as_ever(connect):
    client = connect()
    client.open(URI, TEXT * 50)
    sent = [client.send("textDocument/codeLens", {"textDocument": {"uri": URI}}) for _ in range(5)]
    for number in sent[:-1]:
        client.notify("$/cancelRequest", {"id": number})
    for number in sent[:-1]:
        with suppress(RequestFailed):  # the answer may have been under way
            client.answer(number)
    assert len(client.answer(sent[-1])) == 50


def test_messages_that_make_no_sense_do_no_harm(connect):
    client = connect()
    client.notify("textDocument/didChange", {"textDocument": {"uri": URI, "version": 3}})
    client.notify("textDocument/didOpen", {"nonsense": 1})
    client.notify("no/such/notification", {})
    for method, params in (("textDocument/hover", {"position": 3}), ("no/such/request", {})):
        with pytest.raises(RequestFailed):
            client.request(method, params)
    client.open(URI, TEXT)
    assert len(client.diagnostics(URI)) == 1


def test_the_server_stops_when_its_input_ends(connect):
    client = connect("minimal")
    client.process.stdin.close()
    assert client.process.wait(20) == 1
    client.stop = lambda: 0


EDITS = 5_000


@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_edits_the_server_is_where_a_fresh_one_would_be(connect, seed):
    rng = random.Random(seed)
    client = connect(speaking(rng.choice(["utf-8", "utf-16"])))
    client.open(URI, TEXT)
    waiting: list[int] = []
    for _ in range(EDITS):
        edit(client, rng)
        waiting += asked(client, rng)
        if rng.random() < 0.1:
            client.diagnostics(URI)  # so that not only the last text is ever looked at
        if rng.random() < 0.05:
            client.close(URI)
            client.open(URI, TEXT)
    for number in waiting:
        code = error_code(client, number)
        assert code in (None, -32800, -32801)
    fresh = connect(client.capabilities)
    fresh.open(URI, client.texts[URI].text)
    assert client.diagnostics(URI) == fresh.diagnostics(URI)
    assert [lens["range"] for lens in client.lenses(URI)] == [l["range"] for l in fresh.lenses(URI)]


def error_code(client: Client, number: int) -> int | None:
    try:
        client.answer(number)
    except RequestFailed as failed:
        return failed.code
    return None


def edit(client: Client, rng: random.Random) -> None:
    """One change, with one or more parts, of the kind that typing, pasting and deleting make."""
    changes = []
    length = len(client.texts[URI].text)
    for _ in range(rng.choice((1, 1, 1, 2))):
        start = rng.randint(0, length)
        end = min(length, start + rng.choice((0, 0, 0, 1, 3, 40)))
        new = rng.choice(("", "x", "𝄞", "é", "\n", "\r\n", "    ", "'''", "(", FUNCTION, HEADER))
        changes.append((Span(start, end), new))
        length += len(new) - (end - start)
    client.change(URI, *changes)


def asked(client: Client, rng: random.Random) -> list[int]:
    """A request or none, perhaps taken back at once."""
    document = {"textDocument": {"uri": URI}}
    position = {"line": rng.randint(0, 30), "character": rng.randint(0, 30)}
    everywhere = {"start": {"line": 0, "character": 0}, "end": position}
    method, params = rng.choice(
        (
            ("textDocument/diagnostic", document),
            ("textDocument/codeLens", document),
            ("textDocument/hover", {**document, "position": position}),
            (
                "textDocument/codeAction",
                {**document, "range": everywhere, "context": {"diagnostics": []}},
            ),
        )
    )
    if rng.random() < 0.5:
        return []
    number = client.send(method, params)
    if rng.random() < 0.2:
        client.notify("$/cancelRequest", {"id": number})
    return [number]
