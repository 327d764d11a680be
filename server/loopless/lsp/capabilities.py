"""What the client can do, asked once: the rest of the server reads this table and sends nothing that is not in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from lsprotocol import types

from loopless.source.text import Encoding

_ENCODINGS: dict[str, Encoding] = {"utf-8": "utf-8", "utf-16": "utf-16", "utf-32": "utf-32"}


@dataclass(frozen=True, slots=True)
class Client:
    """The client's abilities, named after what the server does with them."""

    encoding: Encoding = "utf-16"
    pulls_diagnostics: bool = False
    refreshes_diagnostics: bool = False
    takes_versions: bool = False
    takes_related: bool = False
    takes_code_actions: bool = False
    resolves_edits: bool = False
    takes_preferred: bool = False
    takes_disabled: bool = False
    takes_action_data: bool = False
    takes_document_changes: bool = False
    takes_markdown: bool = False
    refreshes_lenses: bool = False
    shows_progress: bool = False
    has_configuration: bool = False
    registers_configuration: bool = False
    registers_watchers: bool = False
    has_notebooks: bool = False
    # Commands that a link in a text may run.
    command_links: frozenset[str] = frozenset()

    @staticmethod
    def of(capabilities: types.ClientCapabilities) -> Client:
        """The table for the capabilities that a client announced."""

        def has(dotted: str) -> bool:
            return bool(_dig(capabilities, dotted))

        resolved = cast(
            "list[str]",
            _dig(capabilities, "text_document.code_action.resolve_support.properties") or [],
        )
        formats = cast("list[str]", _dig(capabilities, "text_document.hover.content_format") or [])
        return Client(
            encoding=_encoding(capabilities),
            pulls_diagnostics=_dig(capabilities, "text_document.diagnostic") is not None,
            refreshes_diagnostics=has("workspace.diagnostics.refresh_support"),
            takes_versions=has("text_document.publish_diagnostics.version_support"),
            takes_related=has("text_document.publish_diagnostics.related_information")
            or has("text_document.diagnostic.related_information"),
            takes_code_actions=has("text_document.code_action.code_action_literal_support"),
            # What an action needs to be resolved travels in its data.
            resolves_edits="edit" in resolved and has("text_document.code_action.data_support"),
            takes_preferred=has("text_document.code_action.is_preferred_support"),
            takes_disabled=has("text_document.code_action.disabled_support"),
            takes_action_data=has("text_document.code_action.data_support"),
            takes_document_changes=has("workspace.workspace_edit.document_changes"),
            takes_markdown=types.MarkupKind.Markdown in formats,
            refreshes_lenses=has("workspace.code_lens.refresh_support"),
            shows_progress=has("window.work_done_progress"),
            has_configuration=has("workspace.configuration"),
            registers_configuration=has("workspace.did_change_configuration.dynamic_registration"),
            registers_watchers=has("workspace.did_change_watched_files.dynamic_registration"),
            has_notebooks=capabilities.notebook_document is not None,
            command_links=_command_links(capabilities.experimental),
        )


def _command_links(experimental: object) -> frozenset[str]:
    """The names under `commandLinks`: not of the protocol, so our own clients alone announce them."""
    table = cast("dict[str, object]", experimental) if isinstance(experimental, dict) else {}
    names = table.get("commandLinks")
    return (
        frozenset(map(str, cast("list[object]", names))) if isinstance(names, list) else frozenset()
    )


def _dig(capabilities: types.ClientCapabilities, dotted: str) -> Any:
    found: Any = capabilities
    for name in dotted.split("."):
        found = getattr(found, name, None)
        if found is None:
            return None
    return found


def _encoding(capabilities: types.ClientCapabilities) -> Encoding:
    """The client's first choice of those we know, as the specification asks; UTF-16 if it says nothing."""
    offered = cast("list[str]", _dig(capabilities, "general.position_encodings") or [])
    for name in offered:
        if encoding := _ENCODINGS.get(str(getattr(name, "value", name))):
            return encoding
    return "utf-16"
