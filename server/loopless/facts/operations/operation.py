"""What is known of one torch operation: its parameters, and what further leading axes do to it.

An *item* is what the loop's body sees (`x[i]`); the *batched* form sees all items at once, with the loop's
axes before the item's own. A dim of the item moves with `shifted`: from 1 to 1 + axes, while -1 stays -1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Rule(Enum):
    """How an operation on one item becomes an operation on all of them."""

    POINTWISE = "pointwise"
    """Each place of the result depends on the same place of the broadcast tensors: call it on the whole.

    Items of different ranks line up at the right, so dims of size 1 go between the loop's axes and the dims
    of the item of lower rank."""
    REDUCE = "reduce"
    """Takes dims away: shift `dims`; where they are left out, see `whole`."""
    ALONG = "along"
    """Works along dims that stay (softmax, cumsum, sort): shift `dims`; where they are left out, see `whole`."""
    LAST = "last"
    """Works on the `last` dims of the item, whatever comes before (within `leading`)."""
    SHAPE = "shape"
    """Moves, adds or removes dims and touches no value: shift `dims`, or see `batched`."""
    CREATE = "create"
    """Makes a new tensor from numbers; the same for every item, unless an argument has the loop's axis."""
    LIKE = "like"
    """Makes a new tensor of the shape of another: call it on the whole."""
    READ = "read"
    """Brings values to the host: once for each item in the loop."""
    META = "meta"
    """Reads shape, dtype or device, never values: the same for every item; dims of the item shift."""
    VIEW = "view"
    """The same values: a view, a copy, another dtype (`moves`), another device. Call it on the whole."""
    RANDOM = "random"
    """Draws numbers: the loop draws them in another order."""
    EFFECT = "effect"
    """Changes a tensor or the world; `pure_name` computes what it stores."""
    OPAQUE = "opaque"
    """Known, and no way to batch it but torch.func.vmap."""


class Result(Enum):
    """The dtype of a result, by the dtypes of the arguments that promote."""

    SAME = "same"
    """What the arguments promote to."""
    FLOAT = "float"
    """What they promote to; integers and bool go to the default float."""
    BOOL = "bool"
    TRUTH = "truth"
    """bool, but uint8 stays uint8: any, all."""
    INT64 = "int64"
    REAL = "real"
    """What they promote to; complex goes to the float of its parts."""
    REAL_FLOAT = "real float"
    """FLOAT, then REAL."""
    COMPLEX = "complex"
    """The complex dtype of FLOAT."""
    ACCUMULATE = "accumulate"
    """What they promote to; integers and bool widen to int64."""
    NUMBER = "number"
    """What they promote to; bool goes to int64."""
    DOUBLE = "double"
    """float64, or complex128 if an argument is complex."""
    EQUAL = "equal"
    """The floating dtype that all arguments have; anything else is not known."""
    FIRST = "first"
    """The dtype of the first parameter."""
    DEFAULT = "default"
    """The default float, where no dtype= is given."""
    FIXED = "fixed"
    """`fixed_dtype`."""
    UNKNOWN = "unknown"


class Whole(Enum):
    """What a reduction or a function along dims does where its dims are left out and have no default."""

    REQUIRED = "required"
    """They cannot be left out, or torch guesses: leave the call alone."""
    ALL = "all"
    """All dims of the item together: pass them as a tuple (`many`), or flatten the item and take the last.

    Never an empty tuple, which torch takes for all dims, the loop's axes too: an item of rank 0 has none."""
    FLAT = "flat"
    """The item is flattened first, places are counted in the flat item: flatten, then work along the last."""


