"""Every page there is, exported once: no link on it is broken, served or from a folder."""

from __future__ import annotations

import asyncio
import json
import posixpath
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from api import site
from api.app import create_app
from api.markup import Markup, read_markup
from api.settings import Settings
from api.site import MARKER, export_site
from kg.namespaces import BASE
from kg.release import Release
from tests.browser.conftest import CHROMIUM, FLAGS, miss
from tests.browser.test_markup import faults

pytestmark = [pytest.mark.suite, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def folder(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, written over an older one; that no link is broken the export itself tells."""
    out = tmp_path_factory.mktemp("export") / "site"
    (out / "old").mkdir(parents=True)
    (out / MARKER).write_text("{}")
    exported = export_site(out, release=release.folder)
    assert not (out / "old").exists()
    assert exported.files + 1 == sum(path.is_file() for path in out.rglob("*"))
    return out


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, Markup]:
    return {
        path.relative_to(folder).as_posix(): read_markup(path.read_bytes().decode())
        for path in sorted([*folder.rglob("*.html"), *folder.rglob("*.svg")])
    }


def internal(pages: dict[str, Markup]) -> Iterator[tuple[str, str, str]]:
    """Links to files of the folder: the page, the file, the fragment."""
    for page, markup in pages.items():
        for link in markup.links:
            parts = urlsplit(link.address)
            if parts.scheme or parts.netloc:
                continue
            target = posixpath.join(posixpath.dirname(page), unquote(parts.path))
            yield page, posixpath.normpath(target) if parts.path else page, unquote(parts.fragment)


def test_every_link_leads_to_a_file_and_a_place_on_it(
    folder: Path, pages: dict[str, Markup]
) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    broken, looked_at = set(), 0
    for page, file, fragment in internal(pages):
        looked_at += 1
        if file not in files:
            broken.add(f"{page}: {file}")
        elif fragment and file in pages and fragment not in pages[file].ids:
            broken.add(f"{page}: {file}#{fragment}")
    assert looked_at > 50_000
    assert broken == set()


def test_everything_is_there(folder: Path, release: Release, pages: dict[str, Markup]) -> None:
    # of two names that differ in case only the second has a mark
    files = {
        path.relative_to(folder).as_posix().casefold().replace("~2", "")
        for path in folder.rglob("*")
    }
    for entry in release.catalog.values():
        name = f"{entry.kind}/{entry.name}".casefold()
        there = {f"{name}/index.html", *(f"{name}.{s}" for s in ("ttl", "jsonld", "rdf", "nt"))}
        assert there <= files, there - files
    for question in release.questions:
        answers = [page for page in pages if page.startswith(f"question/{question}/answer")]
        assert answers, question
    graph = (folder / "concept/magical-alliance.ttl").read_text(encoding="utf-8")
    assert "magical alliance" in graph
    assert (folder / "download/alliance-atlas.ttl").stat().st_size > 1_000_000
    assert json.loads((folder / MARKER).read_text())["release"] == release.manifest.digest


def test_nothing_on_a_page_needs_a_server(folder: Path, pages: dict[str, Markup]) -> None:
    assert len(pages) > 3000
    assert not [page for page, markup in pages.items() if markup.forms or markup.scripts]
    index = (folder / "search/index.html").read_text(encoding="utf-8")
    assert 'href="../concept/magical-alliance/index.html">magical alliance</a>' in index


def test_what_is_left_to_the_service_is_there(release: Release, pages: dict[str, Markup]) -> None:
    left = sorted(
        {
            link.address
            for markup in pages.values()
            for link in markup.links
            if link.tag == "a" and link.address.startswith(BASE) and "?" in link.address
        }
    )
    assert left
    app = create_app(release.store, Settings(release=release.folder, workers=1))
    for address in left[:: max(1, len(left) // 60)]:
        resolved = site._resolve(
            site._Address("/"), urlsplit(address)._replace(scheme="", netloc="").geturl()
        )
        assert resolved
        answer = asyncio.run(site._ask(app, resolved[0]))
        assert answer.status == 200, address


def test_exported_pages_are_valid(folder: Path) -> None:
    names = ("", "search", "sparql", "validate", "concept/magical-alliance", "question/difference")
    assert faults(folder / name / "index.html" for name in names) == []


def test_it_opens_from_the_folder(folder: Path) -> None:
    if CHROMIUM is None:
        miss("no Chromium on this machine; see make chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(color_scheme="dark")
        errors: list[str] = []
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.goto((folder / "index.html").as_uri())
        # the stylesheet was found
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.get_by_role("link", name="Index from A to Z").first.click()
        page.get_by_role("link", name="defensive idealization", exact=True).first.click()
        expect(page.locator("h1")).to_have_text("defensive idealization")
        browser.close()
    assert sum(map(int, colour.strip("rgb()").split(", "))) < 200
    assert errors == []
