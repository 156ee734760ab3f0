"""How fast cases are validated, beside pySHACL, as ratios; findings are compared as it goes.

``--cases N`` sets the size of the large corpus, 2,000 unless told; 10,000 take some minutes.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyshacl
from rdflib import SH, Graph, URIRef
from rdflib.term import Node

from kg.ingest import locate, read_case
from kg.report import path_from
from kg.resources import release_dir, shapes_dir
from kg.validation import GUARD_COMPONENT, Validator, default_validator

ROOT = Path(__file__).resolve().parent.parent.parent
FIXTURES = ROOT / "tests" / "validation"
TURTLE = "text/turtle"
#: How many of the thousand cases the peer is given.
SAMPLE = 20
HEAD = "| what | ours | beside | its | its time over ours |\n|---|---|---|---|---|"

Found = set[tuple[object, ...]]


def seconds(act: Callable[[], object], *, runs: int) -> float:
    """Give the median of the seconds of a processor, after one run that does not count."""
    act()
    found = []
    for _ in range(runs):
        start = time.process_time()
        act()
        found.append(time.process_time() - start)
    return statistics.median(found)


def child_seconds(command: list[str]) -> float:
    """Give the seconds of a processor that a command takes in all, the median of three."""
    found = []
    for _ in range(3):
        before = spent_by_children()
        done = subprocess.run(command, capture_output=True, check=False)
        found.append(spent_by_children() - before)
        assert done.returncode in (0, 1), done.stderr
    return statistics.median(found)


def spent_by_children() -> float:
    """Give the seconds of a processor that processes have taken which have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def row(what: str, ours: float, beside: str, its: float, unit: str = "ms") -> None:
    """Print a line of the table."""
    scale = 1000 if unit == "ms" else 1
    print(
        f"| {what} | {ours * scale:.1f} {unit} | {beside} | {its * scale:.1f} {unit} "
        f"| {its / ours:.1f} |",
        flush=True,
    )


def plain_shapes() -> Graph:
    shapes = Graph()
    for path in sorted(shapes_dir().glob("*.ttl")):
        shapes.parse(path)
    return shapes


def plain_findings(report: Graph) -> Found:
    """Give what pySHACL finds, as ours are told: once where two components say the same."""
    found: Found = set()
    for result in report.objects(None, SH.result):
        value = report.value(result, SH.value)
        focus = report.value(result, SH.focusNode)
        path = report.value(result, SH.resultPath)
        found.add(
            (
                str(report.value(result, SH.sourceShape)),
                focus,
                None if path is None else path_from(report, path),
                None if value == focus else value,
            )
        )
    return found


def our_findings(validator: Validator, data: bytes) -> Found:
    report = validator.validate(data, media_type=TURTLE)
    assert all(finding.component != GUARD_COMPONENT for finding in report.findings)
    return {(f.shape, f.focus, f.path, f.value) for f in report.findings}


def bench_one(validator: Validator) -> None:
    """One case, warm, with a finding and without."""
    vocabulary = (release_dir() / "vocabulary.nt").read_bytes()
    shapes = plain_shapes()
    shapes_text = shapes.serialize(format="turtle")
    known = Graph().parse(data=vocabulary, format="nt")
    base = "https://case.invalid/"
    for name in ("valid/v2.ttl", "invalid/R12-n5.ttl"):
        path = FIXTURES / name
        data = path.read_bytes()
        size = len(read_case(data, media_type=TURTLE))

        def on_graphs(data: bytes = data) -> Graph:
            union = known + Graph().parse(data=data, format="turtle", publicID=base)
            _, report, _ = pyshacl.validate(union, shacl_graph=shapes)
            assert isinstance(report, Graph)
            return report

        def on_texts(data: bytes = data) -> None:
            union = Graph().parse(data=vocabulary, format="nt").parse(data=data, format="turtle")
            pyshacl.validate(union, shacl_graph=Graph().parse(data=shapes_text, format="turtle"))

        found = our_findings(validator, data)
        assert found == plain_findings(on_graphs())
        assert bool(found) is name.startswith("invalid")
        what = f"one case of {size} triples, {len(found)} findings"
        ours = seconds(lambda data=data: validator.validate(data, media_type=TURTLE), runs=15)
        row(what, ours, "`pyshacl.validate` on the three texts", seconds(on_texts, runs=3))
        row(
            what,
            ours,
            "`pyshacl.validate`, shapes and vocabulary parsed",
            seconds(on_graphs, runs=3),
        )
        with tempfile.TemporaryDirectory() as folder:
            texts = Path(folder, "shapes.ttl"), Path(folder, "vocabulary.nt")
            texts[0].write_text(shapes_text)
            texts[1].write_bytes(vocabulary)
            command = [str(Path(sys.executable).with_name("pyshacl")), "-s", str(texts[0])]
            peer = child_seconds([*command, str(texts[1]), str(path)])
        row(what, ours, "the command `pyshacl` for one file", peer)


