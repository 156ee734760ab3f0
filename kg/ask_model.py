"""What a program must know to find out which question somebody asks, worked out at build time.

Two things are worked out from the ways in which questions are put: what each comes down to, for
comparing with what is typed; and how much each feature speaks for each question, by multinomial
logistic regression. Both are deterministic.
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spellchecker import SpellChecker

from kg.entries import Catalog, Entry
from kg.errors import StoreError
from kg.linking import LABEL, OTHER, PART, Lexicon, Name, Thing
from kg.phrasing import LOOSE, Reader, Text
from kg.questions import Question
from kg.wording import Wording, ways_to_ask
from kg.words import tokens

__all__ = ["AskModel", "read_model", "types_of", "unit", "write_model"]

#: Learned weights are kept as whole hundredths.
SCALE = 100

_ROUNDS = 4
_RATE = 4.0
_RARE = 2  # features that stand in fewer ways to ask are not learned from
_PLACED = 1.1
_COMPARED = 2
#: What is used less often in a large body of English may itself be a slip.
_USUAL = 50


@dataclass(frozen=True, slots=True)
class AskModel:
    """What was worked out.

    :param order: the questions, in the order of learned weights.
    :param patterns: what the ways to ask come down to: the question's place in the order, and the
        features with their weights, as a vector of length one.
    :param learned: by feature, how much it speaks for each question.
    :param spread: in how many questions a feature stands.
    :param own: by question, the features that stand in it.
    :param wholes: by a short way to ask, the questions that are put so, and their shares in it.
    """

    reader: Reader
    order: tuple[str, ...]
    patterns: Sequence[tuple[int, Mapping[str, float]]]
    learned: Mapping[str, Sequence[int]]
    spread: Mapping[str, int]
    own: Mapping[str, frozenset[str]]
    wholes: Mapping[str, Mapping[str, float]]
    elsewhere: Mapping[str, Sequence[str]]

    def weight(self, feature: str) -> float:
        """Tell how telling a feature is."""
        if feature.startswith("@"):
            return _PLACED
        return math.log(1 + len(self.order) / (1 + self.spread.get(feature, 0)))


def types_of(questions: Iterable[Question]) -> dict[Thing, frozenset[str]]:
    """Give the kind and the classes of everything that is a parameter's value."""
    found: dict[Thing, set[str]] = defaultdict(set)
    for question in questions:
        for parameter in question.parameters:
            for value in parameter.values:
                found[parameter.kind, value] |= {parameter.kind, parameter.cls} - {""}
    return {thing: frozenset(types) for thing, types in found.items()}


