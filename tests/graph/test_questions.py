"""Named questions: the customer's own, and what holds for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import InputError, NotFoundError, ParameterError
from kg.namespaces import PREFIXES
from kg.question_files import load_questions
from kg.questions import answer_question, get_question
from kg.release import Release
from kg.resources import ontology_dir

ASKED = {"from": "magical-alliance", "to": "working-alliance"}

#: By the signals' numbers: whose, channel, case, certainty, line after which text is lost, lines.
GOLDEN = {
    "S10": ("client", "attendance", "returning-parishioner", "inferred", 90, (86, 93)),
    "S11": ("client", "speech", "returning-parishioner", "inferred", 90, (87, 93)),
    "S12": ("client", "speech", "returning-parishioner", "inferred", 90, (88, 93)),
    "S13": ("client", "speech", None, "hedged", None, (91, 93)),
    "S15": ("client", "unknown", None, "hedged", None, (100, 103)),
    "S25": ("client", "unknown", "ms-l", "inferred", 158, (100, 158)),
}


def numbers(release: Release) -> dict[str, str]:
    found = release.store.select(
        f"SELECT ?s ?n {{ ?s <{PREFIXES['skos']}notation> ?n ; a <{PREFIXES['aa']}SignalType> }}"
    )
    return {row["s"]: row["n"] for row in found.values()}


def test_which_signals_indicate_a_shift_from_magical_to_working(release: Release) -> None:
    question = get_question(release.questions, "signals-of-shift")
    answer = answer_question(release.store, question, ASKED)
    number = numbers(release)
    rows = {number[str(row["signal"])]: row for row in answer.rows}
    assert set(rows) == set(GOLDEN)
    assert len(answer.rows) == len(GOLDEN)
    for name, (whose, channel, case, certainty, lost, (first, last)) in GOLDEN.items():
        row = rows[name]
        assert row["whose"] == whose, name
        assert row["channel"] == channel, name
        assert row["case"] == (PREFIXES["case"] + case if case else None), name
        assert row["certainty"] == certainty, name
        assert row["lostAfter"] == lost, name
        spans = [int(part) for span in str(row["lines"]).split(", ") for part in span.split("-")]
        assert first <= min(spans) <= max(spans) <= last, name
        assert str(row["claim"]).startswith(PREFIXES["claim"])
        assert all(p.startswith(PREFIXES["passage"]) for p in str(row["passages"]).split())
    assert rows["S13"]["hedge"] == "generally"
    assert rows["S15"]["hedge"] == "often"


def test_the_three_misleading_improvements_are_known_as_such(release: Release) -> None:
    number = numbers(release)
    found = release.store.select(
        f"""PREFIX aa: <{PREFIXES["aa"]}> PREFIX concept: <{PREFIXES["concept"]}>
        SELECT DISTINCT ?s WHERE {{ ?claim aa:subject ?s ; aa:relation aa:misleadinglySuggests }}"""
    )
    assert {number.get(row["s"]) for row in found.values()} >= {"S09", "S16", "S32"}


@pytest.mark.parametrize(
    ("first", "then", "wanted"),
    [
        ("working-alliance", "therapeutic-alliance", {"S49", "S50"}),
        ("therapeutic-alliance", "structuralizing-alliance", {"S60", "S65", "S66"}),
        ("magical-alliance", "therapeutic-alliance", {"S15"}),
    ],
)
def test_other_shifts(release: Release, first: str, then: str, wanted: set[str]) -> None:
    question = release.questions["signals-of-shift"]
    answer = answer_question(release.store, question, {"from": first, "to": then})
    number = numbers(release)
    assert {number[str(row["signal"])] for row in answer.rows} >= wanted
    assert not answer.note


def test_a_shift_that_the_paper_does_not_know(release: Release) -> None:
    question = release.questions["signals-of-shift"]
    asked = {"from": "structuralizing-alliance", "to": "working-alliance"}
    answer = answer_question(release.store, question, asked)
    assert answer.rows == ()
    assert "Searched" in answer.note


def test_values_may_be_short_forms_or_iris(release: Release) -> None:
    question = release.questions["signals-of-shift"]
    plain = answer_question(release.store, question, ASKED)
    asked = {"from": "concept:magical-alliance", "to": PREFIXES["concept"] + "working-alliance"}
    assert answer_question(release.store, question, asked).rows == plain.rows
    assert release.store.select(plain.sparql).values()


@pytest.mark.parametrize(
    ("given", "parameter", "says"),
    [
        ({}, "from", "is missing"),
        ({"from": "magical-alliance"}, "to", "is missing"),
        ({**ASKED, "by": "x"}, "by", "has no parameter"),
        ({**ASKED, "to": "workin-alliance"}, "to", "is no value"),
        ({**ASKED, "to": "client"}, "to", "is no value"),
        ({**ASKED, "to": "x" * 10_000}, "to", "is no value"),
        ({**ASKED, "to": "> } ; DROP ALL"}, "to", "is no value"),
    ],
)
def test_what_is_wrong_with_a_parameter_is_said(
    release: Release, given: dict[str, str], parameter: str, says: str
) -> None:
    question = release.questions["signals-of-shift"]
    with pytest.raises(ParameterError, match=says) as caught:
        answer_question(release.store, question, given)
    assert caught.value.parameter == parameter
    assert caught.value.allowed
    assert len(caught.value.message) < 400


def test_an_unknown_question_names_the_nearest(release: Release) -> None:
    with pytest.raises(NotFoundError) as caught:
        get_question(release.questions, "signal-of-shift")
    assert caught.value.nearest == ("signals-of-shift",)


def test_every_question_is_whole_and_its_example_has_an_answer(release: Release) -> None:
    questions = load_questions(ontology_dir() / "questions")
    assert questions
    assert [question.name for question in questions] == list(release.questions)
    for question in questions:
        assert question.title.endswith("?"), question.name
        assert question.why and question.empty and question.phrasings and question.keywords
        example = {parameter.name: parameter.example for parameter in question.parameters}
        for parameter in question.parameters:
            assert parameter.example in parameter.values
            for value in parameter.values:
                entry = release.catalog[PREFIXES["concept"] + value]
                assert parameter.kind in entry.classes
        answer = answer_question(release.store, question, example)
        assert answer.rows, question.name
        assert list(answer.columns) == list(question.columns), question.name


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * {}",
        "#+ title: x\nSELECT * {}",
        "#+ title: [\nSELECT * {}",
        "#+ just words\nSELECT * {}",
    ],
)
def test_a_header_that_is_not_in_order_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.rq").write_text(text)
    with pytest.raises(InputError, match="header") as caught:
        load_questions(tmp_path)
    assert str(caught.value.source).endswith("bad.rq")
