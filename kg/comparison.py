"""Things side by side, criterion by criterion, from what is claimed of each.

A criterion is a relation. Where nothing is claimed of a thing by it, its cell is empty: that is
"not said", and never "no".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from kg.dossier import ClaimLine, find_claims
from kg.entries import Catalog, Entry
from kg.model import Literal, Solutions, Term
from kg.namespaces import PREFIXES
from kg.store import Store

__all__ = ["Comparison", "Criterion", "Theme", "as_solutions", "compare", "group_claims"]

_AA = PREFIXES["aa"]

#: The relations in the order in which one reads of them, under what they are about. What is in
#: none of these comes last.
_THEMES: tuple[tuple[str, str], ...] = (
    (
        "What is assumed",
        "assumesChangeOf assumesNoChangeOf agentOfChange changeableBy presupposes conceivedAs "
        "couldBeConceivedAs",
    ),
    (
        "What is aimed at",
        "hasGoal hasPrimaryAim hasSecondaryAim excludesOvertGoal doesNotSeek avoids servesTo "
        "aimsAtChangeThrough soughtThrough targetsLayer notConfinedToLayer targetsTransference "
        "hasTask",
    ),
    (
        "Who takes part",
        "requiresAgreementOf assignsTherapistRole heldBy experiencedBy meantFor notAlwaysBegunBy",
    ),
    ("Agency and the self", "engages bypasses residesIn canHelpWithout"),
    (
        "When it is called for, and what it takes",
        "soughtInResponseTo involvedIn manageableWhen requires needs dependsOn doesNotDependOn "
        "turnsOn inadequateFor understoodIn learnedThrough notLearnedFrom wouldMeet",
    ),
    (
        "What it does",
        "hasBenefit hasRisk causes hasShareIn triggers motivates evokes enables enhances "
        "facilitates reduces undermines disappoints helpsGenerate shapes explains measures",
    ),
    (
        "How it goes on",
        "canShiftTo canMoveInto arisesAfter precedes accompanies mayEvolveThrough hasCourse "
        "increasesAfter foundAfter canOccurWithout mayOccurWithout",
    ),
    ("What to do about it", "handledBy notHandledBy"),
    (
        "Kinds and parts",
        "hasKind hasVariant hasComponent hasSense involves specialCaseOf amountsTo hasLowerLimit "
        "hasUpperLimit",
    ),
    (
        "Where the notion comes from",
        "introducedBy hasHistoricalForerunner interestBeganThrough termUsedFor glossedAs "
        "broaderInUseThan offersBroaderViewThan judgedSimilarTo linkedWith supersedes "
        "accentuatedBy givesSupportTo",
    ),
)
_OTHER = "What else is said"
_PLACE = {
    _AA + name: (number, place, title)
    for number, (title, names) in enumerate(_THEMES)
    for place, name in enumerate(names.split())
}
_LAST = (len(_THEMES), 0, _OTHER)


@dataclass(frozen=True, slots=True)
class Criterion:
    """A relation, with what is claimed by it of each thing.

    :param cells: for each thing the claims; empty where nothing is said.
    """

    relation: str
    label: str
    cells: tuple[tuple[ClaimLine, ...], ...]

    @property
    def shared(self) -> bool:
        """Whether something is claimed of every thing."""
        return all(self.cells)


@dataclass(frozen=True, slots=True)
class Theme:
    """Criteria that are about one matter."""

    title: str
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Things side by side.

    :param direct: the claims that speak of more than one of them.
    :param themes: the criteria by which something is claimed of at least one of them.
    """

    things: tuple[Entry, ...]
    direct: tuple[ClaimLine, ...]
    themes: tuple[Theme, ...]

    def shared(self) -> Comparison:
        """Leave out the criteria by which nothing is claimed of some thing."""
        themes = tuple(
            replace(theme, criteria=criteria)
            for theme in self.themes
            if (criteria := tuple(one for one in theme.criteria if one.shared))
        )
        return replace(self, themes=themes)


def compare(store: Store, catalog: Catalog, things: Sequence[Entry]) -> Comparison:
    """Put things side by side, in the order in which they are given."""
    iris = {thing.iri for thing in things}
    direct: dict[str, ClaimLine] = {}
    columns = []
    for thing in things:
        column = []
        for claim in find_claims(store, catalog, thing.iri):
            if {claim.subject.iri, claim.object.iri} <= iris:
                direct[claim.iri] = claim
            if claim.subject.iri == thing.iri:
                column.append(claim)
        columns.append(column)
    return Comparison(tuple(things), tuple(direct.values()), group_claims(columns))


def group_claims(columns: Sequence[Sequence[ClaimLine]]) -> tuple[Theme, ...]:
    """Sort claims by theme and relation.

    :param columns: for each thing the claims of which it is the subject.
    """
    labels = {claim.relation: claim.relation_label for column in columns for claim in column}
    criteria = [
        Criterion(
            relation,
            label,
            tuple(
                tuple(claim for claim in column if claim.relation == relation) for column in columns
            ),
        )
        for relation, label in labels.items()
    ]
    criteria.sort(key=lambda one: (*_PLACE.get(one.relation, _LAST)[:2], one.label))
    return tuple(
        Theme(title, tuple(found))
        for title, found in groupby(criteria, lambda one: _PLACE.get(one.relation, _LAST)[2])
    )


def as_solutions(comparison: Comparison) -> Solutions:
    """Write a comparison as a table: a row for each claim, the direct ones first.

    Where nothing is claimed of a thing by a criterion, a row says so; that is no denial.
    """
    columns = (
        "theme", "criterion", "thing", "value", "statement", "holder", "certainty", "hedge",
        "condition", "lines", "claim",
    )  # fmt: skip
    rows: list[tuple[str, ...]] = []

    def add(theme: str, criterion: str, thing: str, claim: ClaimLine) -> None:
        rows.append(
            (
                theme, criterion, thing, claim.object.text, claim.statement, claim.holders,
                claim.certainty, claim.hedge, claim.condition,
                ", ".join(passage.text for passage in claim.passages), claim.iri,
            )
        )  # fmt: skip

    once = {claim.iri for claim in comparison.direct}
    for claim in comparison.direct:
        add("Said of both", claim.relation_label, claim.subject.text, claim)
    for theme in comparison.themes:
        for criterion in theme.criteria:
            for thing, claims in zip(comparison.things, criterion.cells, strict=True):
                for claim in claims:
                    if claim.iri in once:
                        continue
                    add(theme.title, criterion.label, thing.label, claim)
                if not claims:
                    rows.append(
                        (theme.title, criterion.label, thing.label, "no claim by this measure")
                        + ("",) * (len(columns) - 4)
                    )
    table: tuple[tuple[Term | None, ...], ...] = tuple(
        tuple(Literal(cell) if cell else None for cell in row) for row in rows
    )
    return Solutions(columns, table)