def write_model(
    path: Path, questions: Sequence[Question], catalog: Catalog, wording: Wording
) -> None:
    """Work out a model and write it, for :func:`read_model`."""
    types = types_of(questions)
    names = _names(types, catalog, wording)
    ways = {question.name: ways_to_ask(question, wording) for question in questions}
    heard = Counter(
        word for texts in ways.values() for text in texts for word in tokens(_without_places(text))
    )
    alike = [w for head, rest in wording.alike.items() for t in (head, *rest) for w in tokens(t)]
    words = list(dict.fromkeys([w for w, _ in heard.most_common()] + alike + [*wording.filler]))
    data: dict[str, Any] = {
        "names": [[*name.thing, list(name.words), name.how] for name in names],
        "words": words,
        "alike": wording.alike,
        "filler": wording.filler,
        "elsewhere": wording.elsewhere,
        "english": _english(),
    }
    reader = _reader(data, types)
    asked = Counter(p.cls for question in questions for p in question.parameters if p.cls)
    read: list[tuple[int, Text, float]] = []
    patterns: dict[int, list[Text]] = defaultdict(list)
    wholes: dict[str, set[str]] = defaultdict(set)
    for number, question in enumerate(questions):
        for at, way in enumerate(ways[question.name]):
            turns = _kinds_in_places(question, types, asked, at)
            texts = [reader.read_pattern(way, question, kinds) for kinds in turns]
            texts = [t for t in texts if t.features and not _is_term(t, question)]
            for text in texts:
                if way in question.keywords:
                    # whoever says no more than that may mean anything
                    text.raw.pop(f"k:{text.whole}", None)
                elif text.whole:
                    wholes[text.whole].add(question.name)
            read += [(number, text, len(turns) ** -0.5) for text in texts]
            patterns[number] += texts[:_COMPARED]
    spread: Counter[str] = Counter()
    own: dict[int, set[str]] = defaultdict(set)
    for number, text, _ in read:
        own[number].update(text.features)
    for features in own.values():
        spread.update(features)
    data["order"] = [question.name for question in questions]
    data["spread"] = dict(sorted(spread.items()))
    total = len(questions)
    data["patterns"] = []
    for number, texts in patterns.items():
        vectors = [
            unit({f: v * _weight(f, spread, total) for f, v in text.features.items()}, 3)
            for text in texts
        ]
        data["patterns"] += [[number, v] for at, v in enumerate(vectors) if v not in vectors[:at]]
    examples = [(n, unit({**text.features, **text.raw}), share) for n, text, share in read]
    data["wholes"] = {
        whole: {name: round(1 / len(names), 2) for name in sorted(names)}
        for whole, names in sorted(wholes.items())
    }
    data["learned"] = _learn(examples, total)
    path.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def read_model(path: Path, questions: Iterable[Question]) -> AskModel:
    """Read what :func:`write_model` wrote.

    :raises StoreError: if it is not there, or damaged.
    """
    try:
        return _read_model(json.loads(path.read_text(encoding="utf-8")), questions)
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise StoreError(
            f"{path} is not there or is damaged, so that no question in plain English is "
            "understood; run 'alliance build'"
        ) from error


def _read_model(data: Mapping[str, Any], questions: Iterable[Question]) -> AskModel:
    reader = _reader(data, types_of(questions))
    reader.spread = data["spread"]
    order = tuple(data["order"])
    own: dict[str, set[str]] = {name: set() for name in order}
    for number, features in data["patterns"]:
        own[order[number]].update(features)
    return AskModel(
        reader=reader,
        order=order,
        patterns=data["patterns"],
        learned=data["learned"],
        spread=data["spread"],
        own={name: frozenset(features) for name, features in own.items()},
        wholes=data["wholes"],
        elsewhere=data["elsewhere"],
    )


def unit(features: Mapping[str, float], digits: int = 9) -> dict[str, float]:
    """Make a vector as long as one.

    >>> unit({"a": 3.0, "b": 4.0})
    {'a': 0.6, 'b': 0.8}
    """
    length = math.sqrt(sum(value * value for value in features.values())) or 1.0
    return {feature: round(value / length, digits) for feature, value in features.items()}


def _weight(feature: str, spread: Mapping[str, int], total: int) -> float:
    return _PLACED if feature.startswith("@") else math.log(1 + total / (1 + spread[feature]))


def _kinds_in_places(
    question: Question, types: Mapping[Thing, frozenset[str]], asked: Mapping[str, int], at: int
) -> list[dict[str, frozenset[str]]]:
    """Tell which kinds of things may stand in the places of a way to ask.

    These are things of no class, if any; then those of one class, another one for each way to ask;
    then nothing, for somebody may leave the thing out, and is to be asked which one is meant.

    :param asked: how many questions ask for things of a class.
    :param at: the place of the way among those to put the question.
    """
    plain, classed = {}, {}
    for parameter in question.parameters:
        every = {types[parameter.kind, value] for value in parameter.values}
        ordered = sorted(
            every or {frozenset({parameter.kind})},
            key=lambda one: (len(one), -sum(asked[k] for k in one), *sorted(one)),
        )
        others = ordered[1:] or ordered
        plain[parameter.name] = ordered[0]
        classed[parameter.name] = others[at % len(others)]
    found = [plain] if plain == classed else [plain, classed]
    return [*found, {}] if any(not p.optional for p in question.parameters) else found


