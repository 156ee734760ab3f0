"""Questions in plain English: which registered question is meant, and how sure that is.

Words are linked to things of the graph, and what is said of these is compared with the ways in
which each question is put. What was not understood counts against an answer. Nothing is drawn by
lot, and no other service is asked: the same text has the same reading.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from heapq import nlargest
from pathlib import Path
from typing import Any

from kg.ask_model import SCALE, AskModel, read_model, unit
from kg.entries import Catalog
from kg.linking import PART, TITLES, Link, spans
from kg.phrasing import Text
from kg.questions import INTEGER, Parameter, Question
from kg.words import STOP_WORDS, fold, stem, tokens

__all__ = ["ANSWERED", "LONGEST_TEXT", "NONE", "UNSURE", "Asker", "Choice", "Reading", "Understood"]

ANSWERED, UNSURE, NONE = "answered", "unsure", "none"

#: Of a longer text the rest is not read.
LONGEST_TEXT = 2_000
#: How sure one must be for an answer, and for asking back.
SURE, POSSIBLE = 0.5, 0.1
_CHOICES, _TRIED = 5, 12
_LISTED = 20
#: Weights beyond this are all the same, and exp() of them is too large.
_MOST = 50.0
#: What is less likely than this, beside the likeliest, is not worth choosing from.
_FAR = 0.05
_SENTENCES = 12
#: How far a slip in a shorter word is believed.
_LONG, _SLIP = 7, 0.5
#: Likelihoods below this make no difference.
_FAINT = 1e-4

#: How much counts what speaks for a question and against it: logarithms of odds against the text
#: asking nothing that can be answered, as tests/ask/calibrate.py finds them.
COUNTS: Mapping[str, float] = {
    "bias": -3.67,
    "learned": 1.29,
    "like": 1.59,
    "covered": 5.70,
    "missing": -1.79,
    "stranger": 1.24,
    "left": -0.03,
    "own": -0.24,
    "bare": -0.51,
    "filled": 0.10,
    "beside": -2.92,
    "guessed": 0.69,
    "unknown": -1.78,
    "names": -1.81,
    "stray": -0.61,
    "other": 0.22,
    "slips": 0.64,
    "plain": 0.58,
    "same": 2.18,
}

# not behind an initial or a title
_SENTENCE = re.compile(r"(?<![A-Z]\.)(?<!Mr\.)(?<!Mrs\.)(?<!Ms\.)(?<!Dr\.)(?<=[.!?:;])\s+|\n+")
_LETTER = re.compile(r"[^\W\d_]")
_TO = frozenset(
    {stem(word) for word in "to into toward enter reach become becoming be in turn".split()}
)
_EVERYDAY = frozenset({"ChannelConcept", "RoleConcept", "CertaintyConcept"})
_FROM = frozenset(
    {stem(word) for word in "from leave leaving quit off out start abandon after beyond".split()}
)

_ALLIANCE = stem("alliance")
_DEFINITION = "definition"
_POLITE = frozenset(map(stem, "please hi hello hey can could would you ok so and but".split()))

_ASKING = frozenset("how what whats when where which who whom whos whose why".split())
#: Words that may go with a name without asking anything of it.
_VAGUE = frozenset({"anything", "information", "more", "please", "something"})

# Words of one language and not of English, folded. Two of them and the text is none of ours.
_FOREIGN: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "French": "quel quelle quels quelles est les des une du dans pour avec qui que sont entre "
        "comment pourquoi cette ce pas sur aux ou et la le un il elle je vous nous",
        "German": "welche welcher welches ist der die das und ein eine einer dem den des wie warum "
        "wer nicht fur von mit zum zur auf dass bei sich sind gibt es ich er sie",
        "Spanish": "que cual cuales es el la los las una un del de en para con por como quien son "
        "cuando donde hay se su",
        "Italian": "quale quali che cosa il lo la gli le un una dei della delle di per con come "
        "chi sono quando dove perche ce nel tra si",
        "Portuguese": "qual quais que os um uma dos das em para com por como quem sao quando onde "
        "nao ao entre",
        "Dutch": "welke wat de het een van en voor met hoe waarom wie niet zijn bij naar er dat "
        "betekent ik je",
        "Polish": "ktory ktora ktore co jest na jak dlaczego kto nie sie od przez czy jaki mial",
        "Swedish": "vilken vilka vad ar och ett att som med hur varfor vem inte pa av till det den",
        "Turkish": "hangi ne nedir ve bir icin ile nasil neden kim degil mi bu",
        "Latin": "quid quae quod est et cum ad ex sunt",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Understood:
    """Words of a text that were taken for something.

    :param words: the words as they were typed.
    :param start: where they begin.
    :param end: where they end.
    :param kind: ``case``, ``concept``, ``signal`` or ``source``; ``word`` if no thing is meant, but
        another spelling.
    :param name: the name of the thing, or the right spelling.
    :param label: what it is called.
    :param how: ``label``, ``alternative``, ``part`` of a name, or ``slip``.
    """

    words: str
    start: int
    end: int
    kind: str
    name: str
    label: str
    how: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A question that may be meant.

    :param parameters: the values that were understood.
    :param confidence: how likely it is, up to 1; the rest is shared by others and by none.
    :param missing: the parameters that it cannot do without, and that were not.
    """

    question: str
    title: str
    parameters: Mapping[str, str]
    confidence: float
    missing: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the choice as a public JSON object."""
        return {
            "question": self.question,
            "title": self.title,
            "parameters": dict(self.parameters),
            "missing": list(self.missing),
            "confidence": self.confidence,
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text was taken for.

    :param status: ``answered``, ``unsure`` or ``none``.
    :param choices: what may be meant, the likeliest first; if it is sure, the first is meant.
    :param confidence: how likely the first is meant.
    :param unknown: words that mean nothing here.
    :param note: why there is no answer; else empty.
    """

    text: str
    status: str
    choices: tuple[Choice, ...] = ()
    confidence: float = 0.0
    understood: tuple[Understood, ...] = ()
    unknown: tuple[str, ...] = ()
    note: str = ""

    def to_json(self, answer: Mapping[str, Any] | None) -> dict[str, Any]:
        """Give the reading as the public JSON object.

        :param answer: the answer as :meth:`kg.questions.QuestionAnswer.to_json` gives it.
        """
        best = self.choices[0] if self.choices and self.status != NONE else None
        return {
            "status": self.status,
            "question": best.question if best else None,
            "parameters": dict(best.parameters) if best else {},
            "confidence": self.confidence,
            "missing": list(best.missing) if best else [],
            "understood": [
                {
                    "words": one.words,
                    "start": one.start,
                    "end": one.end,
                    "kind": one.kind,
                    "name": one.name,
                    "label": one.label,
                    "how": one.how,
                }
                for one in self.understood
            ],
            "unknown": list(self.unknown),
            "note": self.note,
            "alternatives": [
                choice.to_json() for choice in (self.choices[1:] if best else self.choices)
            ],
            "answer": dict(answer) if answer is not None else None,
        }


