"""The validator behind the interface of the Interoperability Test Bed's SHACL validator.

A client made for that validator is pointed at ``/validator`` and needs no change. What would have
this server fetch something, or run somebody's rules, is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from api.context import Atlas, Context, read_body
from api.problems import UnsupportedTypeError
from api.representation import describe_types, negotiate, respond
from api.routes.validation import CASE_TYPES, CaseText, report_on
from kg.errors import InputError, ParameterError

__all__ = ["router"]

router = APIRouter(prefix="/validator/api", tags=["validation"])

#: The syntaxes of a report, with the short names of ``?format=``.
_SYNTAXES: Mapping[str, str] = {
    "text/turtle": "ttl",
    "application/ld+json": "jsonld",
    "application/rdf+xml": "rdf",
    "application/n-triples": "nt",
}
_MOST = 50


class _Content(BaseModel):
    """What is to be validated, in the names of the Interoperability Test Bed."""

    # camel case is theirs
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel)

    content_to_validate: Annotated[str, Field(description="The case, or its Base64 form.")]
    embedding_method: Annotated[
        Literal["STRING", "BASE64", "URL"], Field(description="STRING or BASE64; URL is refused.")
    ] = "STRING"
    content_syntax: Annotated[str, Field(description=f"One of {', '.join(CASE_TYPES)}.")] = (
        "text/turtle"
    )
    validation_type: Annotated[
        Literal["case", "strict"],
        Field(description="Whether rules that the theory hedges are binding (strict)."),
    ] = "case"
    report_syntax: Annotated[
        str | None, Field(description="The report's syntax, instead of the Accept header.")
    ] = None
    add_input_to_report: Annotated[bool, Field(description="Refused if true.")] = False
    load_imports: Annotated[bool, Field(description="Refused if true.")] = False
    external_rules: Annotated[list[Any], Field(description="Refused unless empty.")] = Field(
        default_factory=list
    )
    content_query: Annotated[str | None, Field(description="Refused.")] = None
    report_query: Annotated[str | None, Field(description="Refused.")] = None


@router.get("/info")
def info() -> dict[str, Any]:
    """Tell the kinds of validation, as that validator does."""
    return {
        "domain": "validator",
        "validationTypes": [
            {"type": "case", "description": "An annotated case"},
            {"type": "strict", "description": "The same, with hedged rules binding"},
        ],
    }


_BODY = {
    "required": True,
    "content": {"application/json": {"schema": _Content.model_json_schema()}},
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The case cannot be read, or something is asked for that is refused."},
    413: {"description": "The case, or the report on it, is too large."},
    415: {"description": "The body is no JSON."},
    422: {"description": "A member of the body is missing or wrong."},
    503: {"description": "It took too much memory, or too many cases are waiting."},
    504: {"description": "It took too long."},
}


@router.post(
    "/validate",
    response_class=Response,
    responses={**describe_types(_SYNTAXES, "The SHACL report."), **_ERRORS},
    openapi_extra={"requestBody": _BODY},
)
async def validate_one(request: Request, atlas: Atlas) -> Response:
    """Validate one case."""
    content = _checked(await _json(request, atlas))
    syntax = _syntax(content) or negotiate(request, _SYNTAXES)
    report = await _report(request, content, atlas)
    return respond(request, report.to_graph(syntax), syntax, atlas=atlas)


@router.post(
    "/validateMultiple",
    responses={200: {"description": "The reports, in Base64."}, **_ERRORS},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "array",
                        "maxItems": _MOST,
                        "items": _Content.model_json_schema(),
                    }
                }
            },
        }
    },
)
async def validate_several(request: Request, atlas: Atlas) -> list[dict[str, str]]:
    """Validate several cases, each by itself."""
    items = await _json(request, atlas)
    if not isinstance(items, list) or not 0 < len(items) <= _MOST:
        raise InputError(f"send a JSON array of 1 to {_MOST} objects")
    found = []
    for content in [_checked(item) for item in items]:
        syntax = _syntax(content) or "text/turtle"
        report = await _report(request, content, atlas)
        body = base64.b64encode(report.to_graph(syntax)).decode()
        found.append({"report": body, "reportSyntax": syntax})
    return found


async def _json(request: Request, atlas: Context) -> Any:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedTypeError("send the request as application/json")
    body = await read_body(request, largest=atlas.settings.largest_body)
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        raise InputError(f"no JSON: {error.msg}", line=error.lineno, column=error.colno) from None
    except (UnicodeDecodeError, RecursionError):
        raise InputError("no JSON: it is not UTF-8, or nested too deep") from None


def _checked(body: Any) -> _Content:
    try:
        content = _Content.model_validate(body)
    except ValidationError as error:
        # without what was sent, which may be words of a case
        raise RequestValidationError(
            error.errors(include_input=False, include_url=False, include_context=False)
        ) from None
    refused = {
        "embeddingMethod": content.embedding_method == "URL",
        "addInputToReport": content.add_input_to_report,
        "loadImports": content.load_imports,
        "externalRules": bool(content.external_rules),
        "contentQuery": bool(content.content_query),
        "reportQuery": bool(content.report_query),
    }
    for name, is_asked in refused.items():
        if is_asked:
            raise InputError(
                f"'{name}' asks for what this validator does not do: it fetches nothing, runs only "
                "its own rules, and gives no case back"
            )
    return content


def _syntax(content: _Content) -> str | None:
    wanted = content.report_syntax
    if wanted and wanted not in _SYNTAXES:
        raise ParameterError(
            f"'{wanted[:50]}' is no syntax of a report; it takes {', '.join(_SYNTAXES)}",
            parameter="reportSyntax",
            value=wanted,
            allowed=tuple(_SYNTAXES),
        )
    return wanted


async def _report(request: Request, content: _Content, atlas: Context) -> Any:
    if content.content_syntax not in CASE_TYPES:
        raise ParameterError(
            f"'{content.content_syntax[:50]}' is no type of case; it takes {', '.join(CASE_TYPES)}",
            parameter="contentSyntax",
            value=content.content_syntax,
            allowed=CASE_TYPES,
        )
    data = content.content_to_validate.encode()
    if content.embedding_method == "BASE64":
        try:
            data = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            raise InputError("'contentToValidate' is no Base64") from None
    return await report_on(
        request,
        atlas,
        CaseText(data, content.content_syntax),
        strict=content.validation_type == "strict",
    )
