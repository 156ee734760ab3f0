"""Lists and pages of things: HTML for people, RDF and JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from api.context import Atlas, Context
from api.representation import negotiate, respond
from kg.dossier import compile_dossier
from kg.entries import Entry, describe
from kg.errors import NotFoundError, ParameterError
from kg.namespaces import KINDS, PREFIXES
from kg.store import GRAPH_TYPES

__all__ = ["router"]

router = APIRouter(tags=["pages"])

#: How a thing is offered: a page for a browser, else a graph.
ENTRY_TYPES: Mapping[str, str] = {
    "text/html": "html",
    **{m: s for m, s in GRAPH_TYPES.items() if s in {"ttl", "jsonld", "rdf", "nt"}},
}
#: How a list is offered.
LIST_TYPES: Mapping[str, str] = {"text/html": "html", "application/json": "json"}
#: How the whole is offered at the root.
_ROOT_FILES = {
    "text/turtle": "alliance-atlas.ttl",
    "application/ld+json": "alliance-atlas.jsonld",
    "application/rdf+xml": "alliance-atlas.owl",
    "application/n-triples": "alliance-atlas.nt",
}

_FOUR = ("magical-alliance", "working-alliance", "therapeutic-alliance", "structuralizing-alliance")


@router.get("/", response_class=Response)
def home(request: Request, atlas: Atlas) -> Response:
    """Give the home page, or the whole ontology to a client that asks for RDF."""
    media_type = negotiate(request, ENTRY_TYPES)
    if media_type != "text/html":
        name = _ROOT_FILES[media_type]
        headers = {"Vary": "Accept", "X-Release": atlas.manifest.digest[:12]}
        return FileResponse(atlas.settings.release / name, media_type=media_type, headers=headers)
    alliances = [atlas.catalog[PREFIXES["concept"] + name] for name in _FOUR]
    page = atlas.templates.get_template("home.html").render(
        alliances=alliances,
        kinds=_kind_counts(atlas),
        questions=list(atlas.questions.values()),
        manifest=atlas.manifest,
    )
    return respond(request, page.encode(), media_type, release=atlas.manifest.digest)


@router.get("/{kind}", response_class=Response)
def list_entries(kind: str, request: Request, atlas: Atlas) -> Response:
    """List the things of a kind, with ``?class=`` those of one class."""
    if kind not in KINDS:
        raise NotFoundError(kind, kind="kind of thing", nearest=list(KINDS))
    media_type = negotiate(request, LIST_TYPES)
    classes = sorted({cls for entry in atlas.catalog.of_kind(kind) for cls in entry.classes})
    wanted = request.query_params.get("class")
    if wanted is not None and wanted not in classes:
        raise ParameterError(
            f"'{wanted[:50]}' is no class of this list; it takes {', '.join(classes)}",
            parameter="class",
            value=wanted,
            allowed=tuple(classes),
        )
    entries = atlas.catalog.of_kind(kind, cls=wanted)
    if media_type == "application/json":
        items = [_summary(entry) for entry in entries]
        body = json.dumps({"items": items, "next": None}, ensure_ascii=False, indent=1).encode()
    else:
        template = atlas.templates.get_template("list.html")
        body = template.render(
            kind=kind, entries=entries, classes=classes, wanted=wanted, manifest=atlas.manifest
        ).encode()
    return respond(request, body, media_type, release=atlas.manifest.digest)


@router.get("/{kind}/{name:path}", response_class=Response)
def show_entry(kind: str, name: str, request: Request, atlas: Atlas) -> Response:
    """Show a thing."""
    if kind not in KINDS:
        raise NotFoundError(kind, kind="kind of thing", nearest=list(KINDS))
    name, suffix = _split_suffix(name, atlas, kind)
    entry = atlas.catalog.get(KINDS[kind] + name)
    if entry is None:
        raise NotFoundError(name[:200], kind=kind, nearest=atlas.catalog.nearest(name, kind=kind))
    media_type = negotiate(request, ENTRY_TYPES, suffix=suffix)
    if media_type != "text/html":
        body = describe(atlas.store, entry.iri, media_type=media_type)
        link = {"Link": f'<{entry.iri}>; rel="canonical"'}
        return respond(request, body, media_type, release=atlas.manifest.digest, headers=link)
    concept = _concept_of(entry, atlas) if kind == "ontology" else None
    if concept:
        # the class is what formal work needs; whoever reads wants the concept's page
        return RedirectResponse(f"/concept/{concept}", 303, headers={"Vary": "Accept"})
    page = _page(entry, atlas)
    return respond(request, page.encode(), media_type, release=atlas.manifest.digest)


def _page(entry: Entry, atlas: Context) -> str:
    question = atlas.questions.get(entry.name) if entry.kind == "question" else None
    if question:
        template = atlas.templates.get_template("question.html")
        return template.render(
            question=question, entry=entry, catalog=atlas.catalog, manifest=atlas.manifest
        )
    dossier = compile_dossier(atlas.store, atlas.catalog, entry)
    template = atlas.templates.get_template("case.html" if dossier.parts else "entry.html")
    return template.render(
        entry=entry,
        dossier=dossier,
        catalog=atlas.catalog,
        formats=[short for short in ENTRY_TYPES.values() if short != "html"],
        manifest=atlas.manifest,
    )


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


def _kind_counts(atlas: Context) -> list[tuple[str, int]]:
    return [(kind, len(atlas.catalog.of_kind(kind))) for kind in KINDS]


def _summary(entry: Entry) -> dict[str, object]:
    return {
        "iri": entry.iri,
        "name": entry.name,
        "label": entry.label,
        "gloss": entry.gloss or None,
        "classes": sorted(entry.classes),
    }
