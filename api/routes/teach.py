"""Pages for teaching: cases to practise on, contrast drills, handouts, flashcards.

No page keeps anything of a reader: what was answered stands in the address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response

from api.context import Atlas, Context
from api.representation import describe_types, format_parameter, negotiate, respond
from api.routes.search import address_of
from kg.dossier import ClaimLine, Fact, compile_dossier
from kg.drills import Drill
from kg.entries import Entry
from kg.errors import NotFoundError, ParameterError
from kg.exercises import ALLIANCES, DIFFER, NONE, SHIFTS, UNDETERMINED, Exercise
from kg.flashcards import NOT_TAUGHT, make_cards, write_apkg, write_csv
from kg.lessons import CONTRASTS, CRITERIA, SIGNALLING, Lessons
from kg.namespaces import BASE, PREFIXES
from kg.questions import answer_question
from kg.store import GRAPH_TYPES, convert_graph

__all__ = ["PACKS", "router"]

router = APIRouter(tags=["teaching"])

_HTML = {"text/html": "html"}
_RDF = {m: s for m, s in GRAPH_TYPES.items() if s in {"ttl", "jsonld", "rdf", "nt"}}
#: How an exercise is offered: a page, or the annotated case.
EXERCISE_TYPES: Mapping[str, str] = {**_HTML, **_RDF}
#: How many concepts a handout may have, and how many claims of one signal or concept it gives.
_MOST_CONCEPTS = 24
_MOST_CLAIMS = 12
#: How many claims say by what an alliance would be known.
_MOST_CRITERIA = 6
_CONCEPT = PREFIXES["concept"]

#: Handouts ready made: titles and the concepts in them.
PACKS: Mapping[str, tuple[str, ...]] = {
    "The four alliances": ALLIANCES,
    "The shifts between them": SHIFTS,
    "The magical alliance": (
        "magical-alliance",
        "world-change",
        "instant-change",
        "covert-alliance",
        "self-agency",
    ),
    "Two ways to idealize a therapist": (
        "defensive-idealization",
        "structuralized-defensive-idealization",
        "idealizing-transference",
    ),
    "When the two expect different things": (
        "de-facto-alliance",
        "tacit-psychological-contract",
        "divergent-expectations",
        "misalliance",
    ),
    "One word, several users": (
        "working-alliance",
        "working-alliance-greenson",
        "therapeutic-alliance",
        "therapeutic-alliance-zetzel",
        "mature-alliance-stone",
    ),
    "Transferences": (
        "transference",
        "repetitive-transference",
        "narcissistic-transference",
        "idealizing-transference",
        "selfobject-experience",
    ),
    "How gains come to last": (
        "structuralization",
        "internalization",
        "transmuting-internalization",
        "optimal-frustration",
        "structuralizing-alliance",
    ),
}


@dataclass(frozen=True, slots=True)
class _Told:
    """What the graph says of a numbered sign of an exercise.

    :param found: whether the reader named it.
    :param bearings: each claim, with the words for its relation.
    """

    number: int
    label: str
    misleads: bool
    found: bool
    signal: Entry
    bearings: tuple[tuple[str, ClaimLine], ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What a handout says of one concept."""

    entry: Entry
    notes: tuple[Fact, ...]
    contrasts: tuple[ClaimLine, ...]
    claims: tuple[ClaimLine, ...]
    more: int
    signs: tuple[ClaimLine, ...]
    more_signs: int


@router.get("/teach", response_class=Response, responses=describe_types(_HTML, "The page."))
def teach(request: Request, atlas: Atlas) -> Response:
    """List what there is for teaching."""

    def write() -> bytes:
        pairs: dict[tuple[Entry, Entry], list[Drill]] = {}
        for drill in atlas.drills.get():
            pairs.setdefault(drill.pair, []).append(drill)
        return _render(
            atlas,
            "teach.html",
            exercises=_exercises(atlas),
            pairs=sorted(pairs.items(), key=lambda item: -len(item[1])),
            drills=len(atlas.drills.get()),
            packs={title: _pack_address(names) for title, names in PACKS.items()},
            cards=len(make_cards(atlas.lessons.get(), atlas.catalog)),
            slides=_slides(atlas),
            address=address_of(request),
        )

    # the page shows the address at which this server was asked
    return respond(request, write(), negotiate(request, _HTML), atlas=atlas, lasting=False)


