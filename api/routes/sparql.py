"""The SPARQL 1.1 Protocol, for queries. A browser that brings no query gets a form to write one."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse
from starlette.types import Receive, Scope, Send

from api.context import Context, name_client, read_body, while_connected
from api.middleware import REPEATED, DirectMiddleware
from api.negotiation import choose
from api.problems import NotAcceptableError, UnsupportedTypeError
from api.representation import describe_types, format_parameter, negotiate, pass_on, respond
from api.results import show
from kg.errors import InputError, LimitError, ParameterError
from kg.model import Answer
from kg.namespaces import BASE
from kg.query_guard import Limits, is_repeatable
from kg.remote import RemotePool, Stream
from kg.store import GRAPH_TYPES, RESULT_TYPES
from kg.void import DESCRIPTION

__all__ = ["Endpoint", "install"]

_IRI = re.compile(r"""https?://[^\x00-\x20<>"{}|^`\\]+""")
_FORM = "application/x-www-form-urlencoded"
_DIRECT = "application/sparql-query"
_NO_UPDATES = "this endpoint takes queries only, no updates"
#: Bytes above which an answer is compressed in a thread.
_MUCH = 256 * 1024
#: Also offered under the names that clients ask for although the standard has others.
_ALIASES = {
    "application/json": "application/sparql-results+json",
    "application/xml": "application/sparql-results+xml",
    "text/plain": "text/csv",
}
#: What SPARQLWrapper and others call the formats of a graph in ``?format=``.
_GRAPH_NAMES = {
    "json": "jsonld",
    "json-ld": "jsonld",
    "n3": "ttl",
    "rdf+xml": "rdf",
    "turtle": "ttl",
    "xml": "rdf",
}
_PAGE = "text/html"
_ANSWER_TYPES: Mapping[str, str] = {**RESULT_TYPES, **GRAPH_TYPES, _PAGE: "html"}
#: What a page is made from.
_SHOWN = ("application/sparql-results+json", "text/turtle")
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
        _ANSWER_TYPES,
        "A table or truth value, a graph, or without a query the form or service description.",
    ),
    400: {"description": "The query is malformed; the problem tells line and column."},
    406: {"description": "The query's form is not had in a type that is accepted."},
    413: {"description": "The query is too long or nested too deep, or its answer is too large."},
    415: {"description": "The body is neither a form nor a query, or not UTF-8."},
    503: {"description": "The query took too much memory, or too many are waiting."},
    504: {"description": "The query took too long."},
}

