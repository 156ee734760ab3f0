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


def test_a_mapping_has_its_triple_unless_it_is_negated_or_nothing_was_found(
    release: Release,
) -> None:
    assert holds(
        release, "concept:transference skos:closeMatch <http://id.nlm.nih.gov/mesh/D014167>"
    )
    # a record says that the transfer of learning is not meant
    assert holds(release, "?m a aa:Mapping ; sssom:object_id <http://id.nlm.nih.gov/mesh/D014163>")
    assert not holds(release, "concept:transference ?p <http://id.nlm.nih.gov/mesh/D014163>")
    assert holds(release, "?m a aa:Mapping ; sssom:object_id sssom:NoTermFound")
    assert not holds(release, "?s ?p sssom:NoTermFound FILTER (STRSTARTS(STR(?s), STR(concept:)))")
    assert holds(
        release,
        f"GRAPH <{GRAPH}alignments> {{ concept:transference skos:closeMatch ?term }}",
    )


def lacking(release: Release, there: str, lacks: str) -> list[dict[str, str]]:
    """The solutions of one pattern, of which there must be some, for which another fails."""
    assert holds(release, there)
    return rows(release, f"SELECT * WHERE {{ {there} FILTER NOT EXISTS {{ {lacks} }} }} LIMIT 5")


@pytest.mark.parametrize(
    ("there", "lacks"),
    [
        ("?p owl:inverseOf ?q . ?s ?p ?o", "?o ?q ?s"),
        ("?q owl:inverseOf ?p . ?s ?p ?o", "?o ?q ?s"),
        ("?p a owl:SymmetricProperty . ?s ?p ?o", "?o ?p ?s"),
        (
            "?a rdfs:subClassOf ?b . ?b rdfs:subClassOf ?c . FILTER (!isBlank(?c))",
            "?a rdfs:subClassOf ?c",
        ),
        ("?s a ?a . ?a rdfs:subClassOf ?b . FILTER (!isBlank(?b))", "?s a ?b"),
        ("?c a ?k . ?k rdfs:subClassOf skos:Concept", "?c skos:inScheme ?scheme"),
        ("?s a ?cls . ?cls aa:formalizes ?c", "?s aa:ofConcept ?c"),
        ("?case aa:hasObservation ?o . ?o aa:signalType ?signal", "?case aa:showsSignal ?signal"),
    ],
    ids=lambda value: None,
)
def test_what_holds_of_all(release: Release, there: str, lacks: str) -> None:
    assert lacking(release, there, lacks) == []


def test_an_episode_is_of_the_concepts_of_its_classes_and_of_no_other(release: Release) -> None:
    found = rows(
        release,
        f"""SELECT ?episode ?concept WHERE {{
          ?episode a aa:Alliance ; aa:ofConcept ?concept .
          FILTER NOT EXISTS {{ ?episode a/aa:formalizes ?concept }}
          # or the case says so itself
          FILTER NOT EXISTS {{ GRAPH <{GRAPH}cases> {{ ?episode aa:ofConcept ?concept }} }} }}""",
    )
    assert found == []
    assert holds(
        release, "?episode a aa:TherapeuticAlliance ; aa:ofConcept concept:therapeutic-alliance"
    )


def test_what_is_said_twice_needs_one_firm_claim(release: Release) -> None:
    """An inferred claim yields nothing; the same statement, asserted elsewhere, does."""
    found = rows(
        release,
        """SELECT DISTINCT ?s ?p ?o WHERE {
          ?weak aa:subject ?s ; aa:relation ?p ; aa:object ?o ; aa:certainty concept:inferred .
          ?firm aa:subject ?s ; aa:relation ?p ; aa:object ?o ; aa:certainty ?c .
          FILTER (?c IN (concept:asserted, concept:hedged))
          FILTER NOT EXISTS { ?s ?p ?o } }""",
    )
    assert found == []


def test_no_claim_speaks_in_the_direct_triples_of_an_external_one(release: Release) -> None:
    external = rows(
        release,
        "SELECT ?s ?p ?o WHERE { ?c aa:certainty concept:external ; aa:subject ?s ; "
        "aa:relation ?p . { ?c aa:object ?o } UNION { ?c aa:objectValue ?o } }",
    )
    assert external
    theory = set(release.store.dump(graph=GRAPH + "theory"))
    for row in external:
        assert not [
            line for line in theory if f"<{row['s']}> <{row['p']}>" in line and row["o"] in line
        ]


def test_each_named_graph_holds_what_its_name_says(release: Release) -> None:
    wanted = {
        "claims": "?x a aa:Claim",
        "cases": "?x a aa:Case",
        "concepts": "?x a aa:AllianceConcept",
        "signals": "?x a aa:SignalType",
        "sources": "?x a aa:Passage",
        "schema": "?x a owl:Class",
        "shapes": "?x a sh:NodeShape",
        "questions": "?x a aa:Question",
    }
    for name, pattern in wanted.items():
        assert holds(release, f"GRAPH <{GRAPH}{name}> {{ {pattern} }}"), name
        elsewhere = rows(
            release,
            f"SELECT DISTINCT ?g WHERE {{ GRAPH ?g {{ {pattern} }} "
            f"FILTER (?g NOT IN (<{GRAPH}{name}>, <{GRAPH}inferred>)) }}",
        )
        assert elsewhere == [], name


def test_nothing_follows_from_what_is_wrong_about_a_person(release: Release) -> None:
    """A client is of no concept; only what happens with clients is."""
    assert not holds(
        release, "?person a aa:Person ; aa:ofConcept ?concept . ?concept a aa:AllianceConcept"
    )
    assert holds(release, "?person a aa:Person")
