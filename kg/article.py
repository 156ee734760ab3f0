"""What a reader wants to know of a concept or a signal, section by section.

Everything here is said by claims, senses, cases and definitions of the graph; this module only
puts it in the order in which one reads. What the graph does not say is left out, never supplied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kg.comparison import Comparison, Theme, compare, group_claims
from kg.dossier import ClaimLine, Dossier, Value, as_passages, as_value, find_claims
from kg.entries import Catalog, Entry
from kg.formal import Form, find_forms
from kg.model import Iri
from kg.namespaces import KINDS, PREFIXES
from kg.queries import read_query
from kg.questions import Question
from kg.store import Store

__all__ = ["Article", "Contrast", "Mapped", "Occurrence", "Sense", "Signals", "compile_article"]

_AA = PREFIXES["aa"]
_SKOS = PREFIXES["skos"]

#: By these a claim keeps two things apart.
_APART = frozenset(
    _AA + name
    for name in ("distinguishedFrom", "isNotA", "placedInContrastTo", "notSharplyBoundedFrom")
)
#: By these a signal bears on a state of affairs.
_BEARING = frozenset(
    _AA + name for name in ("indicates", "countsAgainst", "bearsOn", "misleadinglySuggests")
)
#: The named questions that tell which states of affairs belong to an alliance.
_STATES = ("signals-of-alliance", "signals-of-seeking")
#: Until here a table of criteria shows all that is claimed of either; beyond, what can be compared.
_MOST_CRITERIA = 12


@dataclass(frozen=True, slots=True)
class Contrast:
    """Something that the text takes care to keep apart from the thing.

    :param claims: the claims that keep the two apart.
    :param comparison: the thing and the other, criterion by criterion.
    :param whole: whether the comparison has all criteria, and not only those that both have.
    """

    other: Entry
    claims: tuple[ClaimLine, ...]
    comparison: Comparison
    whole: bool


@dataclass(frozen=True, slots=True)
class Sense:
    """One author's use of a word by which the concept is named.

    :param own: whether the concept itself is what is meant in it.
    """

    word: str
    sense: Value
    meant: Value
    own: bool
    use: str
    authors: str
    sources: str
    certainty: str
    hedge: str
    passages: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals that bear on a state of affairs, with the claims that say so."""

    state: Entry
    claims: tuple[ClaimLine, ...]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A part of a case in which the thing occurs.

    :param cls: the local name of the part's class.
    :param relations: how the part stands to the thing, as the graph names it.
    """

    case: Value
    part: Value
    cls: str
    relations: str
    text: str
    status: str
    person: str
    session: str
    certainty: str
    hedge: str
    lost_after: str
    note: str
    passages: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A record of a search for the concept in another vocabulary.

    :param negated: whether the term is one that is easily taken for the concept.
    :param term: the term, or nothing where none was found.
    """

    record: Value
    vocabulary: str
    match: str
    negated: bool
    term: Value | None
    confidence: str
    comment: str


@dataclass(frozen=True, slots=True)
class Article:
    """What a page on a concept or signal tells, in the order of its sections.

    :param notes: what the thing is not, or how its word is used here.
    :param examples: examples, each of which says where it is from.
    :param first: the passage at which the paper first speaks of it.
    :param above: the broader concepts, and ``below`` the narrower ones.
    :param facets: what is claimed of it as a subject, by theme and relation.
    :param elsewhere: what is claimed of other things in which it is the object.
    :param alike: others of its kind, by a claim that lists them together.
    """

    entry: Entry
    notes: tuple[str, ...]
    examples: tuple[str, ...]
    first: Value | None
    above: tuple[Value, ...]
    below: tuple[Value, ...]
    facets: tuple[Theme, ...]
    contrasts: tuple[Contrast, ...]
    senses: tuple[Sense, ...]
    signals: tuple[Signals, ...]
    occurrences: tuple[Occurrence, ...]
    exemplified: tuple[ClaimLine, ...]
    elsewhere: tuple[ClaimLine, ...]
    alike: tuple[Entry, ...]
    forms: tuple[Form, ...]
    mappings: tuple[Mapped, ...]

    def occurrences_by_case(self) -> list[tuple[Value, list[Occurrence]]]:
        """List the occurrences case by case, in the order of the paper."""
        found: dict[Value, list[Occurrence]] = {}
        for occurrence in self.occurrences:
            found.setdefault(occurrence.case, []).append(occurrence)
        return list(found.items())


