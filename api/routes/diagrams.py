"""The diagrams as files, for slides: with title, key, source and licence inside."""

from __future__ import annotations

import difflib
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from api.context import Atlas
from api.representation import respond, send_file
from kg.errors import NotFoundError
from kg.pictures import to_png

__all__ = ["router"]

router = APIRouter(tags=["pages"])

_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


@router.get(
    "/diagram/{file:path}",
    response_class=Response,
    responses={
        200: {"description": "The diagram.", "content": {name: {} for name in _TYPES.values()}},
        404: {"description": "There is no such diagram; the problem lists the nearest."},
    },
)
async def show_diagram(
    file: Annotated[
        str,
        Path(
            description="alliances, alliances-narrow, concept/NAME or case/NAME, "
            "with .svg or .png behind it."
        ),
    ],
    request: Request,
    atlas: Atlas,
) -> Response:
    """Give a diagram as SVG or PNG."""
    name, _, suffix = file.rpartition(".")
    if suffix not in _TYPES or name not in atlas.manifest.diagrams:
        names = [f"{known}.svg" for known in atlas.manifest.diagrams]
        nearest = difflib.get_close_matches(file[:200], names, n=3, cutoff=0.5)
        raise NotFoundError(file[:200], kind="diagram", nearest=nearest)
    path = atlas.settings.release / "diagrams" / f"{name}.svg"
    if suffix == "svg":
        return send_file(request, path, _TYPES[suffix], atlas=atlas)

    def write() -> bytes:
        return to_png(path.read_text(encoding="utf-8"))

    # a picture takes long to draw, and is kept; a few wait, and no thread waits with them
    async with atlas.drawing:
        return await run_in_threadpool(respond, request, write, _TYPES[suffix], atlas=atlas)
