"""The worked example of every question, against the answer that the paper gives to it.

A golden answer is a CSV of the question's name: IRIs whole, rows in the order of the answer. It
holds the columns that carry the answer and its evidence; labels and sentences may be worded anew,
so they are left to the concepts and claims themselves.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kg.questions import answer_question
from kg.release import Release

FOLDER = Path(__file__).resolve().parent
GOLDEN = sorted(FOLDER.glob("*.csv"))


def test_every_question_has_a_golden_answer(release: Release) -> None:
    assert len(GOLDEN) >= 60
    assert {path.stem for path in GOLDEN} == set(release.questions)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_example_has_the_answer_of_the_paper(path: Path, release: Release) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        head, *wanted = list(csv.reader(file))
    assert wanted
    question = release.questions[path.stem]
    found = answer_question(release.store, question, question.example).solutions
    places = [found.variables.index(name) for name in head]
    rows = [[term.value if (term := row[place]) else "" for place in places] for row in found.rows]
    assert rows == wanted


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_row_says_where_it_comes_from(path: Path, release: Release) -> None:
    question = release.questions[path.stem]
    answer = answer_question(release.store, question, question.example)
    # a rule of method, such as R16, rests on no line: its page is its ground
    evidence = {"claim", "passages", "sources", "rule"} & set(answer.columns)
    assert evidence
    assert all(any(row[name] for name in evidence) for row in answer.rows)