class Asker:
    """Finds out which question of a registry a text asks.

    :param folder: the release.
    """

    def __init__(self, folder: Path, questions: Mapping[str, Question], catalog: Catalog) -> None:
        self._questions = questions
        self._model: AskModel = read_model(folder / "asking.json", questions.values())
        self._reader = self._model.reader
        self._labels = {(entry.kind, entry.name): entry.label for entry in catalog.values()}
        # by question, in which ways to put it a feature stands and with which weight
        self._ways: list[dict[str, list[tuple[int, float]]]] = [{} for _ in self._model.order]
        for at, (number, features) in enumerate(self._model.patterns):
            for feature, weight in features.items():
                self._ways[number].setdefault(feature, []).append((at, weight))
        self._heard = frozenset(feature for _, way in self._model.patterns for feature in way)
        self._titles = {
            name: frozenset(map(stem, tokens(f"{question.title} {name.replace('-', ' ')}")))
            for name, question in questions.items()
        }
        self._keywords = {
            name: frozenset(map(stem, tokens(" ".join(question.keywords))))
            for name, question in questions.items()
        }
        self._elsewhere = [
            (f"{text[:1] if text[:1] == '^' else ''} {' '.join(map(stem, tokens(text)))} ", note)
            for note, texts in self._model.elsewhere.items()
            for text in texts
        ]
        # a work or notion that one author has and another names alike, by what both are called
        self._variants = {
            (thing[1], author): variant
            for variant, label in self._labels.items()
            if variant[0] == "concept" and (match := re.fullmatch(r"(.+) \((\w+)\)", label))
            for thing, base in self._labels.items()
            if thing[0] == "concept" and base == match[1]
            for author in [match[2].casefold()]
        }

    def read(self, text: str) -> Reading:
        """Find out what a text asks."""
        cut = len(text) > LONGEST_TEXT
        found = self._read(text[:LONGEST_TEXT])
        note = f"Only the first {LONGEST_TEXT} characters were read. {found.note}".rstrip()
        return replace(found, note=note) if cut else found

    def _read(self, text: str) -> Reading:
        if language := _foreign(text):
            return Reading(text, NONE, note=f"This looks like {language}; please ask in English.")
        whole = self._reader.read(text)
        if not whole.words:
            return Reading(text, NONE, note="There are no words in it.")
        return self._decide(text, whole, self._order(self.weigh(text, whole)))

    def weigh(
        self, text: str, whole: Text | None = None
    ) -> list[tuple[Choice, Mapping[str, float]]]:
        """List what a text may ask, each question once, with what speaks for and against it.

        :param whole: the text as it was read, if it was.
        """
        whole = whole or self._reader.read(text)
        parts = [whole]
        sentences = [part for part in _SENTENCE.split(text) if len(part.split()) > 2]
        if len(sentences) > 1:
            parts += [self._reader.read(sentence) for sentence in sentences[:_SENTENCES]]
        best: dict[str, tuple[float, Choice, Mapping[str, float]]] = {}
        for part in parts:
            for choice, signs in self._choices(part, whole):
                weight = sum(COUNTS[sign] * value for sign, value in signs.items())
                if choice.question not in best or weight > best[choice.question][0]:
                    best[choice.question] = (weight, choice, signs)
        return [(choice, signs) for _, choice, signs in best.values()]

    def _order(self, found: list[tuple[Choice, Mapping[str, float]]]) -> tuple[Choice, ...]:
        """Tell how likely each is; what is left to one is that nothing is asked of ours."""
        odds = [
            math.exp(min(_MOST, sum(COUNTS[sign] * value for sign, value in signs.items())))
            for _, signs in found
        ]
        whole = 1 + sum(odds)
        choices = [
            replace(choice, confidence=round(one / whole, 3))
            for (choice, _), one in zip(found, odds, strict=True)
        ]
        ordered = sorted(choices, key=lambda one: (-one.confidence, one.question))
        likely = [one for one in ordered if one.confidence >= _FAR * ordered[0].confidence]
        return tuple(likely[:_CHOICES])

    def _choices(self, part: Text, whole: Text) -> list[tuple[Choice, Mapping[str, float]]]:
        if not part.links and all(self._reader.is_faint(word) for word in part.words):
            return []
        found: list[tuple[Choice, Mapping[str, float]]] = []
        learned = self._learned(part)
        asked = unit(
            {f: v * self._model.weight(f) for f, v in part.features.items() if f in self._heard}
        )
        for number in sorted(range(len(learned)), key=lambda at: -learned[at])[:_TRIED]:
            name = self._model.order[number]
            question = self._questions[name]
            given, used = self._fill(question, part, whole)
            missing = tuple(
                p.name for p in question.parameters if not p.optional and p.name not in given
            )
            signs = {
                "bias": 1.0,
                "learned": math.log(learned[number] + _FAINT),
                "like": self._likeness(number, asked),
                "missing": float(len(missing)),
                "filled": float(len(given)),
                **self._tell(name, part, used),
            }
            found.append((Choice(name, question.title, given, 0.0, missing), signs))
        return found

    def _likeness(self, number: int, asked: Mapping[str, float]) -> float:
        """Tell how near a text comes to single ways to put a question, up to 1."""
        ways = self._ways[number]
        likeness: dict[int, float] = {}
        for feature, weight in asked.items():
            for at, other in ways.get(feature, ()):
                likeness[at] = likeness.get(at, 0.0) + weight * other
        near = nlargest(3, likeness.values())
        return 0.7 * near[0] + 0.3 * sum(near) / len(near) if near else 0.0

    def _learned(self, text: Text) -> list[float]:
        """Give the probability of each question by what was learned."""
        logits = [0.0] * len(self._model.order)
        for feature, value in unit({**text.features, **text.raw}).items():
            row = self._model.learned.get(feature)
            if row:
                value /= SCALE
                logits = [logit + value * one for logit, one in zip(logits, row, strict=True)]
        top = max(logits)
        shares = [math.exp(logit - top) for logit in logits]
        whole = sum(shares)
        return [share / whole for share in shares]

    def _tell(self, name: str, text: Text, used: Collection[int]) -> dict[str, float]:
        """Tell how what a text names, and words that are not understood, go with a question."""
        own = self._model.own[name]
        left = dict.fromkeys(("stranger", "left", "own"), 0.0)
        for link in text.links:
            if any(place in used for place in link.places):
                continue
            if any(self._reader.head(text.words, at)[0] in own for at in link.places):
                left["own"] += 1
            else:
                person = self._reader.kinds(link) & {"case", "source"}
                left["stranger" if person else "left"] += 1
        strange = [word for word in text.words if not word.known]
        telling = {
            place
            for place, head, _ in text.heads
            if head[0] != "=" and not self._reader.is_faint(text.words[place])
        }
        numbers = [
            at
            for at, word in enumerate(text.words)
            if at not in used and word.text.isdecimal() and f"@{INTEGER}" not in own
        ]
        return {
            **left,
            "covered": self._covered(name, text, used),
            # nothing but things speaks for the question
            "bare": float(
                not any(f[0] != "@" and f in own and v >= 0.9 for f, v in text.features.items())
            ),
            # another thing than ours, such as an alliance or a Mr. K that we do not know
            "beside": float(
                any(
                    at - 1 not in used
                    and at > 0
                    and (
                        not text.words[at - 1].known
                        or text.words[at - 1].text in TITLES
                        or (text.words[at].stem == _ALLIANCE and at - 1 in telling)
                    )
                    for at in used
                )
            ),
            "guessed": float(
                any(
                    link.share < 1 and any(place in used for place in link.places)
                    for link in text.loose
                )
            ),
            # working by itself is rather a word as any other than an alliance
            "plain": float(
                any(
                    link.names[0].how == PART
                    and self._reader.is_plain(text, link)
                    and link.places[0] in used
                    for link in text.links
                )
            ),
            # word by word a way to put this question, with other things in it
            "same": self._model.wholes.get(text.whole, {}).get(name, 0.0),
            "unknown": float(min(3, sum(not word.proper for word in strange) + len(numbers))),
            "names": float(min(2, sum(word.proper for word in strange))),
            # words that say something, and not in any way in which this question is put
            "stray": float(
                min(
                    3,
                    sum(
                        not head.startswith("=")
                        and head not in own
                        and place not in used
                        and text.words[place].known
                        and place in telling
                        for place, head, _ in text.heads
                    ),
                )
            ),
            "other": float(
                min(3, sum(head.startswith("=") and head not in own for _, head, _ in text.heads))
            ),
            "slips": float(min(3, sum(word.slip for word in text.words))),
        }

    def _covered(self, name: str, text: Text, used: Collection[int]) -> float:
        """Tell which share of the words that say something has a part in a question."""
        own = self._model.own[name]
        known = whole = 0.0
        for place, head, length in text.heads:
            word = text.words[place]
            weight = 1.0
            if any(at in used for at in range(place, place + length)):
                hit = True
            elif head.startswith("="):
                hit = head in own
            elif self._reader.is_faint(word):
                continue
            else:
                heard = word.known and head in self._model.spread
                weight = 1.0 if heard else 3.0 if word.proper else 2.0
                hit = word.known and head in own
            whole += weight
            if hit:
                known += weight * (_SLIP if word.slip and len(word.text) < _LONG else 1.0)
            elif word.known:
                known += 0.1
        return known / whole if whole else 1.0

    def _decide(self, text: str, whole: Text, choices: tuple[Choice, ...]) -> Reading:
        unknown = tuple(
            dict.fromkeys(text[word.start : word.end] for word in whole.words if not word.known)
        )
        reading = Reading(
            text,
            NONE,
            choices[:3],
            choices[0].confidence if choices else 0.0,
            self._understood(text, whole),
            unknown[:_LISTED],
        )
        said = [word.stem for word in whole.words]
        while said and said[0] in _POLITE:
            said.pop(0)
        # the mark before it stands for the beginning, which some phrases ask for
        stems = f"^ {' '.join(said)} "
        for phrase, note in self._elsewhere:
            if phrase in stems:
                return replace(reading, note=note)
        best = choices[0] if choices else None
        if best is None or best.confidence < POSSIBLE:
            strange = "Not all words were understood. " if unknown else ""
            return replace(
                reading, note=f"{strange}The graph holds no answer to this, as far as one can tell."
            )
        unsure = replace(reading, status=UNSURE, choices=choices)
        if best.missing:
            question = self._questions[best.question]
            labels = [p.label for p in question.parameters if p.name in best.missing]
            return replace(unsure, note=f"It is not clear what is meant by: {', '.join(labels)}.")
        if reading.confidence < SURE:
            return replace(unsure, note="It is not clear which question is meant.")
        if self._is_bare(whole) and not self._is_term(best, whole):
            return replace(unsure, note="It is not clear what is asked of it.")
        if both := self._doubtful(best, whole):
            return replace(unsure, note=f"It may be meant: {' or '.join(both)}.")
        return replace(unsure, status=ANSWERED)

    def _is_bare(self, text: Text) -> bool:
        """Tell whether a text names a thing and says nothing of it."""
        if len(text.links) != 1:
            return False
        named = text.links[0].places
        rest = [word.text for place, word in enumerate(text.words) if place not in named]
        return not _ASKING.intersection(rest) and all(
            word in STOP_WORDS or word in _VAGUE for word in rest
        )

    def _is_term(self, choice: Choice, text: Text) -> bool:
        """Tell whether a text is a technical term of several words; one looks up what it means."""
        (link,) = text.links
        return (
            choice.question == _DEFINITION
            and len(link.places) > 1
            and "AllianceConcept" not in self._reader.kinds(link)
        )

    def _doubtful(self, choice: Choice, text: Text) -> list[str]:
        """List the labels of several things that a name means alike, if one of them was taken."""
        question = self._questions[choice.question]
        for parameter in question.parameters:
            for link in text.links:
                first = link.names[0]
                alike = [
                    parameter.values[name.thing[1]]
                    for name in link.names
                    if name.how == first.how
                    and name.thing[0] == parameter.kind == "case"
                    and name.thing[1] in parameter.values
                ]
                if len(alike) > 1 and choice.parameters.get(parameter.name) in parameter.values:
                    return alike
        return []

    def _understood(self, text: str, whole: Text) -> tuple[Understood, ...]:
        found = []
        for link in whole.links:
            name = link.names[0]
            label = self._labels.get(name.thing, name.thing[1])
            for first, last in spans(link.places).items():
                start, end = whole.words[first].start, whole.words[last].end
                found.append(Understood(text[start:end], start, end, *name.thing, label, name.how))
        for word in whole.words:
            if word.slip:
                typed = text[word.start : word.end]
                found.append(
                    Understood(typed, word.start, word.end, "word", word.text, word.text, "slip")
                )
        return tuple(sorted(found, key=lambda one: (one.start, one.how)))

    def _fill(self, question: Question, part: Text, whole: Text) -> tuple[dict[str, str], set[int]]:
        """Give the parameters that a text names, and the places in its part that name them."""
        given: dict[str, str] = {}
        used: set[int] = set()
        for text in [part] if part is whole else [part, whole]:
            places: set[int] = set()
            if {p.name for p in question.parameters} == {"from", "to"}:
                if not given:
                    self._fill_ends(question, text, given, places)
            else:
                self._fill_places(question, text, given, places)
            if text is part:
                used = places
        order = [p.name for p in question.parameters]
        return dict(sorted(given.items(), key=lambda item: order.index(item[0]))), used

    def _fill_places(
        self, question: Question, text: Text, given: dict[str, str], places: set[int]
    ) -> None:
        for parameter in question.parameters:
            if parameter.name in given:
                continue
            if parameter.kind == INTEGER:
                self._fill_number(parameter, text, given, places)
                continue
            found = self._candidates(question, parameter, text, given.values(), places)
            if found:
                alone = len(question.parameters) == 1
                # the longest name tells most; of two parameters the first comes first
                link, value = max(
                    found,
                    key=lambda one: (
                        one[0].share == 1.0,
                        # the alliance, the transference: any of them
                        f"{one[1].capitalize()}Concept" != parameter.cls,
                        parameter.cls or not self._is_everyday(one[0]),
                        not self._reader.is_plain(text, one[0]),
                        len(one[0].places) if alone else 0,
                    ),
                )
                given[parameter.name] = value
                places.update(link.places)
        lacking = [p for p in question.parameters if p.name not in given and not p.optional]
        if len(lacking) == 1 and len(given) == 1:
            self._fill_variant(lacking[0], next(iter(given.values())), text, given, places)

    def _fill_number(
        self, parameter: Parameter, text: Text, given: dict[str, str], places: set[int]
    ) -> None:
        for place, word in enumerate(text.words):
            if word.text.isascii() and word.text.isdecimal() and len(word.text) < 10:
                number = int(word.text)
                if parameter.minimum <= number <= parameter.maximum:
                    given[parameter.name] = str(number)
                    places.add(place)
                    return

    def _candidates(
        self,
        question: Question,
        parameter: Parameter,
        text: Text,
        taken: Collection[str],
        places: Collection[int],
    ) -> list[tuple[Link, str]]:
        found = []
        for link in [*text.links, *text.loose]:
            if any(place in places for place in link.places):
                continue
            if parameter.optional and parameter.cls and self._is_own(question, text, link):
                continue
            if parameter.optional and not parameter.cls and self._is_everyday(link):
                continue
            values = [
                name.thing[1]
                for name in link.names
                if name.thing[0] == parameter.kind
                and name.thing[1] in parameter.values
                and name.thing[1] not in taken
            ]
            if values:
                found.append((link, values[0]))
        return found

    def _is_everyday(self, link: Link) -> bool:
        """Tell whether a name is of a role, a channel or a grade, which one seldom asks about."""
        return all(self._reader.types[name.thing] & _EVERYDAY for name in link.names)

    def _is_own(self, question: Question, text: Text, link: Link) -> bool:
        """Tell whether a name is a word of the question, which means no value in particular."""
        stems = {text.words[place].stem for place in link.places}
        return stems <= self._titles[question.name] or (
            len(link.places) == 1 and stems <= self._keywords[question.name]
        )

    def _fill_variant(
        self,
        parameter: Parameter,
        other: str,
        text: Text,
        given: dict[str, str],
        places: set[int],
    ) -> None:
        """Take an author's own notion for the second thing where both are called the same."""
        for link in text.links:
            for name in link.names:
                author = name.thing[1].removeprefix("author/")
                variant = self._variants.get((other, author))
                if variant and variant[1] in parameter.values:
                    given[parameter.name] = variant[1]
                    places.update(link.places)
                    return

    def _fill_ends(
        self, question: Question, text: Text, given: dict[str, str], places: set[int]
    ) -> None:
        """Take two things as whence and whither, by the words before them, else by their order."""
        values = question.parameters[0].values
        ends: dict[str, Link] = {}
        for link in text.links:
            for name in link.names:
                if name.thing[0] == question.parameters[0].kind and name.thing[1] in values:
                    ends.setdefault(name.thing[1], link)
                    break
        names = list(ends)[:2]
        cues = [self._role(text, ends[name]) for name in names]
        if len(names) == 2:
            # the order tells, unless what comes second is said to be left behind
            turned = cues[1] == "from" != cues[0]
            roles = dict(zip(("to", "from") if turned else ("from", "to"), names, strict=True))
        else:
            roles = {cues[0] or "from": names[0]} if names else {}
        for role, value in roles.items():
            given[role] = value
            places.update(ends[value].places)

    def _role(self, text: Text, link: Link) -> str:
        for place in range(link.places[0] - 1, max(-1, link.places[0] - 5), -1):
            if text.words[place].stem in _FROM:
                return "from"
            if text.words[place].stem in _TO:
                return "to"
        return ""


def _foreign(text: str) -> str:
    """Name the language of a text if it is plainly another than English; else nothing."""
    text = text[:400]
    letters = _LETTER.findall(text)
    if sum(ord(letter) > 0x24F for letter in letters) * 5 > len(letters) > 0:
        return "another script than ours"
    words = [word for word in fold(text).split() if len(word) > 1]
    english = sum(word in STOP_WORDS for word in words)
    strange, language = max(
        (sum(word in own and word not in STOP_WORDS for word in words), name)
        for name, own in _FOREIGN.items()
    )
    return language if strange > max(1, english) else ""
