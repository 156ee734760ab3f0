"""An engine elsewhere that is away, refuses, is slow, or sends nonsense."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from kg.dialogue import EVERYTHING
from kg.errors import AtlasError, InputError, LimitError, StoreError
from kg.model import Answer
from kg.query_guard import Limits
from kg.remote import RemotePool, RemoteStore

JSON = "application/sparql-results+json"
EMPTY = b'{"head":{"vars":["s"]},"results":{"bindings":[]}}'
SELECT = "SELECT ?s WHERE { ?s ?p ?o }"
GRAPHS = ("http://x/one", "http://x/two")


@dataclass
class Engine:
    """Says whatever a test wants it to say."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": JSON})
    body: bytes = EMPTY
    length: int | None = None
    wait: float = 0
    drip: float = 0
    url: str = ""
    asked: list[tuple[dict[str, list[str]], dict[str, str]]] = field(default_factory=list)
    connections: int = 0


@pytest.fixture
def engine() -> Iterator[Engine]:
    told = Engine()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            told.connections += 1
            super().setup()

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told.asked.append((parse_qs(sent), dict(self.headers)))
            time.sleep(told.wait)
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            length = len(told.body) if told.length is None else told.length
            self.send_header("Content-Length", str(length))
            self.end_headers()
            with contextlib.suppress(OSError):
                if told.drip:
                    for byte in told.body:
                        self.wfile.write(bytes([byte]))
                        time.sleep(told.drip)
                else:
                    self.wfile.write(told.body)
            self.close_connection = told.length is not None

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_port}/sparql"
    yield told
    server.shutdown()
    server.server_close()


def by_store(engine: Engine, limits: Limits) -> int:
    store = RemoteStore(engine.url, graphs=GRAPHS, limits=limits)
    try:
        return len(store.select(SELECT))
    finally:
        store.close()


def pooled(engine: Engine, limits: Limits, put: Callable[[RemotePool], Awaitable[int]]) -> int:
    async def run() -> int:
        pool = RemotePool(RemoteStore(engine.url, graphs=GRAPHS, limits=limits))
        try:
            return await put(pool)
        finally:
            assert pool.running == pool.waiting == 0
            await pool.stop()

    return asyncio.run(run())


def by_pool(engine: Engine, limits: Limits) -> int:
    async def put(pool: RemotePool) -> int:
        return (await pool.answer(SELECT, results=JSON, graph="text/turtle")).rows or 0

    return pooled(engine, limits, put)


def by_stream(engine: Engine, limits: Limits) -> int:
    async def put(pool: RemotePool) -> int:
        found = await pool.stream(SELECT, results=JSON, graph="text/turtle")
        assert (found.form, found.media_type) == ("solutions", JSON)
        if isinstance(found, Answer):
            return found.rows or 0
        async with contextlib.aclosing(found.chunks) as chunks:
            return sum([len(chunk) async for chunk in chunks])

    return pooled(engine, limits, put)


WAYS = [by_store, by_pool, by_stream]
Way = Callable[[Engine, Limits], int]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (400, InputError, "not SPARQL"),
        (401, StoreError, "ALLIANCE_STORE_USER"),
        (403, StoreError, "ALLIANCE_STORE_TOKEN"),
        (404, StoreError, "no SPARQL endpoint"),
        (302, StoreError, "sends on to http://evil.example/"),
        (500, StoreError, "HTTP 500"),
        (503, LimitError, "too much to do"),
        (504, LimitError, "stopped"),
    ],
)
def test_a_refusal_is_said_plainly(
    engine: Engine, way: Way, status: int, error: type[AtlasError], says: str
) -> None:
    engine.status, engine.body = status, b"<html>\x00\x1b[31m" + b"no " * 5000
    engine.headers = {"Content-Type": "text/html", "Location": "http://evil.example/"}
    with pytest.raises(error, match=says) as caught:
        way(engine, Limits(seconds=5))
    assert len(engine.asked) == 1
    assert len(str(caught.value)) < 500
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("way", WAYS)
def test_an_engine_that_is_away(engine: Engine, way: Way) -> None:
    engine.url = "http://127.0.0.1:1/sparql"
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:1/sparql cannot be reached"):
        way(engine, Limits(seconds=5))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/html", b"<p>Welcome"),
        (JSON, b"{}"),
        (JSON, b"[" * 100_000),
        (JSON, b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":'),
        (JSON, b'{"head":{},"boolean":true}'),
        (JSON, b""),
        ("application/sparql-results+xml", b"<sparql>"),
        ("application/sparql-results+xml", b"\xff\xfe"),
        ("", b"s\r\n"),
    ],
)
def test_nonsense_is_no_answer(engine: Engine, way: Way, media_type: str, body: bytes) -> None:
    engine.headers, engine.body = {"Content-Type": media_type}, body
    with pytest.raises(StoreError, match="no SPARQL answer"):
        way(engine, Limits(seconds=5))


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_that_breaks_off_is_none(engine: Engine, way: Way) -> None:
    engine.length = len(EMPTY) + 100
    with pytest.raises(StoreError):
        way(engine, Limits(seconds=5))


@pytest.mark.parametrize("way", WAYS)
def test_a_slow_engine_is_given_up(engine: Engine, way: Way) -> None:
    engine.wait = 3
    start = time.monotonic()
    with pytest.raises(LimitError) as caught:
        way(engine, Limits(seconds=0.3))
    assert caught.value.limit == "time"
    assert time.monotonic() - start < 1.5


@pytest.mark.parametrize("way", WAYS)
def test_an_engine_that_drips_is_given_up(engine: Engine, way: Way) -> None:
    engine.drip = 0.05
    start = time.monotonic()
    with pytest.raises(LimitError) as caught:
        way(engine, Limits(seconds=0.3))
    assert caught.value.limit == "time"
    assert time.monotonic() - start < 1.5


