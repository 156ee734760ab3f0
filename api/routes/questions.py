"""Named questions: an address each, described to the letter in the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from fastapi import FastAPI, Request, Response

from api.context import Context
from api.representation import describe_types, format_parameter, negotiate, respond
from kg.errors import ParameterError
from kg.questions import Question, QuestionAnswer, answer_question
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
}


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
    def answer(request: Request) -> Response:
        media_type = negotiate(request, ANSWER_TYPES)
        given: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name in given:
                raise ParameterError(f"the parameter '{name[:50]}' is given twice", parameter=name)
            if name != "format":
                given[name] = value

        def write() -> bytes:
            found = answer_question(context.store, question, given)
            return _write(found, media_type, context)

        return respond(request, write, media_type, atlas=context)

    return answer


def _write(answer: QuestionAnswer, media_type: str, context: Context) -> bytes:
    match ANSWER_TYPES[media_type]:
        case "json":
            body = answer.to_json(release=context.manifest.digest)
            return json.dumps(body, ensure_ascii=False, indent=1).encode()
        case "html":
            template = context.templates.get_template("answer.html")
            return template.render(
                answer=answer, catalog=context.catalog, manifest=context.manifest
            ).encode()
        case "csv":
            return write_csv(answer.solutions).encode()
        case "tsv":
            return write_csv(answer.solutions, delimiter="\t").encode()
    return context.store.answer(
        answer.sparql, results=media_type, graph=next(iter(GRAPH_TYPES))
    ).body


def _describe(question: Question) -> dict[str, object]:
    parameters = [
        {
            "name": parameter.name,
            "in": "query",
            "required": True,
            "description": parameter.label,
            "schema": {"type": "string", "enum": list(parameter.values)},
            "example": parameter.example,
        }
        for parameter in question.parameters
    ]
    return {"parameters": [*parameters, format_parameter(ANSWER_TYPES)]}
