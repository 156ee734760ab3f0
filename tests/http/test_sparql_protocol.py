"""The SPARQL 1.1 Protocol, as its clients use it."""

from __future__ import annotations

import csv
import io
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlencode
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
    none = {"query": count, "default-graph-uri": "https://example.org/none"}
    refused = client.get("/sparql", params=none)
    assert refused.status_code == 400
    assert "is no graph of this release" in refused.json()["detail"]
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


class TestCharset:
    QUERY = 'SELECT ("Größe" AS ?x) {}'

    @pytest.mark.parametrize(
        "parameters",
        ["", ";charset=UTF-8", '; charset="utf-8"', "; charset=utf8", "; charset=utf-8; q=1", ";"],
    )
    @pytest.mark.parametrize("form", [False, True])
    def test_utf_8_by_any_spelling(self, client: httpx.Client, parameters: str, form: bool) -> None:
        kind = "application/x-www-form-urlencoded" if form else "Application/SPARQL-Query"
        body = urlencode({"query": self.QUERY}) if form else self.QUERY
        headers = {"Content-Type": kind + parameters, "Accept": "text/csv"}
        answer = client.post("/sparql", content=body.encode(), headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.content.decode("utf-8").split() == ["x", "Größe"]

    @pytest.mark.parametrize("charset", ["latin-1", "iso-8859-1", "utf-16", "x"])
    def test_other_charsets_are_refused(self, client: httpx.Client, charset: str) -> None:
        kind = f"application/sparql-query; charset={charset}"
        answer = client.post("/sparql", content=b"ASK {}", headers={"Content-Type": kind})
        assert answer.status_code == 415
        assert "UTF-8" in answer.json()["detail"]

    def test_a_url_that_is_not_utf_8_is_refused(self, client: httpx.Client) -> None:
        answer = client.get("/sparql?query=SELECT%20%28%22Gr%F6%DFe%22%20AS%20%3Fx%29%20%7B%7D")
        assert answer.status_code == 400
        assert "UTF-8" in answer.json()["detail"]

    def test_a_compressed_body_is_refused(self, client: httpx.Client) -> None:
        headers = {"Content-Type": "application/sparql-query", "Content-Encoding": "gzip"}
        answer = client.post("/sparql", content=b"\x1f\x8b", headers=headers)
        assert answer.status_code == 415

    def test_answers_say_how_they_are_encoded(self, client: httpx.Client) -> None:
        for accept in ("text/csv", "text/tab-separated-values"):
            answer = by_get(client, self.QUERY, Accept=accept)
            assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
        answer = by_get(client, self.QUERY, Accept="application/sparql-results+xml")
        assert answer.headers["content-type"] == "application/sparql-results+xml"
        assert ElementTree.fromstring(answer.content)[1][0][0][0].text == "Größe"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/csv;q=0, */*", "application/sparql-results+json"),
        ("*/*, application/sparql-results+json;q=0", "application/sparql-results+xml"),
        (
            "text/*;q=0.9, text/csv;q=0.1, application/sparql-results+xml;q=0.5",
            "text/tab-separated-values",
        ),
        ("application/*;q=0.2, text/csv;q=0.3", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/csv; charset=utf-8", "text/csv"),
        ("text/csv;q=0.5;ext=1, application/sparql-results+xml;q=0.4", "text/csv"),
        (
            "text/csv ; q=0.1 , application/sparql-results+xml ; q=0.2",
            "application/sparql-results+xml",
        ),
        ("", "application/sparql-results+json"),
        ("image/png, */*;q=0.1", "application/sparql-results+json"),
        ("text/html;q=x, text/csv", "text/csv"),
    ],
)
def test_weights(client: httpx.Client, accept: str, media_type: str) -> None:
    answer = by_get(client, SELECT, Accept=accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media_type


@pytest.mark.parametrize("accept", ["text/csv;q=0", "*/*;q=0", "image/*", "text/turtle"])
def test_what_is_not_accepted_is_not_sent(client: httpx.Client, accept: str) -> None:
    answer = by_get(client, SELECT, Accept=accept)
    assert answer.status_code == 406
    assert "application/sparql-results+json" in answer.json()["offered"]


@pytest.mark.parametrize("way", ["get", "form"])
def test_format_goes_before_accept(client: httpx.Client, way: str) -> None:
    fields = {"query": SELECT, "format": "csv"}
    headers = {"Accept": "application/sparql-results+xml"}
    if way == "get":
        answer = client.get("/sparql", params=fields, headers=headers)
    else:
        answer = client.post("/sparql", data=fields, headers=headers)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


def test_an_unknown_format_is_refused_with_those_there_are(client: httpx.Client) -> None:
    answer = client.get("/sparql", params={"query": SELECT, "format": "excel"})
    assert answer.status_code in {406, 422}
    assert "csv" in answer.json()["detail"]


class TestHead:
    @pytest.mark.parametrize("accept", ["text/csv", "application/sparql-results+json"])
    def test_it_answers_as_get_without_the_body(self, client: httpx.Client, accept: str) -> None:
        params, headers = {"query": SELECT}, {"Accept": accept}
        head = client.head("/sparql", params=params, headers=headers)
        get = client.get("/sparql", params=params, headers=headers)
        assert head.status_code == 200
        assert head.content == b""
        for name in ("content-type", "etag", "vary", "content-length"):
            assert head.headers[name] == get.headers[name], name

    def test_errors_and_the_description_too(self, client: httpx.Client) -> None:
        assert client.head("/sparql", params={"query": "SELECT"}).status_code == 400
        head = client.head("/sparql", headers={"Accept": "text/turtle"})
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == "text/turtle"


class TestOtherOrigins:
    ORIGIN = "https://editor.example"

    def test_what_may_be_done_is_told(self, client: httpx.Client) -> None:
        answer = client.options("/sparql")
        assert answer.status_code in {200, 204}
        assert {"GET", "HEAD", "POST", "OPTIONS"} <= {
            name.strip() for name in answer.headers["allow"].split(",")
        }

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_preflight_allows_a_query_in_the_body(
        self, client: httpx.Client, method: str
    ) -> None:
        headers = {
            "Origin": self.ORIGIN,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "accept, content-type",
        }
        answer = client.options("/sparql", headers=headers)
        assert answer.status_code in {200, 204}
        assert answer.headers["access-control-allow-origin"] in {"*", self.ORIGIN}
        assert method in answer.headers["access-control-allow-methods"]
        allowed = answer.headers["access-control-allow-headers"].lower()
        assert "content-type" in allowed
        assert "access-control-allow-credentials" not in answer.headers

    @pytest.mark.parametrize("query", [SELECT, "SELECT", CONSTRUCT])
    def test_answers_and_errors_may_be_read(self, client: httpx.Client, query: str) -> None:
        answer = by_form(client, query, Origin=self.ORIGIN)
        assert answer.headers["access-control-allow-origin"] in {"*", self.ORIGIN}


class TestCaches:
    def test_what_an_answer_depends_on_is_told(self, client: httpx.Client) -> None:
        for query, accept in ((SELECT, "text/csv"), ("SELECT", "*/*"), (SELECT, "image/png")):
            vary = by_get(client, query, Accept=accept).headers["vary"].lower()
            assert "accept" in [name.strip() for name in vary.split(",")]

    def test_each_representation_has_its_own_etag(self, client: httpx.Client) -> None:
        seen = [
            by_get(client, SELECT, Accept=accept).headers["etag"]
            for accept in ("text/csv", "text/tab-separated-values", "*/*")
        ]
        other = {"default-graph-uri": "https://w3id.org/alliance-atlas/graph/claims"}
        seen.append(client.get("/sparql", params={"query": SELECT, **other}).headers["etag"])
        assert len(set(seen)) == 4

    def test_what_is_had_is_not_sent_again(self, client: httpx.Client) -> None:
        first = by_get(client, SELECT, Accept="text/csv")
        known = {"If-None-Match": first.headers["etag"], "Accept": "text/csv"}
        again = by_get(client, SELECT, **known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert "accept" in again.headers["vary"].lower()
        assert by_get(client, SELECT, **{**known, "Accept": "*/*"}).status_code == 200

    @pytest.mark.parametrize("call", ["RAND()", "NOW()", "STRUUID()", "rand ( )"])
    def test_what_differs_each_time_has_no_etag(self, client: httpx.Client, call: str) -> None:
        answer = by_get(client, f"SELECT ({call} AS ?x) {{}}")
        assert answer.status_code == 200
        assert "etag" not in answer.headers
        assert "no-store" in answer.headers["cache-control"]

    @pytest.mark.parametrize(
        ("accepted", "coding"),
        [
            ("gzip", "gzip"),
            ("br", "br"),
            ("identity", None),
            ("gzip;q=0, br;q=0", None),
            ("gzip;q=1.0, identity; q=0.5, *;q=0", "gzip"),
            ("", None),
        ],
    )
    def test_compression(self, client: httpx.Client, accepted: str, coding: str | None) -> None:
        query = "SELECT ?s WHERE { ?s ?p ?o } LIMIT 1000"
        headers = {"Accept-Encoding": accepted, "Accept": "text/csv"}
        answer = by_get(client, query, **headers)
        assert answer.headers.get("content-encoding") == coding
        assert len(answer.text.split()) == 1001
        assert "accept-encoding" in answer.headers["vary"].lower()


@pytest.mark.parametrize("size", [8_000, 30_000, 55_000])
def test_a_long_query_by_get(client: httpx.Client, size: int) -> None:
    query = f"SELECT (1 AS ?x) {{}} # {'x' * size}"
    answer = by_get(client, query, Accept="text/csv")
    assert answer.text.split() == ["x", "1"]


def test_a_request_line_that_is_far_too_long_ends_in_an_error(
    client: httpx.Client, address: str
) -> None:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as opened:
        try:
            opened.sendall(b"GET /sparql?query=ASK%7B%7D%23" + b"x" * 3_000_000)
            opened.sendall(b" HTTP/1.1\r\nHost: x\r\n\r\n")
            status = opened.recv(100).split()[1:2]
        except OSError:
            status = []
    # or the connection is closed before all of it is read
    assert status in ([], [b"400"], [b"413"], [b"414"], [b"431"])
    assert by_get(client, ASK).status_code == 200


def test_relative_iris_are_of_the_atlas(client: httpx.Client) -> None:
    query = f"SELECT ?label WHERE {{ <concept/world> {LABEL} ?label }}"
    for way in WAYS.values():
        assert way(client, query, Accept="text/csv").text.split() == ["label", "world"]
    answer = by_get(client, "CONSTRUCT { <s> <p> 1 } WHERE {}", Accept="application/n-triples")
    assert answer.text.startswith("<https://w3id.org/alliance-atlas/s>")


@pytest.mark.parametrize("query", ["SELECT (<http://f.example/f>(1) AS ?x) {}"])
def test_a_function_that_is_not_there_is_named(client: httpx.Client, query: str) -> None:
    answer = by_get(client, query, Accept="application/json")
    assert answer.status_code == 400
    assert "http://f.example/f" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri"])
@pytest.mark.parametrize("iri", ["", "graph", "http://a b", "<http://a>"])
def test_a_graph_without_an_iri_is_refused(client: httpx.Client, name: str, iri: str) -> None:
    answer = client.get("/sparql", params={"query": ASK, name: iri})
    assert answer.status_code == 400


def test_several_default_graphs_are_one(client: httpx.Client) -> None:
    graphs = [f"https://w3id.org/alliance-atlas/graph/{name}" for name in ("claims", "signals")]
    count = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"

    def rows(*names: str) -> int:
        params = [("query", count), *(("default-graph-uri", name) for name in names)]
        return int(client.get("/sparql", params=params, headers={"Accept": "text/csv"}).text[1:])

    assert 0 < max(rows(graphs[0]), rows(graphs[1])) < rows(*graphs)
    assert rows(*graphs) <= rows(graphs[0]) + rows(graphs[1])


class TestDescriptions:
    @pytest.mark.parametrize(
        ("accept", "short"),
        [
            ("text/turtle", "ttl"),
            ("application/ld+json", "jsonld"),
            ("application/rdf+xml", "rdf"),
            ("application/n-triples", "nt"),
        ],
    )
    def test_void_in_every_syntax(self, client: httpx.Client, accept: str, short: str) -> None:
        by_accept = client.get("/.well-known/void", headers={"Accept": accept})
        by_name = client.get("/.well-known/void", params={"format": short})
        plain = client.get("/download/void.ttl")
        wanted = Graph().parse(data=plain.content, format="turtle")
        for answer in (by_accept, by_name):
            assert answer.status_code == 200
            assert answer.headers["content-type"] == accept
            assert set(Graph().parse(data=answer.content, format=accept)) == set(wanted)
        known = {"If-None-Match": by_accept.headers["etag"], "Accept": accept}
        assert client.get("/.well-known/void", headers=known).status_code == 304

    def test_the_service_description_leads_to_it(self, client: httpx.Client) -> None:
        answer = client.get("/sparql", headers={"Accept": "application/n-triples"})
        assert "<https://w3id.org/alliance-atlas/.well-known/void>" in answer.text

    def test_it_names_every_format_there_is(self, client: httpx.Client) -> None:
        text = client.get("/sparql", headers={"Accept": "application/n-triples"}).text
        names = set(re.findall(r"<http://www.w3.org/ns/formats/([\w-]+)>", text))
        assert names == {
            *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV"),
            *("SPARQL_Results_TSV", "Turtle", "N-Triples", "N-Quads", "TriG", "RDF_XML", "JSON-LD"),
        }


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
