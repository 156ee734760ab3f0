"""Named questions: an address each, described to the letter in the OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response

from api.context import Context
from api.representation import describe_types, format_parameter, negotiate, respond
from kg.answers import answer_as_graph, answer_as_markdown
from kg.errors import ParameterError
from kg.questions import INTEGER, Parameter, Question, QuestionAnswer, answer_question
from kg.store import GRAPH_TYPES
from kg.table import write_csv

__all__ = ["ANSWER_TYPES", "install"]

ANSWER_TYPES: Mapping[str, str] = {
    "application/json": "json",
    "text/html": "html",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/sparql-results+json": "sparql-json",
    "application/sparql-results+xml": "sparql-xml",
    "text/markdown": "md",
    **{m: s for m, s in GRAPH_TYPES.items() if s in {"ttl", "jsonld", "rdf", "nt"}},
}

#: How many rows a page of an answer has at most, which is also how many it has if nothing is said.
_MOST_ROWS = 1000
#: How many answers are kept, of which the pages and formats are made.
_KEPT = 64
#: Longer lists of values are not repeated in the OpenAPI document.
_LONGEST_ENUM = 60
#: Pages are counted in digits; int() would read signs, spaces and other scripts too.
_COUNT = re.compile(r"[1-9][0-9]{0,5}")


def install(app: FastAPI, context: Context) -> None:
    """Give every question of a release its address."""
    for question in context.questions.values():
        app.add_api_route(
            f"/question/{question.name}/answer",
            _route(context, question),
            methods=["GET"],
            operation_id=f"answer_{question.name.replace('-', '_')}",
            summary=question.title,
            description=question.why,
            tags=["questions"],
            response_class=Response,
            responses={
                **describe_types(ANSWER_TYPES, "The answer."),
                422: {"description": "A parameter is wrong; the problem names what is allowed."},
            },
            openapi_extra=_describe(question),
        )


def _route(context: Context, question: Question) -> Callable[[Request], Response]:
    @lru_cache(maxsize=_KEPT)
    def find(asked: tuple[tuple[str, str], ...]) -> QuestionAnswer:
        return answer_question(context.store, question, dict(asked))

    def answer(request: Request) -> Response:
        media_type = negotiate(request, ANSWER_TYPES)
        given: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name in given:
                raise ParameterError(f"the parameter '{name[:50]}' is given twice", parameter=name)
            given[name] = value
        given.pop("format", None)
        number = _count(given, "page", 1)
        size = _count(given, "limit", _MOST_ROWS, most=_MOST_ROWS)
        found = find(tuple(question.accept(given).items())).page(number, size=size)
        after = _page_address(request, found, number + 1, size)
        before = _page_address(request, found, number - 1, size)
        links = {"cite-as": found.iri, "describedby": question.iri, "next": after, "prev": before}
        link = ", ".join(f'<{address}>; rel="{name}"' for name, address in links.items() if address)
        return respond(
            request,
            lambda: _write(found, media_type, context, after=after, before=before),
            media_type,
            atlas=context,
            headers={"Link": link},
        )

    return answer


def _count(given: dict[str, str], name: str, default: int, *, most: int | None = None) -> int:
    """Take a number from what is given.

    :raises ParameterError: if it is none, or too great.
    """
    value = given.pop(name, "")
    if not value:
        return default
    if not _COUNT.fullmatch(value) or (most and int(value) > most):
        upper = f" to {most}" if most else " on"
        raise ParameterError(
            f"'{value[:50]}' is no {name}; it takes a whole number from 1{upper}",
            parameter=name,
        )
    return int(value)


def _page_address(request: Request, answer: QuestionAnswer, number: int, size: int) -> str | None:
    """Give the address of another page of an answer in the same format, if there is one."""
    if number < 1 or (number - 1) * size >= answer.total:
        return None
    asked = {**answer.parameters}
    if "format" in request.query_params:
        asked["format"] = request.query_params["format"]
    query = urlencode({**asked, "page": number, "limit": size}, safe="/")
    return f"{request.url.path}?{query}"


def _write(
    answer: QuestionAnswer,
    media_type: str,
    context: Context,
    *,
    after: str | None,
    before: str | None,
) -> bytes:
    manifest = context.manifest
    short = ANSWER_TYPES[media_type]
    match short:
        case "json":
            body = answer.to_json(manifest=manifest, next_page=after)
            return json.dumps(body, ensure_ascii=False, indent=1).encode()
        case "html":
            page = context.templates.get_template("answer.html").render(
                answer=answer,
                after=after,
                before=before,
                formats=[name for name in ANSWER_TYPES.values() if name != "html"],
                catalog=context.catalog,
                manifest=manifest,
            )
            return page.encode()
        case "csv":
            return write_csv(answer.solutions).encode()
        case "tsv":
            return write_csv(answer.solutions, delimiter="\t").encode()
        case "md":
            return answer_as_markdown(answer, catalog=context.catalog, manifest=manifest).encode()
    if media_type in GRAPH_TYPES:
        return answer_as_graph(
            answer, store=context.store, manifest=manifest, media_type=media_type
        )
    return context.store.answer(
        answer.sparql, results=media_type, graph=next(iter(GRAPH_TYPES))
    ).body


def _describe(question: Question) -> dict[str, object]:
    parameters = [
        {
            "name": parameter.name,
            "in": "query",
            "required": not parameter.optional,
            "description": parameter.label
            + ("; left out, the answer is for all" if parameter.optional else ""),
            "schema": _schema(parameter),
            **({"example": _example(parameter)} if parameter.example else {}),
        }
        for parameter in question.parameters
    ]
    pages = [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": description,
            "schema": {"type": "integer", "minimum": 1, **bound},
        }
        for name, description, bound in (
            ("page", "Which page of the rows, counted from 1.", {"default": 1}),
            (
                "limit",
                "How many rows a page has.",
                {"maximum": _MOST_ROWS, "default": _MOST_ROWS},
            ),
        )
    ]
    return {"parameters": [*parameters, *pages, format_parameter(ANSWER_TYPES)]}


def _schema(parameter: Parameter) -> dict[str, object]:
    if parameter.kind == INTEGER:
        return {"type": "integer", "minimum": parameter.minimum, "maximum": parameter.maximum}
    if len(parameter.values) <= _LONGEST_ENUM:
        return {"type": "string", "enum": list(parameter.values)}
    return {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9_./-]*$"}


def _example(parameter: Parameter) -> str | int:
    return int(parameter.example) if parameter.kind == INTEGER else parameter.example
