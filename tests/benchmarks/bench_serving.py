"""How fast it starts and answers, beside what it is built on, as ratios. Run by make bench."""

from __future__ import annotations

import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
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
    """One line of the table: medians, the worst of ours, the ratio of the medians."""
    mine, other = statistics.median(ours), statistics.median(theirs)
    print(f"| {name} | {mine:.2f} | {max(ours):.2f} | {peer} | {other:.2f} | {mine / other:.2f} |")


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


def bench_start() -> None:
    """From the command to the first page, against importing the framework alone."""
    ours = timed(lambda: stop(start_and_ask()[0]), runs=5)
    peer = [sys.executable, "-c", "import fastapi, uvicorn, pyoxigraph"]
    theirs = timed(lambda: subprocess.run(peer, check=True), runs=5)
    row("start to first page", ours, "importing fastapi, uvicorn, pyoxigraph", theirs)
    ask = [sys.executable, "-m", "kg", "question", "signals-of-shift"]
    ask += ["--from", "magical-alliance", "--to", "working-alliance"]
    quiet = {"check": True, "cwd": ROOT, "stdout": subprocess.DEVNULL}
    ours = timed(lambda: subprocess.run(ask, **quiet), runs=5)  # type: ignore[call-overload]
    theirs = timed(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), runs=5)
    row("alliance question", ours, "python -c pass", theirs)


def bench_queries() -> None:
    """The endpoint over HTTP against the engine in this process."""
    engine = ox.Store()
    engine.bulk_load(path=str(release_dir() / "release.nq"), format=ox.RdfFormat.N_QUADS)
    server, address = start_and_ask()
    try:
        with httpx.Client(base_url=address) as client:
            for name, query in (("look-up", LOOKUP), ("join", JOIN)):

                def over_http(query: str = query) -> None:
                    client.get("/sparql", params={"query": query}).raise_for_status()

                def in_process(query: str = query) -> None:
                    engine.query(query).serialize(format=ox.QueryResultsFormat.JSON)

                ours = timed(over_http, runs=200)
                row(f"/sparql, {name}", ours, "pyoxigraph in process", timed(in_process, runs=200))
                empty = timed(lambda: client.get("/health"), runs=200)
                row(f"/sparql, {name}", ours, "GET /health, same server", empty)
            page = timed(lambda: client.get("/concept/magical-alliance.html"), runs=50)
            empty = timed(lambda: client.get("/health"), runs=50)
            row("a concept's page", page, "GET /health, same server", empty)
    finally:
        stop(server)


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
    print(f"Release of {release.manifest.triples} triples; medians, milliseconds.\n")
    print("| what | ours | worst | beside | its | ratio |")
    print("|---|---|---|---|---|---|")
    bench_start()
    bench_queries()
    bench_validation()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\nLargest child process: {peak:.0f} MiB.")


if __name__ == "__main__":
    main()
