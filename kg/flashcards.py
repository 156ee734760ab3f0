"""Flashcards: terms, signals and contrasts, as a deck for Anki and as a table.

genanki writes the deck. A note's identifier is made from the IRIs that it is about, so that a later
deck brings the cards up to date and leaves alone what somebody has learned of them.
"""

from __future__ import annotations

import csv
import html
import io
import itertools
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import genanki

from kg.dossier import ClaimLine
from kg.entries import Catalog, Entry
from kg.exercises import ALLIANCES
from kg.lessons import SIGNALLING, Lessons, ends_of
from kg.manifest import Manifest
from kg.namespaces import PREFIXES

__all__ = ["NOT_TAUGHT", "Card", "make_cards", "write_apkg", "write_csv"]

#: Fixed once and for all: another number would be another deck, another kind of note.
_DECK, _MODEL = 1_764_000_101, 1_764_000_102
_STYLE = """
.card { font: 20px/1.45 Georgia, serif; text-align: left; max-width: 34em; margin: 0 auto; }
.source { font-size: 14px; opacity: .8; }
"""
#: Words for the ways in which a signal bears on something.
_WAYS = dict(
    zip(SIGNALLING, ("speaks for", "speaks against", "bears on", "is misread as"), strict=True)
)
#: What each alliance takes to be in need of change, which tells any two of them apart.
_MEASURES = (PREFIXES["aa"] + "assumesChangeOf", PREFIXES["aa"] + "assumesNoChangeOf")
#: Controlled vocabulary of the atlas, which is nothing to be learned.
NOT_TAUGHT = frozenset(
    {"CertaintyConcept", "ChannelConcept", "PolarityConcept", "RoleConcept", "StatusConcept"}
)


@dataclass(frozen=True, slots=True)
class Card:
    """A flashcard.

    :param key: what it is about, as IRIs; no other card has it.
    :param kind: ``term``, ``signal`` or ``contrast``.
    :param front: the question, in one line.
    :param back: the answer, in lines.
    :param source: where the answer is from.
    """

    key: str
    kind: str
    front: str
    back: tuple[str, ...]
    source: str


def make_cards(lessons: Lessons, catalog: Catalog) -> list[Card]:
    """Make all cards of a graph: terms, then signals, then contrasts."""
    return [
        *_terms(catalog),
        *_signals(lessons, catalog),
        *_contrasts(lessons, catalog),
    ]


def write_apkg(cards: Sequence[Card], manifest: Manifest) -> bytes:
    """Write cards as a deck for Anki; the same cards of the same release give the same bytes."""
    model = genanki.Model(
        _MODEL,
        "Alliance Atlas",
        fields=[{"name": name} for name in ("Front", "Back", "Source")],
        templates=[
            {
                "name": "Card",
                "qfmt": "{{Front}}",
                "afmt": '{{FrontSide}}<hr id="answer">{{Back}}<p class="source">{{Source}}</p>',
            }
        ],
        css=_STYLE,
    )
    deck = genanki.Deck(_DECK, "Alliance Atlas", "Terms, signals and contrasts; CC BY 4.0.")
    for card in cards:
        fields = [html.escape(card.front), _paragraphs(card.back), html.escape(card.source)]
        guid = genanki.guid_for(card.kind, card.key)
        deck.add_note(genanki.Note(model, fields, guid=guid, tags=[f"alliance-atlas::{card.kind}"]))
    written = datetime.strptime(manifest.date, "%Y-%m-%d").replace(tzinfo=UTC)
    archive = io.BytesIO()
    # not by Package.write_to_file, which leaves its database behind and writes today into the zip
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(archive, "w") as packed:
        path = Path(folder) / "collection.anki2"
        database = sqlite3.connect(path)
        seconds = written.timestamp()
        numbers = itertools.count(int(seconds * 1000))
        genanki.Package(deck).write_to_db(database.cursor(), seconds, numbers)
        database.commit()
        database.close()
        for name, body in (("collection.anki2", path.read_bytes()), ("media", b"{}")):
            entry = zipfile.ZipInfo(name, date_time=written.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, body)
    return archive.getvalue()


def write_csv(cards: Iterable[Card]) -> bytes:
    """Write cards as a table with a heading, for spreadsheets and other programs."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["kind", "front", "back", "source"])
    for card in cards:
        writer.writerow([card.kind, card.front, "\n".join(card.back), card.source])
    return table.getvalue().encode()


def _terms(catalog: Catalog) -> Iterator[Card]:
    for entry in catalog.of_kind("concept"):
        if entry.gloss and not entry.classes & NOT_TAUGHT:
            also = (f"Also: {', '.join(entry.alternatives)}",) if entry.alternatives else ()
            source = f"Alliance Atlas, definition in its own words: {entry.iri}"
            yield Card(entry.iri, "term", entry.label, (entry.gloss, *also), source)


def _signals(lessons: Lessons, catalog: Catalog) -> Iterator[Card]:
    for entry in catalog.of_kind("signal"):
        claims = lessons.said_of(entry.iri, SIGNALLING)
        if claims:
            back = tuple(dict.fromkeys(_bearing(claim) for claim in claims))
            front = f"What does this sign bear on? {entry.label}"
            yield Card(entry.iri, "signal", front, back, _source(claims, entry.iri))


def _contrasts(lessons: Lessons, catalog: Catalog) -> Iterator[Card]:
    by_pair: dict[tuple[Entry, Entry], list[ClaimLine]] = {}
    for claim in lessons.contrasts():
        first, second = map(catalog.get, ends_of(claim))
        if first and second:
            by_pair.setdefault((first, second), []).append(claim)
    alliances = [catalog[PREFIXES["concept"] + name] for name in ALLIANCES]
    for pair in itertools.combinations(alliances, 2):
        by_pair[pair] = [claim for end in pair for claim in lessons.said_of(end.iri, _MEASURES)]
    for (first, second), claims in by_pair.items():
        yield Card(
            f"{first.iri} {second.iri}",
            "contrast",
            f"How are these told apart? {first.label} / {second.label}",
            tuple(f"{claim.statement} ({_mark(claim)})" for claim in claims),
            _source(claims, first.iri),
        )


def _bearing(claim: ClaimLine) -> str:
    return f"{_WAYS[claim.relation]} {claim.object.text} ({_mark(claim)})"


def _mark(claim: ClaimLine) -> str:
    hedge = f": “{claim.hedge}”" if claim.hedge else ""
    lost = f"; text lost after line {claim.lost_after}" if claim.lost_after else ""
    return f"{claim.certainty}{hedge}{lost}"


def _source(claims: Sequence[ClaimLine], iri: str) -> str:
    holders = ", ".join(dict.fromkeys(claim.holders for claim in claims if claim.holders))
    lines = dict.fromkeys(place.text for claim in claims for place in claim.passages)
    return f"{holders or 'from outside the paper'}; {', '.join(lines)}; {iri}"


def _paragraphs(lines: Iterable[str]) -> str:
    return "".join(f"<p>{html.escape(line)}</p>" for line in lines)