@router.get(
    "/teach/exercise/{name}",
    response_class=Response,
    responses={
        **describe_types(EXERCISE_TYPES, "The exercise, or the annotated case as a graph."),
        404: {"description": "No exercise has the name."},
        422: {"description": "An answer is none that can be chosen."},
    },
    openapi_extra={"parameters": [format_parameter(EXERCISE_TYPES)]},
)
def exercise(
    name: Annotated[str, Path(description="The exercise's name, such as landlord.")],
    request: Request,
    atlas: Atlas,
    alliance: Annotated[
        str, Query(description="The alliance in force at the end, as the reader has it.")
    ] = "",
    shift: Annotated[str, Query(description="The shift that took place, likewise.")] = "",
    sign: Annotated[
        list[str] | None, Query(description="The number of a sign that tells; may be repeated.")
    ] = None,
) -> Response:
    """Show an invented case and, once it is answered, what the graph says of the answer."""
    name, dot, suffix = name.partition(".")
    found = atlas.exercises.get(name)
    if found is None:
        raise NotFoundError(name[:200], kind="exercise", nearest=[])
    media_type = negotiate(request, EXERCISE_TYPES, suffix=suffix if dot else None)
    if media_type in _RDF:
        turtle = found.turtle.encode()
        return respond(
            request,
            lambda: convert_graph(turtle, media_type="text/turtle", graph=media_type),
            media_type,
            atlas=atlas,
        )
    _check_choice("alliance", alliance, (*ALLIANCES, DIFFER, UNDETERMINED))
    _check_choice("shift", shift, (NONE, *SHIFTS, UNDETERMINED))
    numbers = [str(one.number) for one in found.signs]
    for number in sign or ():
        _check_choice("sign", number, numbers)
    if (shift or sign) and not alliance:
        raise ParameterError(
            "say which alliance is in force; without that there is no answer to look at",
            parameter="alliance",
            allowed=(*ALLIANCES, DIFFER, UNDETERMINED),
        )

    def write() -> bytes:
        lessons = atlas.lessons.get()
        ordered = _exercises(atlas)
        place = ordered.index(found)
        chosen = {"alliance": alliance, "shift": shift}
        return _render(
            atlas,
            "teach-exercise.html",
            exercise=found,
            canonical=found.iri,
            parts=re.split(r"\[(\d)\]", found.text),
            labels=_labels(atlas),
            alliances=(*ALLIANCES, DIFFER, UNDETERMINED),
            shifts=(NONE, *SHIFTS, UNDETERMINED),
            chosen=chosen,
            signs=frozenset(sign or ()),
            told=_tell(found, frozenset(sign or ()), lessons, atlas),
            right=lessons.lines(found.claims),
            against=_against(found, alliance, lessons),
            readings=[
                (reading, lessons.lines(reading.claims))
                for reading in found.readings
                if reading.alliance != alliance
            ],
            bond=_bond(found, lessons, atlas),
            before=ordered[place - 1] if place else None,
            after=ordered[place + 1] if place + 1 < len(ordered) else None,
        )

    return respond(request, write, media_type, atlas=atlas)


@router.get(
    "/teach/drill/{number}",
    response_class=Response,
    responses={
        **describe_types(_HTML, "The drill."),
        404: {"description": "There are not so many."},
        422: {"description": "The answer is neither of the two."},
    },
)
def drill(
    number: Annotated[str, Path(description="Its number, from 1.")],
    request: Request,
    atlas: Atlas,
    answer: Annotated[str, Query(description="The name of one of the two.")] = "",
) -> Response:
    """Show a statement and two things of one of which it is said, and which, once answered."""
    drills = atlas.drills.get()
    index = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 0
    if not 1 <= index <= len(drills):
        raise NotFoundError(number[:50], kind=f"drill from 1 to {len(drills)}", nearest=[])
    found = drills[index - 1]
    _check_choice("answer", answer, [entry.name for entry in found.pair])

    def write() -> bytes:
        lessons = atlas.lessons.get()
        measure = found.claim.relation
        both = {entry.iri for entry in found.pair}
        alike = [one.number for one in drills if one.pair == found.pair and one.number > index]
        return _render(
            atlas,
            "teach-drill.html",
            drill=found,
            answer=answer,
            total=len(drills),
            apart=[
                claim
                for claim in lessons.about(found.answer.iri, CONTRASTS)
                if {claim.subject.iri, claim.object.iri} == both
            ],
            other=lessons.said_of(found.other.iri, [measure]),
            compare="/question/difference/answer?"
            + urlencode({"first": found.pair[0].name, "second": found.pair[1].name}),
            alike=alike[0] if alike else None,
        )

    return respond(request, write, negotiate(request, _HTML), atlas=atlas)


