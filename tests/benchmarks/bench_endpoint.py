"""The endpoint beside other engines' own servers on a million triples. Run by make bench.

Needs ``wrk`` for the load; ``oxigraph`` and ``rdflib-endpoint`` are measured where they are on the
path. Every server is loaded alone, one after the other, on the same data and machine.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import pyoxigraph as ox

sys.path.insert(0, str(Path(__file__).resolve().parent))
from corpus import BASE, write_corpus

ROOT = Path(__file__).resolve().parents[2]
#: The environment's own programs come first, also where it is not activated.
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
JSON = "application/sparql-results+json"
AA = "PREFIX aa: <https://w3id.org/alliance-atlas/ontology/> "
#: ``%d`` is the number of a case; each query has 64 variants.
QUERIES = {
    "look-up": "SELECT ?p ?o WHERE { <" + BASE + "%d> ?p ?o }",
    "group": AA + "SELECT ?s (COUNT(?o) AS ?n) WHERE { <" + BASE + "%d> aa:hasObservation ?o . "
    "?o aa:signalType ?s } GROUP BY ?s ORDER BY DESC(?n)",
    "join": AA + "SELECT ?case (COUNT(?o) AS ?n) WHERE { <" + BASE + "%d> aa:hasObservation ?x . "
    "?x aa:signalType ?s . ?o aa:signalType ?s . ?case aa:hasObservation ?o } "
    "GROUP BY ?case ORDER BY DESC(?n) LIMIT 10",
}
#: In Lua for wrk: one of 64 variants, made unique by a comment where the answer is to be new.
SCRIPT = """
local base, new = [[%s]], %s
local count, thread = 0, 0
function setup(t) thread = thread + 1; t:set("id", thread) end
function request()
  count = count + 1
  local query = base:gsub("PLACE", tostring(count %% 64 + 1))
  if new then query = query .. "%%23" .. id .. "x" .. count .. "x%s" end
  return wrk.format("GET", "%s?query=" .. query, {["Accept"] = "%s"})
end
"""


@dataclass(frozen=True)
class Server:
    """A server under load.

    :param path: of its endpoint.
    """

    name: str
    address: str
    path: str
    process: subprocess.Popen[str]


@dataclass(frozen=True)
class Load:
    """What a run of wrk found: requests a second, milliseconds, CPU milliseconds a request."""

    rate: float
    p50: float
    p99: float
    cpu: float


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def running(name: str, command: list[str], port: int, path: str, **env: str) -> Iterator[Server]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": PATH, **env},
        text=True,
    )
    server = Server(name, f"127.0.0.1:{port}", path, process)
    try:
        start = time.monotonic()
        while True:
            try:
                ask(server, "ASK {}")
                break
            except OSError:
                if time.monotonic() - start > 180:
                    raise
                time.sleep(0.05)
        print(f"\n{name}: first answer {time.monotonic() - start:.2f} s after its start")
        yield server
    finally:
        process.terminate()
        process.wait()


def ask(server: Server, query: str, *, source: str = "127.0.0.1") -> int:
    connection = http.client.HTTPConnection(server.address, timeout=120, source_address=(source, 0))
    try:
        target = f"{server.path}?{urlencode({'query': query})}"
        connection.request("GET", target, headers={"Accept": JSON})
        answer = connection.getresponse()
        answer.read()
        if answer.status in {502, 503}:
            raise OSError("not yet")
        return answer.status
    finally:
        connection.close()


def fill(server: Server, triples: Path) -> None:
    """Give a server that starts empty the triples; its store is in memory, as ours is."""
    connection = http.client.HTTPConnection(server.address, timeout=120)
    headers = {"Content-Type": "application/n-triples"}
    connection.request("PUT", "/store?default", body=triples.read_bytes(), headers=headers)
    answer = connection.getresponse()
    if answer.status >= 300:
        raise RuntimeError(f"{server.name}: {answer.status} {answer.read()[:200]!r}")
    connection.close()


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found += family(int(path.parent.name))
    return found


def cpu_seconds(pid: int) -> float:
    ticks = 0
    for one in family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        # its own, and that of workers it has buried
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """MiB of a process and all below it; what they share is counted once."""
    total = 0
    for one in family(pid):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(text.partition("\nPss:")[2].split()[0])
    return total / 1024


def load(server: Server, query: str, *, connections: int, new: bool, seconds: int) -> Load:
    """Put one query's variants to a server by wrk."""
    script = SCRIPT % (
        quote(query.replace("%d", "PLACE")),
        "true" if new else "false",
        time.monotonic_ns(),
        server.path,
        JSON,
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        before = cpu_seconds(server.process.pid)
        text = subprocess.run(
            [
                *("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"),
                *("-s", file.name, "--timeout", "60s", f"http://{server.address}/"),
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        spent = cpu_seconds(server.process.pid) - before
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if bad:
        raise RuntimeError(f"{server.name}: {bad[0]}")
    done = int(re.search(r"(\d+) requests in", text)[1])  # type: ignore[index]
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])  # type: ignore[index]
    return Load(rate, _milliseconds("50%", text), _milliseconds("99%", text), spent / done * 1000)


def _milliseconds(name: str, text: str) -> float:
    value, unit = re.search(rf"{name}\s+([\d.]+)(us|ms|s|m)\b", text).groups()  # type: ignore[union-attr]
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]


