"""Where a finding stands, in every syntax that a case may come in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rdflib import Graph, URIRef
from rdflib.term import Node

from kg.ingest import locate, read_case
from kg.namespaces import PREFIXES
from kg.report import Finding
from kg.validation import Validator

HERE = Path(__file__).resolve().parent
AA = PREFIXES["aa"]
#: Media types, with the names by which rdflib writes them.
WRITERS = [
    ("text/turtle", "turtle"),
    ("application/n-triples", "nt"),
    ("application/trig", "trig"),
    ("application/rdf+xml", "xml"),
    ("application/rdf+xml", "pretty-xml"),
    ("application/ld+json", "json-ld"),
]
#: Every fourth case with a mistake.
CASES = sorted((HERE / "invalid").glob("*.ttl"))[::4]


def words(finding: Finding) -> set[str]:
    """Give the last parts of what a finding may stand at: the value, the property or the thing."""
    nodes: list[Node | None] = [finding.value, finding.focus]
    if isinstance(finding.path, URIRef):
        nodes.append(finding.path)
    elif finding.path is not None:
        nodes += [part for part in finding.path[1:] if isinstance(part, URIRef)]
    return {re.split(r"[/#:]", str(node))[-1] for node in nodes if node is not None}


@pytest.mark.parametrize(("media_type", "writer"), WRITERS)
def test_a_finding_stands_where_its_words_are(
    validator: Validator, media_type: str, writer: str
) -> None:
    found = placed = 0
    assert len(CASES) > 20
    for path in CASES:
        graph = Graph().parse(path, format="turtle", publicID="https://case.invalid/")
        text = graph.serialize(format=writer)
        lines = text.splitlines()
        report = validator.validate(text.encode(), media_type=media_type)
        for finding in report.findings:
            found += 1
            if finding.line is None or finding.column is None:
                continue
            placed += 1
            here = lines[finding.line - 1]
            assert 1 <= finding.column <= len(here)
            if not str(finding.focus).startswith("N"):
                # what rdflib writes may break within a statement
                near = " ".join(lines[max(0, finding.line - 3) : finding.line + 2])
                assert any(word in near for word in words(finding)), (path.name, finding, here)
    assert found > 20
    assert placed >= 0.95 * found


XML = """<?xml version="1.0"?>
<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xml:base="https://example.org/x/"
       xmlns:aa="https://w3id.org/alliance-atlas/ontology/" xmlns:s="http://www.w3.org/2000/01/rdf-schema#">
  <!-- Größe -->
  <aa:Case r:about="b" s:label="é case" xml:lang="EN">
    <aa:hasClient r:resource="c"/>
    <aa:hasTherapist><aa:Person r:nodeID="t"/></aa:hasTherapist>
    <aa:hasEpisode r:parseType="Resource">
      <aa:order r:datatype="http://www.w3.org/2001/XMLSchema#integer">1</aa:order>
    </aa:hasEpisode>
    <s:comment>Grüße &amp; mehr</s:comment>
  </aa:Case>
  <r:Description r:ID="frag" aa:locator="here"/>
</r:RDF>
"""


def test_rdf_xml_as_people_write_it() -> None:
    graph = read_case(XML.encode(), media_type="application/rdf+xml")
    places = locate(XML.encode(), media_type="application/rdf+xml", graph=graph)
    lines = XML.splitlines()
    case, base = URIRef("https://example.org/x/b"), "https://example.org/x/"

    def at(subject: Node, predicate: str, value: Node | None = None) -> str:
        place = places.of(subject, (URIRef(predicate),), value)
        assert place is not None, predicate
        return lines[place[0] - 1][place[1] - 1 :]

    label = "http://www.w3.org/2000/01/rdf-schema#"
    for subject, predicate, value in graph:
        assert at(subject, str(predicate), value)
    assert at(case, AA + "hasClient", URIRef(base + "c")).startswith('c"/>')
    assert at(case, AA + "hasTherapist").startswith("<aa:hasTherapist>")
    therapist = graph.value(case, URIRef(AA + "hasTherapist"))
    assert at(case, AA + "hasTherapist", therapist).startswith('<aa:Person r:nodeID="t"')
    episode = graph.value(case, URIRef(AA + "hasEpisode"))
    assert episode is not None
    order = graph.value(episode, URIRef(AA + "order"))
    assert at(episode, AA + "order", order).startswith("1</aa:order>")
    assert at(case, label + "label", graph.value(case, URIRef(label + "label"))).startswith("é")
    comment = graph.value(case, URIRef(label + "comment"))
    assert at(case, label + "comment", comment).startswith("Grüße &amp;")
    assert at(URIRef(base + "#frag"), AA + "locator").startswith('here"/>')


def test_a_list_in_rdf_xml_leaves_the_places_out() -> None:
    text = XML.replace('<aa:hasClient r:resource="c"/>', '<aa:x r:parseType="Collection"/>')
    graph = read_case(text.encode(), media_type="application/rdf+xml")
    places = locate(text.encode(), media_type="application/rdf+xml", graph=graph)
    assert places.of(URIRef("https://example.org/x/b")) is None


TRIG = """@prefix aa: <https://w3id.org/alliance-atlas/ontology/> .
@base <https://example.org/> .
<a> a aa:Case .
{ <b> aa:order 1 }
<g> { <c> aa:order 2 ; aa:channel "x" . <d> aa:order 3 . }
GRAPH _:h { [ aa:order 4 ] . <e> aa:order ( 5 6 ) , 7 }
<f> { }
<z> aa:order 8 .
"""


def test_trig_with_its_graphs() -> None:
    graph = read_case(TRIG.encode(), media_type="application/trig")
    places = locate(TRIG.encode(), media_type="application/trig", graph=graph)
    lines = TRIG.splitlines()
    order = URIRef(AA + "order")
    for name, line, value in (("b", 4, "1"), ("c", 5, "2"), ("d", 5, "3"), ("z", 8, "8")):
        subject = URIRef("https://example.org/" + name)
        place = places.of(subject, (order,), graph.value(subject, order))
        assert place is not None
        assert place[0] == line
        assert lines[line - 1][place[1] - 1] == value
    assert places.of(URIRef("https://example.org/e"), (order,)) == (6, 34)
