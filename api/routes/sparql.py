"""The SPARQL 1.1 Protocol, for queries. A browser that brings no query gets a form to write one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response

from api.context import Atlas, Context, read_body
from api.negotiation import choose
from api.problems import NotAcceptableError, UnsupportedTypeError
from api.representation import negotiate, respond
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
_DOCUMENTED = {
    "parameters": [
        {
            "name": "query",
            "in": "query",
            "schema": {"type": "string"},
            "description": "A SPARQL 1.1 query.",
        },
        {
            "name": "format",
            "in": "query",
            "schema": {"type": "string", "enum": [*RESULT_TYPES.values(), *GRAPH_TYPES.values()]},
            "description": "The answer's format, instead of the Accept header.",
        },
        {
            "name": "default-graph-uri",
            "in": "query",
            "schema": {"type": "array", "items": {"type": "string"}},
        },
        {
            "name": "named-graph-uri",
            "in": "query",
            "schema": {"type": "array", "items": {"type": "string"}},
        },
    ]
}


@router.get("/sparql", openapi_extra=_DOCUMENTED, response_class=Response)
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
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                _DIRECT: {"schema": {"type": "string"}},
                _FORM: {"schema": {"type": "object", "properties": {"query": {"type": "string"}}}},
            },
        }
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
    return respond(request, answer.body, answer.media_type, release=atlas.manifest.digest)


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
        raise NotAcceptableError({**RESULT_TYPES, **GRAPH_TYPES})
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
        return respond(request, page.encode(), chosen, release=atlas.manifest.digest)
    body = atlas.store.construct(
        _description(str(request.url_for("query_by_get")), atlas), media_type=chosen
    )
    return respond(request, body, chosen, release=atlas.manifest.digest)


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
