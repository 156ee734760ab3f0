"""Direct identifiers in the words of a case: what leads straight to a person.

The patterns stand in the shapes; see ``shapes/privacy.shacl.ttl``. They are looked for in every
text, whatever its property, hence not by targets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rdflib import SH, Graph, Literal, URIRef
from rdflib.term import Node

from kg.namespaces import PREFIXES

__all__ = ["MAX_CHARACTERS", "find_identifiers", "read_patterns"]

#: How many characters of a case are looked through, which takes some seconds at the worst.
MAX_CHARACTERS = 1_000_000

_SHAPES = ("S-date-of-birth", "S-e-mail-address", "S-telephone-number")
_LOCAL = re.compile(r"[^/#:]*$")


def read_patterns(shapes: Graph) -> dict[str, re.Pattern[str]]:
    """Read the patterns out of the shapes, by the names of their shapes; none if there are none."""
    patterns = {}
    for name in _SHAPES:
        unwanted = shapes.value(URIRef(PREFIXES["shape"] + name), SH["not"])
        pattern = shapes.value(unwanted, SH.pattern)
        if pattern is not None:
            flags = re.IGNORECASE if shapes.value(unwanted, SH.flags) else re.NOFLAG
            patterns[name] = re.compile(str(pattern), flags)
    return patterns


def find_identifiers(
    case: Graph, patterns: Mapping[str, re.Pattern[str]]
) -> Iterator[tuple[str, tuple[Node, Node, Node]]]:
    """Yield the shape and the statement for every text of a case that has such an identifier.

    Past :data:`MAX_CHARACTERS` it looks no further.
    """
    left = MAX_CHARACTERS
    for subject, predicate, value in case:
        if isinstance(value, Literal):
            # the property may be all that tells a date of birth from another date
            match = _LOCAL.search(str(predicate))
            text = f"{match[0] if match else ''} {value}"
        elif str(value).startswith(("mailto:", "tel:")):
            text = str(value).replace(":", " ", 1)
        else:
            continue
        text = text[:left]
        left -= len(text)
        for name, pattern in patterns.items():
            if pattern.search(text):
                yield name, (subject, predicate, value)
