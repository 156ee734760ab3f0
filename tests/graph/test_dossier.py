"""All that is known of one thing, put together for people."""

from __future__ import annotations

import re

import pytest

from kg.dossier import Dossier, Part, Value, compile_dossier, to_markdown
from kg.entries import describe
from kg.namespaces import BASE, KINDS, PREFIXES
from kg.release import Release
from kg.store import GRAPH_TYPES


def dossier(release: Release, name: str) -> Dossier:
    return compile_dossier(release.store, release.catalog, release.catalog.resolve(name))


def test_a_concept_tells_its_relations_both_ways(release: Release) -> None:
    found = dossier(release, "defensive-idealization")
    facts = {(fact.property, fact.incoming): fact for fact in found.facts}
    told = facts[PREFIXES["aa"] + "isNotA", False]
    assert told.label == "is not a"
    assert told.values == (
        Value("idealizing transference", BASE + "concept/idealizing-transference"),
    )
    pointing = facts[PREFIXES["aa"] + "involves", True]
    assert BASE + "concept/magical-alliance" in {value.iri for value in pointing.values}
    # what stands in the head of a page is not told again
    assert not {name for name, _ in facts} & {
        PREFIXES["rdf"] + "type",
        PREFIXES["skos"] + "definition",
    }


def test_its_claims_say_who_holds_them_how_surely_and_where(release: Release) -> None:
    found = dossier(release, "defensive-idealization")
    claims = {claim.iri: claim for claim in found.claims}
    claim = claims[PREFIXES["claim"] + "defensive-idealization-is-not-idealizing-transference"]
    assert (claim.certainty, claim.holders, claim.lost_after) == ("asserted", "R. Lee", "")
    assert claim.relation == PREFIXES["aa"] + "isNotA"
    assert claim.passages == (Value("lines 53-55", PREFIXES["passage"] + "53-55"),)
    assert len(claims) == len(found.claims) >= 8


def test_a_claim_is_marked_where_text_is_lost(release: Release) -> None:
    marked = {
        claim.lost_after: claim
        for claim in dossier(release, "shift-magical-to-working").claims
        if claim.lost_after
    }
    assert {"90", "158"} <= set(marked)
    for claim in marked.values():
        assert claim.certainty == "inferred"
        assert claim.note


def test_a_hedged_claim_repeats_the_hedge(release: Release) -> None:
    hedges = {claim.hedge for claim in dossier(release, "shift-magical-to-working").claims}
    assert {"generally", "often"} <= hedges


def test_passages_stand_in_the_order_of_the_paper(release: Release) -> None:
    several = [
        [int(value.text.split()[1].split("-")[0]) for value in claim.passages]
        for name in ("magical-alliance", "working-alliance", "shift-magical-to-working")
        for claim in dossier(release, name).claims
        if len(claim.passages) > 1
    ]
    assert several
    assert all(starts == sorted(starts) for starts in several)


def test_a_case_tells_what_happened_in_order(release: Release) -> None:
    found = dossier(release, "returning-parishioner")
    happened = found.parts_of("Observation", "Intervention", "Judgement", "Shift")
    orders = [part.order for part in happened]
    assert orders == sorted(orders, key=lambda order: (order is None, order or 0))
    assert [part.label for part in happened][:2] == ["asks for prayer", "not ready for exploration"]
    (shift,) = found.parts_of("Shift")
    assert shift.certainty == "inferred"
    assert shift.lost_after == "90"
    observed = {part.signal.iri for part in found.parts_of("Observation") if part.signal}
    assert BASE + "signal/visits-grow-longer" in observed
    sessions = found.parts_of("Session")
    assert [part.order for part in sessions] == [1, 2, 3]
    assert all(part.passages for part in found.parts)


def test_what_has_no_place_comes_last(release: Release) -> None:
    def part(order: int | None) -> Part:
        cls = "Outcome"
        return Part("urn:x", cls, order, "", "", "", "", "", "", "", "", None, ())

    entry = release.catalog.resolve("k")
    parts = tuple(part(order) for order in (None, 2, 10, 1))
    found = Dossier(entry, (), (), parts).parts_of("Outcome")
    assert [one.order for one in found] == [1, 2, 10, None]
    assert Dossier(entry, (), (), parts).parts_of("Session") == ()


def test_what_the_inverse_tells_is_not_told_twice(release: Release) -> None:
    for name, told in (
        ("defensive-idealization", PREFIXES["aa"] + "distinguishedFrom"),
        ("alliance", PREFIXES["skos"] + "narrower"),
    ):
        facts = [fact for fact in dossier(release, name).facts if fact.property == told]
        assert [fact.incoming for fact in facts] == [False], name
    incoming = {fact.property for fact in dossier(release, "alliance").facts if fact.incoming}
    assert PREFIXES["skos"] + "broader" not in incoming


def test_every_value_can_be_read(release: Release) -> None:
    """A node without a name is none."""
    for name in ("aa:CovertAlliance", "aa:MagicalToWorkingShift", "shape:R02", "magical-alliance"):
        facts = dossier(release, name).facts
        assert facts
        for fact in facts:
            assert fact.values
            assert all(value.text.strip() for value in fact.values), (name, fact.property)


def test_only_a_whole_case_has_parts(release: Release) -> None:
    assert dossier(release, "magical-alliance").parts == ()
    assert dossier(release, BASE + "case/ms-l/episode/1").parts == ()
    assert dossier(release, "ms-l").parts


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_written_for_people(release: Release, kind: str) -> None:
    entries = [entry for entry in release.catalog.values() if entry.kind == kind]
    assert entries
    for entry in entries[:: max(1, len(entries) // 12)]:
        text = to_markdown(compile_dossier(release.store, release.catalog, entry))
        assert text.startswith(f"# {entry.label}\n\n<{entry.iri}>\n")
        assert text.endswith("\n") and not text.endswith("\n\n")
        assert "\n\n\n" not in text
        assert "None" not in text.split()
        # blank nodes mean nothing to a reader
        assert not re.search(r"_:|\b[0-9a-f]{32}\b(?![0-9a-f])", text)


def test_a_query_is_written_as_code(release: Release) -> None:
    text = to_markdown(dossier(release, "signals-of-shift"))
    assert "\n\n  ```text\n  PREFIX aa:" in text
    fences = [line for line in text.splitlines() if line.strip().startswith("```")]
    assert len(fences) == 2
    inside = text[text.index("```text") : text.rindex("```")]
    assert all(line.startswith("  ") for line in inside.splitlines()[1:] if line)


def test_markdown_marks_hedges_and_lost_text(release: Release) -> None:
    text = to_markdown(dossier(release, "shift-magical-to-working"))
    assert "inferred; lines 86-93; text lost after line 90; `claim:" in text
    assert "“generally”" in text


@pytest.mark.parametrize("media_type", GRAPH_TYPES)
def test_a_thing_can_be_written_as_a_graph(release: Release, media_type: str) -> None:
    iri = BASE + "concept/magical-alliance"
    body = describe(release.store, iri, media_type=media_type)
    assert b"magical alliance" in body
    assert describe(release.store, iri, media_type=media_type) == body


def test_the_graph_of_nothing_is_empty(release: Release) -> None:
    body = describe(release.store, BASE + "concept/nothing", media_type="application/n-triples")
    assert body == b""
