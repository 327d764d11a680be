"""Integer polynomials over sizes, symbols and axes: the one form of subscripts, extents and bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Symbol:
    """An integer name that the loop does not change."""

    name: str


@dataclass(frozen=True, slots=True)
class Dim:
    """The size of `root` along one dimension; never negative."""

    root: str
    dim: int


@dataclass(frozen=True, slots=True)
class Numel:
    """The number of elements of `root`; never negative."""

    root: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A loop level turned into a named axis. As an atom it stands for the iteration's ordinal, 0 … extent - 1."""

    name: str
    uid: int
    # Not in the hash, which is asked for often; but levels of two files may agree in all but this.
    extent: Poly = field(hash=False, repr=False)


@dataclass(frozen=True, slots=True)
class Cell:
    """The value of an integer name that the loop changes, at the moment it is read."""

    name: str


@dataclass(frozen=True, slots=True)
class Count:
    """A number of iterations that the rewrite computes first: never negative, and `upto` at most."""

    name: str
    upto: Poly | None = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Quotient:
    """Floor division, with Python's sign rules."""

    over: Poly
    under: Poly


@dataclass(frozen=True, slots=True)
class Remainder:
    """Modulo, with Python's sign rules."""

    over: Poly
    under: Poly


class Foreign:
    """An integer that comes from elsewhere: to polynomials a variable, of which only the axes are known."""

    __slots__ = ()

    def axes_inside(self) -> frozenset[Axis]:
        """The axes that it depends on."""
        raise NotImplementedError

    def moved(self, values: Mapping[Atom, Poly]) -> Foreign:
        """What it is where atoms have other values."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Least:
    """The smallest of several values."""

    of: tuple[Poly, ...]


@dataclass(frozen=True, slots=True)
class Greatest:
    """The greatest of several values."""

    of: tuple[Poly, ...]


Atom: TypeAlias = (
    Symbol | Dim | Numel | Axis | Cell | Count | Quotient | Remainder | Least | Greatest | Foreign
)
Monomial: TypeAlias = tuple[Atom, ...]


@lru_cache(maxsize=65536)
def rank_of(atom: Atom) -> tuple[str, str]:
    """A key that puts atoms in an order that does not depend on hashes."""
    return type(atom).__name__, repr(atom)


@dataclass(frozen=True, slots=True)
class Poly:
    """A sum of integer multiples of products of atoms, in a canonical order."""

    terms: tuple[tuple[Monomial, int], ...]

    def __add__(self, other: Poly | int) -> Poly:
        sums = dict(self.terms)
        for monomial, factor in poly(other).terms:
            sums[monomial] = sums.get(monomial, 0) + factor
        return _from(sums)

    def __neg__(self) -> Poly:
        return Poly(tuple((monomial, -factor) for monomial, factor in self.terms))

    def __sub__(self, other: Poly | int) -> Poly:
        return self + -poly(other)

    def __mul__(self, other: Poly | int) -> Poly:
        products: dict[Monomial, int] = {}
        for left, a in self.terms:
            for right, b in poly(other).terms:
                monomial = tuple(sorted(left + right, key=rank_of))
                products[monomial] = products.get(monomial, 0) + a * b
        return _from(products)

    @property
    def constant(self) -> int | None:
        """The value of a polynomial without atoms, else None."""
        if not self.terms:
            return 0
        if len(self.terms) == 1 and not self.terms[0][0]:
            return self.terms[0][1]
        return None

    @property
    def atom(self) -> Atom | None:
        """The atom of a polynomial that is just that, else None."""
        match self.terms:
            case (((atom,), 1),):
                return atom
            case _:
                return None

    @property
    def offset(self) -> int:
        """The constant term."""
        return next((factor for monomial, factor in self.terms if not monomial), 0)

    def coefficient(self, atom: Atom) -> Poly:
        """What multiplies `atom` where it stands to the first power outside of other atoms."""
        found: dict[Monomial, int] = {}
        for monomial, factor in self.terms:
            if monomial.count(atom) == 1:
                rest = tuple(a for a in monomial if a != atom)
                found[rest] = found.get(rest, 0) + factor
        return _from(found)

    def degree(self, atom: Atom) -> int:
        """The highest power of `atom` outside of other atoms."""
        return max((monomial.count(atom) for monomial, _ in self.terms), default=0)

    def without(self, atom: Atom) -> Poly:
        """The terms that `atom` is no direct factor of."""
        return Poly(tuple(term for term in self.terms if atom not in term[0]))

    def atoms(self) -> frozenset[Atom]:
        """Every atom, also those inside quotients, remainders, minima and maxima."""
        found: set[Atom] = set()
        for monomial, _ in self.terms:
            for atom in monomial:
                found.add(atom)
                for inner in inner_polys(atom):
                    found |= inner.atoms()
        return frozenset(found)

    def axes(self) -> frozenset[Axis]:
        """Every axis that the value depends on."""
        return frozenset(atom for atom in self.atoms() if isinstance(atom, Axis))

    def linear_in(self, axis: Axis) -> bool:
        """Whether `axis` stands to the first power at most, times no other axis, and inside no other atom."""
        for monomial, _ in self.terms:
            if monomial.count(axis) > 1:
                return False
            if axis in monomial and any(isinstance(a, Axis) and a != axis for a in monomial):
                return False
            if any(axis in inner.atoms() for atom in monomial for inner in inner_polys(atom)):
                return False
        return True

    def substitute(self, values: Mapping[Atom, Poly]) -> Poly:
        """The polynomial with atoms replaced, also inside of other atoms."""
        if not values or not (self.atoms() & values.keys()):
            return self
        total = ZERO
        for monomial, factor in self.terms:
            product = poly(factor)
            for atom in monomial:
                product = product * _replaced(atom, values)
            total = total + product
        return total


def inner_polys(atom: Atom) -> tuple[Poly, ...]:
    """The polynomials that an atom is made of."""
    match atom:
        case Quotient(over, under) | Remainder(over, under):
            return over, under
        case Least(of) | Greatest(of):
            return of
        case Foreign():
            # It moves with its axes, nobody knows how.
            return tuple(poly(axis) for axis in sorted(atom.axes_inside(), key=rank_of))
        case _:
            return ()


def poly(value: Poly | Atom | int) -> Poly:
    """The polynomial of a number or of one atom."""
    match value:
        case Poly():
            return value
        case int():
            return Poly((((), value),)) if value else ZERO
        case _:
            return Poly((((value,), 1),))


def _from(sums: Mapping[Monomial, int]) -> Poly:
    kept = [(monomial, factor) for monomial, factor in sums.items() if factor]
    kept.sort(key=lambda term: (len(term[0]) == 0, tuple(rank_of(a) for a in term[0])))
    return Poly(tuple(kept))


def _replaced(atom: Atom, values: Mapping[Atom, Poly]) -> Poly:
    if atom in values:
        return values[atom]
    match atom:
        case Quotient(over, under):
            return quotient(over.substitute(values), under.substitute(values))
        case Remainder(over, under):
            return remainder(over.substitute(values), under.substitute(values))
        case Least(of):
            return least(p.substitute(values) for p in of)
        case Greatest(of):
            return greatest(p.substitute(values) for p in of)
        case Foreign():
            return poly(atom.moved(values))
        case _:
            return poly(atom)


ZERO = Poly(())
ONE = Poly((((), 1),))


def quotient(over: Poly, under: Poly) -> Poly:
    """`over // under`; exact where every term is a multiple, folded where both are numbers."""
    divisor = under.constant
    if divisor == 1:
        return over
    if divisor and over.constant is not None:
        return poly(over.constant // divisor)
    if divisor and all(factor % divisor == 0 for _, factor in over.terms):
        return Poly(tuple((monomial, factor // divisor) for monomial, factor in over.terms))
    high, low = _digits(over, under)
    return high if low is not None else poly(Quotient(over, under))


def remainder(over: Poly, under: Poly) -> Poly:
    """`over % under`, folded where both are numbers or every term is a multiple."""
    divisor = under.constant
    if divisor and over.constant is not None:
        return poly(over.constant % divisor)
    if divisor and all(factor % divisor == 0 for _, factor in over.terms):
        return ZERO
    low = _digits(over, under)[1]
    return low if low is not None else poly(Remainder(over, under))


def exact_quotient(over: Poly, under: Poly) -> Poly | None:
    """`over / under` where `under` is one term that divides every term of `over`."""
    if len(under.terms) != 1:
        return None
    (divisor, size), *_ = under.terms
    terms: list[tuple[Monomial, int]] = []
    for monomial, factor in over.terms:
        left = list(monomial)
        for atom in divisor:
            if atom not in left:
                return None
            left.remove(atom)
        if factor % size:
            return None
        terms.append((tuple(left), factor // size))
    return Poly(tuple(terms))


def _digits(over: Poly, under: Poly) -> tuple[Poly, Poly | None]:
    """`over` as `high * under + low` with a low part that is surely from 0 up to `under`; None if there is none."""
    high, low = ZERO, ZERO
    for term in over.terms:
        part = exact_quotient(Poly((term,)), under)
        if part is None:
            low = low + Poly((term,))
        else:
            high = high + part
    return (high, low) if _is_digit(low, under) else (ZERO, None)


def _is_digit(low: Poly, under: Poly) -> bool:
    """Whether a value runs from 0 up to `under`: an axis of that extent, or the digits of one."""
    if not low.terms:
        return True
    for monomial, factor in low.terms:
        axes = [atom for atom in monomial if isinstance(atom, Axis)]
        if len(axes) != 1:
            return False
        axis = axes[0]
        weight = exact_quotient(Poly(((monomial, factor),)), poly(axis))
        if weight is not None and weight * axis.extent == under:
            return _is_digit(low - poly(axis) * weight, weight)
    return False


def least(of: Iterable[Poly]) -> Poly:
    """The smallest of several polynomials."""
    return _extreme(of, min, Least)


def greatest(of: Iterable[Poly]) -> Poly:
    """The greatest of several polynomials."""
    return _extreme(of, max, Greatest)


def _extreme(
    of: Iterable[Poly], fold: Callable[[int, int], int], atom: Callable[[tuple[Poly, ...]], Atom]
) -> Poly:
    members = list(dict.fromkeys(of))
    kept: list[Poly] = []
    for member in members:
        # Two members that differ by a number: one of them never matters.
        for place, other in enumerate(kept):
            gap = (member - other).constant
            if gap is not None:
                kept[place] = other if fold(gap, 0) == 0 else member
                break
        else:
            kept.append(member)
    if len(kept) == 1:
        return kept[0]
    return poly(atom(tuple(kept)))


def total(of: Iterable[Poly]) -> Poly:
    """The sum of several polynomials."""
    return reduce(Poly.__add__, of, ZERO)


def summed(value: Poly, axis: Axis, upto: Poly) -> Poly | None:
    """`value` added up over `axis` from 0 to `upto` - 1 (Faulhaber), None above degree one or for a half."""
    if not value.linear_in(axis):
        return None
    slope, rest = value.coefficient(axis), value.without(axis)
    if not slope.terms:
        return rest * upto
    triangle = quotient(slope * upto * (upto - 1), poly(2))
    return rest * upto + triangle


def arithmetic(op: str, values: list[Poly]) -> Poly | None:
    """The polynomial of an integer operation, None where it has none."""
    match op, values:
        case "+", [a, b]:
            return a + b
        case "-", [a, b]:
            return a - b
        case "*", [a, b]:
            return a * b
        case "neg", [a]:
            return -a
        case "pos", [a]:
            return a
        case "//", [a, b]:
            return quotient(a, b)
        case "%", [a, b]:
            return remainder(a, b)
        case "**", [a, b] if b.constant is not None and 0 <= b.constant <= 3:
            result = poly(1)
            for _ in range(b.constant):
                result = result * a
            return result
        case "min", _:
            return least(values)
        case "max", _:
            return greatest(values)
        case _:
            return None
