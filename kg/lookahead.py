"""Writes lookahead in a query's regular expressions otherwise.

The engine's regular expressions have none, nor have those of SPARQL. Yet INCEpTION asks so for
labels that hold several words, ``REGEX(STR(?x), "(?=.*one)(?=.*two)", "i")``, and would find none.
"""

from __future__ import annotations

import re

__all__ = ["without_lookahead"]

_REGEX = re.compile(
    r"""\bREGEX\s*\(\s*(?P<text>STR\s*\(\s*[?$]\w+\s*\)|[?$]\w+)\s*,\s*
    "(?P<words>(?:\(\?=\.\*[^"()|]{1,200}\)){1,50})"(?P<flags>\s*,\s*"[a-z]*")?\s*\)""",
    re.IGNORECASE | re.VERBOSE,
)


def without_lookahead(query: str) -> str:
    """Ask for each word by an expression of its own.

    >>> without_lookahead('FILTER(REGEX(?x, "(?=.*one)(?=.*two)", "i"))')
    'FILTER((REGEX(?x, "one", "i") && REGEX(?x, "two", "i")))'
    """
    return _REGEX.sub(_spell_out, query) if "(?=" in query else query


def _spell_out(found: re.Match[str]) -> str:
    words = found["words"].removeprefix("(?=.*").removesuffix(")").split(")(?=.*")
    text, flags = found["text"], found["flags"] or ""
    return "(" + " && ".join(f'REGEX({text}, "{word}"{flags})' for word in words) + ")"
