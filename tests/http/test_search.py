"""Search over HTTP: pages, JSON, suggestions, and what a browser is told."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html import unescape

import httpx
import pytest

from kg.release import Release

HTML = {"Accept": "text/html"}
SCRIPT = "<script>alert(1)</script>"


def search(client: httpx.Client, **params: str | int) -> dict[str, object]:
    answer = client.get("/search", params=params, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert isinstance(found, dict)
    return found


def test_a_program_gets_items_counts_and_what_follows(client: httpx.Client) -> None:
    found = search(client, q="idealising transference")
    first = found["items"][0]  # type: ignore[index]
    assert first["iri"] == "https://w3id.org/alliance-atlas/concept/idealizing-transference"
    assert first["kind"] == "concept"
    assert first["label"] == "idealizing transference"
    assert first["highlight"]["label"] == "<mark>idealizing</mark> <mark>transference</mark>"
    assert found["did_you_mean"] is None
    assert found["every_word"] is True
    kinds = {item["value"]: item["count"] for item in found["facets"]["kind"]}  # type: ignore[index]
    assert found["total"] == sum(kinds.values())
    assert kinds["concept"] > 1


def test_pages_are_linked_to_the_last(client: httpx.Client) -> None:
    seen: list[str] = []
    address: str | None = "/search?q=magical+alliance&format=json"
    total = None
    while address:
        answer = client.get(address, headers={"Accept": "application/json"})
        assert answer.status_code == 200
        body = answer.json()
        total = total or body["total"]
        assert body["total"] == total
        seen += [item["iri"] for item in body["items"]]
        address = body["next"]
        assert len(seen) <= total
    assert len(seen) == len(set(seen)) == total > 40
    beyond = search(client, q="magical alliance", page=900)
    assert beyond["items"] == []
    assert beyond["next"] is None
    assert beyond["total"] == total


def test_a_reader_gets_a_page_by_kind_with_marks_and_links(client: httpx.Client) -> None:
    text = client.get("/search", params={"q": "magical alliance"}, headers=HTML).text
    assert "<h2>Concepts</h2>" in text
    assert (
        '<a href="/concept/magical-alliance"><mark>magical</mark> <mark>alliance</mark></a>' in text
    )
    assert 'value="magical alliance"' in text
    narrower = re.search(r'href="(/search\?[^"]*kind=claim)"', text)
    assert narrower
    claims = client.get(unescape(narrower[1]), headers=HTML).text
    assert "among claims" in claims
    assert set(re.findall(r"<h2>(.*?)</h2>", claims)) == {"Claims"}
    following = re.search(r'href="([^"]+)" rel="next"', claims)
    assert following
    second = client.get(unescape(following[1]), headers=HTML).text
    assert 'rel="prev"' in second


def test_a_part_says_of_what(client: httpx.Client) -> None:
    text = client.get("/search", params={"q": "ready to burst", "kind": "case"}, headers=HTML).text
    assert re.search(r'href="/case/ms-l/[^"]+">.*?</a> <span class="kind">in Ms. L</span>', text)


def test_slips_are_told(client: httpx.Client) -> None:
    found = search(client, q="defensve idaelisation")
    assert found["did_you_mean"] == "defensive idealization"
    assert found["items"][0]["name"] == "defensive-idealization"  # type: ignore[index]
    text = client.get("/search", params={"q": "defensve idaelisation"}, headers=HTML).text
    assert "<strong>defensive idealization</strong>" in text
    some = search(client, q="parishioner prozac twinship")
    assert some["every_word"] is False


def test_every_page_has_the_box(client: httpx.Client) -> None:
    for path in ("/", "/concept", "/concept/magical-alliance", "/sparql", "/nope"):
        text = client.get(path, headers=HTML).text
        assert re.search(
            r'<form class="(search|finder)" action="/search" method="get" role="search">', text
        )
        assert 'rel="search" type="application/opensearchdescription+xml"' in text


@pytest.mark.parametrize("query", ["", " ", "!", "\x00", "xyzzyqqq", "the of and"])
def test_what_finds_little_is_an_answer(client: httpx.Client, query: str) -> None:
    found = search(client, q=query)
    assert found["next"] is None or found["total"]
    page = client.get("/search", params={"q": query}, headers=HTML)
    assert page.status_code == 200
    assert client.get("/search", headers=HTML).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        SCRIPT,
        '"><img src=x onerror=alert(1)>',
        "magical AND (alliance* OR NEAR",
        'a"b:c^d{e}',
        "magical\x00\x01\x1b\x7f",
        "\u202ealliance\u202c",
        "{{ 7*7 }} alliance",
        "мagical 移情 αλλ",
        "magical " * 1250,
        "a" * 10_000,
        "%" * 500,
        "\ud7ff\ufffe\U0010ffff",
    ],
)
def test_whatever_is_sent_is_text(client: httpx.Client, query: str) -> None:
    assert search(client, q=query)["query"] == query
    page = client.get("/search", params={"q": query}, headers=HTML)
    assert page.status_code == 200
    for harm in ("<script", "<img src=x", "\x00", "\x1b", "\u202e", ">49<"):
        assert harm not in page.text
    assert client.get("/search/suggest", params={"q": query}).json()[0] == query


def test_bytes_that_are_no_utf8_are_text_too(client: httpx.Client) -> None:
    assert client.get("/search?q=%ff%fe%80&format=json").json()["query"] == "\ufffd" * 3


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"kind": "concepts"}, "kind"),
        ({"kind": SCRIPT}, "kind"),
        ({"class": "AllianceConcpt"}, "class"),
        ({"page": "0"}, "page"),
        ({"page": "-1"}, "page"),
        ({"page": "x"}, "page"),
        ({"page": "1" * 400}, "page"),
        ({"format": "xml"}, "format"),
    ],
)
def test_a_wrong_parameter_is_named(
    client: httpx.Client, params: dict[str, str], parameter: str
) -> None:
    answer = client.get("/search", params={"q": "alliance", **params})
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["parameter"] == parameter
    if parameter == "kind":
        assert "concept" in problem["allowed"]
    if parameter == "class":
        assert "AllianceConcept" in problem["nearest"]


def test_suggestions_are_as_opensearch_has_them(client: httpx.Client, address: str) -> None:
    answer = client.get("/search/suggest", params={"q": "magical al"})
    assert answer.headers["content-type"] == "application/x-suggestions+json"
    typed, texts, about, links = answer.json()
    assert typed == "magical al"
    assert texts[0] == "magical alliance"
    assert len(texts) == len(set(texts)) == len(about) == len(links) <= 10
    assert links[0] == f"{address}/concept/magical-alliance"
    assert about[0]
    assert client.get("/search/suggest").json() == ["", [], [], []]
    slip = client.get("/search/suggest", params={"q": "magcal aliance"}).json()
    assert "magical alliance" in slip[1]


def test_a_browser_is_told_how_to_search(client: httpx.Client, address: str) -> None:
    answer = client.get("/opensearch.xml")
    assert answer.headers["content-type"].startswith("application/opensearchdescription+xml")
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    root = ET.fromstring(answer.content)
    assert root.tag == f"{space}OpenSearchDescription"
    assert len(root.findtext(f"{space}ShortName") or "") <= 16
    templates = {url.get("type"): url.get("template") or "" for url in root.iter(f"{space}Url")}
    assert set(templates) == {"text/html", "application/json", "application/x-suggestions+json"}
    for media_type, template in templates.items():
        assert template.startswith(address)
        filled = template.replace("{searchTerms}", "alliance").replace("{startPage?}", "1")
        got = httpx.get(filled, headers={"Accept": f"{media_type or ''}, */*;q=0.1"})
        assert got.status_code == 200
        assert got.headers["content-type"].split(";")[0] == media_type


@pytest.mark.parametrize("host", ['x"><script>', "evil<b>", "a b", "'"])
def test_a_strange_host_is_not_repeated(client: httpx.Client, host: str) -> None:
    for path in ("/opensearch.xml", "/reconcile", "/search/suggest?q=magical"):
        answer = client.get(path, headers={"Host": host})
        assert f"//{host}" not in answer.text
        if answer.status_code == 200:
            assert "no-store" in answer.headers["cache-control"]


def test_an_answer_is_known_again(client: httpx.Client, release: Release) -> None:
    first = client.get("/search", params={"q": "alliance"})
    assert first.headers["x-release"] == release.manifest.digest[:12]
    again = client.get(
        "/search", params={"q": "alliance"}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