def compile_article(
    store: Store, catalog: Catalog, questions: Mapping[str, Question], dossier: Dossier
) -> Article:
    """Put together what a reader wants to know of a concept or signal."""
    entry = dossier.entry
    said = {fact.property: fact.values for fact in dossier.facts if not fact.incoming}
    own = [claim for claim in dossier.claims if claim.subject.iri == entry.iri]
    about = [claim for claim in dossier.claims if claim.subject.iri != entry.iri]
    signals = _find_signals(store, catalog, questions, entry, about)
    told = {claim.iri for group in signals for claim in group.claims}
    apart = [claim for claim in dossier.claims if claim.relation in _APART]
    told |= {claim.iri for claim in apart}
    exemplified = [claim for claim in own if claim.relation == _AA + "exemplifiedBy"]
    told |= {claim.iri for claim in exemplified}
    return Article(
        entry=entry,
        notes=_texts(said.get(_SKOS + "scopeNote", ())),
        examples=_texts(said.get(_SKOS + "example", ())),
        first=_find_first(store, questions, entry),
        above=tuple(said.get(_SKOS + "broader", ())),
        below=tuple(said.get(_SKOS + "narrower", ())),
        facets=group_claims([[claim for claim in own if claim.iri not in told]]),
        contrasts=tuple(_find_contrasts(store, catalog, entry, apart)),
        senses=tuple(_find_senses(store, catalog, questions, entry)),
        signals=signals,
        occurrences=tuple(_find_occurrences(store, catalog, entry)),
        exemplified=tuple(exemplified),
        elsewhere=tuple(claim for claim in about if claim.iri not in told),
        alike=tuple(_find_alike(store, catalog, entry, about)),
        forms=find_forms(store, catalog, entry.iri),
        mappings=tuple(_find_mappings(store, catalog, questions, entry)),
    )


def _texts(values: Iterable[Value]) -> tuple[str, ...]:
    return tuple(value.text for value in values)


def _ask(
    store: Store, questions: Mapping[str, Question], name: str, **given: Iri
) -> list[dict[str, str]]:
    """Give the rows of a named question; one that takes other things only has none for these."""
    return store.select(questions[name].query, bindings=given).values()


def _find_first(store: Store, questions: Mapping[str, Question], entry: Entry) -> Value | None:
    rows = _ask(store, questions, "definition", concept=Iri(entry.iri))
    return next((passage for row in rows for passage in as_passages(row["passages"])), None)


def _find_signals(
    store: Store,
    catalog: Catalog,
    questions: Mapping[str, Question],
    entry: Entry,
    about: Sequence[ClaimLine],
) -> tuple[Signals, ...]:
    """Find the signals of an alliance and of its shifts, or those that bear on the thing itself."""
    states = [
        row["state"]
        for name in _STATES
        for row in _ask(store, questions, name, alliance=Iri(entry.iri))
    ]
    shifts = store.select(
        f"SELECT DISTINCT ?shift {{ ?shift a <{_AA}ShiftConcept> ; "
        f"<{_AA}from>|<{_AA}to> <{entry.iri}> }} ORDER BY ?shift"
    ).values()
    states += [row["shift"] for row in shifts]
    found = [(state, find_claims(store, catalog, state)) for state in dict.fromkeys(states)]
    found.insert(0, (entry.iri, tuple(about)))
    groups = (
        Signals(
            catalog[state],
            tuple(
                claim
                for claim in claims
                if claim.relation in _BEARING and claim.object.iri == state
            ),
        )
        for state, claims in found
        if state in catalog
    )
    return tuple(group for group in groups if group.claims)


