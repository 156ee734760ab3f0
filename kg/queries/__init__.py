"""SPARQL queries, one per file, read by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["iter_derivations", "read_query"]

_FOLDER = Path(__file__).resolve().parent


@cache
def read_query(name: str) -> str:
    """Give the text of a query of this folder, named without its suffix.

    :raises FileNotFoundError: if there is no such query: a slip in our code, never in an input.
    """
    return (_FOLDER / f"{name}.rq").read_text(encoding="utf-8")


def iter_derivations() -> list[tuple[str, str]]:
    """Give name and text of the rules by which the build derives triples, in their order."""
    paths = sorted((_FOLDER / "derive").glob("*.rq"))
    return [(path.stem, path.read_text(encoding="utf-8")) for path in paths]
