"""An answer of a query as a page shows it: things by their labels, no more rows than one reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kg.entries import Catalog
from kg.model import Answer
from kg.namespaces import compress

__all__ = ["LARGEST", "ROWS", "Cell", "Shown", "show"]

#: Bytes of an answer that is too large for a page.
LARGEST = 4 * 2**20
#: Rows that a page has at most.
ROWS = 1000

_TABLE = ("csv", "tsv", "json", "xml")
_TRUTH = ("json", "xml")
_GRAPH = ("ttl", "jsonld", "rdf", "nt")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value.

    :param text: what to read.
    :param iri: where it leads, if it is a thing with an address.
    :param kind: the language or datatype of a literal, where it says more than that it is a text.
    """

    text: str
    iri: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows of an answer.

    :param total: how many rows there are, of which ``rows`` may hold the first only.
    :param truth: of a question for yes or no, which.
    :param graph: a graph in Turtle.
    :param formats: the short names of the formats in which all of it is had.
    :param too_large: whether it is too large for a page, and only these formats are left.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell | None, ...], ...] = ()
    total: int = 0
    truth: bool | None = None
    graph: str | None = None
    formats: tuple[str, ...] = _TABLE
    too_large: bool = False


def show(answer: Answer, catalog: Catalog) -> Shown:
    """Make an answer ready for a page.

    :param answer: as SPARQL results in JSON, or a graph in Turtle.
    """
    graph = answer.form == "graph"
    formats = _GRAPH if graph else _TABLE
    if len(answer.body) > LARGEST:
        return Shown(total=answer.rows or 0, formats=formats, too_large=True)
    if graph:
        return Shown(graph=answer.body.decode(), formats=formats)
    found: dict[str, Any] = json.loads(answer.body)
    if answer.form == "boolean":
        return Shown(truth=found["boolean"], formats=_TRUTH)
    columns = tuple(found["head"]["vars"])
    rows = found["results"]["bindings"]
    return Shown(
        columns=columns,
        rows=tuple(
            tuple(_cell(row[name], catalog) if name in row else None for name in columns)
            for row in rows[:ROWS]
        ),
        total=len(rows),
    )


def _cell(term: Mapping[str, str], catalog: Catalog) -> Cell:
    value = term["value"]
    if term["type"] == "uri":
        entry = catalog.get(value)
        # a query can make up any IRI, and a page must not lead to a script
        leads = value.startswith(("https://", "http://"))
        text = entry.label if entry and entry.label else compress(value)
        return Cell(text, iri=value if leads else "")
    if term["type"] == "bnode":
        return Cell(f"_:{value}")
    return Cell(value, kind=term.get("xml:lang") or compress(term.get("datatype", "")))
