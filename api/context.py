"""What every route needs, made once per application."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Request
from starlette.requests import ClientDisconnect
from starlette.templating import Jinja2Templates

from api.problems import UnsupportedTypeError
from api.settings import Settings
from api.telemetry import Telemetry
from kg.drills import Drill
from kg.entries import Catalog
from kg.errors import LimitError, TooLargeError
from kg.exercises import Exercise
from kg.lessons import Lessons
from kg.manifest import Manifest
from kg.model import Answer
from kg.questions import Question
from kg.remote import RemotePool
from kg.search import SearchIndex
from kg.store import Store
from kg.workers import ValidationPool, WorkerPool

__all__ = [
    "Atlas",
    "Context",
    "Deferred",
    "Gate",
    "Shelf",
    "name_client",
    "read_body",
    "while_connected",
]

T = TypeVar("T")

#: Seconds until it is worth to look whether the client is still there.
_PATIENCE = 0.05


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


class Shelf(Generic[T]):
    """What was made lately, kept so that it is made once; what nobody asks for goes first.

    :param room: how many bytes are kept.
    :param weigh: how many bytes a thing takes.
    """

    def __init__(self, *, room: int, weigh: Callable[[T], int]) -> None:
        self._room = room
        self._weigh = weigh
        self._used = 0
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def used(self) -> int:
        """How many bytes are kept."""
        return self._used

    def find(self, key: Hashable) -> T | None:
        """Give what is kept under a key, or nothing."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def keep(self, key: Hashable, thing: T) -> None:
        """Keep a thing, unless it would take too much of the room by itself."""
        weight = self._weigh(thing)
        with self._lock:
            if key not in self._kept and weight <= self._room // 8:
                self._kept[key] = thing
                self._used += weight
                while self._used > self._room:
                    self._used -= self._weigh(self._kept.popitem(last=False)[1])

    def fetch(self, key: Hashable, make: Callable[[], T]) -> T:
        """Give what is kept under a key, made now if nothing is."""
        found = self.find(key)
        if found is None:
            found = make()
            self.keep(key, found)
        return found


class Deferred(Generic[T]):
    """Something that is made when it is first asked for, and then kept.

    :param make: how it is made.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: list[T] = []
        self._lock = threading.Lock()

    def get(self) -> T:
        """Give it, made now if nobody asked before."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]


@dataclass(frozen=True, slots=True)
class Context:
    """A store, and what has been read from it and from its release."""

    store: Store
    settings: Settings
    manifest: Manifest
    catalog: Catalog
    questions: Mapping[str, Question]
    exercises: Mapping[str, Exercise]
    #: what there is to teach; most servers are never asked
    lessons: Deferred[Lessons]
    drills: Deferred[tuple[Drill, ...]]
    search: SearchIndex
    pool: RemotePool | WorkerPool
    validation: ValidationPool
    templates: Jinja2Templates
    telemetry: Telemetry
    #: digest of the program's own files and of the diagrams: with a new one, what is known is to
    #: be asked for anew
    program: str
    #: written representations by ETag
    shelf: Shelf[bytes] = field(default_factory=lambda: Shelf(room=32 * 2**20, weigh=len))
    #: answers of queries from outside
    answers: Shelf[Answer] = field(
        default_factory=lambda: Shelf(room=32 * 2**20, weigh=lambda answer: len(answer.body) + 1000)
    )
    # pictures are drawn in the threads in which pages are put together, and must not take them all
    drawing: Gate = field(default_factory=lambda: Gate(at_once=1, may_wait=32))


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


@asynccontextmanager
async def while_connected(request: Request) -> AsyncIterator[None]:
    """Stop what goes on inside when the client goes away; :raises ClientDisconnect: then."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    watching: list[asyncio.Task[None]] = []
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone = True
        if task:
            task.cancel()

    # most requests are answered before it is worth a task to look
    timer = loop.call_later(_PATIENCE, lambda: watching.append(loop.create_task(watch())))
    try:
        yield
    except asyncio.CancelledError:
        if gone and task and not task.uncancel():
            raise ClientDisconnect from None
        raise
    finally:
        timer.cancel()
        for watcher in watching:
            watcher.cancel()


def name_client(request: Request) -> str:
    """Tell clients apart by their addresses; a network of IPv6 counts as one."""
    host = request.client.host if request.client else ""
    return ":".join(host.split(":")[:4]) if ":" in host else host
