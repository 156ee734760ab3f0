"""Named questions over HTTP."""

from __future__ import annotations

import csv
import html
import io
import re

import httpx
import pytest

from api.routes.questions import ANSWER_TYPES
from kg.namespaces import BASE
from kg.questions import INTEGER
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
    promised = "question parameters columns rows note sparql release total next citation"
    assert list(body) == promised.split()
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


@pytest.mark.parametrize("short", [name for name in ANSWER_TYPES.values() if name != "json"])
def test_other_formats_hold_the_same_signals(client: httpx.Client, short: str) -> None:
    answer = client.get(PATH, params={**ASKED, "format": short})
    assert answer.status_code == 200
    for name in WANTED:
        assert re.search(rf"signal[/:]{name}", answer.text)


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
        told = {parameter["name"]: parameter for parameter in described["parameters"]}
        own = {parameter.name for parameter in question.parameters}
        assert set(told) == own | {"format", "page", "limit"}
        for parameter in question.parameters:
            assert told[parameter.name]["required"] != parameter.optional
            schema = told[parameter.name]["schema"]
            if parameter.kind == INTEGER:
                assert (schema["minimum"], schema["maximum"]) == (
                    parameter.minimum,
                    parameter.maximum,
                )
            elif len(parameter.values) <= 60:
                assert schema["enum"] == list(parameter.values)
            else:
                assert all(re.search(schema["pattern"], value) for value in parameter.values)
        assert set(described["responses"]["200"]["content"]) == set(ANSWER_TYPES)


def test_every_example_is_had_in_every_format(client: httpx.Client, release: Release) -> None:
    for question in release.questions.values():
        path = f"/question/{question.name}/answer"
        for media_type in ANSWER_TYPES:
            headers = {"Accept": media_type}
            answer = client.get(path, params={**question.example, "limit": 3}, headers=headers)
            assert answer.status_code == 200, (path, media_type, answer.text[:300])
            assert answer.headers["content-type"].partition(";")[0] == media_type
        body = client.get(path, params=question.example).json()
        assert body["rows"], path
        page = client.get(f"/question/{question.name}", headers={"Accept": "text/html"})
        assert page.status_code == 200
        for parameter in question.parameters:
            assert f'name="{parameter.name}"' in page.text


def test_pages_lead_from_one_to_the_next(client: httpx.Client) -> None:
    whole = client.get(PATH, params=ASKED).json()
    assert whole["next"] is None
    found, address = [], f"{PATH}?from=magical-alliance&to=working-alliance&limit=4"
    tags = set()
    while address:
        answer = client.get(address)
        tags.add(answer.headers["etag"])
        body = answer.json()
        assert body["total"] == len(whole["rows"])
        found += body["rows"]
        link = re.search(r'<([^>]*)>; rel="next"', answer.headers["link"])
        assert (link[1] if link else None) == body["next"]
        address = body["next"]
    assert found == whole["rows"]
    assert len(tags) == 2
    for short in ("csv", "sparql-json", "ttl", "md"):
        second = client.get(PATH, params={**ASKED, "limit": 4, "page": 2, "format": short})
        assert f"format={short}" in second.headers["link"]
        assert "response-to-reframing-lost" in second.text
        assert "visits-grow-longer" not in second.text
    page = client.get(PATH, params={**ASKED, "limit": 4, "format": "html"}).text
    assert "rows 1 to 4 of 6" in page
    assert 'rel="next"' in page


@pytest.mark.parametrize(
    "params",
    [
        *({"page": value} for value in ("0", "7", "x", "9" * 400, " 1", "1.0")),
        *({"limit": value} for value in ("0", "1001", "-1", "٣")),
    ],
)
def test_a_page_that_is_none_is_422(client: httpx.Client, params: dict[str, str]) -> None:
    answer = client.get(PATH, params={**ASKED, **params}, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["parameter"] in params


def test_an_answer_says_how_it_is_cited(client: httpx.Client, release: Release) -> None:
    answer = client.get(PATH, params=ASKED)
    citation = answer.json()["citation"]
    assert release.manifest.digest[:12] in citation
    iri = citation.split()[-1]
    assert f'<{iri}>; rel="cite-as"' in answer.headers["link"]
    assert html.escape(citation) in client.get(PATH, params={**ASKED, "format": "html"}).text
    assert citation in client.get(PATH, params={**ASKED, "format": "md"}).text
    # the IRI is where the answer is
    assert client.get(iri.removeprefix(BASE.rstrip("/"))).json()["citation"] == citation


def test_an_answer_that_is_known_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get(PATH, params=ASKED)
    tag = {"If-None-Match": first.headers["etag"]}
    again = client.get(PATH, params=ASKED, headers=tag)
    assert again.status_code == 304
    assert not again.content
    assert client.get(PATH, params={**ASKED, "to": "client"}, headers=tag).status_code == 422


def test_a_form_that_leaves_a_choice_open(client: httpx.Client) -> None:
    path = "/question/case-numbers/answer"
    page = client.get(path, params={"case": "", "format": "html"})
    assert page.status_code == 200
    assert '<option value="">any</option>' in page.text
    assert ": any" in page.text
    assert client.get(path).json()["parameters"] == {}
    assert client.get(f"{path}?case=Ms%20L.").json()["parameters"] in ({"case": "ms-l"}, None)


@pytest.mark.parametrize(
    "value",
    [
        *("x" * 6000, "\x00", "<script>alert(1)</script>", "../../etc/passwd", "a\nb"),
        *("मैजिक", "🪄", "%", "concept:", ":", "<>", "?x } DROP ALL #"),
        "https://w3id.org/alliance-atlas/case/ms-l",
    ],
)
def test_whatever_is_no_value_is_refused_without_harm(client: httpx.Client, value: str) -> None:
    for path, name in ((PATH, "to"), ("/question/definition/answer", "concept")):
        params = {"from": "magical-alliance", "to": value} if name == "to" else {name: value}
        for accept in ("application/json", "text/html"):
            answer = client.get(path, params=params, headers={"Accept": accept})
            assert answer.status_code == 422, (path, value)
            assert accept != "text/html" or "<script>alert" not in answer.text


def test_things_in_a_page_are_called_by_their_labels(client: httpx.Client) -> None:
    text = client.get(PATH, params={**ASKED, "format": "html"}).text
    assert '<a href="/concept/magical-alliance">magical alliance</a>' in text
    assert re.search(r'<a href="/signal/visits-grow-longer">[a-z ]+</a>', text)
    chains = client.get(
        "/question/related/answer",
        params={"first": "magical-alliance", "second": "working-alliance", "format": "html"},
    ).text
    assert '<a href="/concept/working-alliance">working alliance</a>' in chains
