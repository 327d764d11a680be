"""Loops over what may be a tensor or a list: the exact rewrite makes a tensor of a list first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from loopless.emit.collect import Collector
from loopless.emit.draft import Draft, Setting, printer_for
from loopless.emit.integers import device
from loopless.emit.unprintable import Unprintable
from loopless.finding import Finding
from loopless.lift.containers import Role, assumption, meets_unknown, roles
from loopless.lift.context import Lifting
from loopless.lift.piece import Append, Piece
from loopless.lift.stop import StopLifting

Report = Callable[[Draft, Lifting], Finding]


def for_lists_too(
    report: Report,
    pieces: Sequence[Piece],
    collectors: Sequence[tuple[Append, Collector]],
    draft: Draft,
    setting: Setting,
    live: frozenset[str],
    *,
    inline: bool = False,
) -> Finding:
    """The finding; over containers of unknown kind, with a rewrite that takes lists as well before the plain one.

    `inline` says that what the loop computes stands in an expression.
    """
    lifting = setting.lifting
    plain = report(draft, lifting)
    named = {append.root: collector.function for append, collector in collectors}
    dtypes = {collector.dtype for _, collector in collectors}
    if not lifting.containers:
        return plain
    fits = not lifting.containers.keys() & live and dtypes <= {"", "float32"}
    shown = roles(pieces, named, lifting) if fits else None
    if shown is None:
        return _assuming(plain, lifting)
    unknown = None if lifting.unsure else meets_unknown(pieces, shown, setting.scope)
    if unknown is not None:
        raise Unprintable(
            "unknown-kind", f"whether `{unknown}` is a number or a tensor is not known"
        )
    # Of no items at all nothing can be stacked: nor could the loop's own collector.
    fails = any(function in {"torch.stack", "torch.cat"} for function in named.values())
    stacked = () if fails else tuple(n for n in sorted(shown) if shown[n] in {"tensors", "mixed"})
    if stacked and (named or inline or not draft.lines):
        return _assuming(plain, lifting)
    widened = replace(draft, lines=list(draft.lines))
    widened.lines = _behind(made_tensors(shown, widened, setting), stacked, widened, setting)
    taken = {assumption(name) for name in shown}
    rest = [sentence for sentence in lifting.assumptions if sentence not in taken]
    exact = report(widened, replace(lifting, assumptions=rest))
    if exact.actions[0].applicability != "safe":
        return _assuming(plain, lifting)
    return replace(exact, actions=(*exact.actions, *plain.actions))


def _assuming(plain: Finding, lifting: Lifting) -> Finding:
    """The finding under the assumption that the containers are tensors, where it may be made."""
    taken = {assumption(name) for name in lifting.containers}
    for missed in lifting.containers.values():
        if missed is not None and taken >= {*lifting.assumptions}:
            raise StopLifting(missed)
    return plain


def _behind(
    first: list[str], stacked: tuple[str, ...], draft: Draft, setting: Setting
) -> list[str]:
    """The lines of a draft behind others, under a test that there is something to stack."""
    lines = [*first, *draft.lines]
    if not stacked:
        return lines
    tests = " and ".join(f"len({name}) > 0" for name in stacked)
    return [f"if {tests}:", *(setting.indent + line for line in lines)]


def made_tensors(shown: dict[str, Role], draft: Draft, setting: Setting) -> list[str]:
    """The lines that make tensors of lists."""
    printer = printer_for(setting, (), draft)
    lines: list[str] = []
    for name, role in sorted(shown.items()):
        match role:
            case "tensors" | "mixed":
                lines.append(f"if not isinstance({name}, {printer.function('torch.Tensor')}):")
                items = name
                if role == "mixed":
                    items = f"map({printer.function('torch.as_tensor')}, {name})"
                    draft.grade = max(draft.grade, "E1")
                stack = f"{printer.function('torch.stack')}(tuple({items}))"
                lines.append(f"{setting.indent}{name} = {stack}")
            case "truths":
                lines.append(f"if not isinstance({name}, {printer.function('torch.Tensor')}):")
                truths = f"{printer.function('torch.tensor')}(list(map(bool, {name})))"
                lines.append(f"{setting.indent}{name} = {truths}")
            case "numbers":
                lines.append(f"{name} = {printer.function('torch.as_tensor')}({name})")
                draft.grade = max(draft.grade, "E1")
            case "places":
                where = "" if printer.device_root in shown else device(printer)
                long = f"{name}, dtype={printer.function('torch.long')}{where}"
                lines.append(f"{name} = {printer.function('torch.as_tensor')}({long})")
    draft.needs_torch = draft.needs_torch or printer.needs_torch
    return lines
