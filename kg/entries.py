"""The things that have pages, and how to find one by the name somebody types."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kg.errors import NotFoundError
from kg.model import Iri
from kg.namespaces import BASE, KINDS, PREFIXES
from kg.queries import read_query
from kg.store import Store, canonical_quads, serialize_triples

__all__ = ["Catalog", "Entry", "describe"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing that has a page.

    :param iri: its IRI.
    :param kind: one of the keys of :data:`kg.namespaces.KINDS`.
    :param name: the IRI's part behind the kind; it may hold slashes.
    :param label: what people call it.
    :param gloss: one line on it; may be empty.
    :param alternatives: other names.
    :param classes: the local names of our classes to which it belongs.
    """

    iri: str
    kind: str
    name: str
    label: str
    gloss: str
    alternatives: tuple[str, ...]
    classes: frozenset[str]


class Catalog(Mapping[str, Entry]):
    """All entries by IRI, in the order of their IRIs."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by_iri = MappingProxyType({entry.iri: entry for entry in entries})
        self._by_word: dict[str, list[Entry]] = {}
        for entry in self._by_iri.values():
            for word in (entry.name, entry.label, *entry.alternatives):
                self._by_word.setdefault(word.casefold(), []).append(entry)

    @classmethod
    def from_store(cls, store: Store) -> Catalog:
        """Read the catalog of a store."""
        found = []
        for row in store.select(read_query("catalog")).values():
            kind, name = _kind_and_name(row["iri"])
            if kind:
                found.append(
                    Entry(
                        iri=row["iri"],
                        kind=kind,
                        name=name,
                        label=row["name"] or _plain(kind, name),
                        gloss=row["gloss"],
                        alternatives=tuple(filter(None, row["alternatives"].split("|"))),
                        classes=frozenset(filter(None, row["classes"].split("|"))),
                    )
                )
        return cls(found)

    def __getitem__(self, iri: str) -> Entry:
        """Give the entry with an IRI."""
        return self._by_iri[iri]

    def __iter__(self) -> Iterator[str]:
        """Give the IRIs in order."""
        return iter(self._by_iri)

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._by_iri)

    def of_kind(self, kind: str, *, cls: str | None = None) -> list[Entry]:
        """List the entries of a kind by label; parts of other entries are left out.

        :param cls: the local name of a class to which they must belong.
        """
        found = [
            entry
            for entry in self._by_iri.values()
            if entry.kind == kind
            and ("/" not in entry.name or entry.name.startswith("author/") or kind == "mapping")
            and (cls is None or cls in entry.classes)
        ]
        return sorted(found, key=lambda entry: (entry.label.casefold(), entry.iri))

    def resolve(self, name: str, *, kind: str | None = None) -> Entry:
        """Give the entry that a name, label, short form or IRI means.

        :param kind: look among this kind only.
        :raises NotFoundError: if nothing answers to it, with the nearest names.
        """
        found = self.find(name, kind=kind)
        if found is None:
            raise NotFoundError(name, kind=kind or "thing", nearest=self.nearest(name, kind=kind))
        return found

    def find(self, name: str, *, kind: str | None = None) -> Entry | None:
        """Give the entry that a name, label, short form or IRI means, or nothing.

        Where several answer, a concept comes before a class, and either before the rest.
        """
        name = name.strip().removeprefix("<").removesuffix(">")
        prefix, colon, local = name.partition(":")
        iri = PREFIXES[prefix] + local if colon and prefix in PREFIXES else name
        candidates = [self._by_iri[iri]] if iri in self._by_iri else []
        candidates += self._by_word.get(name.casefold(), [])
        order = list(KINDS)
        candidates = [entry for entry in candidates if kind in {None, entry.kind}]
        return min(candidates, key=lambda entry: order.index(entry.kind), default=None)

    def nearest(self, name: str, *, kind: str | None = None, count: int = 5) -> list[str]:
        """List the names that come closest to a word, best first."""
        words = {
            word: entry
            for word, entries in self._by_word.items()
            for entry in entries
            if kind in {None, entry.kind} and entry.kind not in {"claim", "mapping"}
        }
        typed = name[:100].strip(" <>").rpartition("/")[2].rpartition(":")[2].casefold()
        close = difflib.get_close_matches(typed, words, n=count * 3, cutoff=0.5)
        # a letter or two stand in too many names to say anything
        close += [word for word in words if len(typed) > 2 and typed in word][: count * 3]
        return list(dict.fromkeys(words[word].name for word in close))[:count]


def describe(store: Store, iri: str, *, media_type: str) -> bytes:
    """Write what is said of a thing as a graph that can be read by itself."""
    lines = store.construct(
        read_query("describe"), media_type="application/n-triples", bindings={"iri": Iri(iri)}
    ).splitlines()
    triples = [line.decode() for line in lines]
    if any("_:" in triple for triple in triples):
        # a store names blank nodes anew whenever it is loaded; one release is to give equal bytes
        triples = canonical_quads(triples)
    return serialize_triples(triples, media_type=media_type)


def _plain(kind: str, name: str) -> str:
    """Name a thing that has no label: a passage by its lines, anything else by its IRI's end."""
    if kind == "mapping":
        vocabulary, _, mapped = name.partition("/")
        return f"{mapped} in {vocabulary}"
    _, passage, lines = name.partition("/passage/")
    if passage:
        return f"{'lines' if '-' in lines else 'line'} {lines} of the paper"
    return name


def _kind_and_name(iri: str) -> tuple[str, str]:
    head, slash, name = iri.removeprefix(BASE).partition("/")
    return (head, name) if slash and head in KINDS and name else ("", "")
