"""Questions in plain English over HTTP."""

from __future__ import annotations

import httpx
import pytest

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