_DESCRIBED = {str(status): response for status, response in _RESPONSES.items()}
#: The address in the OpenAPI document, which knows only routes of the framework by itself.
PATHS: dict[str, Any] = {
    "get": {
        "tags": ["sparql"],
        "operationId": "query_by_get",
        "summary": "Query by GET",
        "description": "Answers the query in the URL. Without one, gives the form for people or "
        "the service description for programs.",
        "parameters": [
            {
                "name": "query",
                "in": "query",
                "required": False,
                "schema": {"type": "string"},
                "description": _QUERY["description"],
            },
            *_PARAMETERS,
        ],
        "responses": _DESCRIBED,
    },
    "post": {
        "tags": ["sparql"],
        "operationId": "query_by_post",
        "summary": "Query by POST",
        "description": "Answers the query in the body: as it is, or as a field of a form.",
        "parameters": _PARAMETERS,
        "responses": _DESCRIBED,
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
}


class Endpoint:
    """The endpoint as an ASGI application, without the framework's work for each request."""

    def __init__(self, context: Context) -> None:
        self._atlas = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        request = Request(scope, receive)
        if scope["method"] == "GET":
            answering = self._get(request)
        elif scope["method"] == "POST":
            answering = self._post(request)
        else:
            raise HTTPException(405)
        response = await answering
        await response(scope, receive, send)

    async def _get(self, request: Request) -> Response:
        fields = _split(request.scope["query_string"])
        if not any(name == "query" for name, _ in fields):
            if any(name == "update" for name, _ in fields):
                raise InputError(_NO_UPDATES)
            return await run_in_threadpool(_welcome, request, self._atlas)
        return await _answer(request, self._atlas, fields)

    async def _post(self, request: Request) -> Response:
        media_type, *parameters = request.headers.get("content-type", "").lower().split(";")
        charsets = {p.partition("=")[2].strip(' "') for p in parameters if "charset" in p}
        if not charsets <= {"utf-8", "utf8", "us-ascii"}:
            raise UnsupportedTypeError("send the query in UTF-8")
        fields = _split(request.scope["query_string"])
        media_type = media_type.strip()
        if media_type not in {_FORM, _DIRECT}:
            raise UnsupportedTypeError(f"send a query as {_DIRECT} or {_FORM}")
        body = await read_body(request, largest=self._atlas.settings.largest_body)
        if media_type == _FORM:
            return await _answer(request, self._atlas, [*fields, *_split(body)])
        if any(name == "query" for name, _ in fields):
            raise InputError("a query stands in the URL and in the body; send one")
        try:
            # editors on Windows begin a file with a mark that is no part of the query
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError("the body is not UTF-8") from error
        return await _answer(request, self._atlas, [*fields, ("query", text)])


def install(app: FastAPI, context: Context, *, path: str) -> None:
    """Give an application the endpoint."""
    # what answers errors elsewhere stands behind the routing, which this goes past
    endpoint = ExceptionMiddleware(Endpoint(context), handlers=app.exception_handlers)
    app.add_middleware(DirectMiddleware, path=path, target=endpoint)
    if not path.endswith("/"):
        app.add_route(f"{path}/", _lead_on, methods=["GET", "POST"], include_in_schema=False)
    describe = app.openapi

    def describe_all() -> dict[str, Any]:
        schema = describe()
        schema["paths"][path] = PATHS
        return schema

    app.openapi = describe_all  # type: ignore[method-assign]


def _lead_on(request: Request) -> Response:
    """Lead from the address with a slash to the one without, with query and body."""
    asked = request.url.query
    return RedirectResponse(request.url.path.rstrip("/") + (f"?{asked}" if asked else ""), 308)


def _split(form: bytes) -> list[tuple[str, str]]:
    """Read the fields of a form or of a URL's query."""
    try:
        return parse_qsl(
            form.decode("utf-8"),
            keep_blank_values=True,
            max_num_fields=100,
            encoding="utf-8",
            errors="strict",
        )
    except UnicodeDecodeError as error:
        raise InputError("the query or form is not UTF-8") from error
    except ValueError as error:
        raise InputError("there are too many fields; 100 are accepted") from error


async def _answer(request: Request, atlas: Context, fields: Sequence[tuple[str, str]]) -> Response:
    queries = [value for name, value in fields if name == "query"]
    if any(name == "update" for name, _ in fields):
        raise InputError(_NO_UPDATES)
    if len(queries) != 1:
        raise InputError(f"send exactly one query; there are {len(queries)}")
    page = _wants_page(request, fields)
    results, graph = _SHOWN if page else _types(request, fields)
    put = _Put(
        queries[0],
        results or next(iter(RESULT_TYPES)),
        graph or next(iter(GRAPH_TYPES)),
        tuple(value for name, value in fields if name == "default-graph-uri"),
        tuple(value for name, value in fields if name == "named-graph-uri"),
    )
    lasting = is_repeatable(put.query)
    answer = await _put(request, atlas, put, lasting=lasting, whole=page)
    if answer.form == "graph" and graph is None:
        raise NotAcceptableError(GRAPH_TYPES)
    if answer.form != "graph" and results is None:
        raise NotAcceptableError(RESULT_TYPES)
    if isinstance(answer, Stream):
        return pass_on(request, answer.chunks, answer.media_type, atlas=atlas, lasting=lasting)
    if page:
        return await run_in_threadpool(_show, request, atlas, put, answer, lasting=lasting)
    if len(answer.body) < _MUCH:
        return respond(request, answer.body, answer.media_type, atlas=atlas, lasting=lasting)
    # compressing this would keep others waiting
    return await run_in_threadpool(
        respond, request, answer.body, answer.media_type, atlas=atlas, lasting=lasting
    )


class _Put(NamedTuple):
    """A query as it is put: what an answer depends on, beside the release."""

    query: str
    results: str
    graph: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]


