"""How the Turtle files are written: the rules of ontology/README.md, on the text as it stands."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from rdflib import RDFS, Graph, Literal
from rdflib.namespace import SKOS

from kg.namespaces import BASE, PREFIXES
from kg.resources import ontology_dir, shapes_dir

FILES = sorted([*ontology_dir().rglob("*.ttl"), *shapes_dir().rglob("*.ttl")])
SCHEMA = sorted((ontology_dir() / "schema").glob("*.ttl"))

#: The sections of a schema module in their order, with the type that their terms have.
SECTIONS = {
    "Classes": "owl:Class",
    "Object properties": "owl:ObjectProperty",
    "Data properties": "owl:DatatypeProperty",
    "Annotation properties": "owl:AnnotationProperty",
    "Individuals": "owl:NamedIndividual",
    "Axioms across terms": "",
}

#: The order of what describes a concept; whatever else it has comes behind or between.
ORDER = ("prefLabel", "altLabel", "definition", "scopeNote", "example", "broader", "notation")

_TOKEN = re.compile(
    r'(?P<text>"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<iri><[^<>\s]*>)|(?P<comment>#[^\n]*)",
    re.DOTALL,
)
_PREFIX = re.compile(r"@prefix (\w+): <(.+)> \.")


class Block(NamedTuple):
    """What stands between two blank lines."""

    line: int
    text: str


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def skeleton(text: str, *, keep: str = "iri") -> str:
    """The text with the inside of literals, and of what else is not kept, taken out."""

    def short(match: re.Match[str]) -> str:
        if match.lastgroup == "text":
            return '""'
        return match[0] if match.lastgroup in keep.split() else ""

    return _TOKEN.sub(short, text)


@cache
def blocks(path: Path) -> tuple[Block, ...]:
    found, start, lines = [], 1, []
    text = skeleton(path.read_text(encoding="utf-8"), keep="iri comment")
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.strip():
            lines.append(line)
            continue
        if lines:
            found.append(Block(start, "\n".join(lines)))
        start, lines = number + 1, []
    return tuple(found)


def terms(path: Path) -> list[tuple[str, str, str]]:
    """Section, subject and type of each block of a schema module."""
    found, section = [], ""
    for block in blocks(path):
        for line in block.text.split("\n"):
            if line.startswith("# ") and line[2:] in SECTIONS:
                section = line[2:]
        head = re.search(r"^([\w-]+:[\w-]+)\s+a\s+([\w:]+)", block.text, flags=re.MULTILINE)
        if head and section:
            found.append((section, head[1], head[2]))
    return found


def test_there_are_files() -> None:
    assert len(FILES) > 60
    assert len(SCHEMA) >= 8
    assert sum(len(blocks(path)) for path in FILES) > 2000


@pytest.mark.parametrize("path", FILES, ids=named)
def test_the_bytes(path: Path) -> None:
    data = path.read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    text = data.decode("utf-8")
    assert "\r" not in text
    assert "\t" not in text
    assert text.endswith("\n") and not text.endswith("\n\n")
    for number, line in enumerate(text.splitlines(), 1):
        assert line == line.rstrip(), f"line {number} ends in blanks"
        outside = re.sub(r'"(?:[^"\\]|\\.)*"', '""', line)
        # what is longer than that is a literal or an IRI
        assert len(outside) <= 100 or "<http" in outside, f"line {number} is too long"
    assert "\n\n\n" not in text, "one blank line between blocks"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_prefixes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    declared = _PREFIX.findall(text)
    assert len(declared) == text.count("@prefix")
    assert declared == sorted(declared), "in alphabetical order"
    assert {name: PREFIXES.get(name) for name, _ in declared} == dict(declared)
    rest = skeleton(
        "\n".join(line for line in text.splitlines() if not line.startswith("@")), keep=""
    )
    used = set(re.findall(r"(?<![\w:-])(\w+):(?=[\w(])", rest))
    assert {name for name, _ in declared} == used
    assert "rdf:type" not in rest, "a"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_the_header_comes_first(path: Path) -> None:
    first, second, *_ = blocks(path)
    assert all(line.startswith("@") for line in first.text.split("\n"))
    assert re.match(rf"<{BASE}[^>]*> a owl:Ontology ;\n", second.text), second.line
    assert path.read_text(encoding="utf-8").count("a owl:Ontology") == 1


@pytest.mark.parametrize("path", FILES, ids=named)
def test_one_subject_a_block_and_one_predicate_a_line(path: Path) -> None:
    for line, text in blocks(path)[1:]:
        statement = [part for part in text.split("\n") if not part.startswith("#")]
        if not statement:
            continue
        place = f"{path.name}:{line}"
        assert statement[-1].endswith((" .", " ].", "] .")), f"{place}: no full stop at the end"
        stops = [part for part in statement if part.endswith(" .")]
        assert len(stops) == 1, f"{place}: more than one subject"
        subject, *predicates = statement
        assert re.match(r"[\w-]+:[\w./-]+(?: |$)|<[^>]*>(?: |$)|\[", subject), f"{place}: {subject}"
        for part in predicates:
            assert part.startswith("  "), f"{place}: indent by two blanks: {part}"
            # a short node without a name may stand on one line
            assert "[" in part or " ; " not in part, f"{place}: one predicate a line: {part}"


@pytest.mark.parametrize("path", SCHEMA, ids=named)
def test_sections_are_in_order_and_their_terms_too(path: Path) -> None:
    found = terms(path)
    assert found
    order = [section for section, _, _ in found]
    assert order == sorted(order, key=list(SECTIONS).index)
    for section, wanted in SECTIONS.items():
        names = [term.casefold() for part, term, _ in found if part == section]
        if wanted:
            assert names == sorted(names), section
            for part, term, kind in found:
                assert part != section or kind == wanted, f"{term} is no {wanted}"


def test_every_term_of_the_schema_stands_in_a_section() -> None:
    listed = {term for path in SCHEMA for _, term, _ in terms(path)}
    assert len(listed) > 300
    graph = Graph()
    for path in SCHEMA:
        graph.parse(path)
    described = {
        "aa:" + str(subject).removeprefix(PREFIXES["aa"])
        for subject in graph.subjects(RDFS.label, None)
        if str(subject).startswith(PREFIXES["aa"])
    }
    assert described <= listed


@pytest.mark.parametrize("path", sorted((ontology_dir() / "concepts").glob("*.ttl")), ids=named)
def test_concepts_are_described_in_order(path: Path) -> None:
    count = 0
    for line, text in blocks(path):
        found = re.findall(r"^  skos:(\w+) ", text, flags=re.MULTILINE)
        places = [ORDER.index(name) for name in found if name in ORDER]
        assert places == sorted(places), f"{path.name}:{line}"
        count += bool(places)
    assert count


@pytest.fixture(scope="module")
def everything() -> Graph:
    graph = Graph()
    for path in FILES:
        graph.parse(path)
    return graph


def test_definitions_are_one_sentence(everything: Graph) -> None:
    found = list(everything.subject_objects(SKOS.definition))
    assert len(found) > 700
    for subject, text in found:
        assert isinstance(text, Literal)
        body = re.sub(r"\b(?:Mr|Mrs|Ms|Dr|e\.g|i\.e|cf|etc)\.", "", str(text))
        assert re.fullmatch(r"[^.!?]*(?:[.!?](?=\S)[^.!?]*)*\.", body), f"{subject}: {text}"
        assert str(text)[0].isupper(), f"{subject}: {text}"


def test_a_definition_says_more_than_the_label(everything: Graph) -> None:
    for predicate in (RDFS.label, SKOS.prefLabel):
        pairs = [
            (subject, str(label).casefold(), str(everything.value(subject, SKOS.definition)))
            for subject, label in everything.subject_objects(predicate)
            if (subject, SKOS.definition, None) in everything
        ]
        assert len(pairs) > 200
        for subject, label, definition in pairs:
            assert definition.casefold().rstrip(".") != label, subject


def test_names_are_spelled_as_agreed() -> None:
    wanted = {
        "concept": r"[a-z0-9]+(?:-[a-z0-9]+)*",
        "signal": r"[a-z0-9]+(?:-[a-z0-9]+)*",
        "claim": r"[a-z0-9]+(?:-[a-z0-9]+)*",
        "passage": r"[0-9]+(?:-[0-9]+)?",
        "citation": r"c[0-9]{2}",
        "aa": r"[A-Za-z][A-Za-z0-9]*",
    }
    names: set[tuple[str, str]] = set()
    for path in FILES:
        rest = skeleton(path.read_text(encoding="utf-8"), keep="")
        names.update(re.findall(r"(?<![\w:-])(\w+):([\w-]+)", rest))
    for prefix, pattern in wanted.items():
        found = {local for name, local in names if name == prefix}
        assert found
        for local in found:
            assert re.fullmatch(pattern, local), f"{prefix}:{local}"
    british = re.compile(r"(?:^|-)\w*(?:isation|ising|behaviour|colour)")
    assert not [local for name, local in names if name == "concept" and british.search(local)]


def test_the_words_in_a_literal_are_no_part_of_the_skeleton() -> None:
    text = 'a:b c:d "x:y \\" # z"@en ; e:f <http://g/h#i> . # j:k\n'
    assert skeleton(text, keep="") == 'a:b c:d ""@en ; e:f  . \n'
