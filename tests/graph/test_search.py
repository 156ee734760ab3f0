"""What a search finds, in which order, and how fast."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import StoreError
from kg.namespaces import KINDS
from kg.release import Release
from kg.search import LONGEST_QUERY, Found, SearchIndex, plain, write_index
from kg.store import OxigraphStore


@pytest.fixture(scope="module")
def index(release: Release) -> SearchIndex:
    return SearchIndex(release.folder / "search.sqlite")


def names(found: Found) -> list[str]:
    return [f"{hit.kind}/{hit.name}" for hit in found.hits]


def best(index: SearchIndex, query: str) -> str:
    found = index.search(query)
    assert found.hits, query
    return names(found)[0]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("magical alliance", "concept/magical-alliance"),
        ("Magical Alliances", "concept/magical-alliance"),
        ("alliance", "concept/alliance"),
        ("selfobject", "concept/selfobject"),
        ("self object", "concept/selfobject"),
        ("self-objects", "concept/selfobject"),
        ("idealising transference", "concept/idealizing-transference"),
        ("defensive idealisation", "concept/defensive-idealization"),
        ("counseling", "concept/counselling"),
        ("counselling", "concept/counselling"),
        ("cognitive behavioural therapy", "concept/cognitive-behavioral-therapy"),
        ("working through", "concept/working-through"),
        ("Ms. L", "case/ms-l"),
        ("K", "case/k"),
        ("peggy", "case/peggy"),
        ("Kohut 1971", "source/kohut-1971"),
        ("R12", "shape/R12"),
        ("has episode", "ontology/hasEpisode"),
        ("visits grow longer", "signal/visits-grow-longer"),
        ("sígnals of shift", "question/signals-of-shift"),
        ("shift from magical to working", "concept/shift-magical-to-working"),
        ("what does the word selfobject mean", "concept/selfobject"),
    ],
)
def test_what_is_meant_comes_first(index: SearchIndex, query: str, first: str) -> None:
    if query.startswith("what does"):
        assert first in names(index.search(query))
    else:
        assert best(index, query) == first


@pytest.mark.parametrize(
    ("typed", "meant", "first"),
    [
        ("defensve idaelisation", "defensive idealization", "concept/defensive-idealization"),
        ("magcal aliance", "magical alliance", "concept/magical-alliance"),
        ("transfrence", "transference", "concept/transference"),
        (
            "strucutralizing alliance",
            "structuralizing alliance",
            "concept/structuralizing-alliance",
        ),
        ("workingalliance", "working alliance", "concept/working-alliance"),
    ],
)
def test_slips_are_taken_for_what_is_meant(
    index: SearchIndex, typed: str, meant: str, first: str
) -> None:
    found = index.search(typed)
    assert first in names(found)
    assert found.searched == meant
    assert names(found)[0] == first


def test_words_as_they_are_written_are_no_slips(index: SearchIndex) -> None:
    for query in ("magical alliance", "idealising", "the alliance", "structuraliz"):
        assert index.search(query).searched == ""


def test_the_beginning_of_a_word_finds_it(index: SearchIndex) -> None:
    found = index.search("structurali")
    assert found.total > 20
    assert found.searched == ""
    assert "concept/structuralizing-alliance" in names(found)


def test_all_words_count_and_where_nothing_has_all_some_do(index: SearchIndex) -> None:
    both = index.search("magical alliance")
    one = index.search("magical")
    assert both.every_word
    assert 0 < both.total < one.total
    neither = index.search("parishioner prozac twinship")
    assert not neither.every_word
    assert neither.total > 2
    assert not index.search("magical zzqqxx").every_word


def test_words_that_say_little_do_not_narrow(index: SearchIndex) -> None:
    assert (
        index.search("what is the magical alliance").total == index.search("magical alliance").total
    )
    assert index.search("who is the").total > 0


@pytest.mark.parametrize(
    "kind",
    ["concept", "ontology", "case", "source", "signal", "claim", "question", "shape", "mapping"],
)
def test_every_kind_of_thing_is_found_by_its_label(
    index: SearchIndex, release: Release, kind: str
) -> None:
    entries = release.catalog.of_kind(kind)
    assert entries
    for entry in entries[:: max(1, len(entries) // 15)]:
        found = index.search(entry.label, kind=kind, limit=60)
        assert f"{kind}/{entry.name}" in names(found), entry.label


def test_other_names_and_notes_are_searched(index: SearchIndex, release: Release) -> None:
    with_names = [e for e in release.catalog.of_kind("concept") if e.alternatives]
    assert len(with_names) > 100
    for entry in with_names[::20]:
        for name in entry.alternatives:
            assert f"concept/{entry.name}" in names(index.search(name, kind="concept")), name
    assert "claim/visits-grow-longer-indicates-magical-to-working" in names(
        index.search("she stays longer", kind="claim")
    )


def test_parts_of_cases_are_found(index: SearchIndex) -> None:
    assert any(
        name.startswith("case/ms-l/") for name in names(index.search("ready to burst", kind="case"))
    )


def test_passages_are_left_out(index: SearchIndex) -> None:
    assert not any("/passage/" in name for name in names(index.search("lines", limit=3000)))


def test_kinds_and_classes_are_counted_and_chosen(index: SearchIndex) -> None:
    every = index.search("alliance", limit=3000)
    assert every.total == len(every.hits) == sum((every.kinds or {}).values())
    assert set(every.kinds or {}) <= set(KINDS)
    for kind, count in (every.kinds or {}).items():
        chosen = index.search("alliance", kind=kind, limit=3000)
        assert chosen.total == count
        assert {hit.kind for hit in chosen.hits} == {kind}
        assert chosen.kinds == every.kinds
    concepts = index.search("alliance", kind="concept")
    assert (concepts.classes or {})["AllianceConcept"] > 3
    alliances = index.search("alliance", kind="concept", cls="AllianceConcept", limit=100)
    assert alliances.total == (concepts.classes or {})["AllianceConcept"]
    assert all("AllianceConcept" in hit.classes for hit in alliances.hits)


def test_pages_together_are_the_whole(index: SearchIndex) -> None:
    whole = names(index.search("alliance", limit=3000))
    parts = [
        name
        for start in range(0, len(whole), 50)
        for name in names(index.search("alliance", offset=start, limit=50))
    ]
    assert parts == whole
    assert len(set(whole)) == len(whole) > 100
    assert index.search("alliance", offset=100_000).hits == ()


def test_what_was_looked_for_is_marked(index: SearchIndex) -> None:
    hit = index.search("idealising transferences").hits[0]
    assert [piece for piece, marked in hit.label if marked] == ["idealizing", "transference"]
    assert plain(hit.label) == "idealizing transference"
    noted = [hit for hit in index.search("grotesque").hits if hit.kind == "case"]
    assert noted
    assert ("grotesque", True) in noted[0].snippet


def test_a_snippet_is_cut_to_what_stands_around(index: SearchIndex) -> None:
    hits = index.search("client therapist", limit=400).hits
    assert len(hits) > 100
    assert all(len(plain(hit.snippet)) < 300 for hit in hits)
    cut = [hit for hit in hits if plain(hit.snippet).startswith("… ")]
    assert cut
    assert all(any(marked for _, marked in hit.snippet) for hit in cut)


@pytest.mark.parametrize("query", ["", "   ", "!?", "\x00", '"', "*", "()", "\u200b\u202e", "-"])
def test_no_words_find_nothing(index: SearchIndex, query: str) -> None:
    assert index.search(query) == Found()
    assert index.complete(query) == []


@pytest.mark.parametrize(
    "query",
    [
        'magical" OR "alliance',
        "magical AND",
        "NOT magical",
        "NEAR(magical alliance, 2)",
        "label:magical",
        "{label names}: magical",
        "^magical",
        "magic*",
        "magical + alliance",
        "magical'; DROP TABLE document; --",
        "-magical",
        "magical\x00alliance",
        "ma\u00adgical",
        "мagical alliance",
        "移情 magical",
        "magical \ud800",
    ],
)
def test_signs_mean_nothing(index: SearchIndex, query: str) -> None:
    found = index.search(query)
    assert found.total >= 0
    assert index.search("magical alliance").total > 50
    index.complete(query)


@given(st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_the_search(index: SearchIndex, query: str) -> None:
    found = index.search(query, limit=5)
    assert len(found.hits) <= min(5, found.total)
    for item in index.complete(query):
        assert item.text


@pytest.mark.parametrize(
    "query",
    [
        "a" * LONGEST_QUERY,
        "magical " * 1250,
        "qz" * 50 + " " + " ".join(f"w{number}rdz" for number in range(1500)),
        '"' * LONGEST_QUERY,
        "é" * LONGEST_QUERY,
        "\ufdfa" * LONGEST_QUERY,
        "self-" * 2000,
        "alliance " * 10_000_0,
    ],
)
def test_long_queries_take_little_time(index: SearchIndex, query: str) -> None:
    start = time.perf_counter()
    index.search(query)
    index.complete(query)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("magic", "magical alliance"),
        ("magical al", "magical alliance"),
        ("MAGICAL A", "magical alliance"),
        ("alli", "alliance"),
        ("struct", "structuralizing alliance"),
        ("self o", "self-organization"),
        ("self o", "selfobject"),
        ("selfob", "selfobject"),
        ("self-ob", "selfobject"),
        ("idealis", "idealizing transference"),
        ("idealising tr", "idealizing transference"),
        ("counselli", "counselling"),
        ("counseli", "counselling"),
        ("defensive idealis", "defensive idealization"),
        ("hunger", "narcissistic hunger"),
        ("koh", "H. Kohut"),
        ("ms", "Ms. L"),
        ("which signals", "Which signals indicate a shift from one alliance to another?"),
    ],
)
def test_typing_is_completed(index: SearchIndex, typed: str, wanted: str) -> None:
    found = index.complete(typed, limit=15)
    assert wanted.casefold() in [item.text.casefold() for item in found], [i.text for i in found]


def test_a_name_that_begins_so_comes_before_one_that_goes_on_so(index: SearchIndex) -> None:
    found = [item.text for item in index.complete("alliance", limit=30)]
    assert found[0] == "alliance"
    assert all(text.startswith("alliance") for text in found[:5])


def test_completions_are_of_the_kind_asked_for(index: SearchIndex) -> None:
    assert {item.kind for item in index.complete("m", kind="case")} == {"case"}
    found = index.complete("m", cls="AllianceConcept")
    assert found
    assert all("AllianceConcept" in item.classes for item in found)


def test_completing_takes_no_more_than_a_millisecond(index: SearchIndex) -> None:
    for typed in ("a", "s", "ma", "all", "therap", "magical all"):
        index.complete(typed)
        times = []
        for _ in range(50):
            start = time.perf_counter()
            index.complete(typed)
            times.append(time.perf_counter() - start)
        assert min(times) < 0.001, typed


@pytest.fixture
def written(release: Release, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "search.sqlite"
    write_index(path, release.store, release.questions.values())
    yield path


def test_the_index_is_a_function_of_the_release(release: Release, written: Path) -> None:
    assert written.read_bytes() == (release.folder / "search.sqlite").read_bytes()


def test_the_order_in_which_a_store_was_filled_does_not_matter(
    release: Release, written: Path, tmp_path: Path
) -> None:
    lines = (release.folder / "release.nq").read_text(encoding="utf-8").splitlines()
    (tmp_path / "reversed.nq").write_text("\n".join(reversed(lines)) + "\n", encoding="utf-8")
    store = OxigraphStore.from_quads(tmp_path / "reversed.nq")
    write_index(tmp_path / "other.sqlite", store, release.questions.values())
    assert (tmp_path / "other.sqlite").read_bytes() == written.read_bytes()


def test_threads_may_share_an_index(index: SearchIndex) -> None:
    wanted = names(index.search("alliance"))
    got: list[list[str]] = []

    def work() -> None:
        for _ in range(10):
            got.append(names(index.search("alliance")))
            index.complete("magi")

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 60
    assert all(found == wanted for found in got)


def test_an_index_is_never_written_to(written: Path) -> None:
    index = SearchIndex(written)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        index._connection.execute("DELETE FROM document")


@pytest.mark.parametrize("content", [None, b"", b"no database at all, but long enough" * 100])
def test_a_damaged_index_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "search.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StoreError, match="alliance build"):
        SearchIndex(path)


def test_a_folder_of_any_name_will_do(written: Path, tmp_path: Path) -> None:
    folder = tmp_path / "50% of #1? yes"
    folder.mkdir()
    (folder / "search.sqlite").write_bytes(written.read_bytes())
    assert SearchIndex(folder / "search.sqlite").search("alliance").total > 100