Dim = int | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One callable (or attribute) under its canonical dotted name.

    A keyword that is neither in `params` nor in `keywords` (`out=` is never there) is unknown: refuse the call.
    A dim that is given asks for an item of at least that rank, also where torch lets 0-d tensors have dim 0:
    on an item without dims, -1 in the batched form would be the loop's axis.
    """

    name: str
    rule: Rule
    params: tuple[str, ...]
    """In positional order; a method's receiver is the first, `self`."""
    tensors: tuple[str, ...]
    """Those of the parameters that may be tensors with the loop's axis; the others must not have it."""
    dims: tuple[str, ...] = ()
    """Those that name dims of the item."""
    item_rank: int | None = None
    """The smallest rank of the first tensor's item for which the rule holds; None is any."""
    last: int = 0
    """How many trailing dims of the item belong to the operation (LAST, and losses of rows)."""
    dtype: Result = Result.SAME
    value_dependent_shape: bool = False
    batched: str | None = None
    """A key of `spellings.VOCABULARY`: how the batched form differs from the same call on the whole."""
    pure: bool = True
    keywords: tuple[str, ...] = ()
    """Parameters that can only be given by name."""
    variadic: str | None = None
    """The parameter that may also take all further positional arguments: Tensor.permute(2, 0, 1)."""
    sequences: tuple[str, ...] = ()
    """Those of `tensors` that are a list or tuple of tensors: torch.cat."""
    defaults: tuple[tuple[str, Dim], ...] = ()
    """What those of `dims` are that may be left out, if it is a number: pass the shifted one."""
    whole: Whole = Whole.REQUIRED
    many: bool = False
    """`dims` may hold a tuple of several."""
    ranks: tuple[int, ...] = ()
    """The exact ranks of the items of `tensors`, where the operation takes no others."""
    leading: tuple[int, int] | None = None
    """The least and the most dims that torch allows before the `last` ones; None is any number.

    An item whose rank is not within them is no item of this operation."""
    samples: bool = False
    """The item's dim 0 counts samples that do not see each other: fold the loop's axes into it."""
    broadcasts: bool = True
    """The leading axes of `tensors` broadcast; if not, expand those that lack them to the loop's sizes."""
    aligned: bool = False
    """Give each of `tensors` the same number of leading axes, of size 1 where it does not vary."""
    exact: bool = True
    """The batched form has the same bits (E0); if not, kernels or the order of additions differ (E1)."""
    alias: bool = False
    """The result may share memory with the first argument."""
    fields: tuple[str, ...] = ()
    """The names of several results, where there are several."""
    field_dtypes: tuple[Result, ...] = ()
    fields_need_dim: bool = False
    """Without dims there is one result, the first field: torch.max(x)."""
    pieces: bool = False
    """The result is a tuple of tensors, each batched alike: unbind, split."""
    promotes: tuple[str, ...] = ()
    """Parameters that decide the dtype, where they are not `tensors`."""
    fixed_dtype: str | None = None
    moves: tuple[str, ...] = ()
    """VIEW: what may change: "dtype", "device"."""
    writes: tuple[str, ...] = ()
    """EFFECT: the parameters whose tensors change."""
    pure_name: str | None = None
    """EFFECT: the operation whose result is stored into the first parameter."""
    inplace: str | None = None
    """The parameter that makes the call write into its first argument when true."""
    requires: tuple[tuple[str, object], ...] = ()
    """The rule holds only if these parameters are left out or have these values."""
    numbers: tuple[str, ...] = ()
    """The rule holds only if these parameters, where given, are not tensors of rank 1 and more."""
    if_tensor: str | None = None
    """The operation that it is if its second argument is a tensor: torch.max(a, b) is torch.maximum."""
    if_alone: str | None = None
    """The operation that it is with its first argument only: torch.where(mask) is a nonzero."""
    lone: str | None = None
    """The parameter that a single positional argument is, if not the first: torch.arange(end)."""
    flag: str | None = None
    """The parameter that the second positional argument is if it is a bool: x.var(False)."""
    attribute: bool = False
    """Read without a call: x.T."""
    torch_name: str | None = None
    """For functions on Python numbers: the torch operation that does the same on a tensor, if one does."""
    domain: str = ""
    """For functions on numbers: where both agree; outside, Python raises. A condition on the parameters."""
    caveat: str = ""
    """Where the batched form may still differ, in words for the user."""


def shifted(dim: int, axes: int) -> int:
    """A dim of the item as a dim of the batched tensor, which has `axes` more in front."""
    return dim + axes if dim >= 0 else dim


def item_dims(rank: int) -> tuple[int, ...]:
    """All dims of an item, as dims of the batched tensor."""
    return tuple(range(-rank, 0))