def invent(number: int, *, seed: int = 1) -> Iterator[bytes]:
    """Give so many cases after three models; every twentieth lacks a statement at random."""
    chance = random.Random(seed)
    models = [
        sorted(read_case((FIXTURES / name).read_bytes(), media_type=TURTLE))
        for name in ("valid/v2.ttl", "valid/v3.ttl", "valid/complete.ttl")
    ]
    for n in range(number):
        triples = list(chance.choice(models))
        if n % 20 == 19:
            triples.pop(chance.randrange(len(triples)))

        def renamed(node: Node, n: int = n) -> str:
            written = node.n3()
            if isinstance(node, URIRef):
                return written.replace("https://example.org/case/", f"https://example.org/{n}/")
            return written

        lines = (" ".join(map(renamed, triple)) + " ." for triple in triples)
        yield "\n".join(lines).encode()


def bench_thousand(validator: Validator) -> None:
    """A thousand cases, one after another; the peer gets some of them, spread evenly."""
    cases = list(invent(1000))
    start = time.process_time()
    found = [validator.validate(case, media_type=TURTLE) for case in cases]
    ours = time.process_time() - start
    broken = sum(not report.conforms for report in found)
    assert broken > 10
    shapes = plain_shapes()
    known = Graph().parse(release_dir() / "vocabulary.nt", format="nt")
    sample = [
        *cases[:: 1000 // (SAMPLE - 5)],
        *(c for c, r in zip(cases, found, strict=True) if not r.conforms),
    ]
    sample = sample[-SAMPLE:]
    spent = 0.0
    agreed = 0
    for case in sample:
        start = time.process_time()
        union = known + Graph().parse(data=case, format="turtle")
        _, report, _ = pyshacl.validate(union, shacl_graph=shapes)
        spent += time.process_time() - start
        assert isinstance(report, Graph)
        agreed += our_findings(validator, case) == plain_findings(report)
    assert agreed == len(sample), f"{agreed} of {len(sample)} agree"
    row(
        f"1,000 cases, {broken} of them broken",
        ours,
        f"plain pySHACL, shapes and vocabulary parsed once; from {len(sample)} of them",
        spent / len(sample) * len(cases),
        "s",
    )


def bench_places(validator: Validator) -> None:
    """What the places of findings cost, over every fixture with a mistake."""
    found = placed = 0
    judging = placing = 0.0
    for path in sorted((FIXTURES / "invalid").glob("*.ttl")):
        data = path.read_bytes()
        start = time.process_time()
        case = read_case(data, media_type=TURTLE)
        validator.validate_graph(case)
        middle = time.process_time()
        locate(data, media_type=TURTLE, graph=case)
        placing += time.process_time() - middle
        judging += middle - start
        report = validator.validate(data, media_type=TURTLE)
        found += len(report.findings)
        placed += sum(finding.line is not None for finding in report.findings)
    print(
        f"\n{placed} of {found} findings have line and column; looking for them takes "
        f"{placing / judging:.1%} of the time of finding them."
    )


def memory(group: int) -> int:
    """Give the bytes that the processes of a group hold for themselves, shared ones divided."""
    held = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[2]) == group:
                rollup = stat.with_name("smaps_rollup").read_text()
                held += int(rollup.partition("\nPss:")[2].split()[0]) * 1024
        except (OSError, IndexError, ValueError):
            continue
    return held


def bench_corpus(number: int) -> None:
    """A corpus through the command, with one process and with two."""
    print(f"\n{number:,} files, `alliance validate FOLDER --format ndjson`:\n")
    print("| jobs | seconds | of a processor | files/s | MiB after a quarter | MiB at the most |")
    print("|---|---|---|---|---|---|")
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        for n, case in enumerate(invent(number)):
            Path(folder, f"{n:06}.ttl").write_bytes(case)
        command = [sys.executable, "-m", "kg", "validate", folder, "--format", "ndjson"]
        for jobs in (1, 2):
            out = Path(tempfile.mkdtemp()) / "reports.ndjson"
            start, before = time.perf_counter(), spent_by_children()
            with out.open("wb") as file:
                run = subprocess.Popen(
                    [*command, "--jobs", str(jobs)],
                    stdout=file,
                    start_new_session=True,
                )
            held: list[tuple[int, int]] = []
            while run.poll() is None:
                held.append((out.read_bytes().count(b"\n"), memory(run.pid)))
                time.sleep(1)
            took, spent = time.perf_counter() - start, spent_by_children() - before
            assert run.returncode == 1
            lines = out.read_text().splitlines()
            outcomes.append(lines)
            assert len(lines) == number
            early = max((size for done, size in held if done <= number / 4), default=0)
            most = max((size for _, size in held), default=0)
            held_now = f"{early >> 20} | {most >> 20}"
            print(
                f"| {jobs} | {took:.0f} | {spent:.0f} | {number / took:.1f} | {held_now} |",
                flush=True,
            )
    assert outcomes[0] == outcomes[1], "the same reports, in the same order"
    assert sum(not json.loads(line)["conforms"] for line in outcomes[0]) > number / 100


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    options = parser.parse_args()
    validator = default_validator()
    print(
        f"{len(validator.vocabulary):,} triples of vocabulary, {len(validator.rules)} named "
        "shapes; seconds of a processor. The findings are the same.\n"
    )
    print(HEAD)
    bench_one(validator)
    bench_thousand(validator)
    bench_places(validator)
    bench_corpus(options.cases)


if __name__ == "__main__":
    main()
