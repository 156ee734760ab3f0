"""Questions in plain English over HTTP."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from kg.ask import Asker
from kg.errors import StoreError
from kg.release import Release

SHIFT = "which signals show someone moving from magical to working"


def ask(client: httpx.Client, text: str, **headers: str) -> httpx.Response:
    return client.get("/ask", params={"q": text}, headers={"Accept": "application/json", **headers})


def test_an_answer_comes_with_what_was_understood(client: httpx.Client) -> None:
    found = ask(client, SHIFT).json()
    assert found["status"] == "answered"
    assert found["question"] == "signals-of-shift"
    assert found["parameters"] == {"from": "magical-alliance", "to": "working-alliance"}
    assert 0.5 <= found["confidence"] < 1
    assert [one["words"] for one in found["understood"]] == ["magical", "working"]
    given = client.get(
        "/question/signals-of-shift/answer",
        params=found["parameters"],
        headers={"Accept": "application/json"},
    ).json()
    assert found["answer"]["rows"] == given["rows"] != []
    assert found["answer"]["sparql"] == given["sparql"]


def test_an_unclear_question_comes_back_with_choices(client: httpx.Client) -> None:
    found = ask(client, "what are the dangers of the alliance?").json()
    assert found["status"] == "unsure"
    assert (found["question"], found["missing"]) == ("risks-of-alliance", ["alliance"])
    assert found["answer"] is None
    page = ask(client, "what are the dangers of the alliance?", Accept="text/html").text
    assert 'href="/question/risks-of-alliance"' in page


@pytest.mark.parametrize("text", ["", "\x00\x1b[31m", "'; DROP TABLE x; --", "y" * 10_000])
def test_what_is_no_question_is_told_so(client: httpx.Client, text: str) -> None:
    got = ask(client, text)
    assert got.status_code == 200
    assert (got.json()["status"], got.json()["answer"]) == ("none", None)
    assert ask(client, text, Accept="text/html").status_code == 200


def test_the_page_shows_the_answer_and_escapes_what_was_typed(client: httpx.Client) -> None:
    page = ask(client, f"{SHIFT} <script>alert(1)</script>", Accept="text/html").text
    assert "<script>alert" not in page
    page = ask(client, SHIFT, Accept="text/html").text
    assert 'href="/signal/visits-grow-longer"' in page
    assert 'href="/question/signals-of-shift/answer?from=magical-alliance&amp;to=working' in page
    assert "What was understood" in page


def test_it_is_kept_by_its_etag_and_described(client: httpx.Client) -> None:
    got = ask(client, SHIFT)
    again = ask(client, SHIFT, **{"If-None-Match": got.headers["etag"]})
    assert again.status_code == 304
    assert "/ask" in client.get("/openapi.json").json()["paths"]


def test_a_release_without_the_model_says_so_and_serves_the_rest(
    release: Release, tmp_path: Path
) -> None:
    older = tmp_path / "release"
    shutil.copytree(release.folder, older, ignore=shutil.ignore_patterns("asking.json", "*.nq"))
    app = create_app(release.store, Settings(release=older, workers=1))

    async def get(path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://atlas") as client:
            return await client.get(path)

    got = asyncio.run(get("/ask?q=who+coined+it"))
    assert got.status_code == 503
    assert "alliance build" in got.json()["detail"]
    assert str(tmp_path) not in got.text
    assert asyncio.run(get("/question/signals-of-seeking")).status_code == 200
    with pytest.raises(StoreError, match=r"asking\.json"):
        Asker(older, release.questions, release.catalog)
    (older / "asking.json").write_text('{"order": 3}', encoding="utf-8")
    with pytest.raises(StoreError, match="damaged"):
        Asker(older, release.questions, release.catalog)
