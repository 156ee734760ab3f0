"""The diagrams of a release: the alliances, what each concept is related to, the course of a case.

Each is drawn from what the store holds: a line for a claim, no line without one.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.dossier import compile_dossier
from kg.drawing import Drawing, stand_alone
from kg.entries import Catalog, Entry
from kg.graphviz import Arrow, Box, lay_out
from kg.namespaces import PREFIXES
from kg.queries import read_query
from kg.store import Store
from kg.timelines import draw_timeline

__all__ = ["FOUR", "draw_all", "write_diagrams"]

#: The four alliances, in the order of the paper.
FOUR = tuple(
    f"{PREFIXES['concept']}{name}-alliance"
    for name in ("magical", "working", "therapeutic", "structuralizing")
)
#: More of them, and nobody sees any.
_NEIGHBOURS = 8
_DASHED = "Dashed: not asserted, or with a hedge; how it is limited stands beside the line."


@dataclass(frozen=True, slots=True)
class _Edge:
    """A claim that relates two things."""

    claim: str
    subject: str
    relation: str
    label: str
    object: str
    statement: str
    certainty: str
    hedge: str
    note: str

    @property
    def sure(self) -> bool:
        return self.certainty == "asserted" and not self.hedge


def write_diagrams(folder: Path, store: Store, catalog: Catalog, *, version: str) -> dict[str, str]:
    """Write all diagrams into a folder; give the SHA-256 of each by name.

    :raises StoreError: if the tool that lays them out is not installed.
    """
    digests = {}
    for name, drawing in draw_all(store, catalog):
        body = stand_alone(drawing, version=version).encode()
        path = folder / f"{name}.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        digests[name] = hashlib.sha256(body).hexdigest()
    return dict(sorted(digests.items()))


def draw_all(store: Store, catalog: Catalog) -> Iterator[tuple[str, Drawing]]:
    """Draw everything that has a diagram, by name.

    :raises StoreError: if the tool that lays them out is not installed.
    """
    edges = _edges(store)
    shifts = {
        (row["from"], row["to"]): row["shift"]
        for row in store.select(
            f"SELECT ?shift ?from ?to {{ ?shift a <{PREFIXES['aa']}ShiftConcept> ; "
            f"<{PREFIXES['aa']}from> ?from ; <{PREFIXES['aa']}to> ?to }}"
        ).values()
    }
    yield "alliances", _draw_alliances(edges, catalog, shifts, direction="LR")
    yield "alliances-narrow", _draw_alliances(edges, catalog, shifts, direction="TB")
    by_thing: defaultdict[str, list[_Edge]] = defaultdict(list)
    for edge in edges:
        for iri in {edge.subject, edge.object}:
            by_thing[iri].append(edge)
    weight = Counter({iri: len(found) for iri, found in by_thing.items()})
    for entry in catalog.of_kind("concept"):
        drawing = _draw_neighbourhood(entry, by_thing[entry.iri], catalog, weight)
        if drawing:
            yield f"concept/{entry.name}", drawing
    for entry in catalog.of_kind("case"):
        timeline = draw_timeline(compile_dossier(store, catalog, entry))
        if timeline:
            yield f"case/{entry.name}", timeline


def _edges(store: Store) -> list[_Edge]:
    return [
        _Edge(
            claim=row["claim"],
            subject=row["subject"],
            relation=row["relation"],
            label=row["label"],
            object=row["object"],
            statement=row["statement"],
            certainty=row["certainty"],
            hedge=row["hedge"],
            note=_note(row),
        )
        for row in store.select(read_query("claim-edges")).values()
    ]


def _note(row: Mapping[str, str]) -> str:
    """Say how a claim is limited: how sure, by which word, who holds it if not the author, when.

    What a store strings together stands in any order, and is put in one.
    """
    limits = []
    if row["certainty"] != "asserted":
        hedge = f": “{row['hedge']}”" if row["hedge"] else ""
        limits.append(f"{row['certainty']}{hedge}")
    elif row["hedge"]:
        limits.append(f"“{row['hedge']}”")
    if row["names"] and f"{PREFIXES['author']}lee" not in row["holders"].split():
        limits.append(f"held by {', '.join(sorted(row['names'].split('; ')))}")
    if row["condition"]:
        limits.append(f"if: {'; '.join(sorted(row['condition'].split('; ')))}")
    return "; ".join(limits)


def _draw_alliances(
    edges: Sequence[_Edge],
    catalog: Catalog,
    shifts: Mapping[tuple[str, str], str],
    *,
    direction: str,
) -> Drawing:
    """Draw the four alliances with the shifts between them that the paper tells of."""
    boxes = [Box(iri, catalog[iri].label, "concept", catalog[iri].gloss) for iri in FOUR]
    told = [
        edge
        for edge in edges
        if edge.relation == f"{PREFIXES['aa']}canShiftTo"
        and edge.subject in FOUR
        and edge.object in FOUR
    ]
    arrows = [
        Arrow(
            start=edge.subject,
            end=edge.object,
            label=edge.label,
            link=shifts.get((edge.subject, edge.object), edge.claim),
            note=edge.note,
            tip=edge.statement,
            sure=edge.sure,
        )
        for edge in sorted(told, key=lambda e: (FOUR.index(e.subject), FOUR.index(e.object)))
    ]
    width, height, body = lay_out(boxes, arrows, direction=direction, letters=20)
    return Drawing(
        title="The four alliances, and how one can lead to another",
        text=" ".join(arrow.tip for arrow in arrows),
        subject=f"{PREFIXES['concept']}alliance-shift",
        width=width,
        height=height,
        body=body,
        key=[_DASHED],
    )


def _draw_neighbourhood(
    entry: Entry, edges: Sequence[_Edge], catalog: Catalog, weight: Mapping[str, int]
) -> Drawing | None:
    """Draw what claims relate a concept to, the weightiest only; nothing for fewer than two."""
    by_other: defaultdict[str, list[_Edge]] = defaultdict(list)
    for edge in edges:
        other = edge.object if edge.subject == entry.iri else edge.subject
        if other in catalog and other != entry.iri:
            by_other[other].append(edge)
    if len(by_other) < 2:
        return None
    # concepts before the cases and signals that show them, then what more claims speak of
    others = sorted(by_other, key=lambda iri: (catalog[iri].kind != "concept", -weight[iri], iri))[
        :_NEIGHBOURS
    ]
    boxes = [Box(entry.iri, entry.label, "centre")]
    boxes += [
        Box(iri, catalog[iri].label, catalog[iri].kind, _kind(catalog[iri])) for iri in others
    ]
    arrows = [
        Arrow(
            edge.subject, edge.object, edge.label, edge.claim, edge.note, edge.statement, edge.sure
        )
        for iri in others
        for edge in sorted(by_other[iri], key=lambda edge: (not edge.sure, edge.claim))[:2]
    ]
    width, height, body = lay_out(boxes, arrows, direction="LR", letters=26, first=entry.iri)
    left = len(by_other) - len(others)
    more = f" Not drawn: {left} more that claims relate to it." if left else ""
    return Drawing(
        title=f"What claims relate to: {entry.label}",
        text=" ".join(arrow.tip for arrow in arrows) + more,
        subject=entry.iri,
        width=width,
        height=height,
        body=body,
        key=[_DASHED + more],
    )


def _kind(entry: Entry) -> str:
    return "" if entry.kind == "concept" else entry.kind
