"""Pages for readers: what a concept, a comparison or a glossary says, and how it is cited."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any
from xml.etree import ElementTree as Xml

import httpx
import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import OWL, RDF

from kg.namespaces import BASE, KINDS
from kg.release import Release

HTML = {"Accept": "text/html"}
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
CONFUSED = "/compare?a=defensive-idealization&b=idealizing-transference"


def page(client: httpx.Client, path: str) -> str:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 200, path
    return answer.text


def sections(text: str) -> dict[str, str]:
    """The sections of a page, by id."""
    parts = re.split(r'<section id="([\w-]+)">', text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def data(text: str) -> list[dict[str, Any]]:
    """What a page says in schema.org's terms."""
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    item = json.loads(block)
    assert item["@context"] == "https://schema.org"
    return list(item.get("@graph", [item]))


def test_a_concept_is_told_in_layers(client: httpx.Client) -> None:
    text = page(client, "/concept/defensive-idealization")
    found = sections(text)
    assert list(found) == [
        "meaning", "neighbourhood", "facets", "contrasts", "usage", "elsewhere", "formal", "cite"
    ]  # fmt: skip
    assert text.index('<p class="lead">Defence by which') < text.index('id="meaning"')
    assert "Example." in found["meaning"] and "Invented:" in found["meaning"]
    assert "/source/lee-alliances/passage/" in found["meaning"]
    assert "agent of change" in found["facets"]
    assert "no claim by this measure" in found["contrasts"]
    assert "Gedo" in found["usage"]
    assert "<details>" in found["formal"] and "shares nothing with" in found["formal"]


def test_the_list_of_contents_leads_to_what_is_there(client: httpx.Client) -> None:
    for name in ("magical-alliance", "defensive-idealization", "alliance", "transference"):
        text = page(client, f"/concept/{name}")
        (contents,) = re.findall(r'<nav class="toc".*?</nav>', text, re.DOTALL)
        targets = re.findall(r'href="#([\w-]+)"', contents)
        assert len(targets) > 3
        assert targets == list(sections(text))


def test_signals_and_cases_stand_on_the_page_with_what_happened(client: httpx.Client) -> None:
    found = sections(page(client, "/concept/magical-alliance"))
    assert "each return visit lasts longer" in found["signals"]
    assert "misleadingly suggests" in found["signals"]
    assert 'class="mark inferred"' in found["signals"]
    assert "/case/ms-l/episode/1" in found["cases"]
    assert "covert" in found["cases"]


def test_a_hedge_stands_beside_what_it_limits(client: httpx.Client) -> None:
    facets = sections(page(client, "/concept/magical-alliance"))["facets"]
    row = facets[facets.index("can shift to") :]
    assert "hedged: “often”" in row[: row.index("</tr>")]
    assert "hedged: “sometimes”" in row[: row.index("</tr>")]


@pytest.mark.parametrize(
    "path",
    ["/concept/magical-alliance", "/case/ms-l", "/case/mr-g", "/signal/eats-and-sleeps-again"],
)
def test_a_note_is_called_an_inference_only_where_it_is_one(
    client: httpx.Client, path: str
) -> None:
    text = page(client, path)
    lines = re.findall(r'<p class="evidence">(?:(?!</p>).)*class="inference".*?</p>', text, re.S)
    assert lines
    for line in lines:
        inferred = 'class="mark inferred' in line
        assert ("Inferred:" in line) == inferred, line
        assert ("Note:" in line) != inferred, line


def test_short_forms_in_notes_are_links(client: httpx.Client) -> None:
    meaning = sections(page(client, "/concept/working-alliance"))["meaning"]
    assert '<a href="/concept/working-alliance-greenson">working alliance (Greenson)</a>' in meaning
    assert "concept:working" not in meaning


def test_a_table_is_had_as_it_is_shown(client: httpx.Client) -> None:
    text = page(client, "/concept/magical-alliance")
    links = {
        link.replace("&amp;", "&")
        for link in re.findall(r'href="((?:/question|/compare)[^"]*format=(?:csv|json))"', text)
    }
    assert len(links) >= 10
    for link in sorted(links):
        answer = client.get(link)
        assert answer.status_code == 200, link
        wanted = "text/csv" if link.endswith("csv") else "application/json"
        assert answer.headers["content-type"].split(";")[0] == wanted, link


def test_a_signal_tells_what_it_indicates_and_where_it_was_seen(client: httpx.Client) -> None:
    found = sections(page(client, "/signal/visits-grow-longer"))
    assert "attendance" in found["meaning"]
    assert "/concept/shift-magical-to-working" in found["facets"]
    assert "text lost after line 90" in found["facets"]
    assert "/case/returning-parishioner" in found["cases"]


