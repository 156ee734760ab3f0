"""Which of the things of a release a name in somebody's table means."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rapidfuzz import fuzz

from kg.namespaces import KINDS
from kg.search import Hit, SearchIndex, plain
from kg.words import american, tokens

__all__ = ["LONGEST_NAME", "Candidate", "match_name"]

#: Of a longer name the rest is not read.
LONGEST_NAME = 500
#: What a name may mean if it is not said what kind of thing it is.
_USUAL = frozenset({"concept", "signal", "case", "source"})
_POOL = 50

_LABEL, _OTHER_NAME, _SIMILAR = 100.0, 98.0, 95.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing that a name may mean.

    :param score: from 0 to 100, which says that the name is the label.
    :param match: whether it is the only one that has the name.
    """

    hit: Hit
    score: float
    match: bool


def match_name(
    index: SearchIndex, name: str, *, types: Collection[str] = (), limit: int = 5
) -> list[Candidate]:
    """List what a name may mean, best first.

    :param types: kinds (see :data:`kg.namespaces.KINDS`) and local names of classes, of which a
        thing must have one. Parts, such as a case's sessions, are had by their class only.
    """
    name = name[:LONGEST_NAME]
    wanted = _normal(name)
    scored: dict[str, tuple[float, Hit]] = {}
    for kind, cls in _filters(types):
        for hit in index.search(name, kind=kind, cls=cls, limit=_POOL).hits:
            if cls or "/" not in hit.name or hit.name.startswith("author/"):
                scored[hit.iri] = (_score(wanted, hit), hit)
    ranked = sorted(scored.values(), key=lambda pair: -pair[0])
    best = ranked[0][0] if ranked else 0.0
    unique = best >= _OTHER_NAME and [score for score, _ in ranked].count(best) == 1
    return [
        Candidate(hit, round(score, 1), match=unique and score == best)
        for score, hit in ranked[:limit]
    ]


def _filters(types: Collection[str]) -> list[tuple[str | None, str | None]]:
    if not types:
        return [(kind, None) for kind in sorted(_USUAL)]
    return [(name, None) if name in KINDS else (None, name) for name in types]


def _score(wanted: str, hit: Hit) -> float:
    label, *others = (_normal(name) for name in (plain(hit.label), *hit.also))
    if wanted == label:
        return _LABEL
    if wanted in others:
        return _OTHER_NAME
    near = max(fuzz.token_sort_ratio(wanted, name) for name in (label, *others))
    return near * _SIMILAR / 100


def _normal(name: str) -> str:
    return " ".join(map(american, tokens(name)))
