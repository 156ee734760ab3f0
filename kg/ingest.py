"""Guarded reading of annotated cases: bytes from anybody in, an RDF graph or a plain refusal out.

The guards stand before the parsers, since what they refuse would bring a parser down (JSON nested
a thousand deep, entities that unfold), make it fetch (a remote ``@context``) or make a later step
work for minutes (a decimal of a billion places). Nothing here opens a file or a connection.

Where a statement stands in its text is found by :func:`locate`, in a second reading that is made
only when there is something to point at. It reads less than the first does and is checked against
it: a place that is not certain is not given.
"""

from __future__ import annotations

import functools
import json
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, NoReturn
from urllib.parse import urljoin
from xml.parsers import expat

import pyoxigraph as ox
from rdflib import RDF, XSD, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.errors import InputError, TooLargeError
from kg.namespaces import BASE
from kg.resources import release_dir

__all__ = [
    "CONTEXT",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_NUMERAL",
    "MAX_TRIPLES",
    "MEDIA_TYPES",
    "STAND_IN_BASE",
    "SUFFIXES",
    "Places",
    "locate",
    "media_type_for",
    "read_case",
]

#: The address of the context by which a case is written as JSON; it is never fetched.
CONTEXT = f"{BASE}download/context.jsonld"
#: The most bytes a case may have.
MAX_BYTES = 10 * 2**20
#: The most statements a case may have; the longest case of the paper has about a thousand.
MAX_TRIPLES = 50_000
#: How deep brackets or elements may be nested.
MAX_DEPTH = 64
#: The most characters a number may have.
MAX_NUMERAL = 100

#: What relative IRIs are resolved against where the text names no base of its own.
STAND_IN_BASE = "https://case.invalid/"

#: The media types that are read, with the name by which messages call the syntax.
MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "text/turtle": "Turtle",
        "application/n-triples": "N-Triples",
        "application/ld+json": "JSON-LD",
        "application/rdf+xml": "RDF/XML",
        "application/trig": "TriG",
    }
)
_SAME_AS = {
    "application/json": "application/ld+json",
    "application/x-turtle": "text/turtle",
    "application/xml": "application/rdf+xml",
    "text/xml": "application/rdf+xml",
}

#: The file name endings that are read.
SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        ".ttl": "text/turtle",
        ".nt": "application/n-triples",
        ".jsonld": "application/ld+json",
        ".json": "application/ld+json",
        ".rdf": "application/rdf+xml",
        ".owl": "application/rdf+xml",
        ".xml": "application/rdf+xml",
        ".trig": "application/trig",
    }
)

_FORMATS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/trig": ox.RdfFormat.TRIG,
}

_Triple = tuple[Node, Node, Node]


@functools.cache
def own_context() -> dict[str, Any]:
    """Give the release's context for annotated cases.

    :raises InputError: if there is no release, or an old one.
    """
    try:
        text = (release_dir() / "context.jsonld").read_text(encoding="utf-8")
    except OSError:
        raise InputError("the release has no context.jsonld; run 'alliance build'") from None
    context: dict[str, Any] = json.loads(text)["@context"]
    return context


def media_type_for(name: str | PurePath) -> str:
    """Give the media type that a file name stands for.

    :raises InputError: if its ending is none of :data:`SUFFIXES`.

    >>> media_type_for("case.ttl")
    'text/turtle'
    """
    suffix = PurePath(name).suffix.lower()
    try:
        return SUFFIXES[suffix]
    except KeyError:
        was = f"a name that ends in '{suffix}'" if suffix else "a name without an ending"
        raise InputError(
            f"{was} does not tell the syntax; right is one of {', '.join(SUFFIXES)}",
            source=str(name),
        ) from None


def read_case(data: bytes, *, media_type: str, source: str | None = None) -> Graph:
    """Read an annotated case that may be hostile.

    :param data: the text as it came.
    :param media_type: one of :data:`MEDIA_TYPES`, parameters allowed.
    :param source: the file or other name by which the sender knows it.
    :returns: a plain graph; the named graphs of a dataset are put into one.
    :raises TooLargeError: if it exceeds a bound of this module.
    :raises InputError: if it cannot be read for any other reason, with line and column where the
        parser has them.
    """
    return _Reader(data, _normal_media_type(media_type, source), source).read()


def _normal_media_type(media_type: str, source: str | None) -> str:
    name, *parameters = (part.strip().lower() for part in media_type.split(";"))
    name = _SAME_AS.get(name, name)
    if name not in MEDIA_TYPES:
        raise InputError(
            f"the media type '{_shown(name)}' is not read here; right is one of "
            f"{', '.join(MEDIA_TYPES)}",
            source=source,
        )
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "charset" and value.strip('" ') not in ("utf-8", "utf8", "us-ascii"):
            raise InputError(
                f"the character set '{_shown(value)}' is not read here; right is UTF-8",
                source=source,
            )
    return name


def _shown(text: str, most: int = 60) -> str:
    """Make a stranger's text fit for a message: short, on one line, nothing unprintable."""
    short = text if len(text) <= most else text[: most - 1] + "…"
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in short)


