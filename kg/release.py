"""Opening a release: the store, the questions and the catalog that answers come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kg.entries import Catalog
from kg.errors import StoreError
from kg.manifest import Manifest, read_manifest
from kg.questions import Question, read_questions
from kg.resources import release_dir
from kg.store import OxigraphStore, store_source

__all__ = ["Release", "open_release"]


@dataclass(frozen=True, slots=True)
class Release:
    """A release, opened."""

    folder: Path
    manifest: Manifest
    store: OxigraphStore
    questions: Mapping[str, Question]
    catalog: Catalog


def open_release(folder: Path | None = None) -> Release:
    """Open a release, by default the one that comes with the project.

    :raises StoreError: if there is none, or it is damaged.
    """
    folder = folder or release_dir()
    manifest = read_manifest(folder)
    store = OxigraphStore.from_source(store_source(folder))
    try:
        questions = read_questions(folder / "questions.json")
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise StoreError(f"the release in {folder} is damaged; run 'alliance build'") from error
    return Release(folder, manifest, store, questions, Catalog.from_store(store))
