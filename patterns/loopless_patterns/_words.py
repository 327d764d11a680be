"""Words for values: names of the user's file in a sentence, without subscripts.

A subscript is left out because an axis counts from zero and the user's variable may not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loopless.dependence.conditions import conjuncts
from loopless.ir.poly import Axis, Poly, Symbol
from loopless.ir.value import Apply, Const, Int, Read, Ref, Temp, Value
from loopless_patterns._parts import inside

LONGEST = 32
BINDING = {
    "or": 1, "and": 2, "<": 4, ">": 4, "<=": 4, ">=": 4, "==": 4, "!=": 4, "|": 5, "^": 6, "&": 7,
    "<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "/": 10, "//": 10, "%": 10, "@": 10, "**": 12,
}  # fmt: skip
SIGNS = {"neg": ("-", 11), "pos": ("+", 11), "~": ("~", 11), "not": ("not ", 3)}
TIGHT = 13


def listed(words: Iterable[str]) -> str:
    """`a`, `b` and `c`."""
    shown = [f"`{word}`" for word in dict.fromkeys(words)]
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def named(axes: Sequence[Axis]) -> str:
    """The names of axes."""
    return listed(axis.name for axis in axes)


def along(axes: Sequence[Axis]) -> str:
    """Which iterations: " for each `b` and `h`"; empty without axes."""
    return f" for each {named(axes)}" if axes else ""


def quoted(value: Value) -> str:
    """A value in the user's words: its text if that is short, else the names in it."""
    text = _text(value, 0)
    if text is not None and len(text) <= LONGEST:
        return f"`{text}`"
    names = roots(value)
    return f"values of {listed(names)}" if names else "values"


def places(value: Value) -> str:
    """Places that come from data: "the places in `label`"."""
    return f"the places in {quoted(value)}" if roots(value) else "computed places"


def where(when: Value | None) -> str:
    """Under which predicate: " where `mask` holds"; empty without one."""
    if when is None:
        return ""
    return f" where {condition(when)}"


def condition(when: Value) -> str:
    """A predicate as a clause: "`x > 0`", "`mask` holds"."""
    texts = [_clause(part) for part in conjuncts(when)]
    if not texts or None in texts or len(texts) > 2:
        names = roots(when)
        return f"a condition on {listed(names)} holds" if names else "a condition holds"
    return " and ".join(text for text in texts if text is not None)


def roots(value: Value) -> tuple[str, ...]:
    """The names that a value reads, in the order of the text."""
    found: dict[str, None] = {}
    for inner in inside(value):
        match inner:
            case Read(root) | Temp(root):
                found[root] = None
            case Ref(text) if text.isidentifier():
                found[text] = None
            case _:
                pass
    return tuple(found)


def _clause(part: Value) -> str | None:
    text = _text(part, 0)
    if text is None or len(text) > LONGEST:
        return None
    match part:
        case Apply(op) if op in BINDING or op == "not":
            return f"`{text}`"
        case _:
            return f"`{text}` holds"


def _text(value: Value, least: int) -> str | None:
    """Python source without subscripts, in parentheses where it binds less than `least`."""
    match value:
        case Const(known):
            return repr(known)
        case Int(p):
            return _count(p)
        case Ref(text):
            return text
        case Read(name) | Temp(name):
            return name
        case Apply("bool", (inner,)):
            return _text(inner, least)
        case Apply("item", (inner,)):
            return _with(_text(inner, TIGHT), "{}.item()")
        case Apply(op, (inner,)) if op in SIGNS:
            sign, own = SIGNS[op]
            return _with(_text(inner, own), sign + "{}", own < least)
        case Apply(op, args) if op in BINDING and len(args) > 1:
            return _joined(op, args, least)
        case Apply(op, args, ()) if op not in {"where", "cast"}:
            return _call(op.rpartition(".")[2].rpartition(":")[2], args)
        case _:
            return None


def _with(text: str | None, form: str, enclosed: bool = False) -> str | None:
    if text is None:
        return None
    return f"({form.format(text)})" if enclosed else form.format(text)


def _joined(op: str, args: tuple[Value, ...], least: int) -> str | None:
    own = BINDING[op]
    texts = [_text(arg, own + (at > 0)) for at, arg in enumerate(args)]
    if None in texts:
        return None
    text = f" {op} ".join(text for text in texts if text is not None)
    return f"({text})" if own < least else text


def _call(name: str, args: tuple[Value, ...]) -> str | None:
    texts = [_text(arg, 0) for arg in args]
    if None in texts:
        return None
    return f"{name}({', '.join(text for text in texts if text is not None)})"


def _count(p: Poly) -> str | None:
    """A number or the name of one."""
    if p.constant is not None:
        return str(p.constant)
    return p.atom.name if isinstance(p.atom, Symbol) else None
