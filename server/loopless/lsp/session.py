"""Everything that the server remembers between two messages."""

from __future__ import annotations

from dataclasses import dataclass

from loopless.lsp.analyses import Analyses
from loopless.lsp.capabilities import Client
from loopless.lsp.configuration import Configuration
from loopless.lsp.verification import Verification
from loopless.lsp.workspace import Workspace


@dataclass(slots=True)
class Session:
    """The client and what it opened, what was found there, and what was verified."""

    client: Client
    workspace: Workspace
    configuration: Configuration
    analyses: Analyses
    verification: Verification

    @staticmethod
    def new() -> Session:
        """A session before the client said anything."""
        workspace = Workspace()
        configuration = Configuration(workspace)
        return Session(
            Client(),
            workspace,
            configuration,
            Analyses(workspace, configuration),
            Verification(),
        )
