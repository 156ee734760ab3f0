"""Everything that has an IRI has a page, and every link leads somewhere."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import httpx
import pytest

from kg.namespaces import BASE, KINDS
from kg.release import Release

VOID = {"meta", "link", "br", "input", "img", "hr"}


class Page(HTMLParser):
    """Links, ids and whether all that is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.errors: list[str] = []
        self.lang = ""
        self.feed(text)
        self.close()
        self.errors += [f"<{tag}> is never closed" for tag in self.open if tag not in {"p", "li"}]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        if tag == "html":
            self.lang = found.get("lang") or ""
        if found.get("id"):
            self.ids.append(str(found["id"]))
        for name in ("href", "src"):
            if found.get(name):
                self.links.append(str(found[name]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.errors.append(f"</{tag}> closes {self.open[-1:]}")
        if tag in self.open:
            while self.open.pop() != tag:
                pass


def check_page(answer: httpx.Response) -> Page:
    assert answer.status_code == 200, answer.request.url
    page = Page(answer.text)
    assert not page.errors, (str(answer.request.url), page.errors[:3])
    assert page.tags.count("h1") == 1, answer.request.url
    # a drawing has titles too
    assert page.tags[: page.tags.index("body")].count("title") == 1
    assert page.lang == "en"
    assert len(page.ids) == len(set(page.ids)), answer.request.url
    return page


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_list(client: httpx.Client, kind: str, release: Release) -> None:
    entries = release.catalog.of_kind(kind)
    assert entries, f"there is no {kind}"
    page = check_page(client.get(f"/{kind}", headers={"Accept": "text/html"}))
    wanted = {"/" + entry.iri.removeprefix(BASE) for entry in entries}
    assert wanted <= set(page.links)
    listed = client.get(f"/{kind}", headers={"Accept": "application/json"}).json()
    assert listed["next"] is None
    assert {item["iri"] for item in listed["items"]} == {entry.iri for entry in entries}


def test_a_list_can_be_narrowed_to_a_class(client: httpx.Client) -> None:
    answer = client.get("/concept?class=ShiftConcept&format=json").json()
    names = {item["name"] for item in answer["items"]}
    assert "shift-magical-to-working" in names
    assert all("ShiftConcept" in item["classes"] for item in answer["items"])
    bad = client.get("/concept?class=Nonsense", headers={"Accept": "application/json"})
    assert bad.status_code == 422
    assert "ShiftConcept" in bad.json()["allowed"]


def test_no_internal_link_is_broken(client: httpx.Client, release: Release) -> None:
    """From the home page to whatever it leads to: every kind of page, a part of each kind."""
    seen: set[str] = set()
    waiting = ["/"]
    per_kind: dict[str, int] = {}
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        kind = "/".join(path.split("/")[1:2])
        deep = path.count("/") > 1
        per_kind[kind] = per_kind.get(kind, 0) + deep
        if deep and per_kind[kind] > 60:
            # the rest of a kind is checked by the catalog, which is cheaper than fetching it
            name = re.sub(
                r"\.(ttl|jsonld|rdf|nt|bib|ris|csl)$", "", path.partition("?")[0].lstrip("/")
            )
            if kind in KINDS and not name.endswith("/answer"):
                assert BASE + name in release.catalog, path
            continue
        answer = client.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            page = check_page(answer)
            waiting += [
                link.partition("#")[0]
                for link in page.links
                if link.startswith("/") and not link.startswith("//")
            ]
            waiting += [
                f"{path.split('?')[0]}{link}" for link in page.links if link.startswith("?")
            ]
    assert len(seen) > 200


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/case/ms-l", "Ms. L"),
        ("/case/ms-l/episode/1", "magical"),
        ("/case/returning-parishioner/shift/1", "shift"),
        ("/source/lee-alliances/passage/50-53", "50"),
        ("/source/lee-alliances/citation/c04", "75"),
        ("/source/author/greenson", "Greenson"),
        ("/source/kohut-1971", "Analysis of the Self"),
        ("/signal/visits-grow-longer", "longer"),
        ("/claim/visits-grow-longer-indicates-magical-to-working", "inferred"),
        ("/question/signals-of-shift", "Which signals"),
        ("/shape/R12", "relief"),
        ("/ontology/hasEpisode", "has episode"),
    ],
)
def test_pages_say_what_they_are_about(client: httpx.Client, path: str, says: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})
    check_page(answer)
    assert says.lower() in answer.text.lower()


def test_the_home_page_shows_the_four_alliances(client: httpx.Client) -> None:
    page = check_page(client.get("/", headers={"Accept": "text/html"}))
    for name in ("magical", "working", "therapeutic", "structuralizing"):
        assert f"/concept/{name}-alliance" in page.links


