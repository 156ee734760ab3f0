"""What leads straight to a person is found in any text, and what only looks like it is not."""

from __future__ import annotations

import re
import time

import pytest
from rdflib import RDFS, Graph, Literal, URIRef

from kg.identifiers import MAX_CHARACTERS, find_identifiers, read_patterns

FOUND = {
    "S-e-mail-address": ["a@b.de", "(anna.m+x@uni.ac.uk)", "Mail: A_B%c@example.org."],
    "S-telephone-number": [
        "+49 89 123456-78",
        "+1 (555) 123-4567",
        "(555) 223-4567",
        "020 7946 0958",
        "089/1234567",
        "01 23 45 67 89",
        "tel. 12345678",
    ],
    "S-date-of-birth": [
        "born 3 May 1961",
        "Born on May 3rd, 1961",
        "DOB: 03/05/1961",
        "date of birth 1961-05-03",
        "d.o.b. 3.5.61",
    ],
}
NOT_FOUND = [
    "born in 1961, a birth in 1990",
    "session of 3 May 2001, from 14:30 to 15:20",
    "reborn on 3 May 2001",
    "lines 118-149, 195-205 and 0118-0149; 1987-1997",
    "00:12:45.300-00:13:10.000",
    "2024-03-01T10:00:00+10:00, 20240301 0900, 01.02.2023",
    "rated 3@4.5, a note @home, 010 020 030, +1 -1 +2 0",
    "ISBN 978-0-8236-8002-9, ORCID 0000-0002-1825-0097, doi 10.1037/0033-3204.43.3.264",
    "urn:uuid:0b5f9c2e-0123-4567-8901-234567890123",
    "40% of 8,731 patients; 0.25 0.125",
]


@pytest.fixture(scope="module")
def patterns(shapes: Graph) -> dict[str, re.Pattern[str]]:
    found = read_patterns(shapes)
    assert set(found) == set(FOUND)
    return found


def case(*texts: str) -> Graph:
    graph = Graph()
    for number, text in enumerate(texts):
        graph.add((URIRef(f"urn:thing:{number}"), RDFS.comment, Literal(text, lang="en")))
    return graph


@pytest.mark.parametrize(("shape", "text"), [(s, t) for s, texts in FOUND.items() for t in texts])
def test_an_identifier_is_found(
    patterns: dict[str, re.Pattern[str]], shape: str, text: str
) -> None:
    for whole in (text, f"She said: {text}, and more."):
        assert [name for name, _ in find_identifiers(case(whole), patterns)] == [shape], whole


@pytest.mark.parametrize("text", NOT_FOUND)
def test_other_numbers_are_left_alone(patterns: dict[str, re.Pattern[str]], text: str) -> None:
    assert list(find_identifiers(case(text), patterns)) == []


def test_a_property_and_an_address_may_tell(patterns: dict[str, re.Pattern[str]]) -> None:
    graph = Graph()
    person = URIRef("urn:person")
    graph.add((person, URIRef("https://schema.org/birthDate"), Literal("1961-05-03")))
    graph.add((person, URIRef("https://schema.org/startDate"), Literal("1991-05-03")))
    graph.add((person, URIRef("http://xmlns.com/foaf/0.1/mbox"), URIRef("mailto:a@b.org")))
    graph.add((person, URIRef("http://xmlns.com/foaf/0.1/homepage"), URIRef("http://x@b.org/")))
    found = sorted(name for name, _ in find_identifiers(graph, patterns))
    assert found == ["S-date-of-birth", "S-e-mail-address"]


@pytest.mark.parametrize("unit", ["a.", "born ", "+1", "a@", "(2"])
def test_no_text_takes_long(patterns: dict[str, re.Pattern[str]], unit: str) -> None:
    begun = time.thread_time()
    found = list(find_identifiers(case(unit * MAX_CHARACTERS), patterns))
    assert time.thread_time() - begun < 15
    assert found == []
