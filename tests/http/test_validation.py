"""Validation over HTTP: the same report as everywhere else, and nothing kept."""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from rdflib import Graph
from rdflib.namespace import RDF, SH

from api.routes.validation import CASE_TYPES
from kg.ingest import MEDIA_TYPES
from kg.validation import validate_case

FIXTURES = Path(__file__).resolve().parent.parent / "validation"
VALID = FIXTURES / "valid" / "v2.ttl"
INVALID = FIXTURES / "invalid" / "R12-n5.ttl"
TURTLE = {"Content-Type": "text/turtle", "Accept": "application/json"}


def test_the_server_takes_what_the_validator_reads() -> None:
    assert tuple(MEDIA_TYPES) == CASE_TYPES


def test_a_valid_case_conforms(client: httpx.Client) -> None:
    answer = client.post("/validate", content=VALID.read_bytes(), headers=TURTLE)
    assert answer.status_code == 200
    body = answer.json()
    assert body["verdict"] == "conforms"
    assert body["conforms"] is True
    assert body["findings"] == []
    assert body["checked"]


def test_the_report_is_that_of_the_library(client: httpx.Client) -> None:
    data = INVALID.read_bytes()
    body = client.post("/validate", content=data, headers=TURTLE).json()
    assert body == json.loads(validate_case(data, media_type="text/turtle").to_json())
    assert {finding["rule"] for finding in body["findings"]} == {"R12"}
    assert body["findings"][0]["line"]


@pytest.mark.parametrize(
    ("accept", "parser"),
    [
        ("text/turtle", "turtle"),
        ("application/ld+json", "json-ld"),
        ("application/n-triples", "nt"),
    ],
)
def test_the_report_as_shacl(client: httpx.Client, accept: str, parser: str) -> None:
    headers = {**TURTLE, "Accept": accept}
    answer = client.post("/validate", content=INVALID.read_bytes(), headers=headers)
    assert answer.headers["content-type"].split(";")[0] == accept
    graph = Graph().parse(data=answer.content, format=parser)
    assert len(list(graph.subjects(RDF.type, SH.ValidationResult))) == 1


def test_the_report_as_text_and_as_a_page(client: httpx.Client) -> None:
    for accept in ("text/plain", "text/html"):
        headers = {**TURTLE, "Accept": accept}
        answer = client.post("/validate", content=INVALID.read_bytes(), headers=headers)
        assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
        assert "R12" in answer.text


def test_a_form_with_text_and_a_form_with_a_file(client: httpx.Client) -> None:
    text = client.post(
        "/validate",
        files={"case": (None, INVALID.read_text()), "type": (None, "text/turtle")},
        headers={"Accept": "application/json"},
    )
    upload = client.post(
        "/validate",
        files={"file": ("case.ttl", INVALID.read_bytes())},
        headers={"Accept": "application/json"},
    )
    for answer in (text, upload):
        assert answer.status_code == 200, answer.text
        assert [finding["rule"] for finding in answer.json()["findings"]] == ["R12"]
    assert upload.json()["source"] == "case.ttl"


