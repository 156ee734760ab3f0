"""What all tests share: one release, built once from the sources as they stand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kg.manifest import read_manifest, sources_digest
from kg.release import Release, open_release
from kg.resources import release_dir

ROOT = Path(__file__).resolve().parent.parent
PAPER = ROOT.parent / "shared" / "source" / "paper.txt"


@pytest.fixture(scope="session")
def release() -> Release:
    """The release in dist/, which make test builds; tests on an old one would test nothing."""
    if read_manifest(release_dir()).sources != sources_digest():
        pytest.fail("dist/release does not fit the sources; run 'make release'")
    return open_release()


@pytest.fixture(scope="session")
def paper() -> Path:
    """A copy of the paper, which the project does not hold."""
    # it is under somebody's copyright and no part of the project, so CI elsewhere has none either
    if not PAPER.is_file():
        pytest.skip("no copy of the paper beside this checkout")
    return PAPER


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ALLIANCE_"):
            monkeypatch.delenv(name)
