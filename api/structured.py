"""What pages tell search engines and reference managers: schema.org, as JSON-LD within the page.

A block of type ``application/ld+json`` is data: a browser runs nothing of it, and the policy that
forbids scripts needs no exception for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from kg.entries import Entry
from kg.manifest import Manifest
from kg.namespaces import BASE, KINDS, PREFIXES

__all__ = ["as_markup", "describe_dataset", "describe_entry", "describe_list"]

#: How a kind of thing is called by schema.org, where it has a word for it.
_TYPES = {
    "concept": "DefinedTerm",
    "signal": "DefinedTerm",
    "claim": "Claim",
    "case": "CreativeWork",
}
_WORKS = {
    PREFIXES["bibo"] + "AcademicArticle": "ScholarlyArticle",
    PREFIXES["bibo"] + "Chapter": "Chapter",
    PREFIXES["bibo"] + "Book": "Book",
    PREFIXES["bibo"] + "EditedBook": "Book",
    PREFIXES["bibo"] + "Manuscript": "Manuscript",
}
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_Item = dict[str, object]


def as_markup(item: Mapping[str, object]) -> Markup:
    """Write an item for a script element, which no text within it can end."""
    text = json.dumps({"@context": "https://schema.org", **item}, ensure_ascii=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704  what could end the element is written as an escape


def describe_entry(
    entry: Entry,
    above: Sequence[tuple[str, str]],
    manifest: Manifest,
    *,
    types: Sequence[str] = (),
) -> Markup:
    """Describe the page of a thing and the way to it.

    :param above: names and IRIs of what leads to it, the outermost first.
    :param types: the classes that the graph says it belongs to; of a work they tell its form.
    """
    kind = _TYPES.get(entry.kind, "WebPage")
    if "Work" in entry.classes:
        kind = next((_WORKS[name] for name in types if name in _WORKS), "CreativeWork")
    if "Author" in entry.classes:
        kind = "Person"
    item: _Item = {"@type": kind, "@id": entry.iri, "url": entry.iri, "name": entry.label}
    if entry.gloss:
        item["description"] = entry.gloss
    if entry.alternatives:
        item["alternateName"] = list(entry.alternatives)
    if kind == "DefinedTerm":
        item["termCode"] = entry.name
        item["inDefinedTermSet"] = KINDS[entry.kind]
    if kind == "Claim":
        item["text"] = entry.label
    if kind in {"DefinedTerm", "Claim", "CreativeWork", "WebPage"}:
        item["isPartOf" if kind != "DefinedTerm" else "subjectOf"] = {"@id": BASE}
    places = [*above, (entry.label, entry.iri)]
    path: _Item = {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": iri}
            for number, (name, iri) in enumerate(places, 1)
        ],
    }
    return as_markup({"@graph": [item, path, _whole(manifest)]})


def describe_list(kind: str, title: str, entries: Sequence[Entry], manifest: Manifest) -> Markup:
    """Describe a list; concepts and signals as the terms of a set, without repeating them all."""
    terms = _TYPES.get(kind) == "DefinedTerm"
    item: _Item = {
        "@type": "DefinedTermSet" if terms else "CollectionPage",
        "@id": KINDS[kind] if terms else BASE + kind,
        "name": title,
        "url": BASE + kind,
        "isPartOf": {"@id": BASE},
    }
    if terms:
        item["hasDefinedTerm"] = [{"@id": entry.iri} for entry in entries]
    return as_markup({"@graph": [item, _whole(manifest)]})


def describe_dataset(manifest: Manifest, downloads: Mapping[str, tuple[str, str]]) -> Markup:
    """Describe the whole for search engines for data.

    :param downloads: media types and descriptions of the files, by name.
    """
    files = [
        {
            "@type": "DataDownload",
            "name": text,
            "encodingFormat": media_type,
            "contentUrl": f"{BASE}download/{name}",
        }
        for name, (media_type, text) in downloads.items()
    ]
    return as_markup({**_whole(manifest), "distribution": files})


def _whole(manifest: Manifest) -> _Item:
    return {
        "@type": "Dataset",
        "@id": BASE,
        "url": BASE,
        "name": "Alliance Atlas",
        "description": "A knowledge graph and ontology of psychotherapeutic alliances after a "
        "paper by R. R. Lee, with for every statement who makes it, how surely, and on which lines",
        "version": manifest.version,
        "dateModified": manifest.date,
        "license": _LICENCE,
        "creator": {"@type": "Organization", "name": "Alliance Atlas contributors"},
        "isBasedOn": KINDS["source"] + "lee-alliances",
    }
