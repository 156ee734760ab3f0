"""Processes that answer strangers' queries and validate their cases, and can be killed.

A query from outside may run forever, eat all memory, crash the engine by its depth, or ask it to
call other hosts; a case may do the first three. None of that can be undone in the process that runs
it. So it runs in a process of its own, which is killed at a deadline, whose memory the kernel
bounds, and which cannot open a socket because, once its release is loaded, it may open no file
descriptor at all.

Workers are forked from a process that has the release loaded; see :mod:`kg.fork_server`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
from collections import Counter, OrderedDict, deque
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, cast

from kg import fork_server
from kg.errors import InputError, LimitError, StoreError, TooLargeError
from kg.model import Answer
from kg.query_guard import Limits, check_graphs, check_query

__all__ = ["VALIDATION_LIMITS", "ValidationPool", "WorkerPool"]

#: What validating one case may use. The shapes take twenty seconds of a processor at most, and
#: refuse a case that needs more; wall time is more where others work too.
VALIDATION_LIMITS = Limits(seconds=30.0, memory=256 * 2**20, body=16 * 2**20, queue=32)


class WorkerPool:
    """Some workers on one release, shared fairly among clients.

    Whoever has the fewest queries running comes next, of equals who has waited longest. One worker
    beyond the number is kept for clients that have none running, so that nobody's runaways shut out
    others.

    :param source: a release's N-Quads file, or the folder of a store on disk.
    :param size: how many workers one client may occupy.
    :param graphs: the graphs that a query may name; if there are none, any.
    :param hosts: the hosts that a query may call by SERVICE, by an operator's choice.
    :raises StoreError: if this system cannot fork.
    """

    def __init__(
        self,
        source: Path,
        *,
        size: int = 2,
        limits: Limits | None = None,
        graphs: Collection[str] = (),
        hosts: Collection[str] = (),
    ) -> None:
        if not hasattr(os, "fork"):
            raise StoreError("workers need a Unix system; on Windows, use its Linux subsystem")
        self.limits = limits or Limits()
        self._graphs = frozenset(graphs)
        self._hosts = frozenset(host.lower() for host in hosts)
        self._lane = _Lane(source, size=size, limits=self.limits)
        # the only workers that keep the means to call out, and only for queries that say whom
        self._calling = _Lane(source, size=1, limits=self.limits, network=True)

    @property
    def waiting(self) -> int:
        """How many queries wait for a worker."""
        return self._lane.waiting + self._calling.waiting

    @property
    def running(self) -> int:
        """How many queries are being answered."""
        return self._lane.running + self._calling.running

    @property
    def replaced(self) -> int:
        """How many workers were put in another's place."""
        return self._lane.replaced + self._calling.replaced

    @property
    def workers(self) -> tuple[int, ...]:
        """The workers' process numbers."""
        return tuple(worker.pid for worker in (*self._lane.workers, *self._calling.workers))

    async def start(self) -> None:
        """Start the workers; they load their release while the caller goes on."""
        self._lane.start()
        if self._hosts:
            self._calling.start()

    async def stop(self) -> None:
        """Kill the workers."""
        await self._lane.stop()
        await self._calling.stop()

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
        """Answer a query; see :meth:`kg.store.Store.answer`.

        :param client: who asks; clients share the workers fairly.
        :raises InputError: if it is malformed.
        :raises LimitError: if it is stopped at a limit, or too many are waiting.
        """
        calls = check_query(query, limits=self.limits, graphs=self._graphs, hosts=self._hosts)
        if self._graphs:
            check_graphs([*default_graphs, *named_graphs], graphs=self._graphs)
        request = {
            "query": query,
            "results": results,
            "graph": graph,
            "default_graphs": list(default_graphs),
            "named_graphs": list(named_graphs),
        }
        lane = self._calling if calls else self._lane
        head, body = await lane.answer(request, client=client)
        return Answer(head["form"], head["media_type"], body, head["rows"])


class ValidationPool:
    """Some workers that validate cases by this release, shared fairly among clients.

    They are started when the first case comes, and load the release then.

    :param size: how many workers one client may occupy.
    :raises StoreError: if this system cannot fork.
    """

    def __init__(self, *, size: int = 2, limits: Limits = VALIDATION_LIMITS) -> None:
        if not hasattr(os, "fork"):
            raise StoreError("workers need a Unix system; on Windows, use its Linux subsystem")
        self.limits = limits
        self._lane = _Lane(fork_server.VALIDATION, size=size, limits=limits)

    @property
    def workers(self) -> tuple[int, ...]:
        """The workers' process numbers."""
        return tuple(worker.pid for worker in self._lane.workers)

    async def stop(self) -> None:
        """Kill the workers."""
        await self._lane.stop()

    async def validate(
        self,
        data: bytes,
        *,
        media_type: str,
        source: str | None = None,
        strict: bool = False,
        client: str = "",
    ) -> bytes:
        """Validate a case; see :func:`kg.validation.validate_case`.

        :param client: who asks; clients share the workers fairly.
        :returns: the report, as :meth:`kg.report.Report.unpack` reads it.
        :raises InputError: if the text cannot be read.
        :raises LimitError: if it is stopped at a limit, or too many are waiting.
        """
        request = {"media_type": media_type, "source": source, "strict": strict}
        _, report = await self._lane.answer(request, data, client=client)
        return report


