"""Two or more things side by side, and the chains of claims that lead from one to another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from api.context import Atlas, Context
from api.representation import describe_types, format_parameter, negotiate, respond
from kg.comparison import Comparison, as_solutions, compare
from kg.dossier import ClaimLine, as_passages
from kg.entries import Entry
from kg.errors import ParameterError
from kg.namespaces import BASE
from kg.questions import Cell, QuestionAnswer, answer_question
from kg.table import write_csv

__all__ = ["router"]

router = APIRouter(tags=["pages"])

COMPARE_TYPES: Mapping[str, str] = {
    "text/html": "html",
    "application/json": "json",
    "text/csv": "csv",
}
PATH_TYPES: Mapping[str, str] = {"text/html": "html", "application/json": "json"}
_NAMES = "abcdef"
_LONGEST = 200
_KINDS = ("concept", "signal")

_One = Annotated[str, Query(description="A concept or signal, by name, label or IRI.")]


@router.get(
    "/compare",
    response_class=Response,
    responses={
        **describe_types(COMPARE_TYPES, "The comparison, criterion by criterion."),
        422: {"description": "A name means nothing; the problem lists the nearest."},
    },
    openapi_extra={"parameters": [format_parameter(COMPARE_TYPES)]},
)
def show_comparison(
    request: Request,
    atlas: Atlas,
    a: _One = "",
    b: _One = "",
    c: _One = "",
    d: _One = "",
    e: _One = "",
    f: _One = "",
) -> Response:
    """Compare concepts or signals by what is claimed of each; without any, give the form."""
    media_type = negotiate(request, COMPARE_TYPES)
    given = {name: text for name, text in zip(_NAMES, (a, b, c, d, e, f), strict=True) if text}
    things = _find_all(given, atlas)

    def write() -> bytes:
        found = compare(atlas.store, atlas.catalog, things)
        if media_type == "text/csv":
            return write_csv(as_solutions(found)).encode()
        if media_type == "application/json":
            return json.dumps(_as_json(found, atlas), ensure_ascii=False, indent=1).encode()
        asked = urlencode({name: thing.name for name, thing in zip(_NAMES, things, strict=False)})
        page = atlas.templates.get_template("compare.html").render(
            comparison=found,
            names=_NAMES,
            choices=_choices(atlas),
            asked=asked,
            canonical=f"{BASE}compare?{asked}" if asked else f"{BASE}compare",
            manifest=atlas.manifest,
        )
        return page.encode()

    return respond(request, write, media_type, atlas=atlas)


@router.get(
    "/paths",
    response_class=Response,
    responses={
        **describe_types(PATH_TYPES, "The shortest chains of claims, step by step."),
        422: {"description": "A name means nothing; the problem lists the nearest."},
    },
    openapi_extra={"parameters": [format_parameter(PATH_TYPES)]},
)
def show_paths(request: Request, atlas: Atlas, a: _One = "", b: _One = "") -> Response:
    """Explain how two concepts hang together; without any, give the form."""
    media_type = negotiate(request, PATH_TYPES)
    things = _find_all({name: text for name, text in (("a", a), ("b", b)) if text}, atlas)
    if len(things) == 1:
        name = "b" if a else "a"
        raise ParameterError(
            f"the parameter '{name}' is missing: a path has two ends", parameter=name
        )

    def write() -> bytes:
        answer = None
        if things:
            ends = dict(zip(("first", "second"), (thing.iri for thing in things), strict=True))
            answer = answer_question(atlas.store, atlas.questions["related"], ends)
        if media_type == "application/json":
            body = _paths_as_json(answer, things, atlas)
            return json.dumps(body, ensure_ascii=False, indent=1).encode()
        page = atlas.templates.get_template("paths.html").render(
            things=things,
            chains=_chains(answer) if answer else [],
            answer=answer,
            choices=_choices(atlas, kinds=("concept",)),
            catalog=atlas.catalog,
            places=as_passages,
            canonical=f"{BASE}paths"
            + (f"?{urlencode({'a': things[0].name, 'b': things[1].name})}" if things else ""),
            manifest=atlas.manifest,
        )
        return page.encode()

    return respond(request, write, media_type, atlas=atlas)


def _find_all(given: Mapping[str, str], atlas: Context) -> list[Entry]:
    """Find the things that are named.

    :raises ParameterError: if a name means nothing, or two of them the same.
    """
    found: dict[str, Entry] = {}
    for name, text in given.items():
        typed = text[:_LONGEST]
        entry = next(filter(None, (atlas.catalog.find(typed, kind=kind) for kind in _KINDS)), None)
        if entry is None:
            nearest = [near for kind in _KINDS for near in atlas.catalog.nearest(typed, kind=kind)]
            hint = f"; near are {', '.join(nearest[:5])}" if nearest else ""
            raise ParameterError(
                f"'{typed[:50]}' is no concept or signal{hint}",
                parameter=name,
                value=typed,
                nearest=nearest[:5],
            )
        if entry.iri in found:
            raise ParameterError(
                f"'{typed[:50]}' is the same as what is given before; name another",
                parameter=name,
            )
        found[entry.iri] = entry
    return list(found.values())


def _choices(atlas: Context, *, kinds: Sequence[str] = _KINDS) -> list[Entry]:
    """List what a form may offer; of concepts those of which one reads, and not mere values."""
    return [entry for kind in kinds for entry in atlas.catalog.of_kind(kind)]


def _chains(answer: QuestionAnswer) -> list[list[Mapping[str, Cell]]]:
    return [list(steps) for _, steps in groupby(answer.rows, lambda row: row["chain"])]


def _as_json(found: Comparison, atlas: Context) -> dict[str, object]:
    return {
        "things": [
            {"iri": thing.iri, "name": thing.name, "label": thing.label, "gloss": thing.gloss}
            for thing in found.things
        ],
        "direct": [_claim(claim) for claim in found.direct],
        "criteria": [
            {
                "theme": theme.title,
                "relation": criterion.relation,
                "label": criterion.label,
                "cells": [
                    {
                        "thing": thing.iri,
                        "said": bool(claims),
                        "claims": [_claim(claim) for claim in claims],
                    }
                    for thing, claims in zip(found.things, criterion.cells, strict=True)
                ],
            }
            for theme in found.themes
            for criterion in theme.criteria
        ],
        "note": "Where a cell has no claim, the paper does not say it; that is no denial.",
        "release": atlas.manifest.digest,
    }


def _claim(claim: ClaimLine) -> dict[str, object]:
    return {
        "claim": claim.iri,
        "subject": claim.subject.iri,
        "relation": claim.relation,
        "object": claim.object.iri or claim.object.text,
        "objectLabel": claim.object.text,
        "statement": claim.statement,
        "holder": claim.holders or None,
        "certainty": claim.certainty,
        "hedge": claim.hedge or None,
        "condition": claim.condition or None,
        "textLostAfter": int(claim.lost_after) if claim.lost_after else None,
        "passages": [passage.iri for passage in claim.passages],
    }


def _paths_as_json(
    answer: QuestionAnswer | None, things: Sequence[Entry], atlas: Context
) -> dict[str, object]:
    return {
        "things": [{"iri": thing.iri, "label": thing.label} for thing in things],
        "chains": [[dict(step) for step in chain] for chain in _chains(answer)] if answer else [],
        "note": answer.note if answer else "",
        "release": atlas.manifest.digest,
    }
