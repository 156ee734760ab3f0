"""Answers with what HTTP wants around them: validators, Vary, 304, the right Content-Type."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Set
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from api.context import Context
from api.encoding import LEAST, choose_encoding, compress
from api.negotiation import choose
from api.problems import NotAcceptableError
from kg.errors import ParameterError

__all__ = ["describe_types", "format_parameter", "negotiate", "pass_on", "respond", "send_file"]

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
    lasting: bool = True,
) -> Response:
    """Send a representation of something in a release, or 304 if the client has it.

    :param body: what to send, or how to write it, which is then done once per release. Release,
        address, media type and content coding make the ETag. A POST, whose body makes the answer
        another one, has none.
    :param lasting: whether the same request has the same answer as long as the release is served.
    """
    sent = {**_about(atlas), **(headers or {})}
    encoding = choose_encoding(request.headers.get("accept-encoding"))
    if media_type == "image/png":
        # nothing is left to be gained
        encoding = ""
    etag = ""
    if request.method == "GET" and lasting:
        etag = _etag(request, media_type, atlas)
        tags = {etag, _encoded(etag, "br"), _encoded(etag, "gzip")}
        sent["Cache-Control"] = _CACHE
        if _is_known(request, tags):
            return Response(status_code=304, headers={**sent, "ETag": _encoded(etag, encoding)})
    else:
        sent["Cache-Control"] = "no-store"
    # set as a header, for as a media type the framework would add a charset to Turtle too
    sent["Content-Type"] = _with_charset(media_type)
    content = body if isinstance(body, bytes) else b""
    if callable(body):
        content = atlas.shelf.fetch(etag, body) if etag else body()
    if len(content) < LEAST:
        encoding = ""
    if encoding:
        sent["Content-Encoding"] = encoding
        whole = content
        if etag:
            content = atlas.shelf.fetch(_encoded(etag, encoding), lambda: compress(whole, encoding))
        else:
            content = compress(whole, encoding)
    if etag:
        sent["ETag"] = _encoded(etag, encoding)
    return Response(content, headers=sent)


def pass_on(
    request: Request,
    chunks: AsyncIterator[bytes],
    media_type: str,
    *,
    atlas: Context,
    lasting: bool = True,
) -> Response:
    """Pass a representation on as it comes, not compressed and not kept.

    What goes wrong in the middle breaks the connection off, so that a client takes no part of it
    for the whole.

    :param lasting: see :func:`respond`.
    """
    sent = {**_about(atlas), "Content-Type": _with_charset(media_type)}
    if request.method == "GET" and lasting:
        sent["Cache-Control"], sent["ETag"] = _CACHE, _etag(request, media_type, atlas)
    else:
        sent["Cache-Control"] = "no-store"
    return StreamingResponse(chunks, headers=sent)


def send_file(
    request: Request, path: Path, media_type: str, *, atlas: Context, name: str | None = None
) -> Response:
    """Send a file of the release, or 304 if the client has it.

    :param name: the name under which it is to be saved, if it is.
    """
    etag = _etag(request, media_type, atlas)
    headers = {**_about(atlas), "ETag": etag, "Cache-Control": _CACHE}
    if _is_known(request, {etag}):
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
    return {"Vary": "Accept, Accept-Encoding", "X-Release": atlas.manifest.digest[:12]}


def _etag(request: Request, media_type: str, atlas: Context) -> str:
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    key = f"{atlas.manifest.digest} {atlas.program} {path}?{query} {media_type}"
    return f'"{hashlib.sha256(key.encode()).hexdigest()[:32]}"'


def _encoded(etag: str, encoding: str) -> str:
    """Give the ETag of a representation's content coding."""
    return f'{etag[:-1]}-{encoding}"' if encoding else etag


def _is_known(request: Request, tags: Set[str]) -> bool:
    known = request.headers.get("if-none-match")
    if not known:
        return False
    return bool({tag.strip().removeprefix("W/") for tag in known.split(",")} & {*tags, "*"})


def _with_charset(media_type: str) -> str:
    textual = media_type in {"text/html", "text/csv", "text/plain", "text/tab-separated-values"}
    return f"{media_type}; charset=utf-8" if textual else media_type
