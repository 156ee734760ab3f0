"""The site as a folder: what becomes of links, forms and addresses with a query."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import DictLoader, Environment
from starlette.templating import Jinja2Templates

from api import site
from api.site import MARKER, export_site
from kg.errors import CheckError, InputError
from kg.release import Release

PAGES = {
    "/": '<a href="/thing/a#part">a</a> <a href="/thing/A">A</a> <a href="//elsewhere.org/">e</a>',
    "/thing/a": '<h2 id="part">A part</h2> <a href="#part">it</a> <a href="/">home</a>',
    "/thing/A": '<a href="/old/a">moved</a> <link rel="search" href="/opensearch.xml">',
    "/ask": '<form action="/answer"><select name="x"><option value="1">one<option selected>2'
    '</select><input name="y" value=""></form><a href="/answer?y=5&amp;x=2">five</a>',
    "/sparql": '<form method="post" role="x"><textarea name="q">words</textarea></form>'
    '<script type="module" src="/static/e.js"></script><a href="/sparql#query=1">open</a>',
    "/search": "",
}


def answer(request: Request) -> Response:
    if request.query_params.get("format") == "csv":
        return Response("x", media_type="text/csv")
    asked = request.query_params.get("x")
    if not asked:
        return Response(status_code=422)
    links = f'<a href="?x={asked}&amp;format=csv">csv</a> <a href="?x=7">another</a>'
    return HTMLResponse(f"<p>{asked}</p>{links}")


def toy(**pages: str) -> FastAPI:
    """A small application with a page of each sort, and other pages in their place."""
    app = FastAPI(openapi_url=None)
    for path, body in {**PAGES, **{f"/{name}".rstrip("_"): b for name, b in pages.items()}}.items():
        app.add_api_route(path, lambda body=body: HTMLResponse(body))
    app.add_api_route("/answer", answer)
    app.add_api_route("/old/{name}", lambda name: RedirectResponse(f"/thing/{name}", 303))
    app.add_api_route("/broken", lambda: 1 / 0)
    app.add_api_route("/health", lambda: {"ok": True})
    app.add_api_route("/feed.xml", lambda: Response("<feed/>", media_type="text/xml"))
    app.state.context = SimpleNamespace(
        catalog=SimpleNamespace(values=list, of_kind=lambda kind: []),
        manifest=SimpleNamespace(version="1", digest="d"),
        templates=Jinja2Templates(
            env=Environment(loader=DictLoader({"site_index.html": "A to Z"}), autoescape=True)
        ),
    )
    return app


def export(app: FastAPI, folder: Path, monkeypatch: pytest.MonkeyPatch) -> site.Exported:
    with closing(site._Maker(app)) as maker:
        monkeypatch.setattr(site, "_maker", maker)
        return site._write(app, map, folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as monkeypatch:
        export(toy(), made, monkeypatch)
    return made


def text(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def test_links_lead_from_file_to_file(folder: Path) -> None:
    # two names that differ in case only are two files on every file system
    assert re.findall('href="([^"]*)"', text(folder, "index.html")) == [
        "thing/a~2/index.html#part",
        "thing/A/index.html",
        "//elsewhere.org/",
    ]
    assert re.findall('href="([^"]*)"', text(folder, "thing/a~2/index.html")) == [
        "#part",
        "../../index.html",
    ]


def test_what_is_moved_is_linked_where_it_is_and_found_where_it_was(folder: Path) -> None:
    page = text(folder, "thing/A/index.html")
    assert '<a href="../a~2/index.html">' in page
    assert "opensearch" not in page
    assert 'content="0; url=../../thing/a~2/index.html"' in text(folder, "old/a/index.html")


def test_a_form_that_can_be_answered_as_it_stands_leads_to_that_answer(folder: Path) -> None:
    page = text(folder, "ask/index.html")
    assert "<form" not in page and "<select" not in page
    assert 'href="../answer/x=2/index.html"' in page
    assert 'href="https://w3id.org/alliance-atlas/ask"' in page
    assert "<p>2</p>" in text(folder, "answer/x=2/index.html")
    # the parameters' order makes no other address
    assert 'href="../answer/x=2,y=5/index.html"' in page


def test_a_form_that_needs_a_server_says_where_one_is(folder: Path) -> None:
    page = text(folder, "sparql/index.html")
    assert "<form" not in page and "words" not in page and "<script" not in page
    assert "needs one" in page
    assert 'href="https://w3id.org/alliance-atlas/sparql"' in page
    assert 'href="https://w3id.org/alliance-atlas/sparql#query=1"' in page


def test_an_answer_brings_its_formats_and_no_further_answers(folder: Path) -> None:
    page = text(folder, "answer/x=2/index.html")
    assert 'href="../x=2.csv"' in page
    assert text(folder, "answer/x=2.csv") == "x"
    assert 'href="https://w3id.org/alliance-atlas/answer?x=7"' in page


def test_what_only_programs_ask_for_is_left_out(folder: Path) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"index.html", "search/index.html", "feed.xml", MARKER} <= files
    assert not any("health" in name for name in files)
    assert text(folder, "search/index.html") == "A to Z"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<a href="/nothing">x</a>', "/ask: the link to /nothing gets 404"),
        ('<img src="/static/gone.svg">', "/ask: the link to /static/gone.svg gets 404"),
        ('<a href="/thing/a#none">x</a>', "/ask: nothing on /thing/a has the id 'none'"),
        ('<a href="/broken">x</a>', "/ask: the link to /broken gets 500"),
        ('<a href="#none">x</a>', "/ask: nothing on /ask has the id 'none'"),
    ],
)
def test_a_link_that_leads_nowhere_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, problem: str
) -> None:
    with pytest.raises(CheckError) as told:
        export(toy(ask=body), tmp_path, monkeypatch)
    assert told.value.problems == (problem,)


def test_equal_sites_give_equal_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        export(toy(), tmp_path / name, monkeypatch)
    one, two = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        for name in ("one", "two")
    )
    assert len(one) > 8
    assert one == two


def test_a_name_that_leads_through_the_folder_does_not_lose_it(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(folder: Path, *_: object, **__: object) -> None:
        (folder / MARKER).write_text("{}")

    monkeypatch.setattr(site, "_export", write)
    for name in ("x", "x/../x"):
        export_site(tmp_path / name, release=release.folder)
        assert (tmp_path / "x" / MARKER).is_file()
        assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_folder_with_anything_else_is_not_replaced(release: Release, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear all")
    with pytest.raises(InputError, match="holds something that is no exported site"):
        export_site(tmp_path, release=release.folder)
    with pytest.raises(InputError, match="is no folder"):
        export_site(tmp_path / "letter.txt", release=release.folder)
    assert (tmp_path / "letter.txt").read_text() == "dear all"
