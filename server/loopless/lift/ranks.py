"""Ranks that the statements of a nest show: of what is stored, and of what works on rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loopless.facts.evidence import OPEN
from loopless.facts.operations import Operation, Rule, bind, lookup
from loopless.facts.scope import Scope
from loopless.finding import Span
from loopless.ir.poly import Axis, Dim, poly
from loopless.ir.value import (
    Apply,
    At,
    Comb,
    Const,
    Cut,
    Int,
    New,
    OnItem,
    Pick,
    Read,
    Reduce,
    Ref,
    Scan,
    Sub,
    Value,
    axes_of,
    sub_axes,
)
from loopless.lift.added import added_together, beside_shown
from loopless.lift.bounded import bounded
from loopless.lift.context import Lifting
from loopless.lift.stop import stop
from loopless.lift.subscript import kin_name, walked
from loopless.lift.types import type_of


def learn_stored(
    root: str, subs: tuple[Sub, ...], value: Value, span: Span, lifting: Lifting, *, plain: bool
) -> None:
    """A store into one element shows that what is stored has no dimensions."""
    rank = type_of(Read(root, subs), lifting.scope).rank
    if rank == 0:
        learn_scalar(value, lifting)
    elif rank:
        learn_item(value, rank, span, lifting, root, plain=plain)


def learn_item(
    value: Value, rank: int, span: Span, lifting: Lifting, target: str, *, plain: bool
) -> None:
    """What several loop variables store into an item of known rank has that rank, unless another operand has it.

    What a `plain` store shows is less than what is added up: a number for all places of a row is a row of numbers.
    """
    for name, dims in bounded(pointwise_leaves(value), rank, lifting):
        settle(name, dims, lifting)
    if rank == 1:
        _learn_vector(value, lifting)
    leaves = [leaf for leaf in pointwise_leaves(value) if isinstance(leaf, Read) and leaf.subs]
    scope = lifting.scope
    open_leaves = [leaf for leaf in leaves if scope.shown(leaf.root) is None]
    if any(scope.shape_root(leaf.root) == scope.shape_root(target) for leaf in open_leaves):
        # What has the target's own shape shows nothing of it.
        return
    if not open_leaves:
        return
    if any(type_of(leaf, lifting.scope).rank == rank for leaf in pointwise_leaves(value)):
        if plain:
            _refuse_beside_rows(open_leaves, axes_of(value), span, lifting)
        return
    if any(_is_whole(leaf, lifting.scope) for leaf in pointwise_leaves(value)):
        return
    if _leaves_unsure(list(pointwise_leaves(value)), span, lifting):
        # `out[i] = w[i] * v`: either of the two may have the dimensions.
        return
    if rank == 1:
        # What was folded as a whole has dimensions: more than those of what is stored it cannot have.
        folded = [leaf for leaf in open_leaves if scope.least_rank.get(leaf.root, 0) < 0]
        open_leaves = folded or open_leaves
    _refuse_one_of_several(open_leaves, span, lifting)
    if len(axes_of(value)) == 1:
        # Numbers fill an item, and rows are copied: with the axis behind the items, both come out exactly.
        return
    several = len({leaf.root for leaf in open_leaves}) > 1
    if several and not alike(open_leaves, scope):
        # One of them has the dimensions, the others may be numbers: `out[j] = w[j] * v[j]`.
        return
    if plain or several:
        for leaf in open_leaves:
            _refuse_more_than_named(leaf, rank, span, lifting)
    for leaf in open_leaves:
        learn(leaf, rank, lifting)


def _refuse_one_of_several(leaves: list[Read], span: Span, lifting: Lifting) -> None:
    """Stop where it is not known which operand has the dimensions of what is stored."""
    differ = len({walked(leaf.subs) for leaf in leaves}) > 1 and not alike(leaves, lifting.scope)
    if differ or any(_is_fixed(leaf) for leaf in leaves):
        # `x[i, 0]` may be a number, which fills the item, or a row of a larger tensor.
        name = leaves[0].root
        raise stop(
            "unknown-rank",
            f"which of the operands has the dimensions of what is stored is not known: `{name}`",
            span, f"show the shape of `{name}`, as in `n, m = {name}.shape`",
        )  # fmt: skip


def _refuse_beside_rows(
    leaves: list[Read], axes: frozenset[Axis], span: Span, lifting: Lifting
) -> None:
    """Stop where a product of an item and a row is stored: a weight is a number, a mask is a row."""
    unsure = [
        x for x in leaves if x.root not in lifting.learned and lifting.scope.least(x.root) < 2
    ]
    if len(axes) > 1 and unsure:
        name = unsure[0].root
        raise stop(
            "unknown-rank", f"whether items of `{name}` are numbers or rows is not known", span,
            f"show the shape of `{name}`, as in `n, m = {name}.shape`",
        )  # fmt: skip


def check_appended(value: Value, span: Span, lifting: Lifting) -> None:
    """Stop where it is not known whether an item fills a row that is collected, or has the dimensions of its own."""
    leaves = [leaf for leaf in pointwise_leaves(value) if isinstance(leaf, Read) and leaf.subs]
    unshown = [leaf for leaf in leaves if lifting.scope.shown(leaf.root) is None]
    if any(type_of(leaf, lifting.scope).rank for leaf in leaves if leaf not in unshown):
        _refuse_beside_rows(unshown, axes_of(value), span, lifting)


def _is_fixed(read: Read) -> bool:
    """Whether one place along a dimension is taken, beside others."""
    return len(read.subs) > 1 and any(isinstance(s, At) and not s.poly.axes() for s in read.subs)


def alike(leaves: list[Read], scope: Scope) -> bool:
    """Whether items met in an operation on rows, so that all of them have the same rank."""
    groups = {scope.alike.get(name, name) for name in (kin_name(leaf, scope) for leaf in leaves)}
    return len(groups) == 1


def learn_added(value: Value, lifting: Lifting) -> None:
    """What several loop variables add to a row of shown rank is a row alike; along one, both come out exactly (P4)."""
    if len(lifting.open_axes) > 1:
        for item, rank in beside_shown(value, lifting.scope):
            learn(item, rank, lifting)


def learn_matrix(value: Value, lifting: Lifting) -> None:
    """What is transposed has two dimensions, and so have all items that it is computed from alike."""
    match value:
        case Ref(name) | Read(name, ()) if (
            lifting.scope.fact(name).is_tensor and lifting.scope.shown(name) is None
        ):
            settle(name, 2, lifting)
            return
        case _:
            pass
    items = [leaf for leaf in pointwise_leaves(value) if isinstance(leaf, Read) and leaf.subs]
    if len({leaf.root for leaf in items}) == 1:
        learn(items[0], 2, lifting)


def _learn_vector(value: Value, lifting: Lifting) -> None:
    """A product with a matrix that is stored into a row is a product of a vector."""
    match value:
        case OnItem("torch.matmul", (left, right)):
            if type_of(right, lifting.scope).rank == 2:
                learn(left, 1, lifting)
            elif type_of(left, lifting.scope).rank == 2:
                learn(right, 1, lifting)
        case _:
            pass


def learn_rows(
    name: str,
    args: tuple[Value, ...],
    keywords: tuple[tuple[str, Value], ...],
    span: Span,
    lifting: Lifting,
) -> None:
    """An operation on an item's own dimensions shows that it has some."""
    known = lookup(name)
    if known is None:
        return
    if _folds_all(known, args, keywords):
        learn_any(args[0], span, lifting)
        return
    rank = max(
        known.item_rank or 0, known.last, 1 if known.rule in {Rule.REDUCE, Rule.ALONG} else 0
    )
    if known.ranks:
        rank = max(known.ranks)
    if rank and args:
        leaves = list(pointwise_leaves(args[0]))
        open_leaves = [
            x
            for x in leaves
            if isinstance(x, Read) and x.subs and lifting.scope.shown(x.root) is None
        ]
        if any(_is_whole(leaf, lifting.scope) for leaf in leaves):
            return
        if known.rule is Rule.REDUCE and any(_moving(leaf.subs) for leaf in open_leaves):
            # A dim of a slice is named because there may be others.
            return
        if any((type_of(leaf, lifting.scope).rank or 0) >= rank for leaf in leaves):
            # Beside a row, what is added to it is a row too; what it is multiplied by may be a number (P4).
            added = set(pointwise_leaves(args[0], ("+", "-", "neg", "**", "where")))
            open_leaves = [leaf for leaf in open_leaves if leaf in added]
            most = max(type_of(leaf, lifting.scope).rank or 0 for leaf in leaves)
            for leaf in open_leaves:
                _refuse_more_than_named(leaf, most, span, lifting)
                learn(leaf, most, lifting)
            return
        if _leaves_unsure(leaves, span, lifting):
            return
        if len(lifting.open_axes) == 1 and not known.ranks:
            # Along one loop variable nothing is presumed of what meets in an operation on rows (P4).
            return
        # Items that meet in an operation on rows are rows alike (P4).
        for leaf in open_leaves:
            if not (known.ranks or known.last or rank > 1):
                _refuse_more_than_named(leaf, rank, span, lifting)
            learn(leaf, rank, lifting)
        if known.ranks and len(known.ranks) > 1 and len(args) > 1:
            for leaf in pointwise_leaves(args[1]):
                learn(leaf, known.ranks[1], lifting)


