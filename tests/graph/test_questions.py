"""Named questions: the customer's own, and what holds for all."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from rdflib import RDF, URIRef

from kg.errors import InputError, NotFoundError, ParameterError
from kg.namespaces import PREFIXES
from kg.question_files import load_questions, questions_as_triples
from kg.questions import Question, answer_question, get_question, read_questions, write_questions
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
        "#+ title: x\n#+ why: x\n#+ empty: x\n#+ columns: words\nSELECT * {}",
        "#+ title: x\n#+ why: x\n#+ empty: x\n#+ columns: {}\n#+ parameters: [a]\nSELECT * {}",
        "#+ title: x\n#+ why: x\n#+ empty: x\n#+ columns: {}\n#+ parameters: {a: {}}\nSELECT * {}",
    ],
)
def test_a_header_that_is_not_in_order_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.rq").write_text(text)
    with pytest.raises(InputError, match="header") as caught:
        load_questions(tmp_path)
    assert str(caught.value.source).endswith("bad.rq")


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.rq").write_bytes(b"#+ title: \xff\xfe\n")
    with pytest.raises(InputError, match="UTF-8"):
        load_questions(tmp_path)


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    found = load_questions(ontology_dir() / "questions")
    assert found
    return found


def test_a_question_projects_its_parameters(questions: list[Question]) -> None:
    """Otherwise a store could not bind them."""
    for question in questions:
        (projected,) = re.findall(
            r"SELECT\s+(?:DISTINCT\s+)?(.*?)WHERE", question.query, re.DOTALL
        )[:1]
        for parameter in question.parameters:
            assert re.search(rf"\?{parameter.name}\b", projected), question.name
            assert parameter.label, question.name


def test_the_query_that_is_shown_gives_the_same_answer(
    release: Release, questions: list[Question]
) -> None:
    count = 0
    for question in questions:
        names = [parameter.name for parameter in question.parameters]
        for values in product(*(parameter.values for parameter in question.parameters)):
            given = dict(zip(names, values, strict=True))
            answer = answer_question(release.store, question, given)
            shown = release.store.select(answer.sparql)
            kept = [place for place, name in enumerate(shown.variables) if name not in given]
            assert [tuple(row[place] for place in kept) for row in shown.rows] == list(
                answer.solutions.rows
            ), (question.name, given)
            assert bool(answer.note) != bool(answer.rows)
            count += 1
    assert count >= 16


def test_questions_are_read_as_they_were_written(tmp_path: Path, questions: list[Question]) -> None:
    write_questions(tmp_path / "questions.json", questions)
    found = read_questions(tmp_path / "questions.json")
    assert list(found.values()) == questions


def test_questions_are_in_the_graph_with_a_query_that_runs(
    release: Release, questions: list[Question]
) -> None:
    graph = questions_as_triples(questions)
    select = URIRef(PREFIXES["sh"] + "select")
    for question in questions:
        query = str(graph.value(URIRef(question.iri), select))
        assert release.store.select(query).rows
        types = {str(cls) for cls in graph.objects(URIRef(question.iri), RDF.type)}
        assert PREFIXES["aa"] + "Question" in types
        found = release.store.select(
            f"SELECT ?name ?value {{ <{question.iri}> <{PREFIXES['aa']}hasParameter> ?p ."
            f" ?p <{PREFIXES['aa']}parameterName> ?name ; <{PREFIXES['aa']}allowedValue> ?value }}"
        ).values()
        assert {(row["name"], row["value"].removeprefix(PREFIXES["concept"])) for row in found} == {
            (parameter.name, value)
            for parameter in question.parameters
            for value in parameter.values
        }


def test_the_public_object_has_what_the_interface_promises(release: Release) -> None:
    question = release.questions["signals-of-shift"]
    body = answer_question(release.store, question, ASKED).to_json(release="digest")
    assert list(body) == ["question", "parameters", "columns", "rows", "note", "sparql", "release"]
    assert body["parameters"] == ASKED
    assert body["note"] == ""
    for row in body["rows"]:
        assert list(row) == body["columns"]
        assert isinstance(row["lostAfter"], int | None)


def test_without_parameters_nothing_is_pasted_in(release: Release) -> None:
    question = replace(
        release.questions["signals-of-shift"], query="SELECT (1 AS ?n) {}", parameters=()
    )
    answer = answer_question(release.store, question, {})
    assert [dict(row) for row in answer.rows] == [{"n": 1}]
    assert answer.sparql == question.query


def test_the_three_signs_of_inference_go_together(release: Release) -> None:
    """Where a row rests on lost words, it is marked as inferred, and its claim says why."""
    question = release.questions["signals-of-shift"]
    rows = answer_question(release.store, question, ASKED).rows
    lost = [row for row in rows if row["lostAfter"]]
    assert len(lost) == 4
    for row in lost:
        assert row["certainty"] == "inferred"
        assert release.store.ask(
            f"ASK {{ <{row['claim']}> <{PREFIXES['aa']}inferenceNote> ?note }}"
        )
    for row in rows:
        assert (row["hedge"] is not None) == (row["certainty"] == "hedged")


def test_numbers_are_numbers_and_truth_is_truth(release: Release) -> None:
    query = "SELECT (1.5 AS ?d) (1e3 AS ?e) (true AS ?t) (false AS ?f) (7 AS ?i) (?no AS ?n) {}"
    question = replace(release.questions["signals-of-shift"], query=query, parameters=())
    (row,) = answer_question(release.store, question, {}).rows
    assert dict(row) == {"d": 1.5, "e": 1000.0, "t": True, "f": False, "i": 7, "n": None}
    assert [type(value) for value in row.values()] == [float, float, bool, bool, int, type(None)]
