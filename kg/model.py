"""What the layers hand to one another: terms, solutions and answers, free of any engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal as Choice

__all__ = ["Answer", "Iri", "Literal", "Node", "Solutions", "Term"]

_STRING = "http://www.w3.org/2001/XMLSchema#string"


@dataclass(frozen=True, slots=True, order=True)
class Iri:
    """An IRI."""

    value: str


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """A blank node; its label means nothing outside the answer it came in."""

    value: str


@dataclass(frozen=True, slots=True, order=True)
class Literal:
    """A literal: its lexical form, with a language or a datatype."""

    value: str
    language: str | None = None
    datatype: str = _STRING


Term = Iri | Node | Literal


@dataclass(frozen=True, slots=True)
class Solutions:
    """The solutions of a SELECT query.

    :param variables: the names of the columns, without question mark.
    :param rows: one tuple per solution, a term or ``None`` per column.
    """

    variables: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]

    def __len__(self) -> int:
        """Count the solutions."""
        return len(self.rows)

    def __iter__(self) -> Iterator[Mapping[str, Term]]:
        """Give each solution by column name, unbound columns left out."""
        for row in self.rows:
            yield {name: term for name, term in zip(self.variables, row, strict=True) if term}

    def values(self) -> list[dict[str, str]]:
        """Give each solution as plain strings by column name, unbound columns as empty ones."""
        return [
            {
                name: term.value if term else ""
                for name, term in zip(self.variables, row, strict=True)
            }
            for row in self.rows
        ]


@dataclass(frozen=True, slots=True)
class Answer:
    """A query's answer, written out.

    :param form: whether it is a table, a truth value or a graph.
    :param media_type: how it is written.
    :param body: the bytes.
    :param rows: how many rows a table has, where they were counted.
    """

    form: Choice["solutions", "boolean", "graph"]
    media_type: str
    body: bytes
    rows: int | None = None