def _folds_all(
    known: Operation, args: tuple[Value, ...], keywords: tuple[tuple[str, Value], ...]
) -> bool:
    """Whether an operation folds whole items, of any rank: `x[i].mean()`."""
    if known.rule is not Rule.REDUCE or known.ranks or known.last or not args:
        return False
    bound = bind(known, args, dict(keywords))
    return bound is not None and not any(
        name in bound and bound[name] != Const(None) for name in known.dims
    )


def learn_any(value: Value, span: Span, lifting: Lifting) -> None:
    """What is folded as a whole has dimensions, one or many: the exact form asks for no number of them."""
    scope = lifting.scope
    leaves = list(pointwise_leaves(value))
    if any(_is_whole(leaf, scope) for leaf in leaves):
        return
    if _leaves_unsure(leaves, span, lifting):
        return
    items = [leaf for leaf in leaves if isinstance(leaf, Read) and leaf.subs]
    # Pairs of items by one subscript each are rows, where no form is exact for every rank (P4).
    rows = lifting.rows and len(axes_of(value)) > 1 and all(len(x.subs) == 1 for x in items)
    shown = [type_of(item, scope).rank or 0 for item in items if scope.shown(item.root) is not None]
    for leaf in items:
        if scope.shown(leaf.root) is not None or (scope.rank(leaf.root) or 0) > len(leaf.subs):
            continue
        if rows:
            learn(leaf, max(shown, default=0) or 1, lifting)
        elif lifting.clean:
            learn(leaf, 1, lifting)
            lifting.assume(f"`{leaf.root}` has {len(leaf.subs) + 1} axes")
        else:
            scope.least_rank = {**scope.least_rank, leaf.root: OPEN}
    # Items that meet in an operation on rows are rows alike; along one loop variable only those that are added (P4).
    several = len(lifting.open_axes) > 1
    for group in [tuple(items)] if several else added_together(value):
        names = [kin_name(leaf, scope) for leaf in group]
        for name in names[1:]:
            scope.alike = joined(scope.alike, names[0], name)


