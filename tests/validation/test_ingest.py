"""Reading what strangers send: refusals that help, right places, nothing that hangs or fetches."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import RDF, XSD, BNode, Literal, URIRef
from rdflib.compare import isomorphic

from kg.errors import InputError, TooLargeError
from kg.ingest import (
    MAX_BYTES,
    MAX_TRIPLES,
    MEDIA_TYPES,
    STAND_IN_BASE,
    SUFFIXES,
    locate,
    media_type_for,
    read_case,
)

TURTLE, JSON, XML = "text/turtle", "application/ld+json", "application/rdf+xml"
P = b"@prefix a: <http://a/> .\n"
OPEN = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">'
LAUGHS = (
    b'<?xml version="1.0"?>\n<!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (c, b"&%c;" % (c - 1) * 10) for c in b"bcdefghij")
    + b"]>"
    + OPEN
    + b"<rdf:Description><e:p>&j;</e:p></rdf:Description></rdf:RDF>"
)

# what is sent, as what, where it is refused, and a word of the refusal
REFUSED: dict[str, tuple[bytes, str, tuple[int, int] | None, str]] = {
    "empty": (b" \n", TURTLE, None, "nothing in it"),
    "nul": (b"a\0b", TURTLE, (1, 2), "NUL"),
    "binary": (bytes(range(14, 256)), TURTLE, (1, 115), "UTF-8"),
    "utf-16": ("<a>".encode("utf-16"), TURTLE, (1, 1), "UTF-16"),
    "latin-1": (P + b'a:b a:c "\xe4" .', TURTLE, (2, 10), "0xe4 is not UTF-8"),
    "media-type": (b"<a> <b> <c> .", "text/plain", None, "text/turtle"),
    "charset": (b"<a> <b> <c> .", "text/turtle; charset=latin-1", None, "UTF-8"),
    "xml-as-turtle": (b"<?xml version='1.0'?><a/>", TURTLE, (1, 1), "looks like RDF/XML"),
    "json-as-turtle": (b'{"@id": "a"}', TURTLE, (1, 1), "looks like JSON-LD"),
    "turtle-as-json": (P, JSON, (1, 1), "looks like Turtle"),
    "turtle-as-xml": (P, XML, (1, 1), "looks like Turtle"),
    "n-triples-as-xml": (b"<http://a> <http://b> <c:c> .", XML, (1, 1), "looks like N-Triples"),
    "no-object": (P + b"a:b a:c a:d .\na:x a:y .", TURTLE, (3, 9), "not Turtle"),
    "no-dot": (P + b'a:b a:c "x" a:d .', TURTLE, (2, 13), "dot"),
    "no-prefix": (P + b"a:b q:c a:d .", TURTLE, (2, 5), "prefix q:"),
    "after-umlauts": (
        '@prefix a: <http://a/> .\na:b a:c "äöü" q:d .'.encode(),
        TURTLE,
        (2, 15),
        "q:",
    ),
    "cut-off": (P + b'a:b a:c "abc', TURTLE, (2, 9), "end"),
    "deep-turtle": (P + b"a:b a:c " + b"[ a:c " * 5000, TURTLE, (2, 393), "64 levels"),
    "deep-list": (P + b"a:b a:c " + b"(" * 5000, TURTLE, (2, 73), "64 levels"),
    "deep-json": (b'{"a":' * 5000, JSON, (1, 321), "64 levels"),
    "deep-json-list": (b"[" * 100_000, JSON, (1, 65), "64 levels"),
    "deep-xml": (b"<a>" * 5000, XML, (1, 193), "64 levels"),
    "not-json": (b'{"@id": "a",\n "http://p/": }', JSON, (2, 15), "not JSON"),
    "json-number": (b'{"http://p/p": ' + b"9" * 2_000_000 + b"}", JSON, (1, 16), "100 characters"),
    "json-nan": (b'{"http://p/p": NaN}', JSON, None, "NaN"),
    "json-twice": (b'{"@id": "a", "@id": "b"}', JSON, None, "'@id' stands twice"),
    "json-scalar": (b"3", JSON, (1, 1), "object"),
    "json-unmapped": (b'{"@id": "a", "name": "b"}', JSON, None, "@context maps"),
    "not-xml": (OPEN + b"\n<a></b>", XML, (2, 6), "not XML"),
    "not-rdf-xml": (OPEN + b"<rdf:li/></rdf:RDF>", XML, None, "not RDF/XML"),
    "xml-latin-1": (b'<?xml version="1.0" encoding="latin-1"?>' + OPEN, XML, (1, 1), "latin-1"),
    "laughs": (LAUGHS, XML, (2, 13), "DOCTYPE"),
    "xxe": (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + OPEN + b"</rdf:RDF>",
        XML,
        (1, 13),
        "DOCTYPE",
    ),
    "decimal-bomb": (
        P + b'a:b a:c "1E99999999"^^<http://www.w3.org/2001/XMLSchema#decimal> .',
        TURTLE,
        (2, 10),
        "xsd:decimal",
    ),
    "long-integer": (P + b"a:b a:c " + b"9" * 2_000_000 + b" .", TURTLE, (2, 9), "100 characters"),
    "no-date": (
        P + b'a:b a:c "2020-13-45"^^<http://www.w3.org/2001/XMLSchema#date> .',
        TURTLE,
        (2, 10),
        "xsd:date",
    ),
    "xml-literal": (
        P + b'a:b a:c "<b/>"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral> .',
        TURTLE,
        (2, 10),
        "markup",
    ),
    "triple-term": (P + b"a:b a:c <<( a:b a:c a:d )>> .", TURTLE, None, "triple terms"),
    "many": (
        P + b"a:b a:c " + b", ".join(b'"%d"' % n for n in range(MAX_TRIPLES + 1)) + b" .",
        TURTLE,
        None,
        "50,000",
    ),
    "long-list": (P + b"a:b a:c (" + b"1 " * 200_000 + b") .", TURTLE, None, "50,000"),
    "large": (b"#" * (MAX_BYTES + 1), TURTLE, None, "10,485,760"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused(name: str) -> None:
    data, media_type, place, word = REFUSED[name]
    started = time.process_time()
    with pytest.raises(InputError, match=word) as caught:
        read_case(data, media_type=media_type, source="f")
    error = caught.value
    assert (error.line, error.column) == (place or (None, None))
    assert error.source == "f"
    assert len(str(error)) < 400
    assert str(error).isprintable()
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "name", ["deep-turtle", "deep-json", "deep-xml", "json-number", "long-integer", "many", "large"]
)
def test_bounds_are_told_apart(name: str) -> None:
    data, media_type, _, _ = REFUSED[name]
    with pytest.raises(TooLargeError):
        read_case(data, media_type=media_type)


REMOTE = [
    b'{"@context": "URL", "@id": "a"}',
    b'{"@context": ["URL"], "@id": "a"}',
    b'{"@context": {"@import": "URL"}, "@id": "a"}',
    b'{"@id": "a", "http://p/p": {"@context": "URL", "@id": "b"}}',
    b'{"@context": {"t": {"@id": "http://p/", "@context": "URL"}}, "t": {"@id": "b"}}',
    b'[{"@id": "a"}, {"\\u0040context": "URL"}]',
]


@pytest.mark.parametrize("url", ["http://127.0.0.1:PORT/c", "file:///etc/hostname", "c.jsonld"])
@pytest.mark.parametrize("document", REMOTE)
def test_nothing_is_fetched(document: bytes, url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        port = str(server.getsockname()[1])
        with pytest.raises(InputError, match="nothing is fetched here"):
            read_case(document.replace(b"URL", url.replace("PORT", port).encode()), media_type=JSON)
        with pytest.raises(TimeoutError):
            server.accept()


def test_imports_and_remote_looking_turtle_fetch_nothing() -> None:
    data = (
        P
        + b"<http://127.0.0.1:9/> <http://www.w3.org/2002/07/owl#imports> <file:///etc/hostname> ."
    )
    assert len(read_case(data, media_type=TURTLE)) == 1


def test_brackets_in_strings_and_comments_are_no_nesting() -> None:
    data = P + b'a:b a:c "' + b"[" * 500 + b"\" , '''\n" + b"(" * 500 + b"''' . #" + b"[" * 500
    assert len(read_case(data, media_type=TURTLE)) == 2


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    with pytest.raises(InputError) as caught:
        read_case(b"\xef\xbb\xbf<a> <b> c .", media_type=TURTLE)
    assert (caught.value.line, caught.value.column) == (1, 9)


CASE = """
@prefix a: <http://a/> .
a:b a a:C ; a:p "v" , "w"@en , 1 , 01 , 1.50 , true , "2020-01-02"^^a:day ;
  a:q [ a:r ( a:s "t" ) ] .
