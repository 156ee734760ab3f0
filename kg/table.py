"""Tables for a terminal, and for spreadsheets."""

from __future__ import annotations

import csv
import io

from kg.model import Iri, Solutions, Term
from kg.namespaces import compress

__all__ = ["render_table", "write_csv"]

_WIDEST = 60


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
        writer.writerow([_harmless(term.value) if term else "" for term in row])
    return buffer.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _show(term: Term | None) -> str:
    if term is None:
        return ""
    if isinstance(term, Iri):
        return compress(term.value)
    # a list of IRIs, as GROUP_CONCAT makes it
    words = term.value.split(" ")
    if all(word.startswith("https://w3id.org/alliance-atlas/") for word in words):
        return " ".join(compress(word) for word in words)
    return term.value


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
