"""Names: prefixes, finding a thing by what somebody types, tables."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import NotFoundError
from kg.model import Iri, Literal, Solutions
from kg.namespaces import BASE, KINDS, PREFIXES, compress, expand
from kg.release import Release
from kg.table import render_table, write_csv


@settings(deadline=None)
@given(st.sampled_from(sorted(PREFIXES)), st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_what_is_compressed_expands_again(prefix: str, local: str) -> None:
    iri = PREFIXES[prefix] + local
    assert expand(compress(iri)) == iri


def test_what_has_no_prefix_stays() -> None:
    assert compress("https://example.org/x") == "https://example.org/x"
    with pytest.raises(KeyError):
        expand("nope:x")


@pytest.mark.parametrize(
    "name",
    [
        "magical-alliance",
        "Magical Alliance",
        "concept:magical-alliance",
        BASE + "concept/magical-alliance",
    ],
)
def test_a_concept_by_name_label_short_form_or_iri(release: Release, name: str) -> None:
    assert release.catalog.resolve(name).iri == BASE + "concept/magical-alliance"


@pytest.mark.parametrize(
    ("name", "iri"),
    [
        ("healing alliance", "concept/therapeutic-alliance"),
        ("defensive idealisation", "concept/defensive-idealization"),
        ("patient", "concept/client"),
        ("aa:MagicalAlliance", "ontology/MagicalAlliance"),
        ("MagicalAlliance", "ontology/MagicalAlliance"),
        ("ms-l", "case/ms-l"),
        ("Ms. L", "case/ms-l"),
        ("R12", "shape/R12"),
        ("signals-of-shift", "question/signals-of-shift"),
        ("kohut-1971", "source/kohut-1971"),
    ],
)
def test_other_things_by_other_names(release: Release, name: str, iri: str) -> None:
    assert release.catalog.resolve(name).iri == BASE + iri


def test_the_two_clients_called_l_are_two(release: Release) -> None:
    first, second = (release.catalog.resolve(name) for name in ("ms-l", "l-dissociation"))
    assert first.iri != second.iri


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("magical-aliance", "magical-alliance"),
        ("concept:magical-aliance", "magical-alliance"),
        ("defensve idealization", "defensive-idealization"),
    ],
)
def test_a_slip_is_answered_with_the_nearest(release: Release, typed: str, wanted: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        release.catalog.resolve(typed)
    assert wanted in caught.value.nearest
    assert "did you mean" in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [" magical alliance ", f"<{BASE}concept/magical-alliance>", "MAGICAL-ALLIANCE"],
)
def test_blanks_brackets_and_capitals_do_not_matter(release: Release, name: str) -> None:
    assert release.catalog.resolve(name).name == "magical-alliance"


def test_a_kind_restricts(release: Release) -> None:
    catalog = release.catalog
    assert catalog.resolve("magical alliance").kind == "concept"
    assert catalog.resolve("magical alliance", kind="ontology").name == "MagicalAlliance"
    assert catalog.find("magical-alliance", kind="case") is None
    with pytest.raises(NotFoundError, match="no signal is called"):
        catalog.resolve("magical-alliance", kind="signal")
    for name in catalog.nearest("visits", kind="signal"):
        assert catalog.resolve(name).kind == "signal"


def test_every_entry_is_found_by_what_it_is_called(release: Release) -> None:
    for entry in release.catalog.values():
        assert release.catalog.find(entry.iri) == entry
        for word in (entry.name, entry.label, *entry.alternatives):
            # another one of the kind may share the word
            assert release.catalog.find(word, kind=entry.kind), word


def test_a_very_long_name_is_not_echoed_whole(release: Release) -> None:
    with pytest.raises(NotFoundError) as caught:
        release.catalog.resolve("x" * 50_000)
    assert len(str(caught.value)) < 300
    assert len(caught.value.name) == 50_000


@pytest.mark.parametrize("name", ["", " ", "x", "nope:x", "concept:", ":", "<>", "\0", "a" * 300])
def test_what_says_nothing_has_no_nearest(release: Release, name: str) -> None:
    assert release.catalog.find(name) is None
    assert release.catalog.nearest(name) == []


@pytest.mark.parametrize("typed", ["assumes-change-of-wrld", "magical-aliance", "mesh/transferenc"])
def test_claims_and_mappings_are_nobodys_nearest(release: Release, typed: str) -> None:
    """They have long names that are near to everything; nobody types them."""
    near = release.catalog.nearest(typed)
    assert near
    by_name = {entry.name: entry.kind for entry in release.catalog.values()}
    assert not {by_name[name] for name in near} & {"claim", "mapping"}


def test_nonsense_has_no_nearest(release: Release) -> None:
    assert release.catalog.find("zzqqxx") is None
    with pytest.raises(NotFoundError) as caught:
        release.catalog.resolve("zzqqxxzzqqxx")
    assert caught.value.nearest == ()


def test_every_kind_is_in_the_catalog(release: Release) -> None:
    assert {entry.kind for entry in release.catalog.values()} == set(KINDS)
    assert len(release.catalog.of_kind("case")) == 16
    shifts = release.catalog.of_kind("concept", cls="ShiftConcept")
    assert {entry.name for entry in shifts} >= {"shift-magical-to-working"}


TABLE = Solutions(
    ("thing", "text"),
    (
        (Iri(BASE + "concept/world"), Literal("short")),
        (
            None,
            Literal("a text that is so long that it has to go on in the next line of its column"),
        ),
    ),
)


def test_a_table_shows_short_forms_and_wraps() -> None:
    text = render_table(TABLE)
    assert "concept:world" in text
    assert max(len(line) for line in text.splitlines()) < 90
    assert text.endswith("(2 rows)\n")
    assert render_table(Solutions(("x",), ())).endswith("(0 rows)\n")


def test_csv_is_read_back_as_it_was_and_holds_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(write_csv(TABLE))))
    assert rows[1] == [BASE + "concept/world", "short"]
    risky = Solutions(("x",), ((Literal("=1+1"),), (Literal("@x"),), (Literal("a,b"),)))
    assert [row[0] for row in csv.reader(io.StringIO(write_csv(risky)))] == [
        "x",
        "'=1+1",
        "'@x",
        "a,b",
    ]


def test_a_list_of_iris_is_shown_in_short_form_and_other_text_as_it_is() -> None:
    table = Solutions(
        ("x",),
        (
            (Literal(f"{BASE}source/lee-alliances/passage/90 {BASE}concept/world"),),
            (Literal("https://example.org/ and words"),),
            (Literal(""),),
        ),
    )
    lines = render_table(table).splitlines()
    assert lines[2] == "passage:90 concept:world"
    assert lines[3] == "https://example.org/ and words"
    assert lines[4] == ""
    assert lines[5] == "(3 rows)"


def test_a_word_longer_than_a_column_stays_whole() -> None:
    word = "x" * 200
    assert word in render_table(Solutions(("x",), ((Literal(word),),))).splitlines()


def test_one_row_is_not_rows() -> None:
    assert render_table(Solutions(("x",), ((Iri("urn:a"),),))).endswith("(1 row)\n")


def test_csv_with_another_delimiter() -> None:
    table = Solutions(("a", "b"), ((Literal("x\ty"), None),))
    assert list(csv.reader(io.StringIO(write_csv(table, delimiter="\t")), delimiter="\t")) == [
        ["a", "b"],
        ["x\ty", ""],
    ]


@pytest.mark.parametrize("sign", "=+-@\t\r")
def test_no_cell_begins_as_a_formula_does(sign: str) -> None:
    text = write_csv(Solutions(("x",), ((Literal(f"{sign}1+A1"),),)))
    ((cell,),) = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert cell == f"'{sign}1+A1"


def test_a_long_text_goes_on_below_in_its_own_column() -> None:
    words = " ".join(["word"] * 60)
    table = Solutions(("first", "text", "last"), ((Literal("a"), Literal(words), Literal("z")),))
    lines = render_table(table).splitlines()
    assert lines[2].split() == ["a", *["word"] * 12, "z"]
    assert all(line.startswith("       word") for line in lines[3:-1])
    assert " ".join(lines[2:-1]).split().count("word") == 60


@pytest.mark.parametrize("number", ["-2.5", "+1", "-3", "1e-4"])
def test_a_number_stays_a_number(number: str) -> None:
    text = write_csv(Solutions(("x",), ((Literal(number),),)))
    assert text.splitlines()[1] == number
