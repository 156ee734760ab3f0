"""A release with a million triples: ours, and invented annotated cases of the same shape.

Run by itself, it writes one: ``python tests/benchmarks/corpus.py FOLDER [TRIPLES]``.
"""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from kg.namespaces import PREFIXES
from kg.release import Release, open_release

BASE = "https://example.org/case/"
RDF_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
EPISODES = ("MagicalAlliance", "WorkingAlliance", "TherapeuticAlliance", "StructuralizingAlliance")


def write_corpus(folder: Path, *, triples: int = 1_000_000, seed: int = 1) -> int:
    """Write a release of about so many triples into a folder; gives the number of cases."""
    release = open_release()
    folder.mkdir(parents=True, exist_ok=True)
    for path in release.folder.iterdir():
        if path.is_file() and path.name != "release.nq":
            shutil.copy(path, folder / path.name)
    shutil.copy(release.folder / "release.nq", folder / "release.nq")
    left = triples - release.manifest.triples
    cases = 0
    with (folder / "release.nq").open("a", encoding="utf-8") as out:
        for lines in invent(release, seed=seed):
            out.writelines(lines)
            cases += 1
            left -= len(lines)
            if left <= 0:
                break
    return cases


def invent(release: Release, *, seed: int) -> Iterator[list[str]]:
    """Give one invented case after another as lines of N-Quads."""
    chance = random.Random(seed)
    signals = sorted(e.iri for e in release.catalog.values() if "SignalType" in e.classes)
    problems = sorted(e.iri for e in release.catalog.values() if "ProblemConcept" in e.classes)
    if not signals:
        raise ValueError("the release has no signal types to observe")
    number = 0
    while True:
        number += 1
        yield list(_case(f"{BASE}{number}", chance, signals, problems or signals))


def _case(case: str, chance: random.Random, signals: list[str], problems: list[str]) -> list[str]:
    aa = PREFIXES["aa"]
    lines: list[str] = []

    def say(subject: str, name: str, value: str) -> None:
        lines.append(f"<{subject}> {name} {value} .\n")

    def part(kind: str, order: int, cls: str, link: str) -> str:
        iri = f"{case}/{kind}/{order}"
        say(case, f"<{aa}{link}>", f"<{iri}>")
        say(iri, RDF_TYPE, f"<{aa}{cls}>")
        say(iri, f"<{aa}order>", f'"{order}"^^<http://www.w3.org/2001/XMLSchema#integer>')
        return iri

    say(case, RDF_TYPE, f"<{aa}Case>")
    say(case, LABEL, f'"Case {case.rpartition("/")[2]}"@en')
    for role in ("client", "therapist"):
        say(case, f"<{aa}has{role.title()}>", f"<{case}/{role}>")
        say(f"{case}/{role}", RDF_TYPE, f"<{aa}Person>")
    problem = part("problem", 1, "Problem", "presentsWith")
    say(problem, f"<{aa}ofConcept>", f"<{chance.choice(problems)}>")
    sessions = [
        part("session", n, "Session", "hasSession") for n in range(1, chance.randint(6, 14))
    ]
    for order in range(1, chance.randint(2, 5)):
        episode = part("episode", order, EPISODES[min(order - 1, 3)], "hasEpisode")
        say(episode, f"<{aa}startsIn>", f"<{chance.choice(sessions)}>")
    for order in range(1, chance.randint(8, 24)):
        seen = part("observation", order, "Observation", "hasObservation")
        say(seen, f"<{aa}signalType>", f"<{chance.choice(signals)}>")
        say(seen, f"<{aa}inSession>", f"<{chance.choice(sessions)}>")
        say(seen, LABEL, f'"what was seen, number {order}"@en')
    return lines


if __name__ == "__main__":
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    print(f"{write_corpus(Path(sys.argv[1]), triples=size)} cases")
