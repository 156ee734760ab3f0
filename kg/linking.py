"""Linking the words of a text to things of the graph: by name, by part of one, through slips.

Every word keeps the place in the text that it was read from, so that it can be shown what was
taken for what.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile

from rapidfuzz.distance import OSA

from kg.words import LONGEST_WORD, STOP_WORDS, american, fold, spelled_like, stem, tokens

__all__ = [
    "LABEL",
    "OTHER",
    "PART",
    "TITLES",
    "Lexicon",
    "Link",
    "Name",
    "Thing",
    "Word",
    "read_words",
]

#: A thing's kind and name; see :data:`kg.namespaces.KINDS`.
Thing = tuple[str, str]

#: In which way a name is a thing's: its label, another name, or less than a name.
LABEL, OTHER, PART = "label", "alternative", "part"

_RUN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
TITLES = frozenset({"mr", "mrs", "ms", "miss"})
_LONGEST_NAME = 9
#: Of a long name this share of its words will do, and no fewer than two.
_ENOUGH = 0.5
_LIKELY = 5
#: By which one word differs from another that is the same.
_ENDINGS = frozenset({"", "d", "e", "ed", "es", "ied", "ies", "ing", "s", "y"})
#: What stands between two names that share their last words: macro- and micro-internalization.
_BETWEEN = frozenset("and or vs versus to into from with nor than not".split())


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text.

    :param text: as :func:`kg.words.tokens` gives it; the right spelling if it was taken for a slip.
    :param start: where it begins in the text.
    :param end: where it ends.
    :param proper: whether it has a capital that no beginning of a sentence explains.
    :param slip: whether it was taken for a slip.
    :param known: whether it is a word of the lexicon.
    """

    text: str
    start: int
    end: int
    proper: bool = False
    slip: bool = False
    known: bool = True

    @property
    def stem(self) -> str:
        """What it has in common with its inflections."""
        return stem(self.text)


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a thing.

    :param words: the name as :func:`kg.words.tokens` gives it.
    :param how: ``label``, ``alternative``, or ``part`` if it is less than a name.
    """

    thing: Thing
    words: tuple[str, ...]
    how: str


@dataclass(frozen=True, slots=True)
class Link:
    """Words that were taken for a thing, or for one of several that they name alike.

    :param places: the places of the words among the words of the text.
    :param names: what they may mean.
    :param share: how much of the name they are.
    """

    places: tuple[int, ...]
    names: tuple[Name, ...]
    share: float = 1.0


def read_words(text: str) -> list[Word]:
    """Read the words of a text with their places.

    >>> [(word.text, word.start, word.end) for word in read_words("Mrs. C's self-object")]
    [('mrs', 0, 3), ('c', 5, 8), ('selfobject', 9, 20)]
    """
    runs: list[tuple[str, int, int, bool]] = []
    for run in _RUN.finditer(text):
        folded = fold(_POSSESSIVE.sub("", run[0])).replace(" ", "")[:LONGEST_WORD]
        if len(folded) == 2 and folded[1] == "s" and runs and runs[-1][0] in TITLES:
            folded = folded[0]  # Mr Gs case
        if folded:
            runs.append((folded, run.start(), run.end(), _is_proper(text, run)))
    # tokens() takes words apart and puts them together, yet keeps every letter in its order
    ends, length = [], 0
    for folded, *_ in runs:
        length += len(folded)
        ends.append(length)
    found: list[Word] = []
    read, first = 0, 0
    for token in tokens(" ".join(folded for folded, *_ in runs)):
        while first < len(runs) - 1 and ends[first] <= read:
            first += 1
        read += len(token)
        last = first
        while last < len(runs) - 1 and ends[last] < read:
            last += 1
        found.append(Word(token, runs[first][1], runs[last][2], proper=runs[first][3]))
    return found


def _is_proper(text: str, run: re.Match[str]) -> bool:
    before = text[: run.start()].rstrip(" \t\"'“‘(")[-1:]
    return bool(before) and run[0][0].isupper() and run[0] != "I" and before not in ".!?:;\n"


class Lexicon:
    """The names by which things are known, and all the words that are understood at all.

    :param names: the names.
    :param loose: the things of whose long names a part will do.
    :param words: other words that are understood; of equally near ones the first is taken for what
        a slip was meant to be.
    :param english: words that are no slips, though they mean nothing here.
    """

    def __init__(
        self,
        names: Iterable[Name],
        *,
        loose: Collection[Thing],
        words: Iterable[str],
        english: Iterable[str],
    ) -> None:
        by_stems: dict[tuple[str, ...], list[Name]] = defaultdict(list)
        by_words: dict[tuple[str, ...], dict[Thing, Name]] = defaultdict(dict)
        self._loose: list[tuple[Name, frozenset[str]]] = []
        of_names: dict[str, None] = {}
        for name in names:
            of_names.update(dict.fromkeys(name.words))
            stems = tuple(stem(word) for word in name.words)
            if name.how == PART:
                # with another ending it is another word
                by_words[tuple(map(american, name.words))].setdefault(name.thing, name)
            else:
                by_stems[stems].append(name)
            if name.thing in loose:
                pairs = zip(name.words, stems, strict=True)
                telling = frozenset(s for word, s in pairs if word not in STOP_WORDS)
                self._loose.append((name, telling))
        self._by_stems = dict(by_stems)
        self._by_words = dict(by_words)
        self._starts = {key[0] for key in (*by_stems, *by_words)}
        self._of_names = frozenset(of_names)
        vocabulary = dict.fromkeys(words) | of_names
        self._words = tuple(word for word in vocabulary if len(word) > 3)
        self._known = frozenset(vocabulary) | {stem(word) for word in vocabulary}
        self._english = frozenset(english)
        self._spelled = lru_cache(maxsize=4096)(self._spell)

    def correct(self, words: Iterable[Word]) -> list[Word]:
        """Put right what looks like a slip, and mark what is not understood."""
        found: list[Word] = []
        for word in words:
            known = word.text in self._known or word.stem in self._known
            if not known and word.text not in STOP_WORDS and not word.text.isdecimal():
                right = self._spelled(word.text, word.proper)
                word = replace(word, text=right, slip=True) if right else replace(word, known=False)
            if found and word.slip and found[-1].text + word.text in self._known:
                # what was written as one word was taken apart because of the slip
                before = found.pop()
                word = replace(word, text=before.text + word.text, start=before.start)
            found.append(word)
        return found

    def _spell(self, word: str, proper: bool) -> str:
        if not word.isascii() or word in self._english:
            return ""
        likely = spelled_like(word, self._words, limit=_LIKELY)
        # of equally near words one by which a thing is called is the likelier
        slips = {near: OSA.distance(word, near) for near in likely}
        likely.sort(key=lambda near: (slips[near], near not in self._of_names))
        for near in likely[:2]:
            # a stranger's name is no slip in one of our words
            if proper and near not in self._of_names:
                continue
            if near[0] == word[0] or word in {near[1:], near[1] + near[0] + near[2:]}:
                return near
        return ""

    def link(self, words: Sequence[Word], text: str) -> list[Link]:
        """Find the things that words name: the longest names first, none within another.

        :param text: the text that the words were read from.
        """
        stems = [word.stem for word in words]
        plain = [american(word.text) for word in words]
        found: list[Link] = []
        taken: set[int] = set()
        for length in range(min(_LONGEST_NAME, len(words)), 0, -1):
            for first in range(len(words) - length + 1):
                if stems[first] not in self._starts and plain[first] not in self._starts:
                    continue
                places = range(first, first + length)
                if taken.intersection(places):
                    continue
                part = slice(first, first + length)
                names = dict(self._by_words.get(tuple(plain[part]), {}))
                for name in self._by_stems.get(tuple(stems[part]), ()):
                    if length > 1 or _inflected(plain[first], american(name.words[0])):
                        names.setdefault(name.thing, name)
                if names and (length > 1 or _names_somebody(words, first, text)):
                    taken.update(places)
                    found.append(Link(tuple(places), _by_likelihood(names.values())))
        for link in found[:]:
            if shared := self._link_sharing(link, stems, plain, taken):
                taken.update(shared.places)
                found.append(shared)
        return sorted(found, key=lambda link: link.places)

    def _link_sharing(
        self, link: Link, stems: Sequence[str], plain: Sequence[str], taken: Collection[int]
    ) -> Link | None:
        """Find a thing that shares the last words of its name with the one named after it."""
        first = link.places[0]
        if len(link.places) == 1 or first < 2 or plain[first - 1] not in _BETWEEN:
            return None
        place = first - 2
        if place in taken:
            return None
        names = self._by_stems.get((stems[place], *(stems[at] for at in link.places[1:])), ())
        return Link((place,), _by_likelihood(names)) if names else None

    def link_loosely(self, words: Sequence[Word], free: Collection[int]) -> list[Link]:
        """Find things of whose long names a good part occurs, the best first.

        :param free: the places of words that mean nothing else.
        """
        places: dict[str, int] = {}
        for place in free:
            places.setdefault(words[place].stem, place)
        found: dict[Thing, Link] = {}
        for name, stems in self._loose:
            shared = stems & places.keys()
            share = len(shared) / len(stems) if len(shared) > 1 else 0.0
            if share >= _ENOUGH and (name.thing not in found or found[name.thing].share < share):
                at = tuple(sorted(places[one] for one in shared))
                found[name.thing] = Link(at, (replace(name, how=PART),), share)
        return sorted(
            found.values(), key=lambda link: (-link.share, -len(link.places), link.names[0].thing)
        )


def _inflected(word: str, other: str) -> bool:
    """Tell whether words of one stem differ by an inflection at most; relate and relative do not.

    >>> _inflected("phobias", "phobia"), _inflected("relate", "relative")
    (True, False)
    """
    same = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False))
    )
    last = word[same - 1 : same]
    return {word[same:].removeprefix(last), other[same:].removeprefix(last)} <= _ENDINGS


def _by_likelihood(names: Iterable[Name]) -> tuple[Name, ...]:
    """Order what is called alike: by label, and what has this for its whole name, first."""
    return tuple(
        sorted(names, key=lambda name: (name.how != LABEL, name.thing[1] != "-".join(name.words)))
    )


def _names_somebody(words: Sequence[Word], place: int, text: str) -> bool:
    """Tell whether a word by itself may be a name; a letter is one as a capital, or with Mrs."""
    if len(words[place].text) > 1:
        return True
    titled = place > 0 and words[place - 1].text in TITLES
    return titled or text[words[place].start].isupper()


def spans(places: Iterable[int]) -> Mapping[int, int]:
    """Join neighbouring places: the last of a run, by its first.

    >>> dict(spans([3, 1, 2, 7]))
    {1: 3, 7: 7}
    """
    found: dict[int, int] = {}
    first = last = -2
    for place in sorted(places):
        if place != last + 1:
            first = place
        last = place
        found[first] = last
    return found
