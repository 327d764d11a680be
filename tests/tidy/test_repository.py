"""The repository stands alone: no address that a build would fetch from, nothing beside it."""

from __future__ import annotations

import json
import re

import pytest

from tests.tidy.repository import ROOT, tracked

TEXT = {".py", ".md", ".toml", ".txt", ".json", ".ts", ".mjs", ".js", ".lua", ".sh", ".yml", ""}
# Spelled in two halves, so that this file is not one that it looks for.
REGISTRIES = re.compile(
    "|".join(
        left + r"\." + right
        for left, right in [
            ("py" + "pi", "org"),
            ("pythonhosted", "or" + "g"),
            ("registry", "npm" + "js"),
            ("download", "py" + "torch"),
        ]
    )
)
OUTSIDE = re.compile(r"\.\./shar" + r"ed\b|/work/shar" + r"ed\b")


def texts(pattern: re.Pattern[str]) -> list[str]:
    """Where `pattern` occurs in the files of the repository."""
    found: list[str] = []
    for path in tracked():
        if path.suffix not in TEXT:
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}"
            for number, line in enumerate(lines, 1)
            if pattern.search(line)
        ]
    return found


def test_nothing_names_a_package_registry() -> None:
    assert texts(REGISTRIES) == []


def test_nothing_refers_to_what_stands_beside_the_repository() -> None:
    assert texts(OUTSIDE) == []


def locks() -> list[str]:
    names = [path.relative_to(ROOT).as_posix() for path in tracked()]
    return [n for n in names if n.startswith("requirements/") or n.endswith("package-lock.json")]


@pytest.mark.parametrize("name", locks())
def test_lock_files_hold_versions_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    if name.endswith(".json"):
        packages = json.loads(text)["packages"]
        assert not [key for key, package in packages.items() if "resolved" in package]
        return
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.match(r"[a-z0-9-]+==[\w.]+( ;|$)", line) for line in lines)
    assert "://" not in text


def test_torch_is_asked_for_by_its_version_alone() -> None:
    assert (ROOT / "requirements" / "torch.txt").read_text(encoding="utf-8") == "torch==2.13.0\n"


def test_continuous_integration_runs_what_a_desk_runs() -> None:
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "CI=true make test" in text
