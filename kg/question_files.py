"""Question files: reading them, and describing questions in RDF, for the build.

A question is a file ``ontology/questions/ID.rq``. Its first lines start with ``#+`` and hold YAML,
as grlc has it: ``title``, ``why``, ``phrasings``, ``keywords``, ``parameters``, ``columns``,
``empty``. What follows is the query.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml
from rdflib import RDF, RDFS, XSD, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS

from kg.errors import InputError
from kg.model import Iri
from kg.namespaces import PREFIXES
from kg.questions import Parameter, Question, with_values

__all__ = ["load_questions", "questions_as_triples"]

_MARK = "#+"


def load_questions(folder: Path) -> list[Question]:
    """Read the question files of a folder, in the order of their names.

    :raises InputError: if a header is no YAML or lacks something.
    """
    return [_load(path) for path in sorted(folder.glob("*.rq"))]


def questions_as_triples(questions: Sequence[Question]) -> Graph:
    """Describe questions in RDF, as other SPARQL editors load them."""
    aa, sh = PREFIXES["aa"], PREFIXES["sh"]
    graph = Graph()
    for question in questions:
        iri = URIRef(question.iri)
        graph.add((iri, RDF.type, URIRef(aa + "Question")))
        graph.add((iri, RDF.type, URIRef(sh + "SPARQLExecutable")))
        graph.add((iri, RDF.type, URIRef(sh + "SPARQLSelectExecutable")))
        graph.add((iri, RDFS.label, Literal(question.title, lang="en")))
        graph.add((iri, RDFS.comment, Literal(question.title, lang="en")))
        graph.add((iri, DCTERMS.description, Literal(question.why, lang="en")))
        example = {p.name: Iri(PREFIXES["concept"] + p.example) for p in question.parameters}
        # with the example's values, so that an editor can run it as it stands
        graph.add((iri, URIRef(sh + "select"), Literal(with_values(question.query, example))))
        for order, parameter in enumerate(question.parameters, 1):
            node = URIRef(f"{question.iri}/parameter/{parameter.name}")
            graph.add((iri, URIRef(aa + "hasParameter"), node))
            graph.add((node, RDF.type, URIRef(aa + "Parameter")))
            graph.add((node, RDFS.label, Literal(parameter.label, lang="en")))
            graph.add((node, URIRef(aa + "order"), Literal(order, datatype=XSD.integer)))
            graph.add((node, URIRef(aa + "parameterName"), Literal(parameter.name)))
            graph.add((node, URIRef(aa + "takes"), URIRef(aa + parameter.kind)))
            for value in parameter.values:
                graph.add((node, URIRef(aa + "allowedValue"), URIRef(PREFIXES["concept"] + value)))
    return graph


def _load(path: Path) -> Question:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", source=str(path)) from error
    header = "\n".join(line.removeprefix(_MARK) for line in lines if line.startswith(_MARK))
    query = "\n".join(line for line in lines if not line.startswith(_MARK)).strip() + "\n"
    try:
        data = yaml.safe_load(header)
        return Question(
            name=path.stem,
            title=data["title"],
            why=data["why"],
            query=query,
            columns=dict(data["columns"]),
            empty=data["empty"],
            parameters=tuple(
                Parameter(
                    name=name,
                    label=item["label"],
                    kind=item["class"],
                    values=tuple(item["values"]),
                    example=item["example"],
                )
                for name, item in (data.get("parameters") or {}).items()
            ),
            phrasings=tuple(data.get("phrasings") or ()),
            keywords=tuple(data.get("keywords") or ()),
        )
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"the header of this question is not in order: {error}", source=str(path)
        ) from error
