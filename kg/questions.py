"""Named questions: what is asked, with which parameters, and how it is put to a store.

A parameter is a variable that the question's query projects, bound to a concept; nothing that is
handed in is ever pasted into the text. How questions are written: :mod:`kg.question_files`.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from kg.errors import NotFoundError, ParameterError
from kg.manifest import Manifest
from kg.model import Iri, Literal, Solutions, Term
from kg.namespaces import PREFIXES
from kg.paths import Link, shortest_chains
from kg.queries import read_query
from kg.query_text import outline, with_values, write_term
from kg.store import Store
from kg.words import fold

__all__ = [
    "CHAINS",
    "INTEGER",
    "Parameter",
    "Question",
    "QuestionAnswer",
    "answer_question",
    "get_question",
    "read_questions",
    "with_values",
    "write_query",
    "write_questions",
]

Cell = str | int | float | bool | None

XSD = PREFIXES["xsd"]

#: The kind of a parameter that takes a number.
INTEGER = "integer"

#: What a question may be answered by besides its query.
CHAINS = "chains"

#: How many values a sentence lists.
_SHOWN = 12
#: Longer values are cut: no name is as long, and looking for the nearest takes time.
_LONGEST = 200
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that a question leaves open.

    :param name: the query's variable, and the name in URLs and on the command line.
    :param label: what it means.
    :param kind: where its values have their names, one of the keys of
        :data:`kg.namespaces.KINDS`; or ``integer``, if it takes a number.
    :param cls: the local name of the class that its values belong to; empty if to none.
    :param values: the names it accepts, with their labels, in the order of these; of a number none.
    :param words: other words that mean one of them and no other, folded, with the name.
    :param example: a value that shows what it is for.
    :param optional: whether it may be left out, and the question then answers for every value.
    :param minimum: the least number.
    :param maximum: the greatest.
    """

    name: str
    label: str
    kind: str
    example: str
    cls: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    minimum: int = 0
    maximum: int = 0

    @property
    def takes(self) -> str:
        """What it takes, for people; of many values the first."""
        if self.kind == INTEGER:
            return f"a whole number from {self.minimum} to {self.maximum}"
        names = list(self.values)
        if len(names) <= _SHOWN:
            return ", ".join(names)
        return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN} more"

    def term(self, value: str) -> Term:
        """Give what a value stands for in the graph."""
        if self.kind == INTEGER:
            return Literal(value, datatype=XSD + "integer")
        return Iri(PREFIXES[self.kind] + value)

    def accept(self, value: str) -> str:
        """Give the value that somebody means by a name, IRI, short form, or unambiguous label.

        :raises ParameterError: if it is none, with the nearest that are.
        """
        found = self._number(value) if self.kind == INTEGER else self._name(value)
        if found is None:
            nearest = self._nearest(value)
            hint = f"near is {' or '.join(nearest)}; " if nearest else ""
            raise ParameterError(
                f"'{value[:100]}' is no value for '{self.name}'; {hint}it takes {self.takes}",
                parameter=self.name,
                value=value,
                allowed=tuple(self.values),
                nearest=nearest,
            )
        return found

    def _number(self, value: str) -> str | None:
        digits = value.strip()
        # int() would also read 1_0, signs and other scripts, and takes its time over long ones
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS):
            return None
        return str(int(digits)) if self.minimum <= int(digits) <= self.maximum else None

    def _name(self, value: str) -> str | None:
        name = value.strip()[:_LONGEST].removeprefix("<").removesuffix(">")
        prefix, _, local = name.partition(":")
        name = PREFIXES.get(prefix, f"{prefix}:") + local if local else name
        name = name.removeprefix(PREFIXES[self.kind])
        return name if name in self.values else self.words.get(fold(name))

    def _nearest(self, value: str) -> tuple[str, ...]:
        if self.kind == INTEGER:
            return ()
        typed = value[:_LONGEST].strip(" <>").rpartition("/")[2].rpartition(":")[2]
        words = {name.replace("-", " "): name for name in self.values} | dict(self.words)
        close = difflib.get_close_matches(fold(typed), words, n=6, cutoff=0.5)
        return tuple(dict.fromkeys(words[word] for word in close))[:3]


