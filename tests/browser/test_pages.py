"""Pages in a real browser: nothing fetched from elsewhere, no error, nothing wider than a phone."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from api.app import create_app
from api.settings import Settings
from kg.release import Release

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATHS = [
    "/",
    "/concept",
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
    "/validate",
    "/docs",
    "/download",
    "/shape",
    "/ontology/hasEpisode",
    "/source/lee-alliances",
    "/concept/no-such-thing",
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; see make chromium"),
]


@pytest.fixture(scope="module")
def address(release: Release) -> Iterator[str]:
    app = create_app(release.store, Settings(release=release.folder, workers=1))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_sound_on_a_phone(browser: Browser, address: str, path: str, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 740},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: errors.append(message.text) if message.type == "error" else None,
    )
    page.goto(address + path)
    width = page.evaluate("document.documentElement.scrollWidth")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    context.close()
    assert requests
    assert all(url.startswith(address) for url in requests)
    expected = ["404"] if path.endswith("no-such-thing") else []
    assert [error for error in errors if not any(code in error for code in expected)] == []
    assert width <= 360
    assert (sum(map(int, dark.strip("rgb()").split(", "))) < 200) == (scheme == "dark")


def test_the_forms_work_by_keyboard_alone(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/question/signals-of-shift")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.focus("select#p-from")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/answer?**")
    assert page.locator("table.answer tbody tr").count() == 6
    page.close()


def test_a_page_prints_without_its_navigation(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/case/ms-l")
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator("ol.timeline li").first.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.goto(
        f"{address}/question/signals-of-shift/answer?from=magical-alliance&to=working-alliance"
    )
    assert not page.locator("form").is_visible()
    assert page.locator("table.answer").is_visible()
    page.close()


def test_a_case_is_validated_from_the_page(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/validate")
    page.fill(
        "textarea#case",
        "@prefix aa: <https://w3id.org/alliance-atlas/ontology/> .\n<x> a aa:Case .",
    )
    page.click("button[type=submit]")
    assert "does not conform" in page.locator("h1").inner_text()
    assert page.locator("ol.findings li").count() >= 1
    page.close()


def test_a_query_is_answered_from_the_page(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/sparql")
    page.select_option("select#format", "json")
    page.click("button[type=submit]")
    page.wait_for_load_state()
    assert "bindings" in page.content()
    page.close()
