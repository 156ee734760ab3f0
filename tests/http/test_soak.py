"""Ten thousand requests of many sorts, hostile ones among them, and the server is as it was."""

from __future__ import annotations

import html
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from kg.release import Release

ROOT = Path(__file__).resolve().parents[2]
REQUESTS = 10_000
TRIPLES = " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(6))
#: Queries with the status codes that are right for them.
HOSTILE = {
    f"SELECT (COUNT(*) AS ?n) {{ {TRIPLES} }}": {504, 503},
    f"SELECT * {{ {TRIPLES} }} ORDER BY ?a0 ?c5": {503, 504},
    f"SELECT ({'!' * 20_000}true AS ?x) {{}}": {413, 503},
    "ASK " + "{" * 3000: {413},
    "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }": {400},
    "SELECT * FROM <http://127.0.0.1:9/> { ?s ?p ?o }": {400},
    "SELECT nonsense": {400},
    "": {400},
    "x" * 200_000: {413},
}


@pytest.fixture
def server(release: Release) -> Iterator[tuple[str, int]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "kg", "serve", "--port", "0", "--store", str(release.folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "ALLIANCE_QUERY_SECONDS": "0.7", "ALLIANCE_QUERY_MIB": "128"},
    )
    assert process.stdout
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found
    yield found[0].rstrip("/"), process.pid
    assert process.poll() is None, "the server has ended by itself"
    process.terminate()
    process.wait(timeout=10)
    process.stdout.close()


def resident(pid: int) -> int:
    """MiB of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


@pytest.mark.suite
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to see memory")
def test_ten_thousand_mixed_requests(server: tuple[str, int], release: Release) -> None:
    address, pid = server
    labels = {entry.iri: entry.label for entry in release.catalog.of_kind("concept") if entry.label}
    iris = sorted(labels)
    assert len(iris) > 100
    wrong: list[str] = []

    def send(number: int) -> None:
        chance = random.Random(number)
        kind = chance.random()
        if number % 125 == 0:
            query, allowed = chance.choice(list(HOSTILE.items()))
            answer = clients[number % 8].post("/sparql", data={"query": query})
            if answer.status_code not in allowed:
                wrong.append(f"{query[:40]}: {answer.status_code}")
            return
        iri = chance.choice(iris)
        if kind < 0.2:
            answer = clients[number % 8].get(iri.removeprefix("https://w3id.org/alliance-atlas"))
            right = answer.status_code == 200 and labels[iri] in html.unescape(answer.text)
        else:
            query = (
                f"SELECT ?l {{ <{iri}> <http://www.w3.org/2004/02/skos/core#prefLabel> ?l }}"
                f" # {number if kind < 0.6 else ''}"
            )
            for _ in range(20):
                answer = clients[number % 8].get("/sparql", params={"query": query})
                if answer.status_code != 503:
                    break
                # runaways of the same client came first: it is told to come again, and does
                time.sleep(0.2)
            right = answer.status_code == 200 and (
                answer.json()["results"]["bindings"][0]["l"]["value"] == labels[iri]
            )
        if not right:
            wrong.append(f"{iri}: {answer.status_code} {answer.text[:100]}")

    clients = [httpx.Client(base_url=address, timeout=30) for _ in range(8)]
    try:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(send, range(1, REQUESTS // 2)))
            half = resident(pid)
            list(threads.map(send, range(REQUESTS // 2, REQUESTS + 1)))
        assert not wrong, wrong[:5]
        # what is kept is bounded; the second half may fill it but not more
        assert resident(pid) < half + 64
        assert clients[0].get("/health").status_code == 200
    finally:
        for client in clients:
            client.close()