def test_a_work_is_told_as_printed_and_page_by_page(client: httpx.Client) -> None:
    found = sections(page(client, "/source/kohut-1971"))
    assert "text lost after line 507" in found["record"]
    assert re.findall(r"<h3>(.*?)</h3>", found["resting"]) == [
        "Page 30", "Page 49", "Page 75", "Page 316", "No page told"
    ]  # fmt: skip
    corrected = sections(page(client, "/source/wallerstein-1986"))["record"]
    assert "Corrected title" in corrected
    lines = sections(page(client, "/source/lee-alliances"))["lines"]
    assert len(re.findall(r"/source/lee-alliances/passage/", lines)) > 600


def test_a_passage_tells_what_rests_on_it_and_what_is_around(client: httpx.Client) -> None:
    text = page(client, "/source/lee-alliances/passage/50-53")
    assert "/claim/" in text and "/signal/" in text
    assert 'rel="prev"' in text and 'rel="next"' in text
    assert "/question/claims-on-line/answer?line=50" in text


def test_a_comparison_is_had_for_people_programs_and_spreadsheets(client: httpx.Client) -> None:
    text = page(client, CONFUSED)
    assert text.index("Said of both") < text.index("agent of change")
    body = client.get(f"{CONFUSED}&format=json").json()
    assert [thing["name"] for thing in body["things"]] == [
        "defensive-idealization",
        "idealizing-transference",
    ]
    assert len(body["direct"]) == 2
    by_label = {row["label"]: row["cells"] for row in body["criteria"]}
    assert [cell["claims"][0]["objectLabel"] for cell in by_label["agent of change"]] == [
        "therapist",
        "client",
    ]
    assert [cell["said"] for cell in by_label["avoids"]] == [True, False]
    table = list(csv.DictReader(io.StringIO(client.get(f"{CONFUSED}&format=csv").text)))
    assert {row["claim"] for row in table if row["claim"]} == {
        claim["claim"]
        for row in body["criteria"]
        for cell in row["cells"]
        for claim in cell["claims"]
    } | {claim["claim"] for claim in body["direct"]}


def test_labels_and_three_or_more_can_be_compared(client: httpx.Client) -> None:
    asked = {"a": "Magical Alliance", "b": "concept:working-alliance", "c": "healing alliance"}
    body = client.get("/compare", params={**asked, "format": "json"}).json()
    names = [thing["name"] for thing in body["things"]]
    assert names == ["magical-alliance", "working-alliance", "therapeutic-alliance"]


@pytest.mark.parametrize(
    ("path", "parameter", "near"),
    [
        ("/compare?a=magical-aliance&b=working-alliance", "a", "magical-alliance"),
        ("/compare?a=magical-alliance&b=workin-alliance", "b", "working-alliance"),
        ("/compare?a=magical-alliance&b=magical-alliance", "b", None),
        ("/paths?a=magical-alliance", "b", None),
        ("/paths?a=magical-alliance&b=strukturalizing-alliance", "b", "structuralizing-alliance"),
        (f"/compare?a={'x' * 5000}", "a", None),
    ],
)
def test_a_wrong_name_is_422_with_the_nearest(
    client: httpx.Client, path: str, parameter: str, near: str | None
) -> None:
    answer = client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["parameter"] == parameter
    assert len(problem["detail"]) < 400
    if near:
        assert problem["nearest"][0] == near
        shown = client.get(path, headers=HTML)
        assert shown.status_code == 422
        assert near in shown.text


def test_paths_are_sentences_with_their_evidence(client: httpx.Client) -> None:
    asked = "/paths?a=magical-alliance&b=structuralizing-alliance"
    text = page(client, asked)
    assert "sometimes leads on to a therapeutic one" in text
    assert "hedged: “sometimes”" in text
    chains = client.get(f"{asked}&format=json").json()["chains"]
    assert chains
    for chain in chains:
        ends = [{step["subject"], step["object"]} for step in chain]
        assert BASE + "concept/magical-alliance" in ends[0]
        assert BASE + "concept/structuralizing-alliance" in ends[-1]
        assert all(step["claim"] and step["certainty"] for step in chain)


def test_the_glossary_has_every_concept_once(client: httpx.Client, release: Release) -> None:
    concepts = release.catalog.of_kind("concept")
    text = page(client, "/glossary")
    assert len(re.findall(r'<dt id="term-([\w-]+)">', text)) == len(concepts)
    for target in set(re.findall(r'href="#([\w-]+)"', text)):
        assert f'id="{target}"' in text, target
    rows = list(csv.DictReader(io.StringIO(client.get("/glossary?format=csv").text)))
    assert {row["iri"] for row in rows} == {entry.iri for entry in concepts}
    assert all(row["definition"] for row in rows)


def test_the_tree_has_every_concept_and_class(client: httpx.Client, release: Release) -> None:
    text = page(client, "/tree")
    for entry in release.catalog.of_kind("concept"):
        assert f'id="concept-{entry.name}"' in text, entry.name
    assert 'href="/ontology/MagicalAlliance"' in text


