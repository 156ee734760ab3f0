"""The Reconciliation Service API, version 0.2, by which OpenRefine matches a column to our terms.

An entity's id is its IRI behind ``https://w3id.org/alliance-atlas/``, such as
``concept/magical-alliance``; a type is a kind or a class, such as ``aa:AllianceConcept``; a
property is a short form, such as ``skos:definition``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.context import Atlas, Context, read_body
from api.problems import UnsupportedTypeError
from api.representation import describe_types, respond
from api.routes.search import address_of
from kg.entries import Catalog, Entry
from kg.errors import InputError, NotFoundError, ParameterError
from kg.model import Iri, Literal, Term
from kg.namespaces import BASE, KINDS, PREFIXES, compress, expand
from kg.reconciliation import Candidate, match_name
from kg.words import fold

__all__ = ["router"]

router = APIRouter(tags=["reconciliation"])

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_MOST_QUERIES = 50
_MOST_IDS = 500
_MOST_PROPERTIES = 20
_MOST_CANDIDATES = 50
_SHORT_FORM = re.compile(r"\w[\w-]*:[\w-]+(?:/[\w-]+)*")
#: A preview stands in a frame of the program that shows it; it runs nothing.
_FRAMED = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'"

_Prefix = Annotated[str, Query(description="What is typed so far.")]
_RESPONSES: dict[int | str, dict[str, Any]] = {
    **describe_types({_JSON: ""}, "The manifest, or what was asked for."),
    400: {"description": "What was sent cannot be read; the problem says where."},
}


@router.get(
    "/reconcile",
    response_class=Response,
    responses=_RESPONSES,
    openapi_extra={
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": False,
                "schema": {"type": "string"},
                "description": text,
            }
            for name, text in (
                ("queries", "A batch of queries, in JSON."),
                ("extend", "Ids and properties, in JSON."),
            )
        ]
    },
)
def reconcile_by_get(request: Request, atlas: Atlas) -> Response:
    """Give the manifest; with ``queries``, the candidates of each; with ``extend``, values."""
    fields = dict(request.query_params)
    body = _answer(fields, atlas) or _manifest(address_of(request))
    return _send(request, body, atlas)


@router.post(
    "/reconcile",
    response_class=Response,
    responses={**_RESPONSES, 413: {"description": "It is too large."}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                _FORM: {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "queries": {"type": "string", "description": "A batch, in JSON."},
                            "extend": {"type": "string", "description": "A request, in JSON."},
                        },
                    }
                }
            },
        }
    },
)
async def reconcile_by_post(request: Request, atlas: Atlas) -> Response:
    """Answer a batch of queries, or give values of properties."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _FORM:
        raise UnsupportedTypeError(f"send a batch as {_FORM}")
    body = await read_body(request, largest=min(atlas.settings.largest_body, 2**20))
    try:
        fields = dict(parse_qsl(body.decode("utf-8"), max_num_fields=20))
    except ValueError as error:
        raise InputError("the form cannot be read: it is not UTF-8, or has too much in it") from (
            error
        )
    answer = await run_in_threadpool(_answer, fields, atlas)
    if answer is None:
        raise InputError("the form has neither 'queries' nor 'extend'")
    return _send(request, answer, atlas)


@router.get("/reconcile/suggest/entity", response_class=Response, responses=_RESPONSES)
def suggest_entity(request: Request, atlas: Atlas, prefix: _Prefix = "") -> Response:
    """Complete the name of an entity."""
    found = atlas.search.complete(prefix, limit=20)
    result = [
        {
            "id": _id(item.iri),
            "name": item.label,
            "description": item.gloss,
            "notable": _types(item.kind, item.classes, atlas.catalog),
        }
        for item in found
    ]
    return _send(request, {"result": result}, atlas)


@router.get("/reconcile/suggest/type", response_class=Response, responses=_RESPONSES)
def suggest_type(request: Request, atlas: Atlas, prefix: _Prefix = "") -> Response:
    """Complete the name of a type: a kind of thing, or a class."""
    classes = {cls for entry in atlas.catalog.values() for cls in entry.classes}
    types = [{"id": kind, "name": kind} for kind in KINDS]
    types += [_class_type(cls, atlas.catalog) for cls in sorted(classes)]
    return _send(request, {"result": _begin(types, prefix)}, atlas)


@router.get("/reconcile/suggest/property", response_class=Response, responses=_RESPONSES)
def suggest_property(request: Request, atlas: Atlas, prefix: _Prefix = "") -> Response:
    """Complete the name of a property."""
    return _send(request, {"result": _begin(_properties(None, atlas), prefix)}, atlas)


@router.get("/reconcile/properties", response_class=Response, responses=_RESPONSES)
def propose_properties(
    request: Request,
    atlas: Atlas,
    of: Annotated[str, Query(alias="type", description="A kind or class.")] = "concept",
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
) -> Response:
    """List what things of a type have values of, for adding columns."""
    properties = _properties(_type(of, atlas.catalog), atlas)[:limit]
    return _send(request, {"type": of, "properties": properties, "limit": limit}, atlas)


