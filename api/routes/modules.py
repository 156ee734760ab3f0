"""The modules of the ontology: what each is about, and what it defines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.context import Atlas, Context
from api.representation import describe_types, format_parameter, negotiate, respond
from kg.errors import NotFoundError
from kg.model import Iri
from kg.namespaces import BASE, PREFIXES
from kg.queries import read_query
from kg.store import GRAPH_TYPES

__all__ = ["router"]

router = APIRouter(tags=["pages"])

_MODULE = BASE + "module/"
_RDF = {m: s for m, s in GRAPH_TYPES.items() if s in {"ttl", "jsonld", "rdf", "nt"}}
MODULE_TYPES: Mapping[str, str] = {"text/html": "html", **_RDF}
LIST_TYPES: Mapping[str, str] = {"text/html": "html", "application/json": "json"}


@router.get(
    "/module",
    response_class=Response,
    responses=describe_types(LIST_TYPES, "The modules."),
    openapi_extra={"parameters": [format_parameter(LIST_TYPES)]},
)
def list_modules(request: Request, atlas: Atlas) -> Response:
    """List the modules of which the ontology is made."""
    media_type = negotiate(request, LIST_TYPES)

    def write() -> bytes:
        found = _find_modules(atlas)
        if media_type == "application/json":
            items = [{"iri": _MODULE + name, **told} for name, told in found.items()]
            return json.dumps({"items": items, "next": None}, ensure_ascii=False, indent=1).encode()
        page = atlas.templates.get_template("module.html").render(
            modules=found,
            name="",
            canonical=_MODULE.rstrip("/"),
            manifest=atlas.manifest,
        )
        return page.encode()

    return respond(request, write, media_type, atlas=atlas)


@router.get(
    "/module/{name}",
    response_class=Response,
    responses={
        **describe_types(MODULE_TYPES, "The module's page, or what it holds as a graph."),
        404: {"description": "No module has the name; the problem lists the nearest."},
    },
    openapi_extra={"parameters": [format_parameter(MODULE_TYPES)]},
)
def show_module(
    name: Annotated[str, Path(description="The module's name, such as schema-case.")],
    request: Request,
    atlas: Atlas,
) -> Response:
    """Show a module. Its format may also be a suffix of its name, such as .ttl."""
    stem, dot, suffix = name.rpartition(".")
    name, suffix = (stem, suffix) if dot and suffix in MODULE_TYPES.values() else (name, "")
    modules = _find_modules(atlas)
    if name not in modules:
        near = [known for known in modules if name[:40] and name[:40] in known]
        raise NotFoundError(name[:200], kind="module", nearest=near[:5] or list(modules)[:5])
    media_type = negotiate(request, MODULE_TYPES, suffix=suffix or None)
    iri = _MODULE + name
    headers = {"Link": f'<{iri}>; rel="canonical"'}

    def write() -> bytes:
        if media_type in _RDF:
            return atlas.store.construct(
                read_query("module"), media_type=media_type, bindings={"iri": Iri(iri)}
            )
        page = atlas.templates.get_template("module.html").render(
            modules=modules,
            name=name,
            defined=_find_defined(iri, atlas),
            formats=list(_RDF.values()),
            catalog=atlas.catalog,
            canonical=iri,
            manifest=atlas.manifest,
        )
        return page.encode()

    return respond(request, write, media_type, atlas=atlas, headers=headers)


def _find_modules(atlas: Context) -> dict[str, dict[str, str]]:
    """Give title and description of every module, by name."""
    rows = atlas.store.select(
        f"PREFIX dcterms: <{PREFIXES['dcterms']}> "
        f"SELECT ?module ?title ?description {{ ?module a <{PREFIXES['owl']}Ontology> ; "
        "dcterms:title ?title OPTIONAL { ?module dcterms:description ?description } } "
        "ORDER BY ?module"
    ).values()
    return {
        row["module"].removeprefix(_MODULE): {
            "title": row["title"],
            "description": row["description"],
        }
        for row in rows
        if row["module"].startswith(_MODULE)
    }


def _find_defined(iri: str, atlas: Context) -> list[str]:
    rows = atlas.store.select(
        f"SELECT ?thing {{ ?thing <{PREFIXES['rdfs']}isDefinedBy> <{iri}> "
        f"FILTER (isIRI(?thing) && ?thing != <{iri}>) }} ORDER BY ?thing"
    ).values()
    return [row["thing"] for row in rows]
