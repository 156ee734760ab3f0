"""The modules are in order, and every fault that a check is for trips that check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rdflib import OWL, RDF, Graph, URIRef

from kg.checks import CHECKS, Material, check, gather
from kg.loader import Module, bind_prefixes
from kg.namespaces import PREFIXES, compress
from kg.passages import read_paper

HEADER = """
<https://w3id.org/alliance-atlas/module/{layer}-fault> a owl:Ontology ;
  dcterms:title "Fault"@en ;
  dcterms:description "A fault."@en .
"""


def fault(layer: str, turtle: str, *, header: str = HEADER) -> Module:
    """A module with a fault in it."""
    prefixes = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
    graph = bind_prefixes(Graph())
    graph.parse(
        data=prefixes + header.replace("{layer}", "case" if layer == "cases" else layer) + turtle,
        format="turtle",
    )
    iri = next(s for s in graph.subjects(RDF.type, OWL.Ontology) if isinstance(s, URIRef))
    return Module(Path(f"{layer}/fault.ttl"), layer, iri, graph)


CLAIM = """
claim:fault a aa:Claim ;
  aa:subject concept:magical-alliance ;
  aa:relation aa:canShiftTo ;
  aa:object concept:structuralizing-alliance ;
  aa:statement "A magical alliance may turn at once into a structuralizing one."@en ;
  aa:certainty concept:asserted ;
  prov:wasAttributedTo author:lee ;
  aa:evidence passage:90 .
"""


def without(line: str) -> str:
    assert line in CLAIM
    return CLAIM.replace(line, "")


def replaced(old: str, new: str) -> str:
    assert old in CLAIM
    return CLAIM.replace(old, new)


MAPPING = """
<https://w3id.org/alliance-atlas/mapping/fault> a aa:Mapping ;
  sssom:subject_id concept:empathy ; sssom:subject_label "empathy"@en ;
  sssom:predicate_id skos:closeMatch ; sssom:object_id <https://example.org/empathy> ;
  sssom:object_label "Empathy" ; sssom:object_source <https://example.org/> ;
  sssom:mapping_justification semapv:ManualMappingCuration ;
  sssom:see_also <https://example.org/list> ; sssom:mapping_date "2026-11-24"^^xsd:date .
"""


def mapping(old: str, new: str) -> str:
    assert old in MAPPING
    return MAPPING.replace(old, new)


#: A concept in order, and a class; a fault is put in by a change of one line.
CONCEPT = """
concept:fault a aa:GoalConcept ;
  skos:prefLabel "fault"@en ;
  skos:definition "Goal that is here to be spoilt."@en ;
  skos:example "Invented: a goal that is spoilt."@en ;
  skos:broader concept:alliance .
"""
CLASS = """
aa:Fault a owl:Class ;
  rdfs:label "fault"@en ;
  skos:definition "A thing that is here to be spoilt."@en .