async def _put(
    request: Request, atlas: Context, put: _Put, *, lasting: bool, whole: bool
) -> Answer | Stream:
    """Answer a query, or give the answer that is kept; take note of it either way.

    :param whole: whether the answer is wanted as a whole, and never as it comes.
    """
    record = functools.partial(atlas.telemetry.record, put.query)
    kept = atlas.answers.find(put) if lasting else None
    pool = atlas.pool
    with _noting(record) as note:
        if kept:
            answer: Answer | Stream = kept
            note.outcome = "cached"
        else:
            async with while_connected(request):
                if isinstance(pool, RemotePool) and not whole:
                    answer = await pool.stream(**put._asdict(), client=name_client(request))
                else:
                    answer = await pool.answer(**put._asdict(), client=name_client(request))
            note.outcome = "answered"
        if isinstance(answer, Stream):
            # it is over when the last of it is passed on
            note.later = True
            return replace(answer, chunks=_noted(answer.chunks, record))
        note.rows, note.size = answer.rows, len(answer.body)
    if lasting and not kept:
        atlas.answers.keep(put, answer)
    request.scope.get(REPEATED, []).append(
        functools.partial(record, outcome="cached", seconds=0.0, rows=note.rows, size=note.size)
    )
    return answer


@dataclass
class _Note:
    """What is known of a query so far.

    :param later: whether somebody else will write it down.
    """

    outcome: str = "failed"
    rows: int | None = None
    size: int = 0
    later: bool = False


@contextmanager
def _noting(record: Callable[..., None]) -> Iterator[_Note]:
    """Write down how a query ended, well or not."""
    note, start = _Note(), time.perf_counter()
    try:
        yield note
    except LimitError as error:
        note.outcome = error.limit
        raise
    except InputError:
        note.outcome = "input"
        raise
    except ClientDisconnect:
        note.outcome = "abandoned"
        raise
    finally:
        if not note.later:
            seconds = time.perf_counter() - start
            record(outcome=note.outcome, seconds=seconds, rows=note.rows, size=note.size)


async def _noted(
    chunks: AsyncGenerator[bytes], record: Callable[..., None]
) -> AsyncGenerator[bytes]:
    """Pass an answer on, and write down how that ended. Left early, it is broken off."""
    with _noting(record) as note:
        async with aclosing(chunks):
            note.outcome = "abandoned"
            async for part in chunks:
                note.size += len(part)
                yield part
            note.outcome = "answered"


def _wants_page(request: Request, fields: Sequence[tuple[str, str]]) -> bool:
    """Tell whether the answer is for somebody to read, in a browser."""
    wanted = next((value.lower() for name, value in fields if name == "format"), None)
    return wanted in {"html", _PAGE} if wanted else _prefers_page(request.headers.get("accept"))


@functools.lru_cache(maxsize=256)
def _prefers_page(accept: str | None) -> bool:
    return choose(accept, [*RESULT_TYPES, *GRAPH_TYPES, *_ALIASES, _PAGE]) == _PAGE


def _show(
    request: Request, atlas: Context, put: _Put, answer: Answer, *, lasting: bool
) -> Response:
    """Write the form with the query in it, and the answer below."""

    def write() -> bytes:
        datasets = [
            *(("default-graph-uri", iri) for iri in put.default_graphs),
            *(("named-graph-uri", iri) for iri in put.named_graphs),
        ]
        page = atlas.templates.get_template("sparql.html").render(
            questions=list(atlas.questions.values()),
            manifest=atlas.manifest,
            query=put.query,
            answer=show(answer, atlas.catalog),
            asked=urlencode([("query", put.query), *datasets]),
        )
        return page.encode()

    return respond(request, write, _PAGE, atlas=atlas, lasting=lasting)


