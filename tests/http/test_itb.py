"""The interface of the Interoperability Test Bed's validator, as its clients use it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import httpx
import pytest
from rdflib import Graph, Literal
from rdflib.namespace import RDF, SH

FIXTURES = Path(__file__).resolve().parent.parent / "validation"
VALID = (FIXTURES / "valid" / "v2.ttl").read_text()
INVALID = (FIXTURES / "invalid" / "R12-n5.ttl").read_text()
VALIDATE = "/validator/api/validate"


def put(client: httpx.Client, body: Any, **headers: str) -> httpx.Response:
    return client.post(VALIDATE, json=body, headers=headers)


def conforms(text: bytes | str, syntax: str) -> bool:
    graph = Graph().parse(data=text, format=syntax)
    (report,) = graph.subjects(RDF.type, SH.ValidationReport)
    value = graph.value(report, SH.conforms)
    assert isinstance(value, Literal)
    return bool(value.value)


@pytest.mark.parametrize(
    ("syntax", "parser"),
    [
        ("text/turtle", "turtle"),
        ("application/ld+json", "json-ld"),
        ("application/rdf+xml", "xml"),
        ("application/n-triples", "nt"),
    ],
)
def test_the_report_is_in_the_syntax_that_is_asked_for(
    client: httpx.Client, syntax: str, parser: str
) -> None:
    body = {"contentToValidate": INVALID, "contentSyntax": "text/turtle"}
    by_field = put(client, {**body, "reportSyntax": syntax})
    by_accept = put(client, body, Accept=syntax)
    for answer in (by_field, by_accept):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == syntax
        assert not conforms(answer.content, parser)
    assert conforms(put(client, {"contentToValidate": VALID}).content, "turtle")


def test_base64_and_several(client: httpx.Client) -> None:
    encoded = base64.b64encode(VALID.encode()).decode()
    body = {"contentToValidate": encoded, "embeddingMethod": "BASE64"}
    assert conforms(put(client, body).content, "turtle")
    answer = client.post(
        "/validator/api/validateMultiple", json=[body, {"contentToValidate": INVALID}]
    )
    reports = [base64.b64decode(item["report"]) for item in answer.json()]
    assert [conforms(report, "turtle") for report in reports] == [True, False]


def test_it_tells_its_kinds_of_validation(client: httpx.Client) -> None:
    kinds = client.get("/validator/api/info").json()["validationTypes"]
    assert {kind["type"] for kind in kinds} == {"case", "strict"}


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"embeddingMethod": "URL", "contentToValidate": "http://127.0.0.1/"}, 400, "fetches"),
        ({"externalRules": [{"ruleSet": "http://127.0.0.1/"}]}, 400, "externalRules"),
        ({"loadImports": True}, 400, "loadImports"),
        ({"addInputToReport": True}, 400, "addInputToReport"),
        ({"contentQuery": "SELECT"}, 400, "contentQuery"),
        ({"contentSyntax": "text/plain"}, 422, "text/turtle"),
        ({"reportSyntax": "text/plain"}, 422, "text/turtle"),
        ({"validationType": "other"}, 422, "validationType"),
        ({"embeddingMethod": "BASE64", "contentToValidate": "%%"}, 400, "Base64"),
        ({"contentToValidate": "<a> <b>"}, 400, "not Turtle"),
        ({"contentToValidate": None}, 422, "contentToValidate"),
    ],
)
def test_what_it_does_not_do_is_refused(
    client: httpx.Client, change: dict[str, Any], status: int, said: str
) -> None:
    answer = put(client, {"contentToValidate": VALID, **change})
    assert answer.status_code == status, answer.text
    assert said in answer.text


def test_what_is_no_request_is_refused(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    assert client.post(VALIDATE, content=b"{", headers=headers).status_code == 400
    assert client.post(VALIDATE, content=b"[" * 5000, headers=headers).status_code == 400
    assert client.post(VALIDATE, content=b"\xff", headers=headers).status_code == 400
    assert client.post(VALIDATE, content=b"[]", headers=headers).status_code == 422
    assert client.post(VALIDATE, content=b"<a>").status_code == 415
    several = client.post("/validator/api/validateMultiple", json=[])
    assert several.status_code == 400
