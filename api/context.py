"""What every route needs, made once per application."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from starlette.templating import Jinja2Templates

from api.problems import UnsupportedTypeError
from api.settings import Settings
from kg.entries import Catalog
from kg.errors import LimitError, TooLargeError
from kg.manifest import Manifest
from kg.questions import Question
from kg.store import Store
from kg.workers import WorkerPool

__all__ = ["Atlas", "Context", "Gate", "Shelf", "read_body"]


class Gate:
    """Lets a few in at once, as an asynchronous context; of the others, a few may wait.

    :param at_once: how many are let in.
    :param may_wait: how many may wait.
    """

    def __init__(self, *, at_once: int, may_wait: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._free = at_once + may_wait

    async def __aenter__(self) -> None:
        """Come in; :raises LimitError: if too many are waiting."""
        if self._free == 0:
            raise LimitError("too many are waiting; try again in a moment", limit="queue")
        self._free -= 1
        try:
            await self._places.acquire()
        except BaseException:
            self._free += 1
            raise

    async def __aexit__(self, *_: object) -> None:
        """Make room for the next."""
        self._places.release()
        self._free += 1


class Shelf:
    """What was written lately, by ETag, so that it is written once; the oldest goes first.

    :param room: how many bytes are kept.
    """

    def __init__(self, *, room: int = 32 * 1024 * 1024) -> None:
        self._room = room
        self._used = 0
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def fetch(self, etag: str, write: Callable[[], bytes]) -> bytes:
        """Give what an ETag stands for, written now if it is not kept."""
        with self._lock:
            if etag in self._kept:
                self._kept.move_to_end(etag)
                return self._kept[etag]
        body = write()
        with self._lock:
            if etag not in self._kept and len(body) <= self._room // 8:
                self._kept[etag] = body
                self._used += len(body)
                while self._used > self._room:
                    self._used -= len(self._kept.popitem(last=False)[1])
        return body


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
    shelf: Shelf = field(default_factory=Shelf)
    # cases are checked in the threads in which pages are put together, and must not take them all
    validations: Gate = field(default_factory=lambda: Gate(at_once=2, may_wait=32))


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


#: The context as a parameter of a route.
Atlas = Annotated[Context, Depends(_context)]


async def read_body(request: Request, *, largest: int) -> bytes:
    """Read a request's body, no further than a bound.

    :raises TooLargeError: if there is more.
    :raises UnsupportedTypeError: if it comes compressed, which nothing here takes.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedTypeError("send the body as it is, without Content-Encoding")
    too_large = TooLargeError(f"the body is larger than the {largest} bytes that are accepted")
    declared = request.headers.get("content-length", "").lstrip("0")
    if len(declared) > len(str(largest)) or (declared.isdecimal() and int(declared) > largest):
        # refused by its own word, before any of it is read
        raise too_large
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > largest:
            raise too_large
        parts.append(part)
    return b"".join(parts)
