"""Exercises: invented cases with the alliance to be told, and what tells it.

They are no part of the graph, for they would answer questions about the paper's cases. How one is
written, and read, is in :mod:`kg.exercise_files`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kg.errors import StoreError
from kg.namespaces import BASE

__all__ = [
    "ALLIANCES",
    "DIFFER",
    "EXERCISE",
    "NONE",
    "SHIFTS",
    "UNDETERMINED",
    "Exercise",
    "Reading",
    "Sign",
    "read_exercises",
    "write_exercises",
]

#: The alliances, in the paper's order.
ALLIANCES = (
    "magical-alliance",
    "working-alliance",
    "therapeutic-alliance",
    "structuralizing-alliance",
)
#: The shifts of which the paper tells.
SHIFTS = (
    "shift-magical-to-working",
    "shift-magical-to-therapeutic",
    "shift-working-to-therapeutic",
    "shift-therapeutic-to-structuralizing",
)
#: Client and therapist are not under the same alliance.
DIFFER = "differ"
#: The theory does not settle it by what is told.
UNDETERMINED = "undetermined"
#: There was no shift.
NONE = "none"

#: Where the IRIs of exercises start.
EXERCISE = BASE + "teach/exercise/"


@dataclass(frozen=True, slots=True)
class Sign:
    """A numbered observation.

    :param number: its mark in the text, from one.
    :param label: what was observed.
    :param signal: the IRI of the signal type.
    :param misleads: whether it is there to be taken for more than it is.
    """

    number: int
    label: str
    signal: str
    misleads: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading that the account does not bear.

    :param alliance: the alliance that it takes to be in force.
    :param why: why it tempts, and why it does not hold.
    :param claims: IRIs of the claims against it.
    """

    alliance: str
    why: str
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exercise:
    """An invented case and its right answer.

    :param text: the case, with the marks of its signs.
    :param comment: what is to be learned from it.
    :param claims: IRIs of the claims on which the right answer rests.
    :param client: the alliance that the client is under at the end; empty where that is not told.
    :param therapist: the alliance that the therapist takes to be in force at the end.
    :param shift: one of :data:`SHIFTS`, :data:`NONE` or :data:`UNDETERMINED`.
    :param reason: why it cannot be told which alliance is in force, if it cannot.
    :param bond: the local name of the bond's class, if there is one, such as SelfobjectExperience.
    :param bond_label: what that bond is.
    :param turtle: the annotated case as it was written.
    """

    name: str
    title: str
    text: str
    comment: str
    claims: tuple[str, ...]
    client: str
    therapist: str
    shift: str
    reason: str
    bond: str
    bond_label: str
    signs: tuple[Sign, ...]
    readings: tuple[Reading, ...]
    turtle: str

    @property
    def iri(self) -> str:
        """The IRI of the invented case."""
        return EXERCISE + self.name

    @property
    def alliance(self) -> str:
        """The right answer: one of :data:`ALLIANCES`, :data:`DIFFER` or :data:`UNDETERMINED`."""
        if not self.client:
            return UNDETERMINED
        return self.client if self.client == self.therapist else DIFFER

    def reading_as(self, alliance: str) -> Reading | None:
        """Give what was written about taking the case for one under some alliance, if anything."""
        return next((found for found in self.readings if found.alliance == alliance), None)


def write_exercises(path: Path, exercises: Sequence[Exercise]) -> None:
    """Write exercises as JSON, for :func:`read_exercises`."""
    listed = [asdict(exercise) for exercise in exercises]
    text = json.dumps(listed, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8")


def read_exercises(path: Path) -> dict[str, Exercise]:
    """Read what :func:`write_exercises` wrote, by name.

    :raises StoreError: if it is not there, or damaged.
    """
    try:
        return _read(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise StoreError(f"{path} is missing or damaged; run 'alliance build'") from error


def _read(items: Iterable[dict[str, Any]]) -> dict[str, Exercise]:
    found = {}
    for item in items:
        item["claims"] = tuple(item["claims"])
        item["signs"] = tuple(Sign(**sign) for sign in item["signs"])
        item["readings"] = tuple(
            Reading(reading["alliance"], reading["why"], tuple(reading["claims"]))
            for reading in item["readings"]
        )
        found[item["name"]] = Exercise(**item)
    return found
