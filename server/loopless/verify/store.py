"""Verdicts by content, kept in the user's cache folder over restarts and never too many."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from loopless.verify.request import Request
from loopless.verify.verdict import Verdict, from_json

_MOST = 500


def cache_folder(environ: Mapping[str, str] | None = None, platform: str = sys.platform) -> Path:
    """Where caches of this user belong on this platform."""
    environ = os.environ if environ is None else environ
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())
    if platform == "win32":
        return (
            Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "loopless" / "Cache"
        )
    if platform == "darwin":
        return home / "Library" / "Caches" / "loopless"
    given = environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if given and os.path.isabs(given) else home / ".cache") / "loopless"


class Store:
    """The last verdicts, found by request, by the loop's text, or by the new code's text."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = (folder or cache_folder()) / "verdicts.json"
        self._lock = threading.Lock()
        self._entries: dict[str, dict[str, Any]] | None = None

    def remember(self, request: Request, verdict: Verdict) -> None:
        """Keep a verdict; the oldest goes when there are too many."""
        entry = {"old": request.old_hash, "new": request.new_hash, "verdict": verdict.to_json()}
        with self._lock:
            entries = self._read()
            entries.pop(request.key, None)
            entries[request.key] = entry
            while len(entries) > _MOST:
                del entries[next(iter(entries))]
            save(self._file, entries)

    def of_request(self, request: Request) -> Verdict | None:
        """The verdict on exactly this comparison."""
        with self._lock:
            entry = self._read().get(request.key)
        return from_json(entry["verdict"]) if entry else None

    def of_new_text(self, new_hash: str) -> Verdict | None:
        """The last verdict whose new code has this hash: it follows the fix that was applied."""
        return self._by("new", new_hash)

    def of_old_text(self, old_hash: str) -> Verdict | None:
        """The last verdict whose loop has this hash."""
        return self._by("old", old_hash)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries = {}
            save(self._file, {})

    def _by(self, which: str, value: str) -> Verdict | None:
        with self._lock:
            for entry in reversed(self._read().values()):
                if entry.get(which) == value:
                    return from_json(entry["verdict"])
        return None

    def _read(self) -> dict[str, dict[str, Any]]:
        if self._entries is None:
            self._entries = load(self._file)
        return self._entries


def load(file: Path) -> dict[str, dict[str, Any]]:
    """The entries of a cache file that hold a verdict; none where there is no file, or no such."""
    data: Any = None
    with suppress(OSError, ValueError):
        data = json.loads(file.read_text(encoding="utf-8"))
    table = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    return {key: entry for key, entry in table.items() if _has_verdict(entry)}


def _has_verdict(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(
        cast("dict[str, Any]", entry).get("verdict"), dict
    )


def save(file: Path, entries: Mapping[str, Mapping[str, Any]]) -> None:
    """Put the entries in place of those of a cache file, whole or not at all. No cache is no reason to fail."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(entries, stream)
        os.replace(name, file)
