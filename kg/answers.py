"""Answers of named questions written out for reading, as Markdown, and for linking, as a graph.

The graph holds the table itself in the vocabulary that the SPARQL working group uses for results
(``rs:``), and, so that it can be read without asking again, every claim and passage that a row
names with all that is said of it, and the labels of everything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.entries import Catalog
from kg.manifest import Manifest
from kg.model import Iri, Literal, Node, Term
from kg.namespaces import BASE, PREFIXES, compress
from kg.questions import QuestionAnswer
from kg.store import Store, serialize_triples
from kg.table import render_markdown

__all__ = ["answer_as_graph", "answer_as_markdown"]

#: An IRI of ours, with no character that could end it in a query.
_OURS = re.compile(rf"{re.escape(BASE)}[\w./~%+-]+")
#: Things of which all is told.
_WHOLE = (PREFIXES["claim"], PREFIXES["passage"])


def answer_as_markdown(answer: QuestionAnswer, *, catalog: Catalog, manifest: Manifest) -> str:
    """Write an answer as a Markdown document."""

    def label(iri: str) -> str:
        entry = catalog.get(iri)
        return entry.label if entry and entry.kind != "claim" else compress(iri)

    lines = [f"# {answer.question.title}", ""]
    for parameter in answer.question.parameters:
        value = answer.parameters.get(parameter.name)
        told = parameter.values.get(value, value) if value else "any"
        lines.append(f"- {parameter.label}: {told}")
    lines += [""] if answer.question.parameters else []
    if answer.rows:
        lines.append(render_markdown(answer.solutions, label=label))
        lines += [f"- {name}: {answer.question.meaning(name)}" for name in answer.columns]
        if len(answer.rows) < answer.total:
            first, last = answer.start + 1, answer.start + len(answer.rows)
            lines += ["", f"Rows {first} to {last} of {answer.total}."]
    else:
        lines.append(answer.note)
    return "\n".join([*lines, "", f"*Cite as:* {answer.cite(manifest)}", ""])


def answer_as_graph(
    answer: QuestionAnswer, *, store: Store, manifest: Manifest, media_type: str
) -> bytes:
    """Write an answer as a graph.

    :param media_type: one of :data:`kg.store.GRAPH_TYPES`.
    """
    lines = list(_table(answer, manifest))
    words = {word for row in answer.rows for cell in row.values() for word in str(cell).split(" ")}
    ours = sorted(word for word in words if _OURS.fullmatch(word))
    if ours:
        found = store.construct(_surroundings(ours), media_type="application/n-triples")
        lines += found.decode().splitlines()
    return serialize_triples(lines, media_type=media_type)


def _table(answer: QuestionAnswer, manifest: Manifest) -> Iterator[str]:
    rs, integer = PREFIXES["rs"], PREFIXES["xsd"] + "integer"

    def triple(subject: Term, predicate: str, value: Term) -> str:
        return f"{_write(subject)} <{predicate}> {_write(value)} ."

    whole = Iri(answer.iri)
    yield triple(whole, PREFIXES["rdf"] + "type", Iri(rs + "ResultSet"))
    yield triple(whole, PREFIXES["dcterms"] + "title", Literal(answer.question.title, "en"))
    yield triple(whole, PREFIXES["prov"] + "wasDerivedFrom", Iri(answer.question.iri))
    cited = Literal(answer.cite(manifest), "en")
    yield triple(whole, PREFIXES["dcterms"] + "bibliographicCitation", cited)
    yield triple(whole, rs + "size", Literal(str(answer.total), datatype=integer))
    if answer.note:
        yield triple(whole, PREFIXES["rdfs"] + "comment", Literal(answer.note, "en"))
    for name in answer.columns:
        yield triple(whole, rs + "resultVariable", Literal(name))
    for number, row in enumerate(answer.solutions.rows, answer.start + 1):
        solution = Iri(f"{answer.iri}#row-{number}")
        yield triple(whole, rs + "solution", solution)
        yield triple(solution, rs + "index", Literal(str(number), datatype=integer))
        for place, (name, term) in enumerate(zip(answer.columns, row, strict=True)):
            if term is not None:
                binding = Node(f"r{number}c{place}")
                yield triple(solution, rs + "binding", binding)
                yield triple(binding, rs + "variable", Literal(name))
                yield triple(binding, rs + "value", term)


def _surroundings(iris: list[str]) -> str:
    """Write the query for what is said of the claims and passages among some IRIs, and labels."""
    whole = " ".join(f"<{iri}>" for iri in iris if iri.startswith(_WHOLE))
    named = " ".join(f"<{iri}>" for iri in iris)
    return f"""
        PREFIX rdfs: <{PREFIXES["rdfs"]}>
        PREFIX skos: <{PREFIXES["skos"]}>
        CONSTRUCT {{
          ?thing ?property ?value . ?value ?labelling ?label . ?named a ?type ; ?naming ?name
        }}
        WHERE {{
          {{
            VALUES ?thing {{ {whole} }}
            ?thing ?property ?value
            OPTIONAL {{
              VALUES ?labelling {{ skos:prefLabel rdfs:label }}
              ?value ?labelling ?label
              FILTER (isIRI(?value))
            }}
          }} UNION {{
            VALUES ?named {{ {named} }}
            ?named a ?type
            OPTIONAL {{ VALUES ?naming {{ skos:prefLabel rdfs:label }} ?named ?naming ?name }}
          }}
        }}"""


def _write(term: Term) -> str:
    """Write a term as N-Triples."""
    match term:
        case Iri(value):
            return f"<{value}>"
        case Node(value):
            return f"_:{value}"
        case Literal(value, language, datatype):
            text = value.translate(_ESCAPES)
            return f'"{text}"@{language}' if language else f'"{text}"^^<{datatype}>'


_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r"})