@router.get(
    "/reconcile/preview",
    response_class=Response,
    responses={
        **describe_types({"text/html": ""}, "A small page."),
        404: {"description": "There is no such entity."},
    },
)
def preview(
    request: Request,
    atlas: Atlas,
    entity: Annotated[str, Query(alias="id", description="The entity's id.")],
) -> Response:
    """Show an entity in few words, to stand in a frame."""
    entry = atlas.catalog.get(BASE + entity)
    if entry is None:
        raise NotFoundError(entity[:200], kind="entity", nearest=atlas.catalog.nearest(entity))
    template = atlas.templates.get_template("preview.html")
    body = template.render(entry=entry).encode()
    return respond(
        request, body, "text/html", atlas=atlas, headers={"Content-Security-Policy": _FRAMED}
    )


def _send(request: Request, body: Mapping[str, Any], atlas: Context) -> Response:
    # the manifest holds the address by which this server was asked; nothing of this is kept
    written = json.dumps(body, ensure_ascii=False).encode()
    return respond(request, written, _JSON, atlas=atlas, lasting=False)


def _manifest(here: str) -> dict[str, Any]:
    def service(path: str) -> dict[str, str]:
        return {"service_url": here, "service_path": path}

    return {
        "versions": ["0.2"],
        "name": "Alliance Atlas",
        "identifierSpace": BASE,
        "schemaSpace": PREFIXES["aa"],
        "documentation": f"{here}/docs",
        "defaultTypes": [{"id": "concept", "name": "concept"}],
        "view": {"url": here + "/{{id}}"},
        "preview": {"url": here + "/reconcile/preview?id={{id}}", "width": 420, "height": 220},
        "suggest": {
            "entity": service("/reconcile/suggest/entity"),
            "type": service("/reconcile/suggest/type"),
            "property": service("/reconcile/suggest/property"),
        },
        "extend": {
            "propose_properties": service("/reconcile/properties"),
            "property_settings": [],
        },
    }


def _answer(fields: Mapping[str, str], atlas: Context) -> dict[str, Any] | None:
    if "queries" in fields:
        queries = _read_object(fields["queries"], "queries")
        if len(queries) > _MOST_QUERIES:
            raise InputError(f"a batch holds {_MOST_QUERIES} queries at most, not {len(queries)}")
        return {key: {"result": _candidates(key, item, atlas)} for key, item in queries.items()}
    if "extend" in fields:
        return _extend(_read_object(fields["extend"], "extend"), atlas)
    return None


def _read_object(text: str, name: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"'{name}' is no JSON{place}") from None
    if not isinstance(found, dict):
        raise InputError(f"'{name}' is no JSON object")
    return found


def _candidates(key: str, query: object, atlas: Context) -> list[dict[str, Any]]:
    where = f"query '{key[:50]}'"
    if not isinstance(query, dict) or not isinstance(query.get("query"), str):
        raise InputError(f"{where} has no text as its 'query'")
    limit = query.get("limit", 5)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise InputError(f"{where} has a 'limit' that is no whole number from 1 on")
    types = query.get("type")
    if types is None or isinstance(types, str):
        types = [types] if types else []
    if not isinstance(types, list) or len(types) > _MOST_PROPERTIES:
        raise InputError(f"{where} has a 'type' that is neither a type nor a short list of some")
    found = match_name(
        atlas.search,
        query["query"],
        types=[_type(name, atlas.catalog, where=where) for name in types],
        limit=min(limit, _MOST_CANDIDATES),
    )
    return [_candidate(item, atlas.catalog) for item in found]


def _candidate(candidate: Candidate, catalog: Catalog) -> dict[str, Any]:
    hit = candidate.hit
    entry = catalog[hit.iri]
    return {
        "id": _id(hit.iri),
        "name": entry.label,
        "description": entry.gloss,
        "score": candidate.score,
        "match": candidate.match,
        "type": _types(entry.kind, sorted(entry.classes), catalog),
        "features": [{"id": "name_similarity", "value": candidate.score}],
    }


def _extend(wanted: Mapping[str, Any], atlas: Context) -> dict[str, Any]:
    """Give the values that things have of properties."""
    ids, properties = wanted.get("ids"), wanted.get("properties")
    if not isinstance(ids, list) or not all(isinstance(name, str) for name in ids):
        raise InputError("'extend' has no list of texts as its 'ids'")
    if not isinstance(properties, list) or not all(
        isinstance(item, dict) and isinstance(item.get("id"), str) for item in properties
    ):
        raise InputError("'extend' has no list of objects with an 'id' as its 'properties'")
    if len(ids) > _MOST_IDS or len(properties) > _MOST_PROPERTIES:
        raise InputError(
            f"'extend' takes {_MOST_IDS} ids and {_MOST_PROPERTIES} properties at most"
        )
    names = {item["id"]: _property(item["id"]) for item in properties}
    known = {item["id"]: item["name"] for item in _properties(None, atlas)}
    things = [BASE + name for name in dict.fromkeys(ids) if BASE + name in atlas.catalog]
    values = _values(things, list(names.values()), atlas)
    return {
        "meta": [{"id": name, "name": known.get(name, name)} for name in names],
        "rows": {
            name: {short: values.get((BASE + name, iri), []) for short, iri in names.items()}
            for name in ids
        },
    }


