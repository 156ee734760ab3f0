"""Words as people type them: folded, in one spelling, reduced to their stem, and with slips.

What is compared goes through the same functions on both sides, so that a form which is wrong as
English does no harm as long as it is the same form for both.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA
from snowballstemmer import stemmer

__all__ = ["STOP_WORDS", "american", "begun", "fold", "spelled_like", "stem", "tokens"]

#: Words that say too little to look for, unless there are no others. Folded.
STOP_WORDS = frozenset(
    "a about all also am an and any are as at be been being but by can could did do does done for "
    "from had has have he her here him his how i if in into is it its just me my no nor not of on "
    "or our she should so some such than that the their them then there these they this those to "
    "too us very was we were what when where which who whom whose why will with would you "
    "your".split()
)

#: Longer words are cut: nothing anybody means is as long, and slips in them cost time.
LONGEST_WORD = 64

# Letters that Unicode does not take apart.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)
_APOSTROPHE = re.compile(r"(?<=\w)['’ʼ`´‘](?=\w)")
_NO_WORD = re.compile(r"[\W_]+")

# First parts that make one word with what follows, however that is written: counter-transference,
# counter transference, countertransference.
_PREFIXES = frozenset(
    "anti bio co counter de inter intra meta mis multi neuro non post pre pseudo psycho re socio "
    "sub trans un".split()
)
# Words written closed, open and with a hyphen; a plural or an ending may follow.
_CLOSED = re.compile(r"\b(self object|well being|follow up|drop out|break through|set back)")
_SELF = re.compile(r"self(?!object|hood|less|ish|same|ness|ie)([a-z]{4,})")

# British endings. What stands before -ise in a word that has no -ize is listed.
_OUR = re.compile(
    r"(.*(?:arb|arm|behavi|cand|clam|col|demean|endeav|fav|ferv|flav|glam|harb|hon|hum|lab|"
    r"neighb|od|parl|ranc|rig|rum|sav|savi|splend|tum|val|vap|vig))our(.*)"
)
_ISE = re.compile(r"(.{3,})is(e[drs]?|ers|ing|ation|ational|ations|able)")
_NO_IZE = frozenset(
    "adv advert appr appra chast circumc comp compr comprom conc dem desp dev disgu enterpr "
    "exc exerc expert fra franch gu improv inc lik likew merchand other otherw pra prec prem "
    "prom repr rev superv surm surpr telev trad treat underprom".split()
)
_YSE = re.compile(r"((?:psycho)?anal|catal|dial|paral)ys(e[drs]?|ers|ing)")
_DOUBLE_L = re.compile(
    r"(cancel|channel|counsel|dial|equal|fuel|initial|label|level|marvel|model|panel|quarrel|"
    r"rival|signal|total|travel|unravel)l(ed|er|ers|ing|ings|or|ors)"
)
_ENSE = re.compile(r"(.*(?:def|off|pret|lic))enc(e[ds]?|eless|ing)")
_RE = re.compile(r"(cent|calib|fib|lit|lust|meag|met|somb|spect|theat)re(s|d?)")
_SES = re.compile(
    r"((?:psycho)?analy|cathar|cri|diagno|empha|hypothe|metamorpho|narco|neuro|paraly|parenthe|"
    r"progno|psycho|symbio|synthe|the)ses"
)
# The same of words that are not typed to their end.
_BEGUN = (
    (re.compile(r"is(?=(?:e[drs]?|ers|i|in|ing|a|at\w*|ab\w*)?$)"), "iz"),
    (re.compile(r"ou(?=r?$)"), "o"),
    (re.compile(r"our(?=\w)"), "or"),
    (re.compile(r"ll(?=(?:e|ed|ers?|i|in|ing|o|ors?)?$)"), "l"),
    (re.compile(r"enc(?=e?$)"), "ens"),
    (re.compile(r"ys(?=(?:e[drs]?|i|in|ing)?$)"), "yz"),
)
# What no ending tells: the other spelling, or the word that one looks under.
_SAME = {
    word: head
    for head, words in {
        "acknowledgment": "acknowledgement",
        "aesthetic": "esthetic",
        "aging": "ageing",
        "among": "amongst",
        "become": "became",
        "begin": "began begun",
        "break": "broke broken",
        "bring": "brought",
        "catalog": "catalogue",
        "child": "children",
        "choose": "chose chosen",
        "come": "came",
        "criterion": "criteria",
        "dialog": "dialogue",
        "dream": "dreamt",
        "enrollment": "enrolment",
        "fall": "fell fallen",
        "feel": "felt",
        "find": "found",
        "forget": "forgot forgotten",
        "fulfill": "fulfil",
        "fulfillment": "fulfilment",
        "get": "got gotten",
        "give": "gave given",
        "go": "goes gone went",
        "gray": "grey",
        "grow": "grew grown",
        "hear": "heard",
        "hold": "held",
        "judgment": "judgement",
        "keep": "kept",
        "know": "knew known",
        "lead": "led",
        "learned": "learnt",
        "leave": "left",
        "life": "lives",
        "lose": "lost",
        "make": "made",
        "man": "men",
        "maneuver": "manoeuvre manoeuvres maneuvre",
        "mean": "meant",
        "meet": "met",
        "mold": "mould",
        "mother": "mum mums mom moms",
        "oriented": "orientated",
        "pediatric": "paediatric",
        "phenomenon": "phenomena",
        "practice": "practise",
        "practiced": "practised",
        "practices": "practises",
        "practicing": "practising",
        "program": "programme",
        "programs": "programmes",
        "run": "ran",
        "say": "said",
        "see": "saw seen",
        "seek": "sought",
        "self": "selves",
        "show": "shown",
        "skeptic": "sceptic",
        "skeptical": "sceptical",
        "skillful": "skilful",
        "speak": "spoke spoken",
        "take": "took taken",
        "teach": "taught",
        "tell": "told",
        "think": "thought",
        "toward": "towards",
        "understand": "understood",
        "while": "whilst",
        "willful": "wilful",
        "woman": "women",
        "write": "wrote written",
    }.items()
    for word in words.split()
}

_STEMMER = stemmer("english")
# it keeps the word it works on
_STEMMING = threading.Lock()


def fold(text: str) -> str:
    r"""Reduce text to words in small plain letters, with one space between two.

    >>> fold("  The Client's “Idéalisation” — self-object! ")
    'the clients idealisation self object'
    >>> fold('AND (NEAR* "x") \x00')
    'and near x'
    """
    apart = unicodedata.normalize("NFKD", _APOSTROPHE.sub("", text)).casefold()
    plain = "".join(char for char in apart if not unicodedata.combining(char))
    return _NO_WORD.sub(" ", plain.translate(_LETTERS)).strip()


def tokens(text: str) -> list[str]:
    """List the words of a text, folded, each written closed or open in the one way we write it.

    >>> tokens("Self-objects and counter-transference"), tokens("selfobjects")
    (['selfobjects', 'and', 'countertransference'], ['selfobjects'])
    >>> tokens("self exploration") == tokens("self-exploration") == tokens("Selfexploration")
    True
    """
    found: list[str] = []
    prefix = ""
    folded = _CLOSED.sub(lambda match: match[0].replace(" ", ""), fold(text))
    for word in folded.split():
        if prefix and word in STOP_WORDS:
            # before and after: pre- and post-treatment
            found.append(prefix)
            prefix = ""
        if word in _PREFIXES:
            prefix = (prefix + word)[:LONGEST_WORD]
            continue
        word, prefix = (prefix + word)[:LONGEST_WORD], ""
        apart = _SELF.fullmatch(word)
        found += ["self", apart[1]] if apart else [word]
    return [*found, prefix] if prefix else found


def american(word: str) -> str:
    """Give the American spelling of a folded word, and the first form of an irregular one.

    >>> [american(word) for word in "behaviour idealising counsellor centres defence".split()]
    ['behavior', 'idealizing', 'counselor', 'centers', 'defense']
    >>> [american(word) for word in "supervise four analyses analysed sought".split()]
    ['supervise', 'four', 'analysis', 'analyzed', 'seek']
    """
    if word in _SAME:
        return _SAME[word]
    if match := _SES.fullmatch(word):
        return match[1] + "sis"
    if match := _YSE.fullmatch(word):
        return f"{match[1]}yz{match[2]}"
    if match := _ISE.fullmatch(word):
        return word if match[1] in _NO_IZE else f"{match[1]}iz{match[2]}"
    if match := _OUR.fullmatch(word):
        return f"{match[1]}or{match[2]}"
    if match := _DOUBLE_L.fullmatch(word):
        return match[1] + match[2]
    if match := _ENSE.fullmatch(word):
        return f"{match[1]}ens{match[2]}"
    if match := _RE.fullmatch(word):
        return f"{match[1]}er{'ed' if match[2] == 'd' else match[2]}"
    return word


def begun(word: str) -> tuple[str, ...]:
    """Give the ways in which a folded word that is still being typed may begin.

    >>> begun("idealisat"), begun("behaviou"), begun("counselli"), begun("work")
    (('idealisat', 'idealizat'), ('behaviou', 'behavio'), ('counselli', 'counseli'), ('work',))
    """
    ways = [american(word), *(british.sub(form, word) for british, form in _BEGUN)]
    return tuple(dict.fromkeys([word, *ways]))


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """Give what a folded word has in common with its inflections and other spellings.

    >>> {stem(word) for word in "idealise idealized idealizing idealisation".split()}
    {'ideal'}
    >>> stem("analyses") == stem("analysis"), stem("sought") == stem("seeking")
    (True, True)
    """
    with _STEMMING:
        found: str = _STEMMER.stemWord(american(word[:LONGEST_WORD]))
    return found


def spelled_like(word: str, vocabulary: Collection[str], *, limit: int = 3) -> list[str]:
    """List the words that are a slip or two away, the nearest first; none for a very short word.

    A slip is a letter too many, too few, wrong, or two that changed places. One is forgiven in four
    letters, two in seven, three in twelve. Of equally near words one with the same first letter
    comes first, then one that is no shorter, since a letter is sooner left out than put in, then
    whichever stands first in the vocabulary.

    :param word: a folded word.
    :param vocabulary: folded words.
    :param limit: how many to list.

    >>> spelled_like("idaelization", ["ideal", "idealization", "realization"])
    ['idealization', 'realization']
    >>> spelled_like("cat", ["car"])
    []
    """
    slips = _forgiven(len(word))
    if not slips or len(word) > LONGEST_WORD:
        return []
    near = process.extract_iter(
        word, list(vocabulary), scorer=OSA.distance, processor=None, score_cutoff=slips
    )
    best = sorted(
        (slip, found[:1] != word[:1], len(found) < len(word), place, found)
        for found, slip, place in near
    )
    return [found for *_, found in best[:limit]]


def _forgiven(length: int) -> int:
    return 0 if length < 4 else 1 if length < 7 else 2 if length < 12 else 3
