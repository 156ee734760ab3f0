"""What somebody sees whose browser brings a query: the form again, and the answer below it."""

from __future__ import annotations

import re

import httpx
import pytest

from api.results import LARGEST, ROWS

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
AA = "https://w3id.org/alliance-atlas/ontology/"
CONCEPT = "https://w3id.org/alliance-atlas/concept/"


def ask(client: httpx.Client, query: str, **fields: str) -> httpx.Response:
    return client.get("/sparql", params={"query": query, **fields}, headers=BROWSER)


def test_things_are_shown_by_label_and_lead_to_their_pages(client: httpx.Client) -> None:
    answer = ask(client, f"SELECT ?c ?x {{ VALUES ?c {{ <{CONCEPT}magical-alliance> }} }}")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert '<a href="/concept/magical-alliance">magical alliance</a>' in answer.text
    assert "1 row." in answer.text
    assert "VALUES ?c" in answer.text, "the query stands in the form"


def test_a_program_gets_data_as_before(client: httpx.Client) -> None:
    for accept in ("*/*", "application/json, */*", "text/csv, text/html;q=0.5"):
        answer = client.get("/sparql", params={"query": "ASK {}"}, headers={"Accept": accept})
        assert "html" not in answer.headers["content-type"]
    form = client.post("/sparql", data={"query": "ASK {}", "format": "html"})
    assert form.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(("query", "word"), [("ASK {}", "Yes"), ("ASK { FILTER(false) }", "No")])
def test_a_truth_value_is_a_word(client: httpx.Client, query: str, word: str) -> None:
    assert f'<p class="lead">{word}.</p>' in ask(client, query).text


def test_a_graph_is_turtle_and_had_in_other_formats(client: httpx.Client) -> None:
    text = ask(client, "CONSTRUCT { <urn:a> <urn:b> 'c' } {}").text
    assert "&lt;urn:a&gt;" in text
    links = re.findall(r'<a href="(/sparql\?query=[^"]+format=(\w+))"', text)
    assert [short for _, short in links] == ["ttl", "jsonld", "rdf", "nt"]
    for link, _ in links:
        assert b"urn:a" in client.get(link.replace("&amp;", "&")).content


def test_no_row_is_said_and_an_unbound_cell_is_empty(client: httpx.Client) -> None:
    assert "0 rows." in ask(client, "SELECT ?x { FILTER(false) }").text
    assert "<tr><td></td><td>1 " in ask(client, "SELECT ?x (1 AS ?y) {}").text


def test_a_value_is_never_markup_nor_a_script(client: httpx.Client) -> None:
    text = ask(
        client,
        'SELECT ("<script>alert(1)</script>" AS ?a) (IRI("javascript:alert(1)") AS ?b)'
        ' ("</textarea><b>" AS ?c) {}',
    ).text
    assert "<script>alert" not in text
    assert 'href="javascript:' not in text
    assert text.count("</textarea>") == 1


def test_of_many_rows_the_first_are_shown_and_all_are_had(client: httpx.Client) -> None:
    text = ask(client, "SELECT ?s { ?s ?p ?o } LIMIT 1500").text
    assert f"1500 rows, of which these are the first {ROWS}." in text
    assert text.count("<tr>") == ROWS + 1


def test_what_is_too_large_for_a_page_is_not_squeezed_into_one(client: httpx.Client) -> None:
    long = "x" * 1000
    text = ask(client, f'SELECT ("{long}" AS ?x) {{ ?s ?p ?o }} LIMIT {LARGEST // 1000 + 1}').text
    assert "too large for a page" in text
    assert len(text) < 200_000


def test_an_error_is_told_on_a_page(client: httpx.Client) -> None:
    answer = ask(client, "SELECT ?x {")
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    assert "line 1" in answer.text


def test_graphs_that_were_chosen_stay_chosen_in_the_links(client: httpx.Client) -> None:
    graph = "https://w3id.org/alliance-atlas/graph/claims"
    text = ask(client, f"ASK {{ ?c a <{AA}Claim> }}", **{"default-graph-uri": graph}).text
    assert '<p class="lead">Yes.</p>' in text
    assert "default-graph-uri=https%3A%2F%2Fw3id.org" in text


def test_with_a_slash_one_is_led_to_the_address(client: httpx.Client) -> None:
    answer = client.get("/sparql/?query=ASK%20%7B%7D&format=json")
    assert answer.status_code == 308
    assert answer.headers["location"] == "/sparql?query=ASK%20%7B%7D&format=json"
    posted = client.post(
        "/sparql/", data={"query": "ASK {}", "format": "json"}, follow_redirects=True
    )
    assert posted.json()["boolean"] is True


def test_a_byte_order_mark_is_no_part_of_a_query(client: httpx.Client) -> None:
    answer = client.post(
        "/sparql",
        content=b"\xef\xbb\xbfASK {}",
        headers={"Content-Type": "application/sparql-query", "Accept": "*/*"},
    )
    assert answer.json()["boolean"] is True