def test_what_is_uncertain_is_counted_and_listed(client: httpx.Client) -> None:
    items = client.get("/uncertain?format=json").json()["items"]
    assert {item["name"] for item in items} >= {"hedged", "inferred", "lost", "contested"}
    found = sections(page(client, "/uncertain"))
    for item in items:
        assert item["total"] > 0
        assert len(re.findall(r"<li>", found[item["name"]])) == item["total"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ontology"])
def test_everything_can_be_cited(client: httpx.Client, release: Release, kind: str) -> None:
    entry = release.catalog.of_kind(kind)[0]
    path = "/" + entry.iri.removeprefix(BASE)
    for media_type, suffix in (
        ("application/x-bibtex", "bib"),
        ("application/x-research-info-systems", "ris"),
        ("application/vnd.citationstyles.csl+json", "csl"),
    ):
        answer = client.get(path, headers={"Accept": media_type})
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].split(";")[0] == media_type
        assert entry.iri in answer.text
        same = client.get(f"{path}.{suffix}")
        assert same.content == answer.content
        assert f'.{suffix}"' in same.headers["content-disposition"]
    assert f'href="{path}.bib"' in page(client, path)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/concept/magical-alliance", "DefinedTerm"),
        ("/signal/visits-grow-longer", "DefinedTerm"),
        ("/concept", "DefinedTermSet"),
        ("/source/zetzel-1956", "ScholarlyArticle"),
        ("/source/kohut-1971", "Book"),
        ("/source/author/kohut", "Person"),
        ("/", "Dataset"),
    ],
)
def test_search_engines_are_told_what_a_page_is(client: httpx.Client, path: str, kind: str) -> None:
    text = page(client, path)
    items = data(text)
    assert kind in {item["@type"] for item in items}
    if path.count("/") > 1:
        (crumbs,) = (item for item in items if item["@type"] == "BreadcrumbList")
        assert [step["position"] for step in crumbs["itemListElement"]] == list(
            range(1, len(crumbs["itemListElement"]) + 1)
        )
    for name in ("og:title", "og:description", "og:type", "og:url"):
        assert f'<meta property="{name}" content="' in text, name
    assert text.count('rel="canonical"') == 1


def test_modules_dereference_with_what_they_define(client: httpx.Client) -> None:
    listed = client.get("/module?format=json").json()["items"]
    assert len(listed) > 60
    for item in listed[::12]:
        path = "/" + item["iri"].removeprefix(BASE)
        assert item["title"] in page(client, path).replace("&#39;", "'")
        turtle = client.get(path, headers={"Accept": "text/turtle"}).text
        graph = Graph().parse(data=turtle, format="turtle")
        assert (URIRef(item["iri"]), RDF.type, OWL.Ontology) in graph
        assert len(graph) >= 4
    case = client.get("/module/schema-case.ttl").text
    graph = Graph().parse(data=case, format="turtle")
    instant = URIRef(BASE + "ontology/InstantChangeAlliance")
    (same,) = graph.objects(instant, OWL.equivalentClass)
    assert len(list(graph.items(graph.value(same, OWL.intersectionOf)))) == 2
    assert client.get("/module/nope", headers={"Accept": "application/json"}).status_code == 404


def test_the_version_is_the_release(client: httpx.Client, release: Release) -> None:
    path = f"/{release.manifest.version}/"
    answer = client.get(path, headers={"Accept": "application/n-triples"})
    assert answer.status_code == 200
    assert answer.content == (release.folder / "alliance-atlas.nt").read_bytes()
    shown = client.get(path, headers=HTML)
    assert (shown.status_code, shown.headers["location"]) == (303, "/download")
    assert client.get("/0.0.9/", headers=HTML).status_code == 404


def test_the_sitemap_lists_pages_that_are_there(client: httpx.Client, release: Release) -> None:
    root = Xml.fromstring(client.get("/sitemap.xml").text)
    places = [node.text or "" for node in root.iter(f"{SITEMAP}loc")]
    assert len(places) == len(set(places)) > len(release.catalog) - 30
    paths = [place.removeprefix(str(client.base_url).rstrip("/")) for place in places]
    for path in paths[:20] + paths[20::200]:
        answer = client.get(path, headers=HTML, follow_redirects=True)
        assert answer.status_code == 200, path
    robots = client.get("/robots.txt").text
    assert "Sitemap: http" in robots and "Disallow: /sparql?" in robots
    assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"


def test_the_feed_tells_what_changed(client: httpx.Client, release: Release) -> None:
    answer = client.get("/feed.xml")
    assert answer.headers["content-type"] == "application/atom+xml"
    root = Xml.fromstring(answer.text)
    for name in ("id", "title", "updated"):
        assert root.findtext(f"{ATOM}{name}"), name
    changes = root.findall(f"{ATOM}entry")
    assert changes
    for change in changes:
        for name in ("id", "title", "updated", "content"):
            assert change.findtext(f"{ATOM}{name}"), name
    assert release.manifest.version in (changes[0].findtext(f"{ATOM}title") or "")
