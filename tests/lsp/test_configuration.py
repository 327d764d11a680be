"""Settings: from files and from the editor, which of them win, what is wrong in them, and changes while it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

import loopless.settings
from loopless.settings import layer, parsed, settings_from
from loopless.settings.keys import KEYS, file_schema
from tests.lsp.loops import HEADER, TEXT

OFF = '[tool.loopless]\nignore = ["elementwise"]\n'


def opened(client, folder, name="model.py"):
    return client.open((folder / name).as_uri(), TEXT)


def codes(client, uri):
    return [item["code"] for item in client.diagnostics(uri)]


def test_the_nearest_file_holds(connect, folder):
    (folder / "pyproject.toml").write_text(OFF)
    (folder / "inner").mkdir()
    (folder / "inner" / "loopless.toml").write_text("tests = true\n")
    client = connect(folder=folder)
    assert codes(client, opened(client, folder)) == []
    assert codes(client, opened(client, folder / "inner", "test_model.py")) == ["elementwise"]


def test_a_project_file_that_says_nothing_to_us_is_passed_over(connect, folder):
    (folder / "pyproject.toml").write_text(OFF)
    (folder / "inner").mkdir()
    (folder / "inner" / "pyproject.toml").write_text('[project]\nname = "inner"\n')
    client = connect(folder=folder)
    assert codes(client, opened(client, folder / "inner")) == []


def test_tests_are_off_until_they_are_wanted(connect, folder):
    client = connect(folder=folder)
    assert codes(client, opened(client, folder, "test_model.py")) == []
    assert codes(client, opened(client, folder, "tests/model.py")) == []
    assert codes(client, opened(client, folder, "contest/model.py")) == ["elementwise"]


def test_folders_above_the_workspace_do_not_make_a_test(connect, tmp_path):
    folder = tmp_path / "tests" / "workspace"
    folder.mkdir(parents=True)
    client = connect(folder=folder)
    assert codes(client, opened(client, folder)) == ["elementwise"]


@pytest.mark.parametrize(
    ("preference", "found"),
    [("file-first", []), ("editor-first", ["elementwise"]), ("editor-only", ["elementwise"])],
)
def test_the_editor_says_who_wins(connect, folder, preference, found):
    (folder / "loopless.toml").write_text('select = ["pairwise"]\n')
    settings = {"select": ["elementwise"], "configurationPreference": preference}
    client = connect(folder=folder, settings={"loopless": settings})
    assert codes(client, opened(client, folder)) == found


def test_defaults_that_an_editor_sends_decide_nothing(connect, folder):
    (folder / "loopless.toml").write_text('ignore = ["elementwise"]\n')
    settings = {"ignore": [], "tests": False, "configurationPreference": "editor-first"}
    client = connect(folder=folder, settings={"loopless": settings})
    assert codes(client, opened(client, folder)) == []


def test_settings_may_come_with_the_first_request(connect, folder):
    client = connect("minimal", folder=folder, options={"severity": {"safe": "warning"}})
    assert [item["severity"] for item in client.diagnostics(opened(client, folder))] == [2]


def test_new_settings_of_the_editor_hold_at_once(connect, folder):
    client = connect("neovim", folder=folder)
    uri = opened(client, folder)
    assert codes(client, uri) == ["elementwise"]
    client.settings = {"loopless": {"ignore": ["elementwise"], "codeLens": False}}
    client.notify("workspace/didChangeConfiguration", {"settings": {}})
    client.wait("workspace/configuration", 2)
    assert codes(client, uri) == []


def test_a_changed_file_holds_at_once(connect, folder):
    client = connect(folder=folder)
    uri = opened(client, folder)
    assert codes(client, uri) == ["elementwise"]
    path = folder / "loopless.toml"
    path.write_text('ignore = ["elementwise"]\n')
    changes = [{"uri": path.as_uri(), "type": 1}]
    client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    client.wait("workspace/diagnostic/refresh")
    assert codes(client, uri) == []


def test_a_client_that_watches_nothing_reads_files_again_on_saving(connect, folder):
    client = connect("minimal", folder=folder)
    uri = opened(client, folder)
    assert codes(client, uri) == ["elementwise"]
    (folder / "loopless.toml").write_text('ignore = ["elementwise"]\n')
    client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    client.wait("textDocument/publishDiagnostics", 2)
    assert codes(client, uri) == []


def test_a_wrong_key_is_reported_where_it_stands(connect, folder):
    path = folder / "pyproject.toml"
    path.write_text('[project]\nname = "x"\n\n[tool.loopless]\nselct = ["elementwise"]\n')
    client = connect(folder=folder)
    client.diagnostics(opened(client, folder))
    [report] = client.wait("textDocument/publishDiagnostics")
    [problem] = report["diagnostics"]
    assert report["uri"] == path.as_uri()
    assert problem["message"] == "unknown setting `selct`; did you mean `select`?"
    assert problem["range"]["start"] == {"line": 4, "character": 0}
    path.write_text(OFF)
    client.notify("workspace/didChangeWatchedFiles", {"changes": []})
    assert client.wait("textDocument/publishDiagnostics", 2)[-1]["diagnostics"] == []


def test_lenses_and_hover_can_be_turned_off(connect, folder):
    settings = {"loopless": {"codeLens": False, "hover": False}}
    client = connect(folder=folder, settings=settings)
    uri = opened(client, folder)
    assert client.lenses(uri) == []
    assert client.hover(uri, HEADER) == ""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("tests = 1", "`tests` must be true or false"),
        ("line-width = 9", "`line-width` must be at least 40"),
        ("line-width = 88.5", "`line-width` must be a whole number"),
        ("select = ['a', 1]", "`select` must be a list of strings"),
        ("per-file-ignores = 1", "`per-file-ignores` must be a table"),
        ("severity = {safe = 'warn'}", "of `safe` must be one of"),
        ("verify.device = 'gpu'", "`verify.device` must be one of auto, cpu, cuda, mps"),
        ("verify.timout = 3", "did you mean `verify.timeout`?"),
        ("verify.interpreter = '/tmp/python'", "taken from the editor only"),
        ("trusted = true", "taken from the editor only"),
        ("select = [", "not TOML"),
    ],
)
def test_what_is_wrong_is_said(line, message):
    file = parsed(Path("/project/loopless.toml"), f"# ours\n{line}\n")
    assert file is not None
    [problem] = file.problems
    assert message in problem.message
    assert file.layer.values == {}


def test_the_line_width_is_that_of_the_formatter():
    text = "[tool.loopless]\n[tool.ruff]\nline-length = 88\n"
    file = parsed(Path("/project/pyproject.toml"), text)
    assert file is not None
    assert settings_from(file.layer.values).line_width == 88


def test_the_schema_file_is_the_one_of_the_keys():
    path = Path(loopless.settings.__file__).with_name("loopless.schema.json")
    assert json.loads(path.read_text()) == file_schema()
    Draft7Validator.check_schema(file_schema())


def test_the_schema_and_the_reader_agree():
    tables = [
        {"select": ["a"], "verify": {"device": "cpu", "timeout": 5}},
        {"per-file-ignores": {"*.py": ["a"]}, "severity": {"safe": "hint"}, "tests": True},
        {"selct": []},
        {"verify": {"device": "gpu"}},
        {"line-width": 12},
        {"tests": "yes"},
    ]
    validator = Draft7Validator(file_schema())
    for table in tables:
        assert validator.is_valid(table) == (not layer(table, editor=False).problems), table


def test_the_defaults_in_the_schema_are_those_that_hold():
    defaults = {k.name: k.schema["default"] for k in KEYS if "default" in k.schema}
    assert settings_from(defaults) == settings_from()
