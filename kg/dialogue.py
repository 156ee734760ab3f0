"""What is said to an engine by the SPARQL 1.1 Protocol, and how its replies are read.

Engines differ in what they answer and how. What is told here of one of them was seen to be so when
it ran; docs/remote-stores.md lists it. Whatever an engine sends is read with bounds, and a partial
answer is never passed off as a whole one.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn
from urllib.parse import urlencode, urlsplit

from kg import __version__, virtuoso
from kg.errors import InputError, LimitError, StoreError
from kg.model import Answer, Solutions, Term
from kg.namespaces import BASE
from kg.query_guard import Limits
from kg.query_text import FORMS, outline, with_base, with_values
from kg.store import (
    GRAPH_TYPES,
    RESULT_TYPES,
    convert_graph,
    read_results,
    serialize_results,
    syntax_error,
)

__all__ = [
    "EVERYTHING",
    "JSON",
    "MARKER",
    "TRIPLES",
    "Dialogue",
    "Endpoint",
    "Inquiry",
    "is_url",
    "one_line",
]

#: The graph that says which release an engine holds.
MARKER = BASE + "release"
#: The graph that holds what a release's default graph does. Put together anew for each query from
#: the graphs of the layers, it would be slow on one engine, and have triples twice on another.
EVERYTHING = BASE + "everything"

JSON, _XML = "application/sparql-results+json", "application/sparql-results+xml"
TRIPLES = "application/n-triples"
#: What engines call a media type that has another name.
_ALSO = {
    "application/json": JSON,
    "application/xml": _XML,
    "text/xml": _XML,
    "application/x-turtle": "text/turtle",
    "text/ntriples": TRIPLES,
}
FORM_OF: Mapping[str, Literal["solutions", "boolean", "graph"]] = {
    "SELECT": "solutions",
    "ASK": "boolean",
    "CONSTRUCT": "graph",
    "DESCRIBE": "graph",
}
_LINE = re.compile(r"\bline[: ]+(\d+)(?:\W+col(?:umn)?[: ]+(\d+))?", re.IGNORECASE)
_PLACE = re.compile(r"\berror at \d+:\d+: ")


def is_url(text: str) -> bool:
    """Tell whether a store is named by an address.

    >>> is_url("http://localhost:7878/query"), is_url("dist/release")
    (True, False)
    """
    return re.match(r"https?://", text, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an engine is, and by what right it is asked.

    :param url: its address; parameters in it are sent along.
    :param headers: sent with each request.
    """

    url: str
    headers: Mapping[str, str]

    @classmethod
    def at(cls, url: str, environment: Mapping[str, str] | None = None) -> Endpoint:
        """Take an address, and the credentials from the environment.

        :raises InputError: if either cannot be used.
        """
        env = os.environ if environment is None else environment
        try:
            parts = urlsplit(url)
            usable = is_url(url) and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or re.search(r"[\s\x00-\x1f#]", url):
            raise InputError(f"'{url[:200]}' is no address; right is http://host:port/path")
        if "@" in parts.netloc:
            raise InputError(
                "an address is shown and logged; put user and password into ALLIANCE_STORE_USER "
                "and ALLIANCE_STORE_PASSWORD"
            )
        headers = {"User-Agent": f"alliance-atlas/{__version__}"}
        user, token = env.get("ALLIANCE_STORE_USER", ""), env.get("ALLIANCE_STORE_TOKEN", "")
        if user and token:
            raise InputError("set ALLIANCE_STORE_USER or ALLIANCE_STORE_TOKEN, not both")
        if user:
            both = f"{user}:{env.get('ALLIANCE_STORE_PASSWORD', '')}"
            headers["Authorization"] = "Basic " + base64.b64encode(both.encode()).decode()
        elif token:
            if not re.fullmatch(r"[!-~]+", token):
                raise InputError("ALLIANCE_STORE_TOKEN holds what no header may")
            headers["Authorization"] = f"Bearer {token}"
        return cls(url, headers)

    @property
    def name(self) -> str:
        """The address for messages, without its parameters, which may hold a key."""
        return self.url.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A query as it is sent, and what to make of the reply.

    :param form: SELECT, ASK, CONSTRUCT or DESCRIBE.
    :param wanted: the media type of the answer.
    :param accept: the media type asked for.
    :param hidden: columns of the reply that are none of the answer.
    """

    form: str
    wanted: str
    accept: str
    body: bytes
    hidden: tuple[str, ...] = ()

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the request."""
        return {
            "Accept": self.accept,
            "Content-Type": "application/x-www-form-urlencoded",
            # what is packed is larger than it looks, and nearby engines are not worth the packing
            "Accept-Encoding": "identity",
        }


