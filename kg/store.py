"""Where answers come from: a store of quads behind one small interface. Oxigraph evaluates here."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from traceback import clear_frames
from types import MappingProxyType
from typing import Protocol, TypeVar

import pyoxigraph as ox

from kg.errors import InputError, LimitError, StoreError
from kg.lookahead import without_lookahead
from kg.model import Answer, Iri, Literal, Node, Solutions, Term
from kg.namespaces import BASE, PREFIXES

__all__ = [
    "GRAPH_TYPES",
    "RESULT_TYPES",
    "OxigraphStore",
    "Store",
    "canonical_quads",
    "convert_graph",
    "read_results",
    "serialize_results",
    "serialize_triples",
    "store_source",
    "syntax_error",
]

T = TypeVar("T")

#: Media types for tables and truth values, with the names that ``?format=`` and ``--format`` take.
RESULT_TYPES = MappingProxyType(
    {
        "application/sparql-results+json": "json",
        "application/sparql-results+xml": "xml",
        "text/csv": "csv",
        "text/tab-separated-values": "tsv",
    }
)

#: Media types for graphs, with their short names, which are also the suffixes of IRIs.
GRAPH_TYPES = MappingProxyType(
    {
        "text/turtle": "ttl",
        "application/ld+json": "jsonld",
        "application/rdf+xml": "rdf",
        "application/n-triples": "nt",
        "application/n-quads": "nq",
        "application/trig": "trig",
    }
)

_RESULTS = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/csv": ox.QueryResultsFormat.CSV,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}
_GRAPHS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/n-quads": ox.RdfFormat.N_QUADS,
    "application/trig": ox.RdfFormat.TRIG,
}
_UNKNOWN_FUNCTION = re.compile(r"custom function (<[^>]*>) is not supported")
_POSITION = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)


class Store(Protocol):
    """What the rest of the project asks of a store."""

    def select(self, query: str, *, bindings: Mapping[str, Term] | None = None) -> Solutions:
        """Answer a SELECT query; :raises InputError: if it is none or malformed.

        :param bindings: values for variables that the query projects; their columns are left out.
        """
        ...

    def ask(self, query: str, *, bindings: Mapping[str, Term] | None = None) -> bool:
        """Answer an ASK query; :raises InputError: if it is none or malformed."""
        ...

    def construct(
        self, query: str, *, media_type: str, bindings: Mapping[str, Term] | None = None
    ) -> bytes:
        """Answer a CONSTRUCT or DESCRIBE query; :raises InputError: if it is none or malformed."""
        ...

    def answer(
        self,
        query: str,
        *,
        results: str,
        graph: str,
        bindings: Mapping[str, Term] | None = None,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> Answer:
        """Answer any query, written as ``results`` (a table, a truth value) or as ``graph``.

        :param results: one of :data:`RESULT_TYPES`.
        :param graph: one of :data:`GRAPH_TYPES`.
        :param default_graphs: the graphs that make up the default graph, if not the store's own.
        :param named_graphs: the graphs that GRAPH may name, if not all.
        :raises InputError: if the query is malformed, with line and column.
        """
        ...


def store_source(folder: Path) -> Path:
    """Give what a release's folder is opened from: its store on disk if it has one, else a file."""
    on_disk = folder / "store"
    return on_disk if on_disk.is_dir() else folder / "release.nq"


