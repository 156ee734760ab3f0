"""How much rests on each line of the paper, and that no line of the body is passed over."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from kg import build as building
from kg.build import build
from kg.coverage import BODY, LineCoverage, compare, cover, to_csv, uncovered
from kg.errors import CheckError, InputError
from kg.namespaces import PREFIXES
from kg.passages import SECTIONS, fingerprint, parse_span, read_paper, render_records, spans_used
from kg.release import Release
from kg.resources import ontology_dir, shapes_dir
from kg.store import OxigraphStore

LINES = ["The first line.", "The second.", "A third, with a word more.", "The last."]
COUNTS = ("claims", "signals", "cases", "citations")


def small(*uses: str) -> OxigraphStore:
    """A store with two passages of four lines, and something that rests on them."""
    aa, passage, rdf = PREFIXES["aa"], PREFIXES["passage"], PREFIXES["rdf"]
    lines = []
    for name in ("1-3", "3"):
        span = parse_span(name)
        iri = f"<{passage}{name}>"
        lines += [
            f"{iri} <{rdf}type> <{aa}Passage> .",
            f'{iri} <{aa}sha256> "{fingerprint(LINES[span.start - 1 : span.end])}" .',
        ]
    for number, use in enumerate(uses):
        cls, name = use.split()
        thing = f"<https://example.org/{number}>"
        lines += [
            f"{thing} <{rdf}type> <{aa}{cls}> .",
            f"{thing} <{aa}evidence> <{passage}{name}> .",
        ]
    store = OxigraphStore()
    store.load("\n".join(lines).encode())
    return store


def test_what_rests_on_a_passage_rests_on_each_of_its_lines() -> None:
    first, second, third, fourth, *rest = cover(small("Claim 1-3", "Claim 3", "SignalType 3"))
    assert (first.claims, first.signals, first.narrowest) == (1, 0, "1-3")
    assert (second.claims, second.signals, second.narrowest) == (1, 0, "1-3")
    assert (third.claims, third.signals, third.narrowest) == (2, 1, "3")
    assert (fourth.count, fourth.narrowest) == (0, "")
    assert len(rest) == BODY - 4


def test_a_citation_counts_by_itself() -> None:
    first = cover(small("Citation 1-3", "Claim 1-3"))[0]
    assert (first.citations, first.claims, first.cases, first.count) == (1, 1, 0, 2)


def test_a_passage_on_which_nothing_rests_covers_nothing() -> None:
    lines = cover(small("Claim 3"))
    assert [line.line for line in lines if line.count] == [3]
    assert uncovered(lines) == [line for line in range(1, BODY + 1) if line != 3]


def test_a_changed_word_is_found_in_each_passage_that_holds_it() -> None:
    store = small()
    assert compare(store, LINES) == (2, [])
    assert compare(store, ["Another first line.", *LINES[1:]]) == (2, ["1-3"])
    count, wrong = compare(store, [*LINES[:2], "A third.", LINES[3]])
    assert (count, sorted(wrong)) == (2, ["1-3", "3"])
    assert compare(store, [*LINES[:3], "Another last."]) == (2, [])


def test_the_table_has_a_row_for_every_line() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(cover(small("Claim 1-3"))), newline="")))
    assert len(rows) == BODY
    assert rows[0] == {
        "line": "1",
        "section": "opening",
        "claims": "1",
        "signals": "0",
        "cases": "0",
        "citations": "0",
        "narrowest": "1-3",
    }


def test_the_releases_table_is_that_of_its_store(release: Release) -> None:
    lines = cover(release.store)
    written = (release.folder / "coverage.csv").read_bytes()
    assert written == to_csv(lines).encode()
    assert written.count(b"\r\n") == BODY + 1
    # every kind of thing rests on something somewhere
    for name in COUNTS:
        assert sum(getattr(line, name) for line in lines) > 30, name


def test_lines_are_in_sections_and_in_the_passages_that_hold_them(release: Release) -> None:
    lines = cover(release.store)
    assert {line.section for line in lines} == {name for _, name in SECTIONS} - {"references"}
    for line in lines:
        span = parse_span(line.narrowest)
        assert span.start <= line.line <= span.end


def test_the_opening_and_the_first_two_alliances_rest_on_claims(release: Release) -> None:
    """The part that is complete first: each of its lines is claimed or told of in a case."""
    lines = cover(release.store)[:288]
    assert [line.line for line in lines if not line.claims + line.cases] == []


@pytest.mark.slow
def test_a_line_on_which_nothing_rests_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_less(_: object) -> list[LineCoverage]:
        return [LineCoverage(7, "opening", 0, 0, 0, 0, "")]

    monkeypatch.setattr(building, "cover", one_less)
    out = tmp_path / "release"
    with pytest.raises(CheckError) as caught:
        build(out, reason=False)
    assert caught.value.problems == ("line 7 of the paper: nothing rests on it",)
    assert not out.exists()
    assert list(tmp_path.iterdir()) == [], "nothing half written stays behind"


def test_the_records_are_those_that_the_paper_gives(paper: Path) -> None:
    spans = spans_used(ontology_dir(), shapes_dir())
    assert len(spans) > 400
    written = (ontology_dir() / "sources" / "passages.ttl").read_text(encoding="utf-8")
    assert written == render_records(spans, read_paper(paper)), "run 'make passages'"


def test_a_use_of_no_passage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "slip.ttl").write_text("<a> aa:evidence passage:9-3 .\n")
    with pytest.raises(InputError, match="9-3"):
        spans_used(tmp_path)