class _Lane:
    """Workers of one sort, and those who wait for them."""

    def __init__(self, source: Path, *, size: int, limits: Limits, network: bool = False) -> None:
        self.workers: set[_Worker] = set()
        self.waiting = 0
        self.replaced = 0
        self._size = size
        self._limits = limits
        #: what messages call the things that wait here
        self._what = "case" if source == fork_server.VALIDATION else "query"
        self._nursery = _Nursery(source, limits=limits, network=network)
        self._idle: list[_Worker] = []
        self._held: Counter[str] = Counter()
        self._queues: OrderedDict[str, deque[asyncio.Future[_Worker]]] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._started = False

    @property
    def running(self) -> int:
        return self._held.total()

    def start(self) -> None:
        if not self._started:
            self._started = True
            for _ in range(self._size + 1):
                self._add_soon()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in self.workers:
            worker.kill()
        self.workers.clear()
        # transports close at the loop's next turn
        await asyncio.sleep(0)
        self._nursery.stop()

    async def answer(
        self, request: dict[str, Any], data: bytes = b"", *, client: str
    ) -> tuple[dict[str, Any], bytes]:
        self.start()
        worker = await self._take(client)
        healthy = False
        try:
            answer = await worker.answer(request, data, what=self._what, limits=self._limits)
            healthy = True
            return answer
        except InputError:
            healthy = True
            raise
        except LimitError as error:
            healthy = error.limit in {"bytes", "rows", "network"}
            raise
        finally:
            # also when the client has gone away and this coroutine is cancelled in mid-query
            if not healthy:
                worker.kill()
            self._put_back(worker, client)

    async def _take(self, client: str) -> _Worker:
        queue = self._queues.setdefault(client, deque())
        turn: asyncio.Future[_Worker] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        self.waiting += 1
        self._serve()
        if turn.done():
            return turn.result()
        try:
            if self.waiting > self._limits.queue or len(queue) > max(1, self._limits.queue // 2):
                raise LimitError("too many are waiting; try again in a moment", limit="queue")
            async with asyncio.timeout(self._limits.waiting or self._limits.seconds):
                return await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                # it was this one's turn just when the time was over or who asked had gone
                self._put_back(turn.result(), client)
            if isinstance(error, TimeoutError):
                raise LimitError(
                    "every worker is busy with others; try again in a moment", limit="queue"
                ) from None
            raise
        finally:
            if not turn.done() or turn.cancelled():
                with contextlib.suppress(ValueError):
                    queue.remove(turn)
                    self.waiting -= 1
                if not queue and self._queues.get(client) is queue:
                    del self._queues[client]

    def _put_back(self, worker: _Worker, client: str) -> None:
        self._held[client] -= 1
        if not self._held[client]:
            del self._held[client]
        self._idle.append(worker)
        self._serve()

    def _serve(self) -> None:
        """Give workers to those who wait, as long as there are both."""
        for worker in [worker for worker in self._idle if worker.is_dead]:
            # killed for its query, or the system was short of memory
            self._idle.remove(worker)
            self._replace(worker)
        while self._queues and self._idle:
            client = min(self._queues, key=lambda name: self._held[name])
            if self._held[client] and len(self._idle) == 1:
                # the last one is kept for somebody who has none
                return
            queue = self._queues[client]
            turn = queue.popleft()
            self.waiting -= 1
            if queue:
                self._queues.move_to_end(client)
            else:
                del self._queues[client]
            if not turn.done():
                self._held[client] += 1
                turn.set_result(self._idle.pop())

    def _replace(self, worker: _Worker) -> None:
        self.workers.discard(worker)
        self.replaced += 1
        self._add_soon()

    def _add_soon(self) -> None:
        task = asyncio.ensure_future(self._add())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _add(self) -> None:
        while True:
            try:
                worker = await self._nursery.fork()
                break
            except OSError:
                # the system has no process to give; a pool that shrank would never grow again
                await asyncio.sleep(0.5)
        self.workers.add(worker)
        self._idle.append(worker)
        self._serve()


class _Nursery:
    """A fork server, started when it is needed and again if it has gone."""

    def __init__(self, source: Path, *, limits: Limits, network: bool) -> None:
        self._source = source
        self._limits = limits
        self._network = network
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._heard = b""
        self._exits: dict[int, asyncio.Future[int]] = {}
        self._has_forked = False

    async def fork(self) -> _Worker:
        """Give a new worker that has its release loaded; :raises OSError: if there is none."""
        control = self._control or self._start()
        ours, theirs = socket.socketpair()
        with theirs:
            ours.setblocking(False)
            socket.send_fds(control, [b"f"], [theirs.fileno()])
        loop = asyncio.get_running_loop()
        transport, worker = await loop.create_unix_connection(_Worker, sock=ours)
        try:
            await worker.ready
        except BaseException:
            transport.abort()
            raise
        self._has_forked = True
        worker.exit = self._exits.setdefault(worker.pid, loop.create_future())
        return worker

    def stop(self) -> None:
        if self._control:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None
        if self._process:
            try:
                # it ends by itself when it has buried its workers, unless it is still loading
                self._process.wait(timeout=1 if self._has_forked else 0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _start(self) -> socket.socket:
        self.stop()
        self._has_forked = False
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(  # noqa: S603
                fork_server.command(
                    number, self._source, limits=self._limits, network=self._network
                ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[number],
            )
        self._control = ours
        asyncio.get_running_loop().add_reader(ours.fileno(), self._hear)
        return ours

    def _hear(self) -> None:
        """Take note of workers that ended, or of the end of the fork server itself."""
        if self._control is None:
            return
        try:
            heard = self._control.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            heard = b""
        if not heard:
            self.stop()
            return
        *lines, self._heard = (self._heard + heard).split(b"\n")
        for line in lines:
            pid, code = map(int, line.split())
            exit_code = self._exits.pop(pid, None)
            if exit_code and not exit_code.done():
                exit_code.set_result(code)


class _Worker(asyncio.Protocol):
    """A worker as the server sees it: one request at a time goes out, one answer comes in."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.pid = 0
        self.is_dead = False
        self.ready: asyncio.Future[None] = loop.create_future()
        self.exit: asyncio.Future[int] = loop.create_future()
        self._transport: asyncio.WriteTransport | None = None
        self._heard = bytearray()
        self._reply: asyncio.Future[tuple[dict[str, Any], bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        # uvloop's transports are of no class of asyncio's
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        """Gather a frame; when it is whole, hand it over."""
        heard = self._heard
        heard += data
        start = fork_server.FRAME.size
        if len(heard) < start:
            return
        head_size, body_size = fork_server.FRAME.unpack_from(heard)
        end = start + head_size + body_size
        if len(heard) < end:
            return
        head = json.loads(heard[start : start + head_size])
        body = bytes(memoryview(heard)[start + head_size : end])
        self._heard = bytearray()
        if not self.ready.done():
            self.pid = head["pid"]
            self.ready.set_result(None)
        elif self._reply and not self._reply.done():
            self._reply.set_result((head, body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits that nothing will come."""
        self.is_dead = True
        for future in (self.ready, self._reply):
            if future and not future.done():
                future.set_exception(ConnectionResetError("the worker has gone"))
                # where nobody waits any more, at an end in mid-start, that is nothing to tell
                future.exception()

    async def answer(
        self, request: dict[str, Any], data: bytes, *, what: str, limits: Limits
    ) -> tuple[dict[str, Any], bytes]:
        """Put a request to the worker; gives head and body of the reply.

        :param what: what messages call it.
        :raises InputError: if it is malformed.
        :raises LimitError: if it is stopped at a limit.
        """
        if self._transport is None:
            raise StoreError("a worker without a channel")
        text = json.dumps(request).encode()
        self._reply = asyncio.get_running_loop().create_future()
        if self.is_dead:
            raise await self._explain_death(what, limits)
        self._transport.write(fork_server.FRAME.pack(len(text), len(data)) + text + data)
        try:
            async with asyncio.timeout(limits.seconds):
                head, body = await self._reply
        except TimeoutError:
            # killed here and not later, so that the deadline is one
            self.kill()
            raise LimitError(
                f"the {what} ran longer than {limits.seconds:g} s and was stopped", limit="time"
            ) from None
        except OSError:
            raise await self._explain_death(what, limits) from None
        match head.get("error"):
            case None:
                return head, body
            case "input":
                raise InputError(head["message"], line=head["line"], column=head["column"])
            case "too-large":
                raise TooLargeError(head["message"], line=head["line"], column=head["column"])
            case "failed":
                raise StoreError(f"the validator failed: {head['message']}")
            case "memory":
                raise _memory_error(what, limits)
        raise LimitError(head["message"], limit=head["error"])

    async def _explain_death(self, what: str, limits: Limits) -> LimitError:
        code = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                code = await asyncio.shield(self.exit)
        if code == -signal.SIGSEGV:
            # what has no brackets nests too: a row of operators, a chain of unions
            return LimitError(
                f"the {what} is nested deeper than the engine can carry out", limit="nesting"
            )
        return _memory_error(what, limits)

    def kill(self) -> None:
        self.is_dead = True
        if self.pid and not self.exit.done():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        if self._transport:
            self._transport.abort()


def _memory_error(what: str, limits: Limits) -> LimitError:
    return LimitError(
        f"the {what} took more memory than the {limits.memory // 2**20} MiB it may, "
        "and was stopped",
        limit="memory",
    )
