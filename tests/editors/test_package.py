"""The package by itself: what is in it, and that it starts with nothing but a Python."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from loopless.settings.keys import KEYS

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = json.loads((ROOT / "package.json").read_text("utf-8"))
SETTINGS = {
    name.removeprefix("loopless."): about
    for group in MANIFEST["contributes"]["configuration"]
    for name, about in group["properties"].items()
}
# What the client keeps to itself.
OF_THE_CLIENT = {"server.interpreter", "server.command", "trace.server"}
# What no setting of a user decides: the editor says it.
OF_THE_EDITOR = {"trusted"}


def test_settings_are_the_servers() -> None:
    """The same keys as in `loopless.toml`, in camelCase, and each says something."""
    keys = {re.sub(r"-(\w)", lambda match: match[1].upper(), key.name) for key in KEYS}
    assert set(SETTINGS) - OF_THE_CLIENT == keys - OF_THE_EDITOR
    assert all(about["markdownDescription"].endswith(".") for about in SETTINGS.values())


def test_what_runs_is_not_for_a_folder_to_choose() -> None:
    """A setting that names a program is the machine's, and restricted besides."""
    restricted = MANIFEST["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    programs = [name for name in SETTINGS if name.endswith(("interpreter", "command"))]
    assert len(programs) == 3
    for name in programs:
        assert SETTINGS[name]["scope"] == "machine"
        assert f"loopless.{name}" in restricted


def test_lock_names_no_registry() -> None:
    """The lock file says what to install, and leaves it to the machine where from."""
    assert "resolved" not in (ROOT / "package-lock.json").read_text("utf-8")


@pytest.mark.editors
def test_the_page_in_the_editor_carries_its_pictures(vsix: Path) -> None:
    """What lies beside the text is not shown there."""
    with zipfile.ZipFile(vsix) as package:
        readme = package.read("extension/readme.md").decode()
    pictures = re.findall(r"!\[[^]]+\]\(([^)]{0,40})", readme)
    assert pictures
    assert all(picture.startswith("data:image/png;base64,iVBOR") for picture in pictures)


@pytest.mark.editors
def test_starts_with_nothing_but_a_python(vsix: Path, tmp_path: Path) -> None:
    """No package of the interpreter's own is seen, and no torch is needed to find and to rewrite a loop."""
    with zipfile.ZipFile(vsix) as package:
        names = package.namelist()
        package.extractall(tmp_path)
    assert not [
        name for name in names if re.search(r"(^|/)(tests?|node_modules|__pycache__)/|\.map$", name)
    ]
    for version in ("310", "311", "312", "313", "314"):
        assert [name for name in names if f"/libcst/native.cpython-{version}-" in name], (
            f"no libcst for {version}"
        )
    sample = tmp_path / "sample.py"
    sample.write_text((Path(__file__).parent / "sample.py").read_text("utf-8"), "utf-8")
    launch = [sys.executable, "-I", "-S", tmp_path / "extension" / "client-vscode" / "launch.py"]
    done = subprocess.run(
        [*launch, "check", "--fix", sample],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "for i in" not in sample.read_text("utf-8"), done.stdout + done.stderr