class _Lines:
    """Line and column, counted from one, for offsets into a text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text))]

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


class _Reader:
    """One reading: the guards in turn, then the parser, then the terms one by one."""

    def __init__(self, data: bytes, media_type: str, source: str | None) -> None:
        self.data = data
        self.media_type = media_type
        self.syntax = MEDIA_TYPES[media_type]
        self.source = source
        self.text = ""
        self.is_rewritten = False

    def refuse(
        self,
        message: str,
        *,
        at: tuple[int, int] | None = None,
        offset: int | None = None,
        kind: type[InputError] = InputError,
    ) -> NoReturn:
        if at is None and offset is not None:
            at = _Lines(self.text).place(offset)
        line, column = at or (None, None)
        raise kind(message, source=self.source, line=line, column=column)

    def read(self) -> Graph:
        self.decode()
        self.tell_lies()
        if self.media_type == "application/ld+json":
            self.guard_json()
        elif self.media_type == "application/rdf+xml":
            self.guard_xml()
        else:
            self.guard_brackets(_TURTLE_BRACKETS)
        return self.parse()

    # what holds for every syntax

    def decode(self) -> None:
        if len(self.data) > MAX_BYTES:
            self.refuse(
                f"{len(self.data):,} bytes are more than the {MAX_BYTES:,} that are read; "
                "send one case at a time",
                kind=TooLargeError,
            )
        if self.data.startswith((b"\xff\xfe", b"\xfe\xff")):
            self.refuse("this is UTF-16; save it as UTF-8", at=(1, 1))
        try:
            self.text = self.data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.text = self.data[: error.start].decode("utf-8-sig")
            self.refuse(
                f"byte 0x{self.data[error.start]:02x} is not UTF-8; save the file as UTF-8",
                offset=len(self.text),
            )
        nul = self.text.find("\0")
        if nul >= 0:
            self.refuse("a NUL character stands here: this is no text file", offset=nul)
        if not self.text.strip():
            self.refuse(f"there is nothing in it; expected an annotated case in {self.syntax}")

    def tell_lies(self) -> None:
        """Refuse what is plainly in another syntax than its media type says."""
        start = self.text.lstrip()
        offset = len(self.text) - len(start)
        looks = None
        if re.match(r"<\?xml|<!--|<!DOCTYPE|<(\w+:)?RDF[\s>]", start):
            looks = "application/rdf+xml"
        elif re.match(r'\{\s*["}]', start) or re.match(r'\[\s*\{\s*"', start):
            looks = "application/ld+json"
        elif self.media_type in ("application/ld+json", "application/rdf+xml"):
            if re.match(r"(@prefix|@base|prefix|base)\s", start, re.IGNORECASE):
                looks = "text/turtle"
            elif re.match(r"<[a-z][a-z0-9+.-]*:[^<>\s]*>\s", start):
                looks = "application/n-triples"
        if looks and looks != self.media_type:
            self.refuse(
                f"it is declared as {self.syntax} and looks like {MEDIA_TYPES[looks]}; "
                f"declare it as {looks}",
                offset=offset,
            )

    def guard_brackets(self, pattern: re.Pattern[str]) -> None:
        depth = 0
        for match in pattern.finditer(self.text):
            mark = match[0]
            if mark in "[({":
                depth += 1
                if depth > MAX_DEPTH:
                    self.refuse(
                        f"brackets are nested deeper than the {MAX_DEPTH} levels that are read; "
                        "give the inner things names of their own",
                        offset=match.start(),
                        kind=TooLargeError,
                    )
            elif mark in "])}":
                depth -= 1

    # JSON-LD

    def guard_json(self) -> None:
        self.guard_brackets(_JSON_BRACKETS)
        for match in _JSON_LONG_NUMBER.finditer(self.text):
            if match["number"]:
                self.refuse(
                    f"a number has more than the {MAX_NUMERAL} characters that are read",
                    offset=match.start("number"),
                    kind=TooLargeError,
                )
        try:
            document = json.loads(
                self.text, object_pairs_hook=self.guard_keys, parse_constant=self.guard_constant
            )
        except json.JSONDecodeError as error:
            self.refuse(f"not JSON: {error.msg}", at=(error.lineno, error.colno))
        if not isinstance(document, dict | list):
            self.refuse("JSON-LD is an object or a list of objects", at=(1, 1))

    def guard_keys(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
            self.refuse(f"the key '{_shown(twice)}' stands twice in one JSON object; join the two")
        if "@import" in found:
            self.refuse_remote("@import", found["@import"])
        context = found.get("@context")
        for part in context if isinstance(context, list) else [context]:
            if isinstance(part, str) and part != CONTEXT:
                self.refuse_remote("@context", part)
        return found

    def refuse_remote(self, keyword: str, value: object) -> NoReturn:
        written = json.dumps(value, ensure_ascii=False)
        offset = self.text.find(written)
        self.refuse(
            f"{keyword} points to {_shown(written)}, and nothing is fetched here; "
            "write the context itself into the document",
            offset=offset if offset >= 0 else None,
        )

    def guard_constant(self, name: str) -> NoReturn:
        self.refuse(f"{name} is no JSON number")

    # RDF/XML

    def guard_xml(self) -> None:
        """Go through the XML once: no DOCTYPE (hence no entities), no depth, well-formed."""
        parser = expat.ParserCreate()
        depth = 0

        def here() -> tuple[int, int]:
            return parser.CurrentLineNumber, parser.CurrentColumnNumber + 1

        def doctype(*_: object) -> None:
            self.refuse(
                "a DOCTYPE is not accepted, for what its entities may unfold to; "
                "write the IRIs out and leave it away",
                at=here(),
            )

        def declaration(_version: str, encoding: str | None, _standalone: int) -> None:
            if encoding and encoding.lower() not in ("utf-8", "utf8", "us-ascii"):
                self.refuse(
                    f"the encoding '{_shown(encoding)}' is not read here; save it as UTF-8",
                    at=here(),
                )

        def start(_name: str, _attributes: object) -> None:
            nonlocal depth
            depth += 1
            if depth > MAX_DEPTH:
                self.refuse(
                    f"elements are nested deeper than the {MAX_DEPTH} levels that are read",
                    at=here(),
                    kind=TooLargeError,
                )

        def end(_name: str) -> None:
            nonlocal depth
            depth -= 1

        parser.StartDoctypeDeclHandler = doctype
        parser.XmlDeclHandler = declaration
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        try:
            parser.Parse(self.text.encode(), True)
        except expat.ExpatError as error:
            self.refuse(
                f"not XML: {expat.ErrorString(error.code)}", at=(error.lineno, error.offset + 1)
            )

    # the parser

    def with_own_context(self) -> str:
        """Put the atlas's own context in place of its address, from which nothing is fetched."""
        if self.media_type != "application/ld+json" or CONTEXT not in self.text:
            return self.text

        self.is_rewritten = True

        def put(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            return {
                key: own_context()
                if key == "@context" and value == CONTEXT
                else value
                if key != "@context" or not isinstance(value, list)
                else [own_context() if part == CONTEXT else part for part in value]
                for key, value in pairs
            }

        return json.dumps(json.loads(self.text, object_pairs_hook=put))

    def parse(self) -> Graph:
        triples: list[_Triple] = []
        quads = 0
        try:
            for quad in ox.parse(
                self.with_own_context().encode(),
                format=_FORMATS[self.media_type],
                base_iri=STAND_IN_BASE,
            ):
                quads += 1
                if quads > MAX_TRIPLES:
                    self.refuse(
                        f"it states more than the {MAX_TRIPLES:,} triples that are read; "
                        "send one case at a time",
                        kind=TooLargeError,
                    )
                triples.append(
                    (
                        self.term(quad.subject),
                        self.term(quad.predicate),
                        self.term(quad.object),
                    )
                )
        except SyntaxError as error:
            self.refuse_syntax(error)
        except (ValueError, OSError, RecursionError) as error:
            self.refuse(f"not {self.syntax}: {_shown(str(error), 200)}")
        if not triples:
            self.refuse(
                f"it is {self.syntax} and states nothing"
                + (
                    "; check that its @context maps every key that it uses"
                    if self.media_type == "application/ld+json"
                    else ""
                )
            )
        graph = Graph(store="SimpleMemory")
        for triple in triples:
            graph.add(triple)
        return graph

    def refuse_syntax(self, error: SyntaxError) -> NoReturn:
        detail = str(error.msg or error)
        detail = re.sub(
            r"^Parser error at line \d+ (between columns \d+ and \d+|column \d+): ", "", detail
        )
        detail = re.sub(r" \(line \d+\)$", "", detail)
        at = None
        if self.is_rewritten:
            # the parser's places are not those of the text as it came
            pass
        elif error.lineno:
            at = (error.lineno, error.offset or 1)
        elif self.media_type != "application/rdf+xml":
            at = _Lines(self.text).place(len(self.text.rstrip()))
        self.refuse(f"not {self.syntax}: {_shown(detail, 200)}", at=at)

    def term(self, term: Any) -> Node:
        if isinstance(term, ox.NamedNode):
            return URIRef(term.value)
        if isinstance(term, ox.BlankNode):
            return BNode(term.value)
        if isinstance(term, ox.Literal):
            return self.literal(term)
        self.refuse("a triple stands where a thing is expected; RDF 1.2 triple terms are not read")

    def literal(self, term: ox.Literal) -> Literal:
        lexical = term.value
        if term.language:
            return Literal(lexical, lang=term.language)
        datatype = URIRef(term.datatype.value)
        # rdflib tells "a" from "a"^^xsd:string where RDF 1.1 does not
        if datatype == XSD.string:
            return Literal(lexical)
        if datatype in (RDF.XMLLiteral, RDF.HTML):
            self.refuse_literal(lexical, "markup is not accepted as a value; give plain text")
        check = _LEXICAL.get(datatype)
        if check is not None:
            if len(lexical) > MAX_NUMERAL:
                self.refuse_literal(
                    lexical,
                    f"a value of xsd:{datatype.fragment} has more than the {MAX_NUMERAL} "
                    "characters that are read",
                    TooLargeError,
                )
            if not check(lexical):
                self.refuse_literal(
                    lexical,
                    f"'{_shown(lexical)}' is no xsd:{datatype.fragment}; right is, for example, "
                    f"'{_EXAMPLES[datatype]}'",
                )
        # never normalised: "1E99999999"^^xsd:decimal would become a text of a hundred megabytes
        return Literal(lexical, datatype=datatype, normalize=False)

    def refuse_literal(
        self, lexical: str, message: str, kind: type[InputError] = InputError
    ) -> NoReturn:
        only = self.text.count(lexical) == 1 if lexical else False
        self.refuse(message, offset=self.text.find(lexical) if only else None, kind=kind)


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda lexical: compiled.fullmatch(lexical) is not None


def _parses(pattern: str, parse: Callable[[str], object]) -> Callable[[str], bool]:
    shape = _matches(pattern)

    def check(lexical: str) -> bool:
        if not shape(lexical):
            return False
        try:
            parse(lexical)
        except ValueError:
            return False
        return True

    return check


_ZONE = r"(?:Z|[+-]\d\d:\d\d)?"
_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"\d\d:\d\d:\d\d(?:\.\d{1,6})?"
_INTEGER = _matches(r"[+-]?[0-9]+")
_DURATION = _matches(r"-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")

#: Checks of lexical forms. rdflib would take an ill-formed value in, log it with its text, and
#: compare it by spelling; it would also take exponents in decimals, which XSD does not know and
#: which unfold when calculated with.
_LEXICAL: dict[URIRef, Callable[[str], bool]] = {
    XSD.boolean: _matches(r"true|false|1|0"),
    XSD.decimal: _matches(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"),
    XSD.double: _matches(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN"),
    XSD.date: _parses(_DAY + _ZONE, lambda s: date.fromisoformat(s[:10])),
    XSD.dateTime: _parses(
        _DAY + "T" + _CLOCK + _ZONE, lambda s: datetime.fromisoformat(s.replace("Z", "+00:00"))
    ),
    XSD.time: _parses(_CLOCK + _ZONE, lambda s: time.fromisoformat(s.replace("Z", "+00:00"))),
    XSD.gYear: _matches(r"[1-9][0-9]{3}" + _ZONE),
    XSD.gYearMonth: _matches(r"[1-9][0-9]{3}-(0[1-9]|1[0-2])" + _ZONE),
    XSD.duration: _DURATION,
    XSD.dayTimeDuration: _DURATION,
    XSD.yearMonthDuration: _DURATION,
    XSD.hexBinary: _matches(r"(?:[0-9a-fA-F]{2})*"),
    XSD.base64Binary: _matches(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"),
}
_LEXICAL[XSD.float] = _LEXICAL[XSD.double]
for _name in (
    "byte",
    "int",
    "integer",
    "long",
    "negativeInteger",
    "nonNegativeInteger",
    "nonPositiveInteger",
    "positiveInteger",
    "short",
    "unsignedByte",
    "unsignedInt",
    "unsignedLong",
    "unsignedShort",
):
    _LEXICAL[XSD[_name]] = _INTEGER
_EXAMPLES = defaultdict(
    lambda: "3",
    {
        XSD.boolean: "true",
        XSD.decimal: "1.5",
        XSD.double: "1.5e0",
        XSD.float: "1.5e0",
        XSD.date: "2026-11-24",
        XSD.dateTime: "2026-11-24T10:00:00Z",
        XSD.time: "10:00:00",
        XSD.gYear: "2026",
        XSD.gYearMonth: "2026-11",
        XSD.duration: "P1Y2M",
        XSD.dayTimeDuration: "P1DT2H",
        XSD.yearMonthDuration: "P1Y2M",
        XSD.hexBinary: "0fb7",
        XSD.base64Binary: "aGVsbG8=",
    },
)

# the quantifiers are possessive: on ten megabytes the pattern must not remember where it has been
_TURTLE_STRING = (
    r'"""(?:[^"\\]++|\\.|"(?!""))*+"""'
    r"|'''(?:[^'\\]++|\\.|'(?!''))*+'''"
    r'|"(?:[^"\\\r\n]++|\\.)*+"'
    r"|'(?:[^'\\\r\n]++|\\.)*+'"
)
_TURTLE_BRACKETS = re.compile(
    rf"{_TURTLE_STRING}|#[^\r\n]*+|<[^<>\s\"{{}}|^`]*+>|[\[({{]|[\])}}]", re.DOTALL
)
_JSON_STRING = r'"(?:[^"\\]++|\\.)*+"'
_JSON_BRACKETS = re.compile(rf"{_JSON_STRING}|[\[{{]|[\]}}]", re.DOTALL)
_JSON_LONG_NUMBER = re.compile(
    rf"{_JSON_STRING}|(?P<number>[-+.0-9eE]{{{MAX_NUMERAL + 1},}})", re.DOTALL
)


# Where statements stand


@dataclass(slots=True)
class _Sighting:
    """What a reading for places comes upon: a statement, and the offsets of its three parts."""

    subject: Node
    predicate: Node
    object: Node
    subject_at: int
    predicate_at: int
    object_at: int


@dataclass(slots=True)
class Places:
    """Where the statements of a case stand in its text. Lines and columns are counted from one."""

    _place: Callable[[int], tuple[int, int]] = lambda _: (0, 0)
    _subjects: dict[Node, int] = field(default_factory=dict)
    _predicates: dict[tuple[Node, Node], int] = field(default_factory=dict)
    _objects: dict[_Triple, int] = field(default_factory=dict)
    _links: dict[tuple[Node, Node], int] = field(default_factory=dict)

    def of(
        self, subject: Node, predicates: Iterable[Node] = (), value: Node | None = None
    ) -> tuple[int, int] | None:
        """Give line and column of the nearest thing to a statement.

        That is the value under one of the predicates, else the first of the predicates at the
        subject, else the subject where it is first described; nothing where none is certain.
        """
        offset = None
        for predicate in predicates:
            if value is not None:
                offset = self._objects.get((subject, predicate, value))
            offset = self._predicates.get((subject, predicate)) if offset is None else offset
            if offset is not None:
                break
        offset = self._subjects.get(subject) if offset is None else offset
        return None if offset is None else self._place(offset)

    def of_term(self, term: Node, subject: Node) -> tuple[int, int] | None:
        """Give line and column of a term used of a subject, as a property or as a value."""
        offset = self._predicates.get((subject, term))
        offset = self._links.get((subject, term)) if offset is None else offset
        return None if offset is None else self._place(offset)


def locate(data: bytes, *, media_type: str, graph: Graph) -> Places:
    """Find where the statements of a case stand in the text that it was read from.

    :param graph: what :func:`read_case` made of the same bytes; only what it holds is located.
    :returns: the places; none of them for a text that uses what is not known here.
    """
    text = data.decode("utf-8-sig")
    readers: dict[str, Callable[[str], Iterator[_Sighting]]] = {
        "text/turtle": lambda text: _TurtleSightings(text).read(),
        "application/n-triples": lambda text: _TurtleSightings(text).read(),
        "application/trig": lambda text: _TurtleSightings(text).read(),
        "application/ld+json": lambda text: _JsonSightings(text).read(),
        "application/rdf+xml": lambda text: _XmlSightings(text).read(),
    }
    reader = readers[_normal_media_type(media_type, None)]
    try:
        sightings = list(reader(text))
    except (_UnsureError, RecursionError, expat.ExpatError):
        return Places()
    return _places(sightings, graph, _Lines(text).place)


class _UnsureError(Exception):
    """The reading for places meets something it does not know; it then gives no place at all."""


def _places(
    sightings: list[_Sighting], graph: Graph, place: Callable[[int], tuple[int, int]]
) -> Places:
    """Keep of the sightings what the graph confirms, under the graph's own blank nodes."""
    same = _match_blank_nodes([(s.subject, s.predicate, s.object) for s in sightings], graph)

    def known(term: Node) -> Node | None:
        return same.get(term) if isinstance(term, BNode) else term

    places = Places(place)
    for seen in sightings:
        subject, value = known(seen.subject), known(seen.object)
        if subject is None:
            continue
        if value is None:
            if (subject, seen.predicate, None) in graph:
                places._predicates.setdefault((subject, seen.predicate), seen.predicate_at)
                places._subjects.setdefault(subject, seen.subject_at)
        elif (subject, seen.predicate, value) in graph:
            places._subjects.setdefault(subject, seen.subject_at)
            places._predicates.setdefault((subject, seen.predicate), seen.predicate_at)
            places._objects.setdefault((subject, seen.predicate, value), seen.object_at)
            places._links.setdefault((subject, value), seen.object_at)
    return places


def _match_blank_nodes(triples: list[_Triple], graph: Graph) -> dict[Node, Node]:
    """Pair the blank nodes of two readings of one text, where what is said singles one out."""
    ours = _colours(triples)
    theirs = _colours(list(graph))
    unique = {colour: nodes[0] for colour, nodes in theirs.items() if len(nodes) == 1}
    return {
        nodes[0]: unique[colour]
        for colour, nodes in ours.items()
        if len(nodes) == 1 and colour in unique
    }


def _colours(triples: list[_Triple]) -> dict[int, list[Node]]:
    around: dict[Node, list[tuple[str, Node, Node]]] = defaultdict(list)
    for subject, predicate, value in set(triples):
        if isinstance(subject, BNode):
            around[subject].append(("out", predicate, value))
        if isinstance(value, BNode):
            around[value].append(("in", predicate, subject))
    colour: dict[Node, int] = dict.fromkeys(around, 0)
    for _ in range(6):
        colour = {
            node: hash(tuple(sorted((way, hash(p), colour.get(o, hash(o))) for way, p, o in edges)))
            for node, edges in around.items()
        }
    classes: dict[int, list[Node]] = defaultdict(list)
    for node, value_ in colour.items():
        classes[value_].append(node)
    return classes


#: A text of more words than this is not read again for places.
_MOST_TOKENS = 500_000

_LOCAL = r"(?:[\w.\-:]|[^\x00-\x7f]|%[0-9a-fA-F]{2}|\\[-_~.!$&'()*+,;=/?#@%])*"
_TOKEN = re.compile(
    rf"""
      (?P<skip>[\s]++|\#[^\r\n]*+)
    | (?P<string>{_TURTLE_STRING})
    | (?P<iri><(?:[^<>"{{}}|^`\\\s]|\\u[0-9a-fA-F]{{4}}|\\U[0-9a-fA-F]{{8}})*+>)
    | (?P<type>\^\^)
    | (?P<bnode>_:[\w.\-]*[\w\-])
    | (?P<at>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<number>[+-]?(?:[0-9]+\.[eE][+-]?[0-9]+
                       |(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))
    | (?P<name>(?:[^\W\d_](?:[\w.\-]*[\w\-])?)?:{_LOCAL})
    | (?P<word>[A-Za-z]+)
    | (?P<mark>[\[\](),;.{{}}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def _unescape(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else _ESCAPES.get(match[3], match[3])

    return _ESCAPE.sub(replace, text) if "\\" in text else text


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    at: int


class _TurtleSightings:
    """A reading of Turtle or TriG for places, of text that the parser has accepted."""

    def __init__(self, text: str) -> None:
        self.tokens: list[_Token] = []
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise _UnsureError
            kind, end = str(match.lastgroup), match.end()
            # a full stop after a name ends the statement, it is not part of the name
            if kind == "name":
                while text[end - 1] == "." and text[end - 2] != "\\":
                    end -= 1
            if len(self.tokens) >= _MOST_TOKENS:
                raise _UnsureError
            if kind != "skip":
                self.tokens.append(_Token(kind, text[position:end], position))
            position = end
        self.next = 0
        self.base = STAND_IN_BASE
        self.prefixes: dict[str, str] = {}
        self.found: list[_Sighting] = []

    def peek(self) -> _Token:
        if self.next >= len(self.tokens):
            raise _UnsureError
        return self.tokens[self.next]

    def take(self, text: str | None = None) -> _Token:
        token = self.peek()
        if text is not None and token.text != text:
            raise _UnsureError
        self.next += 1
        return token

    def read(self) -> Iterator[_Sighting]:
        while self.next < len(self.tokens):
            self.statement()
        return iter(self.found)

    def statement(self) -> None:
        token = self.peek()
        word = token.text.lower()
        if word in ("@prefix", "prefix", "@base", "base") and token.kind in ("at", "word"):
            self.take()
            if word.endswith("prefix"):
                name = self.take().text[:-1]
                self.prefixes[name] = self.iri(self.take().text)
            else:
                self.base = self.iri(self.take().text)
            if word.startswith("@"):
                self.take(".")
            return
        if word == "graph" and token.kind == "word":
            self.take()
            token = self.peek()
        if token.text != "{":
            subject = self.term()
        if self.peek().text == "{":
            self.block()
            return
        self.triples(subject, token)
        self.take(".")

    def block(self) -> None:
        """Read the statements of one graph, of which the last needs no full stop."""
        self.take("{")
        while self.peek().text != "}":
            token = self.peek()
            self.triples(self.term(), token)
            if self.peek().text != "}":
                self.take(".")
        self.take("}")

    def triples(self, subject: Node, start: _Token) -> None:
        if not (start.text == "[" and self.peek().text in (".", "}")):
            self.predicates(subject, start.at)

    def predicates(self, subject: Node, subject_at: int) -> None:
        while True:
            token = self.peek()
            if token.kind == "word" and token.text == "a":
                self.take()
                predicate: Node = RDF.type
            else:
                predicate = self.term()
            while True:
                object_at = self.peek().at
                value = self.term()
                self.found.append(
                    _Sighting(subject, predicate, value, subject_at, token.at, object_at)
                )
                if self.peek().text != ",":
                    break
                self.take()
            if self.peek().text != ";":
                return
            while self.peek().text == ";":
                self.take()
            if self.peek().text in (".", "]", "}"):
                return

    def iri(self, text: str) -> str:
        return urljoin(self.base, _unescape(text[1:-1]), allow_fragments=True)

    def term(self) -> Node:
        token = self.take()
        if token.kind == "iri":
            return URIRef(self.iri(token.text))
        if token.kind == "name":
            prefix, _, local = token.text.partition(":")
            if prefix not in self.prefixes:
                raise _UnsureError
            return URIRef(self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local))
        if token.kind == "bnode":
            return BNode(token.text)
        if token.kind == "string":
            return self.string(token)
        if token.kind == "number":
            kind = (
                "double"
                if "e" in token.text.lower()
                else "decimal"
                if "." in token.text
                else "integer"
            )
            return Literal(token.text, datatype=XSD[kind], normalize=False)
        if token.kind == "word" and token.text in ("true", "false"):
            return Literal(token.text, datatype=XSD.boolean, normalize=False)
        if token.text == "[":
            node = BNode()
            if self.peek().text != "]":
                self.predicates(node, token.at)
            self.take("]")
            return node
        if token.text == "(":
            return self.collection()
        raise _UnsureError

    def string(self, token: _Token) -> Literal:
        quotes = 3 if token.text.startswith(('"""', "'''")) and len(token.text) >= 6 else 1
        lexical = _unescape(token.text[quotes:-quotes])
        if self.next < len(self.tokens):
            after = self.peek()
            if after.kind == "at":
                self.take()
                return Literal(lexical, lang=after.text[1:].lower())
            if after.kind == "type":
                self.take()
                datatype = self.term()
                if not isinstance(datatype, URIRef):
                    raise _UnsureError
                if datatype != XSD.string:
                    return Literal(lexical, datatype=datatype, normalize=False)
        return Literal(lexical)

    def collection(self) -> Node:
        items: list[tuple[Node, int]] = []
        while self.peek().text != ")":
            at = self.peek().at
            items.append((self.term(), at))
        self.take()
        rest: Node = RDF.nil
        for item, at in reversed(items):
            node = BNode()
            self.found.append(_Sighting(node, RDF.first, item, at, at, at))
            self.found.append(_Sighting(node, RDF.rest, rest, at, at, at))
            rest = node
        return rest


@dataclass(slots=True)
class _Element:
    """An element of RDF/XML: one that stands for a thing, or one that stands for a property.

    :param thing: the thing, or the one that has the property.
    :param at: where the element of the thing begins.
    :param predicate: the property, if it is one.
    """

    thing: Node
    at: int
    base: str
    language: str | None
    predicate: URIRef | None = None
    predicate_at: int = 0
    datatype: str | None = None
    text: list[str] = field(default_factory=list)
    text_at: int | None = None
    is_done: bool = False


class _XmlSightings:
    """A reading of RDF/XML for places, of text that the parser has accepted.

    It does without lists, markup as a value and statements about statements, and gives up there.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.data = text.encode()
        self.found: list[_Sighting] = []
        self.open: list[_Element] = []
        self.seen = (0, 0)
        self.nameless: dict[str, BNode] = {}
        self.parser = expat.ParserCreate(namespace_separator="\n")
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters

    def read(self) -> Iterator[_Sighting]:
        self.parser.Parse(self.data, True)
        return iter(self.found)

    def here(self) -> int:
        """Give the offset in characters; the parser counts bytes, and only forwards."""
        byte, offset = self.seen
        now = self.parser.CurrentByteIndex
        self.seen = now, offset + len(self.data[byte:now].decode())
        return self.seen[1]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        at = self.here()
        names = {key.replace("\n", ""): value for key, value in attributes.items()}
        above = self.open[-1] if self.open else None
        base = urljoin(above.base if above else STAND_IN_BASE, names.pop(_XML + "base", ""))
        language = names.pop(_XML + "lang", above.language if above else None)
        iri = name.replace("\n", "")
        if not self.open and iri == _RDF + "RDF":
            self.open.append(_Element(RDF.nil, at, base, language, is_done=True))
        elif above is None or above.predicate is not None or len(self.open) == 1:
            self.thing(iri, names, at, (base, language), above)
        else:
            self.property(iri, names, at, (base, language), above)

    def thing(
        self,
        iri: str,
        names: dict[str, str],
        at: int,
        context: tuple[str, str | None],
        above: _Element | None,
    ) -> None:
        base, language = context
        subject = self.node(names, "about", base) or BNode()
        if above is not None and above.predicate is not None:
            self.see(above, subject, at)
            above.is_done = True
        element = _Element(subject, at, base, language)
        if iri != _RDF + "Description":
            self.found.append(_Sighting(subject, RDF.type, URIRef(iri), at, at, at))
        self.attributes(element, names)
        self.open.append(element)

    def property(
        self,
        iri: str,
        names: dict[str, str],
        at: int,
        context: tuple[str, str | None],
        above: _Element,
    ) -> None:
        kind = names.pop(_RDF + "parseType", None)
        if iri == _RDF + "li" or kind not in (None, "Resource") or _RDF + "ID" in names:
            raise _UnsureError
        element = _Element(above.thing, above.at, *context, URIRef(iri), at)
        element.datatype = names.pop(_RDF + "datatype", None)
        if kind == "Resource":
            value: Node = BNode()
            self.see(element, value, at)
            self.open.append(_Element(value, at, *context))
            return
        self.open.append(element)
        if names:
            place = self.attribute("resource" if _RDF + "resource" in names else "nodeID", at)
            value = self.node(names, "resource", element.base) or BNode()
            self.see(element, value, place)
            self.attributes(_Element(value, at, *context), names)
            element.is_done = True

    def node(self, names: dict[str, str], key: str, base: str) -> Node | None:
        """Take out of attributes what names a thing."""
        if _RDF + key in names:
            return URIRef(urljoin(base, names.pop(_RDF + key)))
        if _RDF + "ID" in names:
            return URIRef(urljoin(base, "#" + names.pop(_RDF + "ID")))
        if _RDF + "nodeID" in names:
            return self.nameless.setdefault(names.pop(_RDF + "nodeID"), BNode())
        return None

    def attributes(self, element: _Element, names: dict[str, str]) -> None:
        """Take attributes for properties of a thing."""
        for name, text in names.items():
            value: Node = Literal(text, lang=element.language and element.language.lower())
            if name == str(RDF.type):
                value = URIRef(urljoin(element.base, text))
            place = self.attribute(re.split(r"[/#]", name)[-1], element.at)
            self.found.append(
                _Sighting(element.thing, URIRef(name), value, element.at, place, place)
            )

    def attribute(self, local: str, at: int) -> int:
        """Give the place of an attribute's value in the tag that begins at an offset."""
        match = re.compile(rf"""[\s:]{re.escape(local)}\s*=\s*["']""").search(self.text, at)
        return match.end() if match else at

    def see(self, element: _Element, value: Node, at: int) -> None:
        predicate = element.predicate or RDF.type
        self.found.append(
            _Sighting(element.thing, predicate, value, element.at, element.predicate_at, at)
        )

    def characters(self, text: str) -> None:
        element = self.open[-1]
        if element.predicate is not None:
            element.text.append(text)
            if element.text_at is None:
                element.text_at = self.here()

    def end(self, _: str) -> None:
        element = self.open.pop()
        if element.predicate is None or element.is_done:
            return
        text = "".join(element.text)
        if element.datatype in (None, str(XSD.string)):
            language = None if element.datatype else element.language
            value = Literal(text, lang=language.lower() if language else None)
        else:
            value = Literal(
                text,
                datatype=URIRef(urljoin(element.base, str(element.datatype))),
                normalize=False,
            )
        place = element.predicate_at if element.text_at is None else element.text_at
        self.see(element, value, place)


_XML = "http://www.w3.org/XML/1998/namespace"
_RDF = str(RDF)


class _JsonSightings:
    """A reading of JSON-LD for places.

    It knows one context at the top with prefixes, terms, ``@id``, ``@type`` and ``@vocab``; where a
    document uses more than that it gives up, or sees less than is there, and what it sees is
    checked against the graph.
    """

    def __init__(self, text: str) -> None:
        self.tokens = [
            (match[0], match.start())
            for match in re.finditer(
                rf"{_JSON_STRING}|[\[\]{{}}:,]|[^\s\[\]{{}}:,\"]+", text, re.DOTALL
            )
        ]
        if len(self.tokens) > _MOST_TOKENS:
            raise _UnsureError
        self.next = 0
        self.base = STAND_IN_BASE
        self.vocab = ""
        self.terms: dict[str, Any] = {}
        self.found: list[_Sighting] = []

    def read(self) -> Iterator[_Sighting]:
        value, _ = self.value()
        tops = value if isinstance(value, list) else [(value, 0)]
        for top, at in tops:
            if not isinstance(top, dict):
                raise _UnsureError
            if "@context" in top:
                self.context(_plain(top["@context"][1]))
            self.node(top, at)
        return iter(self.found)

    # JSON with offsets: an object maps a key to its offset, its value, and the value's offset

    def value(self) -> tuple[Any, int]:
        mark, at = self.tokens[self.next]
        self.next += 1
        if mark == "{":
            members: dict[str, tuple[int, Any, int]] = {}
            while self.tokens[self.next][0] != "}":
                key, key_at = self.tokens[self.next]
                self.next += 2
                member, member_at = self.value()
                members[json.loads(key)] = (key_at, member, member_at)
                if self.tokens[self.next][0] == ",":
                    self.next += 1
            self.next += 1
            return members, at
        if mark == "[":
            items = []
            while self.tokens[self.next][0] != "]":
                items.append(self.value())
                if self.tokens[self.next][0] == ",":
                    self.next += 1
            self.next += 1
            return items, at
        return _Scalar(json.loads(mark), mark), at

    def context(self, context: Any) -> None:
        for part in context if isinstance(context, list) else [context]:
            if part == CONTEXT:
                part = own_context()
            if not isinstance(part, dict):
                raise _UnsureError
            for key, meaning in part.items():
                if key == "@base" and isinstance(meaning, str):
                    self.base = urljoin(self.base, meaning)
                elif key == "@vocab" and isinstance(meaning, str):
                    self.vocab = meaning
                elif key.startswith("@"):
                    if key not in ("@version", "@language"):
                        raise _UnsureError
                else:
                    self.terms[key] = meaning

    def expand(self, name: str, *, vocab: bool) -> str | None:
        """Give the IRI for a term, short form or relative IRI; a keyword for its alias."""
        if name.startswith("@"):
            return name
        if vocab and name in self.terms:
            meaning = self.terms[name]
            meaning = meaning.get("@id", name) if isinstance(meaning, dict) else meaning
            if isinstance(meaning, str) and meaning != name:
                return self.expand(meaning, vocab=True)
        prefix, colon, local = name.partition(":")
        if colon and not local.startswith("//") and prefix in self.terms:
            start = self.expand(prefix, vocab=True)
            return None if start is None else start + local
        if colon:
            return name
        if vocab:
            return self.vocab + name if self.vocab else None
        return urljoin(self.base, name)

    def coercion(self, key: str) -> str | None:
        meaning = self.terms.get(key)
        if not isinstance(meaning, dict):
            return None
        if set(meaning) - {"@id", "@type", "@language"}:
            raise _UnsureError
        return meaning.get("@type")

    def identifier(self, members: dict[str, tuple[int, Any, int]]) -> Node:
        for key, (_, value, _at) in members.items():
            if self.expand(key, vocab=True) == "@id" and isinstance(value, _Scalar):
                if str(value.value).startswith("_:"):
                    return BNode(value.value)
                iri = self.expand(str(value.value), vocab=False)
                if iri is None:
                    raise _UnsureError
                return URIRef(iri)
        return BNode()

    def node(self, members: dict[str, tuple[int, Any, int]], at: int, nested: bool = False) -> Node:
        if nested and "@context" in members:
            raise _UnsureError
        subject = self.identifier(members)
        for key, (key_at, value, value_at) in members.items():
            predicate = self.expand(key, vocab=True)
            if predicate == "@type":
                for item, item_at in value if isinstance(value, list) else [(value, value_at)]:
                    kind = self.expand(str(item.value), vocab=True)
                    if kind is not None:
                        self.found.append(
                            _Sighting(subject, RDF.type, URIRef(kind), at, key_at, item_at)
                        )
            elif predicate == "@graph":
                for item, item_at in value if isinstance(value, list) else [(value, value_at)]:
                    self.node(item, item_at, nested=True)
            elif predicate is not None and not predicate.startswith("@"):
                for item, item_at in value if isinstance(value, list) else [(value, value_at)]:
                    self.statement(subject, URIRef(predicate), key, item, (at, key_at, item_at))
        return subject

    def statement(
        self, subject: Node, predicate: URIRef, key: str, item: Any, at: tuple[int, int, int]
    ) -> None:
        coercion = self.coercion(key)
        value: Node | None
        if isinstance(item, dict):
            keywords = {self.expand(name, vocab=True): name for name in item}
            if "@value" in keywords:
                value = self.explicit(item, keywords)
            elif "@list" in keywords or "@set" in keywords:
                raise _UnsureError
            else:
                value = self.node(item, at[2], nested=True)
        elif isinstance(item, list):
            raise _UnsureError
        elif coercion in ("@id", "@vocab") and isinstance(item.value, str):
            if item.value.startswith("_:"):
                value = BNode(item.value)
            else:
                iri = self.expand(item.value, vocab=coercion == "@vocab")
                value = None if iri is None else URIRef(iri)
        else:
            value = self.scalar(item, coercion)
        if value is not None:
            self.found.append(_Sighting(subject, predicate, value, *at))

    def explicit(
        self, item: dict[str, tuple[int, Any, int]], keywords: dict[str | None, str]
    ) -> Node | None:
        scalar = item[keywords["@value"]][1]
        if "@language" in keywords:
            language = item[keywords["@language"]][1].value
            return Literal(scalar.value, lang=str(language).lower())
        kind = item[keywords["@type"]][1].value if "@type" in keywords else None
        return self.scalar(scalar, kind)

    def scalar(self, item: _Scalar, kind: str | None) -> Node | None:
        iri = None if kind is None else self.expand(kind, vocab=True)
        value = item.value
        if value is None:
            return None
        if isinstance(value, bool):
            return Literal(item.text, datatype=URIRef(iri) if iri else XSD.boolean, normalize=False)
        if isinstance(value, int):
            return Literal(item.text, datatype=URIRef(iri) if iri else XSD.integer, normalize=False)
        if isinstance(value, float):
            return None
        if iri is None or iri == str(XSD.string):
            return Literal(value)
        return Literal(value, datatype=URIRef(iri), normalize=False)


@dataclass(frozen=True, slots=True)
class _Scalar:
    """A JSON string, number, boolean or null, with its spelling."""

    value: Any
    text: str


def _plain(value: Any) -> Any:
    """Give JSON without the offsets."""
    if isinstance(value, dict):
        return {key: _plain(member) for key, (_, member, _at) in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item, _ in value]
    return value.value