class Dialogue:
    """What is said to an engine and how its replies are read, apart from how bytes travel.

    :param graphs: the release's graphs, which queries may name; the default graph is
        :data:`EVERYTHING`. If there are none, queries are put to the engine's own dataset.
    """

    def __init__(self, endpoint: Endpoint, *, graphs: Collection[str], limits: Limits) -> None:
        self.endpoint = endpoint
        self.graphs = tuple(graphs)
        self.limits = limits
        #: whether the engine is one that says and takes things in a way of its own
        self.is_virtuoso = False

    def inquire(
        self,
        query: str,
        *,
        results: str,
        graph: str,
        bindings: Mapping[str, Term] | None = None,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        plain: bool = True,
    ) -> Inquiry:
        """Put a query into words.

        :param plain: ask for what is read surely and not for what is wanted in the end.
        :raises InputError: if it is no query.
        """
        found = outline(query)
        if found.form not in FORMS:
            before = query[: found.start]
            raise InputError(
                "not SPARQL: expected SELECT, ASK, CONSTRUCT or DESCRIBE",
                line=before.count("\n") + 1,
                column=found.start - before.rfind("\n"),
            )
        wanted = graph if FORM_OF[found.form] == "graph" else results
        accept = wanted
        if plain or self.is_virtuoso:
            accept = TRIPLES if FORM_OF[found.form] == "graph" else JSON
        hidden: tuple[str, ...] = ()
        if self.is_virtuoso:
            virtuoso.refuse_computed_exists(query)
            query, hidden = virtuoso.move_aggregates(virtuoso.put_values(query, bindings or {}))
        else:
            query = with_values(query, bindings or {})
        fields = [("query", with_base(query, BASE))]
        if not (default_graphs or named_graphs or found.has_dataset):
            named_graphs = self.graphs
            default_graphs = [EVERYTHING] if named_graphs else []
        fields += [("default-graph-uri", name) for name in default_graphs]
        fields += [("named-graph-uri", name) for name in named_graphs]
        try:
            return Inquiry(found.form, wanted, accept, urlencode(fields).encode(), hidden)
        except UnicodeEncodeError:
            raise InputError("the query holds half of a character") from None

    def check_head(self, headers: Mapping[str, str]) -> str:
        """Look at the head of a reply that says it is an answer.

        :returns: the media type, by the name that the standard has for it.
        :raises LimitError: if the engine says that this is a part of the answer.
        """
        if "virtuoso" in headers.get("Server", "").lower():
            self.is_virtuoso = True
        most = headers.get("X-SPARQL-MaxRows", "")
        state = headers.get("X-SQL-State", "")
        if state:
            # it gave up on time and sends what it has
            raise LimitError("the engine stopped the query before its end", limit="time")
        if most:
            raise LimitError(
                f"the engine sends at most {most[:20]} rows of an answer, and this one may have "
                "more. Use LIMIT",
                limit="rows",
            )
        media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return _ALSO.get(media_type, media_type)

    def refuse(self, status: int, headers: Mapping[str, str], body: bytes) -> NoReturn:
        """Say what a reply that is no answer means."""
        told = one_line(body.decode("utf-8", errors="replace"))
        where = self.endpoint.name
        match status:
            case 400:
                raise _malformed(told)
            case 401 | 403:
                raise StoreError(
                    f"{where} refuses (HTTP {status}); give ALLIANCE_STORE_USER and "
                    "ALLIANCE_STORE_PASSWORD, or ALLIANCE_STORE_TOKEN"
                )
            case 404 | 405:
                raise StoreError(f"there is no SPARQL endpoint at {where} (HTTP {status})")
            case 408 | 504:
                raise LimitError(f"the engine stopped the query: {told}", limit="time")
            case 429 | 503:
                raise LimitError(
                    "the engine has too much to do; try again in a moment", limit="queue"
                )
            case _ if 300 <= status < 400:
                # following it could hand the credentials to somebody else
                target = headers.get("Location", "elsewhere")[:200]
                raise StoreError(f"{where} sends on to {target}; give that address instead")
            case _ if "SPARQL compiler" in told:
                raise _malformed(told)
        raise StoreError(f"{where} could not answer (HTTP {status}): {told}")

    def answer(self, inquiry: Inquiry, media_type: str, body: bytes) -> Answer:
        """Make the answer of what came whole.

        :raises StoreError: if it is none.
        """
        form = FORM_OF[inquiry.form]
        rows = None
        try:
            if form == "graph":
                if media_type not in GRAPH_TYPES:
                    raise ValueError(f"it has the type '{media_type[:50]}'")
                return Answer(
                    "graph",
                    inquiry.wanted,
                    convert_graph(body, media_type=media_type, graph=inquiry.wanted),
                )
            if media_type not in RESULT_TYPES or media_type == "text/csv":
                raise ValueError(f"it has the type '{media_type[:50]}'")
            body = self._tidy(inquiry, media_type, body)
            body, rows = serialize_results(
                body, media_type=media_type, results=inquiry.wanted, most=self.limits.rows
            )
        except (ValueError, RecursionError) as error:
            raise self._nonsense(error) from error
        if (rows is None) != (form == "boolean"):
            raise self._nonsense("it is of another form")
        return Answer("boolean" if rows is None else "solutions", inquiry.wanted, body, rows)

    def read(
        self, inquiry: Inquiry, media_type: str, body: bytes, *, without: Collection[str]
    ) -> Solutions | bool:
        """Read a table or truth value that came whole.

        :raises StoreError: if it is none.
        """
        try:
            if media_type not in {JSON, _XML}:
                raise ValueError(f"it has the type '{media_type[:50]}'")
            found = read_results(
                self._tidy(inquiry, media_type, body), media_type=media_type, without=without
            )
        except (ValueError, RecursionError) as error:
            raise self._nonsense(error) from error
        if isinstance(found, bool) != (inquiry.form == "ASK"):
            raise self._nonsense("it is of another form")
        return found

    def _tidy(self, inquiry: Inquiry, media_type: str, body: bytes) -> bytes:
        if not self.is_virtuoso or media_type != JSON:
            return body
        document = virtuoso.tidy(json.loads(body), without=inquiry.hidden)
        return json.dumps(document, ensure_ascii=False).encode()

    def _nonsense(self, error: object) -> StoreError:
        told = one_line(str(error))
        return StoreError(f"what {self.endpoint.name} answers is no SPARQL answer: {told}")


def _malformed(told: str) -> InputError:
    if exact := _PLACE.search(told):
        return syntax_error(told[exact.start() :])
    place = _LINE.search(told)
    return InputError(
        f"not SPARQL: {told.partition('SPARQL query:')[0].strip()}",
        line=int(place[1]) if place else None,
        column=int(place[2]) if place and place[2] else None,
    )


def one_line(text: str) -> str:
    """Give what somebody else wrote as one short line that is safe to show."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text[:2000]).split())
    return text if len(text) <= 200 else text[:200].rsplit(" ", 1)[0] + " ..."
