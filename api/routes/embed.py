"""Cards that stand in a frame of another page, and oEmbed, by which such a page finds them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response

from api.context import Atlas, Context
from api.representation import describe_types, negotiate, respond
from api.routes.search import address_of
from kg.dossier import compile_dossier
from kg.entries import Entry
from kg.errors import NotFoundError, ParameterError
from kg.lessons import CRITERIA, SIGNALLING
from kg.namespaces import BASE, KINDS, PREFIXES

__all__ = ["router"]

router = APIRouter(tags=["teaching"])

EMBED_TYPES: Mapping[str, str] = {"text/html": "html"}
#: An embedded card may stand in anybody's frame; it runs nothing and has no form.
_EMBEDDED = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors *"
)
#: Width and height of an embedded card in pixels, the least and what it gets unless asked.
_LEAST, _WIDTH, _HEIGHT = 120, 480, 320
#: How many claims a card gives.
_MOST_CLAIMS = 2


@router.get(
    "/embed/{kind}/{name:path}",
    response_class=Response,
    responses={
        **describe_types(EMBED_TYPES, "The card."),
        404: {"description": "Nothing has the name; the problem lists the nearest that do."},
    },
)
def embed(
    kind: Annotated[str, Path(description=f"One of {', '.join(KINDS)}.")],
    name: Annotated[str, Path(description="The thing's name: its IRI behind the kind.")],
    request: Request,
    atlas: Atlas,
) -> Response:
    """Show a thing as a small card that may stand in a frame on any page."""
    entry = _entry(kind, name, atlas)

    def write() -> bytes:
        facts = compile_dossier(atlas.store, atlas.catalog, entry).facts
        by_property = {fact.property: fact for fact in facts if not fact.incoming}
        known_by = atlas.lessons.get().said_of(entry.iri, (*CRITERIA, *SIGNALLING))
        page = atlas.templates.get_template("embed.html").render(
            entry=entry,
            manifest=atlas.manifest,
            claims=known_by[:_MOST_CLAIMS],
            certainty=by_property.get(PREFIXES["aa"] + "certainty"),
            hedge=by_property.get(PREFIXES["aa"] + "hedge"),
            places=by_property.get(PREFIXES["aa"] + "evidence"),
        )
        return page.encode()

    return respond(
        request,
        write,
        negotiate(request, EMBED_TYPES),
        atlas=atlas,
        headers={"Content-Security-Policy": _EMBEDDED},
    )


@router.get(
    "/oembed",
    response_class=Response,
    responses={
        **describe_types({"application/json": ""}, "What to embed, as oEmbed 1.0 has it."),
        404: {"description": "The address is of nothing here."},
        422: {"description": "A bound is no number, or the format is not json."},
    },
)
def oembed(
    request: Request,
    atlas: Atlas,
    url: Annotated[str, Query(description="The address or IRI of a thing's page.")],
    maxwidth: Annotated[
        int, Query(ge=_LEAST, le=10_000, description="The greatest width, in pixels.")
    ] = _WIDTH,
    maxheight: Annotated[
        int, Query(ge=_LEAST, le=10_000, description="The greatest height, likewise.")
    ] = _HEIGHT,
    format: Annotated[str, Query(description="Only json is offered.")] = "json",
) -> Response:
    """Tell a page that embeds things by oEmbed how to embed one of ours."""
    if format != "json":
        raise ParameterError(
            f"'{format[:50]}' is no format of this answer; it takes json",
            parameter="format",
            value=format,
            allowed=("json",),
        )
    here = address_of(request)
    path = url.strip()
    for start in (BASE, f"{here}/"):
        path = path.removeprefix(start)
    kind, _, name = path.partition("/")
    entry = _entry(kind, name, atlas)
    width, height = min(_WIDTH, maxwidth), min(_HEIGHT, maxheight)
    source = f"{here}/embed/{kind}/{quote(entry.name)}"
    body = {
        "version": "1.0",
        "type": "rich",
        "title": entry.label,
        "provider_name": "Alliance Atlas",
        "provider_url": f"{here}/",
        "width": width,
        "height": height,
        "html": f'<iframe src="{escape(source)}" title="{escape(entry.label)}" width="{width}" '
        f'height="{height}" loading="lazy" style="border:0"></iframe>',
    }
    written = json.dumps(body, ensure_ascii=False).encode()
    # it holds the address by which this server was asked
    return respond(request, written, "application/json", atlas=atlas, lasting=False)


def _entry(kind: str, name: str, atlas: Context) -> Entry:
    entry = atlas.catalog.get(KINDS.get(kind, "") + name)
    if kind not in KINDS or entry is None:
        nearest = atlas.catalog.nearest(name, kind=kind if kind in KINDS else None)
        raise NotFoundError(name[:200], kind=kind[:50], nearest=nearest)
    return entry
