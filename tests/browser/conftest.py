"""A server and Debian's Chromium, once for all tests in a browser, and axe-core to judge pages."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from api.app import create_app
from api.settings import Settings
from kg.release import Release

#: A program, and no tests.
collect_ignore = ["shoot.py"]

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "api" / "editor" / "node_modules" / "axe-core" / "axe.min.js"
EDITOR = ROOT / "api" / "static" / "editor.js"
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
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def serving(release: Release) -> Iterator[str]:
    """Serve a release in this process, at the address that is given."""
    app = create_app(release.store, Settings(release=release.folder, workers=1))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline, "the server does not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="session")
def address(release: Release) -> Iterator[str]:
    with serving(release) as at:
        yield at


@pytest.fixture(scope="session")
def watch(address: str) -> Callable[[Page], list[str]]:
    """Give what lists from now on what a page does wrong: its errors, and requests to elsewhere."""

    def begin(page: Page) -> list[str]:
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(address) else faults.append(asked.url),
        )
        return faults

    return begin


def miss(what: str) -> NoReturn:
    """Say that something is not there: on somebody's laptop that is no fault, in CI it is."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one module: its event loop must not stand in the way of tests after it."""
    if CHROMIUM is None:
        miss("no Chromium on this machine; see make chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture(scope="session")
def editor() -> None:
    """What needs the editor asks for this."""
    if not EDITOR.is_file():
        miss("the editor is not built; see 'make api/static/editor.js'")


@pytest.fixture(scope="session")
def violations() -> Callable[[Page], list[str]]:
    """What axe-core finds wrong with a page as it stands: rules, places, what would mend them."""
    if not AXE.is_file():
        miss("axe-core is not installed; see 'make api/static/editor.js'")
    axe = AXE.read_text(encoding="utf-8")

    def find(page: Page) -> list[str]:
        page.evaluate(axe)
        found = page.evaluate("tags => axe.run(document, {runOnly: tags})", STANDARDS)
        # a run that looked at nothing would find nothing
        assert len(found["passes"]) > 10
        return [
            f"{rule['id']} at {node['target']}: {node['failureSummary']}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    return find
