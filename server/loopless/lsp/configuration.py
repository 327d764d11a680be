"""The settings of each program: the editor's, the nearest configuration file's, and which of them wins."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import cast

from loopless.lsp.documents import Program
from loopless.lsp.workspace import Workspace
from loopless.settings import (
    ConfigurationFile,
    Layer,
    Settings,
    layer,
    nearest,
    settings_from,
)
from loopless.settings.read import Values

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scope:
    """The settings of a program, and its path relative to where they come from."""

    settings: Settings
    path: PurePosixPath


@dataclass(slots=True)
class Configuration:
    """What the editor said and the files say; files are read again only after `forget_files`."""

    workspace: Workspace
    _initial: Layer = field(default_factory=Layer)
    _editor: dict[Path | None, Layer] = field(default_factory=dict[Path | None, Layer])
    _files: dict[Path, ConfigurationFile | None] = field(
        default_factory=dict[Path, ConfigurationFile | None]
    )
    _settings: dict[tuple[Path | None, Path | None], Settings] = field(
        default_factory=dict[tuple[Path | None, Path | None], Settings]
    )

    def scope(self, program: Program) -> Scope:
        """The settings that hold for a program; the same object until something changes."""
        path = program.path
        if path is None:
            name = PurePosixPath(program.uri.rpartition(":")[2]).name
            return Scope(self._combined(None, None), PurePosixPath(name))
        root, file = self.workspace.root_of(path), self._file(path.parent)
        base = file.folder if file else root
        relative = path.relative_to(base) if base and path.is_relative_to(base) else Path(path.name)
        return Scope(self._combined(root, file), PurePosixPath(relative.as_posix()))

    def files(self) -> Iterator[ConfigurationFile]:
        """The configuration files in use."""
        yield from {file.path: file for file in self._files.values() if file}.values()

    def initialize(self, table: object) -> None:
        """Take the settings that came with the client's first request."""
        self._initial = _editor_layer(table)
        self._settings.clear()

    def set_editor(self, folder: Path | None, table: object) -> None:
        """Take the editor's settings for a folder, or for everything outside of folders."""
        self._editor[folder] = _editor_layer(table)
        self._settings.clear()

    def forget_files(self) -> None:
        """Read the configuration files again when they are next needed."""
        self._files.clear()
        self._settings.clear()

    def _file(self, folder: Path) -> ConfigurationFile | None:
        if folder not in self._files:
            self._files[folder] = nearest(folder)
        return self._files[folder]

    def _combined(self, root: Path | None, file: ConfigurationFile | None) -> Settings:
        key = (root, file.path if file else None)
        if key not in self._settings:
            editor = self._editor.get(root) or self._editor.get(None) or Layer()
            own = {**self._initial.values, **editor.values}
            shared: Values = file.layer.values if file else {}
            match own.get("configuration-preference", "file-first"):
                case "editor-only":
                    self._settings[key] = settings_from(own)
                case "editor-first":
                    self._settings[key] = settings_from(own, shared)
                case _:
                    self._settings[key] = settings_from(shared, own)
        return self._settings[key]


def _editor_layer(table: object) -> Layer:
    """An editor's settings, whether they came bare, or below the name that editors keep them under."""
    found = _table(table)
    for name in ("settings", "loopless"):
        found = _table(found.get(name)) or found
    read = layer(found, editor=True)
    for problem in read.problems:
        _log.warning("settings: %s", problem.message)
    return read


def _table(value: object) -> Values:
    return cast("Values", value) if isinstance(value, Mapping) else {}
