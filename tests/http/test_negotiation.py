"""Which representation a client gets."""

from __future__ import annotations

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, URIRef
from rdflib.namespace import SKOS

from api.negotiation import choose, parse_accept
from kg.namespaces import BASE, KINDS
from kg.release import Release

MAGICAL = "https://w3id.org/alliance-atlas/concept/magical-alliance"
SYNTAXES = {
    "ttl": ("text/turtle", "turtle"),
    "jsonld": ("application/ld+json", "json-ld"),
    "rdf": ("application/rdf+xml", "xml"),
    "nt": ("application/n-triples", "nt"),
}


@given(st.text())
def test_no_accept_header_crashes_the_reader(header: str) -> None:
    for media_range, weight in parse_accept(header):
        assert "/" in media_range
        assert 0.0 <= weight <= 1.0


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["text/html", "text/csv", "image/png", "text/*", "*/*"]),
            st.integers(0, 1000),
        ),
        max_size=6,
        unique_by=lambda item: item[0],
    ),
    st.permutations(["text/html", "text/csv", "image/png"]),
)
def test_nothing_that_is_offered_is_preferred_to_the_choice(
    accepted: list[tuple[str, int]], offers: list[str]
) -> None:
    weights = dict(accepted)

    def weight(offer: str) -> int:
        ranges = (offer, offer.split("/")[0] + "/*", "*/*")
        return next((weights[name] for name in ranges if name in weights), 0)

    header = ", ".join(f"{name};q={thousandths / 1000:.3f}" for name, thousandths in accepted)
    chosen = choose(header, offers)
    if not accepted:
        assert chosen == offers[0]
    elif chosen is None:
        assert not any(map(weight, offers))
    else:
        assert weight(chosen) == max(map(weight, offers)) > 0
        # of equals, the first
        assert all(weight(offer) < weight(chosen) for offer in offers[: offers.index(chosen)])


@given(st.text(), st.lists(st.sampled_from(["text/html", "text/csv", "image/png"]), min_size=1))
def test_what_is_chosen_is_offered(header: str, offers: list[str]) -> None:
    assert choose(header, offers) in {*offers, None}


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "text/html"),
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/turtle", "text/turtle"),
        ("text/turtle;q=0.4, text/html;q=0.5", "text/html"),
        ("text/html;q=0, */*", "text/turtle"),
        ("text/*;q=0.3, text/turtle;q=0.1", "text/html"),
        ("TEXT/TURTLE", "text/turtle"),
        ("text/turtle;q=oops", None),
        ("text/turtle;q=nan, text/html;q=0.1", "text/html"),
        ("text/turtle;q=inf, text/html;q=0.1", "text/html"),
        ("text/turtle;q=1e9, text/html;q=0.1", "text/html"),
        ("text/turtle;q=7, text/html;q=0.9", "text/turtle"),
        ("text/turtle ; Q=.5, text/html;q=0.", "text/turtle"),
        ("image/png", None),
    ],
)
def test_accept_is_read_as_rfc_9110_has_it(accept: str | None, chosen: str | None) -> None:
    assert choose(accept, ["text/html", "text/turtle"]) == chosen


@pytest.mark.parametrize("short", SYNTAXES)
@pytest.mark.parametrize("way", ["accept", "suffix", "format"])
def test_a_concept_is_had_in_every_syntax(client: httpx.Client, short: str, way: str) -> None:
    media_type, parser = SYNTAXES[short]
    path = "/concept/magical-alliance"
    match way:
        case "accept":
            answer = client.get(path, headers={"Accept": media_type})
        case "suffix":
            answer = client.get(f"{path}.{short}")
        case _:
            answer = client.get(path, params={"format": short})
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == media_type
    assert "Accept" in answer.headers["vary"]
    graph = Graph().parse(data=answer.content, format=parser)
    assert str(graph.value(URIRef(MAGICAL), SKOS.prefLabel)) == "magical alliance"


def test_every_syntax_says_the_same(client: httpx.Client) -> None:
    sizes = {
        len(Graph().parse(data=client.get(f"/case/ms-l.{short}").content, format=parser))
        for short, (_, parser) in SYNTAXES.items()
    }
    assert len(sizes) == 1
    assert sizes.pop() > 100


def test_a_browser_gets_a_page(client: httpx.Client) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    answer = client.get("/concept/magical-alliance", headers={"Accept": accept})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>magical alliance</h1>" in answer.text
    assert client.get("/concept/magical-alliance.html", headers={"Accept": "text/turtle"}).text == (
        answer.text
    )


