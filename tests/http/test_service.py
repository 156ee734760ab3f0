"""Health, downloads, and the description of the interface."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from kg.release import Release
from kg.store import GRAPH_TYPES


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


def test_a_download_that_is_had_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/download/shapes.ttl")
    known = {"If-None-Match": first.headers["etag"]}
    assert client.get("/download/shapes.ttl", headers=known).status_code == 304
    assert client.get("/download/manifest.json", headers=known).status_code == 200


def test_people_get_the_downloads_as_a_page(client: httpx.Client) -> None:
    page = client.get("/download", headers={"Accept": "text/html"})
    assert 'href="/download/alliance-atlas.owl"' in page.text


def operations(client: httpx.Client) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, found in client.get("/openapi.json").json()["paths"].items():
        for method, operation in found.items():
            yield path, method, operation


def test_every_route_is_in_the_openapi_document(client: httpx.Client) -> None:
    assert {(path, method) for path, method, _ in operations(client)} >= {
        ("/", "get"),
        ("/{kind}", "get"),
        ("/{kind}/{name}", "get"),
        ("/sparql", "get"),
        ("/sparql", "post"),
        ("/validate", "get"),
        ("/validate", "post"),
        ("/question/signals-of-shift/answer", "get"),
        ("/health", "get"),
        ("/download", "get"),
        ("/download/{name}", "get"),
    }


def test_every_operation_and_parameter_is_described(client: httpx.Client) -> None:
    ids = []
    for path, method, operation in operations(client):
        ids.append(operation["operationId"])
        assert operation.get("description"), (method, path)
        parameters = operation.get("parameters", [])
        for parameter in parameters:
            assert parameter.get("description"), (method, path, parameter["name"])
            assert parameter["schema"], (method, path, parameter["name"])
        names = [parameter["name"] for parameter in parameters]
        assert len(names) == len(set(names)), path
        in_path = {part.strip("{}") for part in path.split("/") if part.startswith("{")}
        assert in_path <= set(names)
        assert ("requestBody" in operation) == (method == "post")
        if path != "/download/{name}":
            assert operation["responses"]["200"]["content"], (method, path)
    assert len(ids) == len(set(ids))


def test_what_is_described_as_offered_is_had(client: httpx.Client) -> None:
    example = {
        "/{kind}": "/signal",
        "/{kind}/{name}": "/signal/visits-grow-longer",
        "/module/{name}": "/module/schema-case",
        "/reconcile/preview": "/reconcile/preview?id=concept/magical-alliance",
        "/sparql": "/sparql?query=ASK%7B%7D",
        "/teach/exercise/{name}": "/teach/exercise/landlord",
        "/teach/drill/{number}": "/teach/drill/1",
        "/embed/{kind}/{name}": "/embed/signal/visits-grow-longer",
        "/oembed": "/oembed?url=signal/visits-grow-longer",
    }
    for path, method, operation in operations(client):
        if method == "get" and path != "/download/{name}":
            for media_type in operation["responses"]["200"]["content"]:
                asked = example.get(path, path)
                needed = {
                    parameter["name"]: parameter["example"]
                    for parameter in operation.get("parameters", [])
                    if parameter.get("required") and "example" in parameter
                }
                if path.startswith("/question/"):
                    asked = f"{path}?{urlencode(needed)}"
                if path == "/sparql" and media_type in GRAPH_TYPES:
                    asked = "/sparql?query=CONSTRUCT%7B%7DWHERE%7B%7D"
                if path == "/sparql" and media_type == "text/html":
                    asked = path
                if path == "/diagram/{file}":
                    ending = {"image/svg+xml": "svg", "image/png": "png"}[media_type]
                    asked = f"/diagram/concept/magical-alliance.{ending}"
                answer = client.get(asked, headers={"Accept": media_type})
                assert answer.status_code == 200, (asked, media_type)
                assert answer.headers["content-type"].split(";")[0] == media_type


def test_the_description_for_people_brings_no_scripts(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert "/sparql" in page.text
    assert "<script" not in page.text
