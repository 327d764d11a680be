"""Polynomials as Python text, with the names that the user gave to sizes."""

from __future__ import annotations

from collections.abc import Mapping

from loopless.emit.code import ATOM, SUM, TERM, UNARY, Code
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import (
    Atom,
    Axis,
    Cell,
    Count,
    Dim,
    Greatest,
    Least,
    Numel,
    Poly,
    Quotient,
    Remainder,
    Symbol,
    poly,
)


def size_text(p: Poly, names: Mapping[Poly, str], loops: Mapping[Axis, str]) -> Code:
    """The text of a polynomial; `names` are the user's names of sizes, `loops` those of kept loop variables."""
    if p in names:
        return Code(names[p], number=True)
    if not p.terms:
        return Code("0", number=True)
    parts: list[tuple[bool, str]] = []
    ordered = sorted(p.terms, key=lambda term: (term[1] < 0, not term[0]))
    for monomial, factor in ordered:
        text = _product(monomial, abs(factor), names, loops)
        parts.append((factor < 0, text))
    if len(parts) == 1:
        negative, text = parts[0]
        if negative:
            # -a // 2 is (-a) // 2.
            text = f"({text})" if "//" in text or "%" in text else text
            return Code(f"-{text}", UNARY, number=True)
        single = "*" in text or "//" in text or "%" in text
        return Code(text, TERM if single and not text.endswith(")") else _level(text), number=True)
    negative, text = parts[0]
    if negative and ("//" in text or "%" in text):
        text = f"({text})"
    first = ("-" if negative else "") + text
    rest = "".join(f" {'-' if negative else '+'} {text}" for negative, text in parts[1:])
    return Code(first + rest, SUM, number=True)


def _level(text: str) -> int:
    depth = 0
    for character in text:
        depth += character in "(["
        depth -= character in ")]"
        if depth == 0 and character in "*/%+-":
            return TERM
    return ATOM


def _product(
    monomial: tuple[Atom, ...], factor: int, names: Mapping[Poly, str], loops: Mapping[Axis, str]
) -> str:
    if not monomial:
        return str(factor)
    texts = [atom_text(atom, names, loops) for atom in monomial]
    if factor != 1:
        texts.insert(0, str(factor))
    if len(texts) > 1:
        texts = [f"({t})" if " // " in t or " % " in t else t for t in texts]
    return " * ".join(texts)


def atom_text(atom: Atom, names: Mapping[Poly, str], loops: Mapping[Axis, str]) -> str:
    """The text of one atom."""
    named = names.get(poly(atom))
    if named is not None:
        return named
    match atom:
        case Symbol(name) | Cell(name) | Count(name):
            return name
        case Dim(root, dim):
            return f"{root}.shape[{dim}]"
        case Numel(root):
            return f"{root}.numel()"
        case Axis(name):
            return loops.get(atom, name)
        case Quotient(over, under):
            return f"{_tight(over, names, loops)} // {_tight(under, names, loops)}"
        case Remainder(over, under):
            return f"{_tight(over, names, loops)} % {_tight(under, names, loops)}"
        case Least(of):
            return f"min({', '.join(size_text(p, names, loops).text for p in of)})"
        case Greatest(of):
            return f"max({', '.join(size_text(p, names, loops).text for p in of)})"
        case _:
            raise Unprintable("data-dependent-size", "a size that is read from data")


def _tight(p: Poly, names: Mapping[Poly, str], loops: Mapping[Axis, str]) -> str:
    return size_text(p, names, loops).at(ATOM)