def _leaves_unsure(leaves: list[Value], span: Span, lifting: Lifting) -> bool:
    """Whether there is what is not known to be a number: it may have dimensions of its own beside the item's."""
    unknown = next(
        (
            x.text
            for x in leaves
            if isinstance(x, Ref) and lifting.scope.fact(x.text).kind == "unknown"
        ),
        None,
    )
    if unknown is None or unknown.startswith("float(") or len(leaves) < 2:
        return False
    lifting.unsure = f"whether `{unknown}` is a number or a tensor is not known"
    if lifting.clean:
        raise stop("unknown-rank", lifting.unsure, span, f"annotate `{unknown}`")
    return True


def joined(alike: Mapping[str, str], one: str, other: str) -> Mapping[str, str]:
    """`alike` with the groups of both in one."""
    kept, gone = alike.get(one, one), alike.get(other, other)
    members = {name for name, group in alike.items() if group == gone} | {other, gone}
    return {**alike, one: kept, **dict.fromkeys(members, kept)}


def _refuse_more_than_named(leaf: Read, rank: int, span: Span, lifting: Lifting) -> None:
    """Stop where an operation that also works on numbers would be the only sign of further dimensions.

    Subscripts or sizes name two dimensions or more: then there are no others (P4), and the item is a number. What the
    operation says against that is weaker, and neither is sure.
    """
    least = lifting.scope.least(leaf.root)
    if least > 1 and len(leaf.subs) + rank > least:
        raise stop(
            "unknown-rank", f"whether items of `{leaf.root}` are numbers or rows is not known", span,
            f"show the shape of `{leaf.root}`, as in `n, m = {leaf.root}.shape`",
        )  # fmt: skip


