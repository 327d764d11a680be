"""`loopless check`: what it finds, fixes and prints, and how it exits."""

from __future__ import annotations

import json
import os

import pytest

from tests.lsp.loops import FUNCTION, HEADER, RECURRENCE, TEXT, loops


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(TEXT)
    return path


def test_findings_exit_with_1_and_none_with_0(run, model):
    found = run("check", ".")
    assert found.status == 1
    assert "model.py:6:5: elementwise: " in found.out
    assert f"6 |     {HEADER}\n" in found.out
    assert "Found 1 finding. 1 can be fixed with --fix." in found.out
    assert run("check", ".", "--exit-zero").status == 0
    model.write_text("x = 1\n")
    assert run("check", ".").status == 0


def test_what_cannot_be_read_exits_with_2(run, tmp_path):
    assert run("check", "no/such/file.py").status == 2
    (tmp_path / "broken.py").write_bytes(b"# coding: no-such-coding\n")
    (tmp_path / "model.py").write_text(TEXT)
    ended = run("check", ".")
    assert ended.status == 2
    assert "broken.py" in ended.errors
    assert "model.py:6:5" in ended.out
    assert run("check").out == ended.out
    assert run("check", "--no-such-option", ".").status == 2


def test_nothing_is_clear_that_could_not_be_read(run, tmp_path):
    (tmp_path / "noise.py").write_bytes(b"\xff\xfe\x00\x01 no text \x00")
    ended = run("check", "noise.py")
    assert (ended.status, ended.out) == (2, "")
    assert ended.errors.startswith("error: cannot read noise.py: ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(run, tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    assert run("check", ".").status == 0
    ended = run("check", "pipe.py")
    assert (ended.status, ended.errors) == (2, "error: neither a file nor a folder: pipe.py\n")
    assert run("explain", "pipe.py:1").status == 2


def test_a_folder_without_python_is_clean(run):
    assert run("check", ".").status == 0


def test_fix_writes_until_nothing_safe_is_left(run, model):
    model.write_text(TEXT + "\n\n" + FUNCTION.replace("double", "again"))
    fixed = run("check", "--fix", ".")
    assert fixed.status == 0
    assert "Fixed 2 findings; 0 left." in fixed.out
    text = model.read_text()
    assert loops(text) == 0
    run("check", "--fix", ".")
    assert model.read_text() == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_fix_keeps_line_breaks_and_encoding(run, model, encoding):
    head = "# coding: latin-1\n" if encoding == "latin-1" else ""
    model.write_bytes((head + "word = 'é'\n" + TEXT).replace("\n", "\r\n").encode(encoding))
    assert run("check", "--fix", ".").status == 0
    text = model.read_bytes().decode(encoding)
    assert "word = 'é'\r\n" in text
    assert "\n" not in text.replace("\r\n", "")
    assert loops(text.removeprefix(head.replace("\n", "\r\n"))) == 0


def test_diff_shows_what_fix_would_do_and_writes_nothing(run, model):
    shown = run("check", "--diff", "model.py")
    assert shown.status == 1
    assert shown.out.startswith("--- model.py\n+++ model.py\n@@ ")
    assert f"-    {HEADER}\n" in shown.out
    assert model.read_text() == TEXT


def test_stdin_is_a_file_without_a_name(run):
    found = run("check", "-", stdin=TEXT)
    assert found.status == 1
    assert found.out.startswith("-:6:5: elementwise")
    fixed = run("check", "--fix", "-", stdin=TEXT)
    assert fixed.status == 0
    assert loops(fixed.out) == 0


def test_patterns_are_selected_and_ignored(run, model):
    assert run("check", "--select", "elementwise", ".").status == 1
    assert run("check", "--ignore", "elementwise", ".").status == 0


def test_statistics_count_by_pattern(run, model):
    model.write_text(TEXT + "\n\n" + FUNCTION.replace("double", "again"))
    counted = run("check", "--statistics", ".")
    assert counted.out.splitlines()[0].split() == ["2", "elementwise"]


def test_json_is_a_list_of_findings(run, model):
    [found] = json.loads(run("check", "--output-format", "json", "model.py").out)
    assert (found["path"], found["line"], found["column"]) == ("model.py", 6, 5)
    assert (found["end_line"], found["end_column"]) == (6, 5 + len(HEADER))
    assert (found["code"], found["applicability"]) == ("elementwise", "safe")
    assert found["assumptions"] == []
    [action] = [action for action in found["actions"] if action["preferred"]]
    assert action["applicability"] == "safe"
    assert set(action["edits"][0]) == {"line", "column", "end_line", "end_column", "text"}


def test_refusals_are_listed_when_asked_for_and_are_no_findings(run, model):
    model.write_text(RECURRENCE)
    assert json.loads(run("check", "--output-format", "json", ".").out) == []
    ended = run("check", "--output-format", "json", "--refusals", ".")
    assert ended.status == 0
    refused = [one for one in json.loads(ended.out) if one["code"] == "refused"]
    assert refused
    assert refused[0]["reasons"][0]["reason"]


def test_sarif_has_places_fingerprints_and_fixes(run, model):
    [ran] = json.loads(run("check", "--output-format", "sarif", "model.py").out)["runs"]
    [result] = ran["results"]
    assert result["ruleId"] == "elementwise"
    assert result["level"] == "note"
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (6, 5)
    assert result["fixes"][0]["artifactChanges"][0]["replacements"]
    model.write_text("\n\n" + TEXT)
    [moved] = json.loads(run("check", "--output-format", "sarif", "model.py").out)["runs"]
    assert moved["results"][0]["partialFingerprints"] == result["partialFingerprints"]


def test_github_gets_workflow_commands(run, model):
    shown = run("check", "--output-format", "github", "model.py").out
    assert shown.startswith("::notice file=model.py,line=6,col=5,endLine=6,title=loopless")


def test_concise_is_a_line_for_each(run, model):
    lines = run("check", "--output-format", "concise", "model.py").out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("model.py:6:5: elementwise: ")


def test_settings_hold_and_wrong_ones_are_an_error(run, tmp_path, model):
    settings = tmp_path / "pyproject.toml"
    settings.write_text('[tool.loopless.per-file-ignores]\n"model.py" = ["elementwise"]\n')
    assert run("check", ".").status == 0
    assert run("check", "--isolated", ".").status == 1
    settings.write_text('[tool.loopless]\nignroe = ["elementwise"]\n')
    ended = run("check", ".")
    assert ended.status == 2
    assert "did you mean `ignore`?" in ended.errors
    settings.write_text('[tool.loopless]\nexclude = ["model.py"]\n')
    assert run("check", ".").status == 0


def test_tests_are_off_unless_named(run, tmp_path):
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "model.py").write_text(TEXT)
    (tmp_path / "test_model.py").write_text(TEXT)
    assert run("check", ".").status == 0
    assert run("check", "test_model.py").status == 1
    assert run("check", "tests/model.py").status == 1
    assert run("check", "tests").status == 1


def test_environments_and_hidden_folders_are_passed_over(run, tmp_path):
    for name in (".hidden", "node_modules", "environment"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.py").write_text(TEXT)
    (tmp_path / "environment" / "pyvenv.cfg").write_text("")
    assert run("check", ".").status == 0


def test_many_files_are_shared_among_processes(run, tmp_path):
    for number in range(60):
        (tmp_path / f"model_{number:02}.py").write_text(TEXT)
    ended = run("check", "--output-format", "concise", "--jobs", "2", ".")
    assert ended.status == 1
    lines = ended.out.splitlines()
    assert [line.split(":")[0] for line in lines[:-1]] == [f"model_{n:02}.py" for n in range(60)]


def test_a_comment_silences_here_too(run, model):
    model.write_text(TEXT.replace(HEADER, f"{HEADER}  # loopless: ignore[elementwise]"))
    assert run("check", ".").status == 0
    model.write_text("x = 1  # loopless: ignore[elementwise]\n")
    ended = run("check", ".")
    assert ended.status == 1
    assert "unused-suppression" in ended.out
