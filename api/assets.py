"""The addresses of what pages load: each tells the content, so that a new one is never missed."""

from __future__ import annotations

import hashlib
from pathlib import Path

__all__ = ["digest_program", "list_assets"]


def list_assets(folder: Path) -> dict[str, str]:
    """Give the address of every file in a folder that is served below ``/static``, by name."""
    return {
        path.name: f"/static/{path.name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
        for path in sorted(folder.iterdir())
        if path.is_file()
    }


def digest_program(folder: Path, diagrams: Path, *besides: Path) -> str:
    """Give a digest of the program's own files and of the diagrams, upon which pages depend.

    :param besides: further files of which this is true.
    """
    digest = hashlib.sha256()
    for root in (folder, diagrams):
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix in {".css", ".html", ".js", ".py", ".svg"}:
                if "node_modules" in path.parts:
                    continue
                digest.update(path.relative_to(root).as_posix().encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
    for path in besides:
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
