"""The diagrams of the release, as pages show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from kg.drawing import inline

__all__ = ["Figure", "figure_finder"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A diagram in a page.

    :param name: its address is ``/diagram/{name}.svg``.
    :param svg: the drawing proper, whose colours a style sheet sets.
    """

    name: str
    svg: Markup


def figure_finder(release: Path, diagrams: Mapping[str, str]) -> Callable[[str], Figure | None]:
    """Give what finds a diagram of a release by its name; for a name without one, nothing.

    :param diagrams: those that the release has.
    """

    @lru_cache(maxsize=64)
    def find(name: str) -> Figure | None:
        if name not in diagrams:
            return None
        text = (release / "diagrams" / f"{name}.svg").read_text(encoding="utf-8")
        # its own file, and written with everything escaped
        return Figure(name, Markup(inline(text)))  # noqa: S704

    return find