def _types(request: Request, fields: Sequence[tuple[str, str]]) -> tuple[str | None, str | None]:
    """Give the media types for a table or truth value, and for a graph; one will be needed."""
    wanted = next((value.lower() for name, value in fields if name == "format"), None)
    if wanted:
        results = next((m for m, short in RESULT_TYPES.items() if wanted in {m, short}), None)
        name = _GRAPH_NAMES.get(wanted, wanted)
        graph = next((m for m, short in GRAPH_TYPES.items() if name in {m, short}), None)
        if results or graph:
            return results, graph
        allowed = (*RESULT_TYPES.values(), *GRAPH_TYPES.values())
        raise ParameterError(
            f"'{wanted[:50]}' is no format; it takes {', '.join(allowed)}",
            parameter="format",
            value=wanted,
            allowed=allowed,
        )
    results, graph = _acceptable(request.headers.get("accept"))
    if results is None and graph is None:
        raise NotAcceptableError(_ANSWER_TYPES)
    return results, graph


@functools.lru_cache(maxsize=256)
def _acceptable(accept: str | None) -> tuple[str | None, str | None]:
    results = choose(accept, [*RESULT_TYPES, *_ALIASES])
    return _ALIASES.get(results or "", results), choose(accept, list(GRAPH_TYPES))


def _welcome(request: Request, atlas: Context) -> Response:
    offers = {
        "text/html": "html",
        **{m: s for m, s in GRAPH_TYPES.items() if s in {"ttl", "rdf", "nt", "jsonld"}},
    }
    chosen = negotiate(request, offers)
    if chosen == "text/html":
        page = atlas.templates.get_template("sparql.html").render(
            questions=list(atlas.questions.values()),
            manifest=atlas.manifest,
            query=None,
            answer=None,
            asked="",
        )
        return respond(request, page.encode(), chosen, atlas=atlas)
    body = atlas.store.construct(
        _description(str(request.url).partition("?")[0], atlas), media_type=chosen
    )
    return respond(request, body, chosen, atlas=atlas)


def _description(endpoint: str, atlas: Context) -> str:
    """Write the service description as a query, so that the store's serializers do the rest."""
    if not _IRI.fullmatch(endpoint):
        # made from the Host header, which may be anything
        endpoint = BASE + "sparql"
    graphs = "\n".join(
        f"; sd:namedGraph [ a sd:NamedGraph ; sd:name <{name}> ;"
        f" sd:graph [ a sd:Graph ; void:triples {size} ] ]"
        for name, size in sorted(atlas.manifest.graphs.items())
    )
    return f"""
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
        PREFIX void: <http://rdfs.org/ns/void#>
        PREFIX schema: <https://schema.org/>
        PREFIX formats: <http://www.w3.org/ns/formats/>
        CONSTRUCT {{
          [] a sd:Service ; sd:endpoint <{endpoint}> ; sd:supportedLanguage sd:SPARQL11Query ;
            sd:resultFormat formats:SPARQL_Results_JSON, formats:SPARQL_Results_XML,
              formats:SPARQL_Results_CSV, formats:SPARQL_Results_TSV, formats:Turtle,
              formats:N-Triples, formats:N-Quads, formats:TriG, formats:RDF_XML, formats:JSON-LD ;
            {_limits(atlas.settings.limits)}
            rdfs:seeAlso <{DESCRIPTION}> ;
            sd:defaultDataset [ a sd:Dataset ;
              sd:defaultGraph [ a sd:Graph ; void:triples {atlas.manifest.triples} ]
              {graphs} ] .
        }} WHERE {{}}"""


def _limits(limits: Limits) -> str:
    """Write what a query may use as properties of the service."""
    values = (
        ("longest time of a query", limits.seconds, "s"),
        ("most memory of a query", limits.memory, "byte"),
        ("largest answer", limits.body, "byte"),
        ("most rows of an answer", limits.rows, "row"),
        ("longest query", limits.length, "character"),
        ("deepest nesting of brackets", limits.nesting, "bracket"),
    )
    return "".join(
        f'schema:additionalProperty [ a schema:PropertyValue ; schema:name "{name}"@en ; '
        f'schema:value {value} ; schema:unitText "{unit}"@en ] ;\n'
        for name, value, unit in values
    )
