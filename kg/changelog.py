"""What changed from version to version, from the changelog that comes along."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kg.resources import changelog_file

__all__ = ["Change", "read_changes"]

_HEADING = re.compile(r"^## +\[?([^\]\n]+?)\]?(?: +[-–(] *(\d{4}-\d{2}-\d{2})\)?)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Change:
    """A version with what changed in it.

    :param version: its number, or ``Unreleased``.
    :param date: the day of its release as year-month-day, where it is told.
    :param points: what changed, each as Markdown without line breaks, under its heading.
    """

    version: str
    date: str
    points: tuple[tuple[str, str], ...]


def read_changes() -> list[Change]:
    """Read the changelog, newest version first; without one there are no changes to tell."""
    path = changelog_file()
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    parts = _HEADING.split(text)[1:]
    return [
        Change(version, date or "", tuple(_points(body)))
        for version, date, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]


def _points(body: str) -> list[tuple[str, str]]:
    """List the points of a version with the heading above each."""
    found: list[tuple[str, str]] = []
    heading = ""
    for line in body.splitlines():
        if line.startswith("### "):
            heading = line.removeprefix("### ").strip()
        elif line.startswith("- "):
            found.append((heading, line.removeprefix("- ").strip()))
        elif line.strip() and found:
            head, point = found[-1]
            found[-1] = (head, f"{point} {line.strip()}")
    return found
