"""Contrast drills: a statement with its subject left out, and two things to choose from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from kg.dossier import ClaimLine
from kg.entries import Catalog, Entry
from kg.exercises import ALLIANCES
from kg.lessons import CONTRASTS, Lessons, ends_of
from kg.namespaces import PREFIXES

__all__ = ["BLANK", "Drill", "make_drills"]

#: What stands where the name was.
BLANK = "[…]"

_AA = PREFIXES["aa"]
#: What these tell is of cases, of kinds or of the order of things, and drills no contrast.
_NO_CRITERION = frozenset(
    _AA + name
    for name in (
        "canShiftTo",
        "exemplifiedBy",
        "hasKind",
        "introducedBy",
        "involves",
        "linkedWith",
        "residesIn",
        "specialCaseOf",
    )
)
#: Relations that answer the same question from either side.
_COMPLEMENTS = {
    _AA + one: _AA + other
    for one, other in (
        ("assumesNoChangeOf", "assumesChangeOf"),
        ("bypasses", "engages"),
        ("engages", "bypasses"),
        ("excludesOvertGoal", "hasGoal"),
    )
}


@dataclass(frozen=True, slots=True)
class Drill:
    """A statement and the two things of one of which it is claimed.

    :param number: its place, from one; the same in every build of the same graph.
    :param pair: the two, by label.
    :param answer: the one of which it is claimed.
    :param statement: the claim's statement, with :data:`BLANK` for the name.
    """

    number: int
    pair: tuple[Entry, Entry]
    answer: Entry
    statement: str
    claim: ClaimLine

    @property
    def other(self) -> Entry:
        """The one of which the graph has no such claim."""
        return self.pair[1] if self.answer == self.pair[0] else self.pair[0]


def make_drills(lessons: Lessons, catalog: Catalog) -> tuple[Drill, ...]:
    """Make all drills that the claims of a graph give, well mixed and always in the same order."""
    found = []
    for pair in _pairs(lessons, catalog):
        for answer, other in (pair, pair[::-1]):
            for claim in _telling(answer, other, lessons):
                statement = _leave_out(claim.statement, answer, other)
                if statement:
                    found.append((pair, answer, statement, claim))
    # by a digest, so that one does not meet ten statements about the same two in a row
    found.sort(key=lambda item: _digest(item[0][0].iri, item[0][1].iri, item[3].iri))
    return tuple(Drill(number, *item) for number, item in enumerate(found, 1))


def _telling(answer: Entry, other: Entry, lessons: Lessons) -> Iterator[ClaimLine]:
    """Give the claims that are made of one thing, and by the same measure otherwise of another.

    What the paper says of one alliance and passes over with the other tells them not apart. What is
    only read from it is nothing to be right or wrong about.
    """
    of_other = lessons.said_of(other.iri)
    same = {(claim.relation, claim.object.iri) for claim in of_other}
    measures = {claim.relation for claim in of_other}
    alliances = {answer.name, other.name} <= set(ALLIANCES)
    for claim in lessons.said_of(answer.iri):
        relation = claim.relation
        measured = relation in measures or _COMPLEMENTS.get(relation) in measures
        if (
            claim.certainty != "inferred"
            and relation not in _NO_CRITERION
            and relation not in CONTRASTS
            and claim.object.iri != other.iri
            and (relation, claim.object.iri) not in same
            and (measured or not alliances)
        ):
            yield claim


def _pairs(lessons: Lessons, catalog: Catalog) -> list[tuple[Entry, Entry]]:
    """List what is confused with what: things that claims keep apart, and the four alliances."""
    apart = [ends_of(claim) for claim in lessons.contrasts()]
    apart += combinations([PREFIXES["concept"] + name for name in ALLIANCES], 2)
    pairs = set()
    for ends in apart:
        entries = [catalog[iri] for iri in ends if iri in catalog]
        if [entry.kind for entry in entries] == ["concept", "concept"]:
            first, second = sorted(entries, key=lambda entry: (entry.label, entry.iri))
            pairs.add((first, second))
    return sorted(pairs, key=lambda pair: (pair[0].iri, pair[1].iri))


def _leave_out(statement: str, answer: Entry, other: Entry) -> str:
    """Put blanks for a name; give nothing where the statement would still give itself away."""
    names = sorted((answer.label, *answer.alternatives), key=len, reverse=True)
    listed = "|".join(map(re.escape, names))
    blanked = re.sub(rf"\b(?:(?:an?|the)\s+)?(?:{listed})\b", BLANK, statement, flags=re.I)
    left = blanked.casefold()
    given_away = (*_stems(answer, other), *(name.casefold() for name in other.alternatives))
    if BLANK not in blanked or any(word in left for word in given_away):
        return ""
    return blanked


def _stems(*pair: Entry) -> Iterator[str]:
    """Give the beginnings of the words that tell two names from one another."""
    first, second = (
        {word for word in re.findall(r"[a-z]+", entry.label.casefold()) if len(word) > 5}
        for entry in pair
    )
    for word in sorted(first ^ second):
        yield word[:-2]


def _digest(*parts: str) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()
