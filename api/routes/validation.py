"""Validation of annotated cases. What is submitted is neither kept nor logged."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from api.context import Atlas, Context, name_client, read_body, while_connected
from api.problems import UnsupportedTypeError
from api.representation import describe_types, format_parameter, negotiate, respond
from api.rule_examples import list_examples
from kg.errors import InputError, LimitError, ParameterError

__all__ = ["CASE_TYPES", "CaseText", "report_on", "router"]

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

#: The most files of one request. All of them together may take as long as one may.
_MOST_FILES = 200
#: The most lines of a case that a page shows beside what was found in it.
_MOST_LINES = 3000
_MULTIPART = "multipart/form-data"
_URLENCODED = "application/x-www-form-urlencoded"
_FORM_SCHEMA = {
    "type": "object",
    "properties": {
        "case": {"type": "string", "description": "The case, as text."},
        "type": {"type": "string", "enum": list(CASE_TYPES), "description": "Its media type."},
        "file": {
            "type": "array",
            "maxItems": _MOST_FILES,
            "items": {"type": "string", "format": "binary"},
            "description": "The case, as a file in place of the text; its name tells the type. "
            "Of several files there is one report.",
        },
        "strict": {"type": "string", "enum": ["true"]},
    },
}


class _InMemory(MultiPartParser):
    """Keeps uploads in memory; the framework would write larger ones to the disk."""

    spool_max_size = 1 << 40


@router.get(
    "/validate",
    response_class=Response,
    responses={
        **describe_types({"text/html": ""}, "The form."),
        422: {"description": "No example has the name; the problem lists those that there are."},
    },
)
def form(
    request: Request,
    atlas: Atlas,
    example: Annotated[
        str | None, Query(description="An example to start from, such as R05-breaks.")
    ] = None,
) -> Response:
    """Give a form to paste a case into, or to change an example in."""
    examples = list_examples()
    if example and example not in examples:
        raise ParameterError(
            f"'{example[:50]}' is no example; there are {', '.join(examples)}",
            parameter="example",
            value=example,
            allowed=tuple(examples),
        )

    def write() -> bytes:
        template = atlas.templates.get_template("validate.html")
        return template.render(
            media_types=CASE_TYPES,
            examples=examples,
            chosen=example,
            manifest=atlas.manifest,
        ).encode()

    return respond(request, write, "text/html", atlas=atlas)


@router.post(
    "/validate",
    response_class=Response,
    responses={
        **describe_types(REPORT_TYPES, "The report, whatever its verdict."),
        400: {"description": "The case cannot be read; the problem tells line and column."},
        413: {"description": "The case, or the report on it, is too large."},
        415: {"description": "The body is of a type that is not taken, or compressed."},
        503: {"description": "It took too much memory, or too many cases are waiting."},
        504: {"description": "It took too long."},
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
    """Validate the case in the body, or in a form's field or file; or several files at once."""
    wanted = negotiate(request, REPORT_TYPES)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {*CASE_TYPES, _MULTIPART, _URLENCODED}:
        accepted = ", ".join(CASE_TYPES)
        raise UnsupportedTypeError(f"send a case as one of {accepted}, or as a form")
    data = await read_body(request, largest=atlas.settings.largest_body)
    cases = [CaseText(data, media_type)]
    if media_type not in CASE_TYPES:
        fields = await _read_form(request, data)
        strict = strict or fields.get("strict") in {"true", "on", "1"}
        try:
            cases = await _cases_of(fields)
        finally:
            await fields.close()
    if len(cases) == 1:
        reports = [await report_on(request, atlas, cases[0], strict=strict)]
    else:
        reports = await _validate_several(request, atlas, cases, strict=strict)
    texts = [case.data if quotes else b"" for case in cases]
    # only what was typed can be typed over
    typed = cases[0].media_type if media_type not in CASE_TYPES and not cases[0].source else None
    body = await run_in_threadpool(
        _write, reports, wanted, atlas, texts, quotes=quotes, typed=typed if quotes else None
    )
    return respond(request, body, wanted, atlas=atlas)


@dataclass(frozen=True, slots=True)
class CaseText:
    """A case as it was sent.

    :param media_type: nothing, if the file's name does not tell.
    :param source: the file's name, if it was one.
    """

    data: bytes
    media_type: str | None
    source: str | None = None


