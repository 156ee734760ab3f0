"""A store on another engine, reached by the SPARQL 1.1 Protocol.

Pages and curated questions ask it from threads; queries from outside are passed on by coroutines,
which can be many at once and end when whoever asked is gone. Each has the client that was measured
to be the leanest for it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

import aiohttp
import urllib3

from kg.dialogue import (
    FORM_OF,
    JSON,
    MARKER,
    TRIPLES,
    Dialogue,
    Endpoint,
    Inquiry,
    is_url,
    one_line,
)
from kg.errors import InputError, LimitError, StoreError
from kg.model import Answer, Solutions, Term
from kg.namespaces import BASE, PREFIXES
from kg.query_guard import Limits, check_graphs, check_query
from kg.query_text import refuse_dialect

__all__ = ["RemotePool", "RemoteStore", "Stream", "is_url", "post"]

T = TypeVar("T")

_CONNECT = 5.0
_CHUNK = 65536
#: Bytes above which reading an answer would keep other coroutines waiting.
_MUCH = 256 * 1024
_DIGEST = (
    f"SELECT ?digest FROM <{MARKER}> "  # noqa: S608
    f"WHERE {{ <{BASE}> <{PREFIXES['dcterms']}identifier> ?digest }}"
)


class RemoteStore:
    """A store on another engine. Threads may share it.

    Connections are kept and used again. A query is stopped at the limit of time, and its answer
    read up to the limit of bytes.

    :param url: the address of the engine's SPARQL endpoint.
    :param graphs: the graphs of the release, see :class:`Dialogue`.
    :param environment: where the credentials are, by default in the process's own.
    :raises InputError: if the address or the credentials cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        graphs: Collection[str] = (),
        limits: Limits | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.dialogue = Dialogue(
            Endpoint.at(url, environment), graphs=graphs, limits=limits or Limits()
        )
        self._pool = urllib3.PoolManager(
            headers=dict(self.dialogue.endpoint.headers), maxsize=16, retries=False
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def check(self, digest: str) -> None:
        """Make sure that the engine answers, and holds a release.

        :param digest: the release's digest.
        :raises StoreError: if not.
        """
        found = self.digest()
        where = self.dialogue.endpoint.name
        if found is None:
            raise StoreError(
                f"{where} holds no release; run 'alliance publish --store {where}' first"
            )
        if found != digest:
            raise StoreError(
                f"{where} holds the release {found[:12]}, not {digest[:12]}; "
                f"run 'alliance publish --store {where}'"
            )

    def digest(self) -> str | None:
        """Give the digest of the release that the engine holds, or nothing if it holds none."""
        found = self.select(_DIGEST).values()
        return found[0]["digest"] if len(found) == 1 else None

    def select(self, query: str, *, bindings: Mapping[str, Term] | None = None) -> Solutions:
        """Answer a SELECT query; see :meth:`kg.store.Store.select`."""
        found = self._read(query, {"SELECT"}, "a SELECT query is expected", bindings)
        if isinstance(found, bool):
            raise TypeError(found)
        return found

    def ask(self, query: str, *, bindings: Mapping[str, Term] | None = None) -> bool:
        """Answer an ASK query; see :meth:`kg.store.Store.ask`."""
        return bool(self._read(query, {"ASK"}, "an ASK query is expected", bindings))

    def construct(
        self, query: str, *, media_type: str, bindings: Mapping[str, Term] | None = None
    ) -> bytes:
        """Answer a CONSTRUCT or DESCRIBE query; see :meth:`kg.store.Store.construct`."""
        inquiry = self.dialogue.inquire(query, results=JSON, graph=media_type, bindings=bindings)
        if FORM_OF[inquiry.form] != "graph":
            raise InputError("a CONSTRUCT or DESCRIBE query is expected")
        return self._send(inquiry, self.dialogue.answer).body

    def answer(
        self,
        query: str,
        *,
        results: str,
        graph: str,
        bindings: Mapping[str, Term] | None = None,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> Answer:
        """Answer any query; see :meth:`kg.store.Store.answer`."""
        inquiry = self.dialogue.inquire(
            query,
            results=results,
            graph=graph,
            bindings=bindings,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
        )
        return self._send(inquiry, self.dialogue.answer)

    def _read(
        self,
        query: str,
        forms: Collection[str],
        otherwise: str,
        bindings: Mapping[str, Term] | None,
    ) -> Solutions | bool:
        inquiry = self.dialogue.inquire(query, results=JSON, graph=TRIPLES, bindings=bindings)
        if inquiry.form not in forms:
            raise InputError(otherwise)

        def read(inquiry: Inquiry, media_type: str, body: bytes) -> Solutions | bool:
            return self.dialogue.read(inquiry, media_type, body, without=bindings or {})

        return self._send(inquiry, read)

    def _send(self, inquiry: Inquiry, make: Callable[[Inquiry, str, bytes], T]) -> T:
        with post(self._pool, self.dialogue, inquiry.body, inquiry.headers) as response:
            media_type = self.dialogue.check_head(response.headers)
            body = _read_whole(response, self.dialogue.limits)
        return make(inquiry, media_type, body)


@contextmanager
def post(
    pool: urllib3.PoolManager, dialogue: Dialogue, body: bytes, headers: Mapping[str, str]
) -> Iterator[urllib3.BaseHTTPResponse]:
    """Send a form and give the reply, once it is known to be an answer.

    :raises InputError: if the engine cannot read the query.
    :raises LimitError: if a limit is reached, here or there.
    :raises StoreError: if the engine is away, refuses, or sends nonsense.
    """
    seconds = dialogue.limits.seconds
    endpoint = dialogue.endpoint
    response = None
    try:
        for attempt in (1, 2):
            try:
                response = pool.request(
                    "POST",
                    endpoint.url,
                    body=body,
                    headers={**endpoint.headers, **headers},
                    preload_content=False,
                    redirect=False,
                    timeout=urllib3.Timeout(connect=min(_CONNECT, seconds), read=seconds),
                )
                break
            except urllib3.exceptions.ProtocolError:
                # a kept connection that the engine had closed meanwhile; a new one tells
                if attempt == 2 or headers.get("Accept") == "*/*":
                    raise
        if response is None:
            raise StoreError(f"{endpoint.name} did not answer")
        if not 200 <= response.status < 300:
            dialogue.refuse(response.status, response.headers, response.read1(4096))
        yield response
        response.release_conn()
        response = None
    except urllib3.exceptions.ReadTimeoutError:
        raise LimitError(
            f"the query ran longer than {seconds:g} s and was stopped", limit="time"
        ) from None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise StoreError(f"{endpoint.name} cannot be reached: {_cause(error)}") from error
    finally:
        if response is not None:
            # what is left of it is not waited for
            response.close()


def _read_whole(response: urllib3.BaseHTTPResponse, limits: Limits) -> bytes:
    end = time.monotonic() + limits.seconds
    parts: list[bytes] = []
    size = 0
    while part := response.read1(_CHUNK):
        parts.append(part)
        size += len(part)
        _check_size(size, limits)
        if time.monotonic() > end:
            raise LimitError(
                f"the answer took longer than {limits.seconds:g} s and was stopped", limit="time"
            )
    return b"".join(parts)


def _check_size(size: int, limits: Limits) -> None:
    if size > limits.body:
        raise LimitError(
            f"the answer has more than {limits.body} bytes, and no more are sent. Use LIMIT",
            limit="bytes",
        )


def _cause(error: Exception) -> str:
    """Say in a few words why there was no reply."""
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        return "there is no host of that name"
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return "nothing listens there"
    if isinstance(error, urllib3.exceptions.ConnectTimeoutError):
        return "it takes no connection"
    return one_line(str(error))


@dataclass(frozen=True, slots=True)
class Stream:
    """A long answer that is passed on as it comes.

    :param chunks: to be closed when no more is wanted. What goes wrong in the middle is raised by
        it, and what was passed on must then not look like a whole answer.
    """

    form: Literal["solutions", "boolean", "graph"]
    media_type: str
    chunks: AsyncGenerator[bytes]


class _Reply(NamedTuple):
    """What an engine says.

    :param tells_its_end: whether one would notice if the rest of it were missing.
    """

    media_type: str
    chunks: AsyncIterator[bytes]
    tells_its_end: bool


class RemotePool:
    """Passes queries from outside on to an engine, with the bounds that workers have.

    A client may have half of the connections busy, and the others wait in the order in which they
    came. A query whose asker goes away is broken off.

    :param store: where to, with its limits.
    :param size: how many queries the engine is given at once.
    """

    #: There are no worker processes to replace.
    replaced = 0
    workers: tuple[int, ...] = ()

    def __init__(self, store: RemoteStore, *, size: int = 16) -> None:
        self._dialogue = store.dialogue
        self.limits = self._dialogue.limits
        self._size = size
        self._session: aiohttp.ClientSession | None = None
        self._turns = asyncio.Semaphore(size)
        self._shares: dict[str, asyncio.Semaphore] = {}
        self._present: Counter[str] = Counter()
        self.waiting = 0
        self.running = 0

    async def start(self) -> None:
        """Make ready to connect."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=dict(self._dialogue.endpoint.headers),
                connector=aiohttp.TCPConnector(limit=self._size),
                # cookies would let one asker's query depend on another's
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )

    async def stop(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def answer(
        self,
        query: str,
        *,
        results: str,
        graph: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        client: str = "",
    ) -> Answer:
        """Answer a query; see :meth:`kg.workers.WorkerPool.answer`."""
        inquiry = self._inquire(query, results, graph, default_graphs, named_graphs, plain=True)
        async with self._turn(client), self._reply(inquiry) as reply:
            body = b"".join([part async for part in reply.chunks])
        return await self._whole(inquiry, reply.media_type, body)

    async def stream(
        self,
        query: str,
        *,
        results: str,
        graph: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        client: str = "",
    ) -> Answer | Stream:
        """Pass a long answer on as it comes, if the engine writes what is wanted; else whole.

        :raises InputError: if the query is malformed.
        :raises LimitError: if it is stopped at a limit before there is anything to pass on.
        """
        inquiry = self._inquire(query, results, graph, default_graphs, named_graphs, plain=False)
        if not self._dialogue.is_virtuoso:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(self._turn(client))
                reply = await stack.enter_async_context(self._reply(inquiry))
                if reply.media_type == inquiry.wanted and not self._dialogue.is_virtuoso:
                    head: list[bytes] = []
                    size = 0
                    async for part in reply.chunks:
                        head.append(part)
                        size += len(part)
                        if size > _MUCH and reply.tells_its_end:
                            chunks = _hold(stack.pop_all(), head, reply.chunks)
                            return Stream(FORM_OF[inquiry.form], reply.media_type, chunks)
                    return await self._whole(inquiry, reply.media_type, b"".join(head))
        return await self.answer(
            query,
            results=results,
            graph=graph,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            client=client,
        )

    async def _whole(self, inquiry: Inquiry, media_type: str, body: bytes) -> Answer:
        if media_type == "text/csv" and inquiry.wanted == media_type:
            # it tells nothing by which it could be checked, and nothing needs to be changed
            return Answer(FORM_OF[inquiry.form], media_type, body)
        if len(body) > _MUCH:
            return await asyncio.to_thread(self._dialogue.answer, inquiry, media_type, body)
        return self._dialogue.answer(inquiry, media_type, body)

    def _inquire(
        self,
        query: str,
        results: str,
        graph: str,
        default_graphs: Sequence[str],
        named_graphs: Sequence[str],
        *,
        plain: bool,
    ) -> Inquiry:
        graphs = self._dialogue.graphs
        check_query(query, limits=self.limits, graphs=graphs)
        refuse_dialect(query)
        if graphs:
            check_graphs([*default_graphs, *named_graphs], graphs=graphs)
        return self._dialogue.inquire(
            query,
            results=results,
            graph=graph,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            plain=plain,
        )

    @asynccontextmanager
    async def _turn(self, client: str) -> AsyncIterator[None]:
        """Wait for a connection, among this client's and then among all."""
        most = self.limits.queue
        if self.waiting >= most or self._present[client] >= most // 2 + self._size // 2:
            raise LimitError("too many queries are waiting; try again in a moment", limit="queue")
        share = self._shares.setdefault(client, asyncio.Semaphore(max(1, self._size // 2)))
        self._present[client] += 1
        try:
            async with AsyncExitStack() as stack:
                self.waiting += 1
                try:
                    async with asyncio.timeout(self.limits.seconds):
                        await stack.enter_async_context(share)
                        await stack.enter_async_context(self._turns)
                except TimeoutError:
                    raise LimitError(
                        "the engine is busy with other queries; try again in a moment",
                        limit="queue",
                    ) from None
                finally:
                    self.waiting -= 1
                self.running += 1
                try:
                    yield
                finally:
                    self.running -= 1
        finally:
            self._present[client] -= 1
            if not self._present[client]:
                del self._present[client], self._shares[client]

    @asynccontextmanager
    async def _reply(self, inquiry: Inquiry) -> AsyncIterator[_Reply]:
        """Send a query and give the reply; leaving early breaks it off."""
        await self.start()
        if self._session is None:
            raise StoreError("the pool has been stopped")
        dialogue, seconds = self._dialogue, self.limits.seconds
        try:
            async with self._session.post(
                dialogue.endpoint.url,
                data=inquiry.body,
                headers=inquiry.headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=min(_CONNECT, seconds)),
            ) as response:
                if not 200 <= response.status < 300:
                    told = await response.content.read(4096)
                    dialogue.refuse(response.status, response.headers, told)
                media_type = dialogue.check_head(response.headers)
                tells_its_end = not {"Content-Length", "Transfer-Encoding"}.isdisjoint(
                    response.headers
                )
                yield _Reply(media_type, self._bounded(response), tells_its_end)
        except aiohttp.ConnectionTimeoutError:
            raise StoreError(f"{dialogue.endpoint.name} takes no connection") from None
        except TimeoutError:
            raise LimitError(
                f"the query ran longer than {seconds:g} s and was stopped", limit="time"
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            why = one_line(str(error))
            raise StoreError(f"{dialogue.endpoint.name} cannot be reached: {why}") from error

    async def _bounded(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        size = 0
        async for part in response.content.iter_any():
            size += len(part)
            _check_size(size, self.limits)
            yield part


async def _hold(
    stack: AsyncExitStack, head: Sequence[bytes], chunks: AsyncIterator[bytes]
) -> AsyncGenerator[bytes]:
    """Pass bytes on, and keep hold of what they come from until the end."""
    async with stack:
        yield b"".join(head)
        async for part in chunks:
            yield part