def _reader(data: Mapping[str, Any], types: Mapping[Thing, frozenset[str]]) -> Reader:
    names = [Name((kind, name), tuple(words), how) for kind, name, words, how in data["names"]]
    loose = {thing for thing, found in types.items() if found & LOOSE}
    english = data["english"].split()
    lexicon = Lexicon(names, loose=loose, words=data["words"], english=english)
    return Reader(lexicon, types=types, alike=data["alike"], filler=data["filler"])


def _is_term(text: Text, question: Question) -> bool:
    """Tell whether a way to ask is but a term; who says no more than that wants it defined."""
    return text.whole == "@" and len(text.words) > 1 and question.name != "definition"


def _english() -> str:
    """List English words, so that one we do not understand is not taken for a slip in another."""
    words = SpellChecker(language="en").word_frequency.dictionary
    return " ".join(
        sorted(
            word
            for word, uses in words.items()
            if uses >= _USUAL and len(word) > 3 and word.isascii() and word.isalpha()
        )
    )


def _without_places(text: str) -> str:
    return " ".join(part.partition("}")[2] if "}" in part else part for part in text.split("{"))


def _names(types: Mapping[Thing, frozenset[str]], catalog: Catalog, wording: Wording) -> list[Name]:
    entries = {(entry.kind, entry.name): entry for entry in catalog.values()}
    found: dict[tuple[Thing, tuple[str, ...]], Name] = {}
    alliances: set[str] = set()
    for thing in types:
        for text, how in _names_of(entries[thing], wording):
            words = tuple(tokens(text))
            if words:
                found.setdefault((thing, words), Name(thing, words, how))
            if how == PART:
                alliances.update(words)
    # what is sought, shifted to, or in force is asked by its own question, with the alliance in it
    return [
        name
        for name in found.values()
        if types[name.thing] != {"concept"}
        or len(name.words) < 3
        or not alliances.intersection(name.words)
    ]


def _names_of(entry: Entry, wording: Wording) -> Iterable[tuple[str, str]]:
    yield entry.label, LABEL
    for other in (*sorted(entry.alternatives), *wording.said.get(entry.name, ())):
        yield other, OTHER
    yield entry.name.removeprefix("author/"), OTHER
    if "Work" in entry.classes:
        yield entry.label.replace(" and ", " "), OTHER
    if "AllianceConcept" in entry.classes and entry.label.endswith(" alliance"):
        yield entry.label.removesuffix(" alliance"), PART


def _learn(
    examples: Sequence[tuple[int, Mapping[str, float], float]], total: int
) -> dict[str, list[int]]:
    """Fit a multinomial logistic regression by stochastic gradient descent."""
    counts = Counter(feature for _, features, _ in examples for feature in features)
    weights = {f: [0.0] * total for f, count in sorted(counts.items()) if count >= _RARE}
    kept = [
        (number, [(weights[f], value) for f, value in features.items() if f in weights], share)
        for number, features, share in examples
    ]
    shuffle = random.Random(0)  # noqa: S311 - an order, and no secret
    for turn in range(_ROUNDS):
        shuffle.shuffle(kept)
        rate = _RATE / (1 + turn)
        for number, features, counts_for in kept:
            logits = [0.0] * total
            for row, value in features:
                logits = [logit + value * one for logit, one in zip(logits, row, strict=True)]
            top = max(logits)
            shares = [math.exp(logit - top) for logit in logits]
            whole = sum(shares)
            steps = [
                (at, rate * counts_for * ((at == number) - share / whole))
                for at, share in enumerate(shares)
                if share > 0.002 * whole or at == number
            ]
            for row, value in features:
                for at, step in steps:
                    row[at] += step * value
    return {feature: [round(SCALE * one) for one in row] for feature, row in weights.items()}
