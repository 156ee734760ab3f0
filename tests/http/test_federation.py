"""SERVICE against a live endpoint on this machine: only where the operator named its host."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from api.app import create_endpoint
from api.settings import Settings
from kg.query_guard import Limits
from kg.release import Release

FOUND = {
    "head": {"vars": ["x"]},
    "results": {"bindings": [{"x": {"type": "literal", "value": "from elsewhere"}}]},
}


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """Host with port, and what was asked there."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        server: ThreadingHTTPServer

        def answer(self) -> None:
            asked.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())
            if self.path.startswith("/leads-on"):
                self.send_response(int(self.path[-3:]))
                self.send_header("Location", f"http://127.0.0.2:{self.server.server_port}/sparql")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = json.dumps(FOUND).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/sparql-results+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = answer  # noqa: N815
        do_POST = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    other = ThreadingHTTPServer(("127.0.0.2", server.server_port), Handler)
    for each in (server, other):
        threading.Thread(target=each.serve_forever, args=(0.01,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", asked
    for each in (server, other):
        each.shutdown()
        each.server_close()


def ask(release: Release, queries: list[str], *, allowed: frozenset[str]) -> list[httpx.Response]:
    settings = Settings(
        release=release.folder, workers=1, limits=Limits(seconds=20), services=allowed
    )
    app = create_endpoint(release.store, settings)

    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://x", timeout=30) as client,
        ):
            return [await client.get("/", params={"query": query}) for query in queries]

    return asyncio.run(run())


def test_a_host_that_is_allowed_is_asked_and_joined(
    release: Release, elsewhere: tuple[str, list[str]]
) -> None:
    host, asked = elsewhere
    query = f"""PREFIX concept: <https://w3id.org/alliance-atlas/concept/>
        SELECT ?x ?p {{ SERVICE <http://{host}/sparql> {{ ?s <urn:p> ?x }}
        concept:world ?p ?o }} LIMIT 1"""
    (answer,) = ask(release, [query], allowed=frozenset({host}))
    assert answer.status_code == 200, answer.text
    row = answer.json()["results"]["bindings"][0]
    assert row["x"]["value"] == "from elsewhere"
    assert "p" in row
    assert len(asked) == 1
    assert "urn:p" in asked[0]


def test_no_other_host_is_asked(release: Release, elsewhere: tuple[str, list[str]]) -> None:
    host, asked = elsewhere
    service = f"SERVICE <http://{host}/sparql> {{ ?s ?p ?x }}"
    queries = [f"SELECT ?x {{ {service} }}", f"SELECT ?x {{ SERVICE SILENT {service[8:]} }}"]
    for allowed in (frozenset[str](), frozenset({"127.0.0.1:1"}), frozenset({"127.0.0.1"})):
        for answer in ask(release, queries, allowed=allowed):
            assert answer.status_code == 400
            assert answer.json()["limit"] == "network"
    assert asked == []


def test_who_is_led_on_to_another_host_does_not_follow(
    release: Release, elsewhere: tuple[str, list[str]]
) -> None:
    host, asked = elsewhere
    codes = (301, 302, 303, 307, 308)
    queries = [
        f"SELECT ?x {{ SERVICE <http://{host}/leads-on/{code}> {{ ?s ?p ?x }} }}" for code in codes
    ]
    for answer in ask(release, queries, allowed=frozenset({host})):
        assert answer.json()["limit"] == "network"
    assert len(asked) == len(codes), "each was asked once, and nobody else"