"""


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_every_syntax_gives_the_same_graph(media_type: str) -> None:
    graph = read_case(CASE.encode(), media_type=TURTLE)
    triples = ox.parse(CASE.encode(), format=ox.RdfFormat.TURTLE)
    written = ox.serialize(
        (ox.Triple(quad.subject, quad.predicate, quad.object) for quad in triples),
        format=ox.RdfFormat.from_media_type(media_type),
    )
    assert written is not None
    assert isomorphic(read_case(written, media_type=media_type), graph)
    assert len(graph) == 14


def test_literals_stay_as_they_are_written() -> None:
    graph = read_case(CASE.encode(), media_type=TURTLE)
    values = set(graph.objects(None, URIRef("http://a/p")))
    assert Literal("01", datatype=XSD.integer, normalize=False) in values
    assert Literal("1.50", datatype=XSD.decimal, normalize=False) in values
    assert Literal("v") in values


def test_named_graphs_are_put_into_one() -> None:
    data = P + b"a:g { a:b a:c a:d } a:h { a:b a:c a:e }"
    assert len(read_case(data, media_type="application/trig")) == 2


def test_relative_iris_get_a_stand_in_base() -> None:
    [(subject, _, value)] = read_case(b"<x> a <#y> .", media_type=TURTLE)
    assert (subject, value) == (URIRef(STAND_IN_BASE + "x"), URIRef(STAND_IN_BASE + "#y"))


def test_media_types_go_by_the_ending() -> None:
    assert {media_type_for(f"a/b{suffix.upper()}") for suffix in SUFFIXES} == set(MEDIA_TYPES)
    for name in ("case.docx", "case", "case.ttl.gz"):
        with pytest.raises(InputError, match=r"\.ttl, \.nt") as caught:
            media_type_for(Path(name))
        assert caught.value.source == name


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for media_type in MEDIA_TYPES:
        try:
            graph = read_case(data, media_type=media_type)
        except InputError as error:
            assert (error.line is None) == (error.column is None)
        else:
            locate(data, media_type=media_type, graph=graph)


def test_hostile_texts_in_a_process_of_little_memory() -> None:
    """The guards stand before the parsers: a parser that dies takes its process along."""
    payloads = [REFUSED[name][:2] for name in ("deep-json", "deep-json-list", "laughs", "deep-xml")]
    program = (
        "import json, resource, sys\n"
        "from kg.errors import InputError\n"
        "from kg.ingest import read_case\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (2**28, 2**28))\n"
        "for text, media_type in json.load(sys.stdin):\n"
        "    try:\n"
        "        read_case(text.encode(), media_type=media_type)\n"
        "    except InputError:\n"
        "        print('refused')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps([(data.decode(), media_type) for data, media_type in payloads]),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.stdout.split() == ["refused"] * len(payloads)


# Places

PLACED = '''@base <http://e/> .
PREFIX a: <http://a/>
# a comment with "quotes" and <brackets>
<b> a a:C ; a:p "one" ,
    """two
