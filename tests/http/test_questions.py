"""Named questions over HTTP."""

from __future__ import annotations

import csv
import io

import httpx
import pytest

from kg.release import Release

PATH = "/question/signals-of-shift/answer"
ASKED = {"from": "magical-alliance", "to": "working-alliance"}
WANTED = {
    "visits-grow-longer",
    "shares-more-of-self",
    "asks-for-regular-self-exploration",
    "moves-of-itself-toward-working",
    "moves-once-expectations-clarified",
    "response-to-reframing-lost",
}


def test_the_customers_question(client: httpx.Client, release: Release) -> None:
    answer = client.get(PATH, params=ASKED)
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == ["question", "parameters", "columns", "rows", "note", "sparql", "release"]
    assert body["question"] == "signals-of-shift"
    assert body["parameters"] == ASKED
    assert body["release"] == release.manifest.digest
    assert {row["signal"].rpartition("/")[2] for row in body["rows"]} == WANTED
    for row in body["rows"]:
        assert row["claim"].startswith("https://w3id.org/alliance-atlas/claim/")
        assert row["lines"]
        assert row["whose"] == "client"
        assert row["certainty"] in {"hedged", "inferred"}
    (lost,) = [row for row in body["rows"] if row["signal"].endswith("lost")]
    assert lost["lostAfter"] == 158
    assert lost["case"].endswith("/case/ms-l")


def test_the_query_it_shows_gives_the_same(client: httpx.Client) -> None:
    body = client.get(PATH, params=ASKED).json()
    again = client.get("/sparql", params={"query": body["sparql"], "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(again.text)))
    assert [row["signal"] for row in rows] == [row["signal"] for row in body["rows"]]


@pytest.mark.parametrize("short", ["csv", "tsv", "sparql-json", "sparql-xml", "html"])
def test_other_formats_hold_the_same_signals(client: httpx.Client, short: str) -> None:
    answer = client.get(PATH, params={**ASKED, "format": short})
    assert answer.status_code == 200
    for name in WANTED:
        assert f"signal/{name}" in answer.text


def test_an_empty_answer_says_what_was_searched(client: httpx.Client) -> None:
    params = {"from": "structuralizing-alliance", "to": "magical-alliance"}
    body = client.get(PATH, params=params).json()
    assert body["rows"] == []
    assert "Searched" in body["note"]
    page = client.get(PATH, params={**params, "format": "html"})
    assert "Searched" in page.text


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"from": "magical-alliance"}, "to"),
        ({**ASKED, "to": "workin-aliance"}, "to"),
        ({**ASKED, "too": "x"}, "too"),
        ({**ASKED, "to": '"> } DROP ALL'}, "to"),
    ],
)
def test_a_bad_parameter_is_422_and_named(
    client: httpx.Client, params: dict[str, str], parameter: str
) -> None:
    answer = client.get(PATH, params=params, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    body = answer.json()
    assert body["parameter"] == parameter
    assert body["allowed"]
    if params.get("to") == "workin-aliance":
        assert body["nearest"][0] == "working-alliance"


def test_the_page_of_a_question_has_its_form(client: httpx.Client) -> None:
    for path in ("/question/signals-of-shift", f"{PATH}?from=working-alliance&to=magical-alliance"):
        text = client.get(path, headers={"Accept": "text/html"}).text
        assert f'action="{PATH}"' in text
        assert '<select id="p-from" name="from">' in text
    # the answer's form keeps what was asked
    assert '<option value="working-alliance" selected>' in text.partition("p-to")[0]


def test_the_page_of_an_answer_shows_how_sure_each_row_is(client: httpx.Client) -> None:
    text = client.get(PATH, params=ASKED, headers={"Accept": "text/html"}).text
    assert text.count('class="mark inferred"') == 4
    assert "text lost after line 158" in text
    assert "hedged: “generally”" in text
    assert 'href="/source/lee-alliances/passage/86-93"' in text


def test_a_parameter_given_twice_is_refused(client: httpx.Client) -> None:
    answer = client.get(f"{PATH}?from=magical-alliance&from=working-alliance&to=working-alliance")
    assert answer.status_code == 422


def test_an_unknown_question_is_404(client: httpx.Client) -> None:
    answer = client.get("/question/signals-of-shif/answer", headers={"Accept": "application/json"})
    assert answer.status_code == 404


def test_every_question_is_in_the_openapi_document(client: httpx.Client, release: Release) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert release.questions
    for question in release.questions.values():
        described = paths[f"/question/{question.name}/answer"]["get"]
        names = {parameter["name"] for parameter in described["parameters"]}
        assert names == {parameter.name for parameter in question.parameters} | {"format"}
