"""How people put things, as ``ontology/questions/wording.yaml`` has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from kg.errors import InputError
from kg.questions import Question

__all__ = ["Wording", "load_wording", "ways_to_ask"]


@dataclass(frozen=True, slots=True)
class Wording:
    """How people put things.

    :param alike: words, or several that follow one another, by the word that stands for them.
    :param said: further names of things, by the thing's name.
    :param filler: words that need not be understood.
    :param asked: further ways to put a question, by its name.
    :param elsewhere: what is asked for that is not in the graph, by what to say to it.
    """

    alike: Mapping[str, Sequence[str]]
    said: Mapping[str, Sequence[str]]
    filler: Sequence[str]
    asked: Mapping[str, Sequence[str]]
    elsewhere: Mapping[str, Sequence[str]]


def load_wording(path: Path) -> Wording:
    """Read how people put things.

    :raises InputError: if the file is not in order.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = Wording(
            alike={line[0]: tuple(line[1:]) for line in data["alike"]},
            said={name: tuple(texts) for name, texts in data["said"].items()},
            filler=tuple(data["filler"].split()),
            asked={name: tuple(texts) for name, texts in data["asked"].items()},
            elsewhere={text: tuple(texts) for text, texts in data["elsewhere"].items()},
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"is not in order: {error}", source=str(path)) from error
    for part in (found.alike, found.said, found.asked, found.elsewhere):
        for texts in part.values():
            for text in texts:
                if not isinstance(text, str):
                    raise InputError(f"'{text}' is no text; put it in quotes", source=str(path))
    return found


def ways_to_ask(question: Question, wording: Wording) -> list[str]:
    """List the ways to put a question; places for its parameters are in braces."""
    return [
        question.title,
        question.name.replace("-", " "),
        *question.phrasings,
        *wording.asked.get(question.name, ()),
        *question.keywords,
    ]
