"""Words as people type them: other spellings, accents, hyphens, endings, slips."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.words import LONGEST_WORD, STOP_WORDS, american, fold, spelled_like, stem, tokens


def stems(text: str) -> list[str]:
    return [stem(word) for word in tokens(text)]


@pytest.mark.parametrize(
    ("british", "american_"),
    [
        ("behaviour", "behavior"),
        ("behavioural", "behavioral"),
        ("neighbour", "neighbor"),
        ("idealise", "idealize"),
        ("idealised", "idealized"),
        ("idealising", "idealizing"),
        ("idealisation", "idealization"),
        ("internalisations", "internalizations"),
        ("structuralising", "structuralizing"),
        ("recognisable", "recognizable"),
        ("analyse", "analyze"),
        ("psychoanalysed", "psychoanalyzed"),
        ("counselling", "counseling"),
        ("counsellors", "counselors"),
        ("labelled", "labeled"),
        ("centre", "center"),
        ("centred", "centered"),
        ("fibres", "fibers"),
        ("defence", "defense"),
        ("defences", "defenses"),
        ("judgement", "judgment"),
        ("programmes", "programs"),
        ("paediatric", "pediatric"),
        ("practising", "practicing"),
    ],
)
def test_british_and_american_spelling_are_one(british: str, american_: str) -> None:
    assert american(british) == american_
    assert american(american_) == american_
    assert stem(british) == stem(american_)


@pytest.mark.parametrize(
    "word",
    "four hour our pour contour advise arise rise wise exercise promise surprise compromise "
    "supervise revise praise precise expertise experience silence sentence sore there ore "
    "size prize pulling feeling selling other calling".split(),
)
def test_a_word_that_only_looks_british_stays(word: str) -> None:
    assert american(word) == word


@pytest.mark.parametrize(
    "group",
    [
        "idealize idealizes idealized idealizing idealization idealisations",
        "structuralize structuralized structuralizing structuralization",
        "alliance alliances",
        "analysis analyses",
        "crisis crises",
        "woman women",
        "seek seeks seeking sought",
        "shift shifts shifted shifting",
        "self selves",
        "feel felt feeling",
    ],
)
def test_inflections_have_one_stem(group: str) -> None:
    assert len({stem(word) for word in group.split()}) == 1


def test_words_that_differ_keep_different_stems() -> None:
    words = "therapist therapy alliance defense ideal analyst analysis self selfobject".split()
    assert len({stem(word) for word in words}) == len(words)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("self-object", "selfobject"),
        ("self object", "Selfobjects"),
        ("self–object functions", "selfobject function"),
        ("counter-transference", "countertransference"),
        ("counter transference", "countertransference"),
        ("re-framing", "reframing"),
        ("psycho-therapy", "psychotherapy"),
        ("mis-alliance", "misalliance"),
        ("self-agency", "selfagency"),
        ("long-term", "long term"),
        ("Rêverie", "REVERIE"),
        ("Žižek", "zizek"),
        ("Straße", "strasse"),
        ("œdipal", "oedipal"),
        ("ﬁrst", "first"),
        ("client's", "clients"),
        ("client’s", "clients"),
        ("“the client”", "the client"),
    ],
)
def test_ways_of_writing_are_one(left: str, right: str) -> None:
    assert stems(left) == stems(right) != []


def test_closing_up_stops_at_the_words_that_are_meant() -> None:
    assert tokens("herself objects") == ["herself", "objects"]
    assert tokens("himself, selfish, selfless") == ["himself", "selfish", "selfless"]
    assert tokens("pre- and post-treatment") == ["pre", "and", "posttreatment"]
    assert tokens("re") == ["re"]


def test_signs_are_no_words() -> None:
    assert tokens('" * ^ : ( ) { } - + ; % _ \\ \x00 \u200b \u202e 🙂 …') == []
    assert tokens("a\x00b c_d") == ["a", "b", "c", "d"]


def test_other_scripts_are_kept_as_words() -> None:
    assert tokens("Ψυχή перенос 移情") == ["ψυχη", "перенос", "移情"]


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_folding_is_final_and_leaves_only_words(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert all(word.isalnum() for word in folded.split(" ") if word)
    assert all(len(word) <= LONGEST_WORD for word in tokens(text))
    for word in tokens(text):
        stem(word)


def test_stop_words_are_folded() -> None:
    assert len(STOP_WORDS) > 80
    assert all(fold(word) == word for word in STOP_WORDS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("aliance", "alliance"),
        ("allaince", "alliance"),
        ("transferance", "transference"),
        ("defensve", "defensive"),
        ("idaelization", "idealization"),
        ("strucutralizing", "structuralizing"),
        ("magcal", "magical"),
    ],
)
def test_slips_are_forgiven(typed: str, meant: str) -> None:
    vocabulary = [
        "alliance",
        "defensive",
        "idealization",
        "magical",
        "realization",
        "structuralizing",
        "transference",
        "working",
    ]
    assert spelled_like(typed, vocabulary)[0] == meant


def test_too_many_slips_are_not() -> None:
    assert spelled_like("xylophone", ["alliance", "magical"]) == []
    assert spelled_like("wok", ["work"]) == []
    assert spelled_like("", ["a"]) == []
    assert spelled_like("alliance", []) == []


def test_the_nearest_comes_first_and_no_more_than_asked() -> None:
    vocabulary = ["shifts", "drift", "shift", "shirt"]
    assert spelled_like("shift", vocabulary, limit=2) == ["shift", "shifts"]
    assert spelled_like("shivt", vocabulary) == ["shift", "shirt"]


def test_long_input_takes_little_time() -> None:
    start = time.perf_counter()
    assert len(tokens("idealising " * 1000)) == 1000
    for text in ("a" * 10_000, "self" * 2500, "re-" * 3000, "\ufdfa" * 3000, "is" * 5000):
        stems(text)
        assert spelled_like(text, ["alliance"] * 1000) == []
    assert time.perf_counter() - start < 1
