"""With the graph on an engine elsewhere a long answer is passed on as it comes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import uvicorn

from api.app import create_endpoint
from api.settings import Settings
from kg.model import Solutions
from kg.query_guard import Limits
from kg.release import Release
from kg.remote import RemoteStore

JSON = "application/sparql-results+json"
ROW = '{"x":{"type":"literal","value":"%s"}}' % ("x" * 1000)
ROWS = 3000
WHOLE = f'{{"head":{{"vars":["x"]}},"results":{{"bindings":[{",".join([ROW] * ROWS)}]}}}}'.encode()


@dataclass
class Engine:
    """Sends a long answer in two parts, and waits in between until it is told to go on."""

    url: str = ""
    body: bytes = WHOLE
    breaks_off: bool = False
    framed: bool = True
    at_once: int = 2**20

    def __post_init__(self) -> None:
        self.go_on = threading.Event()
        self.left = threading.Event()


@pytest.fixture
def engine() -> Iterator[Engine]:
    told = Engine()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", JSON)
            if told.framed:
                self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.close_connection = True
            try:
                self.wfile.write(told.body[: told.at_once])
                self.wfile.flush()
                told.go_on.wait(10)
                rest = told.body[told.at_once :]
                for start in range(0, 0 if told.breaks_off else len(rest), 65536):
                    self.wfile.write(rest[start : start + 65536])
            except OSError:
                told.left.set()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_port}/sparql"
    yield told
    told.go_on.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(engine: Engine, release: Release) -> Iterator[httpx.Client]:
    class Store(RemoteStore):
        """Describes itself from a release; only queries from outside go to the engine."""

        def select(self, query: str, **_: object) -> Solutions:  # type: ignore[override]
            return release.store.select(query)

    store = Store(engine.url, limits=Limits(seconds=5, body=8 * 2**20))
    app = create_endpoint(store, Settings(release=release.folder))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as found:
        yield found
    server.should_exit = True
    thread.join(timeout=10)
    store.close()


QUERY = {"query": "SELECT ?x { ?s ?p ?x }", "format": "json"}


def test_the_first_part_is_here_before_the_last_is_made(
    engine: Engine, client: httpx.Client
) -> None:
    with client.stream("GET", "/", params=QUERY) as answer:
        parts = answer.iter_raw()
        first = next(parts)
        assert not engine.go_on.is_set()
        engine.go_on.set()
        body = first + b"".join(parts)
    assert answer.headers["content-type"] == JSON
    assert "etag" in answer.headers
    assert body == WHOLE
    assert len(json.loads(body)["results"]["bindings"]) == ROWS


def test_what_breaks_off_does_not_look_whole(engine: Engine, client: httpx.Client) -> None:
    engine.breaks_off = True
    engine.go_on.set()
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/", params=QUERY)


def test_what_does_not_tell_its_end_is_waited_for(engine: Engine, client: httpx.Client) -> None:
    engine.framed, engine.breaks_off = False, True
    engine.go_on.set()
    answer = client.get("/", params=QUERY)
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("application/problem+json")
    engine.breaks_off = False
    assert client.get("/", params=QUERY).content.count(b"literal") == ROWS


def test_more_than_is_allowed_breaks_off(engine: Engine, client: httpx.Client) -> None:
    engine.body = WHOLE * 3
    engine.go_on.set()
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/", params=QUERY)


def test_who_goes_away_stops_the_engine(engine: Engine, client: httpx.Client) -> None:
    with client.stream("GET", "/", params=QUERY) as answer:
        next(answer.iter_raw())
    time.sleep(0.2)
    engine.body += b" " * 2**24
    engine.go_on.set()
    assert engine.left.wait(5)


def test_a_short_answer_is_whole_and_kept(engine: Engine, client: httpx.Client) -> None:
    engine.body = b'{"head":{"vars":["x"]},"results":{"bindings":[]}}'
    engine.go_on.set()
    first = client.get("/", params=QUERY)
    assert "content-length" in first.headers
    engine.body = b"nonsense"
    assert client.get("/", params=QUERY).content == first.content