async def report_on(request: Request, atlas: Context, case: CaseText, *, strict: bool) -> Report:
    """Validate a case in a process of its own, which ends if whoever asked goes away.

    :raises InputError: if it cannot be read.
    :raises LimitError: if it is stopped at a limit.
    """
    from kg.ingest import media_type_for
    from kg.report import Report

    media_type = case.media_type or media_type_for(case.source or "")
    async with while_connected(request):
        packed = await atlas.validation.validate(
            case.data,
            media_type=media_type,
            source=case.source,
            strict=strict,
            client=name_client(request),
        )
    return await run_in_threadpool(Report.unpack, packed)


async def _validate_several(
    request: Request, atlas: Context, cases: Sequence[CaseText], *, strict: bool
) -> list[Report]:
    """Validate one after another; one that cannot be read does not keep the others."""
    from kg.report import unreadable

    reports = []
    until = time.monotonic() + atlas.validation.limits.seconds
    for case in cases:
        try:
            if time.monotonic() > until:
                raise LimitError(
                    "the files before it took as long as one request may; send fewer", limit="time"
                )
            reports.append(await report_on(request, atlas, case, strict=strict))
        except (InputError, LimitError) as error:
            if isinstance(error, LimitError) and error.limit == "queue":
                raise
            reports.append(unreadable(error, case.source or "case"))
    return reports


async def _read_form(request: Request, data: bytes) -> FormData:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield data
        yield b""

    try:
        if request.headers["content-type"].lower().startswith(_URLENCODED):
            return await FormParser(request.headers, stream()).parse()
        parser = _InMemory(
            request.headers, stream(), max_files=_MOST_FILES, max_fields=10, max_part_size=len(data)
        )
        return await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise InputError(f"the form cannot be read: {error}") from None


async def _cases_of(fields: FormData) -> list[CaseText]:
    """Give the cases in a form: its files, or else the text that was filled in."""
    uploads = [
        upload
        for upload in fields.getlist("file")
        if isinstance(upload, UploadFile) and upload.filename
    ]
    if uploads:
        return [
            CaseText(await upload.read(), None, _file_name(upload.filename)) for upload in uploads
        ]
    text = fields.get("case")
    if isinstance(text, str) and text.strip():
        media_type = str(fields.get("type") or CASE_TYPES[0])
        if media_type not in CASE_TYPES:
            raise ParameterError(
                f"'{media_type[:50]}' is no type of case; it takes {', '.join(CASE_TYPES)}",
                parameter="type",
                value=media_type,
                allowed=CASE_TYPES,
            )
        return [CaseText(text.encode(), media_type)]
    raise InputError("the form has no case: fill in 'case', or choose a 'file'")


def _file_name(path: str | None) -> str:
    return (path or "").replace("\\", "/").rpartition("/")[2][:200]


def _write(
    reports: Sequence[Report],
    media_type: str,
    atlas: Context,
    texts: Sequence[bytes],
    *,
    quotes: bool,
    typed: str | None,
) -> bytes:
    """Write one report as it is, and several as one document.

    :param texts: what the page quotes lines from, a text for each report.
    :param typed: the media type of the one text, if it was typed into the form.
    """
    from kg import report_formats

    if not quotes:
        reports = [report_formats.without_quotes(report) for report in reports]
    match REPORT_TYPES[media_type]:
        case "json" if len(reports) > 1:
            return report_formats.to_json(reports).encode()
        case "json":
            return reports[0].to_json().encode()
        case "text":
            return "\n".join(report.to_text() for report in reports).encode()
        case "csv":
            return report_formats.to_csv(reports).encode()
        case "junit":
            return report_formats.to_junit(reports).encode()
        case "sarif":
            return json.dumps(report_formats.to_sarif(reports), ensure_ascii=False).encode()
        case "html":
            return _write_page(reports, atlas, texts, typed=typed)
    return report_formats.to_graph(reports, media_type)


def _write_page(
    reports: Sequence[Report], atlas: Context, texts: Sequence[bytes], *, typed: str | None
) -> bytes:
    from kg.report import show_node, show_path
    from kg.report_formats import summarize

    template = atlas.templates.get_template("report.html")
    page = template.render(
        reports=reports,
        texts=[re.split(r"\r\n|\r|\n", text.decode("utf-8", "replace")) for text in texts],
        media_types=CASE_TYPES,
        typed=typed,
        most_lines=_MOST_LINES,
        summary=summarize(reports),
        show_node=show_node,
        show_path=show_path,
        catalog=atlas.catalog,
        manifest=atlas.manifest,
    )
    return page.encode()
