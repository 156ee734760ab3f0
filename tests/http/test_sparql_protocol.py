"""The SPARQL 1.1 Protocol, as its clients use it."""

from __future__ import annotations

import csv
import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from xml.etree import ElementTree

import httpx
import pytest
from rdflib import Graph

WORLD = "<https://w3id.org/alliance-atlas/concept/world>"
LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
SELECT = f"SELECT ?label WHERE {{ {WORLD} {LABEL} ?label }}"
ASK = "ASK { ?s ?p ?o }"
CONSTRUCT = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ VALUES ?s {{ {WORLD} }} ?s ?p ?o }}"
DESCRIBE = f"DESCRIBE {WORLD}"
RUNAWAY = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


def by_get(client: httpx.Client, query: str, **headers: str) -> httpx.Response:
    return client.get("/sparql", params={"query": query}, headers=headers)


def by_form(client: httpx.Client, query: str, **headers: str) -> httpx.Response:
    return client.post("/sparql", data={"query": query}, headers=headers)


def by_body(client: httpx.Client, query: str, **headers: str) -> httpx.Response:
    headers = {"Content-Type": "application/sparql-query", **headers}
    return client.post("/sparql", content=query.encode(), headers=headers)


WAYS = {"get": by_get, "form": by_form, "body": by_body}


@pytest.mark.parametrize("way", WAYS)
def test_all_three_ways_give_the_same(client: httpx.Client, way: str) -> None:
    answer = WAYS[way](client, SELECT)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/sparql-results+json"
    (row,) = answer.json()["results"]["bindings"]
    assert row["label"] == {"type": "literal", "value": "world", "xml:lang": "en"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("query", [ASK, CONSTRUCT, DESCRIBE], ids=["ask", "construct", "describe"])
def test_every_form_by_every_way(client: httpx.Client, way: str, query: str) -> None:
    answer = WAYS[way](client, query)
    assert answer.status_code == 200
    if query == ASK:
        assert answer.json()["boolean"] is True
    else:
        assert answer.headers["content-type"] == "text/turtle"
        assert len(Graph().parse(data=answer.content, format="turtle")) > 3


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/sparql-results+json", "application/sparql-results+json"),
        ("application/json", "application/sparql-results+json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("application/xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("text/csv;q=0.1, application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/turtle, application/sparql-results+json;q=0.5", "application/sparql-results+json"),
    ],
)
def test_tables_by_accept(client: httpx.Client, accept: str, media_type: str) -> None:
    answer = by_get(client, SELECT, Accept=accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert "world" in answer.text
    if "xml" in media_type:
        assert ElementTree.fromstring(answer.content) is not None
    if "csv" in media_type:
        assert list(csv.reader(io.StringIO(answer.text))) == [["label"], ["world"]]


@pytest.mark.parametrize("short", ["ttl", "nt", "rdf", "jsonld", "nq", "trig"])
def test_graphs_by_format(client: httpx.Client, short: str) -> None:
    answer = client.get("/sparql", params={"query": CONSTRUCT, "format": short})
    assert answer.status_code == 200
    assert "world" in answer.text


def test_what_does_not_fit_the_form_is_406(client: httpx.Client) -> None:
    assert by_get(client, SELECT, Accept="text/turtle").status_code == 406
    assert by_get(client, CONSTRUCT, Accept="text/csv").status_code == 406
    assert by_get(client, SELECT, Accept="image/png").status_code == 406


def test_a_malformed_query_is_400_with_its_place(client: httpx.Client) -> None:
    answer = by_get(client, "SELECT ?s WHERE {\n  ?s ?p }", Accept="application/json")
    assert answer.status_code == 400
    body = answer.json()
    assert (body["line"], body["column"]) == (2, 10)
    assert body["detail"].startswith("not SPARQL")


@pytest.mark.parametrize(
    ("method", "options", "status"),
    [
        ("GET", {"params": [("query", SELECT), ("query", ASK)]}, 400),
        ("GET", {"params": {"update": "DELETE WHERE { ?s ?p ?o }"}}, 400),
        ("POST", {"data": {"update": "DELETE WHERE { ?s ?p ?o }"}}, 400),
        ("POST", {"data": {}}, 415),
        ("POST", {"data": {"nothing": "x"}}, 400),
        ("POST", {"content": SELECT}, 415),
        ("POST", {"content": SELECT, "headers": {"Content-Type": "text/plain"}}, 415),
        (
            "POST",
            {
                "content": "INSERT DATA { <a> <b> <c> }",
                "headers": {"Content-Type": "application/sparql-update"},
            },
            415,
        ),
        (
            "POST",
            {"content": b"\xff\xfe", "headers": {"Content-Type": "application/sparql-query"}},
            400,
        ),
        (
            "POST",
            {
                "content": SELECT,
                "headers": {"Content-Type": "application/sparql-query; charset=latin-1"},
            },
            415,
        ),
        (
            "POST",
            {
                "content": "query=SELECT%20%FF",
                "headers": {"Content-Type": "application/x-www-form-urlencoded"},
            },
            400,
        ),
        ("GET", {"params": {"query": ""}}, 400),
        ("PUT", {"content": SELECT}, 405),
        ("DELETE", {}, 405),
    ],
)
def test_what_is_not_the_protocol_is_refused(
    client: httpx.Client, method: str, options: dict[str, object], status: int
) -> None:
    headers = {"Accept": "application/json", **options.pop("headers", {})}  # type: ignore[dict-item]
    answer = client.request(method, "/sparql", headers=headers, **options)  # type: ignore[arg-type]
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 405:
        assert "GET" in answer.headers["allow"]


def test_an_update_in_place_of_a_query_is_malformed(client: httpx.Client) -> None:
    assert by_get(client, "INSERT DATA { <http://a> <http://b> <http://c> }").status_code == 400


def test_the_dataset_of_the_protocol_overrides_the_query(client: httpx.Client) -> None:
    count = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
    claims = "https://w3id.org/alliance-atlas/graph/claims"

    def rows(**dataset: str) -> int:
        params = {"query": count, "format": "json"} | {
            k.replace("_", "-"): v for k, v in dataset.items()
        }
        body = client.get("/sparql", params=params).json()
        return int(body["results"]["bindings"][0]["n"]["value"])

    everything = rows()
    assert 0 < rows(default_graph_uri=claims) < everything
    assert rows(default_graph_uri="https://example.org/none") == 0
    named = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }"
    got = client.get("/sparql", params={"query": named, "named-graph-uri": claims, "format": "csv"})
    assert got.text.split() == ["g", claims]


