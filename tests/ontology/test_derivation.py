"""What the build makes of the modules: direct triples, polarity, concepts of things, closures."""

from __future__ import annotations

import pytest

from kg.namespaces import GRAPH, PREFIXES
from kg.release import Release

CASE = "https://w3id.org/alliance-atlas/case/"
HEAD = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())


def rows(release: Release, query: str) -> list[dict[str, str]]:
    return release.store.select(HEAD + query).values()


def holds(release: Release, pattern: str) -> bool:
    return release.store.ask(HEAD + f"ASK {{ {pattern} }}")


STATED = """
  ?claim a aa:Claim ; aa:subject ?s ; aa:relation ?p ; aa:certainty ?certainty .
  { ?claim aa:object ?o } UNION { ?claim aa:objectValue ?o }
"""


def test_what_is_asserted_or_hedged_has_its_triple(release: Release) -> None:
    count = rows(
        release,
        f"SELECT (COUNT(?claim) AS ?n) WHERE {{ {STATED} "
        "FILTER (?certainty IN (concept:asserted, concept:hedged)) }",
    )
    assert int(count[0]["n"]) > 300
    missing = rows(
        release,
        f"SELECT ?claim WHERE {{ {STATED} "
        "FILTER (?certainty IN (concept:asserted, concept:hedged)) "
        "FILTER NOT EXISTS { ?s ?p ?o } }",
    )
    assert missing == []


def test_what_is_only_inferred_revised_or_external_has_none(release: Release) -> None:
    others = rows(
        release,
        f"SELECT ?claim (EXISTS {{ ?s ?p ?o }} AS ?direct) WHERE {{ {STATED} "
        "FILTER (?certainty NOT IN (concept:asserted, concept:hedged)) "
        "FILTER NOT EXISTS { ?firm aa:subject ?s ; aa:relation ?p ; aa:object ?o ; aa:certainty ?c "
        "FILTER (?c IN (concept:asserted, concept:hedged)) } "
        "FILTER NOT EXISTS { ?p a owl:SymmetricProperty } }",
    )
    assert len(others) > 50
    assert [row["claim"] for row in others if row["direct"] == "true"] == []


def test_every_theory_triple_has_a_claim(release: Release) -> None:
    found = rows(
        release,
        f"""SELECT ?s ?p ?o WHERE {{
          GRAPH <{GRAPH}theory> {{ ?s ?p ?o }}
          ?p rdfs:subPropertyOf aa:theoryRelation .
          FILTER NOT EXISTS {{ ?claim aa:subject ?s ; aa:relation ?p . {{ ?claim aa:object ?o }}
            UNION {{ ?claim aa:objectValue ?o }} }} }}""",
    )
    assert found == []


@pytest.mark.parametrize(
    ("relation", "polarity"),
    [
        ("indicates", "supports"),
        ("countsAgainst", "opposes"),
        ("bearsOn", "mixed"),
        ("misleadinglySuggests", "misleading"),
    ],
)
def test_a_claim_about_a_signal_has_its_polarity(
    release: Release, relation: str, polarity: str
) -> None:
    found = rows(
        release, f"SELECT ?c ?pol WHERE {{ ?c aa:relation aa:{relation} ; aa:polarity ?pol }}"
    )
    assert found
    assert {row["pol"] for row in found} == {PREFIXES["concept"] + polarity}


@pytest.mark.parametrize(
    "pattern",
    [
        f"<{CASE}mrs-c/episode/1> aa:ofConcept concept:magical-alliance",
        f"<{CASE}mrs-c/episode/1> aa:ofConcept concept:covert-alliance",
        f"<{CASE}mrs-c/episode/1> a aa:Alliance, aa:CovertAlliance",
        f"<{CASE}returning-parishioner/shift/1> a aa:MagicalToWorkingShift",
        f"<{CASE}peggy/shift/1> aa:ofConcept concept:shift-working-to-therapeutic",
        "case:mr-j aa:hasParticipant ?c ; aa:hasClient ?c . ?c aa:participatesIn case:mr-j",
        "case:returning-parishioner aa:showsSignal signal:visits-grow-longer",
        "signal:visits-grow-longer aa:shownIn case:returning-parishioner",
        "concept:magical-alliance skos:narrower concept:world-change",
        "concept:world a skos:Concept ; skos:inScheme <https://w3id.org/alliance-atlas/concept>",
        "aa:WorldChangeAlliance rdfs:subClassOf aa:Alliance",
        "concept:alliance rdfs:isDefinedBy <https://w3id.org/alliance-atlas/module/concepts-alliances>",
        "concept:transference-of-creativity aa:couldBeConceivedAs concept:working-alliance",
    ],
)
def test_what_follows(release: Release, pattern: str) -> None:
    assert holds(release, pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "aa:DefensiveIdealization rdfs:subClassOf aa:Transference",
        "aa:TherapeuticAlliance rdfs:subClassOf aa:WorkingAlliance",
        "concept:therapeutic-alliance skos:broader concept:working-alliance",
        "?episode a aa:TherapeuticAlliance, aa:WorkingAlliance",
        "signal:calm-after-prayer aa:indicates concept:shift-magical-to-working",
        "case:mr-j aa:hasEpisode/aa:ofConcept concept:therapeutic-alliance",
        "?concept a skos:Concept, owl:Class",
        f"<{CASE}ms-l/person/client> owl:sameAs <{CASE}l-dissociation/person/client>",
    ],
)
def test_what_does_not_follow(release: Release, pattern: str) -> None:
    assert not holds(release, pattern)


def test_the_default_graph_is_the_union_of_the_named_ones(release: Release) -> None:
    names = [
        row["g"] for row in rows(release, "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }")
    ]
    assert {GRAPH + "claims", GRAPH + "theory", GRAPH + "inferred", GRAPH + "cases"} <= set(names)
    union = {line for name in names for line in release.store.dump(graph=name)}
    assert union == set(release.store.dump())