@dataclass(frozen=True, slots=True)
class Question:
    """A question that the graph answers.

    :param name: its local name.
    :param title: the question as one asks it.
    :param why: what it is good for.
    :param query: the SPARQL.
    :param columns: what each column of the answer means, by name.
    :param empty: what to say where there is no row: what was searched, under which assumption.
    :param answered_by: ``chains`` if the shortest chains of claims between its two parameters are
        found first, and the query tells of their claims; else empty.
    """

    name: str
    title: str
    why: str
    query: str
    columns: Mapping[str, str]
    empty: str
    parameters: tuple[Parameter, ...] = ()
    phrasings: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    answered_by: str = ""

    @property
    def iri(self) -> str:
        """The question's IRI."""
        return PREFIXES["question"] + self.name

    @property
    def example(self) -> dict[str, str]:
        """The values of the worked example."""
        return {p.name: p.example for p in self.parameters if p.example}

    def meaning(self, column: str) -> str:
        """What a column of the answer means; a parameter that is left open is a column too."""
        labels = {parameter.name: parameter.label for parameter in self.parameters}
        return self.columns.get(column, labels.get(column, ""))

    def accept(self, given: Mapping[str, str]) -> dict[str, str]:
        """Give the names that somebody means by what is given for the parameters, in their order.

        :raises ParameterError: if one is missing, unknown, or has a value that it does not take.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                raise ParameterError(
                    f"the question '{self.name}' has no parameter '{name[:50]}'; "
                    f"it has {', '.join(known) or 'none'}",
                    parameter=name,
                    allowed=tuple(known),
                    nearest=difflib.get_close_matches(name[:50], known, n=2, cutoff=0.3),
                )
        accepted = {}
        for name, parameter in known.items():
            value = given.get(name, "")
            if value.strip():
                accepted[name] = parameter.accept(value)
            elif not parameter.optional:
                raise ParameterError(
                    f"the parameter '{name}' ({parameter.label}) is missing; "
                    f"it takes {parameter.takes}",
                    parameter=name,
                    allowed=tuple(parameter.values),
                )
        return accepted

    def bind(self, values: Mapping[str, str]) -> dict[str, Term]:
        """Give what accepted values stand for, by the query's variables."""
        return {p.name: p.term(values[p.name]) for p in self.parameters if p.name in values}


