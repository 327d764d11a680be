"""The table of what a client can do, for the clients that were recorded."""

from __future__ import annotations

import pytest
from lsprotocol import types
from lsprotocol.converters import get_converter

from loopless.lsp.capabilities import Client
from tests.lsp.client import capabilities


def client(name):
    return Client.of(get_converter().structure(capabilities(name), types.ClientCapabilities))


def test_visual_studio_code():
    found = client("vscode")
    assert found.encoding == "utf-16"
    assert found.pulls_diagnostics
    assert found.refreshes_diagnostics
    assert found.takes_document_changes
    assert found.takes_disabled
    assert found.resolves_edits
    assert found.refreshes_lenses
    assert found.registers_watchers
    assert found.has_notebooks


def test_neovim():
    found = client("neovim")
    assert found.encoding == "utf-8"
    assert found.pulls_diagnostics
    assert not found.refreshes_diagnostics
    assert not found.takes_document_changes
    assert not found.takes_disabled
    assert found.resolves_edits
    assert not found.refreshes_lenses
    assert not found.registers_watchers
    assert not found.has_notebooks


def test_a_client_that_says_nothing_can_do_nothing():
    assert client("minimal") == Client()


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(["utf-32", "utf-8"], "utf-32"), (["utf-7", "utf-8"], "utf-8"), ([], "utf-16")],
)
def test_the_first_encoding_that_both_know_is_chosen(offered, chosen):
    general = types.GeneralClientCapabilities(position_encodings=offered)
    assert Client.of(types.ClientCapabilities(general=general)).encoding == chosen
