"""Search over everything that has a page, by an index that the build writes into the release.

The index is an SQLite file with a full-text table of word stems, so that inflections and British
and American spelling are one; see :mod:`kg.words`. It is opened read-only, and threads may share
it. A query is words and nothing else: no sign in it means anything.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import weakref
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from kg.entries import Catalog, Entry
from kg.errors import StoreError
from kg.queries import read_query
from kg.questions import Question
from kg.store import Store
from kg.words import STOP_WORDS, american, begun, fold, spelled_like, stem, tokens

__all__ = ["Completion", "Found", "Hit", "Marked", "SearchIndex", "plain", "write_index"]

#: A text in pieces, with whether each is what was looked for.
Marked = tuple[tuple[str, bool], ...]

#: Of a longer query the rest is not read.
LONGEST_QUERY = 10_000
_MOST_WORDS = 16
_MOST_FORMS = 64
_SNIPPET = 240

#: How much a hit in each column counts: label, other names, gloss, notes.
_WEIGHTS = "8.0, 5.0, 3.0, 1.0"
#: How much a hit of a kind counts, in the order in which equals are listed.
_KINDS: Mapping[str, float] = {
    "concept": 1.5,
    "question": 1.3,
    "signal": 1.3,
    "case": 1.3,
    "source": 1.2,
    "ontology": 1.0,
    "shape": 1.0,
    "claim": 0.9,
    "mapping": 0.5,
}
_PART = 0.7
#: Kinds whose label is a sentence, and no name that somebody would type.
_SENTENCES = frozenset({"claim", "mapping"})

_RUN = re.compile(r"[^\W_]+(?:['’‐‑–-][^\W_]+)*")

_SCHEMA = """
CREATE TABLE document (
  id INTEGER PRIMARY KEY, iri TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
  label TEXT NOT NULL, gloss TEXT NOT NULL, classes TEXT NOT NULL, names TEXT NOT NULL,
  notes TEXT NOT NULL, keys TEXT NOT NULL, stems TEXT NOT NULL
);
CREATE VIRTUAL TABLE text USING fts5(
  label, names, gloss, notes, content='', tokenize="unicode61 remove_diacritics 0"
);
CREATE TABLE word (word TEXT PRIMARY KEY, stem TEXT NOT NULL, uses INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE completion (
  start TEXT, rank INTEGER, document INTEGER, shown TEXT, PRIMARY KEY (start, rank, document, shown)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found.

    :param label: its label, marked.
    :param also: its other names.
    :param snippet: where else the words occur, marked, or the gloss; may be empty.
    """

    iri: str
    kind: str
    name: str
    label: Marked
    also: tuple[str, ...]
    gloss: str
    classes: tuple[str, ...]
    snippet: Marked


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    :param hits: those asked for, best first.
    :param total: how many there are of the kind and class asked for.
    :param searched: the words looked for, where some were taken for slips; else empty.
    :param every_word: whether each hit has all the words, and not just some.
    :param kinds: how many there are of each kind, the most first.
    :param classes: how many there are of each class, the most first.
    """

    hits: tuple[Hit, ...] = ()
    total: int = 0
    searched: str = ""
    every_word: bool = True
    kinds: Mapping[str, int] | None = None
    classes: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """How something that is being typed may go on.

    :param text: a label or other name, whole.
    """

    text: str
    iri: str
    kind: str
    name: str
    label: str
    gloss: str
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What ranking needs of a document."""

    kind: str
    classes: tuple[str, ...]
    names: tuple[str, ...]
    stems: frozenset[str]
    factor: float


@dataclass(frozen=True, slots=True)
class _Reading:
    """A query as it was understood: for each word the stems that would do."""

    groups: tuple[frozenset[str], ...]
    phrase: str
    corrected: str
    lost: bool


def write_index(path: Path, store: Store, questions: Iterable[Question]) -> None:
    """Write the index of a release. The same release gives the same index.

    :param path: where; nothing may be there.
    """
    asked = {question.name: question for question in questions}
    notes: dict[str, dict[str, list[str]]] = {}
    for row in store.select(read_query("search-texts")).values():
        notes.setdefault(row["iri"], {}).setdefault(row["field"], []).append(row["text"])
    connection = sqlite3.connect(path)
    try:
        connection.executescript(_SCHEMA)
        uses: Counter[str] = Counter()
        entries = [entry for entry in Catalog.from_store(store).values() if _is_found(entry)]
        for number, entry in enumerate(entries, 1):
            written = notes.get(entry.iri, {})
            question = asked.get(entry.name) if entry.kind == "question" else None
            uses.update(_add(connection, number, entry, written, question))
        rows = sorted((word, stem(word), count) for word, count in uses.items())
        connection.executemany("INSERT INTO word VALUES (?, ?, ?)", rows)
        connection.execute("INSERT INTO text(text) VALUES ('optimize')")
        connection.commit()
        connection.execute("VACUUM")
    finally:
        connection.close()


class SearchIndex:
    """The index of a release, opened.

    :param path: the file that :func:`write_index` wrote.
    :raises StoreError: if there is none, or it is damaged.
    """

    def __init__(self, path: Path) -> None:
        try:
            # immutable: a release is never changed, and needs no locks
            self._connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            weakref.finalize(self, self._connection.close)
            self._lock = threading.Lock()
            self._words: dict[str, str] = dict(
                self._rows("SELECT word, stem FROM word ORDER BY uses DESC, word")
            )
            self._known = {
                number: _known(kind, name, classes, keys, stems)
                for number, kind, name, classes, keys, stems in self._rows(
                    "SELECT id, kind, name, classes, keys, stems FROM document"
                )
            }
        except (sqlite3.Error, ValueError) as error:
            raise StoreError(f"{path} cannot be read as an index; run 'alliance build'") from error
        self._stems = frozenset(self._words.values())
        self._sorted = sorted(self._words)

    def search(
        self,
        query: str,
        *,
        kind: str | None = None,
        cls: str | None = None,
        offset: int = 0,
        limit: int = 20,
    ) -> Found:
        """Find what has all words of a query; if nothing has all, what has some.

        A word that nothing has is taken for the beginning of one, or else for a slip.

        :param kind: one of :data:`kg.namespaces.KINDS`.
        :param cls: the local name of a class.
        """
        reading = self._read(query)
        stems = frozenset(chain(*reading.groups))
        if not stems:
            return Found()
        every_word = not reading.lost
        rows = self._match(" AND ".join(map(_any_of, reading.groups)))
        if not rows and len(reading.groups) > 1:
            every_word = False
            rows = self._match(_any_of(stems))
        ranked = sorted(rows, key=lambda row: self._rank(row, reading))
        known = [(number, self._known[number]) for number, _ in ranked]
        kinds = Counter(document.kind for _, document in known)
        known = [(n, document) for n, document in known if kind in {None, document.kind}]
        classes = Counter(chain.from_iterable(document.classes for _, document in known))
        chosen = [n for n, document in known if cls is None or cls in document.classes]
        return Found(
            hits=tuple(self._hit(n, stems) for n in chosen[offset : offset + limit]),
            total=len(chosen),
            searched=reading.corrected,
            every_word=every_word,
            kinds=dict(kinds.most_common()),
            classes=dict(classes.most_common()),
        )

    def complete(
        self, typed: str, *, kind: str | None = None, cls: str | None = None, limit: int = 10
    ) -> list[Completion]:
        """List names that begin, at one of their words, with what is typed so far, one of a thing.

        :param kind: one of :data:`kg.namespaces.KINDS`.
        :param cls: the local name of a class.
        """
        *done, last = tokens(typed[:LONGEST_QUERY]) or [""]
        if not last:
            return []
        found: dict[int, tuple[int, str]] = {}
        heads = {" ".join(done), " ".join(map(american, done))}
        ways = begun(last)
        starts = {f"{head} {way}".strip() for head in heads for way in ways}
        # open compounds: self obj
        starts |= {head + way for head in heads for way in ways if head}
        for start in sorted(starts):
            rows = self._rows(
                "SELECT shown, document, rank FROM completion WHERE start >= ? AND start < ? "
                "ORDER BY rank LIMIT 200",
                (start, start + "\U0010ffff"),
            )
            for shown, number, rank in rows:
                document = self._known[number]
                if kind in {None, document.kind} and (cls is None or cls in document.classes):
                    found[number] = min((rank, shown), found.get(number, (rank, shown)))
        best = sorted((rank, shown, number) for number, (rank, shown) in found.items())[:limit]
        return [self._completion(shown, number) for _, shown, number in best]

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def _match(self, expression: str) -> list[tuple[int, float]]:
        return self._rows(
            f"SELECT rowid, bm25(text, {_WEIGHTS}) FROM text WHERE text MATCH ?",  # noqa: S608
            (expression,),
        )

    def _read(self, query: str) -> _Reading:
        typed = list(dict.fromkeys(tokens(query[:LONGEST_QUERY])))
        words = ([word for word in typed if word not in STOP_WORDS] or typed)[:_MOST_WORDS]
        groups, shown, slips, lost = [], {}, False, False
        for word in words:
            stems, meant = self._understand(word)
            slips = slips or bool(meant)
            lost = lost or not stems
            shown[word] = meant or word
            groups += stems
        phrase = [shown.get(word, word) for word in tokens(query[:LONGEST_QUERY])[:64]]
        return _Reading(
            groups=tuple(dict.fromkeys(groups)),
            phrase=" ".join(map(stem, " ".join(phrase).split())),
            corrected=" ".join(phrase) if slips else "",
            lost=lost,
        )

    def _understand(self, word: str) -> tuple[list[frozenset[str]], str]:
        """Give the groups of stems that a word means, and what it is a slip for, if it is."""
        if stem(word) in self._stems:
            return [frozenset({stem(word)})], ""
        longer = self._going_on(word)
        if longer:
            return [frozenset(self._words[found] for found in longer)], ""
        near = spelled_like(american(word), self._words, limit=1) or self._run_together(word)
        return [frozenset({self._words[found]}) for found in near], " ".join(near)

    def _going_on(self, word: str) -> list[str]:
        if len(word) < 2:
            return []
        starts = begun(word)
        return [known for known in self._sorted if known.startswith(starts)][:_MOST_FORMS]

    def _run_together(self, word: str) -> list[str]:
        for place in range(3, len(word) - 2):
            if word[:place] in self._words and word[place:] in self._words:
                return [word[:place], word[place:]]
        return []

    def _rank(self, row: tuple[int, float], reading: _Reading) -> tuple[float, ...]:
        number, score = row
        document = self._known[number]
        kind = list(_KINDS).index(document.kind)
        # the engine's scores are negative, the best the lowest
        score *= document.factor
        if document.kind not in _SENTENCES and document.factor != _PART:
            label, name, *_ = document.names
            if label == reading.phrase:
                # of two with one label first the one whose IRI has no more than that
                return 0, name != label, kind, score, number
            if reading.phrase in document.names:
                return 1, kind, score, number
            if any(name.startswith(reading.phrase) for name in document.names):
                return 2, score, number
            if all(group & document.stems for group in reading.groups):
                return 3, score, number
        return 4, score, number

    def _hit(self, number: int, stems: frozenset[str]) -> Hit:
        columns = "iri, kind, name, label, gloss, classes, names, notes"
        [row] = self._rows(f"SELECT {columns} FROM document WHERE id = ?", (number,))  # noqa: S608
        iri, kind, name, label, gloss, classes, names, notes = map(str, row)
        best = gloss
        if not stems <= self._known[number].stems:
            # the text that has most of the words; of equals the gloss
            texts = [gloss, *notes.split("\n"), *names.split("\n")]
            best = max(texts, key=lambda text: len(_stems_in(text) & stems))
        return Hit(
            iri=iri,
            kind=kind,
            name=name,
            label=_mark(label, stems),
            also=tuple(filter(None, names.split("\n"))),
            gloss=gloss,
            classes=tuple(classes.split()),
            snippet=_cut(_mark(best, stems)),
        )

    def _completion(self, shown: str, number: int) -> Completion:
        columns = "iri, kind, name, label, gloss, classes"
        [row] = self._rows(f"SELECT {columns} FROM document WHERE id = ?", (number,))  # noqa: S608
        iri, kind, name, label, gloss, classes = map(str, row)
        return Completion(shown, iri, kind, name, label, gloss, tuple(classes.split()))


def plain(marked: Marked) -> str:
    """Give a marked text without its marks."""
    return "".join(piece for piece, _ in marked)


def _is_found(entry: Entry) -> bool:
    """Tell whether something is worth finding: passages have no words of their own."""
    return not entry.classes & {"Passage", "Parameter"}


def _add(
    connection: sqlite3.Connection,
    number: int,
    entry: Entry,
    written: Mapping[str, Sequence[str]],
    question: Question | None,
) -> list[str]:
    """Add a document, and give its words."""
    own = entry.name.rpartition("/")[2].replace("-", " ")
    # in order, for a store gives them in any
    names = sorted({*entry.alternatives, *written.get("names", ())})
    notes = sorted(note for note in written.get("notes", ()) if note != entry.gloss)
    if question:
        names += question.phrasings
        notes.append(", ".join(question.keywords))
    if entry.kind in {"ontology", "shape"}:
        # these speak of classes by their names
        own, notes = _apart(own), list(map(_apart, notes))
    sentence = entry.kind in _SENTENCES
    if not sentence and not _is_part(entry):
        names.append(own)
    names = [name for name in dict.fromkeys(names) if name != entry.label]
    connection.execute(
        "INSERT INTO document VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            entry.iri,
            entry.kind,
            entry.name,
            entry.label,
            entry.gloss,
            " ".join(sorted(entry.classes)),
            "\n".join(map(_on_one_line, names)),
            "\n".join(map(_on_one_line, notes)),
            "\n".join(" ".join(map(stem, tokens(text))) for text in (entry.label, own, *names)),
            " ".join(sorted(_stems_of(entry.label))),
        ),
    )
    # a statement is no name, and its words count as those of a gloss
    label, gloss = ("", f"{entry.label} {entry.gloss}") if sentence else (entry.label, entry.gloss)
    columns = [
        # one by one, for the end of a text and the beginning of the next make no word
        [word for text in texts for word in tokens(text)]
        for texts in ([label], names, [gloss], notes)
    ]
    connection.execute(
        "INSERT INTO text (rowid, label, names, gloss, notes) VALUES (?, ?, ?, ?, ?)",
        (number, *(" ".join(map(stem, column)) for column in columns)),
    )
    if not sentence and not _is_part(entry):
        connection.executemany(
            "INSERT OR IGNORE INTO completion VALUES (?, ?, ?, ?)", _completions(number, entry)
        )
    return [american(word) for word in set(chain(*columns))]


def _completions(number: int, entry: Entry) -> Iterable[tuple[str, int, int, str]]:
    kind = list(_KINDS).index(entry.kind)
    for shown in dict.fromkeys((entry.label, *entry.alternatives)):
        plain_words, spelled = fold(shown).split(), tokens(shown)
        for words in (plain_words, spelled, [american(word) for word in spelled]):
            for place in range(len(words)):
                if place and words[place] in STOP_WORDS:
                    continue
                # first words first, then by kind, labels before other names, short before long
                rank = (place > 0) * 10_000 + kind * 1000 + (shown != entry.label) * 500
                yield " ".join(words[place:]), rank + min(len(shown), 499), number, shown


def _known(kind: str, name: str, classes: str, keys: str, stems: str) -> _Known:
    return _Known(
        kind=kind,
        classes=tuple(classes.split()),
        names=tuple(keys.split("\n")),
        stems=frozenset(stems.split()),
        factor=_PART if _is_part_name(kind, name) else _KINDS[kind],
    )


def _is_part(entry: Entry) -> bool:
    return _is_part_name(entry.kind, entry.name)


def _is_part_name(kind: str, name: str) -> bool:
    """Tell whether something is a part of another, such as a session of a case."""
    return "/" in name and kind != "mapping" and not name.startswith("author/")


def _apart(text: str) -> str:
    """Write names such as hasEpisode as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _any_of(stems: Collection[str]) -> str:
    # stems are letters and digits, and in quotation marks no word is an operator
    return "(" + " OR ".join(f'"{found}"' for found in sorted(stems)) + ")"


@lru_cache(maxsize=16_384)
def _stems_of(text: str) -> frozenset[str]:
    return frozenset(map(stem, tokens(text)))


def _stems_in(text: str) -> frozenset[str]:
    return frozenset().union(*(_stems_of(run) for run in _RUN.findall(text)))


def _mark(text: str, stems: frozenset[str]) -> Marked:
    """Mark the words of a text that have one of some stems."""
    pieces: list[tuple[str, bool]] = []
    end = 0
    runs = list(_RUN.finditer(text))
    for run, following in zip_longest(runs, runs[1:]):
        if run.start() < end:
            continue
        span = run.span()
        if not _stems_of(run[0]) & stems:
            # open compounds: self object
            both = text[run.start() : following.end()] if following else ""
            if len(tokens(both)) != 1 or not _stems_of(both) & stems:
                continue
            span = (run.start(), run.start() + len(both))
        pieces += [(text[end : span[0]], False), (text[slice(*span)], True)]
        end = span[1]
    pieces.append((text[end:], False))
    return tuple(piece for piece in pieces if piece[0])


def _cut(marked: Marked) -> Marked:
    """Cut a marked text to what stands around its first mark."""
    whole = plain(marked)
    if len(whole) <= _SNIPPET:
        return marked
    before = 0
    for piece, hit in marked:
        if hit:
            break
        before += len(piece)
    start = max(0, min(before - _SNIPPET // 3, len(whole) - _SNIPPET))
    start = whole.rfind(" ", 0, start) + 1 if start else 0
    end = start + _SNIPPET
    end = max(whole.rfind(" ", start, end), start + _SNIPPET // 2) if end < len(whole) else end
    pieces: list[tuple[str, bool]] = [("… ", False)] if start else []
    place = 0
    for piece, hit in marked:
        part = piece[max(0, start - place) : max(0, end - place)]
        place += len(piece)
        if part:
            pieces.append((part, hit))
    return (*pieces, (" …", False)) if end < len(whole) else tuple(pieces)
