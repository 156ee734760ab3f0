"""The SPARQL 1.1 Protocol, for queries. A browser that brings no query gets a form to write one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response

from api.context import Atlas, Context, read_body
from api.negotiation import choose
from api.problems import NotAcceptableError, UnsupportedTypeError
from api.representation import describe_types, format_parameter, negotiate, respond
from kg.errors import InputError, ParameterError
from kg.namespaces import BASE
from kg.store import GRAPH_TYPES, RESULT_TYPES

__all__ = ["router"]

router = APIRouter(tags=["sparql"])

_IRI = re.compile(r"""https?://[^\x00-\x20<>"{}|^`\\]+""")
_FORM = "application/x-www-form-urlencoded"
_DIRECT = "application/sparql-query"
#: Also offered under the names that clients ask for although the standard has others.
_ALIASES = {
    "application/json": "application/sparql-results+json",
    "application/xml": "application/sparql-results+xml",
    "text/plain": "text/csv",
}
_ANSWER_TYPES: Mapping[str, str] = {**RESULT_TYPES, **GRAPH_TYPES}
_DATASET = {
    "default-graph-uri": "A graph of the default graph, in place of the endpoint's own.",
    "named-graph-uri": "A graph that the query may name, in place of all.",
}
_PARAMETERS: list[dict[str, object]] = [
    format_parameter(_ANSWER_TYPES),
    *(
        {
            "name": name,
            "in": "query",
            "required": False,
            "schema": {"type": "array", "items": {"type": "string", "format": "iri"}},
            "description": text,
        }
        for name, text in _DATASET.items()
    ),
]
_QUERY = {"type": "string", "description": "A query of SPARQL 1.1."}
_RESPONSES: dict[int | str, dict[str, object]] = {
    **describe_types(
        {**_ANSWER_TYPES, "text/html": "html"},
        "A table or truth value, a graph, or without a query the form or service description.",
    ),
    400: {"description": "The query is malformed; the problem tells line and column."},
    406: {"description": "The query's form is not had in a type that is accepted."},
    413: {"description": "The query is too long or nested too deep, or its answer is too large."},
    415: {"description": "The body is neither a form nor a query, or not UTF-8."},
    503: {"description": "The query took too much memory, or too many are waiting."},
    504: {"description": "The query took too long."},
}


@router.get(
    "/sparql",
    response_class=Response,
    responses=_RESPONSES,
    openapi_extra={
        "parameters": [
            {
                "name": "query",
                "in": "query",
                "required": False,
                "schema": {"type": "string"},
                "description": _QUERY["description"],
            },
            *_PARAMETERS,
        ]
    },
)
async def query_by_get(request: Request, atlas: Atlas) -> Response:
    """Answer the query in the URL; without one, give the form or the service description."""
    fields = parse_qsl(request.url.query, keep_blank_values=True, max_num_fields=100)
    if not any(name == "query" for name, _ in fields):
        if any(name == "update" for name, _ in fields):
            raise InputError("this endpoint takes queries only, no updates")
        return _welcome(request, atlas)
    return await _answer(request, atlas, fields)


@router.post(
    "/sparql",
    response_class=Response,
    responses=_RESPONSES,
    openapi_extra={
        "parameters": _PARAMETERS,
        "requestBody": {
            "required": True,
            "content": {
                _DIRECT: {"schema": _QUERY},
                _FORM: {
                    "schema": {
                        "type": "object",
                        "required": ["query"],
                        "properties": {
                            "query": _QUERY,
                            "format": {"type": "string"},
                            **{
                                name: {"type": "array", "items": {"type": "string"}}
                                for name in _DATASET
                            },
                        },
                    }
                },
            },
        },
    },
)
async def query_by_post(request: Request, atlas: Atlas) -> Response:
    """Answer the query in the body: as it is, or as a field of a form."""
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.lower().replace(" ", "").replace('"', "").partition("charset=")[2]
    if charset and charset not in {"utf-8", "utf8", "us-ascii"}:
        raise UnsupportedTypeError("send the query in UTF-8")
    fields = parse_qsl(request.url.query, keep_blank_values=True, max_num_fields=100)
    media_type = media_type.strip().lower()
    if media_type not in {_FORM, _DIRECT}:
        raise UnsupportedTypeError(f"send a query as {_DIRECT} or {_FORM}")
    body = await read_body(request, largest=atlas.settings.largest_body)
    try:
        text = body.decode("utf-8")
        if media_type == _DIRECT:
            if any(name == "query" for name, _ in fields):
                raise InputError("a query stands in the URL and in the body; send one")
            return await _answer(request, atlas, [*fields, ("query", text)])
        sent = parse_qsl(
            text, keep_blank_values=True, max_num_fields=100, encoding="utf-8", errors="strict"
        )
    except UnicodeDecodeError as error:
        raise InputError("the body is not UTF-8") from error
    except ValueError as error:
        raise InputError("the form has too many fields") from error
    if any(name == "update" for name, _ in sent):
        raise InputError("this endpoint takes queries only, no updates")
    return await _answer(request, atlas, [*fields, *sent])