def _find_contrasts(
    store: Store, catalog: Catalog, entry: Entry, apart: Sequence[ClaimLine]
) -> Iterable[Contrast]:
    by_other: dict[str, list[ClaimLine]] = {}
    for claim in apart:
        other = claim.object if claim.subject.iri == entry.iri else claim.subject
        if other.iri in catalog:
            by_other.setdefault(str(other.iri), []).append(claim)
    for iri, claims in by_other.items():
        both = compare(store, catalog, [entry, catalog[iri]])
        whole = sum(len(theme.criteria) for theme in both.themes) <= _MOST_CRITERIA
        yield Contrast(catalog[iri], tuple(claims), both if whole else both.shared(), whole)


def _find_senses(
    store: Store, catalog: Catalog, questions: Mapping[str, Question], entry: Entry
) -> Iterable[Sense]:
    for row in _ask(store, questions, "term-usage", concept=Iri(entry.iri)):
        yield Sense(
            word=row["word"],
            sense=as_value(Iri(row["sense"]), catalog),
            meant=as_value(Iri(row["meant"]), catalog),
            own=row["meant"] == entry.iri,
            use=row["use"],
            authors=row["authors"],
            sources=row["sources"],
            certainty=row["certainty"],
            hedge=row["hedge"],
            passages=as_passages(row["passages"]),
        )


def _find_occurrences(store: Store, catalog: Catalog, entry: Entry) -> Iterable[Occurrence]:
    seen: set[str] = set()
    for row in store.select(read_query("occurrences"), bindings={"iri": Iri(entry.iri)}).values():
        if row["part"] in seen:
            # it has two classes, and is told of once
            continue
        seen.add(row["part"])
        head = row["part"].removeprefix(PREFIXES["case"]).partition("/")[0]
        yield Occurrence(
            case=as_value(Iri(PREFIXES["case"] + head), catalog),
            part=Value(row["label"], row["part"]),
            cls=row["class"].removeprefix(_AA),
            relations=row["relations"],
            text=row["text"],
            status=row["status"],
            person=row["person"],
            session=row["session"],
            certainty=row["certainty"],
            hedge=row["hedge"],
            lost_after=row["lostAfter"],
            note=row["note"],
            passages=as_passages(row["passages"]),
        )


def _find_alike(
    store: Store, catalog: Catalog, entry: Entry, about: Sequence[ClaimLine]
) -> Iterable[Entry]:
    """Find what stands beside a thing among the kinds or variants of another."""
    ways = [claim for claim in about if claim.relation in {_AA + "hasKind", _AA + "hasVariant"}]
    found: dict[str, Entry] = {}
    for way in ways:
        for claim in find_claims(store, catalog, str(way.subject.iri)):
            beside = claim.object.iri
            if claim.relation == way.relation and beside in catalog and beside != entry.iri:
                found[str(beside)] = catalog[str(beside)]
    return found.values()


def _find_mappings(
    store: Store, catalog: Catalog, questions: Mapping[str, Question], entry: Entry
) -> Iterable[Mapped]:
    nothing = PREFIXES["sssom"] + "NoTermFound"
    for row in _ask(store, questions, "mapped-terms", concept=Iri(entry.iri)):
        term = Value(row["termLabel"] or row["term"], row["term"])
        yield Mapped(
            record=as_value(Iri(row["mapping"]), catalog),
            vocabulary=row["mapping"].removeprefix(KINDS["mapping"]).partition("/")[0],
            match=as_value(Iri(row["match"]), catalog).text,
            negated=row["negated"] == "true",
            term=None if row["term"] == nothing else term,
            confidence=row["confidence"],
            comment=row["comment"],
        )
