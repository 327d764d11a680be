"""What is known of one name: kind, rank, sizes, dtype, and by what evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from loopless.ir.poly import Poly

Kind = Literal[
    "tensor", "int", "float", "complex", "bool", "number", "list", "tuple", "dict", "str", "none", "size",
    "callable", "module", "device", "dtype", "array", "unknown",
]  # fmt: skip

NUMBERS: frozenset[Kind] = frozenset({"int", "float", "bool", "number"})


@dataclass(frozen=True, slots=True)
class Made:
    """How a module was made: the facts of its constructor's arguments, and whether it is in eval mode for sure.

    `touched` ones were given to somebody who may have changed their parts.
    """

    args: tuple[Fact, ...]
    keywords: tuple[tuple[str, Fact], ...] = ()
    evaluated: bool = False
    touched: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a value.

    `dims` are the sizes of a tensor of known rank (None: unknown size). `like` names a tensor of the same shape.
    `dtype` is torch's name ("float32"), or "of:x" for the dtype of the tensor `x`, or None. `presumed` says that
    the kind was taken from use alone. `fresh` tensors share no memory with any other name.
    `window` names the tensor of which this one is the part from a place of the first dimension on, in its memory.
    Several places of one that is `spread` may lie at one place in memory, as after `expand`.
    `instance` is the dotted name of the class of a module or other object, `made` what it was made with.
    """

    kind: Kind = "unknown"
    dims: tuple[Poly | None, ...] | None = None
    like: str | None = None
    dtype: str | None = None
    presumed: bool = False
    fresh: bool = False
    instance: str = ""
    poly: Poly | None = None
    text: str = ""
    items: tuple[Fact, ...] | None = None
    view_of: str | None = None
    literal: object = None
    window: tuple[str, Poly] | None = None
    made: Made | None = None
    spread: bool = False

    @property
    def is_tensor(self) -> bool:
        """Whether the value is a tensor."""
        return self.kind == "tensor"

    @property
    def is_number(self) -> bool:
        """Whether the value is a Python number."""
        return self.kind in NUMBERS

    @property
    def rank(self) -> int | None:
        """The number of dimensions, where it is known."""
        return None if self.dims is None else len(self.dims)

    def but(self, **changes: object) -> Fact:
        """The fact with some fields changed."""
        return replace(self, **changes)


UNKNOWN = Fact()


def joined(left: Fact, right: Fact) -> Fact:
    """What holds of a value that is one or the other."""
    if left == right:
        return left
    if left.kind != right.kind:
        both = {left.kind, right.kind}
        return Fact("number") if both <= NUMBERS else UNKNOWN
    dims: tuple[Poly | None, ...] | None = None
    if left.dims is not None and right.dims is not None and len(left.dims) == len(right.dims):
        dims = tuple(a if a == b else None for a, b in zip(left.dims, right.dims, strict=True))
    return Fact(
        left.kind,
        dims,
        left.like if left.like == right.like else None,
        left.dtype if left.dtype == right.dtype else None,
        left.presumed or right.presumed,
        left.fresh and right.fresh,
        left.instance if left.instance == right.instance else "",
        left.poly if left.poly == right.poly else None,
        made=left.made if left.made == right.made else None,
    )