def _values(
    things: Sequence[str], properties: Sequence[str], atlas: Context
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    # both are IRIs of the release or were checked, and neither can end the angle brackets
    query = f"""
        SELECT DISTINCT ?thing ?property ?value WHERE {{
          VALUES ?thing {{ {" ".join(f"<{iri}>" for iri in things)} }}
          VALUES ?property {{ {" ".join(f"<{iri}>" for iri in properties)} }}
          ?thing ?property ?value FILTER (!isBlank(?value))
        }} ORDER BY ?thing ?property ?value"""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in atlas.store.select(query):
        key = (row["thing"].value, row["property"].value)
        found.setdefault(key, []).append(_value(row["value"], atlas.catalog))
    return found


def _value(term: Term, catalog: Catalog) -> dict[str, Any]:
    if isinstance(term, Iri):
        entry = catalog.get(term.value)
        return {"id": _id(term.value), "name": entry.label} if entry else {"str": term.value}
    kind = term.datatype.removeprefix(PREFIXES["xsd"]) if isinstance(term, Literal) else ""
    match kind:
        case "integer":
            return {"int": int(term.value)}
        case "decimal" | "double":
            return {"float": float(term.value)}
        case "boolean":
            return {"bool": term.value in {"true", "1"}}
    return {"str": term.value}


def _properties(of: str | None, atlas: Context) -> list[dict[str, str]]:
    """List the properties that things have values of, those of most things first.

    :param of: a kind, or the local name of a class; without, all things.
    """
    if of is None:
        pattern = f'FILTER (STRSTARTS(STR(?thing), "{BASE}"))'
    elif of in KINDS:
        pattern = f'FILTER (STRSTARTS(STR(?thing), "{KINDS[of]}"))'
    else:
        pattern = f"?thing a <{PREFIXES['aa']}{of}> ."
    query = f"""
        SELECT ?property (COUNT(DISTINCT ?thing) AS ?things) WHERE {{
          ?thing ?property ?value . {pattern}
          FILTER (!isBlank(?value))
        }} GROUP BY ?property ORDER BY DESC(?things) ?property"""
    names = [row["property"].value for row in atlas.store.select(query)]
    shorts = [(compress(iri), iri) for iri in names]
    return [
        {"id": short, "name": _name_of(iri, atlas.catalog)}
        for short, iri in shorts
        if _SHORT_FORM.fullmatch(short)
    ]


def _name_of(iri: str, catalog: Catalog) -> str:
    entry = catalog.get(iri)
    name = compress(iri).rpartition(":")[2]
    return entry.label if entry else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _property(name: str) -> str:
    """Give the IRI of a property; :raises InputError: if it is no short form."""
    prefix = name.partition(":")[0]
    if not _SHORT_FORM.fullmatch(name) or prefix not in PREFIXES:
        raise InputError(
            f"'{name[:50]}' is no property; right is a short form such as skos:definition"
        )
    return expand(name)


def _type(name: object, catalog: Catalog, *, where: str = "") -> str:
    """Give the kind or the local name of the class that a type's id stands for.

    :raises ParameterError: if there is no such type, with the nearest.
    """
    text = name if isinstance(name, str) else ""
    cls = text.removeprefix("aa:").removeprefix(PREFIXES["aa"])
    if text in KINDS:
        return text
    if KINDS["ontology"] + cls in catalog:
        return cls
    nearest = [f"aa:{near}" for near in catalog.nearest(cls, kind="ontology", count=3)]
    raise ParameterError(
        f"{where}{': ' if where else ''}'{text[:50]}' is no type; right is a kind, such as "
        "concept, or a class, such as aa:AllianceConcept"
        + (f"; near are {', '.join(nearest)}" if nearest else ""),
        parameter="type",
        value=text,
        nearest=nearest,
    )


def _types(kind: str, classes: Iterable[str], catalog: Catalog) -> list[dict[str, str]]:
    return [{"id": kind, "name": kind}, *(_class_type(cls, catalog) for cls in classes)]


def _class_type(cls: str, catalog: Catalog) -> dict[str, str]:
    entry: Entry | None = catalog.get(KINDS["ontology"] + cls)
    return {"id": f"aa:{cls}", "name": entry.label if entry else cls}


def _begin(items: Sequence[dict[str, str]], prefix: str) -> list[dict[str, str]]:
    """Choose those of which a word, or the id, begins with what is typed."""
    start = fold(prefix[:200])
    return [
        item
        for item in items
        if any(f" {fold(text)}".find(f" {start}") >= 0 for text in (item["name"], item["id"]))
    ][:50]


def _id(iri: str) -> str:
    return iri.removeprefix(BASE)