@router.get(
    "/teach/pack",
    response_class=Response,
    responses={
        **describe_types(_HTML, "The handout, or the form to choose from."),
        422: {"description": "A name means no concept, or there are too many."},
    },
)
def pack(
    request: Request,
    atlas: Atlas,
    concept: Annotated[
        list[str] | None,
        Query(description="A concept, by name, label, short form or IRI; repeated, in order."),
    ] = None,
) -> Response:
    """Put concepts together on one page to be printed; without any, show the form."""
    chosen = list(dict.fromkeys(_concept(name, atlas) for name in concept or () if name.strip()))
    if len(chosen) > _MOST_CONCEPTS:
        raise ParameterError(
            f"{len(chosen)} concepts are too many for a handout; it takes {_MOST_CONCEPTS}",
            parameter="concept",
        )

    def write() -> bytes:
        if not chosen:
            classes: dict[str, list[Entry]] = {}
            for entry in atlas.catalog.of_kind("concept"):
                for cls in sorted(entry.classes - NOT_TAUGHT):
                    classes.setdefault(_class_label(cls, atlas), []).append(entry)
            return _render(
                atlas,
                "teach-choose.html",
                classes=sorted(classes.items()),
                packs={title: _pack_address(names) for title, names in PACKS.items()},
                most=_MOST_CONCEPTS,
            )
        sheets = [_sheet(entry, atlas) for entry in chosen]
        names = tuple(entry.name for entry in chosen)
        title = next((title for title, pack in PACKS.items() if pack == names), "Handout")
        return _render(
            atlas,
            "teach-pack.html",
            title=title,
            sheets=sheets,
            works=_works(sheets, atlas),
            address=BASE + _pack_address(names).removeprefix("/"),
        )

    return respond(request, write, negotiate(request, _HTML), atlas=atlas)


@router.get(
    "/teach/cards.apkg",
    response_class=Response,
    responses=describe_types({"application/octet-stream": ""}, "The deck."),
)
def deck(request: Request, atlas: Atlas) -> Response:
    """Give terms, signals and contrasts as a deck for Anki."""

    def write() -> bytes:
        # kept by the release, so that no address makes it anew
        return atlas.shelf.fetch(
            ("cards.apkg", atlas.manifest.digest),
            lambda: write_apkg(make_cards(atlas.lessons.get(), atlas.catalog), atlas.manifest),
        )

    headers = {"Content-Disposition": 'attachment; filename="alliance-atlas.apkg"'}
    return respond(request, write, "application/octet-stream", atlas=atlas, headers=headers)


@router.get(
    "/teach/cards.csv",
    response_class=Response,
    responses=describe_types({"text/csv": ""}, "The table."),
)
def table(request: Request, atlas: Atlas) -> Response:
    """Give the same cards as a table."""

    def write() -> bytes:
        return write_csv(make_cards(atlas.lessons.get(), atlas.catalog))

    headers = {"Content-Disposition": 'attachment; filename="alliance-atlas-cards.csv"'}
    return respond(request, write, "text/csv", atlas=atlas, headers=headers)


def _render(atlas: Context, template: str, **values: object) -> bytes:
    page = atlas.templates.get_template(template)
    return page.render(manifest=atlas.manifest, catalog=atlas.catalog, **values).encode()


def _exercises(atlas: Context) -> list[Exercise]:
    return sorted(atlas.exercises.values(), key=lambda one: one.title)


def _slides(atlas: Context) -> dict[str, list[tuple[str, str]]]:
    """List the diagrams of the release by what they show: labels and names."""
    found: dict[str, list[tuple[str, str]]] = {"case": [], "concept": []}
    for name in atlas.manifest.diagrams:
        entry = atlas.catalog.get(BASE + name)
        if entry and entry.kind in found:
            found[entry.kind].append((entry.label, name))
    return {
        kind: sorted(listed, key=lambda one: one[0].casefold()) for kind, listed in found.items()
    }


