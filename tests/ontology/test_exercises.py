"""Exercises: what is read from their files, what the build refuses, how answers follow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kg.errors import InputError, StoreError
from kg.exercise_files import check_exercises, load_exercises
from kg.exercises import (
    ALLIANCES,
    DIFFER,
    NONE,
    SHIFTS,
    UNDETERMINED,
    Exercise,
    read_exercises,
    write_exercises,
)
from kg.release import Release
from kg.resources import exercises_dir


@pytest.fixture(scope="module")
def exercises() -> dict[str, Exercise]:
    return {exercise.name: exercise for exercise in load_exercises(exercises_dir())}


@pytest.fixture
def altered(tmp_path: Path) -> Callable[[str, str, str], Exercise]:
    """An exercise with something else in the place of some of its text."""

    def alter(name: str, old: str, new: str) -> Exercise:
        text = (exercises_dir() / f"{name}.ttl").read_text(encoding="utf-8")
        assert old in text
        (tmp_path / f"{name}.ttl").write_text(text.replace(old, new), encoding="utf-8")
        (found,) = load_exercises(tmp_path)
        return found

    return alter


def test_they_cover_what_is_to_be_learned(exercises: dict[str, Exercise]) -> None:
    answers = [exercise.alliance for exercise in exercises.values()]
    assert len(answers) >= 14
    assert {*answers} == {*ALLIANCES, DIFFER, UNDETERMINED}
    assert answers.count(DIFFER) >= 2
    assert answers.count(UNDETERMINED) >= 2
    assert {exercise.shift for exercise in exercises.values()} == {*SHIFTS, NONE, UNDETERMINED}
    bonds = {exercise.bond for exercise in exercises.values()}
    assert {"DefensiveIdealization", "IdealizingTransference", "SelfobjectExperience"} <= bonds
    assert any(sign.misleads for one in exercises.values() for sign in one.signs)
    assert all(exercise.readings for exercise in exercises.values())


def test_the_answer_follows_from_the_episodes(exercises: dict[str, Exercise]) -> None:
    sides = {
        name: (exercises[name].client, exercises[name].therapist, exercises[name].shift)
        for name in ("good-days", "flatmate", "joiner", "beekeeper", "gardener")
    }
    assert sides == {
        # relief is no shift
        "good-days": ("magical-alliance", "magical-alliance", NONE),
        "flatmate": ("magical-alliance", "working-alliance", NONE),
        "joiner": ("structuralizing-alliance",) * 2 + ("shift-therapeutic-to-structuralizing",),
        # what is only sought is not in force
        "beekeeper": ("therapeutic-alliance", "therapeutic-alliance", NONE),
        # what has ended is not in force
        "gardener": ("", "", UNDETERMINED),
    }


def test_clients_are_not_those_of_the_paper(
    exercises: dict[str, Exercise], release: Release
) -> None:
    theirs = {entry.label for entry in release.catalog.of_kind("case")}
    letters = [exercise.title.split(".")[0] for exercise in exercises.values()]
    assert len({*letters}) == len(letters)
    assert not {*letters} & {"L", "C", "G", "J", "K"}
    assert "K" in theirs


def test_what_was_written_is_read_again(exercises: dict[str, Exercise], tmp_path: Path) -> None:
    path = tmp_path / "exercises.json"
    write_exercises(path, list(exercises.values()))
    assert read_exercises(path) == exercises
    path.write_text('[{"name": "x"}]', encoding="utf-8")
    with pytest.raises(StoreError, match="alliance build"):
        read_exercises(path)


def test_the_exercises_of_the_project_are_in_order(
    exercises: dict[str, Exercise], release: Release
) -> None:
    assert check_exercises(exercises.values(), release.catalog) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("claim:magical-alliance-has-variant-world-change", "claim:no-such", "claim/no-such"),
        ("signal:assumes-world-must-change", "signal:no-such", "signal/no-such"),
        ("They fix a fourth appointment.", "word " * 100, "words; make it 80 to 180"),
        (
            "aa:assumedAlliance concept:working-alliance",
            "aa:assumedAlliance concept:magical-alliance",
            "right answer is among the wrong readings",
        ),
    ],
)
def test_the_build_refuses_what_is_amiss(
    altered: Callable[[str, str, str], Exercise], release: Release, old: str, new: str, says: str
) -> None:
    (problem,) = check_exercises([altered("landlord", old, new)], release.catalog)
    assert says in problem


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[2]", "[3]", "a mark"),
        ("<../landlord>", "<../other>", "describes no case"),
        ("aa:hasClient", "aa:hasClient ;", "landlord.ttl"),
    ],
)
def test_a_file_that_is_no_exercise_is_refused(
    altered: Callable[[str, str, str], Exercise], old: str, new: str, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        altered("landlord", old, new)
