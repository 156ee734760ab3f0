"""How questions are put: what of a text tells which question it is.

A text comes down to features: things by their class, words by what stands for them and its like,
and neighbours. The build and the running program read texts by the same functions.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

from kg.linking import Lexicon, Link, Thing, Word, read_words
from kg.questions import INTEGER, Question
from kg.words import STOP_WORDS, stem, tokens

__all__ = ["LOOSE", "Reader", "Text"]

#: Classes whose things have long names, of which people use a part.
LOOSE = frozenset({"SignalType", "InterventionConcept", "ProblemConcept"})

_PLACE = re.compile(r"\{(\w+)\}")
_MARK = "xplace"

# How much features weigh against a word that tells something.
_FAINT = 0.5  # a word that tells little
_NEIGHBOURS = 0.8
_IN_NAME = 0.15  # a word of a name
_NAME_ALONE = 0.6  # a word that is a name
_OWN_CLASS = 0.8  # of a thing that is a concept besides
_EXAMPLE = 0.3  # a thing for which the question has no parameter
_PLAIN = 0.3  # a thing whose name is an everyday word
_RAW, _RAW_PAIR = 0.6, 0.5
_BEGUN = 0.4  # the beginning of a long word, for words that nobody used so far
_WHOLE = 1.2  # a short text as a whole, such as: what is a ...?
_SHORT_TEXT = 9
_LONG_WORD, _BEGINNING = 7, 5
_ARTICLES = frozenset({"a", "an", "the"})


@dataclass(slots=True)
class Text:
    """A text, or a sentence of it, as it was read.

    :param links: the things it names.
    :param loose: things that it may hint at, the likeliest first.
    :param features: what it comes down to, with weights.
    :param raw: the words themselves and their neighbours, with weights.
    :param whole: a short text as a whole, with a sign for what it names.
    :param heads: what stands for the words: the place of the first, the head, how many they are.
    """

    words: list[Word]
    links: list[Link]
    loose: list[Link] = field(default_factory=list)
    features: dict[str, float] = field(default_factory=dict)
    raw: dict[str, float] = field(default_factory=dict)
    heads: list[tuple[int, str, int]] = field(default_factory=list)
    whole: str = ""


class Reader:
    """Reads texts.

    :param types: the kind and the classes of every thing that is a parameter's value.
    :param alike: see :class:`kg.wording.Wording`.
    :param filler: words that tell little, and need not be understood.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        *,
        types: Mapping[Thing, frozenset[str]],
        alike: Mapping[str, Sequence[str]],
        filler: Iterable[str],
    ) -> None:
        self.types = types
        self._lexicon = lexicon
        self._alike = _by_first_stem(alike)
        self._faint = {*filler, *map(stem, filler), *STOP_WORDS}
        #: in how many questions a feature stands, as far as that is known
        self.spread: Mapping[str, int] = {}

    def read(self, text: str) -> Text:
        """Read what somebody typed."""
        words = self._lexicon.correct(read_words(text))
        found = Text(words, self._without_idioms(words, self._lexicon.link(words, text)))
        taken = {place for link in found.links if len(link.places) > 1 for place in link.places}
        free = [
            place
            for place, word in enumerate(words)
            if place not in taken and word.known and word.text not in STOP_WORDS
        ]
        found.loose = self._lexicon.link_loosely(words, free)[:8]
        self._describe(found)
        return found

    def read_pattern(
        self, text: str, question: Question, kinds: Mapping[str, frozenset[str]]
    ) -> Text:
        """Read a way to put a question.

        :param kinds: the kinds and classes of what stands in the places, by parameter.
        """
        plain = _PLACE.sub(lambda match: f" {_MARK}{match[1]} ", text)
        words = read_words(plain)
        found = Text(words, self._without_idioms(words, self._lexicon.link(words, plain)))
        self._describe(found, question, kinds)
        return found

    def _without_idioms(self, words: Sequence[Word], links: Iterable[Link]) -> list[Link]:
        """Leave out one-word names of concepts that are part of an idiom: to mix up, mixed."""
        idioms = {
            at
            for place in range(len(words))
            for length in [self.head(words, place)[1]]
            if length > 1
            for at in range(place, place + length)
        }
        return [
            link
            for link in links
            if len(link.places) > 1
            or link.places[0] not in idioms
            or self.kinds(link) != {"concept"}
        ]

    def is_faint(self, word: Word) -> bool:
        """Tell whether a word says too little to have to be understood."""
        return word.text in self._faint or word.stem in self._faint

    def head(self, words: Sequence[Word], place: int) -> tuple[str, int]:
        """Give what stands for the words at a place, and how many these are."""
        for stems, head in self._alike.get(words[place].stem, ()):
            if tuple(word.stem for word in words[place : place + len(stems)]) == stems:
                return head, len(stems)
        return words[place].stem, 1

    def is_plain(self, text: Text, link: Link) -> bool:
        """Tell whether a name is also an everyday word here, such as client."""
        if len(link.places) > 1:
            return False
        if "AllianceConcept" in self.kinds(link):
            # working by itself is a word as any other, and beside magical it is not
            named = [one for one in text.links if "AllianceConcept" in self.kinds(one)]
            if len(named) > 1 or any(word.stem == "allianc" for word in text.words):
                return False
        head, _ = self.head(text.words, link.places[0])
        return self.spread.get(head, 0) > 3

    def kinds(self, link: Link) -> frozenset[str]:
        """Give the kinds and classes of what a link may mean."""
        return frozenset().union(*(self.types[name.thing] for name in link.names))

    def _describe(
        self,
        text: Text,
        question: Question | None = None,
        kinds_of: Mapping[str, frozenset[str]] = MappingProxyType({}),
    ) -> None:
        features: defaultdict[str, float] = defaultdict(float)
        named: dict[int, float] = {}
        for link in text.links:
            kinds = self.kinds(link)
            alone = len(link.places) == 1 and "AllianceConcept" not in kinds
            named.update(dict.fromkeys(link.places, _NAME_ALONE if alone else _IN_NAME))
            for kind in sorted(kinds):
                share = _OWN_CLASS if len(kinds) > 1 else 1.0
                if question is None:
                    share *= _PLAIN if self.is_plain(text, link) else 1.0
                elif not any(kind in {p.kind, p.cls} for p in question.parameters):
                    share *= _EXAMPLE
                features[f"@{kind}"] += share
        for link in text.loose[:1]:
            for place in link.places:
                named.setdefault(place, _FAINT)
            for kind in sorted(self.kinds(link) & LOOSE):
                features[f"@{kind}"] += link.share
        place, telling, words = 0, [], text.words
        row: list[str] = ["^"]
        begun: list[str] = []
        while place < len(words):
            word = words[place]
            if word.text.startswith(_MARK):
                kinds = kinds_of.get(word.text.removeprefix(_MARK), frozenset())
                for kind in sorted(kinds):
                    features[f"@{kind}"] += _OWN_CLASS if len(kinds) > 1 else 1.0
                row.append("@")
                place += 1
                continue
            head, length = self.head(words, place)
            text.heads.append((place, head, length))
            weight = min(named.get(at, 1.0) for at in range(place, place + length))
            if head.startswith("="):
                telling.append(head)
            elif word.text.isdecimal() and place not in named:
                head, weight = f"@{INTEGER}", 1.0
            elif not word.known:
                weight = 0.0
            elif self.is_faint(word):
                weight *= _FAINT
            else:
                telling.append(head)
            if weight:
                features[head] = max(features[head], weight)
            for at in range(place, place + length):
                if at in named and named[at] != _FAINT:
                    if row[-1] != "@":
                        row.append("@")
                elif words[at].known or len(words[at].text) >= _LONG_WORD:
                    row.append(words[at].stem)
                    if len(words[at].text) >= _LONG_WORD:
                        begun.append(words[at].text[:_BEGINNING])
            place += length
        for first, second in pairwise(telling):
            features[f"{first} {second}"] += _NEIGHBOURS
        text.features = dict(features)
        text.raw = {f"w:{one}": _RAW for one in row[1:] if one != "@"}
        text.raw |= {f"b:{first} {second}": _RAW_PAIR for first, second in pairwise([*row, "$"])}
        text.raw |= {f"p:{one}": _BEGUN for one in begun}
        whole = [one for one in row if one not in _ARTICLES]
        if len(whole) <= _SHORT_TEXT and all(word.known for word in words):
            text.whole = " ".join(whole[1:])
            text.raw[f"k:{text.whole}"] = _WHOLE


def _by_first_stem(
    alike: Mapping[str, Sequence[str]],
) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    found: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for head, others in alike.items():
        for text in (head, *others):
            stems = tuple(stem(word) for word in tokens(text))
            found[stems[0]].append((stems, f"={head}"))
    for entries in found.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return dict(found)
