"""Lists and pages of things: HTML for people, RDF and JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

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
from kg.dossier import ClaimLine, Dossier, compile_dossier
from kg.entries import Entry, describe
from kg.errors import NotFoundError, ParameterError
from kg.namespaces import BASE, KINDS, PREFIXES
from kg.store import GRAPH_TYPES

__all__ = ["router"]

router = APIRouter(tags=["pages"])

_RDF = {m: s for m, s in GRAPH_TYPES.items() if s in {"ttl", "jsonld", "rdf", "nt"}}
#: How a thing is offered: a page for a browser, else a graph.
ENTRY_TYPES: Mapping[str, str] = {"text/html": "html", **_RDF}
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
_TEMPLATES = {"claim": "claim.html", "shape": "rule.html"}

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
    responses=describe_types(ENTRY_TYPES, "The home page, or the ontology."),
    openapi_extra={"parameters": [format_parameter(ENTRY_TYPES)]},
)
def home(request: Request, atlas: Atlas) -> Response:
    """Give the home page, or the whole ontology to a client that asks for RDF."""
    media_type = negotiate(request, ENTRY_TYPES)
    if media_type in _WHOLE:
        return _send_whole(request, media_type, atlas)

    def write() -> bytes:
        alliances = [atlas.catalog[PREFIXES["concept"] + name] for name in _FOUR]
        page = atlas.templates.get_template("home.html").render(
            alliances=alliances,
            moves=_moves(alliances, atlas),
            counts={kind: len(atlas.catalog.of_kind(kind)) for kind in KINDS},
            questions=list(atlas.questions.values()),
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
    kind, _, suffix = kind.partition(".")
    _check_kind(kind)
    media_type = negotiate(request, LIST_TYPES, suffix=suffix or None)
    classes = sorted({cls for entry in atlas.catalog.of_kind(kind) for cls in entry.classes})
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
            groups=_groups(kind, entries),
            count=len(entries),
            classes=classes,
            wanted=wanted,
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


def _page(entry: Entry, atlas: Context) -> str:
    question = atlas.questions.get(entry.name) if entry.kind == "question" else None
    if question:
        template = atlas.templates.get_template("question.html")
        return template.render(question=question, entry=entry, manifest=atlas.manifest)
    dossier = compile_dossier(atlas.store, atlas.catalog, entry)
    name = "case.html" if dossier.parts else _TEMPLATES.get(entry.kind, "entry.html")
    return atlas.templates.get_template(name).render(
        entry=entry,
        dossier=dossier,
        said={fact.property: fact for fact in dossier.facts if not fact.incoming},
        above=_above(entry, atlas),
        catalog=atlas.catalog,
        formats=list(_RDF.values()),
        manifest=atlas.manifest,
    )


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


def _groups(kind: str, entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """Sort a list for readers: the rules of the theory apart from the rest, in their order."""
    if kind != "shape":
        return [("", list(entries))]
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
