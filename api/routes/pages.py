"""Lists and pages of things: HTML for people, RDF and JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse

from api.context import Atlas, Context
from api.representation import (
    describe_types,
    format_parameter,
    negotiate,
    respond,
    send_file,
)
from api.routes.service import DOWNLOADS
from api.rule_examples import find_examples
from api.structured import describe_dataset, describe_entry, describe_list
from kg.article import compile_article
from kg.citing import CITATION_TYPES, cite, write_citation
from kg.dossier import ClaimLine, Dossier, Value, compile_dossier
from kg.entries import Entry, describe
from kg.errors import NotFoundError, ParameterError
from kg.model import Iri
from kg.namespaces import BASE, KINDS, PREFIXES
from kg.queries import read_query
from kg.questions import Cell, QuestionAnswer, answer_question
from kg.store import GRAPH_TYPES

__all__ = ["router"]

router = APIRouter(tags=["pages"])

_RDF = {m: s for m, s in GRAPH_TYPES.items() if s in {"ttl", "jsonld", "rdf", "nt"}}
#: How a thing is offered: a page for a browser, else a graph.
ENTRY_TYPES: Mapping[str, str] = {"text/html": "html", **_RDF, **CITATION_TYPES}
#: How the root is offered.
HOME_TYPES: Mapping[str, str] = {"text/html": "html", **_RDF}
#: How a list is offered.
LIST_TYPES: Mapping[str, str] = {"text/html": "html", "application/json": "json", **_RDF}
#: How the whole is offered, at the root and at the namespace of classes and properties.
_WHOLE = {
    "text/turtle": "alliance-atlas.ttl",
    "application/ld+json": "alliance-atlas.jsonld",
    "application/rdf+xml": "alliance-atlas.owl",
    "application/n-triples": "alliance-atlas.nt",
}
_FOUR = ("magical-alliance", "working-alliance", "therapeutic-alliance", "structuralizing-alliance")
#: The page that each kind has for its things, where it is not the common one.
_TEMPLATES = {"claim": "claim.html", "shape": "rule.html", "source": "source.html"}
#: The page of what a reader looks up.
_ARTICLES = {"concept": "concept.html", "signal": "signal.html"}
#: What a list is called.
LIST_TITLES: Mapping[str, str] = {
    "concept": "Concepts",
    "ontology": "Classes and properties",
    "case": "Cases",
    "source": "Sources",
    "signal": "Signals",
    "claim": "Claims",
    "question": "Questions",
    "shape": "Rules and shapes",
    "mapping": "Mappings to other vocabularies",
}

_PAPER = PREFIXES["source"] + "lee-alliances"
#: Behind every line of the paper.
_NOWHERE = 10**6

_Kind = Annotated[str, Path(description=f"One of {', '.join(KINDS)}.")]
_Name = Annotated[str, Path(description="The thing's name: its IRI behind the kind.")]


@dataclass(frozen=True, slots=True)
class _Move:
    """One alliance leading into another, with the claims that say so."""

    start: Entry
    end: Entry
    claims: tuple[ClaimLine, ...]


@router.get(
    "/",
    response_class=Response,
    responses=describe_types(HOME_TYPES, "The home page, or the ontology."),
    openapi_extra={"parameters": [format_parameter(HOME_TYPES)]},
)
def home(request: Request, atlas: Atlas) -> Response:
    """Give the home page, or the whole ontology to a client that asks for RDF."""
    media_type = negotiate(request, HOME_TYPES)
    if media_type in _WHOLE:
        return _send_whole(request, media_type, atlas)

    def write() -> bytes:
        alliances = [atlas.catalog[PREFIXES["concept"] + name] for name in _FOUR]
        page = atlas.templates.get_template("home.html").render(
            alliances=alliances,
            moves=_moves(alliances, atlas),
            counts={kind: len(atlas.catalog.of_kind(kind)) for kind in KINDS},
            questions=list(atlas.questions.values()),
            structured=describe_dataset(atlas.manifest, DOWNLOADS),
            canonical=BASE,
            manifest=atlas.manifest,
        )
        return page.encode()

    return respond(request, write, media_type, atlas=atlas)


@router.get(
    "/{kind}",
    response_class=Response,
    responses=describe_types(LIST_TYPES, "The list."),
    openapi_extra={
        "parameters": [
            {
                "name": "class",
                "in": "query",
                "required": False,
                "schema": {"type": "string"},
                "description": "List only the things of this class, such as ShiftConcept.",
            },
            format_parameter(LIST_TYPES),
        ]
    },
)
def list_entries(kind: _Kind, request: Request, atlas: Atlas) -> Response:
    """List the things of a kind."""
    if kind == atlas.manifest.version:
        return _show_version(request, atlas)
    kind, _, suffix = kind.partition(".")
    _check_kind(kind)
    media_type = negotiate(request, LIST_TYPES, suffix=suffix or None)
    counts: dict[str, int] = {}
    for entry in atlas.catalog.of_kind(kind):
        for cls in entry.classes:
            counts[cls] = counts.get(cls, 0) + 1
    classes = sorted(counts)
    wanted = request.query_params.get("class")
    if wanted is not None and wanted not in classes:
        raise ParameterError(
            f"'{wanted[:50]}' is no class of this list; it takes {', '.join(classes)}",
            parameter="class",
            value=wanted,
            allowed=tuple(classes),
        )
    if kind == "ontology" and media_type in _WHOLE and wanted is None:
        return _send_whole(request, media_type, atlas)

    def write() -> bytes:
        entries = atlas.catalog.of_kind(kind, cls=wanted)
        if media_type in _RDF:
            return atlas.store.construct(_members(kind, entries), media_type=media_type)
        if media_type == "application/json":
            items = [_summary(entry) for entry in entries]
            return json.dumps({"items": items, "next": None}, ensure_ascii=False, indent=1).encode()
        template = atlas.templates.get_template("list.html")
        page = template.render(
            kind=kind,
            title=LIST_TITLES[kind],
            groups=_groups(kind, entries, atlas),
            count=len(entries),
            classes=[(cls, _class_label(cls, atlas), counts[cls]) for cls in classes],
            wanted=wanted,
            wanted_label=_class_label(wanted, atlas) if wanted else "",
            structured=describe_list(kind, LIST_TITLES[kind], entries, atlas.manifest),
            canonical=f"{BASE}{kind}" + (f"?class={wanted}" if wanted else ""),
            manifest=atlas.manifest,
        )
        return page.encode()

    return respond(request, write, media_type, atlas=atlas)


@router.get(
    "/{kind}/{name:path}",
    response_class=Response,
    responses={
        **describe_types(ENTRY_TYPES, "The page, or what is said of the thing as a graph."),
        303: {"description": "For a browser: from a class to the page of its concept."},
        404: {"description": "Nothing has the name; the problem lists the nearest that do."},
    },
    openapi_extra={"parameters": [format_parameter(ENTRY_TYPES)]},
)
def show_entry(kind: _Kind, name: _Name, request: Request, atlas: Atlas) -> Response:
    """Show a thing. Its format may also be a suffix of its name, such as .ttl."""
    if kind == atlas.manifest.version and not name:
        return _show_version(request, atlas)
    _check_kind(kind)
    if not name:
        # a namespace is an IRI too, and what it holds is what there is to say of it
        return list_entries(kind, request, atlas)
    name, suffix = _split_suffix(name, atlas, kind)
    entry = atlas.catalog.get(KINDS[kind] + name)
    if entry is None:
        bare = name.rstrip("/")
        if bare != name and KINDS[kind] + bare in atlas.catalog:
            return RedirectResponse(f"/{kind}/{bare}", 308)
        raise NotFoundError(name[:200], kind=kind, nearest=atlas.catalog.nearest(bare, kind=kind))
    media_type = negotiate(request, ENTRY_TYPES, suffix=suffix)
    if media_type in _RDF:
        return respond(
            request,
            lambda: describe(atlas.store, entry.iri, media_type=media_type),
            media_type,
            atlas=atlas,
            headers={"Link": f'<{entry.iri}>; rel="canonical"'},
        )
    if media_type in CITATION_TYPES:
        saved = f"{entry.name.replace('/', '-')}.{CITATION_TYPES[media_type]}"
        return respond(
            request,
            lambda: write_citation(entry, atlas.manifest, media_type=media_type),
            media_type,
            atlas=atlas,
            headers={
                "Link": f'<{entry.iri}>; rel="canonical"',
                "Content-Disposition": f'attachment; filename="{saved}"',
            },
        )
    concept = _concept_of(entry, atlas) if kind == "ontology" else None
    if concept:
        # the class is what formal work needs; whoever reads wants the concept's page
        return RedirectResponse(f"/concept/{concept}", 303, headers={"Vary": "Accept"})
    return respond(request, lambda: _page(entry, atlas).encode(), media_type, atlas=atlas)


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise NotFoundError(kind[:200], kind="kind of thing", nearest=list(KINDS))


def _send_whole(request: Request, media_type: str, atlas: Context) -> Response:
    return send_file(request, atlas.settings.release / _WHOLE[media_type], media_type, atlas=atlas)


def _show_version(request: Request, atlas: Context) -> Response:
    """Answer for the IRI of the version that is served: the whole, or for a browser its files."""
    media_type = negotiate(request, HOME_TYPES)
    if media_type in _WHOLE:
        return _send_whole(request, media_type, atlas)
    return RedirectResponse("/download", 303, headers={"Vary": "Accept"})


def _page(entry: Entry, atlas: Context) -> str:
    above = _above(entry, atlas)
    manifest = atlas.manifest
    places = [(LIST_TITLES[entry.kind], BASE + entry.kind), *((e.label, e.iri) for e in above)]
    common: dict[str, Any] = {
        "entry": entry,
        "above": above,
        "catalog": atlas.catalog,
        "formats": list(_RDF.values()),
        "citation": cite(entry, manifest),
        "module": _module(entry, atlas),
        "structured": describe_entry(entry, places, manifest, types=_types(entry, atlas)),
        "canonical": entry.iri,
        "asked": _addresses(atlas),
        "manifest": manifest,
    }
    question = atlas.questions.get(entry.name) if entry.kind == "question" else None
    if question:
        return atlas.templates.get_template("question.html").render(question=question, **common)
    dossier = compile_dossier(atlas.store, atlas.catalog, entry)
    common["dossier"] = dossier
    common["said"] = {fact.property: fact for fact in dossier.facts if not fact.incoming}
    name = "case.html" if dossier.parts else _TEMPLATES.get(entry.kind, "entry.html")
    if entry.kind in _ARTICLES:
        name = _ARTICLES[entry.kind]
        common["article"] = compile_article(atlas.store, atlas.catalog, atlas.questions, dossier)
    if entry.kind == "shape":
        common |= _examples(entry, atlas)
    if "Passage" in entry.classes:
        name = "passage.html"
        common |= _around(entry, atlas)
    if entry.iri == _PAPER:
        common["passages_by_part"] = _passages_by_part(atlas)
    elif "Work" in entry.classes:
        common["answers"] = {
            question: answer_question(atlas.store, atlas.questions[question], {"source": entry.iri})
            for question in ("citations-of", "rests-on-source")
            if entry.name in atlas.questions[question].parameters[0].values
        }
        resting = common["answers"].get("rests-on-source")
        common["by_pages"] = _by_pages(resting) if resting else []
    return atlas.templates.get_template(name).render(**common)


def _examples(entry: Entry, atlas: Context) -> dict[str, Any]:
    """Give the two examples of a rule, if it has them, and what is found in the second."""
    examples = find_examples(entry.name)
    if examples is None:
        return {"examples": None}
    broken = atlas.catalog[f"{PREFIXES['shape']}{examples[1].shape}"]
    query = f"SELECT ?message {{ <{broken.iri}> <{PREFIXES['sh']}message> ?message }}"
    [row] = atlas.store.select(query).values()
    return {"examples": examples, "broken": broken, "found": row["message"]}


def _by_pages(answer: QuestionAnswer) -> list[tuple[str, list[Mapping[str, Cell]]]]:
    """Sort what rests on a work by the pages that are named of it, the first page first."""

    def pages(row: Mapping[str, Cell]) -> str:
        return str(row["pages"] or "")

    def place(row: Mapping[str, Cell]) -> tuple[bool, int, str]:
        number = re.match(r"\d+", pages(row))
        return not pages(row), int(number[0]) if number else 0, pages(row)

    return [(name, list(rows)) for name, rows in groupby(sorted(answer.rows, key=place), pages)]


def _types(entry: Entry, atlas: Context) -> list[str]:
    if "Work" not in entry.classes:
        return []
    found = atlas.store.select(f"SELECT ?type {{ <{entry.iri}> a ?type }} ORDER BY ?type").values()
    return [row["type"] for row in found]


def _module(entry: Entry, atlas: Context) -> Value | None:
    """Find the module in which a thing is written."""
    rows = atlas.store.select(
        f"SELECT ?module ?title {{ <{entry.iri}> <{PREFIXES['rdfs']}isDefinedBy> ?module . "
        f"?module <{PREFIXES['dcterms']}title> ?title }} ORDER BY ?module"
    ).values()
    return next((Value(row["title"], row["module"]) for row in rows), None)


def _addresses(atlas: Context) -> Callable[..., str]:
    """Give what writes the address of a question's answer, or nothing if it takes other things."""

    def write(name: str, **given: str) -> str:
        question = atlas.questions[name]
        taken = {parameter.name: parameter.values for parameter in question.parameters}
        if any(value not in taken[parameter] for parameter, value in given.items()):
            return ""
        return f"/question/{name}/answer?{urlencode(given)}"

    return write


