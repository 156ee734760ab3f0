"""What a release says of itself, and whether the sources have changed since."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kg.errors import StoreError
from kg.resources import exercises_dir, ontology_dir, shapes_dir

__all__ = ["Manifest", "read_manifest", "sources_digest", "write_manifest"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a release says of itself.

    :param version: ``owl:versionInfo`` of the ontology.
    :param date: ``dcterms:modified`` of the ontology, as year-month-day.
    :param digest: the SHA-256 of ``release.nq``, in hexadecimal.
    :param sources: the SHA-256 of the files it was built from, in hexadecimal.
    :param triples: how many triples the default graph holds.
    :param graphs: how many triples each named graph holds.
    :param counts: how many things of some classes there are.
    :param diagrams: the SHA-256 of each diagram by name, in hexadecimal.
    """

    version: str
    date: str
    digest: str
    sources: str
    triples: int
    graphs: dict[str, int]
    counts: dict[str, int]
    diagrams: dict[str, str] = field(default_factory=dict)


def read_manifest(folder: Path) -> Manifest:
    """Read what a release says of itself.

    :raises StoreError: if there is no release in the folder.
    """
    try:
        return Manifest(**json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"no release in {folder}; run 'alliance build' to make one") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write what a release says of itself into its folder."""
    text = json.dumps(asdict(manifest), indent=2) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def sources_digest() -> str:
    """Give the SHA-256 of everything a release is built from, in hexadecimal."""
    digest = hashlib.sha256()
    package = Path(__file__).resolve().parent
    for folder, pattern in (
        (ontology_dir(), "**/*.*"),
        (shapes_dir(), "**/*.ttl"),
        (exercises_dir(), "*.ttl"),
        (package / "queries", "derive/*.rq"),
        (package, "build.py"),
        (package, "exercise*.py"),
        (package, "question*.py"),
        (package, "search.py"),
        (package, "words.py"),
        (package, "ask_model.py"),
        (package, "linking.py"),
        (package, "phrasing.py"),
        (package, "wording.py"),
        (package / "queries", "search-texts.rq"),
        (package, "void.py"),
        (package, "diagrams.py"),
        (package, "drawing.py"),
        (package, "graphviz.py"),
        (package, "timelines.py"),
        (package, "dossier.py"),
        (package / "queries", "claim-edges.rq"),
        (package / "queries", "timeline.rq"),
    ):
        for path in sorted(folder.glob(pattern)):
            if path.is_file() and path.suffix in {".ttl", ".rq", ".nt", ".py", ".yaml"}:
                digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()
