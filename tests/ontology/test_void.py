"""The description of the dataset, against the dataset that it describes."""

from __future__ import annotations

import pytest
from rdflib import DCAT, DCTERMS, RDF, SKOS, VOID, Graph, URIRef

from api.routes.service import DOWNLOADS
from kg.namespaces import BASE
from kg.release import Release

DATASET = URIRef(BASE)


@pytest.fixture(scope="module")
def described(release: Release) -> Graph:
    return Graph().parse(release.folder / "void.ttl")


@pytest.fixture(scope="module")
def data(release: Release) -> Graph:
    return Graph().parse(release.folder / "alliance-atlas.nt")


def one(graph: Graph, subject: object, name: URIRef) -> int:
    (value,) = graph.objects(subject, name)  # type: ignore[arg-type]
    return int(str(value))


def test_the_whole_is_counted(described: Graph, data: Graph, release: Release) -> None:
    assert one(described, DATASET, VOID.triples) == len(data) == release.manifest.triples
    assert one(described, DATASET, VOID.distinctSubjects) == len(set(data.subjects()))
    assert one(described, DATASET, VOID.properties) == len(set(data.predicates()))
    ours = {s for s in data.subjects() if str(s).startswith(BASE)}
    assert one(described, DATASET, VOID.entities) == len(ours)
    # equal numbers may be written in several ways, of which rdflib makes one
    assert abs(one(described, DATASET, VOID.distinctObjects) - len(set(data.objects()))) <= 5


def test_every_class_and_property_is_counted(described: Graph, data: Graph) -> None:
    classes = {c for c in data.objects(None, RDF.type) if isinstance(c, URIRef)}
    parts = {
        described.value(p, VOID["class"]): p
        for p in described.objects(DATASET, VOID.classPartition)
    }
    assert set(parts) == classes
    assert one(described, DATASET, VOID.classes) == len(classes)
    for name, part in parts.items():
        assert one(described, part, VOID.entities) == len(set(data.subjects(RDF.type, name)))
    parts = {
        described.value(p, VOID.property): p
        for p in described.objects(DATASET, VOID.propertyPartition)
    }
    assert set(parts) == set(data.predicates())
    for name, part in parts.items():
        found = list(data.subject_objects(name))
        assert one(described, part, VOID.triples) == len(found)
        assert one(described, part, VOID.distinctSubjects) == len({s for s, _ in found})


def test_it_says_what_the_dataset_is(described: Graph) -> None:
    for name in (DCTERMS.title, DCTERMS.license, DCTERMS.description, DCTERMS.modified):
        assert described.value(DATASET, name), name
    assert set(described.objects(DATASET, RDF.type)) == {VOID.Dataset, DCAT.Dataset}
    assert described.value(DATASET, VOID.sparqlEndpoint) == URIRef(BASE + "sparql")


def test_dumps_are_downloads(described: Graph) -> None:
    dumps = {str(dump) for dump in described.objects(DATASET, VOID.dataDump)}
    assert len(dumps) == 5
    assert dumps <= {f"{BASE}download/{name}" for name in DOWNLOADS}
    for distribution in described.subjects(RDF.type, DCAT.Distribution):
        address = str(described.value(distribution, DCAT.downloadURL))
        kind = str(described.value(distribution, DCAT.mediaType))
        assert kind == DOWNLOADS[address.rpartition("/")[2]][0]


def test_examples_are_things_of_every_kind(described: Graph, data: Graph) -> None:
    examples = set(described.objects(DATASET, VOID.exampleResource))
    assert {str(e).removeprefix(BASE).partition("/")[0] for e in examples} >= {
        "case",
        "claim",
        "concept",
        "ontology",
        "question",
        "shape",
        "signal",
        "source",
    }
    for example in examples:
        assert (example, RDF.type, None) in data


def test_links_and_graphs_are_parts(described: Graph, data: Graph, release: Release) -> None:
    links = set(described.subjects(RDF.type, VOID.Linkset))
    matches = (SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.relatedMatch)
    found = [(s, o) for name in matches for s, o in data.subject_objects(name)]
    assert len(found) > 100
    assert sum(one(described, link, VOID.triples) for link in links) == len(found)
    for link in links:
        assert described.value(link, VOID.linkPredicate)
        assert described.value(link, VOID.objectsTarget)
    parts = set(described.objects(DATASET, VOID.subset)) - links
    assert {str(part): one(described, part, VOID.triples) for part in parts} == dict(
        release.manifest.graphs
    )