def in_process(store: ox.Store, query: str) -> float:
    """Median milliseconds of the engine alone, writing included."""
    times = []
    for number in range(64):
        start = time.perf_counter()
        store.query(query % (number + 1)).serialize(format=ox.QueryResultsFormat.JSON)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def bench_neighbours(server: Server, *, seconds: int) -> None:
    """Look-ups of one client, alone and beside another client's runaways."""
    query = QUERIES["look-up"]
    quiet = load(server, query, connections=1, new=True, seconds=seconds)
    stop = threading.Event()

    def run_away() -> None:
        pairs = " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(5))
        while not stop.is_set():
            try:
                ask(server, f"SELECT (COUNT(*) AS ?n) {{ {pairs} }}", source="127.0.0.2")
            except OSError:
                time.sleep(0.05)

    thread = threading.Thread(target=run_away)
    thread.start()
    time.sleep(0.3)
    beside = load(server, query, connections=1, new=True, seconds=seconds)
    stop.set()
    thread.join()
    print(
        f"Beside one runaway of another client: p50 {beside.p50 / quiet.p50:.2f} x, "
        f"p99 {beside.p99 / quiet.p99:.2f} x of idle (p99 {quiet.p99:.2f} ms idle)."
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triples", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=5, help="of each run of wrk")
    parser.add_argument("--peer", action="append", choices=["oxigraph", "rdflib-endpoint"])
    options = parser.parse_args()
    if not shutil.which("wrk"):
        print("wrk is not installed here; nothing measured")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        cases = write_corpus(folder, triples=options.triples)
        print(f"{options.triples} triples, {cases} invented cases; milliseconds, 64 variants each.")
        bench(folder, seconds=options.seconds, peers=options.peer)


def bench(folder: Path, *, seconds: int, peers: list[str] | None) -> None:
    store = ox.Store()
    store.bulk_load(path=str(folder / "release.nq"), format=ox.RdfFormat.N_QUADS)
    alone = {name: in_process(store, query) for name, query in QUERIES.items()}
    nt = folder / "all.nt"
    with nt.open("wb") as out:
        store.dump(out, format=ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph())
    del store
    port = free_port()
    ours = [sys.executable, "-m", "kg", "serve", "--port", str(port), "--store", str(folder)]
    servers: list[Callable[[], object]] = [
        lambda: running("alliance serve", ours, port, "/sparql", ALLIANCE_QUERY_LOG="off")
    ]
    chosen = [n for n in ("oxigraph", "rdflib-endpoint") if shutil.which(n, path=PATH)]
    chosen = [name for name in chosen if peers is None or name in peers]
    others = {name: free_port() for name in chosen}
    commands = {
        "oxigraph": (
            ["oxigraph", "serve", "-b", f"127.0.0.1:{others.get('oxigraph')}"],
            "/query",
        ),
        "rdflib-endpoint": (
            [
                *("rdflib-endpoint", "serve", "--host", "127.0.0.1"),
                *("--port", str(others.get("rdflib-endpoint")), str(nt)),
            ],
            "/",
        ),
    }
    for name in chosen:
        command, path = commands[name]
        servers.append(
            lambda name=name, command=command, path=path: running(  # type: ignore[misc]
                name, command, others[name], path
            )
        )
    found: dict[tuple[str, str, int, bool], Load] = {}
    for start in servers:
        with start() as server:  # type: ignore[attr-defined]
            if server.name == "oxigraph":
                fill(server, nt)
            for query in QUERIES:
                for connections in (1, 16):
                    for new in (True, False):
                        found[server.name, query, connections, new] = load(
                            server,
                            QUERIES[query],
                            connections=connections,
                            new=new,
                            seconds=seconds,
                        )
            print(f"Resident: {resident(server.process.pid):.0f} MiB.")
            if server.name == "alliance serve":
                bench_neighbours(server, seconds=seconds)
    show(found, alone)


def show(found: dict[tuple[str, str, int, bool], Load], alone: dict[str, float]) -> None:
    print(
        "\n| query | connections | answer | server | requests/s | p50 | p99 | CPU/request "
        "| p50 over engine alone | our rate over its |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for (name, query, connections, new), run in found.items():
        ours = found["alliance serve", query, connections, new]
        over = "" if name == "alliance serve" else f"{ours.rate / run.rate:.2f}"
        print(
            f"| {query} | {connections} | {'new' if new else 'repeated'} | {name} "
            f"| {run.rate:.0f} | {run.p50:.2f} | {run.p99:.2f} | {run.cpu:.3f} "
            f"| {run.p50 / alone[query]:.2f} | {over} |"
        )


if __name__ == "__main__":
    main()
