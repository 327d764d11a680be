"""Offsets, lines and columns, and edits that keep them right."""

import random

import pytest

from loopless.finding import Edit, Span
from loopless.source.edits import applied, diff, edits_between
from loopless.source.text import Position, SourceText

TEXT = "a = 'é'\r\nb = '𝄞x'\rc\n\n'end"


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 9), ("utf-16", 7), ("utf-32", 6)])
def test_columns_count_units_of_the_encoding(encoding, column):
    source = SourceText.of(TEXT)
    offset = TEXT.index("x")
    assert source.position(offset, encoding) == Position(1, column)
    assert source.offset(Position(1, column), encoding) == offset


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_every_offset_comes_back(encoding):
    source = SourceText.of(TEXT)
    for offset in range(len(TEXT) + 1):
        if TEXT[max(offset - 1, 0) : offset + 1] == "\r\n":
            continue  # between the two there is no position
        assert source.offset(source.position(offset, encoding), encoding) == offset


def test_a_position_past_an_end_is_that_end():
    source = SourceText.of("ab\ncd")
    assert source.offset(Position(0, 99)) == 2
    assert source.offset(Position(9, 0)) == 5


def test_a_column_inside_a_character_is_its_start():
    assert SourceText.of("𝄞").offset(Position(0, 1), "utf-16") == 0


def test_edits_keep_the_lines_of_a_fresh_reading():
    rng = random.Random(7)
    source = SourceText.of("")
    for _ in range(4000):
        start = rng.randint(0, len(source.text))
        end = min(len(source.text), start + rng.choice((0, 0, 1, 2, 5)))
        new = "".join(rng.choice("a\n\ré𝄞\n\r") for _ in range(rng.choice((0, 1, 1, 2, 4))))
        source = source.replaced(Span(start, end), new)
        assert source == SourceText.of(source.text)


def test_edits_between_two_texts_make_one_of_the_other():
    rng = random.Random(3)
    for _ in range(500):
        old = "".join(rng.choice("ab\n") for _ in range(rng.randint(0, 30)))
        new = "".join(rng.choice("ab\n") for _ in range(rng.randint(0, 30)))
        assert applied(old, edits_between(old, new)) == new


def test_edits_between_leave_alone_what_is_the_same():
    old = "".join(f"{line}\n" for line in range(1000))
    new = old.replace("500\n", "five hundred\n")
    at = old.index("500\n")
    assert edits_between(old, new) == (Edit(Span(at, at + 4), "five hundred\n"),)


def test_a_diff_tells_of_a_missing_line_break_at_the_end():
    assert diff("a", "b", "f").splitlines()[-4:] == [
        "-a",
        "\\ No newline at end of file",
        "+b",
        "\\ No newline at end of file",
    ]