def learn(value: Value, rank: int, lifting: Lifting) -> None:
    """A tensor read in a pointwise expression has items of this rank, if nothing says otherwise."""
    match value:
        case Read(root, subs) if subs and lifting.scope.shown(root) is None:
            if all(isinstance(s, At | Pick) for s in subs):
                settle(root, len(subs) + rank, lifting)
            elif rank <= sum(isinstance(s, Cut) for s in subs) and _moving(subs):
                # A slice that moves is a row as it stands.
                settle(root, sum(not isinstance(s, New) for s in subs), lifting)
        case _:
            pass


def _moving(subs: tuple[Sub, ...]) -> bool:
    return any(isinstance(s, Cut) and sub_axes((s,)) for s in subs)


def settle(root: str, rank: int, lifting: Lifting) -> None:
    """Note that a tensor has this rank, if nothing in the file says otherwise."""
    if root in lifting.learned:
        return
    lifting.learned[root] = rank
    fact = lifting.scope.names.get(root, lifting.scope.fact(root))
    if fact.is_tensor and fact.like is None:
        dims = tuple(poly(Dim(root, k)) for k in range(rank))
        lifting.scope.names[root] = fact.but(dims=dims, dtype=fact.dtype or f"of:{root}")


def learn_scalar(value: Value, lifting: Lifting) -> None:
    """The value is a single number: the tensors read in it are subscripted in full."""
    match value:
        case Read(root, subs) if subs and lifting.scope.shown(root) is None:
            if all(isinstance(s, At | Pick) for s in subs):
                settle(root, len(subs), lifting)
            _learn_places(subs, lifting)
        case Read(_, subs) if subs:
            _learn_places(subs, lifting)
        case Apply(_, args):
            for arg in args:
                learn_scalar(arg, lifting)
        case OnItem("part", (inner, _)):
            learn_scalar(inner, lifting)
        case OnItem("within", (whole, Read(_, places))):
            _learn_from_places(whole, places, lifting)
            _learn_places(places, lifting)
        case OnItem(op, (arg, *_)) if _folds_one_dim(op, value):
            # One dimension is folded away and none is left.
            for leaf in pointwise_leaves(arg):
                learn(leaf, 1, lifting)
        case Reduce(_, _, inner) | Scan(_, _, inner) | Comb(_, _, inner):
            learn_scalar(inner, lifting)
        case _:
            pass


def _learn_places(subs: tuple[Sub, ...], lifting: Lifting) -> None:
    """What is looked up in full is looked up at single places."""
    for sub in subs:
        if isinstance(sub, Pick):
            learn_scalar(sub.value, lifting)


def _learn_from_places(whole: Value, places: tuple[Sub, ...], lifting: Lifting) -> None:
    """No dimension is left of a result: the item that it has the rank of has as many as there are places."""
    if not all(isinstance(place, At | Pick) for place in places):
        return
    match whole:
        case OnItem("part", (inner, _)):
            _learn_from_places(inner, places, lifting)
        case OnItem(op, (item, *_)) if (known := lookup(op)) and known.rule is Rule.ALONG:
            for leaf in pointwise_leaves(item):
                learn(leaf, len(places), lifting)
        case _:
            pass


def _folds_one_dim(op: str, value: OnItem) -> bool:
    """`sum(dim=0)` of what is left a number: its operand has one dimension."""
    known = lookup(op)
    given = dict(value.keywords)
    # Which of the values in order is asked for takes nothing away, nor does it add anything.
    alone = len(value.args) == 1 or op.endswith(".kthvalue")
    one = isinstance(given.get("dim"), Int) and alone
    return known is not None and known.rule is Rule.REDUCE and one and "keepdim" not in given


def pointwise_leaves(value: Value, through: tuple[str, ...] = ()) -> Iterator[Value]:
    """The operands of a pointwise expression; given `through`, only those under these operations."""
    match value:
        case Apply(op) if through and op not in through and len(value.args) > 1:
            pass
        case Apply("where", (_, then, otherwise)):
            yield from pointwise_leaves(then, through)
            yield from pointwise_leaves(otherwise, through)
        case Apply(_, args):
            for arg in args:
                yield from pointwise_leaves(arg, through)
        case Reduce(_, _, body) | Scan(_, _, body) | Comb(_, _, body):
            yield from pointwise_leaves(body, through)
        case _:
            yield value


def _is_whole(value: Value, scope: Scope) -> bool:
    """A whole tensor of unknown rank, or the result of an operation whose rank is not known."""
    kind = type_of(value, scope)
    return (
        kind.is_tensor and kind.rank is None and not (isinstance(value, Read) and bool(value.subs))
    )
