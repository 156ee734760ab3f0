"""Processes that answer strangers' queries and can be killed.

A query from outside may run forever, eat all memory, crash the engine by its depth, or ask it to
call other hosts. None of that can be undone in the process that runs it. So it runs in a process of
its own, which is killed at a deadline, whose memory the kernel bounds, and which cannot open a
socket because, once its release is loaded, it may open no file descriptor at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import re
import signal
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from kg.errors import InputError, LimitError, StoreError, TooLargeError
from kg.model import Answer

__all__ = ["Limits", "WorkerPool"]

_SIZE = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a query may use.

    :param seconds: wall time from its start.
    :param memory: bytes of a worker's data segment beyond what its release takes.
    :param body: bytes of a written answer.
    :param length: characters of a query.
    :param nesting: depth of brackets in a query.
    :param queue: queries that may wait for a worker, each as long as one may run.
    """

    seconds: float = 10.0
    memory: int = 512 * 1024 * 1024
    body: int = 64 * 1024 * 1024
    length: int = 100_000
    nesting: int = 100
    queue: int = 64


class WorkerPool:
    """Some workers on one release.

    :param folder: the release.
    :param size: how many workers.
    """

    def __init__(self, folder: Path, *, size: int = 2, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._folder = folder
        self._size = size
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self._started = False
        self._waiting = 0
        self._workers: set[_Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Start the workers; they load their release while the caller goes on."""
        if not self._started:
            self._started = True
            for _ in range(self._size):
                await self._add()

    async def stop(self) -> None:
        """Kill the workers."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(worker.kill() for worker in self._workers))
        self._workers.clear()

    async def answer(
        self,
        query: str,
        *,
        results: str,
        graph: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> Answer:
        """Answer a query; see :meth:`kg.store.Store.answer`.

        :raises InputError: if it is malformed.
        :raises LimitError: if it is stopped at a limit, or too many are waiting.
        """
        check_shape(query, limits=self.limits)
        await self.start()
        if self._waiting >= self.limits.queue:
            raise LimitError("too many queries are waiting; try again in a moment", limit="queue")
        self._waiting += 1
        try:
            async with asyncio.timeout(self.limits.seconds):
                worker = await self._take()
        except TimeoutError:
            raise LimitError(
                "every worker is busy with other queries; try again in a moment", limit="queue"
            ) from None
        finally:
            self._waiting -= 1
        request = {
            "query": query,
            "results": results,
            "graph": graph,
            "default_graphs": list(default_graphs),
            "named_graphs": list(named_graphs),
        }
        healthy = False
        try:
            answer = await worker.answer(request, limits=self.limits)
            healthy = True
            return answer
        except InputError:
            healthy = True
            raise
        except LimitError as error:
            healthy = error.limit in {"bytes", "network"}
            raise
        finally:
            # also when the client has gone away and this coroutine is cancelled in mid-query
            if healthy:
                self._idle.put_nowait(worker)
            else:
                self._replace(worker)

    async def _take(self) -> _Worker:
        while True:
            worker = await self._idle.get()
            if not worker.is_dead:
                return worker
            # not by a query: the system may have been short of memory
            self._replace(worker)

    async def _add(self) -> None:
        worker = await _Worker.start(self._folder, limits=self.limits)
        self._workers.add(worker)
        self._idle.put_nowait(worker)

    def _replace(self, worker: _Worker) -> None:
        """Put another in a worker's place, without waiting for it."""
        task = asyncio.ensure_future(self._kill_and_add(worker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _kill_and_add(self, worker: _Worker) -> None:
        await worker.kill()
        self._workers.discard(worker)
        while True:
            try:
                return await self._add()
            except OSError:
                # the system has no process to give; a pool that shrank would never grow again
                await asyncio.sleep(1)


class _Worker:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, folder: Path, *, limits: Limits) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-c",
            # -I keeps the current folder and the environment out of the module path
            f"import sys; sys.path[:] = {sys.path!r}; from kg.workers import work; "
            f"work({str(folder)!r}, {limits.memory!r}, {limits.body!r}, {limits.seconds!r})",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return cls(process)

    @property
    def is_dead(self) -> bool:
        return self._process.returncode is not None

    async def answer(self, request: dict[str, Any], *, limits: Limits) -> Answer:
        try:
            head, body = await asyncio.wait_for(self._exchange(request), limits.seconds)
        except TimeoutError:
            # killed here and not later, so that the deadline is one
            await self.kill()
            raise LimitError(
                f"the query ran longer than {limits.seconds:g} s and was stopped", limit="time"
            ) from None
        except (OSError, asyncio.IncompleteReadError):
            raise await self._explain_death(limits) from None
        match head.get("error"):
            case None:
                return Answer(head["form"], head["media_type"], body)
            case "input":
                raise InputError(head["message"], line=head["line"], column=head["column"])
            case "bytes":
                raise LimitError(head["message"], limit="bytes")
            case "network":
                raise LimitError(head["message"], limit="network")
        raise StoreError(head["message"])

    async def _explain_death(self, limits: Limits) -> LimitError:
        with contextlib.suppress(TimeoutError):
            # it is dying, and killing it now could hide of what
            async with asyncio.timeout(1):
                await self._process.wait()
        if self._process.returncode == -signal.SIGSEGV:
            # what has no brackets nests too: a row of operators, a chain of unions
            return LimitError(
                "the query is nested deeper than the engine can carry out", limit="nesting"
            )
        return LimitError(
            f"the query took more memory than the {limits.memory // 2**20} MiB it may, "
            "and was stopped",
            limit="memory",
        )

    async def _exchange(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise StoreError("a worker without pipes")
        text = json.dumps(request).encode()
        stdin.write(_SIZE.pack(len(text)) + text)
        await stdin.drain()
        head = await stdout.readexactly(_SIZE.unpack(await stdout.readexactly(4))[0])
        body = await stdout.readexactly(_SIZE.unpack(await stdout.readexactly(4))[0])
        return json.loads(head), body

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


#: What matters of SPARQL's tokens here; what may hold brackets or words and mean none comes first.
#: A string that is not closed reaches as far as it can, and nothing is tried twice: this runs in
#: the server's own process, and its time has to be linear.
_TOKEN = re.compile(
    r"""
    (?P<skip>
        \#[^\n\r]*
      | <[^<>"{}|^`\\\s]*>
      | \"""(?:[^"\\]|\\.|"(?!""))*+(?:\""")?
      | '''(?:[^'\\]|\\.|'(?!''))*+(?:''')?
      | "(?:[^"\\\n]|\\.)*+"?
      | '(?:[^'\\\n]|\\.)*+'?
      | [?$]\w+
      | (?:\w[\w.-]{0,63})?:[\w.%-]*
    )
    | (?P<open> [(\[{] )
    | (?P<close> [)\]}] )
    | (?P<word> \w+ )
    """,
    re.VERBOSE | re.DOTALL,
)


def check_shape(query: str, *, limits: Limits) -> None:
    """Refuse a query that is too long, nested too deep for the engine, or calls other hosts.

    The worker could not call another host anyhow; this says so before it fails at it.

    :raises InputError: if there is none.
    :raises TooLargeError: naming the bound.
    :raises LimitError: if the query uses SERVICE.
    """
    if not query.strip():
        raise InputError("the query is empty", line=1, column=1)
    if len(query) > limits.length:
        raise TooLargeError(f"the query has {len(query)} characters; {limits.length} are accepted")
    depth = 0
    for token in _TOKEN.finditer(query):
        if token["open"]:
            depth += 1
            if depth > limits.nesting:
                before = query[: token.start()]
                raise TooLargeError(
                    f"the query is nested deeper than {limits.nesting} brackets",
                    line=before.count("\n") + 1,
                    column=token.start() - before.rfind("\n"),
                )
        elif token["close"]:
            depth = max(0, depth - 1)
        elif token["word"] and token["word"].upper() == "SERVICE":
            raise LimitError(_NO_SERVICE, limit="network")


_NO_SERVICE = "the query asks another host (SERVICE); this endpoint calls none"


def work(folder: str, memory: int, largest: int, seconds: float) -> None:
    """Answer requests on standard input until it ends: the body of a worker process."""
    from kg.store import OxigraphStore

    store = OxigraphStore.from_quads(Path(folder) / "release.nq")
    _confine(memory)
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    while size := requests.read(4):
        request = json.loads(requests.read(_SIZE.unpack(size)[0]))
        head: dict[str, Any]
        body = b""
        _die_after(math.ceil(seconds) + 1)
        try:
            answer = store.answer(**request)
            head = {"form": answer.form, "media_type": answer.media_type}
            body = answer.body
            if len(body) > largest:
                message = f"the answer has {len(body)} bytes; {largest} are sent. Use LIMIT"
                head, body = {"error": "bytes", "message": message}, b""
        except InputError as error:
            head = {
                "error": "input",
                "message": error.message,
                "line": error.line,
                "column": error.column,
            }
        except StoreError:
            # the only thing that a read-only store in memory can fail at is reaching out
            head = {"error": "network", "message": _NO_SERVICE}
        _die_after(0)
        _reply(replies, json.dumps(head).encode(), body)


def _die_after(seconds: int) -> None:
    """Have the kernel end this process if the server that would do it is gone; 0 takes it back."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _reply(replies: BinaryIO, head: bytes, body: bytes) -> None:
    replies.write(_SIZE.pack(len(head)) + head + _SIZE.pack(len(body)) + body)
    replies.flush()


def _confine(memory: int) -> None:
    """Take from this process the means to reach out or to grow without bound (Unix only)."""
    try:
        import resource
    except ImportError:  # Windows
        return
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (used + memory, used + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
