"""Text of the graph as pages show it."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from kg.entries import Catalog
from kg.namespaces import BASE, PREFIXES

__all__ = ["link_names", "name_class"]

#: A short form of a thing of ours within a sentence, as the authors of the ontology write it.
_NAME = re.compile(r"\b(concept|signal|claim|case|source|author):([A-Za-z0-9][\w/-]*)")


def link_names(text: str, catalog: Catalog) -> Markup:
    """Put the labels of things, as links, in place of the short forms that name them in a text."""
    pieces, end = [], 0
    for match in _NAME.finditer(text):
        entry = catalog.get(PREFIXES[match[1]] + match[2])
        if entry:
            pieces.append(escape(text[end : match.start()]))
            path = entry.iri.removeprefix(BASE)
            pieces.append(Markup('<a href="/{}">{}</a>').format(path, entry.label))
            end = match.end()
    return Markup("").join([*pieces, escape(text[end:])])


def name_class(name: str) -> str:
    """Write the local name of a class as words.

    >>> name_class("NonMovement"), name_class("HistoryEvent")
    ('non-movement', 'history event')
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return words.replace("non movement", "non-movement")
