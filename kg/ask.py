"""Questions in plain English: which registered question is meant, and how sure that is.

Words are linked to things of the graph, and what is said of these is compared with the ways in
which each question is put. What was not understood counts against an answer. Nothing is drawn by
lot, and no other service is asked: the same text has the same reading.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kg.ask_model import SCALE, AskModel, read_model, unit
from kg.entries import Catalog
from kg.linking import LABEL, Link, spans
from kg.phrasing import Text
from kg.questions import INTEGER, Parameter, Question
from kg.words import STOP_WORDS, fold, stem, tokens

__all__ = ["ANSWERED", "LONGEST_TEXT", "NONE", "UNSURE", "Asker", "Choice", "Reading", "Understood"]

ANSWERED, UNSURE, NONE = "answered", "unsure", "none"

#: Of a longer text the rest is not read.
LONGEST_TEXT = 2_000
#: How sure one must be for an answer, and for asking back; and how sure one ever is.
SURE, POSSIBLE, _MOST = 0.5, 0.25, 0.99
_CHOICES, _TRIED = 5, 12
_LISTED = 20
#: What is less likely than this, beside the likeliest, is not worth choosing from.
_FAR = 0.2
_SENTENCES = 12
#: What weighs no more makes no difference, and takes its time.
_LIGHT = 0.08
#: In a text of so many words each must be understood.
_SHORT, _STRANGE_WORD = 14, 0.75
#: How far a slip in a shorter word is believed.
_LONG, _SLIP = 7, 0.5

# How much counts what was learned from all ways of asking, beside the likeness to single ones.
_LEARNED = 0.65
# How much is left for each parameter that is missing, for a thing that the question has no place
# for, and where nothing but things speaks for the question.
_MISSING, _STRANGER, _NO_PLACE, _ONLY_THINGS, _OTHER_THING = 0.85, 0.7, 0.85, 0.6, 0.7

# not behind an initial or a title
_SENTENCE = re.compile(r"(?<![A-Z]\.)(?<!Mr\.)(?<!Mrs\.)(?<!Ms\.)(?<!Dr\.)(?<=[.!?:;])\s+|\n+")
_LETTER = re.compile(r"[^\W\d_]")
_TO = frozenset(
    {stem(word) for word in "to into toward enter reach become becoming be in turn".split()}
)
_FROM = frozenset(
    {stem(word) for word in "from leave leaving quit off out start abandon after beyond".split()}
)

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
    :param confidence: how likely it is by itself, up to 1.
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
    :param confidence: how sure it is of the first, which is less if the second is near.
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
        self._index: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, (_, features) in enumerate(self._model.patterns):
            for feature, weight in features.items():
                if weight > _LIGHT:
                    self._index[feature].append((number, weight))
        self._titles = {
            name: frozenset(map(stem, tokens(f"{question.title} {name.replace('-', ' ')}")))
            for name, question in questions.items()
        }
        self._keywords = {
            name: frozenset(map(stem, tokens(" ".join(question.keywords))))
            for name, question in questions.items()
        }
        self._elsewhere = [
            (f" {' '.join(stem(word) for word in tokens(text))} ", note)
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
        parts = [whole]
        sentences = [part for part in _SENTENCE.split(text) if len(part.split()) > 2]
        if len(sentences) > 1:
            parts += [self._reader.read(sentence) for sentence in sentences[:_SENTENCES]]
        best: dict[str, Choice] = {}
        for part in parts:
            for choice in self._choices(part, whole):
                known = best.get(choice.question)
                if known is None or choice.confidence > known.confidence:
                    best[choice.question] = choice
        ordered = sorted(best.values(), key=lambda one: (-one.confidence, one.question))
        likely = [one for one in ordered if one.confidence >= _FAR * ordered[0].confidence]
        return self._decide(text, whole, tuple(likely[:_CHOICES]))

    def _choices(self, part: Text, whole: Text) -> list[Choice]:
        found = []
        scores = self._scores(part)
        # what follows lowers a score, so that those far behind stay there
        for name in sorted(scores, key=lambda name: -scores[name])[:_TRIED]:
            question, score = self._questions[name], scores[name]
            given, used = self._fill(question, part, whole)
            missing = tuple(
                p.name for p in question.parameters if not p.optional and p.name not in given
            )
            score *= self._fit(question, part, used, missing)
            share = self._covered(name, part, used)
            sure = min(_MOST, score * (0.4 + 0.6 * share * share) * 1.1)
            if any(at - 1 not in used and at and not part.words[at - 1].known for at in used):
                # another thing than ours, such as an alliance that we do not know
                sure *= _OTHER_THING
            elif len(part.words) <= _SHORT and not all(word.known for word in part.words):
                sure *= _STRANGE_WORD
            found.append(Choice(name, question.title, given, round(sure, 3), missing))
        return found

    def _scores(self, text: Text) -> dict[str, float]:
        """Tell how much a text speaks for each question that it speaks for at all."""
        model = self._model
        asked = unit({f: v * model.weight(f) for f, v in text.features.items() if f in self._index})
        if not asked:
            return {}
        likeness: dict[int, float] = defaultdict(float)
        for feature, weight in asked.items():
            for number, other in self._index[feature]:
                likeness[number] += weight * other
        near: dict[int, list[float]] = defaultdict(list)
        for number, value in likeness.items():
            near[model.patterns[number][0]].append(value)
        learned = self._learned(text)
        scores = {}
        for number, values in near.items():
            top = sorted(values, reverse=True)[:3]
            like = 0.7 * top[0] + 0.3 * sum(top) / len(top)
            scores[model.order[number]] = (1 - _LEARNED) * like + _LEARNED * math.sqrt(
                learned[number]
            )
        return scores

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

    def _fit(
        self, question: Question, text: Text, used: Collection[int], missing: Collection[str]
    ) -> float:
        """Tell how well what a text names goes with what a question takes; 1 is best."""
        own = self._model.own[question.name]
        factor = _MISSING ** len(missing)
        if not any(f[0] != "@" and f in own and v >= 0.9 for f, v in text.features.items()):
            factor *= _ONLY_THINGS
        for link in text.links:
            taken = any(place in used for place in link.places)
            if taken:
                continue
            if any(self._reader.head(text.words, at)[0] in own for at in link.places):
                # a thing of its own that is left over still speaks against it
                factor *= _NO_PLACE if len(link.places) > 1 and used else 1.0
                continue
            stranger = self._reader.kinds(link) & {"case", "source"}
            factor *= _STRANGER if stranger else _NO_PLACE
        return factor

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
        first, second = [*(one.confidence for one in choices), 0.0, 0.0][:2]
        reading = Reading(
            text,
            NONE,
            choices[:3],
            round(first - second / 2, 3),
            self._understood(text, whole),
            unknown[:_LISTED],
        )
        stems = f" {' '.join(word.stem for word in whole.words)} "
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
        if self._is_bare(whole):
            return replace(unsure, note="It is not clear what is asked of it.")
        return replace(unsure, status=ANSWERED)

    def _is_bare(self, text: Text) -> bool:
        """Tell whether a text names a thing and says nothing of it."""
        if len(text.links) != 1:
            return False
        named = text.links[0].places
        rest = [word.text for place, word in enumerate(text.words) if place not in named]
        return all(word in STOP_WORDS or word in _VAGUE for word in rest)

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
            values = [
                name.thing[1]
                for name in sorted(link.names, key=lambda name: name.how != LABEL)
                if name.thing[0] == parameter.kind
                and name.thing[1] in parameter.values
                and name.thing[1] not in taken
            ]
            if values:
                found.append((link, values[0]))
        return found

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
