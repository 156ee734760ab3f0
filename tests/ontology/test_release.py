"""A release: the same from the same, whole, and never half replaced."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from rdflib import BNode, Graph, URIRef

from kg import build as building
from kg.build import DOWNLOADS, build
from kg.checks import Problem
from kg.cli import main
from kg.errors import CheckError, InputError, StoreError
from kg.manifest import read_manifest, sources_digest
from kg.namespaces import BASE, GRAPH
from kg.release import Release, open_release

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("build")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("build") / "release"
    build(out, reason=False)
    return out


def contents(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder, by their paths in it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_same_sources_give_the_same_bytes(built: Path, release: Release) -> None:
    names = set(contents(release.folder))
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


def test_a_file_is_no_folder_to_write_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="no folder"):
        build(tmp_path / "file", reason=False)
    assert (tmp_path / "file").read_text() == "mine"


def test_what_fails_while_writing_leaves_the_old_release(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(built)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(building, "write_manifest", full)
    with pytest.raises(StoreError, match="No space left"):
        build(built, reason=False)
    assert contents(built) == before


def test_the_command_writes_every_download_and_replaces_all_that_was_there(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "dist"
    out.mkdir()
    (out / "manifest.json").write_text("{}")
    (out / "left-over.txt").write_text("of a former version")
    assert main(["build", "--out", str(out)]) == 0
    manifest = read_manifest(built)
    assert f"{manifest.triples} triples, digest {manifest.digest[:12]}" in capsys.readouterr().out
    suffixes = {path.suffix for path in out.glob("alliance-atlas.*")}
    assert suffixes == {".ttl", ".owl", ".jsonld", ".nt"}
    assert (out / "release.nq").read_bytes() == (built / "release.nq").read_bytes()
    assert {path.name for path in out.iterdir()} == {path.name for path in built.iterdir()}
    assert [path.name for path in tmp_path.iterdir()] == ["dist"]


def test_the_closure_is_a_file_of_its_own(built: Path) -> None:
    closure = (built / "inferred.nt").read_text(encoding="utf-8").splitlines()
    everything = set((built / "alliance-atlas.nt").read_text(encoding="utf-8").splitlines())
    assert len(closure) == read_manifest(built).graphs[GRAPH + "inferred"] > 1000
    assert set(closure) <= everything
    shift = f"<{BASE}case/returning-parishioner/shift/1>"
    assert any(
        line.startswith(shift) and line.endswith("MagicalToWorkingShift> .") for line in closure
    )


def test_every_download_holds_the_same_triples(built: Path) -> None:
    """All are counted; compared are those whose names are the same in all, not blank nodes."""
    parsers = {"nt": "nt", "ttl": "turtle", "owl": "xml", "jsonld": "json-ld"}
    assert set(parsers) == set(DOWNLOADS)

    def named(suffix: str, parser: str) -> set[str]:
        graph = Graph().parse(built / f"alliance-atlas.{suffix}", format=parser)
        assert len(graph) == read_manifest(built).triples, suffix
        return {
            f"{s} {p} {o.n3()}"
            for s, p, o in graph
            if isinstance(s, URIRef) and not isinstance(o, BNode)
        }

    wanted = named("nt", "nt")
    assert len(wanted) > 20_000
    for suffix, parser in parsers.items():
        assert named(suffix, parser) == wanted, suffix


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
    shutil.copytree(built, copy)
    (copy / "release.nq").write_text("<a> <b>")
    with pytest.raises(StoreError):
        open_release(copy)
