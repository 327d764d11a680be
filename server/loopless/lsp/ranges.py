"""Spans of a program as ranges of the client's documents, and edits as the client takes them."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from loopless.finding import Edit, Span
from loopless.lsp.capabilities import Client
from loopless.lsp.documents import Document, Program, placed_edits
from loopless.source.text import Encoding


def range_in(document: Document, span: Span, encoding: Encoding) -> types.Range:
    """The range of a span of one document."""
    start = document.source.position(span.start, encoding)
    end = document.source.position(span.end, encoding)
    return types.Range(types.Position(*start), types.Position(*end))


def location(program: Program, span: Span, encoding: Encoding) -> types.Location | None:
    """The place of a span of the program."""
    found = program.locate(span)
    if found is None:
        return None
    document, local = found
    return types.Location(document.uri, range_in(document, local, encoding))


def workspace_edit(
    program: Program, edits: Sequence[Edit], client: Client
) -> types.WorkspaceEdit | None:
    """The edits with the versions they are for; None if one of them reaches over two cells."""
    placed = placed_edits(program, edits)
    if placed is None:
        return None
    by_document: dict[str, list[types.TextEdit]] = {}
    for document, edit in placed:
        text_edit = types.TextEdit(range_in(document, edit.span, client.encoding), edit.text)
        by_document.setdefault(document.uri, []).append(text_edit)
    if not client.takes_document_changes:
        return types.WorkspaceEdit(changes=dict(by_document))
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(uri, program.part(uri).version),
                list(text_edits),
            )
            for uri, text_edits in by_document.items()
        ]
    )