def _around(entry: Entry, atlas: Context) -> dict[str, object]:
    """Tell what rests on a passage, and which passages come before and after it."""
    rows = atlas.store.select(read_query("resting"), bindings={"iri": Iri(entry.iri)}).values()
    resting: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        resting.setdefault(row["class"].removeprefix(PREFIXES["aa"]), []).append(row)
    span = entry.name.rpartition("/")[2]
    ordered = sorted(
        (other for other in atlas.catalog.values() if other.iri.startswith(PREFIXES["passage"])),
        key=lambda other: _span(other.name),
    )
    place = ordered.index(entry)
    return {
        "resting": resting,
        "first": span.partition("-")[0],
        "before": ordered[place - 1] if place else None,
        "after": ordered[place + 1] if place + 1 < len(ordered) else None,
    }


def _passages_by_part(atlas: Context) -> list[tuple[str, list[dict[str, str]]]]:
    """List the passages of the paper part by part, each with how much rests on it."""
    sections = atlas.store.select(
        f"SELECT ?passage ?part {{ ?passage <{PREFIXES['aa']}section> ?part }}"
    ).values()
    part = {row["passage"]: row["part"] for row in sections}
    rows = atlas.store.select(read_query("coverage")).values()
    rows.sort(key=lambda row: _span(row["passage"]))
    groups: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        groups.setdefault(part.get(row["passage"], "elsewhere"), []).append(row)
    return list(groups.items())


