"""The reasoner's verdict: consistent, in OWL 2 DL, and what is kept is what follows."""

from __future__ import annotations

import random
import sys

import pytest
from rdflib import OWL, RDF, RDFS, BNode, Graph, URIRef

from kg import reasoning
from kg.build import REASONED
from kg.checks import aa
from kg.errors import CheckError, StoreError
from kg.loader import Module, merge
from kg.resources import ontology_dir

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("java"), pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def logical(modules: list[Module]) -> Graph:
    return reasoning.logical_part(merge(m.graph for m in modules if m.layer in REASONED))


@pytest.fixture
def schema(modules: list[Module]) -> Graph:
    return reasoning.logical_part(merge(m.graph for m in modules if m.layer == "schema"))


def test_what_is_kept_follows_from_the_modules(logical: Graph) -> None:
    digest, kept = reasoning.read_inferred(ontology_dir() / "inferred.nt")
    assert digest == reasoning.digest_of(logical), "run 'alliance build'"
    assert kept == reasoning.classify(logical)
    assert len(kept) > 10


def test_the_ontology_is_in_owl_2_dl(logical: Graph) -> None:
    assert len(logical) > 5000
    assert reasoning.check_profile(logical) == []


def test_a_property_of_two_kinds_is_not_in_owl_2_dl(schema: Graph) -> None:
    schema.add((aa("hasEpisode"), RDF.type, OWL.DatatypeProperty))
    assert reasoning.check_profile(schema)


def test_a_bond_of_both_kinds_contradicts_the_theory(schema: Graph) -> None:
    bond = URIRef("https://example.org/bond")
    schema.add((bond, RDF.type, OWL.NamedIndividual))
    schema.add((bond, RDF.type, aa("DefensiveIdealization")))
    schema.add((bond, RDF.type, aa("IdealizingTransference")))
    with pytest.raises(CheckError) as caught:
        reasoning.classify(schema)
    assert "contradicts itself" in caught.value.problems[0]


def test_a_class_that_nothing_can_belong_to_is_named(schema: Graph) -> None:
    schema.add((aa("Fault"), RDF.type, OWL.Class))
    for name in ("DefensiveIdealization", "IdealizingTransference"):
        schema.add((aa("Fault"), RDFS.subClassOf, aa(name)))
    with pytest.raises(CheckError) as caught:
        reasoning.classify(schema)
    assert caught.value.problems == (f"nothing can belong to the class {aa('Fault')}",)


def test_the_digest_does_not_hang_on_names_or_order(schema: Graph) -> None:
    triples = list(schema)
    assert any(isinstance(term, BNode) for triple in triples for term in triple)
    random.Random(1).shuffle(triples)
    names: dict[BNode, BNode] = {}
    copy = Graph()
    for triple in triples:
        copy.add(
            tuple(
                names.setdefault(term, BNode()) if isinstance(term, BNode) else term
                for term in triple
            )
        )
    assert reasoning.digest_of(copy) == reasoning.digest_of(schema)
    copy.add((aa("Case"), RDFS.subClassOf, aa("Study")))
    assert reasoning.digest_of(copy) != reasoning.digest_of(schema)


def test_labels_do_not_change_the_digest(schema: Graph, modules: list[Module]) -> None:
    graph = merge(m.graph for m in modules if m.layer == "schema")
    graph.remove((None, RDFS.label, None))
    assert reasoning.digest_of(reasoning.logical_part(graph)) == reasoning.digest_of(schema)


def test_without_the_reasoner_one_is_told_how_to_get_it(
    schema: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "owlready2", None)
    with pytest.raises(StoreError, match=r"pip install 'alliance-atlas\[reason\]'"):
        reasoning.classify(schema)
    monkeypatch.setitem(sys.modules, "pyhornedowl", None)
    with pytest.raises(StoreError, match=r"\[reason\]"):
        reasoning.check_profile(schema)