def test_percent_signs_survive_a_form(client: httpx.Client) -> None:
    answer = by_form(client, 'SELECT ("100%25 + 1" AS ?x) {}', Accept="text/csv")
    assert answer.text.split("\r\n")[1] == "100%25 + 1"


def test_a_long_query_by_post(client: httpx.Client) -> None:
    values = " ".join(f"<https://example.org/{number}>" for number in range(1500))
    query = f"SELECT (COUNT(*) AS ?n) {{ VALUES ?x {{ {values} }} }}"
    answer = by_body(client, query, Accept="text/csv")
    assert answer.text.split() == ["n", "1500"]


def test_without_a_query_a_program_gets_the_service_description(client: httpx.Client) -> None:
    answer = client.get("/sparql", headers={"Accept": "text/turtle"})
    assert answer.status_code == 200
    text = answer.text
    assert "sparql-service-description#SPARQL11Query" in text or "sd:SPARQL11Query" in text
    assert "https://w3id.org/alliance-atlas/graph/claims" in text
    page = client.get("/sparql", headers={"Accept": "text/html"})
    assert "<textarea" in page.text


class TestHostile:
    def test_a_runaway_is_stopped_and_others_go_on(self, client: httpx.Client) -> None:
        start = time.monotonic()
        with ThreadPoolExecutor(2) as threads:
            runaway = threads.submit(by_get, client, RUNAWAY, Accept="application/json")
            time.sleep(0.3)
            assert by_get(client, SELECT).status_code == 200
            answer = runaway.result()
        assert answer.status_code == 504
        assert answer.json()["limit"] == "time"
        assert time.monotonic() - start < 10
        assert by_get(client, SELECT).status_code == 200

    def test_a_memory_hog_takes_only_its_worker(self, client: httpx.Client) -> None:
        query = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?f"
        answer = by_get(client, query, Accept="application/json")
        assert answer.status_code in {503, 504}
        assert by_get(client, SELECT).status_code == 200

    @pytest.mark.parametrize("opening", ["{", "(", "[ <http://p> "])
    def test_deep_nesting_is_refused(self, client: httpx.Client, opening: str) -> None:
        query = "SELECT * WHERE { " + opening * 4000
        answer = by_body(client, query, Accept="application/json")
        assert answer.status_code == 413
        assert "nested" in answer.json()["detail"]

    def test_brackets_in_strings_do_not_count(self, client: httpx.Client) -> None:
        query = f'SELECT ("{"(" * 500}" AS ?x) WHERE {{}}'
        assert by_get(client, query).status_code == 200

    def test_a_query_that_is_too_long_is_refused(self, client: httpx.Client) -> None:
        answer = by_body(client, SELECT + "#" * 150_000, Accept="application/json")
        assert answer.status_code == 413

    @pytest.mark.parametrize(
        "query",
        [
            "SELECT * WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
            "SELECT * WHERE {{ SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}",
            "SELECT * WHERE {{ sErViCe <{url}> {{ ?s ?p ?o }} }}",
            "SELECT * WHERE {{ BIND(<{url}> AS ?u) SERVICE ?u {{ ?s ?p ?o }} }}",
            "SELECT * FROM <{url}> WHERE {{ ?s ?p ?o }}",
        ],
    )
    def test_nothing_is_fetched(self, client: httpx.Client, query: str) -> None:
        calls: list[str] = []

        class Listener(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                calls.append(self.path)
                self.send_response(200)
                self.end_headers()

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *args: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Listener)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/x"
            answer = by_get(client, query.format(url=url), Accept="application/json")
        finally:
            server.shutdown()
            server.server_close()
        assert calls == []
        if "service" in query.lower():
            assert answer.status_code == 400
            assert answer.json()["limit"] == "network"