def test_an_upload_needs_no_length_and_touches_no_disk(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def to_disk(*args: object, **kwargs: object) -> None:
        raise AssertionError("an upload is written to the disk")

    monkeypatch.setattr(tempfile, "TemporaryFile", to_disk)
    padding = b"# " + b"x" * 150_000 + b"\n"
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="case.ttl"\r\n\r\n'
        + padding
        + INVALID.read_bytes()
        + b"\r\n--b--\r\n"
    )

    def chunks() -> Iterator[bytes]:
        yield from (body[start : start + 4096] for start in range(0, len(body), 4096))

    headers = {"Content-Type": "multipart/form-data; boundary=b", "Accept": "application/json"}
    answer = httpx.post(f"{address}/validate", content=chunks(), headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    assert [finding["rule"] for finding in answer.json()["findings"]] == ["R12"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "multipart/form-data", 400),
        (b"x", "multipart/form-data; boundary=b", 400),
        (b"--b\r\n", "multipart/form-data; boundary=b", 400),
        (b"case=&type=text/turtle", "application/x-www-form-urlencoded", 400),
        (b"case=x&type=text/plain", "application/x-www-form-urlencoded", 422),
        (b"nothing=x", "application/x-www-form-urlencoded", 400),
    ],
)
def test_a_bad_form_gets_a_clear_refusal(
    client: httpx.Client, content: bytes, kind: str, status: int
) -> None:
    headers = {"Content-Type": kind, "Accept": "application/json"}
    answer = client.post("/validate", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_report_is_kept_by_nobody_on_the_way(client: httpx.Client) -> None:
    answer = client.post("/validate", content=VALID.read_bytes(), headers=TURTLE)
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_a_report_leads_to_the_rule_and_what_it_rests_on(client: httpx.Client) -> None:
    headers = {**TURTLE, "Accept": "text/html"}
    text = client.post("/validate", content=INVALID.read_bytes(), headers=headers).text
    assert '<a href="/shape/R12">' in text
    assert 'href="/claim/' in text
    assert 'href="/source/lee-alliances/passage/' in text


def send(client: httpx.Client, *files: tuple[str, bytes], accept: str) -> httpx.Response:
    parts = [("file", file) for file in files]
    return client.post("/validate", files=parts, headers={"Accept": accept})


FILES = [
    ("bad.ttl", INVALID.read_bytes()),
    ("broken.ttl", b"<a> <b>\n<c"),
    ("good.ttl", VALID.read_bytes()),
    ("notes.doc", b"whatever"),
]


def test_several_files_give_one_report(client: httpx.Client) -> None:
    answer = send(client, *FILES, accept="application/json")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [(one["source"], one["verdict"]) for one in body["items"]] == [
        ("bad.ttl", "violates"),
        ("broken.ttl", "violates"),
        ("good.ttl", "conforms"),
        ("notes.doc", "violates"),
    ]
    summary = body["summary"]
    assert summary["files"] == 4
    assert summary["verdicts"] == {"conforms": 1, "violates": 3}
    assert summary["rules"]["R12"] == {"findings": 1, "files": 1}
    assert summary["rules"]["S-readable"] == {"findings": 2, "files": 2}
    (broken,) = body["items"][1]["findings"]
    assert broken["rule"] == "S-readable"
    assert (broken["line"], broken["column"]) != (None, None)
    assert "not Turtle" in broken["message"]
    (notes,) = body["items"][3]["findings"]
    assert ".ttl" in notes["message"]


def test_several_files_in_the_other_forms(client: httpx.Client) -> None:
    sarif = send(client, *FILES, accept="application/sarif+json").json()
    places = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in sarif["runs"][0]["results"]
    ]
    assert places == ["bad.ttl", "broken.ttl", "notes.doc"]
    assert send(client, *FILES, accept="text/csv").text.count("\r\n") == 4
    assert send(client, *FILES, accept="application/xml").text.count("<testsuite ") == 4
    assert send(client, *FILES, accept="text/plain").text.count("looked at") == 4
    for accept, parser in (("text/turtle", "turtle"), ("application/ld+json", "json-ld")):
        graph = Graph().parse(data=send(client, *FILES, accept=accept).content, format=parser)
        assert len(set(graph.subjects(RDF.type, SH.ValidationReport))) == 4
        assert len(set(graph.objects(None, SH.result))) == 3
    page = send(client, *FILES, accept="text/html").text
    assert "<h1>4 files: 1 conform, 3 do not</h1>" in page
    assert '<a href="#file-2">broken.ttl</a>: does not conform, 1 finding<' in page
    assert '<a href="/shape/R12">R12</a>: 1 finding in 1 file<' in page


def test_a_file_that_is_alone_is_refused_as_ever(client: httpx.Client) -> None:
    answer = send(client, FILES[1], accept="application/json")
    assert answer.status_code == 400
    assert answer.json()["line"] == 2
    assert send(client, FILES[3], accept="application/json").status_code == 400


def test_more_files_than_are_taken(client: httpx.Client) -> None:
    files = [(f"{n}.ttl", b"x") for n in range(201)]
    answer = send(client, *files, accept="application/json")
    assert answer.status_code == 400
    assert "200" in answer.json()["detail"]


