"""Validation of annotated cases. What is submitted is neither kept nor logged."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from api.context import Atlas, Context, read_body
from api.problems import UnsupportedTypeError
from api.representation import describe_types, format_parameter, negotiate, respond
from kg.errors import AtlasError, InputError, ParameterError, StoreError

__all__ = ["CASE_TYPES", "router", "run_validation"]

if TYPE_CHECKING:
    from kg.report import Report

router = APIRouter(tags=["validation"])

#: The media types of a case, as kg.ingest has them; importing that brings rdflib, which a server
#: that nobody asks to validate need not load.
CASE_TYPES = (
    "text/turtle",
    "application/n-triples",
    "application/ld+json",
    "application/rdf+xml",
    "application/trig",
)

REPORT_TYPES: Mapping[str, str] = {
    "application/json": "json",
    "text/html": "html",
    "text/turtle": "ttl",
    "application/ld+json": "jsonld",
    "application/n-triples": "nt",
    "application/rdf+xml": "rdf",
    "text/plain": "text",
    "text/csv": "csv",
    "application/sarif+json": "sarif",
    "application/xml": "junit",
}

_MULTIPART = "multipart/form-data"
_URLENCODED = "application/x-www-form-urlencoded"
_FORM_SCHEMA = {
    "type": "object",
    "properties": {
        "case": {"type": "string", "description": "The case, as text."},
        "type": {"type": "string", "enum": list(CASE_TYPES), "description": "Its media type."},
        "file": {
            "type": "string",
            "format": "binary",
            "description": "The case, as a file in place of the text; its name tells the type.",
        },
        "strict": {"type": "string", "enum": ["true"]},
    },
}


class _InMemory(MultiPartParser):
    """Keeps uploads in memory; the framework would write larger ones to the disk."""

    spool_max_size = 1 << 40


@router.get(
    "/validate", response_class=Response, responses=describe_types({"text/html": ""}, "The form.")
)
def form(request: Request, atlas: Atlas) -> Response:
    """Give a form to paste a case into."""

    def write() -> bytes:
        template = atlas.templates.get_template("validate.html")
        return template.render(media_types=CASE_TYPES, manifest=atlas.manifest).encode()

    return respond(request, write, "text/html", atlas=atlas)


@router.post(
    "/validate",
    response_class=Response,
    responses={
        **describe_types(REPORT_TYPES, "The report, whatever its verdict."),
        400: {"description": "The case cannot be read; the problem tells line and column."},
        413: {"description": "The case is too large."},
        415: {"description": "The body is of a type that is not taken, or compressed."},
        503: {"description": "Too many cases are waiting."},
    },
    openapi_extra={
        "parameters": [format_parameter(REPORT_TYPES)],
        "requestBody": {
            "required": True,
            "content": {
                **{name: {"schema": {"type": "string"}} for name in CASE_TYPES},
                _MULTIPART: {"schema": _FORM_SCHEMA},
                _URLENCODED: {"schema": _FORM_SCHEMA},
            },
        },
    },
)
async def validate(
    request: Request,
    atlas: Atlas,
    strict: Annotated[
        bool, Query(description="Treat the rules that the theory hedges as binding.")
    ] = False,
    quotes: Annotated[
        bool, Query(description="Whether the report may hold words of the case.")
    ] = True,
) -> Response:
    """Validate the case in the body, or in a form's field or file."""
    wanted = negotiate(request, REPORT_TYPES)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {*CASE_TYPES, _MULTIPART, _URLENCODED}:
        accepted = ", ".join(CASE_TYPES)
        raise UnsupportedTypeError(f"send a case as one of {accepted}, or as a form")
    data, source = await read_body(request, largest=atlas.settings.largest_body), None
    if media_type not in CASE_TYPES:
        fields = await _read_form(request, data)
        strict = strict or fields.get("strict") in {"true", "on", "1"}
        try:
            data, media_type, source = await _case_of(fields)
        finally:
            await fields.close()
    async with atlas.validations:
        report = await run_in_threadpool(
            run_validation, data, media_type=media_type, source=source, strict=strict
        )
        body = await run_in_threadpool(
            _write, report, wanted, atlas, data if quotes else b"", quotes=quotes
        )
    return respond(request, body, wanted, atlas=atlas)


def run_validation(data: bytes, *, media_type: str, source: str | None, strict: bool) -> Report:
    """Validate a case; whatever goes wrong, no word of it reaches a log or a message."""
    from kg.validation import validate_case

    try:
        return validate_case(data, media_type=media_type, source=source, strict=strict)
    except AtlasError:
        raise
    except Exception as error:
        # the message, and the traceback that would be logged, may hold words of the case
        raise StoreError(f"the validator failed: {type(error).__name__}") from None


async def _read_form(request: Request, data: bytes) -> FormData:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield data
        yield b""

    try:
        if request.headers["content-type"].lower().startswith(_URLENCODED):
            return await FormParser(request.headers, stream()).parse()
        parser = _InMemory(
            request.headers, stream(), max_files=1, max_fields=10, max_part_size=len(data)
        )
        return await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise InputError(f"the form cannot be read: {error}") from None


async def _case_of(fields: FormData) -> tuple[bytes, str, str | None]:
    """Give the case in a form, its media type, and the file's name if it has one."""
    upload, text = fields.get("file"), fields.get("case")
    if isinstance(upload, UploadFile) and upload.filename:
        name = upload.filename.replace("\\", "/").rpartition("/")[2][:200]
        data = await upload.read()
        return data, await run_in_threadpool(_type_by_name, name), name
    if isinstance(text, str) and text.strip():
        media_type = str(fields.get("type") or CASE_TYPES[0])
        if media_type not in CASE_TYPES:
            raise ParameterError(
                f"'{media_type[:50]}' is no type of case; it takes {', '.join(CASE_TYPES)}",
                parameter="type",
                value=media_type,
                allowed=CASE_TYPES,
            )
        return text.encode(), media_type, None
    raise InputError("the form has no case: fill in 'case', or choose a 'file'")


def _type_by_name(name: str) -> str:
    from kg.ingest import media_type_for

    return media_type_for(name)


def _write(report: Report, media_type: str, atlas: Context, data: bytes, *, quotes: bool) -> bytes:
    from kg import report_formats
    from kg.report import show_node, show_path

    if not quotes:
        report = report_formats.without_quotes(report)
    match REPORT_TYPES[media_type]:
        case "json":
            return report.to_json().encode()
        case "text":
            return report.to_text().encode()
        case "csv":
            return report_formats.to_csv([report]).encode()
        case "junit":
            return report_formats.to_junit([report]).encode()
        case "sarif":
            return json.dumps(report_formats.to_sarif([report]), ensure_ascii=False).encode()
        case "html":
            template = atlas.templates.get_template("report.html")
            page = template.render(
                report=report,
                lines=data.decode("utf-8", "replace").splitlines(),
                show_node=show_node,
                show_path=show_path,
                catalog=atlas.catalog,
                manifest=atlas.manifest,
            )
            return page.encode()
    return report.to_graph(media_type)
