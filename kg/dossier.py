"""All that is known of one thing, put together for people; pages and command line show the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.entries import Catalog, Entry
from kg.model import Iri, Literal, Node, Term
from kg.namespaces import PREFIXES, compress
from kg.queries import read_query
from kg.store import Store

__all__ = [
    "ClaimLine",
    "Dossier",
    "Fact",
    "Part",
    "Value",
    "as_passages",
    "as_value",
    "claim_line",
    "compile_dossier",
    "find_claims",
    "to_markdown",
]

_AA = PREFIXES["aa"]
_PASSAGE = PREFIXES["passage"]

#: What a page says in its head, or need not say.
_LEFT_OUT = frozenset(
    {
        PREFIXES["rdf"] + "type",
        PREFIXES["rdfs"] + "isDefinedBy",
        PREFIXES["rdfs"] + "label",
        PREFIXES["skos"] + "prefLabel",
        PREFIXES["skos"] + "altLabel",
        PREFIXES["skos"] + "definition",
        PREFIXES["skos"] + "inScheme",
        PREFIXES["dcterms"] + "description",
        PREFIXES["sh"] + "name",
        _AA + "statement",
        _AA + "theoryRelation",
        _AA + "personRelation",
    }
)


#: Of these an inverse is among what the thing says of itself.
_TOLD_BY_INVERSE = frozenset(
    {
        PREFIXES["skos"] + "broader",
        PREFIXES["skos"] + "narrower",
        _AA + "distinguishedFrom",
        _AA + "judgedSimilarTo",
        _AA + "linkedWith",
        _AA + "hasParticipant",
        _AA + "episodeOf",
        _AA + "showsSignal",
    }
)


_EVENTS = ("Observation", "Intervention", "Judgement", "Shift", "NonMovement", "Outcome", "Finding")


@dataclass(frozen=True, slots=True)
class Value:
    """One value as a page shows it.

    :param text: what to read.
    :param iri: where it leads, if it is a thing.
    """

    text: str
    iri: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A property with its values.

    :param incoming: whether the values point to the thing instead of the other way round.
    """

    property: str
    label: str
    values: tuple[Value, ...]
    incoming: bool = False


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A claim in which the thing stands, as the subject or as the object."""

    iri: str
    statement: str
    certainty: str
    hedge: str
    holders: str
    subject: Value
    relation: str
    relation_label: str
    object: Value
    condition: str
    passages: tuple[Value, ...]
    lost_after: str
    note: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a case.

    :param cls: the local name of its class.
    :param order: its place among its like, if told.
    :param number: a quantity with its unit and bound, such as "at least 3 (day)"; else empty.
    :param sessions: the sessions in which it is or, for an alliance, begins, as IRIs.
    :param ends_in: the session in which an alliance ends, as an IRI; else empty.
    :param episodes: the alliances in force then, as IRIs.
    :param standing: how an alliance stands: who seeks, agrees to or presumes it.
    :param before: of a shift, the alliance it leads away from, as an IRI; else empty.
    :param after: of a shift, the alliance it leads to, likewise.
    :param hedge: the word by which the account limits it.
    :param revised_by: for a judgement that was given up, the one that came in its place, as an IRI.
    """

    iri: str
    cls: str
    order: int | None
    label: str
    text: str
    session: str
    person: str
    certainty: str
    note: str
    lost_after: str
    number: str
    signal: Value | None
    passages: tuple[Value, ...]
    sessions: tuple[str, ...] = ()
    ends_in: str = ""
    episodes: tuple[str, ...] = ()
    standing: str = ""
    before: str = ""
    after: str = ""
    hedge: str = ""
    revised_by: str = ""

    @property
    def asserted(self) -> bool:
        """Whether the account has it without any limit."""
        return self.certainty == "asserted"


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known of one thing."""

    entry: Entry
    facts: tuple[Fact, ...]
    claims: tuple[ClaimLine, ...]
    parts: tuple[Part, ...]

    def parts_of(self, *classes: str) -> tuple[Part, ...]:
        """List the parts of some classes in their order."""
        found = [part for part in self.parts if part.cls in classes]
        return tuple(sorted(found, key=lambda part: (part.order is None, part.order or 0)))

    @property
    def events(self) -> tuple[Part, ...]:
        """What happens in a case, in order; its places are the numbers of the case's diagram."""
        return self.parts_of(*_EVENTS)


def compile_dossier(store: Store, catalog: Catalog, entry: Entry) -> Dossier:
    """Put together what a store knows of an entry."""
    bindings: dict[str, Term] = {"iri": Iri(entry.iri)}
    claims = find_claims(store, catalog, entry.iri)
    parts: tuple[Part, ...] = ()
    if entry.kind == "case" and "/" not in entry.name:
        parts = tuple(
            Part(
                iri=row["part"],
                cls=row["class"].removeprefix(_AA),
                order=int(row["order"]) if row["order"] else None,
                label=row["label"],
                text=row["text"],
                session=row["session"],
                person=row["person"],
                certainty=row["certainty"],
                note=row["note"],
                lost_after=row["lostAfter"],
                number=_number(row),
                signal=as_value(Iri(row["signal"]), catalog) if row["signal"] else None,
                passages=as_passages(row["passages"]),
                sessions=tuple(sorted(row["sessions"].split())),
                ends_in=row["endsIn"],
                episodes=tuple(sorted(row["episodes"].split())),
                standing=_standing(row["standing"]),
                before=row["from"],
                after=row["to"],
                hedge=row["hedge"],
                revised_by=row["revisedBy"],
            )
            for row in store.select(read_query("timeline"), bindings=bindings).values()
        )
    facts = _facts(store, catalog, bindings, "outgoing", "value", incoming=False)
    facts += _facts(store, catalog, bindings, "incoming", "thing", incoming=True)
    return Dossier(entry, tuple(facts), claims, parts)


