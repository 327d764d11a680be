"""Code actions: rewrites, suppressions, fix-all, and why a loop has none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from lsprotocol import types

from loopless.finding import Action, Edit, Finding, Refusal, Span
from loopless.lsp.analyses import View
from loopless.lsp.capabilities import Client
from loopless.lsp.documents import cells_of, placed_edits
from loopless.lsp.ranges import location, workspace_edit
from loopless.report import Report, best_action, fix_all, report
from loopless.settings import suppressing
from loopless.source.edits import edits_between

QUICK_FIX = types.CodeActionKind.QuickFix.value
FIX_ALL = "source.fixAll.loopless"
NOTEBOOK_FIX_ALL = f"notebook.{FIX_ALL}"
KINDS = (QUICK_FIX, FIX_ALL)

Edits = Callable[[], Sequence[Edit]]


@dataclass(frozen=True, slots=True)
class Offer:
    """A code action whose edits are made only when asked for."""

    id: str
    title: str
    kind: str
    role: str
    edits: Edits | None = None
    finding: Finding | None = None
    action: Action | None = None
    command: types.Command | None = None
    disabled: str = ""


def code_actions(
    view: View,
    params: types.CodeActionParams,
    client: Client,
    commands: Callable[[Finding], types.Command],
) -> list[types.CodeAction | types.Command]:
    """The actions for a range of one part of the program; a client that knows commands only gets those."""
    uri = params.text_document.uri
    asked = view.program.span(uri, params.range, client.encoding)
    if not client.takes_code_actions:
        return [offer.command for offer in _offers(view, asked, commands) if offer.command]
    only = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
    return [
        _code_action(view, offer, params, client)
        for offer in _offers(view, asked, commands)
        if _wanted(offer, only, client)
    ]


def resolved(view: View, action: types.CodeAction, client: Client) -> types.CodeAction:
    """The action with its edit, which was left out of the list."""
    wanted = data_of(action).get("id")
    everything = Span(0, len(view.program.source.text))
    for offer in _offers(view, everything, None):
        if offer.id == wanted and offer.edits:
            action.edit = workspace_edit(view.program, offer.edits(), client)
    return action


def data_of(action: types.CodeAction) -> dict[str, Any]:
    """What the server put into the action for itself, as far as the client kept it."""
    data: object = action.data
    return cast("dict[str, Any]", data) if isinstance(data, dict) else {}


def _offers(
    view: View, asked: Span, commands: Callable[[Finding], types.Command] | None
) -> Iterator[Offer]:
    """Every offer for the lines of a span, rewrites first, in the order in which to show them."""
    here = [finding for finding in view.report.findings if _touches(view, finding.span, asked)]
    # The innermost loop around the cursor is the one that is meant.
    here.sort(key=lambda finding: finding.span.end - finding.span.start)
    for finding in here:
        yield from _rewrites(view, finding)
    if commands is not None:
        for finding in here:
            command = commands(finding)
            yield Offer(
                _id(finding, "verify"),
                command.title,
                QUICK_FIX,
                "verify",
                None,
                finding,
                None,
                command,
            )
    for finding in here:
        edits = partial(_suppress, view, finding)
        title = f"Ignore `{finding.code}` on this line"
        yield Offer(_id(finding, "suppress"), title, QUICK_FIX, "suppress", edits, finding)
    for remark in view.report.remarks:
        if remark.edits and _touches(view, remark.span, asked):
            title = "Remove the unused suppression"
            name = f"remark:{remark.span.start}"
            yield Offer(name, title, QUICK_FIX, "suppress", partial(tuple, remark.edits))
    for refusal in view.report.refusals:
        if _touches(view, refusal.header, asked):
            yield _refusal(refusal)
    if any(best_action(finding) for finding in view.report.findings):
        kind = NOTEBOOK_FIX_ALL if view.program.is_notebook else FIX_ALL
        title = "Loopless: vectorize all loops that are safe"
        yield Offer("fix-all", title, kind, "rewrite", partial(_fix_all, view))


def _rewrites(view: View, finding: Finding) -> Iterator[Offer]:
    for index, action in enumerate(finding.actions):
        if action.edits and placed_edits(view.program, action.edits):
            edits = partial(tuple, action.edits)
            name = _id(finding, str(index))
            yield Offer(name, action.title, QUICK_FIX, "rewrite", edits, finding, action)


def _refusal(refusal: Refusal) -> Offer:
    reason = "; ".join(missed.reason for missed in refusal.reasons)
    return Offer(
        f"refusal:{refusal.span.start}",
        "Vectorize this loop",
        QUICK_FIX,
        "rewrite",
        disabled=reason,
    )


def _suppress(view: View, finding: Finding) -> tuple[Edit, ...]:
    return (suppressing(view.program.source, finding),)


def _fix_all(view: View) -> tuple[Edit, ...]:
    def look(text: str) -> Report:
        return report(text, view.scope.settings, view.scope.path)

    program = view.program
    text = program.source.text
    fixed = fix_all(text, look, first=view.report).text
    if not program.is_notebook:
        return edits_between(text, fixed)
    # Cell by cell: an edit must not reach from one into the next.
    before, after = cells_of(program, text), cells_of(program, fixed)
    if before is None or after is None:
        return ()
    return tuple(
        Edit(edit.span.shifted(start), edit.text)
        for old, new, start in zip(before, after, program.starts, strict=True)
        for edit in edits_between(old, new)
    )


def _id(finding: Finding, name: str) -> str:
    return f"{finding.code}:{finding.span.start}:{name}"


def _touches(view: View, span: Span, asked: Span) -> bool:
    lines = view.program.source.lines_span(span)
    return lines.start <= asked.end and asked.start < max(lines.end, lines.start + 1)


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
    if offer.finding is None or offer.role == "verify":
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
