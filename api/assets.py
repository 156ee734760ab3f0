"""The addresses of what pages load: each tells the content, so that a new one is never missed."""

from __future__ import annotations

import hashlib
from pathlib import Path

__all__ = ["list_assets"]


def list_assets(folder: Path) -> dict[str, str]:
    """Give the address of every file in a folder that is served below ``/static``, by name."""
    return {
        path.name: f"/static/{path.name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
        for path in sorted(folder.iterdir())
        if path.is_file()
    }
