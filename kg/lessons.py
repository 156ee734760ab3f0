"""What the pages for teaching draw on: every claim with both its ends, read once from a store."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from kg.dossier import ClaimLine, claim_line
from kg.entries import Catalog
from kg.namespaces import PREFIXES
from kg.queries import read_query
from kg.store import Store

__all__ = ["CONTRASTS", "CRITERIA", "SIGNALLING", "Lessons", "ends_of", "read_lessons"]

_AA = PREFIXES["aa"]

#: How signals bear on states of affairs, the plainest way first.
SIGNALLING = (
    _AA + "indicates",
    _AA + "countsAgainst",
    _AA + "bearsOn",
    _AA + "misleadinglySuggests",
)
#: How two things are kept apart.
CONTRASTS = (
    _AA + "distinguishedFrom",
    _AA + "isNotA",
    _AA + "placedInContrastTo",
)
#: By what an alliance is known, in the order in which one asks for it.
CRITERIA = (
    _AA + "assumesChangeOf",
    _AA + "assumesNoChangeOf",
    _AA + "hasGoal",
    _AA + "hasPrimaryAim",
    _AA + "excludesOvertGoal",
    _AA + "bypasses",
    _AA + "engages",
    _AA + "requires",
    _AA + "requiresAgreementOf",
    _AA + "targetsTransference",
    _AA + "targetsLayer",
    _AA + "arisesAfter",
)


class Lessons:
    """All claims that relate two things, by what they relate, in the order of the paper's lines."""

    def __init__(self, claims: Iterable[ClaimLine]) -> None:
        self._by_iri: dict[str, ClaimLine] = {}
        self._by_end: dict[str, list[ClaimLine]] = {}
        for claim in claims:
            # a claim with two objects stands in two rows
            self._by_iri.setdefault(claim.iri, claim)
            for end in dict.fromkeys(ends_of(claim)):
                self._by_end.setdefault(end, []).append(claim)

    def __len__(self) -> int:
        """Count the claims."""
        return len(self._by_iri)

    def lines(self, iris: Iterable[str]) -> list[ClaimLine]:
        """Give claims by their IRIs; what is none, or relates nothing, is left out."""
        return [self._by_iri[iri] for iri in iris if iri in self._by_iri]

    def about(self, iri: str, relations: Collection[str] | None = None) -> list[ClaimLine]:
        """List the claims in which a thing stands at either end.

        :param relations: the only relations wanted, and the order of the answer.
        """
        found = self._by_end.get(iri, [])
        if relations is None:
            return found
        order = list(relations)
        chosen = [claim for claim in found if claim.relation in order]
        return sorted(chosen, key=lambda claim: order.index(claim.relation))

    def said_of(self, iri: str, relations: Collection[str] | None = None) -> list[ClaimLine]:
        """List the claims of which a thing is the subject, as :meth:`about` does."""
        return [claim for claim in self.about(iri, relations) if claim.subject.iri == iri]

    def contrasts(self) -> list[ClaimLine]:
        """List the claims that keep two things apart."""
        return [claim for claim in self._by_iri.values() if claim.relation in CONTRASTS]


def ends_of(claim: ClaimLine) -> tuple[str, str]:
    """Give the IRIs of the two things that a claim relates."""
    return claim.subject.iri or "", claim.object.iri or ""


def read_lessons(store: Store, catalog: Catalog) -> Lessons:
    """Read what there is to teach from a store."""
    rows = store.select(read_query("lessons"))
    return Lessons(claim_line(row, catalog) for row in rows)
