"""What a user may choose, after every place where it may be chosen was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Literal

from loopless.finding import Applicability, Options

Severity = Literal["error", "warning", "information", "hint"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Preference = Literal["file-first", "editor-first", "editor-only"]

_BY_APPLICABILITY: dict[Applicability, Severity] = {
    "safe": "information",
    "unsafe": "hint",
    "display": "hint",
}


@dataclass(frozen=True, slots=True)
class VerifySettings:
    """How verify may run: where, for how long (seconds), with how much memory (MiB), by which Python."""

    device: Device = "auto"
    timeout: float = 60.0
    memory: int = 4096
    interpreter: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices for one file, or for the files below one configuration file."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    tests: bool = False
    line_width: int = 100
    code_lens: bool = True
    hover: bool = True
    trusted: bool = True
    verify: VerifySettings = field(default_factory=VerifySettings)

    def options(self, path: PurePosixPath) -> Options:
        """What the engine needs to know about the file at `path`, relative to the project."""
        ignored = [
            slug for glob, slugs in self.per_file_ignores if matches(path, glob) for slug in slugs
        ]
        return Options(self.select, (*self.ignore, *ignored), self.line_width)

    def covers(self, path: PurePosixPath) -> bool:
        """Whether the file at `path`, relative to the project, is to be looked at."""
        if any(matches(path, glob) for glob in self.exclude):
            return False
        return self.tests or not is_test(path)

    def severity_of(self, slug: str, applicability: Applicability) -> Severity:
        """How loudly to report a finding: the slug's own severity, else its applicability's."""
        chosen = dict(self.severity)
        return chosen.get(slug) or chosen.get(applicability) or _BY_APPLICABILITY[applicability]


def is_test(path: PurePosixPath) -> bool:
    """Whether pytest or unittest would take the file for a test, or a folder of tests holds it."""
    name = path.name
    named = name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    return named or any(part in ("test", "tests") for part in path.parts[:-1])


def matches(path: PurePosixPath, glob: str) -> bool:
    """Whether the path, its name or a folder above it is what `glob` describes."""
    places = (path, *path.parents)
    return any(
        fnmatchcase(place.as_posix(), glob) or fnmatchcase(place.name, glob)
        for place in places
        if place.name
    )
