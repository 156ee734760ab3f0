"""Answers with what HTTP wants around them: validators, Vary, 304, HEAD, language of errors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from fastapi import Request, Response

from api.negotiation import choose
from api.problems import NotAcceptableError
from kg.errors import ParameterError

__all__ = ["negotiate", "respond"]

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
    body: bytes,
    media_type: str,
    *,
    release: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Send a representation of something in a release, or 304 if the client has it.

    :param release: the release's digest; with path, query and media type it makes the ETag. A POST,
        whose body makes the answer another one, has none.
    """
    key = f"{release} {request.url.path}?{request.url.query} {media_type}"
    etag = f'"{hashlib.sha256(key.encode()).hexdigest()[:32]}"'
    sent = {"Vary": "Accept", "X-Release": release[:12], **(headers or {})}
    if request.method == "GET":
        sent |= {"ETag": etag, "Cache-Control": _CACHE}
    known = request.headers.get("if-none-match", "")
    tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
    if request.method == "GET" and tags & {etag, "*"}:
        return Response(status_code=304, headers=sent)
    # set as a header, for as a media type the framework would add a charset to Turtle too
    return Response(body, headers={**sent, "Content-Type": _with_charset(media_type)})


def _with_charset(media_type: str) -> str:
    textual = media_type in {"text/html", "text/csv", "text/plain", "text/tab-separated-values"}
    return f"{media_type}; charset=utf-8" if textual else media_type
