"""The closed vocabulary of `Operation.batched`: how a batched form is spelled where it is not the same call.

Templates name the tensors of the operation by number, in the order of `Operation.tensors`, and its other
parameters by name. Every tensor has its leading axes in front, or none of them where it does not vary.
"""

from __future__ import annotations

VOCABULARY = {
    # Products. Also right for integers, but for `dot`: see INTEGERS.
    "matmul": "by the ranks of the two items: `product`",
    "mm": "{0} @ {1}",
    "mv": "({0} @ {1}[..., None])[..., 0]",
    "vm": "({0}[..., None, :] @ {1})[..., 0, :]",
    "dot": "({0} * {1}).sum(-1)",
    "vdot": "({0}.conj() * {1}).sum(-1)",
    "outer": "{0}[..., :, None] * {1}[..., None, :]",
    "addmm": "{0} + {1} @ {2}",
    "addmv": "{0} + ({1} @ {2}[..., None])[..., 0]",
    "addr": "{0} + {1}[..., :, None] * {2}[..., None, :]",
    "solve": "items of rank 2 and 2: the same call; 2 and 1: torch.linalg.solve({0}, {1}[..., None])[..., 0]",
    "searchsorted": "a sorted_sequence of rank 1 that does not vary: the same call; one that varies: "
    "the input needs all its leading axes, and an item of rank 1",
    # Parts of matrices.
    "trace": "{0}.diagonal(dim1=-2, dim2=-1).sum(-1)",
    "diag": "an item of rank 1: {0}.diag_embed({diagonal}); 2: {0}.diagonal({diagonal}, -2, -1)",
    "diag_embed": "{0}.diag_embed({offset})",
    "mT": "{0}.mT",
    "mH": "{0}.mH",
    # Dims and sizes. `axes` is the number of leading axes.
    "permute": "dims: all leading axes in order, then the item's dims, each shifted (len(dims) is its rank)",
    "sizes": "put the sizes of the leading axes in front of the sizes given; a view needs strides that "
    "fit, so print reshape unless the whole is contiguous",
    "expand": "the same, if as many sizes are given as the item has dims; else unsqueeze first",
    "repeats": "put a 1 for each leading axis in front, if at least the item's rank of them are given, "
    "and exactly that many",
    "as": "reshape or expand to the sizes of the leading axes and other's: {1} must vary too, or has them put in front",
    "squeeze": "without dim: name all dims of the item, shifted; with dim: shift",
    "ravel": "{0}.flatten(axes)",
    "flat": "without dim: flatten the item first, then along -1",
    "hstack": "items of rank 1: cat along -1; more: cat along 1 + axes",
    "vstack": "items of rank 1: stack along axes; more: cat along axes",
    "fliplr": "{0}.flip(1 + axes)",
    "flipud": "{0}.flip(axes)",
    "msort": "{0}.sort(axes).values",
    # Reductions.
    "amax": "without dim: {0}.amax over all dims of the item",
    "amin": "without dim: {0}.amin over all dims of the item",
    "norm": "without dim and ord: torch.linalg.vector_norm over all dims; with ord and without dim: (-2, -1) "
    "for an item of rank 2, -1 for rank 1",
    "dist": "torch.linalg.vector_norm({0} - {1}, {p}, over all dims of the item)",
    "first": "over the item's first dim: {0}.sum(axes), with dtype={0}.dtype for integers, plus {start}",
    "loss": "reduction='none', then the mean or the sum over all dims of the item; the elementwise loss as it is",
    "row loss": "fold all axes but the last to one, reduction='none', unflatten, then the mean or the sum "
    "over the item's rows, if it has rows",
    # Layers.
    "fold": "flatten the leading axes to one (with the item's dim 0 where it counts `samples`, or where torch takes "
    "no more dims before `last`), call, unflatten; the same call where torch takes them all",
    "one_hot": "the same call; without num_classes the shape depends on the largest value: refuse",
    "pad": "mode constant: the same call; another: at most two dims before those padded, so fold",
    # Host facts.
    "shape": "{0}.shape[axes:]; a size by its dim: shift",
    "ndim": "{0}.ndim - axes",
    "numel": "{0}.shape[axes:].numel()",
    "len": "{0}.shape[axes]",
}

INTEGERS = {"dot": "({0} * {1}).sum(-1, dtype={0}.dtype)"}
"""What to print instead unless the dtype is known to be floating: `sum` widens integers, `dot` does not."""

_PRODUCTS = {(1, 1): "dot", (2, 1): "mv", (1, 2): "vm", (2, 2): "mm"}


def template(key: str) -> str | None:
    """The text of a key that is a template, with nothing to decide."""
    text = VOCABULARY[key]
    return text if text.startswith(("{", "(")) and "; " not in text else None


def product(left: int, right: int, left_varies: bool, right_varies: bool) -> str:
    """How to print the matrix product of two items of these ranks, by which of them have leading axes."""
    if (left, right) == (2, 1) and not left_varies:
        return "{1} @ {0}.mT"
    if (left, right) == (1, 2) and not right_varies:
        return "{0} @ {1}"
    if (left, right) == (2, 1) and not right_varies:
        return "{0} @ {1}"
    if (left, right) == (1, 1) and not (left_varies and right_varies):
        return "{0} @ {1}" if left_varies else "{1} @ {0}"
    return VOCABULARY[_PRODUCTS.get((left, right), "mm")]
