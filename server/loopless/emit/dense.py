"""What follows may ask how a tensor lies in memory: `torch.stack(rows).view(-1)` (trap T27).

What `stack` and `cat` make is contiguous; what takes its place lies as its operands do, and `view` may refuse it.
"""

from __future__ import annotations

import re

from loopless.emit.code import ATOM, Code
from loopless.facts.liveness import reads_of_block
from loopless.facts.scope import names_bound
from loopless.ir import tree

LAYOUT = "view|stride|is_contiguous|as_strided|data_ptr|storage|untyped_storage|set_|resize_"
_JOINED = re.compile(r"torch\.(?:stack|cat)\([^()]*(?:\([^()]*\)[^()]*)*\)")


def asked_for_layout(call: tree.Call, block: tuple[tree.Stmt, ...], text: str) -> bool:
    """Whether the statement in which a call stands, or one that reads what gets its value, asks for a layout."""
    found: set[str] = set()
    for statement in block:
        if statement.span.end < call.span.end:
            continue
        inside = statement.span.start <= call.span.start
        if not inside and not found & reads_of_block((statement,)):
            continue
        start = call.span.end if inside else statement.span.start
        if re.search(rf"\.(?:{LAYOUT})\b", text[start : statement.span.end]):
            return True
        found |= names_bound((statement,))
    return False


def dense(code: Code) -> Code:
    """The same, contiguous; of what is a copy already, the copy."""
    if _JOINED.fullmatch(code.text):
        return code
    text = code.primary
    if text.endswith(".clone()"):
        kept = "clone(memory_format=torch.contiguous_format)"
        return code.but(f"{text.removesuffix('clone()')}{kept}", ATOM)
    return code.but(f"{text}.contiguous()", ATOM)
