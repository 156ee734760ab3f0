"""A release: the same from the same, whole, and never half replaced."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from rdflib import Graph

from kg import build as building
from kg.build import DOWNLOADS, build
from kg.checks import Problem
from kg.errors import CheckError, InputError, StoreError
from kg.manifest import read_manifest, sources_digest
from kg.release import Release, open_release

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("build")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("build") / "release"
    build(out, reason=False)
    return out


def test_the_same_sources_give_the_same_bytes(built: Path, release: Release) -> None:
    names = {path.name for path in release.folder.iterdir()}
    assert {"release.nq", "vocabulary.nt", "shapes.ttl", "inferred.nt", "coverage.csv"} <= names
    for name in names:
        assert (built / name).read_bytes() == (release.folder / name).read_bytes(), name


def test_the_manifest_is_true(built: Path) -> None:
    manifest = read_manifest(built)
    body = (built / "release.nq").read_bytes()
    assert manifest.digest == hashlib.sha256(body).hexdigest()
    assert manifest.sources == sources_digest()
    opened = open_release(built)
    assert len(opened.store.dump()) == manifest.triples
    for name, size in manifest.graphs.items():
        assert len(opened.store.dump(graph=name)) == size
    assert manifest.counts["Case"] == 10
    assert manifest.counts["Study"] == 3
    assert manifest.counts["Vignette"] == 3
    assert manifest.counts["Citation"] == 37


def test_every_download_holds_the_same_triples(built: Path) -> None:
    parsers = {"ttl": "turtle", "owl": "xml", "jsonld": "json-ld", "nt": "nt"}
    assert set(parsers) == set(DOWNLOADS)
    sizes = {
        suffix: len(Graph().parse(built / f"alliance-atlas.{suffix}", format=parser))
        for suffix, parser in parsers.items()
    }
    assert set(sizes.values()) == {read_manifest(built).triples}, sizes


def test_the_vocabulary_has_terms_and_no_cases(built: Path) -> None:
    text = (built / "vocabulary.nt").read_text()
    assert "<https://w3id.org/alliance-atlas/concept/magical-alliance>" in text
    assert "\n<https://w3id.org/alliance-atlas/claim/" not in text
    assert "\n<https://w3id.org/alliance-atlas/case/" not in text


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(InputError, match="no release"):
        build(tmp_path, reason=False)
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_a_failed_build_leaves_the_old_release(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (built / "manifest.json").read_bytes()
    monkeypatch.setattr(building, "check", lambda _: [Problem("a-check", "aa:X", "is wrong")])
    with pytest.raises(CheckError):
        build(built, reason=False)
    assert (built / "manifest.json").read_bytes() == before


def test_conclusions_that_do_not_fit_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building.reasoning, "read_inferred", lambda _: ("0" * 64, []))
    with pytest.raises(StoreError, match="alliance build"):
        build(tmp_path / "release", reason=False)


def test_a_damaged_release_is_refused(built: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="alliance build"):
        open_release(tmp_path)
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in built.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "release.nq").write_text("<a> <b>")
    with pytest.raises(StoreError):
        open_release(copy)
