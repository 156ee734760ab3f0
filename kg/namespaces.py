"""The prefixes of the project, and the way between an IRI and its short form.

>>> expand("concept:magical-alliance")
'https://w3id.org/alliance-atlas/concept/magical-alliance'
>>> compress("https://w3id.org/alliance-atlas/ontology/Claim")
'aa:Claim'
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = ["BASE", "GRAPH", "KINDS", "PREFIXES", "compress", "expand"]

#: Where every IRI of the project starts.
BASE = "https://w3id.org/alliance-atlas/"

#: Where the named graphs of a release are.
GRAPH = BASE + "graph/"

#: The kinds of thing that have pages, with the first path segment of their IRIs.
KINDS = MappingProxyType(
    {
        "concept": BASE + "concept/",
        "ontology": BASE + "ontology/",
        "case": BASE + "case/",
        "source": BASE + "source/",
        "signal": BASE + "signal/",
        "claim": BASE + "claim/",
        "question": BASE + "question/",
        "shape": BASE + "shape/",
        "mapping": BASE + "mapping/",
    }
)

#: Every prefix that files of this project may declare, and how. ``kg`` and ``api`` print no other.
PREFIXES = MappingProxyType(
    {
        "aa": BASE + "ontology/",
        "author": BASE + "source/author/",
        "bibo": "http://purl.org/ontology/bibo/",
        "case": BASE + "case/",
        "citation": BASE + "source/lee-alliances/citation/",
        "cito": "http://purl.org/spar/cito/",
        "claim": BASE + "claim/",
        "concept": BASE + "concept/",
        "dcat": "http://www.w3.org/ns/dcat#",
        "dcterms": "http://purl.org/dc/terms/",
        "fabio": "http://purl.org/spar/fabio/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "oa": "http://www.w3.org/ns/oa#",
        "ontolex": "http://www.w3.org/ns/lemon/ontolex#",
        "owl": "http://www.w3.org/2002/07/owl#",
        "passage": BASE + "source/lee-alliances/passage/",
        "prov": "http://www.w3.org/ns/prov#",
        "question": BASE + "question/",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "rs": "http://www.w3.org/2001/sw/DataAccess/tests/result-set#",
        "semapv": "https://w3id.org/semapv/vocab/",
        "sh": "http://www.w3.org/ns/shacl#",
        "shape": BASE + "shape/",
        "signal": BASE + "signal/",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "source": BASE + "source/",
        "sssom": "https://w3id.org/sssom/",
        "vann": "http://purl.org/vocab/vann/",
        "void": "http://rdfs.org/ns/void#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }
)


def expand(curie: str) -> str:
    """Give the IRI for a short form.

    :raises KeyError: if the prefix is none of :data:`PREFIXES`.
    """
    prefix, _, local = curie.partition(":")
    return PREFIXES[prefix] + local


def compress(iri: str) -> str:
    """Give the short form of an IRI under its longest matching namespace, or the IRI itself."""
    best = ""
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and len(namespace) > len(PREFIXES.get(best, "")):
            best = prefix
    return f"{best}:{iri[len(PREFIXES[best]) :]}" if best else iri
