"""Which lines of the paper something rests on, and whether a copy is the one that is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.namespaces import PREFIXES
from kg.passages import SECTIONS, Span, fingerprint, parse_span, section_of
from kg.queries import read_query
from kg.store import Store

__all__ = ["BODY", "LineCoverage", "compare", "cover", "to_csv", "uncovered"]

#: The last line of the body; what follows is the list of references.
BODY = next(last for last, name in SECTIONS if name == "close")


@dataclass(frozen=True, slots=True)
class LineCoverage:
    """What rests on one line.

    :param narrowest: the shortest passage that holds the line and on which something rests.
    """

    line: int
    section: str
    claims: int
    signals: int
    cases: int
    citations: int
    narrowest: str

    @property
    def count(self) -> int:
        """How many things rest on the line."""
        return self.claims + self.signals + self.cases + self.citations


def cover(store: Store) -> list[LineCoverage]:
    """Count for every line of the body what rests on passages that hold it."""
    rows = [
        (parse_span(row["passage"].removeprefix(PREFIXES["passage"])), row)
        for row in store.select(read_query("coverage")).values()
    ]
    found = []
    for line in range(1, BODY + 1):
        totals = dict.fromkeys(("claims", "signals", "cases", "citations"), 0)
        narrowest: Span | None = None
        for span, row in rows:
            numbers = {name: int(row[name]) for name in totals}
            if span.start <= line <= span.end and any(numbers.values()):
                totals = {name: totals[name] + number for name, number in numbers.items()}
                if narrowest is None or span.end - span.start < narrowest.end - narrowest.start:
                    narrowest = span
        name = narrowest.name if narrowest else ""
        found.append(LineCoverage(line, section_of(Span(line, line)), **totals, narrowest=name))
    return found


def uncovered(lines: Sequence[LineCoverage]) -> list[int]:
    """List the lines on which nothing rests."""
    return [line.line for line in lines if not line.count]


def compare(store: Store, paper: Sequence[str]) -> tuple[int, list[str]]:
    """Hold every passage's fingerprint against a copy of the paper.

    :returns: how many passages there are, and the names of those that do not fit.
    """
    rows = store.select(read_query("coverage")).values()
    wrong = []
    for row in rows:
        span = parse_span(row["passage"].removeprefix(PREFIXES["passage"]))
        if fingerprint(paper[span.start - 1 : span.end]) != row["digest"]:
            wrong.append(span.name)
    return len(rows), wrong


def to_csv(lines: Sequence[LineCoverage]) -> str:
    """Write the coverage as CSV, a line of the paper a row."""
    head = "line,section,claims,signals,cases,citations,narrowest"
    body = [
        f'{line.line},"{line.section}",{line.claims},{line.signals},{line.cases},'
        f"{line.citations},{line.narrowest}"
        for line in lines
    ]
    return "\r\n".join([head, *body]) + "\r\n"
