"""Tables for a terminal, for spreadsheets, and as Markdown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

from kg.model import Iri, Solutions, Term
from kg.namespaces import BASE, compress

__all__ = ["harmless", "render_markdown", "render_table", "write_csv"]

_WIDEST = 60
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")

#: What Markdown or the HTML in it would read as something else than text.
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~])")


def render_table(solutions: Solutions) -> str:
    """Lay solutions out in columns, IRIs in short form; long cells go on in the next lines."""
    head = list(solutions.variables)
    body = [[_wrap(_show(term)) for term in row] for row in solutions.rows]
    widths = [
        max([len(name), *(len(line) for row in body for line in row[column])])
        for column, name in enumerate(head)
    ]
    lines = [_join(head, widths), _join(["-" * width for width in widths], widths)]
    for row in body:
        height = max((len(cell) for cell in row), default=0)
        for number in range(height):
            lines.append(
                _join([cell[number] if number < len(cell) else "" for cell in row], widths)
            )
    count = len(solutions)
    lines.append(f"({count} row{'' if count == 1 else 's'})")
    return "\n".join(lines) + "\n"


def write_csv(solutions: Solutions, *, delimiter: str = ",") -> str:
    """Write solutions as CSV, RFC 4180, with short forms left whole.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(solutions.variables)
    for row in solutions.rows:
        writer.writerow([harmless(term.value) if term else "" for term in row])
    return buffer.getvalue()


def render_markdown(solutions: Solutions, *, label: Callable[[str], str]) -> str:
    """Lay solutions out as a table of GitHub Flavored Markdown, with IRIs as links.

    :param label: gives the words for an IRI.
    """
    lines = [
        f"| {' | '.join(map(_plain, solutions.variables))} |",
        f"|{' --- |' * len(solutions.variables)}",
    ]
    for row in solutions.rows:
        cells = []
        for term in row:
            iris = _iris(term)
            links = [f"[{_plain(label(iri))}](<{iri}>)" for iri in iris]
            cells.append(", ".join(links) if iris else _plain(term.value if term else ""))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _iris(term: Term | None) -> list[str]:
    """List the IRIs of a cell, which may be a text of several of ours, as GROUP_CONCAT makes it."""
    if term is None:
        return []
    if isinstance(term, Iri):
        return [term.value]
    words = term.value.split(" ")
    return words if all(word.startswith(BASE) for word in words) else []


def harmless(text: str) -> str:
    """Put an apostrophe in front of what a spreadsheet would take for a formula.

    >>> harmless("=1+1"), harmless("-2.5")
    ("'=1+1", '-2.5')
    """
    risky = text[:1] in {"=", "+", "-", "@", "\t", "\r"} and not _NUMBER.fullmatch(text)
    return f"'{text}" if risky else text


def _show(term: Term | None) -> str:
    if term is None:
        return ""
    return " ".join(map(compress, _iris(term))) or term.value


def _wrap(text: str) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > _WIDEST:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


def _join(cells: list[str], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
