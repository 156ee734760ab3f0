"""Search for people and programs, completions, and how a browser is told of both."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode
from xml.sax.saxutils import escape as escape_xml

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup, escape

from api.context import Atlas
from api.representation import describe_types, format_parameter, negotiate, respond
from kg.entries import Catalog
from kg.errors import ParameterError
from kg.namespaces import BASE, KINDS
from kg.search import Found, Hit, Marked, plain

__all__ = ["address_of", "router"]

router = APIRouter(tags=["search"])

SEARCH_TYPES: Mapping[str, str] = {"application/json": "json", "text/html": "html"}
_SUGGESTIONS = "application/x-suggestions+json"
_DESCRIPTION = "application/opensearchdescription+xml"
_PER_PAGE = 20
_ADDRESS = re.compile(r"https?://[\w.:\[\]-]+(?:/[\w./~-]*)?")

_Text = Annotated[str, Query(alias="q", description="Words; no sign in them means anything.")]


@router.get(
    "/search",
    response_class=Response,
    responses={
        **describe_types(SEARCH_TYPES, "What was found, best first, 20 to a page."),
        422: {"description": "No such kind, class or page."},
    },
    openapi_extra={"parameters": [format_parameter(SEARCH_TYPES)]},
)
def search(
    request: Request,
    atlas: Atlas,
    text: _Text = "",
    kind: Annotated[str, Query(description=f"One of {', '.join(KINDS)}.")] = "",
    cls: Annotated[str, Query(alias="class", description="Such as ShiftConcept.")] = "",
    page: Annotated[int, Query(ge=1, le=1000, description="Which page, 20 things each.")] = 1,
) -> Response:
    """Search in everything: concepts, signals, cases, claims, sources, questions, rules."""
    media_type = negotiate(request, SEARCH_TYPES)
    _check(kind, cls, atlas.catalog)
    found = atlas.search.search(
        text,
        kind=kind or None,
        cls=cls or None,
        offset=(page - 1) * _PER_PAGE,
        limit=_PER_PAGE,
    )
    asked = {"q": text, "kind": kind, "class": cls}
    following = _link(asked, page=page + 1) if found.total > page * _PER_PAGE else None
    if media_type == "application/json":
        body = _as_json(text, found, following, page)
        return respond(request, body.encode(), media_type, atlas=atlas)
    # what cannot be seen is not shown, so that a page is well formed and reads from left to right
    shown = "".join(char if char.isprintable() else " " for char in text)
    content = atlas.templates.get_template("search.html").render(
        query=shown,
        kind=kind,
        cls=cls,
        found=found,
        groups=_groups(found),
        page=page,
        following=following,
        previous=_link(asked, page=page - 1) if page > 1 else None,
        to=lambda **changed: _link({**asked, **changed}),
        markup=_markup,
        above=lambda hit: _above(hit, atlas.catalog),
        manifest=atlas.manifest,
    )
    return respond(request, content.encode(), media_type, atlas=atlas)


@router.get(
    "/search/suggest",
    response_class=Response,
    responses=describe_types({_SUGGESTIONS: ""}, "OpenSearch suggestions."),
)
def suggest(request: Request, atlas: Atlas, text: _Text = "") -> Response:
    """Complete what is being typed: the text, completions, what they are, where they lead."""
    rows: list[tuple[str, str, str]] = []
    for item in atlas.search.complete(text, limit=20):
        # of several things that have one name the first
        if item.text not in {row[0] for row in rows}:
            rows.append((item.text, item.gloss, item.iri))
    if not rows:
        # a slip: what would be found
        hits = atlas.search.search(text, limit=5).hits
        rows = [(plain(hit.label), hit.gloss, hit.iri) for hit in hits if hit.kind != "claim"]
    here = address_of(request)
    body = [
        text,
        [label for label, _, _ in rows[:10]],
        [gloss for _, gloss, _ in rows[:10]],
        [f"{here}/{iri.removeprefix(BASE)}" for _, _, iri in rows[:10]],
    ]
    # it holds the address by which this server was asked, and is kept by nobody
    written = json.dumps(body, ensure_ascii=False).encode()
    return respond(request, written, _SUGGESTIONS, atlas=atlas, lasting=False)


@router.get(
    "/opensearch.xml",
    response_class=Response,
    responses=describe_types({_DESCRIPTION: ""}, "The OpenSearch description document."),
)
def description(request: Request, atlas: Atlas) -> Response:
    """Tell a browser how to search here."""
    here = escape_xml(address_of(request))
    body = f"""<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
  <ShortName>Alliance Atlas</ShortName>
  <Description>Search a knowledge graph of psychotherapeutic alliances</Description>
  <InputEncoding>UTF-8</InputEncoding>
  <Image width="16" height="16" type="image/svg+xml">{here}/static/icon.svg</Image>
  <Url type="text/html" template="{here}/search?q={{searchTerms}}&amp;page={{startPage?}}"/>
  <Url type="application/json" template="{here}/search?q={{searchTerms}}&amp;format=json"/>
  <Url type="{_SUGGESTIONS}" rel="suggestions" template="{here}/search/suggest?q={{searchTerms}}"/>
