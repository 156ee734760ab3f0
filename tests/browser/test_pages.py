"""Pages in a real browser: nothing from elsewhere, no error, nothing wider than a phone, axe."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from kg.namespaces import KINDS

PATHS = [
    "/",
    "/concept",
    "/concept?class=ShiftConcept",
    "/concept/magical-alliance",
    "/case/ms-l",
    "/case/ms-l/episode/1",
    "/signal/visits-grow-longer",
    "/claim/visits-grow-longer-indicates-magical-to-working",
    "/source/kohut-1971",
    "/source/lee-alliances/passage/50-53",
    "/question/signals-of-shift",
    "/question/signals-of-shift/answer?from=magical-alliance&to=working-alliance",
    "/shape/R12",
    "/sparql",
    "/sparql?query=SELECT%20*%20%7B%20%3Fs%20a%20%3Chttps%3A%2F%2Fw3id.org%2Falliance-atlas%2Fontology%2FCase%3E%20%7D",
    "/validate",
    "/validate?example=R05-breaks",
    "/ask",
    "/ask?q=which%20signals%20show%20someone%20moving%20from%20magical%20to%20working",
    "/ask?q=what%20does%20therapy%20cost",
    "/docs",
    "/download",
    "/shape",
    "/ontology/hasEpisode",
    "/source/lee-alliances",
    "/source/author/kohut",
    "/question",
    "/mapping",
    "/search?q=magical",
    "/concept/defensive-idealization",
    "/compare?a=defensive-idealization&b=idealizing-transference",
    "/paths?a=magical-alliance&b=structuralizing-alliance",
    "/glossary",
    "/tree",
    "/uncertain",
    "/module/schema-case",
    "/source/zetzel-1956",
    "/concept/no-such-thing",
]

#: Lists of hundreds of the same, over which axe takes long; they are looked at in one scheme.
LONG = {"/glossary", "/tree"}
LOOKS = [
    (path, scheme)
    for path in PATHS
    for scheme in ("light", "dark")
    if scheme == "light" or path not in LONG
]

#: What a page without the editor may transfer, with all it brings.
MOST_BYTES = 60_000

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]


def test_every_kind_of_thing_is_looked_at() -> None:
    seen = {path.strip("/").split("/")[0].partition("?")[0] for path in PATHS}
    assert seen >= set(KINDS)


@pytest.mark.parametrize(("path", "scheme"), LOOKS)
def test_a_page_is_sound(
    browser: Browser,
    address: str,
    violations: Callable[[Page], list[str]],
    watch: Callable[[Page], list[str]],
    path: str,
    scheme: str,
) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 740},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    faults = watch(page)
    page.goto(address + path)
    width = page.evaluate("document.documentElement.scrollWidth")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    on_phone = violations(page)
    page.set_viewport_size({"width": 1200, "height": 900})
    on_desktop = violations(page)
    context.close()
    expected = ["404"] if path.endswith("no-such-thing") else []
    assert [fault for fault in faults if not any(code in fault for code in expected)] == []
    assert width <= 360
    assert (sum(map(int, dark.strip("rgb()").split(", "))) < 200) == (scheme == "dark")
    assert on_phone == []
    assert on_desktop == []


@pytest.mark.parametrize("path", [path for path in PATHS if not path.startswith("/sparql")])
def test_a_page_transfers_little(browser: Browser, address: str, path: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    context.close()
    assert len(sizes) >= 2
    assert sum(sizes) <= MOST_BYTES


def test_the_forms_work_by_keyboard_alone(page: Page, address: str) -> None:
    page.goto(f"{address}/question/signals-of-shift")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.focus("select#p-from")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/answer?**")
    assert page.locator("table.answer tbody tr").count() == 6


def test_a_page_prints_without_its_navigation(page: Page, address: str) -> None:
    page.goto(f"{address}/case/ms-l")
    page.emulate_media(media="print")
    assert page.locator("nav").count()
    assert not page.locator("nav").filter(visible=True).count()
    assert page.locator("ol.timeline li").first.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.goto(
        f"{address}/question/signals-of-shift/answer?from=magical-alliance&to=working-alliance"
    )
    assert not page.locator("form").filter(visible=True).count()
    assert page.locator("table.answer").is_visible()


def test_a_case_is_validated_from_the_page(
    page: Page, address: str, violations: Callable[[Page], list[str]]
) -> None:
    page.goto(f"{address}/validate")
    page.fill(
        "textarea#case",
        "@prefix aa: <https://w3id.org/alliance-atlas/ontology/> .\n<x> a aa:Case .",
    )
    page.get_by_role("button", name="Validate", exact=True).click()
    assert "does not conform" in page.locator("h1").inner_text()
    assert page.locator("ol.findings li").count() >= 1
    assert violations(page) == []
