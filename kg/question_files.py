"""Question files: reading them, holding them against the graph, and describing them in RDF.

A question is a file ``ontology/questions/ID.rq``. Its first lines start with ``#+`` and hold YAML,
as grlc has it: ``title``, ``why``, ``phrasings``, ``keywords``, ``parameters``, ``columns``,
``empty``; ``answered-by: chains`` where the query tells of chains of claims that are found before
(see :mod:`kg.paths`). What follows is the query.

A parameter has a ``label``, an ``example``, and a ``kind`` if its values are no concepts. It takes
whatever belongs to a ``class``, or of that the ``values`` listed; without either everything of the
kind. Or it has ``type: integer`` with ``minimum`` and ``maximum``. It may be ``optional``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from rdflib import RDF, RDFS, XSD, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS

from kg.entries import Catalog, Entry
from kg.errors import CheckError, InputError, ParameterError, StoreError
from kg.namespaces import KINDS, PREFIXES
from kg.questions import CHAINS, INTEGER, Parameter, Question, answer_question, write_query
from kg.store import Store
from kg.words import fold

__all__ = ["load_questions", "questions_as_triples", "resolve_questions"]

_MARK = "#+"

_QUESTION_KEYS = frozenset(
    {"title", "why", "phrasings", "keywords", "parameters", "columns", "empty", "answered-by"}
)
_PARAMETER_KEYS = frozenset(
    {"label", "class", "kind", "values", "example", "optional", "type", "minimum", "maximum"}
)
#: What the address of an answer means by itself.
_RESERVED = frozenset({"format", "limit", "page"})


def load_questions(folder: Path) -> list[Question]:
    """Read the question files of a folder, in the order of their names.

    Which values a parameter takes is known only after :func:`resolve_questions`.

    :raises InputError: if a header is no YAML, lacks something or says something unknown.
    """
    return [_load(path) for path in sorted(folder.glob("*.rq"))]


def resolve_questions(
    questions: Sequence[Question], store: Store, catalog: Catalog
) -> list[Question]:
    """Take the values of parameters from a graph, and put every worked example to it.

    :raises CheckError: if a value is not in the graph, if a query is malformed or its columns are
        not those described, or if an example has no answer.
    """
    resolved, problems = [], []
    for question in questions:
        try:
            parameters = tuple(_resolve(parameter, catalog) for parameter in question.parameters)
            found = replace(question, parameters=parameters)
            _check(found, store)
            resolved.append(found)
        except InputError as error:
            place = f"line {error.line} of the query: " if error.line else ""
            problems.append(f"question {question.name}: {place}{error.message}")
        except StoreError as error:
            problems.append(f"question {question.name}: {error}")
    if problems:
        raise CheckError(problems)
    return resolved


def questions_as_triples(questions: Sequence[Question], store: Store) -> Graph:
    """Describe questions in RDF, as other SPARQL editors load them.

    :param store: what they are put to.
    """
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
        # with the example's values, so that an editor can run it as it stands
        example = write_query(store, question, question.example)
        graph.add((iri, URIRef(sh + "select"), Literal(example)))
        for order, parameter in enumerate(question.parameters, 1):
            node = URIRef(f"{question.iri}/parameter/{parameter.name}")
            graph.add((iri, URIRef(aa + "hasParameter"), node))
            graph.add((node, RDF.type, URIRef(aa + "Parameter")))
            graph.add((node, RDFS.label, Literal(parameter.label, lang="en")))
            graph.add((node, URIRef(aa + "order"), Literal(order, datatype=XSD.integer)))
            graph.add((node, URIRef(aa + "parameterName"), Literal(parameter.name)))
            graph.add((node, URIRef(sh + "optional"), Literal(parameter.optional)))
            if parameter.cls:
                graph.add((node, URIRef(aa + "takes"), URIRef(aa + parameter.cls)))
            if parameter.kind == INTEGER:
                graph.add((node, URIRef(sh + "datatype"), XSD.integer))
                graph.add((node, URIRef(sh + "minInclusive"), Literal(parameter.minimum)))
                graph.add((node, URIRef(sh + "maxInclusive"), Literal(parameter.maximum)))
            for value in parameter.values:
                term = URIRef(parameter.term(value).value)
                graph.add((node, URIRef(aa + "allowedValue"), term))
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
        _refuse_others(data, _QUESTION_KEYS)
        return Question(
            name=path.stem,
            title=data["title"],
            why=data["why"],
            query=query,
            columns=dict(
                zip(_texts(data["columns"]), _texts(data["columns"].values()), strict=True)
            ),
            empty=data["empty"],
            parameters=tuple(
                _parameter(name, item) for name, item in (data.get("parameters") or {}).items()
            ),
            phrasings=_texts(data.get("phrasings") or ()),
            keywords=_texts(data.get("keywords") or ()),
            answered_by=_answered_by(data),
        )
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"the header of this question is not in order: {error}", source=str(path)
        ) from error


def _texts(items: Iterable[object]) -> tuple[str, ...]:
    """Take texts as they are; YAML reads some words, such as no, as something else."""
    found = []
    for item in items:
        if not isinstance(item, str):
            raise ValueError(f"'{item}' is no text; put it in quotes")
        found.append(item)
    return tuple(found)


def _answered_by(data: Mapping[str, Any]) -> str:
    found: str = data.get("answered-by", "")
    if found not in {"", CHAINS}:
        raise ValueError(f"it is answered by '{found}'; the only way is {CHAINS}")
    if found and len(data["parameters"]) != 2:
        raise ValueError(f"what is answered by {CHAINS} has two parameters")
    return found


def _parameter(name: str, item: Mapping[str, Any]) -> Parameter:
    _refuse_others(item, _PARAMETER_KEYS)
    if name in _RESERVED:
        raise ValueError(f"a parameter cannot be called {', '.join(sorted(_RESERVED))}")
    number = item.get("type") == INTEGER
    kind = INTEGER if number else item.get("kind", "concept")
    if "type" in item and not number:
        raise ValueError(f"'{name}' has the type '{item['type']}'; the only one is {INTEGER}")
    if not number and kind not in KINDS:
        raise ValueError(f"'{name}' has the kind '{kind}'; there are {', '.join(KINDS)}")
    optional = bool(item.get("optional", False))
    return Parameter(
        name=name,
        label=item["label"],
        kind=kind,
        example=str(item.get("example", "") if optional else item["example"]),
        cls=item.get("class", ""),
        values=dict.fromkeys(item.get("values") or (), ""),
        optional=optional,
        minimum=int(item["minimum"]) if number else 0,
        maximum=int(item["maximum"]) if number else 0,
    )


def _refuse_others(data: Mapping[str, Any], known: frozenset[str]) -> None:
    others = sorted(set(data) - known)
    if others:
        raise ValueError(f"nothing is known of {', '.join(others)}")


def _resolve(parameter: Parameter, catalog: Catalog) -> Parameter:
    if parameter.kind == INTEGER:
        return parameter
    kind, cls = parameter.kind, parameter.cls
    of_class = f" of the class '{cls}'" if cls else ""
    found = catalog.of_kind(kind, cls=cls or None)
    if parameter.values:
        known = {entry.name: entry for entry in found}
        for name in parameter.values:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=2)
                raise InputError(
                    f"'{name}', a value of '{parameter.name}', is no {kind}{of_class} in the graph"
                    + (f"; near are {', '.join(near)}" if near else "")
                )
        found = [entry for entry in found if entry.name in parameter.values]
    if not found:
        raise InputError(f"the graph has no {kind}{of_class} for '{parameter.name}'")
    return replace(
        parameter,
        values={entry.name: entry.label for entry in found},
        words=_unambiguous_words(found),
    )


def _unambiguous_words(entries: Sequence[Entry]) -> dict[str, str]:
    meant: dict[str, set[str]] = {}
    for entry in entries:
        for word in (entry.name, entry.label, *entry.alternatives):
            meant.setdefault(fold(word), set()).add(entry.name)
    return {word: min(names) for word, names in sorted(meant.items()) if word and len(names) == 1}


def _check(question: Question, store: Store) -> None:
    for parameter in question.parameters:
        try:
            if parameter.example and parameter.accept(parameter.example) != parameter.example:
                raise InputError(f"the example of '{parameter.name}' is not the value's own name")
        except ParameterError as error:
            raise InputError(f"the example is wrong: {error.message}") from error
    if re.search(r"\b(LIMIT|OFFSET)\b", question.query):
        raise InputError("the query limits its rows; leave that to the pages of the answer")
    answer = answer_question(store, question, question.example)
    left_open = {p.name for p in question.parameters if p.name not in question.example}
    columns = [name for name in answer.columns if name not in left_open]
    if columns != list(question.columns):
        raise InputError(
            f"the columns described are {', '.join(question.columns)}; "
            f"the query gives {', '.join(columns)}"
        )
    if not answer.rows:
        raise InputError(f"the example {question.example} has no answer")
