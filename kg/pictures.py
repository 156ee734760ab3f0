"""Diagrams as pictures of dots, for programs that take no SVG: resvg and a font, both as wheels."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import resvg_py

__all__ = ["to_png"]

#: Dots to a pixel of the drawing, so that a slide shows it sharp.
_ZOOM = 2.0


def to_png(svg: str) -> bytes:
    """Draw one of our own SVG files as a PNG; nothing of the system's fonts is used."""
    return resvg_py.svg_to_bytes(
        svg_string=svg, zoom=_ZOOM, font_files=_fonts(), skip_system_fonts=True
    )


@cache
def _fonts() -> list[str]:
    folder = files("font_source_sans_pro") / "files"
    return [str(folder / f"SourceSansPro-{weight}.ttf") for weight in ("Regular", "Semibold")]
