"""The W3C test suites for SPARQL 1.0 and 1.1, read from the archive in this folder."""

from __future__ import annotations

import tarfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pyoxigraph as ox

BASE = "https://w3c.github.io/rdf-tests/"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

PROTOCOL = "sparql11/protocol"
DESCRIPTION = "sparql11/service-description"

#: Nodes of a manifest, by subject and predicate.
Nodes = dict[tuple[str, str], list[ox.NamedNode | ox.BlankNode | ox.Literal]]


@dataclass(frozen=True, slots=True)
class Case:
    """One test of query evaluation or of syntax.

    :param name: folder and name, as ``sparql11/bind#bind01``.
    :param kind: the local name of its class.
    :param query: the query's IRI.
    :param data: files that make up the default graph.
    :param named: files that are a named graph each.
    :param result: the file with the expected result.
    :param lax: whether duplicates may be left out.
    """

    name: str
    kind: str
    query: str
    data: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    result: str | None = None
    lax: bool = False


@cache
def files() -> dict[str, bytes]:
    """Give every file of the archive by its IRI."""
    with tarfile.open(Path(__file__).with_name("rdf-tests.tar.gz")) as archive:
        return {
            BASE + member.name: found.read()
            for member in archive
            if (found := archive.extractfile(member))
        }


@cache
def triples(iri: str) -> tuple[ox.Triple, ...]:
    """Read a file of data; blank nodes of two files are never the same."""
    suffix = iri.rpartition(".")[2]
    found = ox.parse(
        files()[iri],
        format=ox.RdfFormat.from_extension(suffix),
        base_iri=iri,
        rename_blank_nodes=True,
    )
    return tuple(quad.triple for quad in found)


def manifest(folder: str) -> Nodes:
    """Read a folder's manifest."""
    nodes: Nodes = {}
    for triple in triples(f"{BASE}sparql/{folder}/manifest.ttl"):
        nodes.setdefault((str(triple.subject), triple.predicate.value), []).append(triple.object)
    return nodes


def members(nodes: Nodes, head: object) -> Iterator[ox.NamedNode | ox.BlankNode | ox.Literal]:
    """Go through an RDF list."""
    while str(head) != f"<{RDF}nil>":
        yield nodes[str(head), RDF + "first"][0]
        head = nodes[str(head), RDF + "rest"][0]


def entries(folder: str) -> Iterator[tuple[ox.NamedNode | ox.BlankNode | ox.Literal, Nodes]]:
    """Go through the tests that a folder's manifest lists."""
    nodes = manifest(folder)
    (head,) = (found[0] for (_, name), found in nodes.items() if name == MF + "entries")
    for entry in members(nodes, head):
        yield entry, nodes


def cases() -> Iterator[Case]:
    """Go through all tests of query evaluation and syntax."""
    for iri in files():
        folder = iri.removeprefix(BASE + "sparql/").removesuffix("/manifest.ttl")
        # not the manifests that only include others, nor those of the tests over HTTP
        if (
            iri.endswith("/manifest.ttl")
            and "/" in folder
            and folder not in {PROTOCOL, DESCRIPTION}
        ):
            yield from _cases(folder)


def _cases(folder: str) -> Iterator[Case]:
    for entry, nodes in entries(folder):
        kind = nodes[str(entry), RDF + "type"][0].value.partition("#")[2]
        action = nodes[str(entry), MF + "action"][0]
        results = nodes.get((str(entry), MF + "result"), [])
        cardinality = nodes.get((str(entry), MF + "resultCardinality"), [])
        query = nodes.get((str(action), QT + "query"), [action])[0]
        yield Case(
            name=f"{folder}#{entry.value.rpartition('#')[2]}",
            kind=kind,
            query=urljoin(BASE, query.value),
            data=tuple(node.value for node in nodes.get((str(action), QT + "data"), [])),
            named=tuple(node.value for node in nodes.get((str(action), QT + "graphData"), [])),
            result=results[0].value if results else None,
            lax=any(node.value == MF + "LaxCardinality" for node in cardinality),
        )


def deviations() -> dict[str, dict[str, Any]]:
    """Give for each test that turns out otherwise what ``deviations.toml`` says of it."""
    text = Path(__file__).with_name("deviations.toml").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = {}
    for group in tomllib.loads(text)["deviation"]:
        for name in group["tests"]:
            assert name not in found, f"{name} is listed twice"
            found[name] = group
    return found
