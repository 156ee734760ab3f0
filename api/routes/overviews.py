"""The whole at a glance: a glossary, trees, and what is uncertain."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from fastapi import APIRouter, Request, Response

from api.context import Atlas, Context
from api.representation import describe_types, format_parameter, negotiate, respond
from api.structured import describe_list
from kg.entries import Entry
from kg.model import Literal, Solutions
from kg.namespaces import BASE, PREFIXES
from kg.questions import QuestionAnswer, answer_question
from kg.table import write_csv
from kg.tree import Branch, grow_tree

__all__ = ["router"]

router = APIRouter(tags=["pages"])

GLOSSARY_TYPES: Mapping[str, str] = {
    "text/html": "html",
    "application/json": "json",
    "text/csv": "csv",
}
LIST_TYPES: Mapping[str, str] = {"text/html": "html", "application/json": "json"}
#: What is uncertain, as questions with what they are asked; in the order of the page.
_DOUBTS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("hedged", "claims-by-certainty", {"grade": "hedged"}),
    ("inferred", "claims-by-certainty", {"grade": "inferred"}),
    ("revised", "first-read-otherwise", {}),
    ("contested", "contested", {}),
    ("lost", "lost-text", {}),
    ("uncorroborated", "uncorroborated", {}),
    ("outside", "external-corrections", {}),
)


@dataclass(frozen=True, slots=True)
class _Word:
    """A line of the glossary: a concept, or another name that leads to one."""

    word: str
    entry: Entry
    preferred: bool


@router.get(
    "/glossary",
    response_class=Response,
    responses=describe_types(GLOSSARY_TYPES, "All concepts with their definitions, from A to Z."),
    openapi_extra={"parameters": [format_parameter(GLOSSARY_TYPES)]},
)
def glossary(request: Request, atlas: Atlas) -> Response:
    """Give every concept with its definition, from A to Z."""
    media_type = negotiate(request, GLOSSARY_TYPES)

    def write() -> bytes:
        entries = atlas.catalog.of_kind("concept")
        if media_type == "text/csv":
            rows = tuple(
                tuple(Literal(text) if text else None for text in _row(entry)) for entry in entries
            )
            return write_csv(Solutions(("term", "definition", "also", "iri"), rows)).encode()
        if media_type == "application/json":
            names = ("term", "definition", "also", "iri")
            items = [dict(zip(names, _row(entry), strict=True)) for entry in entries]
            return json.dumps({"items": items, "next": None}, ensure_ascii=False, indent=1).encode()
        words = [_Word(entry.label, entry, preferred=True) for entry in entries]
        words += [
            _Word(other, entry, preferred=False)
            for entry in entries
            for other in entry.alternatives
            # a spelling that stands beside the term needs no line of its own
            if other.casefold()[:6] != entry.label.casefold()[:6]
        ]
        words.sort(key=lambda word: (word.word.casefold(), word.entry.iri))
        letters = [
            (letter, list(found))
            for letter, found in groupby(words, lambda word: word.word[:1].upper())
        ]
        page = atlas.templates.get_template("glossary.html").render(
            letters=letters,
            count=len(entries),
            structured=describe_list("concept", "Glossary", entries, atlas.manifest),
            canonical=f"{BASE}glossary",
            manifest=atlas.manifest,
        )
        return page.encode()

    return respond(request, write, media_type, atlas=atlas)


@router.get(
    "/tree",
    response_class=Response,
    responses=describe_types(LIST_TYPES, "The trees of concepts, signals and classes."),
    openapi_extra={"parameters": [format_parameter(LIST_TYPES)]},
)
def tree(request: Request, atlas: Atlas) -> Response:
    """Give the trees of concepts, signals and classes: what stands below what."""
    media_type = negotiate(request, LIST_TYPES)

    def write() -> bytes:
        concepts = grow_tree(atlas.store, atlas.catalog, "concept")
        signals = grow_tree(atlas.store, atlas.catalog, "signal")
        classes = grow_tree(
            atlas.store, atlas.catalog, "ontology", keep=lambda entry: entry.name[:1].isupper()
        )
        if media_type == "application/json":
            body = {
                "concepts": [_as_json(branch) for branch in concepts],
                "signals": [_as_json(branch) for branch in signals],
                "classes": [_as_json(branch) for branch in classes],
            }
            return json.dumps(body, ensure_ascii=False, indent=1).encode()
        page = atlas.templates.get_template("tree.html").render(
            groups=_by_class(concepts, atlas),
            signals=[branch for branch in signals if branch.below],
            classes=classes,
            canonical=f"{BASE}tree",
            manifest=atlas.manifest,
        )
        return page.encode()

    return respond(request, write, media_type, atlas=atlas)


@router.get(
    "/uncertain",
    response_class=Response,
    responses=describe_types(LIST_TYPES, "What is hedged, inferred, revised, contested or lost."),
    openapi_extra={"parameters": [format_parameter(LIST_TYPES)]},
)
def uncertain(request: Request, atlas: Atlas) -> Response:
    """Give what is hedged, inferred, revised, contested, lost or stands alone."""
    media_type = negotiate(request, LIST_TYPES)

    def write() -> bytes:
        answers = {
            name: answer_question(atlas.store, atlas.questions[question], given)
            for name, question, given in _DOUBTS
        }
        if media_type == "application/json":
            items = [_doubt(name, answer) for name, answer in answers.items()]
            return json.dumps({"items": items, "next": None}, ensure_ascii=False, indent=1).encode()
        page = atlas.templates.get_template("uncertain.html").render(
            answers=answers,
            catalog=atlas.catalog,
            canonical=f"{BASE}uncertain",
            manifest=atlas.manifest,
        )
        return page.encode()

    return respond(request, write, media_type, atlas=atlas)


def _row(entry: Entry) -> tuple[str, str, str, str]:
    return entry.label, entry.gloss, "; ".join(entry.alternatives), entry.iri


def _as_json(branch: Branch) -> dict[str, object]:
    return {
        "iri": branch.entry.iri,
        "label": branch.entry.label,
        "below": [_as_json(child) for child in branch.below],
    }


def _by_class(branches: Sequence[Branch], atlas: Context) -> list[tuple[str, str, list[Branch]]]:
    """Sort concepts by what kind of concept they are: the kind's label, its plural list, they."""
    found: dict[str, list[Branch]] = {}
    for branch in branches:
        found.setdefault(min(branch.entry.classes, default=""), []).append(branch)
    labelled = [
        (atlas.catalog[PREFIXES["aa"] + cls].label, cls, below) for cls, below in found.items()
    ]
    return sorted(labelled)


def _doubt(name: str, answer: QuestionAnswer) -> dict[str, object]:
    return {
        "name": name,
        "question": answer.question.name,
        "title": answer.question.title,
        "parameters": dict(answer.parameters),
        "total": answer.total,
        "answer": answer.iri,
    }
