"""The editors and the package, made ready once for every test that asks for them."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"


@pytest.fixture(scope="session")
def editors() -> Path:
    """The folder with the programs `code-server`, `chromium` and `nvim`."""
    said = _run("scripts/install-editors")
    return Path(said.splitlines()[-1].removeprefix("install-editors: ready in "))


@pytest.fixture(scope="session")
def vsix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built from the working tree. A copy, because another process may be building it again."""
    with _only_one():
        _run("scripts/build-vsix")
        return Path(shutil.copy(BUILD / "loopless.vsix", tmp_path_factory.mktemp("vsix")))


@pytest.fixture(scope="session")
def sample() -> str:
    """A file with one loop to find."""
    return (Path(__file__).parent / "sample.py").read_text("utf-8")


@pytest.fixture
def screenshots(request: pytest.FixtureRequest) -> Path:
    """Where the pictures of a test are kept, to be looked at; none of an earlier run."""
    folder = BUILD / "screenshots" / request.node.name.removeprefix("test_")
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _run(script: str) -> str:
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(
        [ROOT / script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(
            f"{script} failed, so no editor was tried:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}",
            pytrace=False,
        )
    return done.stdout


@contextmanager
def _only_one() -> Iterator[None]:
    BUILD.mkdir(exist_ok=True)
    with (BUILD / ".vsix.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
