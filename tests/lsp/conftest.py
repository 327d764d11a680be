"""Servers as subprocesses, each with a cache folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.client import Client

Connect = Callable[..., Client]


@pytest.fixture
def connect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connect]:
    """Start a server for a client; it is shut down, and must exit with 0, at the end of the test."""
    cache = tmp_path_factory.mktemp("cache")
    with ExitStack() as stack:

        def started(*arguments: Any, **options: Any) -> Client:
            environment = {"XDG_CACHE_HOME": str(cache), **options.pop("environment", {})}
            return stack.enter_context(Client(*arguments, environment=environment, **options))

        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace folder."""
    path = tmp_path / "workspace"
    path.mkdir()
    return path
