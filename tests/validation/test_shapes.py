"""The shapes themselves: complete, about things that exist, and such as other engines can run."""

from __future__ import annotations

import re
from pathlib import Path

import pyshacl
import pytest
from rdflib import DCTERMS, RDF, RDFS, SH, SKOS, Graph, URIRef
from rdflib.term import Node

from kg.loader import load_modules
from kg.namespaces import PREFIXES
from kg.passages import parse_span
from kg.resources import ontology_dir, shapes_dir
from kg.validation import Validator

RULES = [f"R{number:02}" for number in range(1, 21)]
FIXED = {SH.name, SH.message, SH.severity}


def named(shapes: Graph) -> list[URIRef]:
    kinds = (SH.NodeShape, SH.PropertyShape)
    found = {shape for kind in kinds for shape in shapes.subjects(RDF.type, kind)}
    return sorted(shape for shape in found if isinstance(shape, URIRef))


@pytest.fixture(scope="module")
def ontology() -> Graph:
    everything = Graph()
    for module in load_modules(ontology_dir()):
        for triple in module.graph:
            everything.add(triple)
    return everything


def test_there_is_a_shape_for_every_rule(validator: Validator) -> None:
    assert sorted({rule.rule for rule in validator.rules.values() if rule.rule[0] == "R"}) == RULES


def test_every_shape_tells_what_it_is(shapes: Graph, validator: Validator) -> None:
    for shape in named(shapes):
        rule = validator.rules[str(shape)]
        assert re.fullmatch(r"R\d\d(-[a-z-]+)?|S-[a-z-]+|(Aims|Is)[A-Z][A-Za-z]+", rule.name), shape
        assert rule.title, shape
        assert rule.rationale, shape
        if rule.name.startswith(("Aims", "Is")):
            assert not FIXED - {SH.name} & set(shapes.predicates(shape)), shape
            continue
        assert set(shapes.predicates(shape)) >= FIXED, shape
        [message] = shapes.objects(shape, SH.message)
        assert message.language == "en", shape
        assert re.fullmatch(r"[A-Z][^\n]+[.}]?\.", str(message)), shape
        assert not re.search(
            r"\b(shape|constraint|node|path|violat|minCount|class)\b", str(message)
        )


def test_rules_rest_on_claims_and_passages(shapes: Graph, validator: Validator) -> None:
    without_claims = {"R16", "R18", "R20"}
    for name in RULES:
        rule = validator.rules[PREFIXES["shape"] + name]
        assert rule.claims or name in without_claims, name
        assert rule.passages or name == "R16", name
    for _, _, passage in shapes.triples((None, URIRef(PREFIXES["aa"] + "evidence"), None)):
        parse_span(str(passage).removeprefix(PREFIXES["passage"]))


def test_no_reference_dangles(shapes: Graph, ontology: Graph) -> None:
    claims = set(shapes.objects(None, RDFS.seeAlso))
    assert claims
    for claim in claims:
        assert (claim, RDF.type, URIRef(PREFIXES["aa"] + "Claim")) in ontology, claim
    for part, whole in shapes.subject_objects(DCTERMS.isPartOf):
        assert str(part).startswith(f"{whole}-"), part
        assert (whole, SH.severity, None) in shapes, part


def iris(graph: Graph, node: Node) -> set[URIRef]:
    """Collect the IRIs of a path or a list."""
    if isinstance(node, URIRef):
        return {node}
    return {iri for value in graph.objects(node) for iri in iris(graph, value)}


def test_shapes_speak_of_terms_that_exist(
    shapes: Graph, vocabulary: Graph, ontology: Graph
) -> None:
    predicates = (
        SH.targetClass,
        SH.targetSubjectsOf,
        SH.targetObjectsOf,
        SH.path,
        SH["class"],
        SH["in"],
        SH.disjoint,
        SH.hasValue,
    )
    mentioned = {
        iri for p in predicates for value in shapes.objects(None, p) for iri in iris(shapes, value)
    }
    ours = {
        iri
        for iri in mentioned
        if str(iri).startswith(tuple(PREFIXES[p] for p in ("aa", "concept")))
    }
    assert len(ours) > 50
    for iri in ours:
        assert (iri, RDF.type, None) in vocabulary, iri
    for prefix in ("aa", "concept", "signal"):
        queries = [str(text) for text in shapes.objects(None, SH.select)]
        assert queries
        for name in {
            match for text in queries for match in re.findall(rf"\b{prefix}:([\w-]+)", text)
        }:
            assert (URIRef(PREFIXES[prefix] + name), RDF.type, None) in vocabulary, name


def test_repairs_name_terms_that_exist(shapes: Graph, vocabulary: Graph) -> None:
    texts = [str(text) for text in shapes.objects(None, SKOS.example)]
    texts += [str(text) for text in shapes.objects(None, SH.message)]
    found = {
        match for text in texts for match in re.findall(r"\b(aa|concept|signal):([\w-]+)", text)
    }
    assert len(found) > 30
    for prefix, name in found:
        assert (URIRef(PREFIXES[prefix] + name), RDF.type, None) in vocabulary, name


def test_shapes_run_in_other_engines_too(shapes: Graph) -> None:
    """One query a shape, none beside sh:closed; several engines drop or mix up what is more."""
    for shape in named(shapes):
        queries = list(shapes.objects(shape, SH.sparql))
        assert len(queries) <= 1, shape
        assert (shape, SH.closed, None) not in shapes, shape


def test_patterns_cannot_be_made_slow(shapes: Graph) -> None:
    """No quantifier within a quantified group: what is matched is not ours."""
    patterns = [str(text) for text in shapes.objects(None, SH.pattern)]
    assert patterns
    for pattern in patterns:
        assert not re.search(r"[*+}][^(]*\)[*+{]", pattern), pattern


def test_shapes_are_shapes(shapes: Graph) -> None:
    copy = Graph()
    for triple in shapes:
        copy.add(triple)
    conforms, report, text = pyshacl.validate(Graph(), shacl_graph=copy, meta_shacl=True)
    assert isinstance(report, Graph), text
    assert conforms, text


def test_guarded_rules_keep_to_the_citations_of_the_paper(shapes: Graph) -> None:
    citations = Graph().parse(ontology_dir() / "sources" / "citations.ttl")
    _, report, text = pyshacl.validate(
        citations, shacl_graph=shapes, use_shapes=[PREFIXES["shape"] + "R20"]
    )
    assert (None, RDF.type, URIRef(PREFIXES["aa"] + "Citation")) in citations
    assert not list(report.objects(None, SH.result)), text


def test_modules_of_shapes_are_found() -> None:
    names = [module.path.name for module in load_modules(shapes_dir())]
    assert names == [f"{name}.shacl.ttl" for name in ("case", "evidence", "privacy", "theory")]


def test_the_guide_lists_every_rule_as_it_is(validator: Validator) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "validation.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (R\d\d) \| (.+) \| (\w+) \|$", guide, re.MULTILINE)
    rules = (validator.rules[PREFIXES["shape"] + name] for name in RULES)
    assert rows == [(rule.name, rule.title, rule.severity) for rule in rules]
