"""The W3C suites of SHACL: our way of validating gives what pySHACL gives when called plainly.

Prepared shapes, remembered look-ups and a vocabulary in a layer below must not change an outcome.
"""

from __future__ import annotations

import tarfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

import pyshacl
import pytest
from rdflib import RDF, SH, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from kg.errors import StoreError
from kg.validation import Validator

pytestmark = pytest.mark.suite

BASE = "https://w3c.github.io/data-shapes/data-shapes-test-suite/tests/"
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = Namespace("http://www.w3.org/ns/shacl-test#")

#: Where pySHACL, given graphs, does otherwise than the suite says, and why.
DEVIATIONS = {
    "core/property/uniqueLang-002": "rdflib reads the boolean 1 as true; our shapes write true",
    "sparql/pre-binding/shapesGraph-001": "$shapesGraph cannot be asked; our shapes do not",
}
#: Where our way does otherwise than pySHACL, and why.
DIFFERENCES = {
    "core/node/minLength-001": "a nameless thing has a name for the time of a validation, and so a "
    "length; our shapes ask for that of texts only",
    "sparql/node/prefixes-001": "pySHACL follows no owl:imports from a shape's sh:prefixes, and "
    "takes the prefix from the data's file instead; a case's prefixes never get into our queries",
}


@cache
def files() -> dict[str, bytes]:
    """Give every file of the archive by its path below ``tests/``."""
    with tarfile.open(Path(__file__).with_name("data-shapes.tar.gz")) as archive:
        return {
            member.name.partition("tests/")[2]: found.read()
            for member in archive
            if (found := archive.extractfile(member))
        }


def names(manifest: str = "manifest.ttl") -> Iterator[str]:
    """List the tests, as ``core/node/closed-001``, from the manifests down."""
    graph = parse(manifest)
    here = URIRef(BASE + manifest)
    for included in sorted(graph.objects(here, MF.include)):
        yield from names(str(included).removeprefix(BASE))
    if (here, MF.entries, None) in graph:
        yield manifest.removesuffix(".ttl")


def parse(path: str) -> Graph:
    return Graph().parse(data=files()[path], format="turtle", publicID=BASE + path)


def part(graph: Graph, subject: Node, predicate: URIRef) -> Node:
    value = graph.value(subject, predicate)
    assert value is not None, predicate
    return value


def read_test(name: str) -> tuple[Graph, Graph, Node, Graph]:
    """Give data, shapes, the result that is to come, and the graph that it stands in."""
    manifest = parse(f"{name}.ttl")
    entries = Collection(manifest, part(manifest, URIRef(f"{BASE}{name}.ttl"), MF.entries))
    assert len(entries) == 1
    action = part(manifest, entries[0], MF.action)
    data, shapes = (
        parse(urldefrag(str(part(manifest, action, kind))).url.removeprefix(BASE))
        for kind in (SHT.dataGraph, SHT.shapesGraph)
    )
    return data, shapes, part(manifest, entries[0], MF.result), manifest


def outcome(report: Graph, root: Node | None = None) -> Any:
    """Give what counts of a report: whether it conforms, and its results as often as they come.

    A nameless node is told by what it is made of.
    """
    root = root or next(report.subjects(RDF.type, SH.ValidationReport))
    parts = (
        *(SH.focusNode, SH.resultPath, SH.resultSeverity, SH.sourceConstraintComponent),
        *(SH.sourceShape, SH.value),
    )

    def told(result: Node, predicate: URIRef) -> Any:
        value = report.value(result, predicate)
        if predicate == SH.resultPath and isinstance(value, BNode):
            return structure(report, value)
        named = isinstance(value, URIRef) and value.startswith("urn:case:nameless:")
        return "nameless" if named or isinstance(value, BNode) else value

    results = Counter(
        tuple(told(result, predicate) for predicate in parts)
        for result in report.objects(root, SH.result)
    )
    conforms = report.value(root, SH.conforms)
    assert isinstance(conforms, Literal)
    return bool(conforms), results


def structure(graph: Graph, node: Node) -> Any:
    if not isinstance(node, BNode):
        return node
    return tuple(sorted((p, structure(graph, o)) for p, o in graph.predicate_objects(node)))


# What the engine does not have is an outcome like others: ours must have it too, or it is listed.
def plainly(data: Graph, shapes: Graph) -> Any:
    try:
        _, report, _ = pyshacl.validate(data, shacl_graph=shapes)
    except NotImplementedError:
        return "not there"
    return outcome(report) if isinstance(report, Graph) else "failure"


def our_way(vocabulary: Graph, shapes: Graph, case: Graph) -> Any:
    try:
        return outcome(Validator(vocabulary, shapes).apply(case))
    except NotImplementedError:
        return "not there"
    except StoreError:
        return "failure"
    except Exception as error:
        if "Unknown namespace prefix" in str(error):
            return "unknown prefix"
        raise


def halves(data: Graph) -> tuple[Graph, Graph]:
    """Deal the statements out to two graphs that share none; what is nameless goes to the upper."""
    below, above = Graph(), Graph()
    for number, triple in enumerate(sorted(data)):
        nameless = any(isinstance(term, BNode) for term in triple)
        (above if nameless or number % 2 else below).add(triple)
    return below, above


TESTS = sorted(names())


def test_the_suite_is_there() -> None:
    assert sum(name.startswith("core/") for name in TESTS) == 98
    assert sum(name.startswith("sparql/") for name in TESTS) == 22


@pytest.mark.parametrize("name", TESTS)
def test_our_way_of_validating_gives_what_the_engine_gives(name: str) -> None:
    data, shapes, result, manifest = read_test(name)
    plain = plainly(data, shapes)
    for below, above in ((Graph(), data), halves(data)):
        ours = our_way(below, shapes, above)
        assert (ours == plain) is (name not in DIFFERENCES), (ours, plain)
    expected = "failure" if result == SHT.Failure else outcome(manifest, result)
    assert (plain == expected) is (name not in DEVIATIONS)
