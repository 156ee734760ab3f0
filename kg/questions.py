"""Named questions: what is asked, with which parameters, and how it is put to a store.

A parameter is a variable that the question's query projects, bound to a concept; nothing that is
handed in is ever pasted into the text. How questions are written: :mod:`kg.question_files`.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kg.errors import NotFoundError, ParameterError
from kg.model import Iri, Literal, Solutions, Term
from kg.namespaces import PREFIXES, compress
from kg.store import Store

__all__ = [
    "Parameter",
    "Question",
    "QuestionAnswer",
    "answer_question",
    "get_question",
    "read_questions",
    "with_values",
    "write_questions",
]

Cell = str | int | float | bool | None

XSD = PREFIXES["xsd"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that a question leaves open.

    :param name: the query's variable, and the name in URLs and on the command line.
    :param label: what it means.
    :param kind: the class of concept it takes, as a local name.
    :param values: the names it accepts.
    :param example: a value that shows what it is for.
    """

    name: str
    label: str
    kind: str
    values: tuple[str, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question that the graph answers.

    :param name: its local name.
    :param title: the question as one asks it.
    :param why: what it is good for.
    :param query: the SPARQL.
    :param columns: what each column of the answer means, by name.
    :param empty: what to say where there is no row: what was searched, under which assumption.
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

    @property
    def iri(self) -> str:
        """The question's IRI."""
        return PREFIXES["question"] + self.name


@dataclass(frozen=True, slots=True)
class QuestionAnswer:
    """A question's answer.

    :param parameters: the names given for the parameters.
    :param rows: a value per column; IRIs are whole, numbers are numbers.
    :param note: what an empty answer means, else empty.
    :param sparql: the query as it was put, with its parameters as VALUES, to be run anywhere.
    """

    question: Question
    parameters: Mapping[str, str]
    rows: tuple[Mapping[str, Cell], ...]
    note: str
    sparql: str
    solutions: Solutions = field(repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return self.solutions.variables

    def to_json(self, *, release: str) -> dict[str, Any]:
        """Give the answer as the public JSON object."""
        return {
            "question": self.question.name,
            "parameters": dict(self.parameters),
            "columns": list(self.columns),
            "rows": [dict(row) for row in self.rows],
            "note": self.note,
            "sparql": self.sparql,
            "release": release,
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
        item["parameters"] = tuple(
            Parameter(**{**p, "values": tuple(p["values"])}) for p in item["parameters"]
        )
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

    :param given: for each parameter the name (or IRI, or short form) of a concept.
    :raises ParameterError: if one is missing, unknown, or has a value that it does not take.
    """
    names = _accept(question, given)
    bindings: dict[str, Term] = {
        name: Iri(PREFIXES["concept"] + value) for name, value in names.items()
    }
    solutions = store.select(question.query, bindings=bindings)
    rows = tuple(
        {name: _cell(term) for name, term in zip(solutions.variables, row, strict=True)}
        for row in solutions.rows
    )
    return QuestionAnswer(
        question=question,
        parameters=names,
        rows=rows,
        note="" if rows else question.empty,
        sparql=with_values(question.query, bindings),
        solutions=solutions,
    )


def _accept(question: Question, given: Mapping[str, str]) -> dict[str, str]:
    known = {parameter.name: parameter for parameter in question.parameters}
    for name in given:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=2, cutoff=0.3)
            raise ParameterError(
                f"the question '{question.name}' has no parameter '{name}'; "
                f"it has {', '.join(known) or 'none'}",
                parameter=name,
                allowed=tuple(known),
                nearest=nearest,
            )
    accepted = {}
    for parameter in question.parameters:
        value = given.get(parameter.name)
        if value is None:
            raise ParameterError(
                f"the parameter '{parameter.name}' ({parameter.label}) is missing; "
                f"it takes {', '.join(parameter.values)}",
                parameter=parameter.name,
                allowed=parameter.values,
            )
        name = compress(value).removeprefix("concept:")
        if name not in parameter.values:
            nearest = difflib.get_close_matches(name, parameter.values, n=2, cutoff=0.3)
            raise ParameterError(
                f"'{value[:100]}' is no value for '{parameter.name}'; "
                f"it takes {', '.join(parameter.values)}",
                parameter=parameter.name,
                value=value,
                allowed=parameter.values,
                nearest=nearest,
            )
        accepted[parameter.name] = name
    return accepted


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


def with_values(query: str, bindings: Mapping[str, Term]) -> str:
    """Show a query with its parameters, for reading and running elsewhere."""
    if not bindings:
        return query
    names = " ".join(f"?{name}" for name in bindings)
    values = " ".join(f"<{term.value}>" for term in bindings.values())
    # a VALUES block behind the query joins with its result, so it goes into the pattern instead
    head, brace, rest = query.partition("WHERE {")
    return f"{head}{brace}\n  VALUES ({names}) {{ ({values}) }}{rest}"
