"""The SPARQL editor, as somebody uses it: by keyboard, by mouse, without scripts, by a link."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

LABELS = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX concept: <https://w3id.org/alliance-atlas/concept/>
SELECT ?thing ?label WHERE {
  VALUES ?thing { concept:working-alliance concept:magical-alliance }
  ?thing skos:prefLabel ?label
} ORDER BY DESC(?label)"""


@pytest.fixture
def editing(editor: None, page: Page, address: str) -> Page:
    """The page with its editor and its vocabulary loaded, and the editor empty."""
    page.goto(f"{address}/sparql")
    expect(page.locator("#example option").first).to_be_attached()
    write(page, "")
    return page


def write(page: Page, text: str) -> None:
    """Type a text in place of what is in the editor; brackets close by themselves."""
    page.locator("#editor .cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)
    page.keyboard.press("Escape")


def text_of(page: Page) -> str:
    return "\n".join(page.locator("#editor .cm-line").all_inner_texts())


def test_without_scripts_the_form_answers(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/sparql")
    expect(page.get_by_label("Query")).to_be_visible()
    expect(page.get_by_text("Start from a question")).to_be_hidden()
    page.select_option("select#format", "json")
    page.click("#ask button[type=submit]")
    page.wait_for_load_state()
    assert "bindings" in page.content()
    context.close()


def test_an_answer_is_a_table_with_labels_and_links(editing: Page, address: str) -> None:
    write(editing, LABELS)
    editing.keyboard.press("Control+Enter")
    expect(editing.locator("#status")).to_have_text(re.compile(r"^2 rows in [\d.]+ m?s\.$"))
    link = editing.locator("#answer tbody tr").first.get_by_role("link")
    expect(link).to_have_text("working alliance")
    assert link.get_attribute("href") == "/concept/working-alliance"
    link.click()
    expect(editing.locator("h1")).to_have_text("working alliance")


def test_a_table_is_sorted_by_its_headings(editing: Page) -> None:
    write(editing, "SELECT ?n { VALUES ?n { 10 9 100 UNDEF } }")
    editing.keyboard.press("Control+Enter")
    cells = editing.locator("#answer tbody td")
    expect(cells).to_have_text(["10", "9", "100", ""])
    heading = editing.get_by_role("columnheader", name="n")
    heading.get_by_role("button").click()
    expect(cells).to_have_text(["9", "10", "100", ""])
    expect(heading).to_have_attribute("aria-sort", "ascending")
    heading.get_by_role("button").press("Enter")
    expect(cells).to_have_text(["100", "10", "9", ""])
    expect(heading).to_have_attribute("aria-sort", "descending")


def test_what_an_answer_holds_is_never_run(editing: Page) -> None:
    write(
        editing,
        'SELECT ?a ?b { BIND(IRI("javascript:alert(1)") AS ?a) BIND("<img src=x>" AS ?b) }',
    )
    editing.keyboard.press("Control+Enter")
    expect(editing.locator("#answer td").last).to_have_text("<img src=x>")
    expect(editing.locator("#answer td").first).to_have_text("javascript:alert(1)")
    assert editing.locator("#answer td a, #answer img").count() == 0


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("ASK { ?s ?p ?o }", "Yes"),
        ("ASK { <http://no> ?p ?o }", "No"),
        ("DESCRIBE <https://w3id.org/alliance-atlas/concept/world>", "world"),
    ],
)
def test_truth_values_and_graphs(editing: Page, query: str, shown: str) -> None:
    write(editing, query)
    editing.get_by_role("button", name="Run").click()
    expect(editing.locator("#answer")).to_contain_text(shown)


def test_each_download_is_the_answer(editing: Page, address: str) -> None:
    write(editing, LABELS)
    editing.keyboard.press("Control+Enter")
    links = editing.locator("#answer .data a[download]")
    expect(links).to_have_text(["CSV", "TSV", "JSON", "XML"])
    for link in links.all():
        answer = httpx.get(address + str(link.get_attribute("href")))
        assert answer.status_code == 200
        assert "magical alliance" in answer.text
    with editing.expect_download() as download:
        links.first.click()
    assert download.value.suggested_filename == "answer.csv"


def test_a_link_brings_query_and_answer(editing: Page, browser: Browser) -> None:
    write(editing, LABELS)
    editing.keyboard.press("Control+Enter")
    link = editing.get_by_role("link", name="link to this query")
    expect(link).to_be_visible()
    shared = editing.url.partition("#")[0] + str(link.get_attribute("href"))
    assert editing.url == shared
    other = browser.new_page()
    other.goto(shared)
    expect(other.locator("#answer tbody tr")).to_have_count(2)
    assert text_of(other) == LABELS
    other.close()


