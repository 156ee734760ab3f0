"""Reading the Turtle modules: one file, one module, one graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rdflib import OWL, RDF, Graph, URIRef

from kg.errors import InputError
from kg.ingest import read_case
from kg.namespaces import PREFIXES

__all__ = ["Module", "bind_prefixes", "load_all", "load_module", "load_modules", "merge"]


@dataclass(frozen=True, slots=True)
class Module:
    """One Turtle file of the ontology.

    :param path: where it was read from.
    :param layer: the folder it stands in (schema, concepts, claims, ...), empty for the header.
    :param iri: the IRI of its ``owl:Ontology``.
    :param graph: what it says.
    """

    path: Path
    layer: str
    iri: URIRef
    graph: Graph


def bind_prefixes(graph: Graph) -> Graph:
    """Bind the project's prefixes, and give the graph back."""
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace, override=True, replace=True)
    return graph


def load_module(path: Path, *, layer: str) -> Module:
    """Read one Turtle file.

    :param layer: the part of the whole to which it belongs.
    :raises InputError: if it is no Turtle (with line and column), or has not one ``owl:Ontology``
        header.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", source=str(path)) from error
    if not data.strip():
        raise InputError("is empty; a module begins with its header", source=str(path))
    # the strict reader of cases: it knows the column, and no fault makes it crash
    graph = bind_prefixes(read_case(data, media_type="text/turtle", source=str(path)))
    headers = [s for s in graph.subjects(RDF.type, OWL.Ontology) if isinstance(s, URIRef)]
    if len(headers) != 1:
        raise InputError(
            f"{len(headers)} owl:Ontology headers where one is expected", source=str(path)
        )
    return Module(path, layer, headers[0], graph)


def load_modules(root: Path, *, layer: str | None = None) -> list[Module]:
    """Read all Turtle files below a folder, in the order of their paths.

    :param layer: the part of the whole to which they belong, by default each file's folder.

    :raises InputError: as :func:`load_module`, or if there is none.
    """
    paths = sorted(root.rglob("*.ttl"))
    if not paths:
        raise InputError("no Turtle file in this folder", source=str(root))
    return [load_module(path, layer=layer or _layer(path, root)) for path in paths]


def load_all(ontology: Path, shapes: Path) -> list[Module]:
    """Read the ontology's modules and the shapes.

    :raises InputError: as :func:`load_module`, or if either folder has none.
    """
    return [*load_modules(ontology), *load_modules(shapes, layer="shapes")]


def merge(graphs: Iterable[Graph]) -> Graph:
    """Put several graphs into one, with the project's prefixes."""
    merged = bind_prefixes(Graph())
    for graph in graphs:
        for triple in graph:
            merged.add(triple)
    return merged


def _layer(path: Path, root: Path) -> str:
    return path.relative_to(root).parts[0] if path.parent != root else ""
