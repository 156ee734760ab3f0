"""Validation of annotated cases. What is submitted is neither kept nor logged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api.context import Atlas, read_body
from api.problems import UnsupportedTypeError
from api.representation import negotiate
from kg.errors import InputError, ParameterError, TooLargeError

__all__ = ["router"]

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
    "text/plain": "text",
}


@router.get("/validate", response_class=Response)
def form(request: Request, atlas: Atlas) -> Response:
    """Give a form to paste a case into."""
    page = atlas.templates.get_template("validate.html").render(
        media_types=CASE_TYPES, manifest=atlas.manifest
    )
    return Response(page, media_type="text/html")


@router.post(
    "/validate",
    response_class=Response,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {name: {"schema": {"type": "string"}} for name in CASE_TYPES},
        }
    },
)
async def validate(request: Request, atlas: Atlas, strict: bool = False) -> Response:
    """Validate the case in the body, or in a form's field or file."""
    wanted = negotiate(request, REPORT_TYPES)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    largest = atlas.settings.largest_body
    if media_type in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        data, media_type, source, strict = await _from_form(request, largest, strict)
    elif media_type in CASE_TYPES:
        data, source = await read_body(request, largest=largest), None
    else:
        accepted = ", ".join(CASE_TYPES)
        raise UnsupportedTypeError(f"send a case as one of {accepted}")
    report = await run_in_threadpool(_validate, data, media_type, source, strict)
    return Response(_write(report, wanted, atlas, data), media_type=wanted)


def _validate(data: bytes, media_type: str, source: str | None, strict: bool) -> Report:
    from kg.validation import validate_case

    return validate_case(data, media_type=media_type, source=source, strict=strict)


async def _from_form(
    request: Request, largest: int, strict: bool
) -> tuple[bytes, str, str | None, bool]:
    declared = request.headers.get("content-length", "")
    if not declared.isdigit() or int(declared) > largest:
        raise TooLargeError(f"a form needs a Content-Length of at most {largest} bytes")
    async with request.form(max_files=1, max_fields=10, max_part_size=largest) as fields:
        strict = strict or fields.get("strict") in {"true", "on", "1"}
        upload, text = fields.get("file"), fields.get("case")
        media_type = str(fields.get("type") or "")
        if isinstance(upload, UploadFile) and upload.filename:
            name = upload.filename.replace("\\", "/").rpartition("/")[2][:200]
            data = await upload.read()
            return data, await run_in_threadpool(_type_by_name, name), name, strict
        if isinstance(text, str) and text.strip():
            media_type = media_type or "text/turtle"
            if media_type not in CASE_TYPES:
                raise ParameterError(
                    f"'{media_type[:50]}' is no type of case; it takes {', '.join(CASE_TYPES)}",
                    parameter="type",
                    value=media_type,
                    allowed=CASE_TYPES,
                )
            return text.encode(), media_type, None, strict
    raise InputError("the form has no case: fill in 'case', or choose a 'file'")


def _type_by_name(name: str) -> str:
    from kg.ingest import media_type_for

    return media_type_for(name)


def _write(report: Report, media_type: str, atlas: Atlas, data: bytes) -> bytes:
    match REPORT_TYPES[media_type]:
        case "json":
            return report.to_json().encode()
        case "text":
            return report.to_text().encode()
        case "html":
            template = atlas.templates.get_template("report.html")
            lines = data.decode("utf-8", "replace").splitlines()
            return template.render(report=report, lines=lines, manifest=atlas.manifest).encode()
    return report.to_graph(media_type)