@dataclass(frozen=True, slots=True)
class QuestionAnswer:
    """A question's answer, or a page of it.

    :param parameters: the names of what was asked for; parameters left open are left out.
    :param rows: a value per column; IRIs are whole, numbers are numbers.
    :param note: what an empty answer means, else empty.
    :param sparql: the query as it was put, with its parameters as VALUES, to be run anywhere.
    :param total: how many rows the whole answer has.
    :param start: how many rows come before the first of these.
    """

    question: Question
    parameters: Mapping[str, str]
    rows: tuple[Mapping[str, Cell], ...]
    note: str
    sparql: str
    solutions: Solutions = field(repr=False)
    total: int
    start: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return self.solutions.variables

    @property
    def iri(self) -> str:
        """The answer's IRI, in which the parameters stand in their order."""
        query = urlencode(dict(self.parameters), safe="/")
        return f"{self.question.iri}/answer{'?' if query else ''}{query}"

    def page(self, number: int, *, size: int) -> QuestionAnswer:
        """Give some of the rows.

        :param number: which page, counted from one.
        :param size: how many rows a page has.
        :raises ParameterError: if there is no such page.
        """
        last = max(1, -(-self.total // size))
        if not 1 <= number <= last:
            raise ParameterError(
                f"there is no page {number}; the last is {last}, with {size} rows a page",
                parameter="page",
            )
        start = (number - 1) * size
        if size >= self.total:
            return self
        sparql = f"{self.sparql.rstrip()}\nLIMIT {size} OFFSET {start}\n"
        rows = self.rows[start : start + size]
        solutions = replace(self.solutions, rows=self.solutions.rows[start : start + size])
        return replace(self, rows=rows, solutions=solutions, sparql=sparql, start=start)

    def cite(self, manifest: Manifest) -> str:
        """Say in a sentence which answer of which release this is; it stays the same."""
        asked = "; ".join(
            f"{p.name}: {p.values.get(self.parameters[p.name], self.parameters[p.name])}"
            for p in self.question.parameters
            if p.name in self.parameters
        )
        return (
            f"Alliance Atlas contributors ({manifest.date[:4]}). {self.question.title} "
            f"{f'[{asked}] ' if asked else ''}Alliance Atlas, version {manifest.version} of "
            f"{manifest.date}, release {manifest.digest[:12]}. {self.iri}"
        )

    def to_json(self, *, manifest: Manifest, next_page: str | None = None) -> dict[str, Any]:
        """Give the answer as the public JSON object.

        :param next_page: the address of the next page, if there is one.
        """
        return {
            "question": self.question.name,
            "parameters": dict(self.parameters),
            "columns": list(self.columns),
            "rows": [dict(row) for row in self.rows],
            "note": self.note,
            "sparql": self.sparql,
            "release": manifest.digest,
            "total": self.total,
            "next": next_page,
            "citation": self.cite(manifest),
        }


def write_questions(path: Path, questions: Sequence[Question]) -> None:
    """Write questions as JSON, for :func:`read_questions`."""
    path.write_text(
        json.dumps([asdict(question) for question in questions], indent=1) + "\n", encoding="utf-8"
    )


def read_questions(path: Path) -> dict[str, Question]:
    """Read what :func:`write_questions` wrote, by name."""
    found = {}
    for item in json.loads(path.read_text(encoding="utf-8")):
        item["parameters"] = tuple(Parameter(**parameter) for parameter in item["parameters"])
        item["phrasings"] = tuple(item["phrasings"])
        item["keywords"] = tuple(item["keywords"])
        found[item["name"]] = Question(**item)
    return found


def get_question(questions: Mapping[str, Question], name: str) -> Question:
    """Give a question by name.

    :raises NotFoundError: if there is none, with the nearest names.
    """
    if name not in questions:
        nearest = difflib.get_close_matches(name, questions, n=3, cutoff=0.4)
        raise NotFoundError(name, kind="question", nearest=nearest)
    return questions[name]


def answer_question(store: Store, question: Question, given: Mapping[str, str]) -> QuestionAnswer:
    """Put a question to a store.

    :param given: for each parameter a name, IRI, short form or label; an optional one may be left
        out, or empty.
    :raises ParameterError: if one is missing, unknown, or has a value that it does not take.
    """
    names = question.accept(given)
    bindings = question.bind(names)
    sparql = write_query(store, question, names)
    query = sparql if question.answered_by else question.query
    solutions = store.select(query, bindings=bindings)
    rows = tuple(
        {name: _cell(term) for name, term in zip(solutions.variables, row, strict=True)}
        for row in solutions.rows
    )
    return QuestionAnswer(
        question=question,
        parameters=names,
        rows=rows,
        note="" if rows else question.empty,
        sparql=sparql,
        solutions=solutions,
        total=len(rows),
    )


def write_query(store: Store, question: Question, names: Mapping[str, str]) -> str:
    """Write the query that answers a question, to be run anywhere.

    :param names: what :meth:`Question.accept` gave.
    """
    bindings = question.bind(names)
    if question.answered_by == CHAINS:
        return _with_chains(store, question.query, bindings)
    return with_values(question.query, bindings)


def _with_chains(store: Store, query: str, ends: Mapping[str, Term]) -> str:
    """Put the shortest chains of claims between two things into a query, as VALUES."""
    found = store.select(read_query("claim-links")).values()
    links = (Link(int(f["rank"]), f["claim"], f["subject"], f["object"]) for f in found)
    chains = shortest_chains(links, *(term.value for term in ends.values()))
    both = " ".join(write_term(term) for term in ends.values())
    rows = [
        f"\n    ({both} {number} {step} {write_term(Iri(link.name))})"
        for number, chain in enumerate(chains, 1)
        for step, link in enumerate(chain, 1)
    ]
    names = " ".join(f"?{name}" for name in ends)
    place = outline(query).pattern
    block = f"\n  VALUES ({names} ?chain ?step ?claim) {{{''.join(rows)}\n  }}"
    return f"{query[:place]}{block}{query[place:]}"


def _cell(term: Term | None) -> Cell:
    match term:
        case None:
            return None
        case Literal(value, _, datatype) if datatype == XSD + "integer":
            return int(value)
        case Literal(value, _, datatype) if datatype in {XSD + "decimal", XSD + "double"}:
            return float(value)
        case Literal(value, _, datatype) if datatype == XSD + "boolean":
            return value == "true"
    return term.value
