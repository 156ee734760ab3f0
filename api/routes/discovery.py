"""How machines find what is here: sitemap, robots, icon, and a feed of changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as Xml

from fastapi import APIRouter, Request, Response

from api.context import Atlas, Context
from api.representation import describe_types, respond, send_file
from api.routes.search import address_of
from kg.changelog import read_changes
from kg.namespaces import BASE, KINDS, PREFIXES

__all__ = ["router"]

router = APIRouter(tags=["service"])

_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_ICON = Path(__file__).resolve().parents[1] / "static" / "icon.svg"


@router.get(
    "/sitemap.xml",
    response_class=Response,
    responses=describe_types({"application/xml": ""}, "The addresses of all pages."),
)
def sitemap(request: Request, atlas: Atlas) -> Response:
    """List the addresses of all pages for search engines."""
    here = address_of(request)
    root = Xml.Element("urlset", xmlns=_SITEMAP)
    for path in _paths(request, atlas):
        place = Xml.SubElement(root, "url")
        Xml.SubElement(place, "loc").text = f"{here}/{path}"
        Xml.SubElement(place, "lastmod").text = atlas.manifest.date
    # it holds the address by which this server was asked, and is kept by nobody
    return respond(request, _write(root), "application/xml", atlas=atlas, lasting=False)


@router.get(
    "/robots.txt",
    response_class=Response,
    responses=describe_types({"text/plain": ""}, "What robots are asked to leave out."),
)
def robots(request: Request, atlas: Atlas) -> Response:
    """Tell robots what not to walk through, and where the sitemap is."""
    lines = [
        "User-agent: *",
        # each of these has an answer for every query that can be thought of
        "Disallow: /sparql?",
        "Disallow: /search?",
        "Disallow: /compare?",
        "Disallow: /paths?",
        "Disallow: /teach/pack?",
        "Disallow: /reconcile",
        f"Sitemap: {address_of(request)}/sitemap.xml",
    ]
    body = "\n".join([*lines, ""]).encode()
    return respond(request, body, "text/plain", atlas=atlas, lasting=False)


@router.get(
    "/favicon.ico",
    response_class=Response,
    responses=describe_types({"image/svg+xml": ""}, "The icon."),
)
def favicon(request: Request, atlas: Atlas) -> Response:
    """Send the icon, for those who look for it without reading a page first."""
    return send_file(request, _ICON, "image/svg+xml", atlas=atlas)


@router.get(
    "/feed.xml",
    response_class=Response,
    responses=describe_types({"application/atom+xml": ""}, "The changes, as an Atom feed."),
)
def feed(request: Request, atlas: Atlas) -> Response:
    """Give what changed from version to version, newest first, as an Atom feed."""
    here = address_of(request)
    manifest = atlas.manifest
    root = Xml.Element("feed", xmlns=_ATOM)
    Xml.SubElement(root, "title").text = "Alliance Atlas: changes"
    Xml.SubElement(root, "id").text = BASE
    Xml.SubElement(root, "updated").text = _moment(manifest.date)
    Xml.SubElement(root, "link", rel="self", type="application/atom+xml", href=f"{here}/feed.xml")
    Xml.SubElement(root, "link", rel="alternate", type="text/html", href=f"{here}/")
    author = Xml.SubElement(root, "author")
    Xml.SubElement(author, "name").text = "Alliance Atlas contributors"
    Xml.SubElement(root, "rights").text = "CC BY 4.0"
    for change in read_changes():
        served = change.version in {manifest.version, "Unreleased"}
        version = manifest.version if served else change.version
        entry = Xml.SubElement(root, "entry")
        Xml.SubElement(entry, "title").text = f"Alliance Atlas {version}"
        Xml.SubElement(entry, "id").text = f"{BASE}{version}/"
        Xml.SubElement(entry, "updated").text = _moment(change.date or manifest.date)
        Xml.SubElement(entry, "link", rel="alternate", type="text/html", href=f"{here}/download")
        lines = [f"{head}: {point}" if head else point for head, point in change.points]
        Xml.SubElement(entry, "content", type="text").text = "\n".join(lines)
    return respond(request, _write(root), "application/atom+xml", atlas=atlas, lasting=False)


def _paths(request: Request, atlas: Context) -> Iterator[str]:
    """Give the paths of all pages: those of the interface that need nothing, lists, and things."""
    for path, operations in request.app.openapi()["paths"].items():
        offered = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        needed = any(p.get("required") for p in operations.get("get", {}).get("parameters", ()))
        if "text/html" in offered and not needed and not path.startswith("/question/"):
            yield path.removeprefix("/")
    yield "docs"
    yield from KINDS
    yield from (f"teach/exercise/{name}" for name in atlas.exercises)
    formal = atlas.store.select(
        f"SELECT ?class {{ ?class <{PREFIXES['aa']}formalizes> ?concept }}"
    ).values()
    # the class of a concept leads on to the concept's page and has none of its own
    left_out = {row["class"] for row in formal}
    yield from (iri.removeprefix(BASE) for iri in atlas.catalog if iri not in left_out)


def _moment(date: str) -> str:
    return f"{date}T00:00:00Z"


def _write(root: Xml.Element) -> bytes:
    Xml.indent(root, " ")
    written: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return written
