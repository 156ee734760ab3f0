"""The process from which workers are forked, and what a worker does: queries, or validation.

It loads a release once. Each worker is a fork of it, which shares the loaded release's memory and
is there within milliseconds, so that one that is killed leaves no gap. The process has one thread
and nothing open but the socket by which it is told to fork, so that forking is safe.
"""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kg.errors import InputError, StoreError, TooLargeError
from kg.query_guard import NO_SERVICE, Limits
from kg.store import OxigraphStore

__all__ = ["FRAME", "VALIDATION", "command", "run"]

#: What stands in place of a source where workers validate cases, by the release's own shapes.
VALIDATION = Path("validation")

#: Sizes of a frame's head, which is JSON, and of its body.
FRAME = struct.Struct(">II")

#: What a worker does with a request's head and body; gives head and body of the reply.
_Work = Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]


def command(control: int, source: Path, *, limits: Limits, network: bool) -> list[str]:
    """Give the command that runs a fork server.

    :param control: the descriptor of the socket on which it is told to fork.
    :param source: an N-Quads file, the folder of a store on disk, or :data:`VALIDATION`.
    :param network: whether its workers may call other hosts.
    """
    settings = json.dumps([control, str(source), asdict(limits), network])
    # -I keeps the current folder and the environment out of the module path
    code = f"import sys; sys.path[:] = {sys.path!r}; from kg.fork_server import run; run(sys.argv)"
    return [sys.executable, "-I", "-c", code, settings]


def run(arguments: list[str]) -> None:
    """Fork a worker whenever told to, until the control socket ends."""
    descriptor, source, limits, network = json.loads(arguments[1])
    bounds = Limits(**limits)
    learn = _learn_validation if Path(source) == VALIDATION else _learn_queries
    ready = learn(Path(source), bounds)
    control = socket.socket(fileno=descriptor)
    # an interrupt from the terminal reaches the whole group; it is for the server to end this
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: _report_deaths(control))
    gc.collect()
    gc.freeze()
    while True:
        try:
            told, descriptors, *_ = socket.recv_fds(control, 1, 1)
        except ConnectionError:
            # the server closed it with a report of ours unread, upon which a socket resets
            break
        if not told:
            break
        for channel in descriptors:
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                control.close()
                try:
                    _work(socket.socket(fileno=channel), ready(), limits=bounds, network=network)
                finally:
                    # without what the fork server would do at its end
                    os._exit(0)
            os.close(channel)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def _report_deaths(control: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        try:
            control.sendall(f"{pid} {os.waitstatus_to_exitcode(status)}\n".encode())
        except OSError:
            return


def _learn_queries(path: Path, limits: Limits) -> Callable[[], _Work]:
    """Load what workers that answer queries share; gives what each begins with."""
    # a store on disk has threads of its own, which a fork would not have
    shared = OxigraphStore.from_quads(path) if path.is_file() else None

    def begin() -> _Work:
        store = shared if shared is not None else OxigraphStore.open(path)
        return lambda request, _: _answer(store, request, limits)

    return begin


def _learn_validation(_: Path, limits: Limits) -> Callable[[], _Work]:
    """Load what workers that validate share; gives what each begins with."""
    from kg.validation import prepare_validation

    # whatever is loaded at a first use: a worker can open no file, and so can import nothing
    validator = prepare_validation()

    def work(request: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        try:
            reply = validator.validate(body, **request).pack()
        except InputError as error:
            kind = "too-large" if isinstance(error, TooLargeError) else "input"
            return {"error": kind, "message": error.message, **_place(error)}, b""
        except MemoryError:
            return {"error": "memory"}, b""
        except Exception as error:
            # the message may hold words of the case
            return {"error": "failed", "message": type(error).__name__}, b""
        if len(reply) > limits.body:
            message = f"the report has {len(reply)} bytes; {limits.body} are sent"
            return {"error": "bytes", "message": message}, b""
        return {}, reply

    return lambda: work


def _place(error: InputError) -> dict[str, Any]:
    return {"line": error.line, "column": error.column}


def _work(channel: socket.socket, work: _Work, *, limits: Limits, network: bool) -> None:
    """Answer the requests that come through a socket until it ends."""
    _confine(limits.memory, network=network)
    requests = channel.makefile("rb")
    _reply(channel, {"pid": os.getpid()}, b"")
    while size := requests.read(FRAME.size):
        head_size, body_size = FRAME.unpack(size)
        request, data = json.loads(requests.read(head_size)), requests.read(body_size)
        _die_after(math.ceil(limits.seconds) + 1)
        head, body = work(request, data)
        _die_after(0)
        _reply(channel, head, body)


def _answer(
    store: OxigraphStore, request: dict[str, Any], limits: Limits
) -> tuple[dict[str, Any], bytes]:
    try:
        answer = store.answer(**request)
    except InputError as error:
        return {"error": "input", "message": error.message, **_place(error)}, b""
    except StoreError as error:
        # the only thing that a read-only store can fail at is reaching out
        message = f"another host did not answer: {error}" if _may_call() else NO_SERVICE
        return {"error": "network", "message": message}, b""
    rows = _count_rows(answer.body, answer.media_type) if answer.form == "solutions" else None
    if len(answer.body) > limits.body:
        message = f"the answer has {len(answer.body)} bytes; {limits.body} are sent. Use LIMIT"
        return {"error": "bytes", "message": message}, b""
    if rows is not None and rows > limits.rows:
        message = f"the answer has {rows} rows; {limits.rows} are sent. Use LIMIT"
        return {"error": "rows", "message": message}, b""
    return {"form": answer.form, "media_type": answer.media_type, "rows": rows}, answer.body


def _count_rows(body: bytes, media_type: str) -> int:
    """Count an answer's rows by what stands between them.

    In JSON and CSV a value could hold that too, and is then counted; that is rare, and for limits
    and logs near enough.
    """
    if media_type.endswith("+xml"):
        return body.count(b"<result>")
    if media_type.endswith("+json"):
        return 0 if body.endswith(b'"bindings":[]}}') else body.count(b"},{") + 1
    return max(0, body.count(b"\n") - 1)


def _die_after(seconds: int) -> None:
    """Have the kernel end this process if the server that would do it is gone; 0 takes it back."""
    signal.alarm(seconds)


def _reply(channel: socket.socket, head: dict[str, Any], body: bytes) -> None:
    text = json.dumps(head).encode()
    channel.sendall(FRAME.pack(len(text), len(body)) + text + body)


def _may_call() -> bool:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 0


def _confine(memory: int, *, network: bool) -> None:
    """Take from this process the means to reach out or to grow without bound."""
    bound = _data_size() + memory
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not network:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _data_size() -> int:
    """Give the bytes of this process's data segment, which is what the kernel bounds."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmData:")[2].split()[0]) * 1024
    except (OSError, IndexError, ValueError):  # no Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
