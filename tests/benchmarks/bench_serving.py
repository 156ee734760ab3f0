"""How fast it starts and answers, beside what it is built on, as ratios. Run by make bench."""

from __future__ import annotations

import itertools
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pyoxigraph as ox

from kg.release import open_release
from kg.resources import release_dir
from kg.validation import validate_case

ROOT = Path(__file__).resolve().parent.parent.parent
RUNS = 7

LOOKUP = (
    "SELECT ?label WHERE { <https://w3id.org/alliance-atlas/concept/world> "
    "<http://www.w3.org/2004/02/skos/core#prefLabel> ?label }"
)
JOIN = """
PREFIX aa: <https://w3id.org/alliance-atlas/ontology/>
SELECT ?work (COUNT(DISTINCT ?claim) AS ?claims) WHERE {
  ?claim aa:citation/aa:citedWork ?work ; aa:evidence ?passage ; aa:certainty ?certainty .
  ?passage aa:startLine ?line .
} GROUP BY ?work ORDER BY DESC(?claims)
"""


def timed(action: Callable[[], object], *, runs: int = RUNS) -> list[float]:
    """Milliseconds of each run after one that does not count."""
    action()
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        found.append((time.perf_counter() - start) * 1000)
    return found


def row(name: str, ours: list[float], peer: str, theirs: list[float]) -> None:
    """One line of the table: median and 99th of a hundred, and the ratio of the medians."""
    mine, other = statistics.median(ours), statistics.median(theirs)
    print(
        f"| {name} | {mine:.2f} | {percentile(ours):.2f} | {peer} | {other:.2f} "
        f"| {percentile(theirs):.2f} | {mine / other:.2f} |"
    )


def percentile(times: list[float]) -> float:
    """The 99th of a hundred; of fewer runs, the worst."""
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.99))]