def _span(name: str) -> list[int]:
    return [int(number) for number in name.rpartition("/")[2].split("-")]


def _above(entry: Entry, atlas: Context) -> list[Entry]:
    """List the things that an entry is a part of, by its IRI, the outermost first."""
    parts = entry.name.split("/")
    heads = ["/".join(parts[:end]) for end in range(1, len(parts))]
    found = [atlas.catalog.get(KINDS[entry.kind] + head) for head in heads]
    return [above for above in found if above]


def _moves(alliances: Sequence[Entry], atlas: Context) -> list[_Move]:
    """Find how the alliances lead into one another, from the claims that say so."""
    by_iri = {entry.iri: entry for entry in alliances}
    dossiers = {iri: compile_dossier(atlas.store, atlas.catalog, by_iri[iri]) for iri in by_iri}
    found = []
    for start in alliances:
        for end in alliances:
            ways = [
                (dossiers[start.iri], PREFIXES["aa"] + "canShiftTo", end.iri),
                (dossiers[end.iri], PREFIXES["aa"] + "arisesAfter", start.iri),
            ]
            claims = [
                claim
                for dossier, relation, other in ways
                if other in _targets(dossier, relation)
                for claim in dossier.claims
                if claim.relation == relation and claim.iri in _claims_on(dossiers[other])
            ]
            if claims:
                found.append(_Move(start, end, tuple(claims)))
    return found


