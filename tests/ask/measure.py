"""How well questions in plain English are understood, counted over the files beside this one.

``python tests/ask/measure.py`` prints the totals. It never prints a row, so that the sets
that nobody is to read stay unread.
"""

from __future__ import annotations

import csv
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kg.ask import ANSWERED, Asker, Choice
from kg.questions import Question
from kg.release import open_release

FOLDER = Path(__file__).resolve().parent
#: The sets of files, in the order in which they were written.
#: What the matcher was made with: its failures were read, and its weights are fitted to it.
SETS = ("dev", "test", "styles", "one")
#: By other hands, unseen until the matcher was done, and not worked with since.
HELD_OUT = ("two", "three")

#: Parameters that were named otherwise when the files were written.
RENAMED = {("claims-by-certainty", "certainty"): "grade"}


@dataclass(frozen=True)
class Phrasing:
    """A row: the questions that are right, and the values that are, by parameter of the first."""

    text: str
    questions: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Totals:
    """Shares of the rows.

    :param top1: the first choice is right, question and parameters.
    :param question: the first choice's question is right.
    :param top3: one of the first three is, by its question.
    :param answered: it is right and was answered, not only offered.
    :param misled: something wrong was answered.
    :param refused: of what cannot be answered, what was not answered.
    :param told: of that, what was told to be out of reach or unclear, as the file has it.
    """

    rows: int
    top1: float
    question: float
    top3: float
    answered: float
    misled: float
    refused: float
    told: float
    milliseconds: float


def read_rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_phrasings(half: str) -> list[Phrasing]:
    found = []
    for row in read_rows(f"phrasings-{half}.csv"):
        questions = tuple(row["question"].split("|"))
        values = {}
        for item in filter(None, row["parameters"].split(";")):
            name, _, value = item.partition("=")
            name = RENAMED.get((questions[0], name), name)
            values[name] = tuple(value.split("|"))
        found.append(Phrasing(row["text"], questions, values))
    return found


def takes(question: Question, name: str, values: tuple[str, ...]) -> bool:
    """Tell whether a question has a parameter, and that takes one of some values."""
    for parameter in question.parameters:
        if parameter.name == name:
            return any(
                not value or value.isdecimal() or value in parameter.values for value in values
            )
    return False


def is_right(choice: Choice, row: Phrasing, questions: Mapping[str, Question]) -> bool:
    if choice.question != row.questions[0]:
        return choice.question in row.questions
    # what the question does not take, nobody can fill in
    question = questions[choice.question]
    wanted = {n: values for n, values in row.values.items() if takes(question, n, values)}
    given = choice.parameters
    if set(wanted) == {"first", "second"}:
        turned = {"first": wanted["second"], "second": wanted["first"]}
        return any(_fits(given, order) for order in (wanted, turned))
    return _fits(given, wanted)


def _fits(given: Mapping[str, str], wanted: Mapping[str, tuple[str, ...]]) -> bool:
    return not set(given) - set(wanted) and all(
        given.get(name, "") in values for name, values in wanted.items()
    )


def measure(asker: Asker, questions: Mapping[str, Question], half: str) -> Totals:
    counts = dict.fromkeys(("top1", "question", "top3", "answered", "misled"), 0)
    rows = read_phrasings(half)
    seconds = []
    for row in rows:
        start = time.perf_counter()
        reading = asker.read(row.text)
        seconds.append(time.perf_counter() - start)
        right = bool(reading.choices) and is_right(reading.choices[0], row, questions)
        named = [choice.question in row.questions for choice in reading.choices[:3]]
        counts["top1"] += right
        counts["question"] += named[:1] == [True]
        counts["top3"] += any(named)
        counts["answered"] += right and reading.status == ANSWERED
        counts["misled"] += not right and reading.status == ANSWERED
    others = read_rows(f"unanswerable-{half}.csv")
    statuses = [asker.read(row["text"]).status for row in others]
    told = sum(row["expected"] == status for row, status in zip(others, statuses, strict=True))
    return Totals(
        rows=len(rows),
        **{name: count / len(rows) for name, count in counts.items()},
        refused=sum(status != ANSWERED for status in statuses) / len(others),
        told=told / len(others),
        milliseconds=statistics.median(seconds) * 1000,
    )


def main() -> None:
    release = open_release()
    asker = Asker(release.folder, release.questions, release.catalog)
    names = ("top1", "question", "top3", "answered", "misled", "refused", "told")
    print(f"{'half':6}{'rows':>6}", *(f"{name:>9}" for name in names), "   median")
    for half in (*SETS, *HELD_OUT):
        found = measure(asker, release.questions, half)
        shares = (f"{getattr(found, name):9.1%}" for name in names)
        print(f"{half:6}{found.rows:6}", *shares, f"{found.milliseconds:6.1f} ms")


if __name__ == "__main__":
    main()
