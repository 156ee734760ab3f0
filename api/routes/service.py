"""What is not content: health, downloads, the description of the interface."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Path, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from api.context import Atlas
from api.representation import (
    describe_types,
    format_parameter,
    negotiate,
    respond,
    send_file,
)
from kg import __version__
from kg.errors import NotFoundError
from kg.store import GRAPH_TYPES, convert_graph

__all__ = ["DOWNLOADS", "router"]

router = APIRouter(tags=["service"])

#: What can be downloaded of a release, with media types and what each is.
DOWNLOADS: Mapping[str, tuple[str, str]] = {
    "alliance-atlas.ttl": ("text/turtle", "the ontology and the graph, as Turtle"),
    "alliance-atlas.owl": ("application/rdf+xml", "the same as RDF/XML, for Protégé"),
    "alliance-atlas.jsonld": ("application/ld+json", "the same as JSON-LD"),
    "alliance-atlas.nt": ("application/n-triples", "the same as N-Triples"),
    "release.nq": ("application/n-quads", "all named graphs, with all that is inferred"),
    "void.ttl": ("text/turtle", "what the dataset is, how large and in which terms, as VoID"),
    "context.jsonld": ("application/ld+json", "the JSON-LD context of annotated cases"),
    "case.schema.json": ("application/schema+json", "a JSON Schema of annotated cases"),
    "shapes.ttl": ("text/turtle", "the rules that cases are validated by, as SHACL"),
    "manifest.json": ("application/json", "version, digest and size of the release"),
    "questions.json": ("application/json", "the named questions with their queries"),
    "exercises.json": ("application/json", "invented cases to practise on, with the answers"),
}
LIST_TYPES: Mapping[str, str] = {"application/json": "json", "text/html": "html"}


@router.get("/health")
def health(atlas: Atlas) -> dict[str, Any]:
    """Tell that the server answers, and from which release."""
    return {
        "status": "ok",
        "version": __version__,
        "release": atlas.manifest.digest,
        "ontology": atlas.manifest.version,
        "triples": atlas.manifest.triples,
    }


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "The metrics.", "content": {"text/plain": {}}}},
)
def metrics(atlas: Atlas) -> Response:
    """Give metrics of the queries and of the process, in Prometheus's text format."""
    media_type = "text/plain; version=0.0.4; charset=utf-8"
    return Response(
        atlas.telemetry.render(),
        headers={"Content-Type": media_type, "Cache-Control": "no-store"},
    )


@router.get(
    "/.well-known/void",
    response_class=Response,
    responses=describe_types(GRAPH_TYPES, "The description."),
    openapi_extra={"parameters": [format_parameter(GRAPH_TYPES)]},
)
def void(request: Request, atlas: Atlas) -> Response:
    """Describe the dataset: what it is, how large, in which terms, and where it is had."""
    media_type = negotiate(request, GRAPH_TYPES)

    def write() -> bytes:
        body = (atlas.settings.release / "void.ttl").read_bytes()
        return convert_graph(body, media_type="text/turtle", graph=media_type)

    return respond(request, write, media_type, atlas=atlas)


@router.get("/docs", response_class=HTMLResponse, include_in_schema=False)
def docs(request: Request, atlas: Atlas) -> Response:
    """Show the OpenAPI document as a page that loads nothing from elsewhere."""

    def write() -> bytes:
        app: FastAPI = request.app
        template = atlas.templates.get_template("docs.html")
        return template.render(paths=app.openapi()["paths"], manifest=atlas.manifest).encode()

    return respond(request, write, "text/html", atlas=atlas)


@router.get(
    "/download",
    response_class=Response,
    responses=describe_types(LIST_TYPES, "The list."),
    openapi_extra={"parameters": [format_parameter(LIST_TYPES)]},
)
def downloads(request: Request, atlas: Atlas) -> Response:
    """List what can be downloaded of the release."""
    media_type = negotiate(request, LIST_TYPES)
    items = [
        {
            "name": name,
            "media_type": kind,
            "description": text,
            "bytes": (atlas.settings.release / name).stat().st_size,
            "url": f"/download/{name}",
        }
        for name, (kind, text) in DOWNLOADS.items()
    ]

    def write() -> bytes:
        if media_type == "application/json":
            return json.dumps({"items": items, "next": None}, ensure_ascii=False, indent=1).encode()
        template = atlas.templates.get_template("downloads.html")
        return template.render(items=items, manifest=atlas.manifest).encode()

    return respond(request, write, media_type, atlas=atlas)


@router.get("/download/{name}", response_class=FileResponse)
def download(
    name: Annotated[str, Path(description=f"One of {', '.join(DOWNLOADS)}.")],
    request: Request,
    atlas: Atlas,
) -> Response:
    """Send a file of the release."""
    if name not in DOWNLOADS:
        raise NotFoundError(name[:200], kind="download", nearest=sorted(DOWNLOADS))
    path = atlas.settings.release / name
    return send_file(request, path, DOWNLOADS[name][0], atlas=atlas, name=name)