def _targets(dossier: Dossier, relation: str) -> set[str | None]:
    facts = [fact for fact in dossier.facts if fact.property == relation and not fact.incoming]
    return {value.iri for fact in facts for value in fact.values}


def _claims_on(dossier: Dossier) -> set[str]:
    return {claim.iri for claim in dossier.claims}


def _members(kind: str, entries: Sequence[Entry]) -> str:
    """Write the query for what a list says as a graph: each thing's types and labels."""
    values = " ".join(f"<{entry.iri}>" for entry in entries)
    return f"""
        PREFIX rdfs: <{PREFIXES["rdfs"]}>
        PREFIX skos: <{PREFIXES["skos"]}>
        CONSTRUCT {{ ?thing a ?type ; ?labelling ?label . ?list ?property ?value }}
        WHERE {{
          {{
            VALUES ?thing {{ {values} }}
            ?thing a ?type
            OPTIONAL {{
              VALUES ?labelling {{ skos:prefLabel rdfs:label skos:inScheme }}
              ?thing ?labelling ?label
            }}
          }} UNION {{
            VALUES ?list {{ <{BASE}{kind}> <{KINDS[kind]}> }} ?list ?property ?value
          }}
        }}"""


def _class_label(cls: str, atlas: Context) -> str:
    known = atlas.catalog.get(PREFIXES["aa"] + cls)
    return known.label if known else cls


