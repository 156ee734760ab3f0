"""Answers and expected results, read by rdflib and compared up to the names of blank nodes."""

from __future__ import annotations

import csv
import io
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from rdflib import RDF, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic
from rdflib.query import Result
from rdflib.term import Identifier, Node

RS = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
#: How well an answer fits: it does; a literal is written in another form; it does not.
LEVELS = ("passes", "other form", "other answer")
_TABLES = {"srx": "xml", "srj": "json", "xml": "xml", "json": "json", "tsv": "tsv"}
_GRAPHS = {"ttl": "turtle", "rdf": "xml", "nt": "nt", "jsonld": "json-ld"}

Row = frozenset[tuple[str, Node]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    :param names: its variables.
    :param rows: its rows, each as pairs of a variable and a value.
    :param ordered: whether it is known that the order counts.
    """

    names: frozenset[str]
    rows: tuple[Row, ...]
    ordered: bool = False


def read(data: bytes, suffix: str, *, base: str = "") -> Table | Graph | bool:
    """Read a result by the suffix of its format."""
    if suffix == "csv":
        return _read_csv(data.decode())
    if suffix in _TABLES:
        found = Result.parse(io.BytesIO(data), format=_TABLES[suffix])
        if found.type == "ASK":
            return bool(found.askAnswer)
        rows = [{str(name): value for name, value in row.items()} for row in found.bindings]
        return Table(frozenset(map(str, found.vars or ())), tuple(map(_row, rows)))
    with warnings.catch_warnings():
        # rdflib's parser of JSON-LD uses what rdflib deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        graph = Graph().parse(data=data, format=_GRAPHS[suffix], publicID=base)
    head = graph.value(None, RDF.type, RS.ResultSet)
    return graph if head is None else _read_result_set(graph, head)


def compare(
    expected: Table | Graph | bool, got: Table | Graph | bool, *, ordered: bool, lax: bool = False
) -> str:
    """Tell how well an answer fits; one of :data:`LEVELS`.

    :param ordered: whether the order of rows counts.
    :param lax: whether duplicates may be missing.
    """
    match expected, got:
        case bool(), bool():
            return LEVELS[0] if expected == got else LEVELS[2]
        case Graph(), Graph():
            for level, change in zip(LEVELS, (_same, _by_value), strict=False):
                if isomorphic(_change(expected, change), _change(got, change)):
                    return level
        case Table(), Table() if expected.names == got.names:
            for level, change in zip(LEVELS, (_same, _by_value), strict=False):
                left, right = (
                    [_row({name: change(term) for name, term in row}) for row in table.rows]
                    for table in (expected, got)
                )
                if _fit(left, right, ordered=ordered or expected.ordered, lax=lax):
                    return level
    return LEVELS[2]


def _fit(left: Sequence[Row], right: Sequence[Row], *, ordered: bool, lax: bool) -> bool:
    if lax:
        more, fewer = Counter(left), Counter(right)
        return set(more) == set(fewer) and all(fewer[row] <= more[row] for row in fewer)
    if not any(isinstance(term, BNode) for row in (*left, *right) for _, term in row):
        return list(left) == list(right) if ordered else Counter(left) == Counter(right)
    return isomorphic(_as_graph(left, ordered=ordered), _as_graph(right, ordered=ordered))


def _as_graph(rows: Sequence[Row], *, ordered: bool) -> Graph:
    """Write rows as a graph: each with its place, or with how often it comes."""
    numbered = list(enumerate(rows)) if ordered else [(n, row) for row, n in Counter(rows).items()]
    graph = Graph()
    for number, row in numbered:
        node = BNode()
        graph.add((node, RS["index"], Literal(number)))
        for name, term in row:
            graph.add((node, URIRef(f"urn:variable:{name}"), term))
    return graph


def _read_csv(text: str) -> Table:
    names, *rows = csv.reader(io.StringIO(text))
    return Table(
        frozenset(names),
        tuple(
            _row({name: _cell(cell) for name, cell in zip(names, row, strict=True) if cell})
            for row in rows
        ),
    )


def _cell(text: str) -> Identifier:
    """Read a cell of CSV, which does not tell of what type it is."""
    if text.startswith("_:"):
        return BNode(text[2:])
    try:
        Decimal(text)
    except InvalidOperation:
        return Literal(text)
    return Literal(text, datatype=XSD.decimal)


def _read_result_set(graph: Graph, head: Node) -> Table | bool:
    truth = graph.value(head, RS.boolean)
    if truth is not None:
        return str(truth) in {"true", "1"}
    numbered = []
    for solution in graph.objects(head, RS.solution):
        index = graph.value(solution, RS["index"])
        row = {
            str(graph.value(binding, RS.variable)): graph.value(binding, RS.value)
            for binding in graph.objects(solution, RS.binding)
        }
        numbered.append((int(index) if index is not None else 0, _row(row)))
    numbered.sort(key=lambda pair: pair[0])
    return Table(
        frozenset(str(name) for name in graph.objects(head, RS.resultVariable)),
        tuple(row for _, row in numbered),
        ordered=any(index for index, _ in numbered),
    )


def _row(values: dict[str, Identifier]) -> Row:
    return frozenset((name, _same(term)) for name, term in values.items() if term is not None)


def _change(graph: Graph, change: Callable[[Node], Node]) -> Graph:
    changed = Graph()
    for s, p, o in graph:
        changed.add((s, p, change(o)))
    return changed


def _same(term: Node) -> Node:
    """Give a term; a string is one with or without its datatype being said."""
    if isinstance(term, Literal) and term.datatype == XSD.string:
        return Literal(str(term))
    return term


def _by_value(term: Node) -> Node:
    """Give a literal in one form for all that mean the same value or language."""
    if isinstance(term, Literal) and term.language:
        return Literal(str(term), lang=term.language.lower())
    if isinstance(term, Literal) and term.datatype and term.value is not None:
        value = term.value.normalize() if isinstance(term.value, Decimal) else term.value
        return Literal(f"{value!r}", datatype=term.datatype)
    return _same(term)