def start_and_ask() -> tuple[subprocess.Popen[str], str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "kg", "serve", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert server.stdout
    match = re.search(r"http://\S+", server.stdout.readline())
    assert match
    httpx.get(match[0], headers={"Accept": "text/html"}).raise_for_status()
    return server, match[0].rstrip("/")


def stop(server: subprocess.Popen[str]) -> None:
    server.terminate()
    server.wait()
    if server.stdout:
        server.stdout.close()


@contextmanager
def serving() -> Iterator[httpx.Client]:
    server, address = start_and_ask()
    try:
        with httpx.Client(base_url=address) as client:
            yield client
    finally:
        stop(server)


@contextmanager
def peer_serving() -> Iterator[httpx.Client]:
    """rdflib-endpoint on the same triples, once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = ["rdflib-endpoint", "serve", "--host", "127.0.0.1", "--port", port]
    peer = subprocess.Popen(
        [*command, str(release_dir() / "alliance-atlas.nt")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            deadline = time.monotonic() + 60
            while True:
                try:
                    ask(client, LOOKUP, "/")
                    break
                except httpx.TransportError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)
            yield client
    finally:
        peer.terminate()
        peer.wait()


def timed_start(
    serve: Callable[[], AbstractContextManager[httpx.Client]], *, runs: int, path: str = "/sparql"
) -> list[float]:
    """Milliseconds from the command to the answer of a query, without the end of the server."""
    found = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        with serve() as client:
            ask(client, LOOKUP, path)
            found.append((time.perf_counter() - start) * 1000)
    return found[1:]


def ask(client: httpx.Client, query: str, path: str = "/sparql") -> None:
    client.get(
        path, params={"query": query}, headers={"Accept": "application/sparql-results+json"}
    ).raise_for_status()


def bench_peer() -> None:
    """The same queries put to rdflib-endpoint, where it is on the path."""
    if not shutil.which("rdflib-endpoint"):
        print("| (rdflib-endpoint is not installed here) | | | | | | |")
        return

    row(
        "start to first query",
        timed_start(serving, runs=5),
        "rdflib-endpoint",
        timed_start(peer_serving, runs=3, path="/"),
    )
    with serving() as client, peer_serving() as peer:
        for name, query, runs in (("look-up", LOOKUP, 200), ("join", JOIN, 10)):
            mine = timed(lambda query=query: ask(client, query), runs=200)  # type: ignore[misc]
            other = timed(lambda query=query: ask(peer, query, "/"), runs=runs)  # type: ignore[misc]
            row(f"/sparql, {name}", mine, "rdflib-endpoint", other)


def bench_start() -> None:
    """From the command to the first page, against importing the framework alone."""
    ours = []
    for _ in range(6):
        start = time.perf_counter()
        server, _ = start_and_ask()
        ours.append((time.perf_counter() - start) * 1000)
        stop(server)
    peer = [sys.executable, "-c", "import fastapi, uvicorn, pyoxigraph"]
    theirs = timed(lambda: subprocess.run(peer, check=True), runs=5)
    row("start to first page", ours[1:], "importing fastapi, uvicorn, pyoxigraph", theirs)
    command = [sys.executable, "-m", "kg", "question", "signals-of-shift"]
    command += ["--from", "magical-alliance", "--to", "working-alliance"]
    quiet = {"check": True, "cwd": ROOT, "stdout": subprocess.DEVNULL}
    ours = timed(lambda: subprocess.run(command, **quiet), runs=5)  # type: ignore[call-overload]
    theirs = timed(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), runs=5)
    row("alliance question", ours, "python -c pass", theirs)


def bench_queries() -> None:
    """The endpoint over HTTP against the engine in this process."""
    engine = ox.Store()
    engine.bulk_load(path=str(release_dir() / "release.nq"), format=ox.RdfFormat.N_QUADS)
    with serving() as client:
        for name, query in (("look-up", LOOKUP), ("join", JOIN)):

            def in_process(query: str = query) -> None:
                engine.query(query).serialize(format=ox.QueryResultsFormat.JSON)

            ours = timed(lambda query=query: ask(client, query), runs=200)  # type: ignore[misc]
            row(f"/sparql, {name}", ours, "pyoxigraph in process", timed(in_process, runs=200))
            empty = timed(lambda: client.get("/health"), runs=200)
            row(f"/sparql, {name}", ours, "GET /health, same server", empty)
        page = timed(lambda: client.get("/concept/magical-alliance.html"), runs=200)
        row("a concept's page again", page, "GET /health, same server", empty)
        # an address not yet asked for makes a page that is not yet kept
        count = itertools.count()
        new = timed(lambda: client.get(f"/concept/magical-alliance.html?{next(count)}"), runs=50)
        row("a concept's page anew", new, "GET /health, same server", empty)


def bench_validation() -> None:
    """One case by the validator that is kept, against pySHACL called afresh on the same texts."""
    import pyshacl
    from rdflib import Graph

    case = (ROOT / "tests" / "validation" / "valid" / "v2.ttl").read_bytes()
    vocabulary = (release_dir() / "vocabulary.nt").read_text()
    shapes = (release_dir() / "shapes.ttl").read_text()

    def afresh() -> None:
        data = Graph().parse(data=vocabulary, format="nt").parse(data=case, format="turtle")
        pyshacl.validate(data, shacl_graph=Graph().parse(data=shapes, format="turtle"))

    ours = timed(lambda: validate_case(case, media_type="text/turtle"), runs=20)
    row("one case", ours, "pyshacl.validate on the texts", timed(afresh, runs=3))


def main() -> None:
    """Print the table."""
    release = open_release()
    print(f"Release of {release.manifest.triples} triples; milliseconds.\n")
    print("| what | ours, p50 | p99 | beside | its, p50 | p99 | ratio |")
    print("|---|---|---|---|---|---|---|")
    bench_start()
    bench_queries()
    bench_peer()
    bench_validation()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\nLargest child process: {peak:.0f} MiB.")


if __name__ == "__main__":
    main()
