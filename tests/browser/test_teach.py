"""Pages for teaching in a real browser: sound on a phone and a desk, by keyboard, in print."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page

ANSWERED = "/teach/exercise/contract?alliance=therapeutic-alliance&shift=none&sign=1"
PATHS = [
    "/teach",
    ANSWERED,
    "/teach/drill/1?answer=therapeutic-alliance",
    "/teach/pack",
    "/teach/pack?concept=magical-alliance&concept=defensive-idealization",
    "/embed/claim/early-relief-misleadingly-suggests-magical-to-working",
]

#: What a page may transfer, with all it brings.
MOST_BYTES = 60_000

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_sound(
    browser: Browser,
    address: str,
    violations: Callable[[Page], list[str]],
    watch: Callable[[Page], list[str]],
    path: str,
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    faults = watch(page)
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    width = page.evaluate("document.documentElement.scrollWidth")
    on_phone = violations(page)
    page.set_viewport_size({"width": 1200, "height": 900})
    page.emulate_media(color_scheme="light")
    on_desktop = violations(page)
    context.close()
    assert len(sizes) >= 2
    assert sum(sizes) <= MOST_BYTES
    assert faults == []
    assert width <= 360
    assert on_phone == []
    assert on_desktop == []


def test_an_exercise_is_done_by_keyboard_alone(page: Page, address: str) -> None:
    page.goto(f"{address}/teach/exercise/good-days")
    page.focus("input[name=alliance]")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/good-days?alliance=magical-alliance&shift=none&sign=2#answer")
    headings = page.locator("#answer h3").all_inner_texts()
    assert headings[:2] == ["Right: magical alliance", "Right: there was no shift"]
    assert "you named it" in page.locator("ol.told > li").nth(1).inner_text()


def test_a_worksheet_and_a_handout_print(page: Page, address: str) -> None:
    page.emulate_media(media="print")
    page.goto(f"{address}/teach/exercise/good-days")
    assert page.locator("fieldset").filter(visible=True).count() == 3
    assert not page.locator("main button").is_visible()
    assert not page.locator("nav").filter(visible=True).count()
    page.goto(f"{address}/teach/pack?concept=magical-alliance&concept=working-alliance")
    breaks = page.evaluate(
        "[...document.querySelectorAll('.sheet')].map(one => getComputedStyle(one).breakBefore)"
    )
    assert breaks == ["auto", "page"]
    assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.fixture
def elsewhere() -> Iterator[Callable[[str], str]]:
    """Another site: serves one page, and tells its address."""
    served: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(served[0])

        def log_message(self, *_: object) -> None:
            pass

    def serve(body: str) -> str:
        served.append(body.encode())
        return f"http://127.0.0.1:{server.server_port}/"

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield serve
        server.shutdown()


def test_only_a_card_is_shown_in_the_frame_of_another_site(
    page: Page, address: str, elsewhere: Callable[[str], str]
) -> None:
    frames = "".join(
        f'<iframe name="{name}" src="{address}/{path}"></iframe>'
        for name, path in (("card", "embed/concept/magical-alliance"), ("page", "teach"))
    )
    page.goto(elsewhere(frames))
    card, other = (page.frame(name=name) for name in ("card", "page"))
    assert card is not None
    assert other is not None
    assert card.locator("h1").inner_text() == "magical alliance"
    assert other.url.startswith("chrome-error:")
