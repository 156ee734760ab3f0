"""Answers with what HTTP wants around them: validators, Vary, 304, the right Content-Type."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import FileResponse

from api.context import Context
from api.negotiation import choose
from api.problems import NotAcceptableError
from kg.errors import ParameterError

__all__ = ["describe_types", "format_parameter", "negotiate", "respond", "send_file"]

#: Every representation is checked again each time, which is cheap because of the ETag.
_CACHE = "public, max-age=0, must-revalidate"


def negotiate(request: Request, offers: Mapping[str, str], *, suffix: str | None = None) -> str:
    """Choose a media type for a request: by suffix, by ``?format=``, or by Accept.

    :param offers: short names by media type, the preferred one first.
    :raises ParameterError: if ``?format=`` names none of them.
    :raises NotAcceptableError: if Accept wants none of them.
    """
    wanted = suffix or request.query_params.get("format")
    if wanted:
        for media_type, short in offers.items():
            if wanted.lower() in {short, media_type}:
                return media_type
        allowed = tuple(offers.values())
        raise ParameterError(
            f"'{wanted[:50]}' is no format of this answer; it takes {', '.join(allowed)}",
            parameter="format",
            value=wanted,
            allowed=allowed,
        )
    chosen = choose(request.headers.get("accept"), list(offers))
    if chosen is None:
        raise NotAcceptableError(offers)
    return chosen


def respond(
    request: Request,
    body: bytes | Callable[[], bytes],
    media_type: str,
    *,
    atlas: Context,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Send a representation of something in a release, or 304 if the client has it.

    :param body: what to send, or how to write it, which is then done once per release. Release,
        address and media type make the ETag. A POST, whose body makes the answer another one, has
        none.
    """
    etag = _etag(request, media_type, atlas)
    sent = {**_about(atlas), **(headers or {})}
    if request.method == "GET":
        sent |= {"ETag": etag, "Cache-Control": _CACHE}
        if _is_known(request, etag):
            return Response(status_code=304, headers=sent)
    else:
        sent["Cache-Control"] = "no-store"
    content = body if isinstance(body, bytes) else atlas.shelf.fetch(etag, body)
    # set as a header, for as a media type the framework would add a charset to Turtle too
    return Response(content, headers={**sent, "Content-Type": _with_charset(media_type)})


def send_file(
    request: Request, path: Path, media_type: str, *, atlas: Context, name: str | None = None
) -> Response:
    """Send a file of the release, or 304 if the client has it.

    :param name: the name under which it is to be saved, if it is.
    """
    etag = _etag(request, media_type, atlas)
    headers = {**_about(atlas), "ETag": etag, "Cache-Control": _CACHE}
    if _is_known(request, etag):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type=media_type, filename=name, headers=headers)


def describe_types(
    offers: Mapping[str, str], description: str
) -> dict[int | str, dict[str, object]]:
    """Tell the OpenAPI document in which media types an answer is had."""
    return {200: {"description": description, "content": {name: {} for name in offers}}}


def format_parameter(offers: Mapping[str, str]) -> dict[str, object]:
    """Describe ``?format=`` for the OpenAPI document."""
    return {
        "name": "format",
        "in": "query",
        "required": False,
        "schema": {"type": "string", "enum": list(offers.values())},
        "description": "The answer's format, instead of the Accept header.",
    }


def _about(atlas: Context) -> dict[str, str]:
    return {"Vary": "Accept", "X-Release": atlas.manifest.digest[:12]}


def _etag(request: Request, media_type: str, atlas: Context) -> str:
    key = f"{atlas.manifest.digest} {request.url.path}?{request.url.query} {media_type}"
    return f'"{hashlib.sha256(key.encode()).hexdigest()[:32]}"'


def _is_known(request: Request, etag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    return bool({tag.strip().removeprefix("W/") for tag in known.split(",")} & {etag, "*"})


def _with_charset(media_type: str) -> str:
    textual = media_type in {"text/html", "text/csv", "text/plain", "text/tab-separated-values"}
    return f"{media_type}; charset=utf-8" if textual else media_type
