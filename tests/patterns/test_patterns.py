"""Every pattern's page: its example is rewritten to the promised text, and both texts give the same values.

`python -m tests.patterns` writes the promised texts again from what the line makes of the examples.
"""

from __future__ import annotations

import re

import pytest

from loopless.catalog import PATTERNS, pattern_by_slug
from loopless.page import page_of
from loopless.pattern import Pattern
from tests.harness.compare import compare_texts
from tests.harness.inputs import PLAN
from tests.patterns.pages import Promise, promises

CORE = tuple(sample for sample in PLAN if sample.core)
PROMISES = promises()
every_promise = pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.slug)
every_pattern = pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.slug)


@every_promise
def test_the_example_becomes_what_its_page_says(promise: Promise) -> None:
    assert promise.rewritten().text == promise.after


@every_promise
def test_the_example_is_called_by_the_name_of_its_page(promise: Promise) -> None:
    assert [slug for slug, _ in promise.rewritten().applied] == [promise.slug]


@every_promise
def test_both_texts_of_the_example_give_the_same(promise: Promise) -> None:
    verdict = compare_texts(promise.before, promise.after, promise.inputs, CORE)
    assert verdict.counted
    assert not [each for each in verdict.differences if not each[1].rounding]


@every_pattern
def test_the_page_says_when_it_holds_and_what_may_change(pattern: Pattern) -> None:
    title, _, rest = pattern.doc.partition("\n")
    assert title == f"{pattern.title}."
    assert re.search(r"^Holds when:\n\n- ", rest, re.MULTILINE)
    assert re.search(r"^May change: ", rest, re.MULTILINE)
    assert max(map(len, pattern.doc.splitlines())) <= 120


@every_pattern
def test_the_page_can_be_taken_apart(pattern: Pattern) -> None:
    page = page_of(pattern.slug)
    assert page is not None
    assert re.fullmatch(r"[A-Z][^\n]+\.", page.about)
    assert all(re.fullmatch(r"[^\n]*[^;.\n]", item) for item in page.holds)
    assert page.holds
    assert page.change.endswith(".")
    assert "```" not in " ".join((page.about, *page.holds, page.change, page.memory))


@every_pattern
def test_every_pattern_has_an_example(pattern: Pattern) -> None:
    assert pattern.slug in {promise.slug for promise in PROMISES}


@every_promise
def test_the_sentence_is_one_line(promise: Promise) -> None:
    (finding,) = promise.rewritten().analysis.findings
    assert re.fullmatch(r"[^\n]{10,120}", finding.message)
    assert "``" not in finding.message


def test_a_pattern_is_found_by_its_slug() -> None:
    assert all(pattern_by_slug(pattern.slug) is pattern for pattern in PATTERNS)
    assert pattern_by_slug("no-such-pattern") is None
