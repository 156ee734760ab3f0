"""Errors say what was wrong, where, and what would be accepted; as RFC 9457 or as a page."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from kg.errors import StoreError
from kg.release import Release
from kg.resources import ontology_dir

PROBLEM = "application/problem+json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
WRONG = [
    ("/nope", 404),
    ("/concept/nope", 404),
    ("/case/ms-l/episode/99", 404),
    ("/download/nope", 404),
    ("/static/nope.css", 404),
    ("/sparql?query=x", 400),
    ("/sparql?query=ASK%7B%7D&format=pdf", 422),
    ("/question/signals-of-shift/answer", 422),
    ("/concept?class=Nope", 422),
    ("/concept/world?format=pdf", 422),
    ("/x/y/z", 404),
]


@pytest.mark.parametrize(("path", "status"), WRONG)
def test_an_error_is_a_problem_for_a_program(client: httpx.Client, path: str, status: int) -> None:
    for accept in ("application/json", "*/*"):
        answer = client.get(path, headers={"Accept": accept})
        assert answer.status_code == status
        assert answer.headers["content-type"] == PROBLEM
        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()
        assert body["status"] == status
        assert {"type", "title", "detail"} <= set(body)
        assert str(ontology_dir().parent) not in answer.text


@pytest.mark.parametrize(("path", "status"), WRONG)
def test_an_error_is_a_page_for_a_person(client: httpx.Client, path: str, status: int) -> None:
    answer = client.get(path, headers={"Accept": BROWSER})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>" in answer.text
    assert 'href="/"' in answer.text


def test_an_unknown_name_leads_to_the_nearest(client: httpx.Client) -> None:
    page = client.get("/concept/magical-aliance", headers={"Accept": "text/html"})
    assert '<a href="/concept/magical-alliance">' in page.text


def test_a_wrong_value_leads_to_the_right_one(client: httpx.Client) -> None:
    path = "/question/signals-of-shift/answer?from=magical-alliance&to=workin-aliance"
    page = client.get(path, headers={"Accept": "text/html"})
    right = "?from=magical-alliance&amp;to=working-alliance"
    assert f'<a href="{right}">working-alliance</a>' in page.text
    assert client.get(path.partition("?")[0] + right.replace("&amp;", "&")).status_code == 200


def test_a_slash_too_many_leads_to_the_thing(client: httpx.Client) -> None:
    answer = client.get("/concept/world/")
    assert answer.status_code == 308
    assert answer.headers["location"] == "/concept/world"
    assert client.get("/concept/nope/", headers={"Accept": "application/json"}).status_code == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/health", "GET, HEAD, OPTIONS"),
        ("/", "GET, HEAD, OPTIONS"),
        ("/concept/world", "GET, HEAD, OPTIONS"),
        ("/case/ms-l/episode/1", "GET, HEAD, OPTIONS"),
        ("/question/signals-of-shift/answer", "GET, HEAD, OPTIONS"),
        ("/sparql", "GET, HEAD, OPTIONS, POST"),
        ("/validate", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_a_wrong_method_names_the_right_ones(client: httpx.Client, path: str, allowed: str) -> None:
    answer = client.delete(path, headers={"Accept": "application/json"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert "DELETE" in answer.json()["detail"]
    options = client.options(path)
    assert options.status_code == 204
    assert options.headers["allow"] == allowed
    assert options.content == b""


class _Broken:
    """A store that fails, with words in its message that are no client's business."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> object:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status"),
    [(StoreError("/home/somebody/atlas is gone"), 503), (RuntimeError("/home/somebody"), 500)],
)
def test_a_failure_of_ours_tells_nothing_but_to_the_operator(
    release: Release, caplog: pytest.LogCaptureFixture, error: Exception, status: int
) -> None:
    app = create_app(release.store, Settings(release=release.folder, workers=1))
    object.__setattr__(app.state.context, "store", _Broken(error))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get("/concept/world.ttl")

    answer = asyncio.run(ask())
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM
    assert "somebody" not in answer.text
    if status == 503:
        assert "/home/somebody/atlas is gone" in caplog.text