</OpenSearchDescription>
"""
    return respond(request, body.encode(), _DESCRIPTION, atlas=atlas, lasting=False)


def address_of(request: Request) -> str:
    """Give the address of this server, without a slash at the end.

    It is made from the Host header, which may be anything; where it is no plain address, it is
    that of the project.
    """
    address = str(request.base_url).rstrip("/")
    return address if _ADDRESS.fullmatch(address) else BASE.rstrip("/")


def _check(kind: str, cls: str, catalog: Catalog) -> None:
    """Refuse a kind or class that is none; :raises ParameterError: with those that are."""
    if kind and kind not in KINDS:
        raise ParameterError(
            f"'{kind[:50]}' is no kind; it takes {', '.join(KINDS)}",
            parameter="kind",
            value=kind,
            allowed=tuple(KINDS),
        )
    if cls and KINDS["ontology"] + cls not in catalog:
        nearest = tuple(catalog.nearest(cls, kind="ontology"))
        raise ParameterError(
            f"'{cls[:50]}' is no class" + (f"; near are {', '.join(nearest)}" if nearest else ""),
            parameter="class",
            value=cls,
            nearest=nearest,
        )


def _as_json(text: str, found: Found, following: str | None, page: int) -> str:
    body = {
        "query": text,
        "did_you_mean": found.searched or None,
        "every_word": found.every_word,
        "total": found.total,
        "page": page,
        "items": [
            {
                "iri": hit.iri,
                "kind": hit.kind,
                "name": hit.name,
                "label": plain(hit.label),
                "gloss": hit.gloss or None,
                "classes": list(hit.classes),
                "highlight": {"label": _markup(hit.label), "text": _markup(hit.snippet)},
            }
            for hit in found.hits
        ],
        "next": following,
        "facets": {
            name: [{"value": value, "count": count} for value, count in (counts or {}).items()]
            for name, counts in (("kind", found.kinds), ("class", found.classes))
        },
    }
    return json.dumps(body, ensure_ascii=False, indent=1)


def _link(asked: Mapping[str, str], *, page: int = 1) -> str:
    fields = {name: value for name, value in asked.items() if value}
    return "/search?" + urlencode({**fields, **({"page": page} if page > 1 else {})})


def _groups(found: Found) -> list[tuple[str, list[Hit]]]:
    """Sort a page of hits by kind, the kind of the best first."""
    groups: dict[str, list[Hit]] = {}
    for hit in found.hits:
        groups.setdefault(hit.kind, []).append(hit)
    return list(groups.items())


def _markup(marked: Marked) -> Markup:
    pieces = (
        Markup("<mark>{}</mark>").format(text) if hit else escape(text) for text, hit in marked
    )
    return Markup("").join(pieces)


def _above(hit: Hit, catalog: Catalog) -> str:
    """Give the label of what a hit is a part of, or nothing."""
    head, slash, _ = hit.name.partition("/")
    above = catalog.get(KINDS[hit.kind] + head) if slash else None
    return above.label if above else ""