lines""" , 'three'@en-GB , 4 , 5.0 , -6e1 , true ;;
  a:q [ a:r a:s ; a:t [ a:u "deep" ] ] ;
  a:list ( a:v "w" ) .
a:x\\,y a:p "\\u00e4\\"" ; a:z.z a:end.
_:n1 a:p "labelled" .
[] a:p "nameless" .
[ a:p "alone" ] .
'''


def test_every_statement_of_turtle_is_placed() -> None:
    graph = read_case(PLACED.encode(), media_type=TURTLE)
    places = locate(PLACED.encode(), media_type=TURTLE, graph=graph)
    lines = PLACED.splitlines()
    assert len(graph) == 22
    for subject, predicate, value in graph:
        at = places.of(subject, [predicate], value)
        assert at is not None, (subject, predicate, value)
        here = lines[at[0] - 1][at[1] - 1 :]
        if isinstance(value, Literal):
            assert here.startswith(('"', "'", str(value)))
            assert predicate == RDF.first or str(value)[:3] in here or value in (Literal('ä"'),)
        elif isinstance(value, URIRef) and predicate not in (RDF.rest,):
            assert here.startswith("a:"), here


def test_a_missing_property_is_placed_at_its_subject() -> None:
    graph = read_case(PLACED.encode(), media_type=TURTLE)
    places = locate(PLACED.encode(), media_type=TURTLE, graph=graph)
    assert places.of(URIRef("http://e/b"), [URIRef("http://a/none")]) == (4, 1)
    assert places.of(URIRef("http://e/b"), [URIRef("http://a/p")]) == (4, 13)
    assert places.of(URIRef("http://e/none")) is None


def test_look_alike_nodes_get_no_place() -> None:
    data = P + b'[] a:p "x" .\n[] a:p "x" .\n'
    graph = read_case(data, media_type=TURTLE)
    places = locate(data, media_type=TURTLE, graph=graph)
    assert [places.of(node) for node in graph.subjects()] == [None, None]
    assert all(isinstance(node, BNode) for node in graph.subjects())


DOCUMENT: dict[str, Any] = {
    "@context": {
        "a": "http://a/",
        "id": "@id",
        "p": "http://a/p",
        "q": {"@id": "a:q", "@type": "@id"},
        "n": {"@id": "a:n", "@type": "http://www.w3.org/2001/XMLSchema#integer"},
    },
    "@graph": [
        {
            "id": "a:one",
            "@type": "a:C",
            "p": ["v", {"@value": "w", "@language": "en"}],
            "q": "a:two",
        },
        {"id": "a:two", "n": "07", "a:b": True, "a:i": 3, "a:child": {"id": "a:three", "p": "x"}},
        {"id": "three", "a:anon": {"p": "y"}},
    ],
}


def test_every_statement_of_json_ld_is_placed() -> None:
    text = json.dumps(DOCUMENT, indent=1)
    graph = read_case(text.encode(), media_type=JSON)
    places = locate(text.encode(), media_type=JSON, graph=graph)
    lines = text.splitlines()
    assert len(graph) == 11
    for subject, predicate, value in graph:
        at = places.of(subject, [predicate], value)
        assert at is not None, (subject, predicate, value)
        here = lines[at[0] - 1][at[1] - 1 :]
        assert here.startswith('"') or here[0] in "{t3", here
        if isinstance(value, Literal):
            assert str(value) in here or here.startswith("{")


def test_json_ld_beyond_the_plain_has_no_places() -> None:
    scoped = {
        "@context": {"p": {"@id": "http://a/p", "@container": "@list"}},
        "@id": "x:y",
        "p": ["v"],
    }
    data = json.dumps(scoped).encode()
    graph = read_case(data, media_type=JSON)
    assert locate(data, media_type=JSON, graph=graph).of(URIRef("x:y")) is None
