"""What every route needs, made once per application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.templating import Jinja2Templates

from api.settings import Settings
from kg.entries import Catalog
from kg.errors import InputError, TooLargeError
from kg.manifest import Manifest
from kg.questions import Question
from kg.store import Store
from kg.workers import WorkerPool

__all__ = ["Atlas", "Context", "read_body"]


@dataclass(frozen=True, slots=True)
class Context:
    """A store, and what has been read from it and from its release."""

    store: Store
    settings: Settings
    manifest: Manifest
    catalog: Catalog
    questions: Mapping[str, Question]
    pool: WorkerPool
    templates: Jinja2Templates


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


#: The context as a parameter of a route.
Atlas = Annotated[Context, Depends(_context)]


async def read_body(request: Request, *, largest: int) -> bytes:
    """Read a request's body, no further than a bound.

    :raises TooLargeError: if there is more.
    :raises InputError: if it comes compressed, which nothing here takes.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise InputError("send the body as it is, without Content-Encoding")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > largest:
            raise TooLargeError(f"the body is larger than the {largest} bytes that are accepted")
        parts.append(part)
    return b"".join(parts)