def test_what_is_not_offered_is_406_with_a_list(client: httpx.Client) -> None:
    answer = client.get("/concept/magical-alliance", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert answer.headers["content-type"] == "application/problem+json"
    assert "text/turtle" in answer.json()["offered"]
    assert "?format=ttl" in answer.json()["detail"]


def test_an_unknown_format_is_422_with_a_list(client: httpx.Client) -> None:
    answer = client.get("/concept/magical-alliance?format=pdf")
    assert answer.status_code == 422
    allowed = ["html", "ttl", "jsonld", "rdf", "nt", "bib", "ris", "csl"]
    assert answer.json()["allowed"] == allowed


def test_a_client_that_has_it_is_told_so(client: httpx.Client) -> None:
    first = client.get("/signal/visits-grow-longer.ttl")
    again = client.get(
        "/signal/visits-grow-longer.ttl", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    other = client.get("/signal/visits-grow-longer.nt")
    assert other.headers["etag"] != first.headers["etag"]


def test_by_accept_the_etag_differs_by_media_type(client: httpx.Client) -> None:
    tags = {
        client.get("/concept/world-change", headers={"Accept": media_type}).headers["etag"]
        for media_type, _ in SYNTAXES.values()
    }
    assert len(tags) == len(SYNTAXES)


def test_head_is_get_without_the_body(client: httpx.Client) -> None:
    for path in ("/", "/concept", "/concept/magical-alliance.ttl", "/sparql", "/validate"):
        got, head = client.get(path), client.head(path)
        assert head.status_code == got.status_code == 200, path
        assert head.content == b""
        for name in ("content-type", "content-length"):
            assert head.headers.get(name) == got.headers.get(name), path


def test_other_origins_may_read(client: httpx.Client) -> None:
    answer = client.get("/concept/magical-alliance.ttl", headers={"Origin": "https://example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"
    preflight = client.options(
        "/sparql",
        headers={
            "Origin": "https://example.org",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "Content-Type",
        },
    )
    assert preflight.status_code == 200
    assert "POST" in preflight.headers["access-control-allow-methods"]


def test_a_class_leads_a_browser_to_its_concept(client: httpx.Client) -> None:
    page = client.get("/ontology/MagicalAlliance", headers={"Accept": "text/html"})
    assert page.status_code == 303
    assert page.headers["location"] == "/concept/magical-alliance"
    data = client.get("/ontology/MagicalAlliance", headers={"Accept": "text/turtle"})
    assert data.status_code == 200
    assert "aa:MagicalAlliance" in data.text


def test_the_root_is_the_whole_for_a_program(client: httpx.Client) -> None:
    answer = client.get("/", headers={"Accept": "application/n-triples"})
    assert answer.status_code == 200
    assert answer.text.count("\n") > 10_000


@pytest.mark.parametrize("path", ["/ontology", "/ontology/"])
def test_the_namespace_of_the_classes_is_the_whole_ontology(
    client: httpx.Client, path: str
) -> None:
    answer = client.get(path, headers={"Accept": "application/rdf+xml"})
    assert answer.status_code == 200
    assert b"owl#Ontology" in answer.content[:100_000]
    known = {"Accept": "application/rdf+xml", "If-None-Match": answer.headers["etag"]}
    assert client.get(path, headers=known).status_code == 304


@pytest.mark.parametrize("short", SYNTAXES)
def test_a_list_is_a_graph_too(client: httpx.Client, short: str) -> None:
    media_type, parser = SYNTAXES[short]
    by_suffix = client.get(f"/concept.{short}")
    by_accept = client.get("/concept", headers={"Accept": media_type})
    assert by_suffix.content == by_accept.content
    graph = Graph().parse(data=by_suffix.content, format=parser)
    assert str(graph.value(URIRef(MAGICAL), SKOS.prefLabel)) == "magical alliance"
    scheme = URIRef("https://w3id.org/alliance-atlas/concept")
    assert (URIRef(MAGICAL), SKOS.inScheme, scheme) in graph
    assert (scheme, None, SKOS.ConceptScheme) in graph


def test_every_iri_that_the_graph_names_of_a_kind_dereferences(
    client: httpx.Client, release: Release
) -> None:
    """A sample of all: whatever the graph points to is there, as a page and as a graph."""
    named = {
        iri
        for line in release.store.dump()
        # what a query's text names is no node of the graph
        for iri in re.findall(
            r"<(https://w3id.org/alliance-atlas/[^>]*)>", re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
        )
        if iri.removeprefix(BASE).split("/")[0] in KINDS
    }
    assert len(named) > 1000
    things = sorted(iri for iri in named if iri.removeprefix(BASE).partition("/")[2])
    assert not [iri for iri in things if iri not in release.catalog]
    for iri in things[::97]:
        path = "/" + iri.removeprefix(BASE)
        assert client.get(path, headers={"Accept": "text/turtle"}).status_code == 200, path
        page = client.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
        assert page.status_code == 200, path


def test_a_client_that_has_it_is_told_so_whatever_it_was(client: httpx.Client) -> None:
    for path in ("/", "/concept", "/case/ms-l", "/shape/R12", "/sparql", "/validate", "/docs"):
        first = client.get(path, headers={"Accept": "text/html"})
        known = {"Accept": "text/html", "If-None-Match": f'"other", W/{first.headers["etag"]}'}
        assert client.get(path, headers=known).status_code == 304, path