def test_pages_are_had_while_many_cases_are_checked(address: str) -> None:
    data = VALID.read_bytes()

    def check() -> int:
        return httpx.post(
            f"{address}/validate", content=data, headers=TURTLE, timeout=60
        ).status_code

    with ThreadPoolExecutor(50) as threads:
        checks = [threads.submit(check) for _ in range(50)]
        start = time.monotonic()
        assert httpx.get(f"{address}/concept/world.ttl", timeout=30).status_code == 200
        assert time.monotonic() - start < 5
        codes = {done.result() for done in checks}
    assert codes <= {200, 503}
    assert 200 in codes


def test_strict_raises_what_the_theory_hedges(client: httpx.Client) -> None:
    assert client.post("/validate?strict=true", content=VALID.read_bytes(), headers=TURTLE).json()[
        "strict"
    ]
    bad = client.post("/validate?strict=perhaps", content=VALID.read_bytes(), headers=TURTLE)
    assert bad.status_code == 422


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", TURTLE, 400),
        (b"this is not turtle", TURTLE, 400),
        (b"\x00\x01\x02", TURTLE, 400),
        (b"\xff\xfe", TURTLE, 400),
        (b"<a> <b> <c> .", {**TURTLE, "Content-Type": "application/pdf"}, 415),
        (b"<a> <b> <c> .", {"Accept": "application/json"}, 415),
        (b"{", {**TURTLE, "Content-Type": "application/ld+json"}, 400),
        (b"[" * 5000, {**TURTLE, "Content-Type": "application/ld+json"}, 413),
        (b"x" * 300_000, TURTLE, 413),
        (b"\x1f\x8b", {**TURTLE, "Content-Encoding": "gzip"}, 415),
    ],
    ids=[
        "empty",
        "no-turtle",
        "binary",
        "no-utf8",
        "pdf",
        "no-type",
        "no-json",
        "deep-json",
        "large",
        "compressed",
    ],
)
def test_bad_bodies_get_a_clear_refusal(
    client: httpx.Client, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = client.post("/validate", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 10


def test_a_syntax_error_has_its_place(client: httpx.Client) -> None:
    text = (
        "@prefix aa: <https://w3id.org/alliance-atlas/ontology/> .\n<x> a aa:Case\n<y> a aa:Case ."
    )
    body = client.post("/validate", content=text.encode(), headers=TURTLE).json()
    assert body["line"] == 3
    assert body["column"] >= 1


def test_a_large_body_is_refused_before_it_is_read(address: str) -> None:
    def endless() -> object:
        while True:
            yield b"x" * 65536

    with httpx.Client(timeout=10) as client:
        try:
            answer = client.post(f"{address}/validate", content=endless(), headers=TURTLE)  # type: ignore[arg-type]
            assert answer.status_code == 413
        except httpx.WriteError:
            # the server has answered and closed while we were still sending
            pass
        assert client.get(f"{address}/health").status_code == 200


def test_the_form_is_there_for_people(client: httpx.Client) -> None:
    page = client.get("/validate").text
    assert "neither kept nor logged" in page
    assert 'enctype="multipart/form-data"' in page


def test_what_is_submitted_is_not_logged(
    client: httpx.Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = "Ottokar-the-unmistakable"
    with caplog.at_level(logging.DEBUG):
        data = INVALID.read_bytes() + f'\n# {secret}\n<x> <y> "{secret}" .'.encode()
        client.post("/validate", content=data, headers=TURTLE)
        client.post("/validate", content=f"{secret} is not turtle".encode(), headers=TURTLE)
        for kind in ("xsd:integer", "xsd:date", "xsd:dateTime", "rdf:XMLLiteral"):
            typed = f"""@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
                @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
                <x> <y> "{secret}<"^^{kind} , <urn:{secret}%20> ."""
            client.post("/validate", content=typed.encode(), headers=TURTLE)
        form = {"Content-Type": f"multipart/form-data; boundary={secret}"}
        client.post("/validate", content=f"--{secret[:-1]}x".encode(), headers=form)
    captured = capfd.readouterr()
    assert secret not in caplog.text + captured.out + captured.err


def test_a_hostile_text_is_shown_as_text(client: httpx.Client) -> None:
    script = "<script>alert(1)</script>"
    data = INVALID.read_text().replace('rdfs:label "', f'rdfs:label "{script}', 1)
    assert script in data
    page = client.post(
        "/validate", content=data.encode(), headers={**TURTLE, "Accept": "text/html"}
    )
    assert script not in page.text
