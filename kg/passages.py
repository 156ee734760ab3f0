"""Passages of the paper: their records, and the fingerprints by which a copy can be checked.

A fingerprint is the SHA-256 of the passage's words: its lines joined by a blank, brought to Unicode
form NFKC and lower case, with every run of characters that are neither letters nor digits turned
into one blank. It survives another line break, quotation mark or dash, and no change of a word.
"""

from __future__ import annotations

import hashlib
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.errors import InputError
from kg.namespaces import PREFIXES
from kg.resources import ontology_dir, shapes_dir

__all__ = [
    "Span",
    "fingerprint",
    "parse_span",
    "read_paper",
    "render_records",
    "section_of",
    "spans_used",
]

_NAME = re.compile(r"[1-9][0-9]{0,3}(?:-[1-9][0-9]{0,3})?")
_USE = re.compile(r"(?<![\w-])passage:([0-9]+(?:-[0-9]+)?)")
_NOT_WORD = re.compile(r"[\W_]+")

#: The parts of the paper by their last line. The printed headings are lost; the names are ours.
SECTIONS: Sequence[tuple[int, str]] = (
    (44, "opening"),
    (103, "magical alliance"),
    (158, "magical alliance: Ms. L"),
    (164, "magical alliance"),
    (190, "magical alliance: Mrs. C"),
    (205, "magical alliance: Mr. G"),
    (238, "working alliance"),
    (288, "working alliance: Mr. J"),
    (313, "therapeutic alliance"),
    (329, "therapeutic alliance: Peggy"),
    (351, "therapeutic alliance: K"),
    (425, "structuralizing alliance"),
    (487, "structuralizing alliance: L"),
    (495, "close"),
    (521, "references"),
)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A run of lines, both ends included, counted from one."""

    start: int
    end: int

    @property
    def name(self) -> str:
        """The local name of the passage's IRI."""
        return str(self.start) if self.start == self.end else f"{self.start}-{self.end}"


def parse_span(name: str) -> Span:
    """Read a passage's local name.

    :raises InputError: if it is not a line or a rising range of lines within the paper.

    >>> parse_span("50-53")
    Span(start=50, end=53)
    """
    if _NAME.fullmatch(name):
        first, _, last = name.partition("-")
        span = Span(int(first), int(last or first))
        if span.start <= span.end <= SECTIONS[-1][0] and span.name == name:
            return span
    raise InputError(
        f"'{name}' names no passage; right is a line such as 90 or a range such as 50-53, "
        f"up to line {SECTIONS[-1][0]}"
    )


def section_of(span: Span) -> str:
    """Name the part of the paper in which a passage begins."""
    return next(name for last, name in SECTIONS if span.start <= last)


def fingerprint(lines: Iterable[str]) -> str:
    """Give the fingerprint of some lines, in hexadecimal.

    >>> fingerprint(["A  \u201fworld\u201f", "apart."]) == fingerprint(["a world apart"])
    True
    """
    text = unicodedata.normalize("NFKC", " ".join(lines)).lower()
    return hashlib.sha256(_NOT_WORD.sub(" ", text).strip().encode()).hexdigest()


def read_paper(path: Path) -> list[str]:
    """Read a copy of the paper as lines.

    :raises InputError: if the file cannot be read or has too few lines to be the right copy.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot be read as UTF-8 text", source=str(path)) from error
    if len(lines) < SECTIONS[-1][0]:
        raise InputError(
            f"{len(lines)} lines where the copy that the passages are counted in has "
            f"{SECTIONS[-1][0]}",
            source=str(path),
        )
    return lines


def spans_used(*roots: Path) -> list[Span]:
    """List the passages that the Turtle files below some folders speak of, in order."""
    found: set[Span] = set()
    for path in (path for root in roots for path in root.rglob("*.ttl")):
        if path.name != "passages.ttl":
            found.update(
                parse_span(match[1]) for match in _USE.finditer(path.read_text(encoding="utf-8"))
            )
    return sorted(found)


def render_records(spans: Iterable[Span], paper: Sequence[str]) -> str:
    """Write the passages' records as a Turtle module."""
    used = ("aa", "dcterms", "oa", "owl", "passage", "source")
    parts = ["\n".join(f"@prefix {prefix}: <{PREFIXES[prefix]}> ." for prefix in used)]
    parts.append(
        "<https://w3id.org/alliance-atlas/module/sources-passages> a owl:Ontology ;\n"
        '  dcterms:title "Passages"@en ;\n'
        '  dcterms:description "Located passages of the paper with the fingerprints of their words.'
        ' Written by make passages; do not edit."@en .'
    )
    for span in spans:
        parts.append(
            f"passage:{span.name} a aa:Passage ;\n"
            "  oa:hasSource source:lee-alliances ;\n"
            f"  aa:startLine {span.start} ;\n"
            f"  aa:endLine {span.end} ;\n"
            f'  aa:section "{section_of(span)}"@en ;\n'
            f'  aa:sha256 "{fingerprint(paper[span.start - 1 : span.end])}" .'
        )
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Rewrite ``ontology/sources/passages.ttl`` from the copy of the paper named as argument."""
    paper = read_paper(Path(sys.argv[1]))
    records = render_records(spans_used(ontology_dir(), shapes_dir()), paper)
    (ontology_dir() / "sources" / "passages.ttl").write_text(records, encoding="utf-8")


if __name__ == "__main__":
    main()
