"""The patterns, in the order in which they are tried. The only import of `loopless_patterns`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from loopless.facts.scope import Scope
from loopless.lift.piece import Append, Define, Piece
from loopless.pattern import Collected, Pattern, Subject
from loopless_patterns import (
    any_all,
    arg_extremum,
    closed_form,
    collected_numbers,
    conditional_choice,
    constant_fill,
    contraction,
    count,
    device_transfer,
    diagonal,
    element_gather,
    elementwise,
    extremum,
    filtered_append,
    first_hit,
    host_read,
    inner_loop,
    joined_rows,
    last_value,
    length_mask,
    masked_update,
    mean,
    pairwise,
    per_item_call,
    plain_copy,
    prefix_scan,
    previous_value,
    product_reduction,
    recurrence_prefix,
    reshaped_copy,
    reversed_copy,
    row_gather,
    row_operation,
    scatter_add,
    scatter_store,
    stacked_rows,
    stencil,
    sum_reduction,
    transposed_copy,
    triangle,
    window,
)

# The `Any` is the one place where the kinds of evidence meet. From special to general.
PATTERNS: tuple[Pattern[Any], ...] = (
    inner_loop.PATTERN,
    first_hit.PATTERN,
    scatter_add.PATTERN,
    scatter_store.PATTERN,
    recurrence_prefix.PATTERN,
    prefix_scan.PATTERN,
    arg_extremum.PATTERN,
    extremum.PATTERN,
    any_all.PATTERN,
    count.PATTERN,
    product_reduction.PATTERN,
    reshaped_copy.PATTERN,
    window.PATTERN,
    mean.PATTERN,
    contraction.PATTERN,
    pairwise.PATTERN,
    sum_reduction.PATTERN,
    filtered_append.PATTERN,
    previous_value.PATTERN,
    per_item_call.PATTERN,
    row_operation.PATTERN,
    device_transfer.PATTERN,
    host_read.PATTERN,
    element_gather.PATTERN,
    row_gather.PATTERN,
    length_mask.PATTERN,
    triangle.PATTERN,
    masked_update.PATTERN,
    conditional_choice.PATTERN,
    stencil.PATTERN,
    diagonal.PATTERN,
    transposed_copy.PATTERN,
    reversed_copy.PATTERN,
    plain_copy.PATTERN,
    joined_rows.PATTERN,
    stacked_rows.PATTERN,
    collected_numbers.PATTERN,
    constant_fill.PATTERN,
    closed_form.PATTERN,
    last_value.PATTERN,
    elementwise.PATTERN,
)

# Not included:
#   comprehension: a comprehension is lifted to the same pieces as the loop that it abbreviates.
#   einsum: named after the call, not the computation; `contraction` covers every layout.
#   linear recurrence: x[t] = a * x[t - 1] + b needs a division that loses digits; the loop is kept.
#   variance: one pass of sums of squares cancels; the loop's two sums are two findings as it is.
#   random rows: one large draw is not the numbers of many small ones.

# What a loop leaves besides its work names a finding only where there is nothing else.
BESIDES = (last_value.PATTERN, closed_form.PATTERN)
LONGEST = 110


class Collects(Protocol):
    """The call that makes a tensor of a list, as the stage that prints it knows it."""

    @property
    def function(self) -> str:
        """Which call: "torch.stack", "torch.cat" or "torch.tensor"."""
        ...


def pattern_by_slug(slug: str) -> Pattern[Any] | None:
    """The pattern that reports `slug`, or None."""
    return next((pattern for pattern in PATTERNS if pattern.slug == slug), None)


def slug_of(
    pieces: Sequence[Piece], collectors: Sequence[tuple[Append, Collects]], scope: Scope
) -> tuple[str, str]:
    """The slug of the most special pattern that knows a piece, and its sentence; then that of one other piece."""
    subjects: list[Subject] = [Collected(append, call.function) for append, call in collectors]
    subjects += [piece for piece in pieces if not isinstance(piece, Append)]
    found = [(*_recognized(each, scope), isinstance(each, Define)) for each in subjects]
    for besides in BESIDES:
        found = [each for each in found if each[0] is not besides] or found
    if not found:
        return last_value.PATTERN.slug, "what the loop leaves is known without running it"
    found.sort(key=lambda each: (PATTERNS.index(each[0]), each[2]))
    first, *others = [each[1] for at, each in enumerate(found) if at == 0 or not each[2]]
    both = f"{first}; {others[0]}" if others and others[0] != first else first
    return found[0][0].slug, both if len(both) <= LONGEST else first


def _recognized(subject: Subject, scope: Scope) -> tuple[Pattern[Any], str]:
    """The first pattern that knows a piece, and its sentence."""
    for pattern in PATTERNS:
        sentence = pattern.sentence(subject, scope)
        if sentence is not None:
            return pattern, sentence
    raise AssertionError("the last pattern knows every piece")
