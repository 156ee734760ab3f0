"""What can be told of a query from its text alone, and values put into it: no engine is needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from kg.errors import InputError
from kg.model import Iri, Literal, Node, Term
from kg.query_guard import TOKEN

__all__ = ["Outline", "outline", "refuse_dialect", "with_base", "with_values", "write_term"]

FORMS = frozenset({"ASK", "CONSTRUCT", "DESCRIBE", "SELECT"})

#: The words of SPARQL 1.1 Query. A query in the standard's own words has no others.
WORDS = frozenset(
    """
    A ABS AS ASC ASK AVG BASE BIND BNODE BOUND BY CEIL COALESCE CONCAT CONSTRUCT CONTAINS COUNT
    DATATYPE DAY DESC DESCRIBE DISTINCT ENCODE_FOR_URI EXISTS FALSE FILTER FLOOR FROM GRAPH GROUP
    GROUP_CONCAT HAVING HOURS IF IN IRI ISBLANK ISIRI ISLITERAL ISNUMERIC ISURI LANG LANGMATCHES
    LCASE LIMIT MAX MD5 MIN MINUS MINUTES MONTH NAMED NOT NOW OFFSET OPTIONAL ORDER PREFIX RAND
    REDUCED REGEX REPLACE ROUND SAMETERM SAMPLE SECONDS SELECT SEPARATOR SERVICE SHA1 SHA256 SHA384
    SHA512 SILENT STR STRAFTER STRBEFORE STRDT STRENDS STRLANG STRLEN STRSTARTS STRUUID SUBSTR SUM
    TIMEZONE TRUE TZ UCASE UNDEF UNION URI UUID VALUES WHERE YEAR
    """.split()
)

_ABSOLUTE = re.compile(r"""[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]*""")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_NAME = re.compile(r"\w+")
_STRING = "http://www.w3.org/2001/XMLSchema#string"
_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_CODE_POINT = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")
_ENGINES_OWN = re.compile(r"(?:bif|sql):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outline:
    """What stands out of a query.

    :param form: SELECT, ASK, CONSTRUCT or DESCRIBE; empty if it is none of them.
    :param has_dataset: whether it says by FROM what it is put to.
    :param pattern: where its pattern begins, behind the brace; ``None`` if it has none.
    :param is_short: whether it is a CONSTRUCT WHERE, whose pattern is its template too.
    :param start: where its first word is, PREFIX and BASE aside.
    """

    form: str
    has_dataset: bool
    pattern: int | None
    is_short: bool
    start: int


@lru_cache(maxsize=256)
def outline(query: str) -> Outline:
    """Tell what stands out of a query, in time linear to its length.

    >>> outline("SELECT ?x FROM <http://x/g> { ?x a ?y }").has_dataset
    True
    """
    depth, form, start = 0, "", len(query)
    dataset = where = False
    braces: list[int] = []
    for token in TOKEN.finditer(query):
        if token["open"]:
            if token["open"] == "{" and not depth and form:
                braces.append(token.end())
                if form != "CONSTRUCT" or where or len(braces) == 2:
                    break
            depth += 1
        elif token["close"]:
            depth = max(0, depth - 1)
        elif token["word"] and not depth:
            word = token["word"].upper()
            if not form and word not in {"BASE", "PREFIX"}:
                start = token.start()
                if word not in FORMS:
                    break
                form = word
            dataset = dataset or word == "FROM"
            where = where or word == "WHERE"
    short = form == "CONSTRUCT" and len(braces) == 1
    return Outline(form, dataset, braces[-1] if braces and not short else None, short, start)


def refuse_dialect(query: str) -> None:
    """Refuse what some engine understands beyond the standard, or what may hide it.

    An engine elsewhere may take more than queries: updates in a query's place, directives to fetch,
    functions into its own database. In the standard's words there is no way to ask for them.

    :raises InputError: with line and column.
    """
    for token in TOKEN.finditer(query):
        word = token["word"]
        # in a name, what follows an escaped character is part of the name
        if word and not word[0].isdigit() and query[max(0, token.start() - 2)] != "\\":
            if word.upper() not in WORDS:
                raise _at(query, token.start(), f"not SPARQL: '{word[:50]}' is none of its words")
        elif _ENGINES_OWN.match(token["iri"] or token["name"] or ""):
            raise _at(query, token.start(), "functions of one engine alone cannot be used here")
    for escape in _CODE_POINT.finditer(query):
        if int(escape[1] or escape[2], 16) < 128:
            raise _at(query, escape.start(), f"write the character itself, not {escape[0]}")


def _at(query: str, at: int, message: str) -> InputError:
    before = query[:at]
    return InputError(message, line=before.count("\n") + 1, column=at - before.rfind("\n"))


def with_base(query: str, base: str) -> str:
    """Say what relative IRIs are relative to, if a query has any.

    >>> with_base("ASK { <a> ?p ?o }", "http://x/")
    'BASE <http://x/> ASK { <a> ?p ?o }'
    """
    for token in TOKEN.finditer(query):
        if token["iri"] is not None and not _SCHEME.match(token["iri"]):
            # in the same line, so that what the engine says of lines holds
            return f"BASE <{base}> {query}"
    return query


def with_values(query: str, bindings: Mapping[str, Term]) -> str:
    r"""Put values for variables into a query, for an engine that has no other way to take them.

    >>> with_values("ASK { ?s ?p ?o }", {"s": Iri("http://x/a")})
    'ASK {\n  VALUES (?s) { (<http://x/a>) } ?s ?p ?o }'

    :raises InputError: if a value cannot be written, or the query has no place for it.
    """
    if not bindings:
        return query
    found = outline(query)
    if any(not _NAME.fullmatch(name) for name in bindings):
        raise InputError("a name of a variable has letters, digits and _")
    names = " ".join(f"?{name}" for name in bindings)
    values = " ".join(write_term(term) for term in bindings.values())
    block = f"VALUES ({names}) {{ ({values}) }}"
    if found.form == "DESCRIBE" and found.pattern is None:
        return f"{query}\nWHERE {{ {block} }}"
    if found.pattern is None:
        raise InputError(
            "the query has no pattern that could take values; write CONSTRUCT { ... } WHERE { ... }"
        )
    # a VALUES block behind the query joins with its result, so it goes into the pattern instead
    return f"{query[: found.pattern]}\n  {block}{query[found.pattern :]}"


def write_term(term: Term) -> str:
    """Write a term as it stands in a query.

    :raises InputError: if it is a blank node, which no query can name, or no term at all.
    """
    match term:
        case Iri(value):
            return _write_iri(value)
        case Node():
            raise InputError("a query cannot name a blank node")
        case Literal(value, str(language)):
            if not _LANGUAGE.fullmatch(language):
                raise InputError(f"'{language[:50]}' is no language tag")
            return f"{_quote(value)}@{language}"
        case Literal(value, _, datatype):
            return (
                _quote(value) if datatype == _STRING else f"{_quote(value)}^^{_write_iri(datatype)}"
            )


def _write_iri(value: str) -> str:
    if not _ABSOLUTE.fullmatch(value):
        raise InputError(f"'{value[:100]}' is no IRI")
    return f"<{value}>"


def _quote(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InputError("a text holds half of a character") from None
    return f'"{value.translate(_ESCAPED)}"'