@pytest.mark.parametrize("way", WAYS)
def test_a_large_answer_is_not_taken_in(engine: Engine, way: Way) -> None:
    engine.body = EMPTY + b" " * 3_000_000
    with pytest.raises(LimitError) as caught:
        way(engine, Limits(seconds=5, body=1_000_000))
    assert caught.value.limit == "bytes"


def test_too_many_rows_are_not_handed_on(engine: Engine) -> None:
    row = '{"s":{"type":"uri","value":"http://x/a"}}'
    engine.body = f'{{"head":{{"vars":["s"]}},"results":{{"bindings":[{row},{row}]}}}}'.encode()
    assert by_pool(engine, Limits(seconds=5)) == 2
    with pytest.raises(LimitError, match="2 rows; 1 are sent"):
        by_pool(engine, Limits(seconds=5, rows=1))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("header", [{"X-SQL-State": "S1TAT"}, {"X-SPARQL-MaxRows": "10000"}])
def test_a_part_is_not_passed_off_as_the_whole(
    engine: Engine, way: Way, header: dict[str, str]
) -> None:
    engine.headers = {"Content-Type": JSON, "Server": "Virtuoso/07", **header}
    with pytest.raises(LimitError):
        way(engine, Limits(seconds=5))


def test_the_dataset_goes_with_the_query_unless_it_has_its_own(engine: Engine) -> None:
    store = RemoteStore(engine.url, graphs=GRAPHS)
    store.select(SELECT)
    store.select(SELECT.replace("WHERE", "FROM <http://x/one> WHERE"))
    store.answer(SELECT, results=JSON, graph="text/turtle", default_graphs=["http://x/two"])
    (first, _), (second, _), (third, _) = engine.asked
    assert first["default-graph-uri"] == [EVERYTHING]
    assert first["named-graph-uri"] == list(GRAPHS)
    assert not {"default-graph-uri", "named-graph-uri"} & second.keys()
    assert third["default-graph-uri"] == ["http://x/two"]
    assert engine.connections == 1
    store.close()


@pytest.mark.parametrize(
    ("environment", "header"),
    [
        ({}, None),
        (
            {"ALLIANCE_STORE_USER": "a", "ALLIANCE_STORE_PASSWORD": "é:"},
            "Basic YTrDqTo=",
        ),
        ({"ALLIANCE_STORE_TOKEN": "t0k"}, "Bearer t0k"),
    ],
)
def test_credentials_are_sent(
    engine: Engine, environment: dict[str, str], header: str | None
) -> None:
    store = RemoteStore(engine.url, environment=environment)
    store.select(SELECT)
    assert engine.asked[0][1].get("Authorization") == header
    store.close()


@pytest.mark.parametrize(
    ("url", "environment"),
    [
        ("http://user:secret@host/sparql", {}),
        ("http:///sparql", {}),
        ("http://host:99999/sparql", {}),
        ("http://host/a b", {}),
        ("ftp://host/", {}),
        ("http://h/", {"ALLIANCE_STORE_TOKEN": "a\r\nX-Evil: b"}),
        ("http://h/", {"ALLIANCE_STORE_TOKEN": "a", "ALLIANCE_STORE_USER": "b"}),
    ],
)
def test_what_cannot_be_used_is_refused_at_once(url: str, environment: dict[str, str]) -> None:
    with pytest.raises(InputError):
        RemoteStore(url, environment=environment)


def test_a_connection_that_the_engine_closed_is_made_anew(engine: Engine) -> None:
    store = RemoteStore(engine.url)
    engine.headers = {"Content-Type": JSON, "Connection": "close"}
    for _ in range(3):
        assert store.select(SELECT).rows == ()
    assert engine.connections == 3
    store.close()


@pytest.mark.parametrize(
    "query",
    [
        "DROP ALL",
        "SELECT * { SERVICE <http://x/> { ?s ?p ?o } }",
        "SELECT * FROM <http://x/other> { ?s ?p ?o }",
        "DEFINE get:soft 'soft' SELECT * {}",
    ],
)
def test_what_may_not_be_asked_does_not_reach_the_engine(engine: Engine, query: str) -> None:
    async def put(pool: RemotePool) -> int:
        await pool.answer(query, results=JSON, graph="text/turtle")
        return 0

    with pytest.raises((InputError, LimitError)):
        pooled(engine, Limits(seconds=5), put)
    assert not engine.asked


def test_one_client_leaves_connections_to_others(engine: Engine) -> None:
    engine.wait = 0.2

    async def put(pool: RemotePool) -> int:
        def ask(client: str) -> Awaitable[Answer]:
            return pool.answer(SELECT, results=JSON, graph="text/turtle", client=client)

        greedy = [asyncio.ensure_future(ask("greedy")) for _ in range(12)]
        await asyncio.sleep(0.05)
        assert pool.running == 8
        await ask("modest")
        # who came later did not wait for all who came before
        assert not all(asking.done() for asking in greedy)
        await asyncio.gather(*greedy)
        return 0

    pooled(engine, Limits(seconds=5), put)


def test_a_query_whose_asker_is_gone_is_broken_off(engine: Engine) -> None:
    engine.wait = 2

    async def put(pool: RemotePool) -> int:
        asking = asyncio.ensure_future(pool.answer(SELECT, results=JSON, graph="text/turtle"))
        await asyncio.sleep(0.1)
        assert pool.running == 1
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        return 0

    start = time.monotonic()
    pooled(engine, Limits(seconds=5), put)
    assert time.monotonic() - start < 1