class OxigraphStore:
    """A store in this process, in memory or on disk, read-only once it is loaded."""

    def __init__(self, store: ox.Store | None = None) -> None:
        self._store = ox.Store() if store is None else store

    @classmethod
    def from_source(cls, source: Path) -> OxigraphStore:
        """Open what :func:`store_source` gives.

        :raises StoreError: if it cannot be read.
        """
        return cls.open(source) if source.is_dir() else cls.from_quads(source)

    @classmethod
    def open(cls, folder: Path) -> OxigraphStore:
        """Open a store on disk, which several processes may have open at once.

        :raises StoreError: if there is none or it cannot be read.
        """
        # the engine would make a folder that is not there
        if not (folder / "CURRENT").is_file():
            raise StoreError(f"no store in {folder}; 'alliance publish --store' makes one")
        try:
            return cls(ox.Store.read_only(str(folder)))
        except (OSError, ValueError) as error:
            raise StoreError(f"the store in {folder} cannot be read: {error}") from error

    @classmethod
    def write(cls, quads: Path, folder: Path) -> None:
        """Write a store on disk from an N-Quads file, in place of one that is there.

        A process that has the former one open keeps answering from it.

        :raises StoreError: if the file cannot be read, or nothing can be written.
        """
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(
                dir=folder.parent, ignore_cleanup_errors=True
            ) as scratch:
                fresh = Path(scratch) / "store"
                store = ox.Store(str(fresh))
                store.bulk_load(path=str(quads), format=ox.RdfFormat.N_QUADS)
                store.optimize()
                store.flush()
                # closes it: a folder that is being written must not be read by others
                del store
                if folder.exists():
                    folder.rename(Path(scratch) / "former")
                fresh.rename(folder)
        except (OSError, SyntaxError) as error:
            raise StoreError(f"{folder} cannot be written from {quads}: {error}") from error

    @classmethod
    def from_quads(cls, path: Path) -> OxigraphStore:
        """Open a release's N-Quads file.

        :raises StoreError: if there is none or it cannot be read.
        """
        store = cls()
        try:
            store._store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS)
        except (OSError, SyntaxError) as error:
            raise StoreError(
                f"{path} cannot be read as a release; run 'alliance build' to make one: {error}"
            ) from error
        return store

    def load(self, data: bytes, *, graphs: Iterable[str | None] = (None,)) -> None:
        """Add N-Triples to each of some graphs, ``None`` being the default graph.

        A blank node is the same in all of them.
        """
        names = [ox.NamedNode(name) if name else ox.DefaultGraph() for name in graphs]
        triples = [quad.triple for quad in ox.parse(data, format=ox.RdfFormat.N_TRIPLES)]
        self._store.bulk_extend(
            ox.Quad(t.subject, t.predicate, t.object, name) for name in names for t in triples
        )

    def __len__(self) -> int:
        """Count the quads."""
        return len(self._store)

    def dump(self, *, graph: str | None = None) -> list[str]:
        """Give one graph as sorted lines of N-Triples; ``None`` is the default graph."""
        name = ox.NamedNode(graph) if graph else ox.DefaultGraph()
        text = self._store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=name)
        return sorted((text or b"").decode().splitlines())

    def dump_quads(self) -> list[str]:
        """Give all graphs as sorted lines of N-Quads."""
        return sorted((self._store.dump(format=ox.RdfFormat.N_QUADS) or b"").decode().splitlines())

    def select(self, query: str, *, bindings: Mapping[str, Term] | None = None) -> Solutions:
        """Answer a SELECT query; :raises InputError: if it is none or malformed."""
        found = self._run(query, bindings=bindings)
        if not isinstance(found, ox.QuerySolutions):
            raise InputError("a SELECT query is expected")
        try:
            return _solutions(found, without=bindings or {})
        except (OSError, RuntimeError) as error:
            raise _query_failure(error) from error

    def ask(self, query: str, *, bindings: Mapping[str, Term] | None = None) -> bool:
        """Answer an ASK query; :raises InputError: if it is none or malformed."""
        found = self._run(query, bindings=bindings)
        if not isinstance(found, ox.QueryBoolean):
            raise InputError("an ASK query is expected")
        return bool(found)

    def construct(
        self, query: str, *, media_type: str, bindings: Mapping[str, Term] | None = None
    ) -> bytes:
        """Answer a CONSTRUCT or DESCRIBE query; :raises InputError: if it is none or malformed."""
        found = self._run(query, bindings=bindings)
        if not isinstance(found, ox.QueryTriples):
            raise InputError("a CONSTRUCT or DESCRIBE query is expected")
        return _write_graph(found, media_type)

    def answer(
        self,
        query: str,
        *,
        results: str,
        graph: str,
        bindings: Mapping[str, Term] | None = None,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> Answer:
        """Answer any query; see :meth:`Store.answer`."""
        found = self._run(
            query, bindings=bindings, default_graphs=default_graphs, named_graphs=named_graphs
        )
        try:
            if isinstance(found, ox.QueryTriples):
                return Answer("graph", graph, _write_graph(found, graph))
            body = found.serialize(format=_RESULTS[results])
        except (OSError, RuntimeError) as error:
            raise _query_failure(error) from error
        if isinstance(found, ox.QueryBoolean):
            return Answer("boolean", results, body or b"")
        return Answer("solutions", results, body or b"")

    def _run(
        self,
        query: str,
        *,
        bindings: Mapping[str, Term] | None = None,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        protocol_dataset = bool(default_graphs or named_graphs)
        try:
            return self._store.query(
                without_lookahead(query),
                base_iri=BASE,
                default_graph=[ox.NamedNode(name) for name in default_graphs]
                if protocol_dataset
                else None,
                named_graphs=[ox.NamedNode(name) for name in named_graphs]
                if protocol_dataset
                else None,
                substitutions={
                    ox.Variable(name): _to_ox(term) for name, term in (bindings or {}).items()
                }
                or None,
            )
        except SyntaxError as error:
            raise syntax_error(str(error)) from error
        except ValueError as error:
            raise InputError(f"not a query that can be answered: {error}") from error
        except (OSError, RuntimeError) as error:
            raise _query_failure(error) from error


def _query_failure(error: Exception) -> InputError | StoreError:
    """Say what went wrong with a query that is well-formed."""
    match = _UNKNOWN_FUNCTION.search(str(error))
    if match:
        return InputError(f"there is no function {match[1]} here")
    return StoreError(f"the query could not be carried out: {error}")


def canonical_quads(lines: Iterable[str]) -> list[str]:
    """Give N-Quads with blank nodes named by RDFC-1.0, sorted: equal graphs give equal lines."""
    dataset = ox.Dataset(ox.parse("\n".join(lines).encode(), format=ox.RdfFormat.N_QUADS))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    text = ox.serialize(dataset, format=ox.RdfFormat.N_QUADS) or b""
    return sorted(text.decode().splitlines())


def serialize_triples(lines: Iterable[str], *, media_type: str) -> bytes:
    """Write N-Triples in another syntax for graphs, with the project's prefixes."""
    found = ox.parse("\n".join(lines).encode(), format=ox.RdfFormat.N_TRIPLES)
    return _write_graph((quad.triple for quad in found), media_type)


def _write_graph(triples: Iterable[ox.Triple], media_type: str) -> bytes:
    rdf_format = _GRAPHS[media_type]
    prefixed = media_type in {"text/turtle", "application/trig", "application/rdf+xml"}
    prefixed = prefixed or media_type == "application/ld+json"
    # the same subject's triples side by side make short Turtle; the order makes equal bytes
    ordered = sorted(set(triples), key=str)
    return (
        ox.serialize(ordered, format=rdf_format, prefixes=dict(PREFIXES) if prefixed else None)
        or b""
    )


def read_results(
    body: bytes, *, media_type: str, without: Collection[str] = ()
) -> Solutions | bool:
    """Read a table or a truth value in one of :data:`RESULT_TYPES`, CSV left out.

    :param without: columns to leave out.
    :raises ValueError: if it is none.
    """

    def read() -> Solutions | bool:
        found = ox.parse_query_results(body, format=_RESULTS[media_type])
        return bool(found) if isinstance(found, ox.QueryBoolean) else _solutions(found, without)

    return _reading(read)


def serialize_results(
    body: bytes, *, media_type: str, results: str, most: int | None = None
) -> tuple[bytes, int | None]:
    """Write a table or truth value in another of :data:`RESULT_TYPES`, as this engine does.

    :param media_type: what it is in; CSV, which does not tell terms apart, cannot be read.
    :param most: the most rows to write.
    :returns: the bytes, and how many rows; of a truth value ``None``.
    :raises ValueError: if it is none.
    :raises LimitError: if it has too many rows.
    """

    def write() -> tuple[bytes, int | None]:
        found = ox.parse_query_results(body, format=_RESULTS[media_type])
        if isinstance(found, ox.QueryBoolean):
            return found.serialize(format=_RESULTS[results]) or b"", None
        rows = sum(1 for _ in found)
        if most is not None and rows > most:
            raise LimitError(
                f"the answer has {rows} rows; {most} are sent. Use LIMIT", limit="rows"
            )
        again = ox.parse_query_results(body, format=_RESULTS[media_type])
        return again.serialize(format=_RESULTS[results]) or b"", rows

    return _reading(write)


def convert_graph(body: bytes, *, media_type: str, graph: str) -> bytes:
    """Write a graph in another of :data:`GRAPH_TYPES`; what is in named graphs is left out.

    :raises ValueError: if it cannot be read.
    """
    quads = _reading(lambda: list(ox.parse(body, format=_GRAPHS[media_type])))
    return _write_graph((quad.triple for quad in quads), graph)


def _reading(read: Callable[[], T]) -> T:
    """Read what another engine wrote, and say with a ValueError that it cannot be read.

    The reader's objects must be let go by the thread that made them, and an error that is passed
    on to another thread must not keep hold of them.
    """
    try:
        return read()
    except SyntaxError as error:
        clear_frames(error.__traceback__)
        message = str(error)
    except (InputError, LimitError) as error:
        clear_frames(error.__traceback__)
        raise
    raise ValueError(message)


def _solutions(found: ox.QuerySolutions, without: Collection[str]) -> Solutions:
    names = [variable.value for variable in found.variables]
    kept = [place for place, name in enumerate(names) if name not in without]
    rows = tuple(tuple(_from_ox(solution[place]) for place in kept) for solution in found)
    return Solutions(tuple(names[place] for place in kept), rows)


def syntax_error(message: str) -> InputError:
    """Say what an engine of this kind finds wrong with a query, with line and column."""
    match = _POSITION.search(message)
    if not match:
        return InputError(f"not SPARQL: {message}")
    expected = " ".join(match[3].split())
    if len(expected) > 200:
        expected = expected[:200].rsplit(" ", 1)[0].rstrip(",") + " ..."
    return InputError(f"not SPARQL: {expected}", line=int(match[1]), column=int(match[2]))


def _to_ox(term: Term) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    match term:
        case Iri(value):
            return ox.NamedNode(value)
        case Node(value):
            return ox.BlankNode(value)
        case Literal(value, str(language)):
            return ox.Literal(value, language=language)
        case Literal(value, _, datatype):
            return ox.Literal(value, datatype=ox.NamedNode(datatype))


def _from_ox(term: object) -> Term | None:
    match term:
        case None:
            return None
        case ox.NamedNode():
            return Iri(term.value)
        case ox.BlankNode():
            return Node(term.value)
        case ox.Literal():
            return Literal(term.value, term.language, term.datatype.value)
    raise InputError("the answer holds a triple as a term, which a table cannot show")
