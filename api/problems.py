"""Errors as RFC 9457 problem details, or as a page; the one place that decides on status codes."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.templating import Jinja2Templates

from api.negotiation import choose
from kg.errors import (
    AtlasError,
    InputError,
    LimitError,
    NotFoundError,
    ParameterError,
    StoreError,
    TooLargeError,
)
from kg.namespaces import KINDS

__all__ = ["NotAcceptableError", "UnsupportedTypeError", "install"]

_TYPE = "application/problem+json"


class NotAcceptableError(AtlasError):
    """No representation that is offered is one that the client accepts."""

    def __init__(self, offers: Mapping[str, str]) -> None:
        listed = ", ".join(
            f"{media_type} (?format={short})" for media_type, short in offers.items()
        )
        super().__init__(
            f"none of the media types you accept is offered here; offered are {listed}"
        )
        self.offers = tuple(offers)


class UnsupportedTypeError(AtlasError):
    """A body of a media type that this address does not take."""


_LOGGER = logging.getLogger("alliance.store")

_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NotAcceptableError, 406),
    (UnsupportedTypeError, 415),
    (TooLargeError, 413),
    (ParameterError, 422),
    (InputError, 400),
    (NotFoundError, 404),
    (LimitError, 503),
    (StoreError, 503),
)


def _allowed(request: Request) -> str:
    """List the methods documented for a request's path; a single route knows only its own."""
    methods = {"OPTIONS"}
    for template, operations in request.app.openapi()["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(template))
        if re.fullmatch(pattern, request.url.path):
            methods |= {method.upper() for method in operations}
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted(methods))


def _links(request: Request, error: Exception) -> list[tuple[str, str]]:
    """List where a page may send its reader instead: names and addresses."""
    if isinstance(error, NotFoundError):
        folder = f"/{error.kind}/" if error.kind in {*KINDS, "download"} else "/"
        return [(name, quote(folder + name)) for name in error.nearest]
    if isinstance(error, ParameterError) and error.value is not None and request.method == "GET":
        return [
            (name, f"?{request.url.include_query_params(**{error.parameter: name}).query}")
            for name in (*error.nearest, *(n for n in error.allowed if n not in error.nearest))
        ]
    return []


def install(app: FastAPI, templates: Jinja2Templates) -> None:
    """Make an application answer every error as a problem."""

    def respond(
        request: Request,
        status: int,
        detail: str,
        *,
        links: Sequence[tuple[str, str]] = (),
        **extra: Any,
    ) -> Response:
        title = HTTPStatus(status).phrase
        wanted = choose(request.headers.get("accept"), [_TYPE, "application/json", "text/html"])
        headers = {"Vary": "Accept", "Cache-Control": "no-store"}
        if "allow" in extra:
            headers["Allow"] = str(extra.pop("allow"))
        if status == 413:
            # the rest of the body is not read, and the connection is of no use with it in the way
            headers["Connection"] = "close"
        if status in {503, 504}:
            headers["Retry-After"] = "5"
        if wanted == "text/html":
            context = {"title": title, "status": status, "detail": detail, **extra}
            context["links"] = links
            return templates.TemplateResponse(
                request, "problem.html", context, status_code=status, headers=headers
            )
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **extra}
        return Response(json.dumps(body, ensure_ascii=False), status, headers, media_type=_TYPE)

    async def ours(request: Request, error: Exception) -> Response:
        status = next(code for kind, code in _STATUS if isinstance(error, kind))
        extra: dict[str, Any] = {}
        if isinstance(error, LimitError):
            status = {"time": 504, "network": 400, "bytes": 413, "nesting": 413}.get(
                error.limit, 503
            )
            extra["limit"] = error.limit
        if isinstance(error, InputError):
            places = {"line": error.line, "column": error.column}
            extra |= {name: value for name, value in places.items() if value is not None}
        if isinstance(error, ParameterError):
            extra |= {"parameter": error.parameter, "allowed": list(error.allowed)}
            extra |= {"nearest": list(error.nearest)} if error.nearest else {}
        if isinstance(error, NotFoundError):
            extra["nearest"] = list(error.nearest)
        if isinstance(error, NotAcceptableError):
            extra["offered"] = list(error.offers)
        # a store's message may name paths of the machine; it goes to the log, not to the client
        detail = error.message if isinstance(error, InputError) else str(error)
        if isinstance(error, StoreError) and not isinstance(error, LimitError):
            _LOGGER.error("%s: %s", request.url.path, error)
            detail = "the store does not answer as it should; the operator's log says more"
        return respond(request, status, detail, links=_links(request, error), **extra)

    async def http(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        if error.status_code == 405:
            allowed = _allowed(request)
            if request.method == "OPTIONS":
                return Response(status_code=204, headers={"Allow": allowed})
            detail = f"{request.method[:20]} is not for this address; it takes {allowed}"
            return respond(request, 405, detail, allow=allowed)
        detail = str(error.detail)
        if error.status_code == 404:
            detail = f"nothing is at {request.url.path[:200]}"
        return respond(request, error.status_code, detail)

    async def malformed(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        first = error.errors()[0]
        place = str(first["loc"][-1]) if first["loc"] else "body"
        return respond(request, 422, f"{place}: {first['msg']}", parameter=place)

    async def unforeseen(request: Request, error: Exception) -> Response:
        # the error itself goes to the operator's log, by whom calls this
        return respond(request, 500, "the server failed; the operator's log says more")

    async def gone(request: Request, error: Exception) -> Response:
        # nobody is there to read it
        return Response(status_code=499)

    app.add_exception_handler(AtlasError, ours)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(Exception, unforeseen)
