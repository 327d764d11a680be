"""Which Python is taken: never one that the repository's files name."""

from __future__ import annotations

from pathlib import Path

from loopless.verify.interpreter import find_interpreter


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def environment(folder: Path) -> Path:
    python = executable(folder / "bin" / "python")
    (folder / "pyvenv.cfg").write_text("home = /usr/bin\n")
    return python


def test_the_order(tmp_path: Path) -> None:
    project = tmp_path / "project" / "package"
    project.mkdir(parents=True)
    (tmp_path / "project" / ".git").mkdir()
    beside = environment(tmp_path / "project" / ".venv")
    active = environment(tmp_path / "active")
    chosen = executable(tmp_path / "chosen")
    on_path = executable(tmp_path / "bin" / "python3")
    environ = {"VIRTUAL_ENV": str(tmp_path / "active"), "PATH": str(tmp_path / "bin")}

    def found(setting: str = "", where: Path | None = project, **left: str) -> str:
        interpreter = find_interpreter(setting, where, left or environ)
        assert interpreter is not None
        return interpreter.path

    assert found(str(chosen)) == str(chosen)
    assert found() == str(active)
    assert found(PATH=str(tmp_path / "bin")) == str(beside)
    assert found(where=None, PATH=str(tmp_path / "bin")) == str(on_path)


def test_a_setting_that_is_not_there_is_no_excuse_for_another(tmp_path: Path) -> None:
    assert find_interpreter(str(tmp_path / "none"), tmp_path, {"PATH": ""}) is None


def test_a_folder_above_the_repository_is_not_the_project(tmp_path: Path) -> None:
    environment(tmp_path / ".venv")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    interpreter = find_interpreter("", repository, {"PATH": ""})
    assert interpreter is not None
    assert interpreter.found == "the server's own"


def test_a_folder_that_is_no_environment_is_not_run(tmp_path: Path) -> None:
    executable(tmp_path / ".venv" / "bin" / "python")
    interpreter = find_interpreter("", tmp_path, {"PATH": ""})
    assert interpreter is not None
    assert interpreter.found == "the server's own"
