"""Where the project's files are: in a checkout beside the package, in a wheel inside it."""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "changelog_file",
    "exercises_dir",
    "ontology_dir",
    "release_dir",
    "shapes_dir",
    "sources_at_hand",
]

_PACKAGE = Path(__file__).resolve().parent
_DATA = _PACKAGE / "_data"
_ROOT = _DATA if (_DATA / "ontology").is_dir() else _PACKAGE.parent


def changelog_file() -> Path:
    """Give the file that tells what changed from version to version."""
    return _ROOT / "CHANGELOG.md"


def ontology_dir() -> Path:
    """Give the folder of the Turtle modules."""
    return _ROOT / "ontology"


def shapes_dir() -> Path:
    """Give the folder of the SHACL shapes."""
    return _ROOT / "shapes"


def exercises_dir() -> Path:
    """Give the folder of the exercises: invented cases, which are no part of the graph."""
    return _ROOT / "docs" / "exercises"


def release_dir() -> Path:
    """Give the folder of the built release, ``dist/release`` in a checkout."""
    return _ROOT / "release" if _ROOT == _DATA else _ROOT / "dist" / "release"


def sources_at_hand() -> bool:
    """Tell whether this is a checkout, whose sources may have changed since the build."""
    return _ROOT != _DATA