def _groups(kind: str, entries: Sequence[Entry], atlas: Context) -> list[tuple[str, list[Entry]]]:
    """Sort a list for readers: by letter, by part of the paper, or by what the things are."""
    match kind:
        case "concept":
            return _grouped(entries, lambda entry: entry.label[:1].upper())
        case "signal" | "claim":
            return _by_part(entries, atlas)
        case "mapping":
            return _grouped(entries, lambda entry: entry.name.partition("/")[0])
        case "case":
            titles = {"Case": "Clinical cases", "Study": "Studies", "Vignette": "Vignettes"}
            return _grouped(entries, lambda entry: titles[min(entry.classes)])
        case "source":
            titles = {"Work": "Works", "Author": "Authors", "School": "Schools"}
            return _grouped(
                entries,
                lambda entry: titles.get(min(entry.classes, default=""), "Journals and publishers"),
            )
        case "ontology":
            return _grouped(
                entries, lambda entry: "Classes" if entry.name[:1].isupper() else "Properties"
            )
        case "shape":
            return _rules(entries)
    return [("", list(entries))]


def _grouped(
    entries: Sequence[Entry], title: Callable[[Entry], str]
) -> list[tuple[str, list[Entry]]]:
    ordered = sorted(entries, key=title)
    return [(name, list(found)) for name, found in groupby(ordered, title)]


def _by_part(entries: Sequence[Entry], atlas: Context) -> list[tuple[str, list[Entry]]]:
    """Sort claims or signals by the part of the paper that their modules name, in its order."""
    rows = atlas.store.select(read_query("parts-of-paper")).values()
    title = {row["thing"]: row["title"].rpartition(": ")[2] for row in rows}
    line = {row["thing"]: int(row["line"]) for row in rows if row["line"]}
    ordered = sorted(entries, key=lambda entry: (line.get(entry.iri, _NOWHERE), entry.label))
    groups: dict[str, list[Entry]] = {}
    for entry in ordered:
        groups.setdefault(title.get(entry.iri, "Others"), []).append(entry)
    return list(groups.items())


def _rules(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """Sort shapes: the rules of the theory apart from the rest, in their order."""
    ordered = sorted(entries, key=lambda entry: entry.name)
    rules = [entry for entry in ordered if re.fullmatch(r"R\d+", entry.name)]
    parts = [entry for entry in ordered if re.fullmatch(r"R\d+-.+", entry.name)]
    others = [entry for entry in ordered if entry not in rules and entry not in parts]
    groups = [
        ("Rules of the theory", rules),
        ("Parts of these rules", parts),
        ("Rules of form", others),
    ]
    return [(title, group) for title, group in groups if group]


def _split_suffix(name: str, atlas: Context, kind: str) -> tuple[str, str | None]:
    """Take a suffix such as .ttl off a name, unless the name is one with the dot."""
    stem, dot, suffix = name.rpartition(".")
    if dot and suffix in ENTRY_TYPES.values() and KINDS[kind] + name not in atlas.catalog:
        return stem, suffix
    return name, None


def _concept_of(entry: Entry, atlas: Context) -> str | None:
    found = atlas.store.select(
        f"SELECT ?concept {{ <{entry.iri}> <{PREFIXES['aa']}formalizes> ?concept }}"
    ).values()
    return found[0]["concept"].removeprefix(PREFIXES["concept"]) if found else None


def _summary(entry: Entry) -> dict[str, object]:
    return {
        "iri": entry.iri,
        "name": entry.name,
        "label": entry.label,
        "gloss": entry.gloss or None,
        "classes": sorted(entry.classes),
    }
