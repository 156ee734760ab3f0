"""What operators and many clients see of the endpoint: kept answers, compression, metrics."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import re
import socket
import time

import brotli
import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from api.app import create_endpoint
from api.settings import Settings
from api.telemetry import LOGGER
from kg.errors import InputError
from kg.query_guard import Limits
from kg.release import Release

MANY = "SELECT ?s WHERE { ?s a <https://w3id.org/alliance-atlas/ontology/Claim> } ORDER BY ?s"
RUNAWAY = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


def metric(client: httpx.Client, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_the_same_query_is_answered_once(client: httpx.Client) -> None:
    cached = 'alliance_queries_total{outcome="cached"}'
    query = MANY + " # once"
    first = client.post("/sparql", data={"query": query})
    before = metric(client, cached)
    again = client.get("/sparql", params={"query": query})
    assert again.content == first.content
    assert metric(client, cached) == before + 1
    table = client.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"})
    assert table.headers["content-type"].startswith("text/csv")
    assert metric(client, cached) == before + 1, "another media type is another answer"


def test_what_changes_each_time_is_not_kept(client: httpx.Client) -> None:
    params = {"query": "SELECT (STRUUID() AS ?x) {}", "format": "csv"}
    one, two = (client.get("/sparql", params=params) for _ in range(2))
    assert one.text != two.text
    assert one.headers["cache-control"] == "no-store"
    assert "etag" not in one.headers


@pytest.mark.parametrize("path", ["/sparql", "/concept/magical-alliance"])
@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("br, gzip", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.1", "gzip"), ("identity", None)],
)
def test_answers_are_compressed_as_the_client_accepts(
    client: httpx.Client, path: str, accepted: str, coding: str | None
) -> None:
    params = {"query": MANY} if path == "/sparql" else {}
    headers = {"Accept-Encoding": accepted, "Accept": "*/*"}
    plain = client.get(path, params=params, headers={**headers, "Accept-Encoding": "identity"})
    with client.stream("GET", path, params=params, headers=headers) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == coding
    assert "Accept-Encoding" in answer.headers["vary"]
    read = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert read(raw) == plain.content
    assert (len(raw) < len(plain.content) / 2) == (coding is not None)
    assert (answer.headers["etag"] == plain.headers["etag"]) == (coding is None)
    known = client.get(
        path, params=params, headers={**headers, "If-None-Match": answer.headers["etag"]}
    )
    assert known.status_code == 304
    assert known.headers["etag"] == answer.headers["etag"]


def test_each_query_leaves_one_line_without_its_text(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    LOGGER.setLevel(logging.INFO)
    with caplog.at_level(logging.INFO, logger=LOGGER.name):
        client.get("/sparql", params={"query": "SELECT ('secret' AS ?x) {}"})
        client.get("/sparql", params={"query": "SELECT nonsense"})
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert [line["outcome"] for line in lines] == ["answered", "input"]
    assert lines[0]["rows"] == 1
    assert lines[0]["bytes"] > 10
    assert lines[0]["seconds"] > 0
    assert re.fullmatch("[0-9a-f]{16}", lines[0]["query"])
    assert "secret" not in caplog.text


def test_metrics_are_in_prometheus_format(client: httpx.Client) -> None:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert metric(client, "alliance_workers") >= 1
    assert metric(client, "alliance_query_seconds_count") > 0
    for line in answer.text.splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) \S+ .+|\S+(?:\{.*\})? \S+", line), line


def test_a_query_whose_client_has_gone_is_stopped(client: httpx.Client, address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    abandoned = 'alliance_queries_total{outcome="abandoned"}'
    before = metric(client, abandoned)
    with socket.create_connection((host, int(port))) as connection:
        query = httpx.QueryParams({"query": RUNAWAY})
        connection.sendall(f"GET /sparql?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        time.sleep(0.3)
    deadline = time.monotonic() + 1
    while metric(client, abandoned) == before:
        assert time.monotonic() < deadline, "it goes on"
        time.sleep(0.05)
    assert metric(client, "alliance_queries_running") == 0


def test_the_description_names_the_limits(client: httpx.Client) -> None:
    text = client.get("/sparql", headers={"Accept": "text/turtle"}).text
    assert "longest time of a query" in text
    assert "most rows of an answer" in text


def test_the_endpoint_can_be_mounted_in_another_application(release: Release) -> None:
    settings = Settings(release=release.folder, workers=1, limits=Limits(seconds=5))
    endpoint = create_endpoint(release.store, settings)
    outer = Starlette(routes=[Mount("/knowledge", endpoint)])

    async def main() -> None:
        transport = httpx.ASGITransport(outer)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            answer = await client.get("/knowledge/", params={"query": "ASK { ?s ?p ?o }"})
            assert answer.json()["boolean"] is True
            wrong = await client.get("/knowledge/", params={"query": "ASK {"})
            assert wrong.status_code == 400
            assert wrong.headers["content-type"] == "application/problem+json"
            described = await client.get("/knowledge/", headers={"Accept": "text/turtle"})
            assert "http://x/knowledge/" in described.text
        await endpoint.state.context.pool.stop()

    asyncio.run(main())


def test_settings_for_queries_are_read_and_checked() -> None:
    read = Settings.from_environment({"ALLIANCE_QUERY_ROWS": "5", "ALLIANCE_QUERY_LOG": "text"})
    assert (read.limits.rows, read.query_log) == (5, "text")
    for name in ("ALLIANCE_QUERY_ROWS", "ALLIANCE_QUERY_LOG"):
        with pytest.raises(InputError, match=name):
            Settings.from_environment({name: "many"})