def _check_choice(parameter: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse an answer that is none of those to choose from; nothing is no answer yet."""
    if value and value not in allowed:
        raise ParameterError(
            f"'{value[:50]}' cannot be chosen for {parameter}; it takes {', '.join(allowed)}",
            parameter=parameter,
            value=value,
            allowed=tuple(allowed),
        )


def _labels(atlas: Context) -> dict[str, str]:
    """Give words for the answers that can be chosen."""
    named = {name: atlas.catalog[_CONCEPT + name].label for name in (*ALLIANCES, *SHIFTS)}
    return {
        **named,
        DIFFER: "client and therapist are not under the same one",
        UNDETERMINED: "the theory does not settle it by what is told",
        NONE: "there was no shift",
    }


def _tell(
    exercise: Exercise, named: frozenset[str], lessons: Lessons, atlas: Context
) -> list[_Told]:
    words = dict(
        zip(SIGNALLING, ("speaks for", "speaks against", "bears on", "misleads to"), strict=True)
    )
    return [
        _Told(
            number=sign.number,
            label=sign.label,
            misleads=sign.misleads,
            found=str(sign.number) in named,
            signal=atlas.catalog[sign.signal],
            bearings=tuple(
                (words[claim.relation], claim) for claim in lessons.said_of(sign.signal, SIGNALLING)
            ),
        )
        for sign in exercise.signs
    ]


def _against(exercise: Exercise, alliance: str, lessons: Lessons) -> list[ClaimLine]:
    """List the claims by which a wrong answer does not hold."""
    reading = exercise.reading_as(alliance)
    if reading:
        return lessons.lines(reading.claims)
    if alliance in ALLIANCES:
        criteria = lessons.said_of(_CONCEPT + alliance, CRITERIA)
        return criteria[:_MOST_CRITERIA]
    if alliance == DIFFER:
        about = lessons.about(_CONCEPT + "divergent-expectations")
        return about[:2]
    return []


def _bond(
    exercise: Exercise, lessons: Lessons, atlas: Context
) -> tuple[Entry, list[ClaimLine]] | None:
    """Give the concept of the bond in an exercise, with the claims that set it apart."""
    cls = atlas.catalog.get(PREFIXES["aa"] + exercise.bond) if exercise.bond else None
    concept = atlas.catalog.find(cls.label, kind="concept") if cls else None
    if concept is None:
        return None
    claims = lessons.about(concept.iri, (*CONTRASTS, PREFIXES["aa"] + "agentOfChange"))
    return concept, claims


def _concept(name: str, atlas: Context) -> Entry:
    entry = atlas.catalog.find(name[:200], kind="concept")
    if entry is None:
        nearest = atlas.catalog.nearest(name, kind="concept")
        raise ParameterError(
            f"'{name[:50]}' is no concept"
            + (f"; nearest are {', '.join(nearest)}" if nearest else ""),
            parameter="concept",
            value=name[:200],
            nearest=nearest,
        )
    return entry


def _pack_address(names: Sequence[str]) -> str:
    return "/teach/pack?" + urlencode([("concept", name) for name in names])


def _class_label(cls: str, atlas: Context) -> str:
    entry = atlas.catalog.get(PREFIXES["aa"] + cls)
    return (entry.label if entry else cls).removesuffix(" concept")


def _sheet(entry: Entry, atlas: Context) -> _Sheet:
    lessons = atlas.lessons.get()
    notes = (PREFIXES["skos"] + "scopeNote", PREFIXES["skos"] + "example")
    dossier = compile_dossier(atlas.store, atlas.catalog, entry)
    contrasts = tuple(lessons.about(entry.iri, CONTRASTS))
    criteria = lessons.said_of(entry.iri, CRITERIA)
    others = [
        claim
        for claim in lessons.about(entry.iri)
        if claim not in criteria
        and claim not in contrasts
        and claim.relation not in SIGNALLING
        and claim.relation != PREFIXES["aa"] + "exemplifiedBy"
    ]
    said = list(dict.fromkeys([*criteria, *others]))
    signs = _signs_of(entry, atlas)
    return _Sheet(
        entry=entry,
        notes=tuple(fact for fact in dossier.facts if fact.property in notes and not fact.incoming),
        contrasts=contrasts,
        claims=tuple(said[:_MOST_CLAIMS]),
        more=max(0, len(said) - _MOST_CLAIMS),
        signs=tuple(signs[:_MOST_CLAIMS]),
        more_signs=max(0, len(signs) - _MOST_CLAIMS),
    )


def _signs_of(entry: Entry, atlas: Context) -> list[ClaimLine]:
    """List the claims that signs bear on a concept, or on the states an alliance may be in."""
    lessons = atlas.lessons.get()
    if entry.name not in ALLIANCES:
        return lessons.about(entry.iri, SIGNALLING)
    found = []
    for name in ("signals-of-seeking", "signals-of-alliance"):
        answer = answer_question(atlas.store, atlas.questions[name], {"alliance": entry.name})
        found += [str(row["claim"]) for row in answer.rows]
    return lessons.lines(dict.fromkeys(found))


def _works(sheets: Sequence[_Sheet], atlas: Context) -> list[tuple[str, str]]:
    """List the works that the claims of a handout cite: labels and IRIs."""
    claims = {
        line.iri for sheet in sheets for line in (*sheet.claims, *sheet.contrasts, *sheet.signs)
    }
    values = " ".join(f"<{iri}>" for iri in sorted(claims))
    found = atlas.store.select(
        f"""PREFIX aa: <{PREFIXES["aa"]}>
            SELECT DISTINCT ?work WHERE {{
              VALUES ?claim {{ {values} }}
              ?claim aa:citation/aa:citedWork ?work
            }}"""
    ).values()
    entries = [atlas.catalog[row["work"]] for row in found if row["work"] in atlas.catalog]
    return sorted((entry.label, entry.iri) for entry in entries)
