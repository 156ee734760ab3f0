"""Which of several representations a client gets by its Accept header."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

__all__ = ["choose", "parse_accept", "parse_weights"]

#: A weight. Python would also read nan, infinity and 1_0 as numbers.
_WEIGHT = re.compile(r"[0-9]{1,4}(?:\.[0-9]*)?|\.[0-9]+")


def parse_weights(header: str) -> list[tuple[str, float]]:
    """Read a header of values with weights, such as Accept-Encoding.

    >>> parse_weights("gzip, br;q=0.5")
    [('gzip', 1.0), ('br', 0.5)]
    """
    found = []
    for item in header[:4096].split(","):
        value, *parameters = (part.strip() for part in item.split(";"))
        weight = 1.0
        for parameter in parameters:
            name, _, number = parameter.partition("=")
            if name.strip().lower() == "q":
                number = number.strip()
                weight = min(float(number), 1.0) if _WEIGHT.fullmatch(number) else 0.0
        found.append((value.lower(), weight))
    return found


def parse_accept(header: str) -> list[tuple[str, float]]:
    """Read an Accept header as media ranges with their weights; what is malformed is left out.

    >>> parse_accept("text/html, application/json;q=0.5")
    [('text/html', 1.0), ('application/json', 0.5)]
    """
    return [(value, weight) for value, weight in parse_weights(header) if value.count("/") == 1]


def choose(accept: str | None, offers: Sequence[str]) -> str | None:
    """Choose the offer that an Accept header prefers, of equals the first, or ``None``.

    >>> choose("application/json;q=0.2, text/*", ["text/html", "application/json"])
    'text/html'
    >>> choose("image/png", ["text/html"]) is None
    True
    """
    if not accept or not accept.strip():
        return offers[0]
    ranges = parse_accept(accept)
    best: tuple[float, str | None] = (0.0, None)
    for offer in offers:
        weight = _weight(offer, ranges)
        if weight > best[0]:
            best = (weight, offer)
    return best[1]


def _weight(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Give an offer's weight by the most specific range that covers it."""
    candidates: Mapping[str, int] = {offer: 3, offer.split("/")[0] + "/*": 2, "*/*": 1}
    specific = [(candidates[name], weight) for name, weight in ranges if name in candidates]
    return max(specific)[1] if specific else 0.0
