"""Questions that the paper answers, put to the graph; the answers were written from the paper.

Each question is a query with its text in the first line, the lines of the paper that answer it in
the second, and a golden answer of the same name in CSV, IRIs whole, rows sorted.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from kg.namespaces import PREFIXES
from kg.release import Release

FOLDER = Path(__file__).resolve().parent
QUERIES = sorted(FOLDER.glob("*.rq"))

#: The published sample, of which every question is here.
PUBLISHED = (
    "001 007 010 011 012 013 015 016 017 022 025 028 029 032 033 036 037 038 046 048 050 053 054"
    " 059 060 070 079 086 087 092 093 099 103 106 119 121 125"
)


def test_the_published_questions_and_as_many_again_are_here() -> None:
    numbers = {path.stem[:3] for path in QUERIES}
    published = set(PUBLISHED.split())
    assert published <= numbers
    assert len(numbers - published) >= len(published)
    assert {path.stem for path in FOLDER.glob("*.csv")} == {path.stem for path in QUERIES}


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_the_graph_gives_the_papers_answer(path: Path, release: Release) -> None:
    text = path.read_text(encoding="utf-8")
    question, place = text.splitlines()[:2]
    assert re.fullmatch(rf"# CQ{path.stem[:3]}: .+\?", question)
    assert re.fullmatch(r"# Lines: [\d, -]+\. Basis: .+\.", place)
    declared = re.findall(r"^PREFIX (\w+): <(.+)>$", text, flags=re.MULTILINE)
    assert declared == sorted(declared)
    assert all(PREFIXES[name] == iri for name, iri in declared)
    with path.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        head, *wanted = list(csv.reader(file))
    found = release.store.select(text)
    assert list(found.variables) == head
    rows = sorted([row[name] for name in head] for row in found.values())
    assert rows == sorted(wanted)
