"""Health, downloads, the OpenAPI document, errors, and what a hostile client is told."""

from __future__ import annotations

import hashlib

import httpx
import pytest

from kg.release import Release
from kg.resources import ontology_dir


def test_health_names_the_release(client: httpx.Client, release: Release) -> None:
    body = client.get("/health").json()
    assert body["status"] == "ok"
    assert body["release"] == release.manifest.digest
    assert body["triples"] == release.manifest.triples


def test_every_download_is_the_file_of_the_release(client: httpx.Client, release: Release) -> None:
    listed = client.get("/download").json()["items"]
    assert {"alliance-atlas.ttl", "alliance-atlas.owl", "shapes.ttl"} <= {i["name"] for i in listed}
    for item in listed:
        answer = client.get(item["url"])
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] == item["media_type"]
        assert answer.content == (release.folder / item["name"]).read_bytes()
    body = client.get("/download/release.nq").content
    assert hashlib.sha256(body).hexdigest() == release.manifest.digest


@pytest.mark.parametrize(
    "name", ["..%2fmanifest.json", "%2e%2e/x", "nothing.ttl", "vocabulary.nt%00"]
)
def test_nothing_else_can_be_downloaded(client: httpx.Client, name: str) -> None:
    assert (
        client.get(f"/download/{name}", headers={"Accept": "application/json"}).status_code == 404
    )


def test_the_openapi_document_describes_every_operation(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    count = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            count += 1
            assert operation.get("description"), (method, path)
            names = {parameter["name"] for parameter in operation.get("parameters", [])}
            for part in path.split("/"):
                if part.startswith("{"):
                    assert part.strip("{}") in names, path
    assert count > 8
    page = client.get("/docs")
    assert "/sparql" in page.text
    assert "<script" not in page.text


@pytest.mark.parametrize("path", ["/", "/concept/magical-alliance", "/validate", "/docs", "/nope"])
def test_pages_forbid_what_they_do_not_need(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/concept/<script>alert(1)</script>",
        "/concept/%3Cscript%3Ealert(1)%3C/script%3E",
        "/<script>alert(1)</script>",
        "/question/<script>/answer",
        "/concept?class=<script>alert(1)</script>",
        "/sparql?query=<script>alert(1)</script>",
        "/concept/magical-alliance?format=<script>alert(1)</script>",
    ],
)
def test_what_a_client_sends_is_shown_as_text(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code in {400, 404, 406, 422}
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/nope", "/concept/nope", "/sparql?query=x", "/question/signals-of-shift/answer", "/x/y/z"],
)
def test_errors_are_problems_and_tell_no_paths(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers={"Accept": "application/json"})
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == answer.status_code
    assert {"type", "title", "detail"} <= set(body)
    assert str(ontology_dir().parent) not in answer.text


def test_a_wrong_method_names_the_right_ones(client: httpx.Client) -> None:
    answer = client.delete("/health", headers={"Accept": "application/json"})
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_a_hostile_host_header_does_no_harm(client: httpx.Client) -> None:
    headers = {"Accept": "text/turtle", "Host": "x> . <http://evil"}
    answer = client.get("/sparql", headers=headers)
    assert answer.status_code in {200, 400}
    assert "http://evil>" not in answer.text


def test_very_long_and_odd_names_are_just_unknown(client: httpx.Client) -> None:
    for name in ("x" * 5000, "%00", "%F0%9F%92%A9", "a/b/c/d/e", "%2e%2e%2f", "a%0d%0aX: y"):
        answer = client.get(f"/concept/{name}", headers={"Accept": "application/json"})
        assert answer.status_code in {404, 414}, name
