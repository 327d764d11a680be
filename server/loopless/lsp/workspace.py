"""The open documents and notebooks, and the folders of the workspace: the server's picture of the client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lsprotocol import types

from loopless.finding import Span
from loopless.lsp.documents import (
    Document,
    Program,
    path_of,
    program_of_document,
    program_of_notebook,
)
from loopless.source.text import Encoding, Position, SourceText


@dataclass(slots=True)
class Workspace:
    """Changes with the client's notifications; the documents and programs that it hands out never do."""

    encoding: Encoding = "utf-16"
    folders: list[Path] = field(default_factory=list[Path])
    _documents: dict[str, Document] = field(default_factory=dict[str, Document])
    _notebooks: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    _programs: dict[str, Program] = field(default_factory=dict[str, Program])

    def program(self, uri: str) -> Program | None:
        """The program that the document, or the notebook, with this URI belongs to."""
        owner = self._owner(uri)
        if owner not in self._programs:
            program = self._assemble(owner)
            if program is None:
                return None
            self._programs[owner] = program
        return self._programs[owner]

    def programs(self) -> Iterator[Program]:
        """Every program that is open."""
        for uri in [*self._notebooks, *self._documents]:
            if self._owner(uri) == uri and (program := self.program(uri)):
                yield program

    def root_of(self, path: Path) -> Path | None:
        """The innermost folder of the workspace that holds the path."""
        holders = [folder for folder in self.folders if path.is_relative_to(folder)]
        return max(holders, key=lambda folder: len(folder.parts), default=None)

    def open(self, item: types.TextDocumentItem) -> None:
        """Take a document that the client opened."""
        language = str(getattr(item.language_id, "value", item.language_id))
        self._put(Document(item.uri, item.version, language, SourceText.of(item.text)))

    def change(
        self,
        identifier: types.VersionedTextDocumentIdentifier,
        changes: Sequence[types.TextDocumentContentChangeEvent],
    ) -> None:
        """Apply the client's changes to a document, in order."""
        document = self._documents.get(identifier.uri)
        if document is None:
            return
        source = document.source
        for change in changes:
            source = self._changed(source, change)
        self._put(replace(document, version=identifier.version, source=source))

    def close(self, uri: str) -> None:
        """Forget a document."""
        self._programs.pop(self._owner(uri), None)
        self._documents.pop(uri, None)

    def open_notebook(self, params: types.DidOpenNotebookDocumentParams) -> None:
        """Take a notebook with its cells."""
        notebook = params.notebook_document
        self._notebooks[notebook.uri] = [cell.document for cell in notebook.cells]
        for item in params.cell_text_documents:
            self.open(item)

    def change_notebook(self, params: types.DidChangeNotebookDocumentParams) -> None:
        """Apply the client's changes to a notebook: to its list of cells, then to their texts."""
        uri = params.notebook_document.uri
        cells = params.change.cells
        if uri not in self._notebooks or cells is None:
            return
        if structure := cells.structure:
            array = structure.array
            fresh = [cell.document for cell in array.cells or ()]
            self._notebooks[uri][array.start : array.start + array.delete_count] = fresh
            self._open_all(structure.did_open or ())
            for closed in structure.did_close or ():
                self.close(closed.uri)
        for content in cells.text_content or ():
            self.change(content.document, content.changes)
        self._programs.pop(uri, None)

    def close_notebook(self, params: types.DidCloseNotebookDocumentParams) -> None:
        """Forget a notebook and its cells."""
        for cell in self._notebooks.pop(params.notebook_document.uri, ()):
            self._documents.pop(cell, None)
        self._programs.pop(params.notebook_document.uri, None)

    def change_folders(
        self, added: Iterable[types.WorkspaceFolder], removed: Iterable[types.WorkspaceFolder] = ()
    ) -> None:
        """Add and remove folders of the workspace."""
        gone = [path_of(folder.uri) for folder in removed]
        new = [path for folder in added if (path := path_of(folder.uri))]
        self.folders = [folder for folder in self.folders if folder not in gone] + new

    def _open_all(self, items: Iterable[types.TextDocumentItem]) -> None:
        for item in items:
            self.open(item)

    def _put(self, document: Document) -> None:
        self._documents[document.uri] = document
        self._programs.pop(self._owner(document.uri), None)

    def _owner(self, uri: str) -> str:
        return next((notebook for notebook, cells in self._notebooks.items() if uri in cells), uri)

    def _assemble(self, uri: str) -> Program | None:
        if uri in self._notebooks:
            cells = [
                self._documents[cell] for cell in self._notebooks[uri] if cell in self._documents
            ]
            return program_of_notebook(uri, cells) if cells else None
        document = self._documents.get(uri)
        return program_of_document(document) if document and document.is_python else None

    def _changed(
        self, source: SourceText, change: types.TextDocumentContentChangeEvent
    ) -> SourceText:
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            return SourceText.of(change.text)
        start, end = (
            source.offset(Position(place.line, place.character), self.encoding)
            for place in (change.range.start, change.range.end)
        )
        return source.replaced(Span(start, max(start, end)), change.text)
