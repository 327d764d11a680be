"""Stores whose iterations may meet at one place, each by the rule that says which of them stays."""

from __future__ import annotations

from dataclasses import replace

from loopless.emit.draft import Draft, Setting
from loopless.emit.extremes import keep_extreme
from loopless.emit.joined_extremes import join_extreme
from loopless.emit.overwrite import overwrite
from loopless.emit.packing import pack
from loopless.lift.extremes import KEEPING_BEST
from loopless.lift.joined_extremes import JOINED
from loopless.lift.overwrites import LAST
from loopless.lift.packing import PACK
from loopless.lift.piece import Write
from loopless.lift.restrict import restricted, restricted_reductions


def meeting(piece: Write, setting: Setting, draft: Draft, depth: int) -> bool:
    """Print such a store; False for any other."""
    if piece.op not in {LAST, PACK, *KEEPING_BEST, *JOINED}:
        return False
    piece = restricted(piece, setting.lifting, setting.known)
    value = restricted_reductions(piece.value, setting.lifting, setting.known)
    piece = replace(piece, value=value)
    match piece.op:
        case "last":
            overwrite(piece, setting, draft, depth)
        case "pack":
            pack(piece, setting, draft, depth)
        case "amax" | "amin":
            join_extreme(piece, setting, draft, depth)
        case _:
            keep_extreme(piece, setting, draft, depth)
    return True
