"""What all answers have in common, and the short way to those that are asked for most."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = [
    "REPEATED",
    "DirectMiddleware",
    "HeadMiddleware",
    "KeepingMiddleware",
    "PolicyMiddleware",
]

#: Where in a scope the inside may put what is to be called when its answer is given again.
REPEATED = "alliance.repeated"

#: Pages bring one stylesheet and one icon and run nothing.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
#: The one page that runs something: our own script, which asks this server. Its styles need no
#: exception, for the editor has them in a shadow root.
_SCRIPTED = {"/sparql": f"{_POLICY}; script-src 'self'; connect-src 'self'"}


class HeadMiddleware:
    """Answers HEAD as GET would, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, send_head)


class PolicyMiddleware:
    """Adds the security headers, a policy for content only where the answer brings none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), *_ALWAYS]
                if not any(name == b"content-security-policy" for name, _ in headers):
                    policy = _SCRIPTED.get(scope["path"], _POLICY)
                    headers.append((b"content-security-policy", policy.encode()))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_policy)


_ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))


class DirectMiddleware:
    """Takes requests for one address straight to an application, past the framework's routing.

    :param path: the address.
    :param target: what answers there.
    """

    def __init__(self, app: ASGIApp, *, path: str, target: ASGIApp) -> None:
        self._app = app
        self._path = path
        self._target = target

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        direct = (
            scope["type"] == "http"
            and scope["path"].removeprefix(scope.get("root_path", "")) == self._path
        )
        await (self._target if direct else self._app)(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Kept:
    start: Message
    body: bytes
    etag: bytes
    repeated: tuple[Callable[[], None], ...]

    @property
    def size(self) -> int:
        return len(self.body) + 2000


class KeepingMiddleware:
    """Keeps whole answers and gives them again to the same request.

    A release never changes, so whatever has an ETag and may be cached by anybody stays right as
    long as the server runs. What nobody asks for goes first.

    :param room: how many bytes are kept.
    """

    def __init__(self, app: ASGIApp, *, room: int = 32 * 1024 * 1024) -> None:
        self._app = app
        self._room = room
        self._used = 0
        self._kept: OrderedDict[tuple[bytes | str, ...], _Kept] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        key = (
            scope["path"],
            scope["query_string"],
            headers.get(b"accept", b""),
            headers.get(b"accept-encoding", b""),
            # the answer may name the address at which it was had
            headers.get(b"host", b""),
            scope["scheme"],
            b"origin" if b"origin" in headers else b"",
        )
        kept = self._kept.get(key)
        if kept is None:
            await self._answer(scope, receive, send, key=key)
            return
        self._kept.move_to_end(key)
        for repeated in kept.repeated:
            repeated()
        known = headers.get(b"if-none-match", b"")
        if known and {tag.strip().removeprefix(b"W/") for tag in known.split(b",")} & {
            kept.etag,
            b"*",
        }:
            left = [item for item in kept.start["headers"] if not item[0].startswith(b"content-")]
            await send({**kept.start, "status": 304, "headers": left})
            await send({"type": "http.response.body"})
            return
        await send(kept.start)
        await send({"type": "http.response.body", "body": kept.body})

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, *, key: tuple[bytes | str, ...]
    ) -> None:
        repeated: list[Callable[[], None]] = []
        start: Message = {}

        async def send_and_keep(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            elif start and not message.get("more_body"):
                self._keep(key, start, message.get("body", b""), tuple(repeated))
            else:
                # sent in parts, and too large to be kept
                start = {}
            await send(message)

        await self._app({**scope, REPEATED: repeated}, receive, send_and_keep)

    def _keep(
        self,
        key: tuple[bytes | str, ...],
        start: Message,
        body: bytes,
        repeated: tuple[Callable[[], None], ...],
    ) -> None:
        headers = dict(start["headers"])
        etag = headers.get(b"etag")
        public = headers.get(b"cache-control", b"").startswith(b"public")
        if start["status"] != 200 or not etag or not public:
            return
        kept = _Kept(start, body, etag, repeated)
        if kept.size > self._room // 8 or key in self._kept:
            return
        self._kept[key] = kept
        self._used += kept.size
        while self._used > self._room:
            self._used -= self._kept.popitem(last=False)[1].size
