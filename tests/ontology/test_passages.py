"""Passages and their fingerprints, and what of the paper something rests on."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.coverage import BODY, compare, cover, uncovered
from kg.errors import InputError
from kg.passages import SECTIONS, Span, fingerprint, parse_span, read_paper, section_of
from kg.release import Release

words = st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1, max_size=8)


@settings(deadline=None)
@given(words, st.sampled_from([" ", "  ", "\n", " – ", "\u201f ", ", "]))
def test_layout_and_punctuation_do_not_matter(text: list[str], between: str) -> None:
    assert fingerprint([between.join(text)]) == fingerprint(text)


@settings(deadline=None)
@given(words, st.text(st.characters(categories=["Ll"], max_codepoint=0x7A), min_size=1))
def test_another_word_matters(text: list[str], more: str) -> None:
    assert fingerprint([*text, more]) != fingerprint(text)


@settings(deadline=None)
@given(st.integers(1, BODY), st.integers(0, 20))
def test_a_name_is_read_as_it_is_written(start: int, length: int) -> None:
    span = Span(start, min(start + length, 521))
    assert parse_span(span.name) == span


@pytest.mark.parametrize(
    "name", ["", "0", "9-3", "5-5", "522", "1-600", "a", "1-", "-1", "01", "1–2"]
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="names no passage"):
        parse_span(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a \ufb01ne caf\u00e9", "a fine cafe\u0301"),
        ("Self-Object", "self object"),
        ("the \u2018good\u2019 object", "the 'good' object"),
        ("ALLIANCE", "alliance"),
    ],
)
def test_another_way_of_printing_the_same_words_does_not_matter(one: str, other: str) -> None:
    assert fingerprint([one]) == fingerprint([other])


def test_the_words_of_two_lines_do_not_run_together() -> None:
    assert fingerprint(["self", "object"]) != fingerprint(["selfobject"])
    assert fingerprint([]) == fingerprint(["", " "]) == fingerprint(["..."])


def test_sections_are_in_order_and_cover_all() -> None:
    ends = [last for last, _ in SECTIONS]
    assert ends == sorted(ends)
    assert section_of(Span(1, 2)) == "opening"
    assert section_of(Span(132, 139)) == "magical alliance: Ms. L"
    assert section_of(Span(521, 521)) == "references"


def test_something_rests_on_every_line_of_the_body(release: Release) -> None:
    lines = cover(release.store)
    assert len(lines) == BODY == 495
    assert uncovered(lines) == []
    assert lines[89].line == 90
    assert lines[89].narrowest == "90"


def test_every_passage_fits_the_paper(release: Release, paper: Path) -> None:
    lines = read_paper(paper)
    count, wrong = compare(release.store, lines)
    assert count > 400
    assert wrong == []
    lines[89] = "another line altogether"
    _, wrong = compare(release.store, lines)
    assert "90" in wrong
    assert all(parse_span(name).start <= 90 <= parse_span(name).end for name in wrong)


def test_what_is_no_copy_is_refused(tmp_path: Path) -> None:
    short = tmp_path / "short.txt"
    short.write_text("one line\n")
    with pytest.raises(InputError, match="521"):
        read_paper(short)
    binary = tmp_path / "binary.txt"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_paper(binary)
    with pytest.raises(InputError):
        read_paper(tmp_path / "missing.txt")
