"""From the open file to the fixed one, as VS Code and Neovim go about it."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import pytest

from tests.lsp.client import RequestFailed, capabilities
from tests.lsp.loops import FUNCTION, HEADER, RECURRENCE, TEXT, loops

URI = "file:///somewhere/model.py"

LINK = re.compile(r"\[([^]]+)\]\(command:([^?]+)\?([^)]*)\)")
EDITORS = pytest.mark.parametrize("editor", ["vscode", "neovim"])


@EDITORS
def test_a_finding_is_reported_on_the_header(connect, editor):
    client = connect(editor)
    client.open(URI, TEXT)
    [found] = client.diagnostics(URI)
    assert found["range"]["start"] == client.position(URI, HEADER)
    assert found["range"]["end"]["line"] == found["range"]["start"]["line"]
    assert (found["source"], found["code"], found["severity"]) == ("loopless", "elementwise", 3)
    assert "\n" not in found["message"]


def test_a_client_that_announces_nothing_is_sent_diagnostics_and_no_more(connect):
    client = connect("minimal")
    client.open(URI, TEXT)
    [found] = client.diagnostics(URI)
    assert found["code"] == "elementwise"
    assert "relatedInformation" not in found
    assert "version" not in client.published[URI][-1]
    actions = client.actions(URI, HEADER)
    assert all(isinstance(action["command"], str) for action in actions)
    assert {event["method"] for event in client.events} == {"textDocument/publishDiagnostics"}
    client.close(URI)
    client.wait("textDocument/publishDiagnostics", 2)
    assert client.published[URI][-1]["diagnostics"] == []


def test_versions_are_sent_where_they_are_understood(connect):
    client = connect({"textDocument": {"publishDiagnostics": {"versionSupport": True}}})
    client.open(URI, TEXT)
    assert client.diagnostics(URI)
    client.replace(URI, "x = 1\n")
    assert client.diagnostics(URI) == []


@EDITORS
@pytest.mark.parametrize("at", [HEADER, "out[i] ="])
def test_the_rewrite_is_offered_anywhere_in_the_loop_and_applies(connect, editor, at):
    client = connect(editor)
    client.open(URI, TEXT)
    rewrites = [a for a in client.actions(URI, at, ["quickfix"]) if a["data"]["role"] == "rewrite"]
    [preferred] = [action for action in rewrites if action.get("isPreferred")]
    assert preferred["data"]["pattern"] == "elementwise"
    assert preferred["data"]["applicability"] == "safe"
    assert preferred["data"]["grade"] in ("E0", "E1", "E2")
    assert preferred["data"]["assumptions"] == []
    assert "edit" not in preferred
    edit = client.resolve(preferred)["edit"]
    assert ("documentChanges" in edit) == (editor == "vscode")
    assert loops(client.applied_to(URI, edit)) == 0


def test_a_client_that_does_not_resolve_gets_the_edit_at_once(connect):
    literals = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}}
    client = connect({"textDocument": {"codeAction": literals}})
    client.open(URI, TEXT)
    action = client.actions(URI, HEADER, ["quickfix"])[0]
    assert "data" not in action
    assert "isPreferred" not in action
    assert loops(client.applied_to(URI, action["edit"])) == 0


@EDITORS
def test_fix_all_leaves_nothing_to_fix(connect, editor):
    client = connect(editor)
    client.open(URI, TEXT + "\n\n" + FUNCTION.replace("double", "again"))
    [action] = client.actions(URI, "import", ["source.fixAll"])
    assert action["kind"] == "source.fixAll.loopless"
    fixed = client.applied_to(URI, client.resolve(action)["edit"])
    assert loops(fixed) == 0
    client.replace(URI, fixed)
    assert client.diagnostics(URI) == []
    assert client.actions(URI, "import", ["source.fixAll.loopless"]) == []


def test_only_the_kinds_asked_for_are_offered(connect):
    client = connect()
    client.open(URI, TEXT)
    kinds = {action["kind"] for action in client.actions(URI, HEADER)}
    assert kinds == {"quickfix", "source.fixAll.loopless"}
    assert {action["kind"] for action in client.actions(URI, HEADER, ["quickfix"])} == {"quickfix"}
    assert client.actions(URI, HEADER, ["refactor"]) == []


def test_an_action_for_another_version_is_refused(connect):
    client = connect()
    client.open(URI, TEXT)
    action = client.actions(URI, HEADER, ["quickfix"])[0]
    client.replace(URI, "\n" + TEXT)
    with pytest.raises(RequestFailed) as refused:
        client.resolve(action)
    assert refused.value.code == -32801


def test_a_loop_that_is_left_alone_says_why_where_that_is_asked(connect):
    client = connect()
    client.open(URI, RECURRENCE)
    assert client.diagnostics(URI) == []
    disabled = [a for a in client.actions(URI, HEADER, ["quickfix"]) if "disabled" in a]
    assert disabled
    assert disabled[0]["disabled"]["reason"]
    assert not any("disabled" in action for action in client.actions(URI, HEADER))


def test_disabled_actions_are_kept_from_a_client_that_does_not_know_them(connect):
    client = connect("neovim")
    client.open(URI, RECURRENCE)
    assert not any("disabled" in action for action in client.actions(URI, HEADER, ["quickfix"]))


@EDITORS
def test_hover_explains_the_header_and_shows_the_rewrite(connect, editor):
    client = connect(editor)
    client.open(URI, TEXT)
    text = client.hover(URI, HEADER)
    assert text.startswith("**Loopless** `elementwise`")
    assert "```diff\n" in text
    assert any(line.startswith("-") and line.endswith(HEADER) for line in text.splitlines())
    assert "\n**Safe** (E0): gives the same bits.\n" in text
    assert "command:" not in text
    short, _, long = text.partition("\n---\n")
    assert short.index("**Safe**") < short.index("```diff\n")
    assert "**Why it is the same.** A loop that computes each element" in long
    assert "- no iteration reads what another one writes\n" in long
    assert client.hover(URI, "return out") == ""


def test_hover_of_a_long_loop_shows_first_what_it_becomes(connect):
    client = connect()
    long = "".join(f"        y{at}[i] = x[i] * {at}\n" for at in range(6))
    head = "".join(f"    y{at} = torch.empty_like(x)\n" for at in range(6))
    given = ", ".join(f"y{at}" for at in range(6))
    client.open(URI, f"import torch\n\n\ndef f(x):\n{head}    {HEADER}\n{long}    return {given}\n")
    short, _, details = client.hover(URI, HEADER).partition("\n---\n")
    assert "\nIt becomes\n```python\ny0 = " in short
    assert "```diff" not in short
    assert "```diff" in details


def test_hover_links_to_the_commands_that_a_client_lets_a_text_run(connect):
    announced = {**capabilities("vscode"), "experimental": {"commandLinks": ["loopless.preview"]}}
    client = connect(announced)
    client.open(URI, TEXT)
    [(title, command, arguments)] = LINK.findall(client.hover(URI, HEADER))
    assert (title, command) == ("Preview", "loopless.preview")
    line = client.position(URI, HEADER)["line"]
    assert json.loads(unquote(arguments)) == [URI, 1, line]


def test_hover_of_a_loop_that_stays_links_to_the_explanation(connect):
    linked = {"commandLinks": ["loopless.preview", "loopless.explain"]}
    client = connect({**capabilities("vscode"), "experimental": linked})
    client.open(URI, RECURRENCE)
    text = client.hover(URI, HEADER)
    assert text.startswith("**Loopless** leaves this loop as it is:\n\n- ")
    [(title, command, _)] = LINK.findall(text)
    assert (title, command) == ("Explain", "loopless.explain")


def test_a_pattern_has_a_page_to_read(connect):
    client = connect()
    text = client.execute("loopless.rule", "sum-reduction")
    assert text.startswith("# Sum reduction\n\n`sum-reduction`\n")
    assert "\nHolds when:\n" in text
    with pytest.raises(RequestFailed):
        client.execute("loopless.rule", "no-such-pattern")


def test_hover_is_plain_where_markdown_is_not_announced(connect):
    client = connect("minimal")
    client.open(URI, TEXT)
    text = client.hover(URI, HEADER)
    assert text.startswith("Loopless elementwise:")
    assert "`" not in text


@EDITORS
def test_a_lens_stands_above_each_finding(connect, editor):
    client = connect(editor)
    client.open(URI, TEXT)
    [lens] = client.lenses(URI)
    assert lens["range"]["start"]["line"] == client.position(URI, HEADER)["line"]
    assert lens["command"]["title"] in ("Verify on CPU", "Verify on GPU")
    assert lens["command"]["command"] == "loopless.verify"
    assert lens["command"]["command"] in client.server["executeCommandProvider"]["commands"]
    assert lens["command"]["arguments"] == [URI, 1, lens["range"]["start"]["line"]]


def test_explain_says_in_words_what_is_known(connect):
    client = connect()
    client.open(URI, TEXT)
    line = client.position(URI, HEADER)["line"]
    text = client.execute("loopless.explain", URI, 1, line)
    assert text.startswith(f"# Line {line + 1}: Elementwise computation\n\n`elementwise` — ")
    assert "\n## What Loopless saw\n" in text
    assert client.execute("loopless.explain", URI, 1, 0) == ""


def test_explain_says_why_a_loop_stays(connect):
    client = connect()
    client.open(URI, RECURRENCE)
    line = client.position(URI, HEADER)["line"]
    text = client.execute("loopless.explain", URI, 1, line)
    assert text.startswith(f"# Line {line + 1} stays a loop\n\n- **")


def test_a_title_says_first_what_it_assumes(connect):
    client = connect()
    client.open(URI, TEXT)
    safe, unsafe = client.actions(URI, HEADER, ["quickfix"])[:2]
    assert safe["title"] == "Vectorize: out = (x * 2).to(x.dtype)"
    assert unsafe["title"] == "Vectorize (assumes `x` holds floats): out = x * 2"
    assert "- Vectorize (assumes `x` holds floats): `out = x * 2`" in client.hover(URI, HEADER)


def test_what_takes_no_finding_away_does_not_claim_it(connect):
    client = connect()
    client.open(URI, TEXT)
    [found] = client.diagnostics(URI)
    actions = client.actions(URI, HEADER, ["quickfix"], [found])
    claimed = {action["data"]["role"] for action in actions if action.get("diagnostics")}
    assert claimed == {"rewrite", "suppress"}


def test_a_command_for_another_version_or_without_sense_is_refused(connect):
    client = connect()
    client.open(URI, TEXT)
    for arguments, code in (
        ([URI, 7, 0], -32801),
        ([URI], -32602),
        (["file:///no.py", 1, 0], -32602),
    ):
        with pytest.raises(RequestFailed) as refused:
            client.execute("loopless.explain", *arguments)
        assert refused.value.code == code


def test_unchanged_diagnostics_are_not_sent_twice(connect):
    client = connect()
    client.open(URI, TEXT)
    params = {"textDocument": {"uri": URI}}
    first = client.request("textDocument/diagnostic", params)
    again = {**params, "previousResultId": first["resultId"]}
    assert client.request("textDocument/diagnostic", again)["kind"] == "unchanged"
    client.replace(URI, "\n" + TEXT)
    assert client.request("textDocument/diagnostic", again)["kind"] == "full"
