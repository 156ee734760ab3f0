"""The four faults that may never get into a release stop the build, and leave what was there."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import OWL, RDF, Graph, URIRef

from kg import build as building
from kg.build import build
from kg.errors import CheckError
from kg.loader import Module, bind_prefixes
from kg.namespaces import PREFIXES

HEADER = """
<https://w3id.org/alliance-atlas/module/claims-gate> a owl:Ontology ;
  dcterms:title "Gate"@en ;
  dcterms:description "A fault."@en .
"""

CLAIM = """
claim:gate a aa:Claim ;
  aa:subject concept:magical-alliance ;
  aa:relation aa:canShiftTo ;
  aa:object concept:structuralizing-alliance ;
  aa:statement "A magical alliance may turn at once into a structuralizing one."@en ;
  aa:certainty concept:{certainty} ;
  prov:wasAttributedTo author:lee ;
  aa:evidence passage:90 .
"""

ASSERTED = CLAIM.replace("{certainty}", "asserted")
EXTERNAL = CLAIM.replace("{certainty}", "external ; dcterms:source source:kohut-1971")

#: What is added to the modules, and what the build says to it, thing by thing.
FAULTS = {
    "a theory triple without a claim": (
        "concept:magical-alliance aa:canShiftTo concept:structuralizing-alliance .",
        "concept:magical-alliance: the triple with aa:canShiftTo",
    ),
    "a triple that its claim does not state": (
        ASSERTED + "concept:structuralizing-alliance aa:canShiftTo concept:magical-alliance .",
        "concept:structuralizing-alliance: the triple with aa:canShiftTo",
    ),
    "a triple whose claim is nobody's in the paper": (
        EXTERNAL + "concept:magical-alliance aa:canShiftTo concept:structuralizing-alliance .",
        "concept:magical-alliance: the triple with aa:canShiftTo",
    ),
    "an IRI that dangles": (
        ASSERTED.replace("concept:structuralizing-alliance", "concept:nowhere"),
        "concept:nowhere: is used (by claim:gate) but described nowhere",
    ),
}


def gate(turtle: str) -> Module:
    prefixes = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
    graph = bind_prefixes(Graph())
    graph.parse(data=prefixes + HEADER + turtle, format="turtle")
    (iri,) = graph.subjects(RDF.type, OWL.Ontology)
    assert isinstance(iri, URIRef)
    return Module(Path("claims/gate.ttl"), "claims", iri, graph)


def problems(
    modules: list[Module], out: Path, monkeypatch: pytest.MonkeyPatch, paper: Path | None = None
) -> list[str]:
    """What the build says to some modules; it must not write a thing."""
    monkeypatch.setattr(building, "load_all", lambda *_: modules)
    out.mkdir()
    (out / "manifest.json").write_text("the former release")
    with pytest.raises(CheckError) as caught:
        build(out, paper=paper, reason=False)
    assert [path.name for path in out.iterdir()] == ["manifest.json"]
    assert (out / "manifest.json").read_text() == "the former release"
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    return list(caught.value.problems)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_stops_the_build(
    modules: list[Module], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    turtle, says = FAULTS[name]
    (problem,) = problems([*modules, gate(turtle)], tmp_path / "release", monkeypatch)
    assert says in problem


def test_a_passage_that_is_not_as_in_the_paper_stops_the_build(
    modules: list[Module], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paper: Path
) -> None:
    """The fingerprint is wrong in the module, and the paper is at hand."""
    changed = []
    passage, digest = URIRef(PREFIXES["passage"] + "90"), URIRef(PREFIXES["aa"] + "sha256")
    for module in modules:
        if (passage, digest, None) in module.graph:
            graph = Graph() + module.graph
            value = graph.value(passage, digest)
            assert value is not None
            graph.set((passage, digest, type(value)("0" * 64)))
            module = Module(module.path, module.layer, module.iri, graph)
        changed.append(module)
    (problem,) = problems(changed, tmp_path / "release", monkeypatch, paper=paper)
    assert "sources/passages.ttl: passage:90: the fingerprint does not fit" in problem


def test_a_copy_with_another_word_stops_the_build(
    modules: list[Module], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paper: Path
) -> None:
    lines = paper.read_text(encoding="utf-8").splitlines()
    lines[89] += " Another word."
    copy = tmp_path / "copy" / "paper.txt"
    copy.parent.mkdir()
    copy.write_text("\n".join(lines), encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()
    found = problems(modules, work / "release", monkeypatch, paper=copy)
    assert any("passage:90: the fingerprint" in problem for problem in found)
    assert all("[passages-fit]" in problem for problem in found)
