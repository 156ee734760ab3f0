"""What Virtuoso needs to be told otherwise, and how what it answers is to be read.

Seen with 7.2.5 as Debian has it. It takes no aggregate in ORDER BY; it joins a block of VALUES
last, after it has gone through everything; where EXISTS is computed and not filtered by, it now and
then writes the result into another column too, so that is refused; it writes blank nodes, truth
values and the answer of an ASK in a way of its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from kg.errors import InputError
from kg.model import Term
from kg.query_guard import TOKEN
from kg.query_text import outline, with_values, write_term

__all__ = ["move_aggregates", "put_values", "refuse_computed_exists", "tidy"]

_AGGREGATES = frozenset({"AVG", "COUNT", "MAX", "MIN", "SAMPLE", "SUM"})
_BOOLEAN = "http://www.w3.org/2001/XMLSchema#boolean"


def put_values(query: str, bindings: Mapping[str, Term]) -> str:
    """Put values for variables into a query: in the variables' place, where that means the same."""
    found = outline(query)
    words = {token["word"].upper() for token in TOKEN.finditer(query) if token["word"]}
    if found.form == "SELECT" or words & {"SELECT", "GROUP", "VALUES", "AS"}:
        return with_values(query, bindings)
    written = {name: write_term(term) for name, term in bindings.items()}
    parts, end = [], 0
    for token in TOKEN.finditer(query, found.start):
        text = token.group()
        if text[0] in "?$" and text[1:] in written:
            parts += [query[end : token.start()], written[text[1:]]]
            end = token.end()
    return "".join([*parts, query[end:]])


def refuse_computed_exists(query: str) -> None:
    """Refuse EXISTS outside FILTER, of which the engine makes wrong values in other columns.

    :raises InputError: with line and column, and what to write instead.

    >>> refuse_computed_exists("ASK { ?s ?p ?o FILTER (NOT EXISTS { ?o ?p ?s }) }")
    """
    inside: list[bool] = []
    before = earlier = ""
    for token in TOKEN.finditer(query):
        word = (token["word"] or "").upper()
        if token["open"]:
            filtered = before == "FILTER" or (bool(inside) and inside[-1])
            # a pattern within a filter is a pattern like any other
            inside.append(filtered and token["open"] == "(")
        elif token["close"] and inside:
            inside.pop()
        elif word == "EXISTS":
            asked = earlier if before == "NOT" else before
            if asked != "FILTER" and not (inside and inside[-1]):
                line_start = query.rfind("\n", 0, token.start()) + 1
                raise InputError(
                    "this engine (Virtuoso) gives wrong values where EXISTS is computed; "
                    "use it in FILTER, or OPTIONAL with BOUND",
                    line=query.count("\n", 0, token.start()) + 1,
                    column=token.start() - line_start + 1,
                )
        if not (token["skip"] or "").startswith("#"):
            before, earlier = word, before


def move_aggregates(query: str) -> tuple[str, tuple[str, ...]]:
    """Have a query compute in its SELECT clause what it orders by.

    :returns: the query, and the columns that it gives beyond its own.
    """
    depth = level = 0
    clause = order = opened = None
    selects = False
    moved: list[tuple[int, int]] = []
    for token in TOKEN.finditer(query):
        word = (token["word"] or "").upper()
        if word == "DISTINCT" and not depth and clause is None:
            # one more column would make rows differ that do not
            return query, ()
        ends = word in {"FROM", "WHERE"} or token["open"] == "{"
        if ends and selects and not depth and clause is None:
            clause = token.start()
        if not depth and word == "ORDER":
            order = token.start()
        if order is not None and opened is None and word in _AGGREGATES:
            opened, level = token.start(), depth
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth = max(0, depth - 1)
            if opened is not None and depth == level:
                moved.append((opened, token.end()))
                opened = None
        selects = selects or word == "SELECT"
    if clause is None or not moved:
        return query, ()
    names = tuple(f"order_{number}" for number in range(len(moved)))
    computed = "".join(
        f" ({query[start:end]} AS ?{name})" for name, (start, end) in zip(names, moved, strict=True)
    )
    for name, (start, end) in reversed(list(zip(names, moved, strict=True))):
        query = f"{query[:start]}?{name}{query[end:]}"
    return f"{query[:clause].rstrip()}{computed}\n{query[clause:]}", names


def tidy(document: Any, *, without: Collection[str] = ()) -> Any:
    """Give results in JSON as the standard has them.

    :param without: columns to leave out.
    """
    bindings = document["results"]["bindings"] if "results" in document else []
    names = document.get("head", {}).get("vars", [])
    if names == ["__ASK_RETVAL"]:
        truth = any(row["__ASK_RETVAL"]["value"] not in {"0", "false"} for row in bindings)
        return {"head": {}, "boolean": truth}
    for row in bindings:
        for name in without:
            row.pop(name, None)
        for term in row.values():
            if term["type"] == "bnode":
                term["value"] = re.sub(r"\W", "_", term["value"].removeprefix("nodeID://"))
            elif term.get("datatype") == _BOOLEAN:
                term["value"] = {"1": "true", "0": "false"}.get(term["value"], term["value"])
    if without:
        document["head"]["vars"] = [name for name in names if name not in without]
    return document
