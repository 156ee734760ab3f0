"""The trees of concepts, signals and classes: what stands below what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kg.entries import Catalog, Entry
from kg.queries import read_query
from kg.store import Store

__all__ = ["Branch", "grow_tree"]


@dataclass(frozen=True, slots=True)
class Branch:
    """A thing with what stands below it."""

    entry: Entry
    below: tuple[Branch, ...]


def grow_tree(
    store: Store, catalog: Catalog, kind: str, *, keep: Callable[[Entry], bool] = lambda _: True
) -> tuple[Branch, ...]:
    """Give the things of a kind that have nothing above them, each with all that is below.

    What has several above it stands below each.

    :param keep: tells which things of the kind are shown.
    """
    shown = {entry.iri: entry for entry in catalog.of_kind(kind) if keep(entry)}
    children: dict[str, list[str]] = {}
    low: set[str] = set()
    for row in store.select(read_query("hierarchy")).values():
        if row["child"] in shown and row["parent"] in shown and row["child"] != row["parent"]:
            children.setdefault(row["parent"], []).append(row["child"])
            low.add(row["child"])

    def grow(iri: str, passed: frozenset[str]) -> Branch:
        below = [
            grow(child, passed | {child}) for child in children.get(iri, ()) if child not in passed
        ]
        below.sort(key=lambda branch: branch.entry.label.casefold())
        return Branch(shown[iri], tuple(below))

    return tuple(grow(iri, frozenset({iri})) for iri in shown if iri not in low)
