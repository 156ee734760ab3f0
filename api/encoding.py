"""Which content coding a client gets, and compressing."""

from __future__ import annotations

import gzip

import brotli

from api.negotiation import parse_weights

__all__ = ["LEAST", "choose_encoding", "compress"]

#: Bytes below which compressing costs more than it saves.
LEAST = 1000


def choose_encoding(header: str | None) -> str:
    """Choose a content coding by an Accept-Encoding header: br, gzip, or none as empty.

    >>> choose_encoding("gzip, deflate, br")
    'br'
    >>> choose_encoding("br;q=0, *;q=0.5")
    'gzip'
    >>> choose_encoding(None)
    ''
    """
    if not header:
        return ""
    weights = dict(parse_weights(header))
    others = weights.get("*", 0.0)
    best = max(("br", "gzip"), key=lambda name: weights.get(name, others))
    return best if weights.get(best, others) > 0 else ""


def compress(body: bytes, encoding: str) -> bytes:
    """Write bytes in a content coding that :func:`choose_encoding` gives."""
    if encoding == "br":
        return bytes(brotli.compress(body, quality=4))
    # without the time, equal bytes stay equal
    return gzip.compress(body, compresslevel=5, mtime=0)
