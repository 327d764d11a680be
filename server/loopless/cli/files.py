"""The files that a command is about: found below the paths given, read and written as they were."""

from __future__ import annotations

import codecs
import os
import sys
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path, PurePosixPath

from loopless.settings import ConfigurationFile, Settings, in_folder, is_test, settings_from
from loopless.settings.read import Values

# Folders that hold other people's code, or none.
_SKIPPED = frozenset(
    ("node_modules", "__pycache__", "site-packages", "venv", "build", "dist", "__pypackages__")
)


class CannotRead(Exception):
    """A file or folder that was asked for and cannot be read, said in a sentence."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file with its text, how its bytes were spelled, and the settings that hold for it."""

    name: str
    text: str
    encoding: str
    settings: Settings
    path: PurePosixPath


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to look at; `explicit` when it was named itself, not found in a folder."""

    name: str
    explicit: bool


def found(paths: Sequence[str]) -> Iterator[Wanted]:
    """The Python files that the paths name, each once, in a stable order."""
    seen: set[str] = set()
    for path in paths:
        for wanted in _below(path):
            if wanted.name not in seen:
                seen.add(wanted.name)
                yield wanted


def read(wanted: Wanted, chosen: Values, isolated: bool) -> SourceFile:
    """The file with the settings that hold for it; `chosen` are those of the command line."""
    if os.path.exists(wanted.name) and not os.path.isfile(wanted.name):
        # A pipe would be waited for.
        raise CannotRead(f"cannot read {wanted.name}: not a file")
    text, encoding = _decoded(wanted.name, Path(wanted.name).read_bytes)
    return _source_file(wanted, text, encoding, chosen, isolated)


def read_stdin(name: str, chosen: Values, isolated: bool) -> SourceFile:
    """Standard input as a file of the given name, or of none."""
    text, encoding = _decoded(name or "-", sys.stdin.buffer.read)
    return _source_file(Wanted(name or "-", True), text, encoding, chosen, isolated)


def write(file: SourceFile, text: str) -> None:
    """Put the text into the file, in the encoding and with the line breaks that it had."""
    Path(file.name).write_bytes(encoded(file, text))


def encoded(file: SourceFile, text: str) -> bytes:
    """The text as the bytes of the file."""
    return text.encode(file.encoding)


@cache
def configuration(folder: Path) -> ConfigurationFile | None:
    """The configuration file for a folder; each folder on the way up is looked into once."""
    found = in_folder(folder)
    return found or (configuration(folder.parent) if folder.parent != folder else None)


def _below(path: str) -> Iterator[Wanted]:
    if os.path.isfile(path):
        yield Wanted(path, True)
        return
    if not os.path.isdir(path):
        what = "neither a file nor a folder" if os.path.exists(path) else "no such file or folder"
        raise CannotRead(f"{what}: {path}")
    explicit = is_test(PurePosixPath(Path(path).as_posix()) / "_")
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not _is_skipped(folder, name))
        for name in sorted(files):
            if name.endswith(".py") and not _is_special(os.path.join(folder, name)):
                yield Wanted(os.path.normpath(os.path.join(folder, name)), explicit)


def _is_special(name: str) -> bool:
    """Whether a name stands for a pipe, a socket or a device; what cannot be looked at is reported when it is read."""
    return os.path.exists(name) and not os.path.isfile(name)


def _is_skipped(folder: str, name: str) -> bool:
    if name.startswith(".") or name in _SKIPPED:
        return True
    return os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))


def _decoded(name: str, read_bytes: Callable[[], bytes]) -> tuple[str, str]:
    try:
        content = read_bytes()
        encoding = tokenize.detect_encoding(BytesIO(content).readline)[0]
        if content.startswith(codecs.BOM_UTF8):
            encoding = "utf-8-sig"
        return content.decode(encoding), encoding
    except OSError as error:
        raise CannotRead(f"cannot read {name}: {error.strerror or error}") from error
    except (SyntaxError, LookupError, UnicodeDecodeError) as error:
        raise CannotRead(f"cannot read {name}: {error}") from error


def _source_file(
    wanted: Wanted, text: str, encoding: str, chosen: Values, isolated: bool
) -> SourceFile:
    place = Path(os.path.abspath(wanted.name))
    file = None if isolated else configuration(place.parent)
    if wanted.explicit:
        chosen = {"tests": True, **chosen}
    settings = settings_from(chosen, file.layer.values if file else {})
    base = file.folder if file else Path.cwd()
    relative = place.relative_to(base) if place.is_relative_to(base) else Path(wanted.name)
    return SourceFile(wanted.name, text, encoding, settings, PurePosixPath(relative.as_posix()))