async def _answer(request: Request, atlas: Context, fields: Sequence[tuple[str, str]]) -> Response:
    queries = [value for name, value in fields if name == "query"]
    if len(queries) != 1:
        raise InputError(f"send exactly one query; there are {len(queries)}")
    results, graph = _types(request, fields)
    answer = await atlas.pool.answer(
        queries[0],
        results=results or next(iter(RESULT_TYPES)),
        graph=graph or next(iter(GRAPH_TYPES)),
        default_graphs=[value for name, value in fields if name == "default-graph-uri"],
        named_graphs=[value for name, value in fields if name == "named-graph-uri"],
    )
    if answer.form == "graph" and graph is None:
        raise NotAcceptableError(GRAPH_TYPES)
    if answer.form != "graph" and results is None:
        raise NotAcceptableError(RESULT_TYPES)
    return respond(request, answer.body, answer.media_type, atlas=atlas)


def _types(request: Request, fields: Sequence[tuple[str, str]]) -> tuple[str | None, str | None]:
    """Give the media types for a table or truth value, and for a graph; one will be needed."""
    wanted = next((value.lower() for name, value in fields if name == "format"), None)
    if wanted:
        results = next((m for m, short in RESULT_TYPES.items() if wanted in {m, short}), None)
        graph = next((m for m, short in GRAPH_TYPES.items() if wanted in {m, short}), None)
        if results or graph:
            return results, graph
        allowed = (*RESULT_TYPES.values(), *GRAPH_TYPES.values())
        raise ParameterError(
            f"'{wanted[:50]}' is no format; it takes {', '.join(allowed)}",
            parameter="format",
            value=wanted,
            allowed=allowed,
        )
    accept = request.headers.get("accept")
    results = choose(accept, [*RESULT_TYPES, *_ALIASES])
    graph = choose(accept, list(GRAPH_TYPES))
    if results is None and graph is None:
        raise NotAcceptableError(_ANSWER_TYPES)
    return _ALIASES.get(results or "", results), graph


def _welcome(request: Request, atlas: Context) -> Response:
    offers = {
        "text/html": "html",
        **{m: s for m, s in GRAPH_TYPES.items() if s in {"ttl", "rdf", "nt", "jsonld"}},
    }
    chosen = negotiate(request, offers)
    if chosen == "text/html":
        page = atlas.templates.get_template("sparql.html").render(
            questions=list(atlas.questions.values()), manifest=atlas.manifest
        )
        return respond(request, page.encode(), chosen, atlas=atlas)
    body = atlas.store.construct(
        _description(str(request.url_for("query_by_get")), atlas), media_type=chosen
    )
    return respond(request, body, chosen, atlas=atlas)


def _description(endpoint: str, atlas: Context) -> str:
    """Write the service description as a query, so that the store's serializers do the rest."""
    if not _IRI.fullmatch(endpoint):
        # made from the Host header, which may be anything
        endpoint = BASE + "sparql"
    graphs = "\n".join(
        f"; sd:namedGraph [ sd:name <{name}> ; sd:graph [ a sd:Graph ; void:triples {size} ] ]"
        for name, size in sorted(atlas.manifest.graphs.items())
    )
    return f"""
        PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
        PREFIX void: <http://rdfs.org/ns/void#>
        PREFIX formats: <http://www.w3.org/ns/formats/>
        CONSTRUCT {{
          [] a sd:Service ; sd:endpoint <{endpoint}> ; sd:supportedLanguage sd:SPARQL11Query ;
            sd:resultFormat formats:SPARQL_Results_JSON, formats:SPARQL_Results_XML,
              formats:SPARQL_Results_CSV, formats:SPARQL_Results_TSV, formats:Turtle,
              formats:N-Triples, formats:RDF_XML, formats:JSON-LD ;
            sd:defaultDataset [ a sd:Dataset ;
              sd:defaultGraph [ a sd:Graph ; void:triples {atlas.manifest.triples} ]
              {graphs} ] .
        }} WHERE {{}}"""
