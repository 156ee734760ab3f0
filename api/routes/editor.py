"""What the SPARQL editor completes from: prefixes, terms with labels and definitions, examples."""

from __future__ import annotations

import json
from collections.abc import Iterator

from fastapi import APIRouter, Request, Response

from api.context import Atlas, Context
from api.representation import describe_types, negotiate, respond
from kg.entries import Entry
from kg.namespaces import BASE, KINDS, PREFIXES, compress
from kg.queries import read_query
from kg.questions import Question, write_query

__all__ = ["router"]

router = APIRouter(tags=["sparql"])

_TYPES = {"application/json": "json"}
#: The kinds that a query names; of the rest, only labels are sent, and of claims not even these.
_NAMED = {"concept", "ontology", "signal", "case", "source"}
_UNNAMED = {"claim", "mapping"}


@router.get(
    "/sparql/vocabulary",
    response_class=Response,
    responses=describe_types(_TYPES, "The prefixes, terms and example queries."),
)
def vocabulary(request: Request, atlas: Atlas) -> Response:
    """Give what an editor for queries completes from, and the named questions as examples."""

    def write() -> bytes:
        body = {
            "base": BASE,
            "kinds": list(KINDS),
            "prefixes": dict(PREFIXES),
            "terms": [*_own_terms(atlas), *_terms_of_others(atlas)],
            "examples": [_example(question, atlas) for question in atlas.questions.values()],
        }
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    return respond(request, write, negotiate(request, _TYPES), atlas=atlas)


def _own_terms(atlas: Context) -> Iterator[dict[str, object]]:
    for entry in atlas.catalog.values():
        if entry.kind in _UNNAMED:
            continue
        term: dict[str, object] = {"name": compress(entry.iri), "label": entry.label}
        if entry.kind in _NAMED and "/" not in entry.name:
            term["role"] = _role(entry)
            if entry.gloss:
                term["gloss"] = entry.gloss
            if entry.alternatives:
                term["also"] = entry.alternatives
        yield term


def _role(entry: Entry) -> str:
    if entry.kind != "ontology":
        return entry.kind
    # as everywhere in our namespace, a capital begins the name of a class
    return "class" if entry.name[:1].isupper() else "property"


def _terms_of_others(atlas: Context) -> Iterator[dict[str, object]]:
    """List the classes and properties of other vocabularies that the graph uses."""
    for row in atlas.store.select(read_query("foreign-terms")).values():
        name = compress(row["term"])
        if name != row["term"]:
            yield {"name": name, "label": row["label"] or name, "role": row["role"]}


def _example(question: Question, atlas: Context) -> dict[str, str]:
    given = {p.name: p.example for p in question.parameters if not p.optional}
    return {
        "name": question.name,
        "title": question.title,
        "query": write_query(atlas.store, question, given),
    }