def test_an_error_is_marked_where_it_is(editing: Page) -> None:
    write(editing, "SELECT ?s WHERE {\n  ?s ?p }")
    editing.keyboard.press("Control+Enter")
    expect(editing.get_by_role("alert")).to_contain_text("not SPARQL")
    expect(editing.locator("#editor .cm-lintRange-error")).to_have_text("}")
    editing.get_by_role("button", name="Go to line 2, column 10").click()
    editing.keyboard.type("?o ")
    editing.keyboard.press("Escape")
    editing.keyboard.press("Control+Enter")
    expect(editing.locator("#status")).to_contain_text("rows in")
    expect(editing.get_by_role("alert")).to_be_empty()
    assert editing.locator("#editor .cm-lintRange-error").count() == 0


def test_completion_offers_what_fits_and_declares_its_prefix(editing: Page) -> None:
    editing.keyboard.type("SELECT * WHERE { ?x a magicalall")
    editing.keyboard.press("Escape")
    for _ in "magicalall":
        editing.keyboard.press("Backspace")
    editing.keyboard.type("AllianceC")
    options = editing.locator("#editor [role=option]")
    expect(options).to_have_count(1)
    expect(options.first).to_contain_text("aa:AllianceConcept")
    expect(editing.locator("#editor .cm-completionInfo")).to_contain_text("kind of alliance")
    # right after it opens, Enter is taken for a new line, lest it surprise
    editing.wait_for_timeout(100)
    editing.keyboard.press("Enter")
    assert "?x a aa:AllianceConcept" in text_of(editing)
    assert text_of(editing).startswith("PREFIX aa: <https://w3id.org/alliance-atlas/ontology/>")
    editing.keyboard.type(" ; skos:prefLabel ?label")
    editing.keyboard.press("Escape")
    assert "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>" in text_of(editing)
    editing.keyboard.press("Control+Enter")
    expect(editing.locator("#answer tbody tr").first).to_be_visible()


def test_completion_finds_by_label_and_by_other_name(editing: Page) -> None:
    editing.keyboard.type("SELECT * WHERE { ?x ?y healing")
    found = editing.locator("#editor [role=option]", has_text="concept:therapeutic-alliance")
    expect(found).to_have_count(1)


def test_a_prefix_in_a_string_or_comment_is_not_declared(editing: Page) -> None:
    write(editing, 'SELECT ("aa:x" AS ?a) { } # skos:')
    editing.keyboard.press("Control+End")
    editing.keyboard.type(" owl:")
    editing.keyboard.press("Escape")
    assert "PREFIX" not in text_of(editing)


def test_every_example_is_offered_and_one_is_taken(editing: Page, address: str) -> None:
    listed = httpx.get(f"{address}/sparql/vocabulary").json()["examples"]
    assert listed
    expect(editing.locator("#example option")).to_have_count(len(listed))
    editing.select_option("#example", "signals-of-shift")
    editing.get_by_role("button", name="Put it into the editor").click()
    assert "VALUES (?from ?to)" in text_of(editing)
    editing.keyboard.press("Control+Enter")
    expect(editing.locator("#answer tbody tr")).to_have_count(6)


def test_every_example_answers(editor: None, address: str) -> None:
    examples = httpx.get(f"{address}/sparql/vocabulary").json()["examples"]
    assert examples
    for example in examples:
        answer = httpx.post(
            f"{address}/sparql", data={"query": example["query"], "format": "json"}, timeout=30
        )
        assert answer.status_code == 200, example["name"]
        assert answer.json()["head"]["vars"], example["name"]


def test_tab_goes_in_and_out_of_the_editor(editing: Page) -> None:
    editing.get_by_role("button", name="Put it into the editor").focus()
    editing.keyboard.press("Tab")
    inside = (
        "document.querySelector('#editor').shadowRoot.activeElement?.getAttribute('aria-label')"
    )
    assert editing.evaluate(inside) == "SPARQL query"
    editing.keyboard.press("Tab")
    expect(editing.get_by_role("button", name="Run")).to_be_focused()


def test_a_question_page_leads_into_the_editor(editor: None, page: Page, address: str) -> None:
    page.goto(f"{address}/question/signals-of-shift")
    page.get_by_role("link", name="Open it in the editor").click()
    expect(page.locator("#editor .cm-content")).to_contain_text("SELECT ?from ?to")


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_editor_is_accessible(
    editor: None,
    browser: Browser,
    address: str,
    violations: Callable[[Page], list[str]],
    scheme: str,
    width: int,
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    blocked: list[str] = []
    page.on("console", lambda m: blocked.append(m.text) if "Security" in m.text else None)
    page.goto(f"{address}/sparql#query={quote(LABELS)}")
    expect(page.locator("#answer tbody tr")).to_have_count(2)
    assert violations(page) == []
    write(page, "")
    page.keyboard.type("SELECT * WHERE { ?x a ")
    expect(page.locator("#editor [role=option]").nth(3)).to_be_visible()
    expect(page.locator("#editor .cm-completionInfo")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#editor .cm-lintRange-error")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert blocked == []
    context.close()
