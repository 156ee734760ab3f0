"""What is not content: health, downloads."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from api.context import Atlas
from kg import __version__
from kg.errors import NotFoundError

__all__ = ["router"]

router = APIRouter(tags=["service"])

#: What can be downloaded of a release, with media types.
DOWNLOADS = {
    "alliance-atlas.ttl": "text/turtle",
    "alliance-atlas.owl": "application/rdf+xml",
    "alliance-atlas.jsonld": "application/ld+json",
    "alliance-atlas.nt": "application/n-triples",
    "release.nq": "application/n-quads",
    "shapes.ttl": "text/turtle",
    "manifest.json": "application/json",
    "questions.json": "application/json",
}


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


@router.get("/docs", response_class=HTMLResponse, include_in_schema=False)
def docs(request: Request, atlas: Atlas) -> HTMLResponse:
    """Show the OpenAPI document as a page that loads nothing from elsewhere."""
    app: FastAPI = request.app
    template = atlas.templates.get_template("docs.html")
    return HTMLResponse(template.render(paths=app.openapi()["paths"], manifest=atlas.manifest))


@router.get("/download")
def downloads(atlas: Atlas) -> dict[str, Any]:
    """List what can be downloaded."""
    items = [
        {"name": name, "media_type": media_type, "url": f"/download/{name}"}
        for name, media_type in DOWNLOADS.items()
    ]
    return {"items": items, "next": None}


@router.get("/download/{name}", response_class=FileResponse)
def download(name: str, request: Request, atlas: Atlas) -> Response:
    """Send a file of the release."""
    if name not in DOWNLOADS:
        raise NotFoundError(name, kind="download", nearest=sorted(DOWNLOADS))
    headers = {"X-Release": atlas.manifest.digest[:12]}
    return FileResponse(
        atlas.settings.release / name, media_type=DOWNLOADS[name], filename=name, headers=headers
    )
