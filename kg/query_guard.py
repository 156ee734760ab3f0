"""What a query from outside may use and may say, checked before any engine sees it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from kg.errors import InputError, LimitError, TooLargeError

__all__ = ["NO_SERVICE", "TOKEN", "Limits", "check_graphs", "check_query", "is_repeatable"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a query may use.

    :param seconds: wall time from its start.
    :param memory: bytes of a worker's data segment beyond what its release takes.
    :param body: bytes of a written answer.
    :param rows: rows of an answer that is a table.
    :param length: characters of a query.
    :param nesting: depth of brackets in a query.
    :param queue: queries that may wait for a worker, each as long as one may run; one client's
        may be half of them.
    :param waiting: seconds that one may wait, if that is not as long as one may run.
    """

    seconds: float = 10.0
    memory: int = 512 * 1024 * 1024
    body: int = 64 * 1024 * 1024
    rows: int = 1_000_000
    length: int = 100_000
    nesting: int = 100
    queue: int = 64
    waiting: float | None = None


NO_SERVICE = "the query asks another host (SERVICE); this endpoint calls none"

#: What matters of SPARQL's tokens here; what may hold brackets or words and mean none comes first.
#: A string that is not closed reaches as far as it can, and nothing is tried twice: this runs in
#: the server's own process, and its time has to be linear.
TOKEN = re.compile(
    r"""
    (?P<skip>
        \#[^\n\r]*
      | \"""(?:[^"\\]|\\.|"(?!""))*+(?:\""")?
      | '''(?:[^'\\]|\\.|'(?!''))*+(?:''')?
      | "(?:[^"\\\n]|\\.)*+"?
      | '(?:[^'\\\n]|\\.)*+'?
      | [?$]\w+
      | @\w[\w-]*
    )
    | <(?P<iri>[^<>"{}|^`\\\s]*)>
    | (?P<name> (?:\w[\w.-]{0,63})?:[\w.%-]* )
    | (?P<open> [(\[{] )
    | (?P<close> [)\]}] )
    | (?P<word> \w+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_UPDATES = frozenset({"ADD", "CLEAR", "COPY", "CREATE", "DELETE", "DROP", "INSERT", "LOAD", "MOVE"})
_UPDATES |= {"WITH"}
#: What gives something else each time. An escape may spell any of them.
_FLEETING = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)\s*\(|\\u", re.IGNORECASE)


def check_query(
    query: str,
    *,
    limits: Limits,
    graphs: Collection[str] = (),
    hosts: Collection[str] = (),
) -> bool:
    """Refuse a query that is too long, nested too deep, no query, or reaches outside.

    A worker could not call another host anyhow; this says so before it fails at it.

    :param graphs: the graphs that FROM may name; if there are none, any.
    :param hosts: the hosts that SERVICE may name.
    :returns: whether the query needs a worker that may call those hosts.
    :raises InputError: if there is none, it is an update, or it reads a graph that is not there.
    :raises TooLargeError: naming the bound.
    :raises LimitError: if the query calls a host that it may not.
    """
    if not query.strip():
        raise InputError("the query is empty", line=1, column=1)
    if len(query) > limits.length:
        raise TooLargeError(f"the query has {len(query)} characters; {limits.length} are accepted")
    depth = 0
    first = after = declared = ""
    prefixes: dict[str, str] = {}
    calls = False
    for token in TOKEN.finditer(query):
        match token.lastgroup:
            case "open":
                depth += 1
                if depth > limits.nesting:
                    line, column = _place(query, token.start())
                    raise TooLargeError(
                        f"the query is nested deeper than {limits.nesting} brackets",
                        line=line,
                        column=column,
                    )
            case "close":
                depth = max(0, depth - 1)
            case "word":
                word = token["word"].upper()
                if not first and word not in {"BASE", "PREFIX"}:
                    first = word
                    _refuse_update(query, word, token.start())
                calls = calls or word == "SERVICE"
                if word == "SERVICE" and not hosts:
                    raise LimitError(NO_SERVICE, limit="network")
                if (after, word) not in {("FROM", "NAMED"), ("SERVICE", "SILENT")}:
                    after = word
                continue
            case "iri" | "name":
                iri = token["iri"]
                if iri is None:
                    prefix, _, local = token["name"].partition(":")
                    if after == "PREFIX":
                        declared = prefix
                        continue
                    iri = prefixes.get(prefix, "") + local
                elif after == "PREFIX":
                    prefixes[declared] = iri
                if after == "FROM" and graphs:
                    check_graphs([iri], graphs=graphs, place=_place(query, token.start()))
                if after == "SERVICE":
                    _check_host(iri, hosts)
            case _ if after == "SERVICE" and not token.group().startswith("#"):
                _check_host("", hosts)
            case _ if token.group().startswith("#"):
                continue
        after = ""
    if calls and "\\u" in query.lower():
        raise LimitError("a query that calls other hosts may hold no escapes", limit="network")
    return calls


def check_graphs(
    named: Collection[str], *, graphs: Collection[str], place: tuple[int, int] | None = None
) -> None:
    """Refuse a dataset with a graph that is not there, which some engines would go and fetch.

    :param place: the line and column at which a query names it.
    :raises InputError: naming the graphs there are.
    """
    for iri in named:
        if iri not in graphs:
            line, column = place or (None, None)
            listed = ", ".join(f"<{graph}>" for graph in sorted(graphs))
            raise InputError(
                f"<{iri[:200]}> is no graph of this release, and none is fetched; "
                f"there are {listed}",
                line=line,
                column=column,
            )


def is_repeatable(query: str) -> bool:
    """Tell whether a query is sure to have the same answer each time.

    >>> is_repeatable("SELECT (RAND() AS ?x) {}")
    False
    """
    return not _FLEETING.search(query)


def _refuse_update(query: str, word: str, at: int) -> None:
    if word in _UPDATES:
        line, column = _place(query, at)
        raise InputError("this endpoint takes queries only, no updates", line=line, column=column)


def _check_host(iri: str, hosts: Collection[str]) -> None:
    try:
        parts = urlsplit(iri)
        allowed = parts.scheme in {"http", "https"} and "@" not in parts.netloc
        allowed = allowed and parts.netloc.lower() in hosts
    except ValueError:
        allowed = False
    if not allowed:
        listed = ", ".join(sorted(hosts))
        raise LimitError(
            f"the query asks {f'<{iri[:200]}>' if iri else 'a host it does not name'} (SERVICE); "
            f"this endpoint calls only {listed}",
            limit="network",
        )


def _place(query: str, at: int) -> tuple[int, int]:
    before = query[:at]
    return before.count("\n") + 1, at - before.rfind("\n")
