"""Offers as the code actions that a client takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from lsprotocol import types

from loopless.finding import Span
from loopless.lsp.analyses import View
from loopless.lsp.capabilities import Client
from loopless.lsp.offers import QUICK_FIX, Commands, Offer, offers
from loopless.lsp.ranges import location, workspace_edit


def code_actions(
    view: View,
    params: types.CodeActionParams,
    client: Client,
    commands: Commands,
) -> list[types.CodeAction | types.Command]:
    """The actions for a range of one part of the program; a client that knows commands only gets those."""
    uri = params.text_document.uri
    asked = view.program.span(uri, params.range, client.encoding)
    if not client.takes_code_actions:
        return [offer.command for offer in offers(view, asked, commands) if offer.command]
    only = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
    return [
        _code_action(view, offer, params, client)
        for offer in offers(view, asked, commands)
        if _wanted(offer, only, client)
    ]


def resolved(view: View, action: types.CodeAction, client: Client) -> types.CodeAction:
    """The action with its edit, which was left out of the list."""
    wanted = data_of(action).get("id")
    everything = Span(0, len(view.program.source.text))
    for offer in offers(view, everything):
        if offer.id == wanted and offer.edits:
            action.edit = workspace_edit(view.program, offer.edits(), client)
    return action


def data_of(action: types.CodeAction) -> dict[str, Any]:
    """What the server put into the action for itself, as far as the client kept it."""
    data: object = action.data
    return cast("dict[str, Any]", data) if isinstance(data, dict) else {}


def _wanted(offer: Offer, only: Sequence[str], client: Client) -> bool:
    asked = any(
        offer.kind == kind or offer.kind.startswith(f"{kind}.") or not kind for kind in only
    )
    if offer.disabled:
        # A menu of everything is no place for what cannot be done; a menu of fixes is.
        return client.takes_disabled and QUICK_FIX in only
    return asked or not only


def _code_action(
    view: View, offer: Offer, params: types.CodeActionParams, client: Client
) -> types.CodeAction:
    edit = None
    if offer.edits and not client.resolves_edits:
        edit = workspace_edit(view.program, offer.edits(), client)
    return types.CodeAction(
        offer.title,
        offer.kind,
        diagnostics=_fixed_diagnostics(view, offer, params, client),
        is_preferred=_is_preferred(offer, client),
        disabled=types.CodeActionDisabled(offer.disabled) if offer.disabled else None,
        edit=edit,
        command=offer.command,
        data=_data(view, offer, params) if client.takes_action_data else None,
    )


def _is_preferred(offer: Offer, client: Client) -> bool | None:
    if offer.action is None or not client.takes_preferred:
        return None
    return (offer.action.preferred and offer.action.applicability == "safe") or None


def _fixed_diagnostics(
    view: View, offer: Offer, params: types.CodeActionParams, client: Client
) -> list[types.Diagnostic] | None:
    """Those of the client's diagnostics that the action takes away."""
    if offer.finding is None or offer.role in ("verify", "sample"):
        return None
    place = location(view.program, offer.finding.header, client.encoding)
    if place is None or place.uri != params.text_document.uri:
        return None
    return [
        given
        for given in params.context.diagnostics
        if given.code == offer.finding.code and given.range == place.range
    ] or None


def _data(view: View, offer: Offer, params: types.CodeActionParams) -> dict[str, Any]:
    uri = params.text_document.uri
    data: dict[str, Any] = {
        "id": offer.id,
        "uri": uri,
        "version": view.program.part(uri).version,
        "role": offer.role,
    }
    if offer.finding:
        data["pattern"] = offer.finding.code
    if offer.action:
        data["applicability"] = offer.action.applicability
        data["grade"] = offer.action.grade
        data["assumptions"] = list(offer.action.assumptions)
    if offer.id == "fix-all":
        data["applicability"] = "safe"
    return data