def find_claims(store: Store, catalog: Catalog, iri: str) -> tuple[ClaimLine, ...]:
    """List the claims in which a thing stands, in the order of the paper."""
    rows = store.select(read_query("claims-about"), bindings={"iri": Iri(iri)})
    return tuple(claim_line(row, catalog) for row in rows)


def claim_line(row: Mapping[str, Term], catalog: Catalog) -> ClaimLine:
    """Make the line of a claim from a row of ``claims-about``, or of a query with its columns."""
    text = {name: term.value for name, term in row.items()}
    return ClaimLine(
        iri=text["claim"],
        statement=text["statement"],
        certainty=text["certainty"],
        hedge=text.get("hedge", ""),
        holders=text.get("holders", ""),
        subject=as_value(row["subject"], catalog),
        relation=text["relation"],
        relation_label=text["relationLabel"],
        object=as_value(row["object"], catalog),
        condition=text.get("condition", ""),
        passages=as_passages(text.get("passages", "")),
        lost_after=text.get("lostAfter", ""),
        note=text.get("note", ""),
    )


def _facts(
    store: Store,
    catalog: Catalog,
    bindings: dict[str, Term],
    query: str,
    column: str,
    *,
    incoming: bool,
) -> list[Fact]:
    grouped: dict[str, tuple[str, list[Value]]] = {}
    for row in store.select(read_query(query), bindings=bindings):
        name = row["property"].value
        term = row[column]
        if name in _LEFT_OUT or isinstance(term, Node):
            continue
        if incoming and name in _TOLD_BY_INVERSE:
            continue
        label = row["label"].value if "label" in row else compress(name)
        grouped.setdefault(name, (label, []))[1].append(as_value(term, catalog))
    return [
        Fact(name, label, tuple(dict.fromkeys(values)), incoming)
        for name, (label, values) in grouped.items()
    ]


def as_value(term: Term, catalog: Catalog) -> Value:
    """Show a term: a thing by its label, a passage by its lines, a literal by its text."""
    match term:
        case Literal(value):
            return Value(value)
        case Iri(value) if value.startswith(_PASSAGE):
            return Value(_lines(value), value)
        case Iri(value):
            entry = catalog.get(value)
            return Value(entry.label if entry else compress(value), value)
    return Value("")


def _number(row: Mapping[str, str]) -> str:
    """Show a quantity, or what of one the account tells; a year is no unit to be named."""
    if not row["unit"]:
        return ""
    bound = "" if row["bound"] == "exact" else row["bound"].replace("-", " ")
    span = f"{row['value']}-{row['most']}" if row["most"] else row["value"]
    unit = "" if row["unit"] == "calendar year" else row["unit"]
    return " ".join(filter(None, (bound, span, f"({unit})" if unit else "")))


def _standing(told: str) -> str:
    """Put how an alliance stands in order, and leave out what is said again with a person."""
    ways = sorted(filter(None, told.split("; ")))
    return "; ".join(
        way for way in ways if not any(other.startswith(f"{way} by ") for other in ways)
    )


def as_passages(iris: str) -> tuple[Value, ...]:
    """Show passages, whose IRIs stand in a text with blanks between, in their order."""
    found = [Value(_lines(iri), iri) for iri in iris.split()]
    return tuple(
        sorted(found, key=lambda value: [int(n) for n in value.text.split()[1].split("-")])
    )


def _lines(iri: str) -> str:
    name = iri.removeprefix(_PASSAGE)
    return f"{'lines' if '-' in name else 'line'} {name}"


def to_markdown(dossier: Dossier) -> str:
    """Write a dossier as Markdown."""
    entry = dossier.entry
    lines = [f"# {entry.label}", "", f"<{entry.iri}>", ""]
    if entry.alternatives:
        lines += [f"*Also:* {', '.join(entry.alternatives)}", ""]
    if entry.gloss:
        lines += [entry.gloss, ""]
    for title, incoming in (("What is said of it", False), ("What points to it", True)):
        facts = [fact for fact in dossier.facts if fact.incoming == incoming]
        if facts:
            lines += [f"## {title}", ""]
            lines += [
                f"- {fact.label}: {'; '.join(_linked(value) for value in fact.values)}"
                for fact in facts
            ]
            lines.append("")
    lines += _claims_as_markdown(dossier.claims)
    if dossier.events:
        lines += ["## What happened, in order", ""]
        for number, part in enumerate(dossier.events, 1):
            place = ", ".join(value.text for value in part.passages)
            who = f" — {part.person}" if part.person else ""
            lines.append(f"{number}. {part.cls}: {part.label}{who} ({part.certainty}; {place})")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _claims_as_markdown(claims: Sequence[ClaimLine]) -> list[str]:
    if not claims:
        return []
    lines = ["## Claims", ""]
    for claim in claims:
        mark = f"{claim.certainty}, “{claim.hedge}”" if claim.hedge else claim.certainty
        place = ", ".join(value.text for value in claim.passages)
        under = f"; under the condition: {claim.condition}" if claim.condition else ""
        lost = f"; text lost after line {claim.lost_after}" if claim.lost_after else ""
        lines.append(
            f"- {claim.statement} ({claim.holders}; {mark}{under}; {place}{lost}; "
            f"`{compress(claim.iri)}`)"
        )
    return [*lines, ""]


def _linked(value: Value) -> str:
    if "\n" in value.text:
        code = value.text.strip().replace("\n", "\n  ")
        return f"\n\n  ```text\n  {code}\n  ```"
    return f"{value.text} (`{compress(value.iri)}`)" if value.iri else value.text