def test_the_home_page_tells_how_one_leads_to_another_and_how_surely(client: httpx.Client) -> None:
    text = client.get("/", headers={"Accept": "text/html"}).text
    moves = text[text.index('<details class="behind">') : text.index('<div class="doors">')]
    found = re.findall(
        r'"/concept/([a-z]+)-alliance">[^<]+</a> <span class="relation">→</span> '
        r'<a href="/concept/([a-z]+)-alliance"',
        moves,
    )
    assert found == [
        ("magical", "working"),
        ("magical", "therapeutic"),
        ("working", "therapeutic"),
        ("therapeutic", "structuralizing"),
    ]
    for hedge in ("often", "sometimes", "may", "generally"):
        assert f"hedged: “{hedge}”" in moves
    assert "/claim/magical-alliance-can-shift-to-working-alliance" in moves


def test_a_claim_page_tells_its_triple_and_its_evidence(client: httpx.Client) -> None:
    path = "/claim/visits-grow-longer-indicates-magical-to-working"
    text = client.get(path, headers={"Accept": "text/html"}).text
    for part in (
        "/source/author/lee",
        'class="mark inferred"',
        "text lost after line 90",
        "/source/lee-alliances/passage/86-93",
        "/signal/visits-grow-longer",
        "/ontology/indicates",
        "/concept/shift-magical-to-working",
        "Inferred:",
    ):
        assert part in text, part


def test_a_rule_page_tells_what_to_do_why_and_on_what_it_rests(client: httpx.Client) -> None:
    page = check_page(client.get("/shape/R12", headers={"Accept": "text/html"}))
    text = client.get("/shape/R12", headers={"Accept": "text/html"}).text
    for part in ("Add an observation", "<h2>Why</h2>", "Violation", "aa:indicatedBy"):
        assert part in text, part
    assert any(link.startswith("/claim/") for link in page.links)
    assert any(link.startswith("/source/lee-alliances/passage/") for link in page.links)


def test_every_rule_has_such_a_page(client: httpx.Client, release: Release) -> None:
    rules = [entry for entry in release.catalog.of_kind("shape") if len(entry.name) == 3]
    assert len(rules) == 20
    for rule in rules:
        text = client.get(f"/shape/{rule.name}", headers={"Accept": "text/html"}).text
        assert '<p class="lead">' in text, rule.name
        assert "<h2>Why</h2>" in text, rule.name


def test_a_part_leads_back_to_its_whole(client: httpx.Client) -> None:
    for path, whole in (
        ("/case/ms-l/episode/1", "/case/ms-l"),
        ("/source/lee-alliances/passage/50-53", "/source/lee-alliances"),
    ):
        text = client.get(path, headers={"Accept": "text/html"}).text
        assert f'› <a href="{whole}">' in text


def test_a_claim_shows_who_how_surely_and_where(client: httpx.Client) -> None:
    text = client.get("/concept/magical-alliance", headers={"Accept": "text/html"}).text
    assert "R. Lee" in text
    assert 'class="mark hedged"' in text
    assert "/source/lee-alliances/passage/" in text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/case/study-prozac-trials", ["8731 (patient)", "40 (percent)", "1987-1997"]),
        ("/case/ms-l", ["more than 1000 (dollar)", "about 20 (session)", "vague (session)"]),
        ("/case/mr-j", ["30 (session)", "3-4 (session)"]),
    ],
)
def test_numbers_are_shown_with_unit_and_bound(
    client: httpx.Client, path: str, shown: list[str]
) -> None:
    text = client.get(path, headers={"Accept": "text/html"}).text
    for number in shown:
        assert f"<strong>{number}</strong>" in text


def test_lost_text_is_marked_on_the_page(client: httpx.Client) -> None:
    text = client.get("/case/ms-l", headers={"Accept": "text/html"}).text
    assert "text lost after line 158" in text


def test_an_unknown_name_is_404_with_the_nearest(client: httpx.Client) -> None:
    answer = client.get("/concept/magical-aliance", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["nearest"][0] == "magical-alliance"
    page = client.get("/concept/magical-aliance", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "magical-alliance" in page.text


def test_an_unknown_kind_is_404(client: httpx.Client) -> None:
    for path in ("/nonsense", "/nonsense/x", "/concept/-", "/case/ms-l/episode/99"):
        assert client.get(path, headers={"Accept": "application/json"}).status_code == 404, path


def test_json_is_utf8_and_whole(client: httpx.Client) -> None:
    body = client.get("/claim?format=json").content
    assert len(json.loads(body.decode("utf-8"))["items"]) > 500
