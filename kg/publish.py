"""Bringing a release to where it is answered from: into another engine, or onto disk.

An engine gets the graphs of the release, the default graph under a name. They are written beside
those that it answers from, counted, and then put in their place by one request, so that whoever
asks meanwhile has the former release or this one. What an interrupted run leaves beside is cleared
by the next. A graph of its own says which release is there, and is the last thing that is written.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import urllib3

from kg.dialogue import EVERYTHING, MARKER, Dialogue, Endpoint, is_url
from kg.errors import InputError, StoreError
from kg.manifest import Manifest, read_manifest
from kg.namespaces import BASE, GRAPH, PREFIXES
from kg.query_guard import Limits
from kg.remote import RemoteStore, post
from kg.store import OxigraphStore

__all__ = ["publish", "update_url"]

#: Where graphs are while they are being written.
STAGING = BASE + "staging/"

#: Characters of triples in one request: engines bound a request, or what they make of it.
_CHUNK = 200_000
#: An engine may take a while over some hundred thousand triples.
_LIMITS = Limits(seconds=300)
#: Virtuoso takes blank nodes in a template only, and of several graphs only if there is a solution
#: that is not a constant.
_ONCE = "INSERT { %s } WHERE { BIND (1 AS ?once) }"
_QUAD = re.compile(rf"(\S+ \S+ .+) <({re.escape(GRAPH)}[\w-]+)> \.")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_BLANK = re.compile(r"_:\w+")


def publish(
    folder: Path,
    where: str,
    *,
    update: str | None = None,
    environment: Mapping[str, str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> bool:
    """Bring a release to an engine, or to a folder with a store on disk.

    :param folder: the release.
    :param where: the address of the engine's SPARQL endpoint, or the folder.
    :param update: the address where it takes updates, if it is none that :func:`update_url` knows.
    :param progress: told of each step.
    :returns: whether anything had to be done; if the release is there already, nothing has.
    :raises InputError: if an address or a folder cannot be used.
    :raises StoreError: if there is no release, or the engine is away, refuses, or loses something.
    """
    manifest = read_manifest(folder)
    if not is_url(where):
        return _write_folder(folder, Path(where), manifest, progress)
    engine = _Engine(where, update or update_url(where), environment)
    try:
        same = engine.store.digest() == manifest.digest
        if same and engine.sizes() == _sizes(manifest):
            return False
        engine.fill(folder / "release.nq", manifest, progress)
    finally:
        engine.close()
    return True


def update_url(url: str) -> str:
    """Give the address at which an engine takes updates, from the one where it takes queries.

    >>> update_url("http://localhost:7878/query")
    'http://localhost:7878/update'
    >>> update_url("http://localhost:7200/repositories/atlas")
    'http://localhost:7200/repositories/atlas/statements'
    >>> update_url("http://localhost:8890/sparql")
    'http://localhost:8890/sparql'
    """
    parts = urlsplit(url)
    path = parts.path
    if path.endswith("/query"):
        path = path.removesuffix("query") + "update"
    elif re.search(r"/repositories/[^/]+$", path):
        path += "/statements"
    return parts._replace(path=path).geturl()


class _Engine:
    def __init__(self, url: str, update: str, environment: Mapping[str, str] | None) -> None:
        self.store = RemoteStore(url, limits=_LIMITS, environment=environment)
        endpoint = Endpoint.at(update, environment)
        self._dialogue = Dialogue(endpoint, graphs=(), limits=_LIMITS)
        self._pool = urllib3.PoolManager(retries=False)

    def close(self) -> None:
        self.store.close()
        self._pool.clear()

    def sizes(self) -> dict[str, int]:
        """Count the triples of the graphs that are this project's, in place or beside."""
        found = self.store.select(
            "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } "
            f'FILTER (STRSTARTS(STR(?g), "{BASE}")) }} GROUP BY ?g'
        )
        return {row["g"]: int(row["n"]) for row in found.values() if _is_ours(row["g"])}

    def fill(self, quads: Path, manifest: Manifest, progress: Callable[[str], None]) -> None:
        """Write the graphs beside those that are there, and put them in their place."""
        wanted = _sizes(manifest)
        for name in self.sizes():
            if name.startswith(STAGING):
                self._update(f"DROP SILENT GRAPH <{name}>")
        total, done = sum(wanted.values()), 0
        for count, request in _requests(quads):
            self._update(request)
            done += count
            progress(f"{done} of {total} triples are there")
        there = self.sizes()
        for name, size in sorted(wanted.items()):
            if there.get(_staged(name)) != size:
                raise StoreError(
                    f"{self.store.dialogue.endpoint.name} does not hold what was sent: of "
                    f"<{name}> it has {there.get(_staged(name), 0)} triples, and not {size}; "
                    "what it answered from before is untouched"
                )
        gone = sorted(there.keys() - wanted.keys() - {_staged(name) for name in wanted})
        # engines carry out one request wholly or not at all; one that does not has no marker then
        self._update(
            " ;\n".join(
                [
                    f"DROP SILENT GRAPH <{MARKER}>",
                    *(f"MOVE GRAPH <{_staged(name)}> TO GRAPH <{name}>" for name in wanted),
                    *(f"DROP SILENT GRAPH <{name}>" for name in gone),
                    f"INSERT DATA {{ GRAPH <{MARKER}> {{ <{BASE}> "
                    f'<{PREFIXES["dcterms"]}identifier> "{manifest.digest}" }} }}',
                ]
            )
        )
        self.store.check(manifest.digest)

    def _update(self, text: str) -> None:
        body = urlencode({"update": text}).encode()
        headers = {"Accept": "*/*", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            with post(self._pool, self._dialogue, body, headers) as response:
                while response.read1(65536):
                    pass
        except InputError as error:
            name = self._dialogue.endpoint.name
            raise StoreError(f"{name} does not take the update: {error.message}") from error


def _sizes(manifest: Manifest) -> dict[str, int]:
    return {**manifest.graphs, EVERYTHING: manifest.triples}


def _staged(graph: str) -> str:
    return STAGING + graph.removeprefix(BASE)


def _is_ours(graph: str) -> bool:
    return graph == EVERYTHING or graph.startswith((GRAPH, STAGING))


def _requests(quads: Path) -> Iterator[tuple[int, str]]:
    """Write what stands in named graphs as updates, each with the number of its triples.

    What hangs together by blank nodes is in one update: elsewhere their names mean nothing.
    """
    plain: dict[str, list[str]] = defaultdict(list)
    size = 0
    for graph, triple in _read(quads, blank=False):
        plain[graph].append(triple)
        size += len(triple)
        if size > _CHUNK:
            yield _update(plain, "INSERT DATA { %s }")
            plain, size = defaultdict(list), 0
    if plain:
        yield _update(plain, "INSERT DATA { %s }")
    together: dict[str, list[str]] = defaultdict(list)
    size = 0
    for group in _connected(list(_read(quads, blank=True))):
        for graph, triple in group:
            together[graph].append(triple)
            size += len(triple)
        if size > _CHUNK:
            yield _update(together, _ONCE)
            together, size = defaultdict(list), 0
    if together:
        yield _update(together, _ONCE)


def _read(quads: Path, *, blank: bool) -> Iterator[tuple[str, str]]:
    with quads.open(encoding="utf-8") as lines:
        for line in lines:
            match = _QUAD.fullmatch(line.rstrip("\n"))
            graph, triple = EVERYTHING, line.rstrip(" .\n")
            if match:
                triple, graph = match.groups()
            if bool(_nodes(triple)) == blank:
                yield graph, triple


def _nodes(triple: str) -> list[str]:
    return _BLANK.findall(_TEXT.sub("", triple)) if "_:" in triple else []


def _connected(quads: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Sort triples by what hangs together through their blank nodes, in whatever graph."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for _, triple in quads:
        first, *others = _nodes(triple)
        for other in others:
            parent[root(other)] = root(first)
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for graph, triple in quads:
        groups[root(_nodes(triple)[0])].append((graph, triple))
    return list(groups.values())


def _update(graphs: Mapping[str, list[str]], form: str) -> tuple[int, str]:
    blocks = " ".join(
        f"GRAPH <{_staged(graph)}> {{ {' . '.join(triples)} }}" for graph, triples in graphs.items()
    )
    return sum(map(len, graphs.values())), form.replace("%s", blocks)


def _write_folder(
    folder: Path, out: Path, manifest: Manifest, progress: Callable[[str], None]
) -> bool:
    """Copy a release, with a store on disk in it, in place of one that is there."""
    if out.exists():
        if out.resolve() == folder.resolve():
            raise InputError("is the release itself; name another folder", source=str(out))
        if any(out.iterdir()) and not (out / "manifest.json").is_file():
            raise InputError("holds something that is no release; name another", source=str(out))
        if (out / "store" / "CURRENT").is_file() and read_manifest(out) == manifest:
            return False
    progress("writing a store on disk")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, ignore_cleanup_errors=True) as scratch:
            fresh = Path(scratch) / "release"
            shutil.copytree(folder, fresh, ignore=shutil.ignore_patterns("store"))
            OxigraphStore.write(fresh / "release.nq", fresh / "store")
            if out.exists():
                out.rename(Path(scratch) / "former")
            fresh.rename(out)
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror}") from error
    return True