"""


def in_concept(old: str, new: str) -> str:
    assert old in CONCEPT
    return CONCEPT.replace(old, new)


def in_class(old: str, new: str) -> str:
    assert old in CLASS
    return CLASS.replace(old, new)


#: For each check some faults: the module's layer, its Turtle, and the subject that is named. The
#: first of them trips no other check.
FAULTS: dict[str, list[tuple[str, str, str]]] = {
    "module-headers": [
        ("claims", "", "https://w3id.org/alliance-atlas/module/claims-other"),
    ],
    "nothing-dangles": [
        (
            "claims",
            replaced("structuralizing-alliance ;", "no-such-alliance ;"),
            "concept:no-such-alliance",
        ),
        ("claims", replaced("passage:90", "passage:90-499"), "passage:90-499"),
        ("claims", replaced("aa:canShiftTo", "aa:turnsInto"), "aa:turnsInto"),
    ],
    "one-home": [
        ("concepts", "concept:world a aa:ChangeTargetConcept .", "concept:world"),
    ],
    "terms-are-documented": [
        (
            "concepts",
            in_concept('  skos:definition "Goal that is here to be spoilt."@en ;\n', ""),
            "concept:fault",
        ),
        (
            "concepts",
            'concept:fault a aa:GoalConcept ; skos:prefLabel "fault"@en .',
            "concept:fault",
        ),
        (
            "concepts",
            'concept:fault a aa:GoalConcept ; skos:definition "Goal."@en .',
            "concept:fault",
        ),
        ("schema", 'aa:Fault a owl:Class ; rdfs:label "fault"@en .', "aa:Fault"),
        (
            "concepts",
            'concept:fault a aa:GoalConcept ; skos:prefLabel "fault"@en ; '
            'skos:definition "No stop"@en .',
            "concept:fault",
        ),
    ],
    "concepts-have-examples": [
        (
            "concepts",
            in_concept('  skos:example "Invented: a goal that is spoilt."@en ;\n', ""),
            "concept:fault",
        ),
        ("concepts", in_concept("Invented: a", "A"), "concept:fault"),
        ("concepts", in_concept('is spoilt."@en', 'is spoilt."'), "concept:fault"),
        ("concepts", in_concept("Invented: ", "In the paper: "), "concept:fault"),
        ("concepts", in_concept("Invented: ", "In the paper (90-86): "), "concept:fault"),
        ("concepts", in_concept("Invented: ", "In the paper (522): "), "concept:fault"),
        (
            "concepts",
            "concept:fault a aa:GoalConcept ; "
            'skos:example "Invented: one."@en, "Invented: two."@en .',
            "concept:fault",
        ),
    ],
    "labels-are-unique": [
        (
            "concepts",
            in_concept('"fault"@en', '"better functioning"@en').replace(":fault", ":a-fault"),
            "concept:a-fault",
        ),
        (
            "concepts",
            'concept:a-fault a aa:AllianceConcept ; skos:prefLabel "Magical alliance"@en ; '
            'skos:definition "Fault."@en .',
            "concept:a-fault",
        ),
    ],
    "texts-are-clean": [
        ("claims", replaced("alliance may", "alliance  may"), "claim:fault"),
        ("claims", replaced("alliance may", "alliance\\nmay"), "claim:fault"),
        ("claims", replaced("alliance may", "alliance\\tmay"), "claim:fault"),
        ("claims", replaced("one.", "one. "), "claim:fault"),
        ("claims", replaced("A magical alliance may", " A magical  alliance may"), "claim:fault"),
        ("claims", replaced('one."@en', 'one."'), "claim:fault"),
    ],
    "claims-are-whole": [
        ("claims", without("  aa:certainty concept:asserted ;\n"), "claim:fault"),
        ("claims", without("  prov:wasAttributedTo author:lee ;\n"), "claim:fault"),
        ("claims", without("  aa:object concept:structuralizing-alliance ;\n"), "claim:fault"),
        ("claims", without("  aa:relation aa:canShiftTo ;\n"), "claim:fault"),
        ("claims", replaced("concept:asserted", "concept:inferred"), "claim:fault"),
        ("claims", replaced("aa:canShiftTo", "aa:hasEpisode"), "claim:fault"),
        ("claims", replaced("concept:asserted", "concept:external"), "claim:fault"),
        ("claims", replaced(" ;\n  aa:evidence passage:90", ""), "claim:fault"),
    ],
    "claims-fit-their-relations": [
        ("claims", replaced("concept:structuralizing-alliance", "concept:client"), "claim:fault"),
        (
            "claims",
            replaced("concept:magical-alliance", "signal:visits-grow-longer"),
            "claim:fault",
        ),
    ],
    "theory-triples-have-claims": [
        # a theory triple without a claim
        ("concepts", "concept:world aa:canShiftTo concept:client .", "concept:world"),
        # a claim and a triple that disagree
        (
            "claims",
            CLAIM + "concept:magical-alliance aa:canShiftTo concept:mature-alliance-stone .",
            "concept:magical-alliance",
        ),
        # what a case may say of its alliances is not all that is said of concepts
        ("cases", "case:k aa:canShiftTo concept:client .", "case:k"),
        # an inferred claim does not yield its triple
        (
            "claims",
            replaced("concept:asserted", 'concept:inferred ; aa:inferenceNote "Because."@en')
            + "concept:magical-alliance aa:canShiftTo concept:structuralizing-alliance .",
            "concept:magical-alliance",
        ),
    ],
    "one-statement-per-claim": [
        ("claims", CLAIM + CLAIM.replace("claim:fault", "claim:fault-again"), "claim:fault-again"),
    ],
    "literals-fit-their-ranges": [
        ("claims", replaced("aa:evidence", 'aa:hedge "may"@en ; aa:evidence'), "claim:fault"),
        ("claims", replaced("aa:evidence", 'aa:textLostAfter "90" ; aa:evidence'), "claim:fault"),
    ],
    "functional-properties-have-one-value": [
        ("cases", "passage:90 aa:startLine 91 .", "passage:90"),
    ],
    "mappings-are-verified": [
        ("alignments", mapping(old, new), "https://w3id.org/alliance-atlas/mapping/fault")
        for old, new in (
            ('"empathy"@en', '"Empathy"@en'),
            ("concept:empathy ;", "claim:no-guarantee ;"),
            ("skos:closeMatch", "owl:sameAs"),
            ("<https://example.org/empathy>", "concept:transference"),
            ("<https://example.org/empathy>", '"Q182263"'),
            ("<https://example.org/empathy>", "sssom:NoTermFound"),
            ("sssom:object_label", "sssom:predicate_modifier sssom:Not ; sssom:object_label"),
            ('sssom:object_label "Empathy" ;', ""),
            ("sssom:see_also <https://example.org/list> ;", ""),
            ("sssom:mapping_justification semapv:ManualMappingCuration ;", ""),
            ("sssom:object_source <https://example.org/> ;", ""),
            (' ; sssom:mapping_date "2026-11-24"^^xsd:date', ""),
        )
    ],
    "hierarchies-have-no-cycles": [
        ("concepts", "concept:alliance skos:broader concept:world-change .", "concept:alliance"),
        ("schema", "aa:Alliance rdfs:subClassOf aa:MagicalAlliance .", "aa:MagicalAlliance"),
    ],
    "concepts-are-used": [
        ("concepts", in_concept(" ;\n  skos:broader concept:alliance", ""), "concept:fault"),
        (
            "concepts",
            'concept:fault a aa:GoalConcept ; skos:prefLabel "fault"@en ; '
            'skos:definition "Goal."@en .',
            "concept:fault",
        ),
    ],
    "names-follow-the-conventions": [
        ("schema", in_class("aa:Fault", "aa:fault"), "aa:fault"),
        ("schema", "aa:fault a owl:Class .", "aa:fault"),
        ("concepts", "concept:aFault a aa:GoalConcept .", "concept:aFault"),
    ],
    "properties-have-one-domain-and-range": [
        ("schema", "aa:hasEpisode rdfs:range aa:Session .", "aa:hasEpisode"),
    ],
    "alternative-labels-are-free": [
        (
            "concepts",
            in_concept(
                "aa:GoalConcept ;", 'aa:AllianceConcept ;\n  skos:altLabel "magical alliance"@en ;'
            ),
            "concept:fault",
        ),
        (
            "concepts",
            'concept:fault a aa:AllianceConcept ; skos:altLabel "Magical alliance"@en .',
            "concept:fault",
        ),
    ],
    "labels-are-shorter-than-definitions": [
        (
            "concepts",
            in_concept('"fault"@en', '"fault that is here to be spoilt by a longer name"@en'),
            "concept:fault",
        ),
        (
            "concepts",
            'concept:fault a aa:GoalConcept ; skos:prefLabel "Goal of being swapped."@en ; '
            'skos:definition "swapped"@en .',
            "concept:fault",
        ),
        (
            "schema",
            'aa:Fault a owl:Class ; rdfs:label "A fault."@en ; skos:definition "fault"@en .',
            "aa:Fault",
        ),
    ],
    "names-are-plain": [
        ("schema", in_class("aa:Fault", "aa:FaultAndSlip"), "aa:FaultAndSlip"),
        ("schema", "aa:FaultAndSlip a owl:Class .", "aa:FaultAndSlip"),
        ("schema", "aa:causesOrShows a owl:ObjectProperty .", "aa:causesOrShows"),
        ("concepts", "concept:other-goal a aa:GoalConcept .", "concept:other-goal"),
        ("schema", "aa:MiscAlliance a owl:Class .", "aa:MiscAlliance"),
    ],
    "properties-are-sound": [
        ("schema", "aa:hasEpisode owl:inverseOf aa:hasEpisode .", "aa:hasEpisode"),
        (
            "schema",
            "aa:judgedSimilarTo owl:inverseOf aa:distinguishedFrom .",
            "aa:judgedSimilarTo",
        ),
        ("schema", "aa:inSession owl:propertyChainAxiom ( aa:inEpisode ) .", "aa:inSession"),
    ],
    "classes-are-defined-once": [
        ("schema", "aa:CovertAlliance owl:equivalentClass aa:Alliance .", "aa:CovertAlliance"),
        (
            "schema",
            "aa:Fault owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( "
            "[ a owl:Restriction ; owl:onProperty aa:status ; owl:hasValue concept:covert ] "
            ") ] .",
            "aa:Fault",
        ),
    ],
    "terms-are-declared": [
        ("cases", 'case:k dcterms:rights "none"@en .', "dcterms:rights"),
        ("cases", "case:fault a skos:Collection .", "skos:Collection"),
    ],
    "deprecated-terms-are-replaced": [
        ("concepts", "concept:placebo owl:deprecated true .", "concept:placebo"),
        (
            "concepts",
            "concept:placebo owl:deprecated true ; dcterms:isReplacedBy concept:pill .",
            "concept:placebo",
        ),
        (
            "concepts",
            "concept:fault a aa:GoalConcept ; owl:deprecated true .",
            "concept:fault",
        ),
    ],
    "the-whole-has-a-header": [
        ("", "", "https://w3id.org/alliance-atlas/module/-fault"),
        (
            "schema",
            '<https://w3id.org/alliance-atlas/> owl:versionInfo "9" .',
            "https://w3id.org/alliance-atlas/",
        ),
    ],
    "evidence-leads-to-the-paper": [
        ("claims", replaced("passage:90", "source:kohut-1971"), "claim:fault"),
        ("sources", "passage:90 oa:hasSource source:kohut-1971 .", "passage:90"),
        ("sources", "passage:fault a aa:Passage .", "passage:fault"),
    ],
    "passages-fit": [
        (
            "sources",
            "passage:9-23 a aa:Passage ; oa:hasSource source:lee-alliances ; aa:startLine 9 ; "
            'aa:endLine 22 ; aa:section "opening"@en ; aa:sha256 "0" .',
            "passage:9-23",
        ),
        (
            "sources",
            'passage:91-90 a aa:Passage ; aa:startLine 91 ; aa:endLine 90 ; aa:sha256 "0" .',
            "passage:91-90",
        ),
        (
            "sources",
            'passage:3-4 a aa:Passage ; aa:startLine 3 ; aa:endLine 5 ; aa:section "opening"@en .',
            "passage:3-4",
        ),
    ],
    "case-parts-have-evidence": [
        (
            "cases",
            'case:fault a aa:Person ; rdfs:label "x"@en ; aa:certainty concept:asserted .',
            "case:fault",
        ),
        (
            "cases",
            'case:fault a aa:Person ; rdfs:label "x"@en ; aa:evidence passage:90 .',
            "case:fault",
        ),
        (
            "cases",
            'case:fault a aa:Person ; rdfs:label "x"@en ; aa:evidence passage:90 ; '
            "aa:certainty concept:inferred .",
            "case:fault",
        ),
        (
            "cases",
            'case:fault a aa:Person ; rdfs:label "x"@en ; aa:evidence passage:90 ; '
            "aa:certainty concept:asserted, concept:hedged .",
            "case:fault",
        ),
    ],
    "signals-are-whole": [
        (
            "signals",
            CONCEPT.replace("concept:fault a aa:GoalConcept", "signal:fault a aa:SignalType"),
            "signal:fault",
        ),
        (
            "signals",
            'signal:fault a aa:SignalType ; skos:prefLabel "fault"@en ; '
            'skos:definition "Sign."@en .',
            "signal:fault",
        ),
    ],
    "lost-text-is-lost": [
        ("claims", replaced("aa:evidence", "aa:textLostAfter 91 ; aa:evidence"), "claim:fault"),
    ],
}

NAMES = [function.__name__.replace("_", "-") for function in CHECKS]
CASES = [
    pytest.param(name, layer, turtle, subject, id=f"{name}-{number}")
    for name, faults in FAULTS.items()
    for number, (layer, turtle, subject) in enumerate(faults)
]


def found_by(name: str, material: Material) -> set[str]:
    """The subjects that one check names."""
    function = CHECKS[NAMES.index(name)]
    return {compress(str(subject)) for subject, _ in function(material)}


@pytest.fixture(scope="session")
def whole(modules: list[Module]) -> Material:
    return gather(modules)


@contextmanager
def added(whole: Material, module: Module) -> Iterator[Material]:
    """The modules with one more, as gather puts them together, without merging all anew."""
    new = [triple for triple in module.graph if triple not in whole.graph]
    homes = dict(whole.homes)
    for subject in set(module.graph.subjects(RDF.type, None)):
        homes[subject] = (*homes.get(subject, ()), module)
    for triple in new:
        whole.graph.add(triple)
    try:
        yield Material((*whole.modules, module), whole.graph, homes, whole.paper)
    finally:
        for triple in new:
            whole.graph.remove(triple)


def test_the_modules_are_in_order(modules: list[Module]) -> None:
    assert len(modules) > 50
    assert check(gather(modules)) == []


def test_the_modules_fit_the_paper(modules: list[Module], paper: Path) -> None:
    assert check(gather(modules, paper=read_paper(paper))) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"Fault"', '"Passages"', "the title 'Passages' stands in another module too"),
        ('  dcterms:title "Fault"@en ;\n', "", "give the module a dcterms:title"),
        (' ;\n  dcterms:description "A fault."@en', "", "and a dcterms:description"),
        ("claims-", "signals-", "the header IRI must be"),
    ],
)
def test_a_header_of_a_module_is_its_own(whole: Material, old: str, new: str, says: str) -> None:
    header = HEADER.replace("{layer}", "claims")
    assert old in header
    module = fault("claims", "", header=header.replace(old, new))
    with added(whole, module) as material:
        problems = [problem for problem in check(material) if problem.check == "module-headers"]
    assert any(says in problem.message for problem in problems)
    assert all("claims/fault.ttl" in problem.path or "title" in says for problem in problems)


def test_two_modules_with_one_iri_are_told(whole: Material) -> None:
    one = fault("claims", "")
    two = Module(Path("claims/fault.ttl"), one.layer, one.iri, one.graph)
    with added(whole, one) as first, added(first, two) as material:
        messages = [str(message) for _, message in CHECKS[0](material)]
    assert sum("stands in two files" in message for message in messages) == 2


def test_every_check_has_a_fault() -> None:
    assert len(NAMES) > 10
    assert set(FAULTS) == set(NAMES)


@pytest.mark.parametrize(("name", "layer", "turtle", "subject"), CASES)
def test_a_fault_trips_its_check(
    whole: Material, name: str, layer: str, turtle: str, subject: str
) -> None:
    header = HEADER.replace("-fault", "-other") if name == "module-headers" else HEADER
    with added(whole, fault(layer, turtle, header=header)) as material:
        assert subject in found_by(name, material)
    assert subject not in found_by(name, whole), "the fault was there before"


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_fault_trips_no_other_check(whole: Material, name: str) -> None:
    """What is wrong is said once, by the check that is for it, and of the right thing."""
    layer, turtle, subject = FAULTS[name][0]
    header = HEADER.replace("-fault", "-other") if name == "module-headers" else HEADER
    with added(whole, fault(layer, turtle, header=header)) as material:
        problems = check(material)
    assert {problem.check for problem in problems} == {name}, problems
    assert subject in {problem.subject for problem in problems}
    if name not in MANY:
        assert {problem.subject for problem in problems} == {subject}


#: Everything in a circle is above itself.
MANY = {"hierarchies-have-no-cycles"}


def test_another_word_in_the_paper_is_noticed(modules: list[Module], paper: Path) -> None:
    lines = read_paper(paper)
    lines[89] = lines[89].replace("encouraging", "discouraging")
    assert "passage:90" in found_by("passages-fit", gather(modules, paper=lines))


def test_another_quotation_mark_is_not(modules: list[Module], paper: Path) -> None:
    lines = [line.replace("\u201f", "'").replace("  ", " ") for line in read_paper(paper)]
    assert check(gather(modules, paper=lines)) == []


def test_a_problem_names_file_thing_and_cure(modules: list[Module]) -> None:
    turtle = without("  prov:wasAttributedTo author:lee ;\n")
    (problem,) = check(gather([*modules, fault("claims", turtle)]))
    assert str(problem) == (
        "claims/fault.ttl: claim:fault: say who holds it with prov:wasAttributedTo "
        "[claims-are-whole]"
    )
