"""No sentence of the paper stands in the project; everything is said in words of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TOOL = ROOT.parent / "shared" / "tools" / "overlap"


def overlap(*paths: str) -> subprocess.CompletedProcess[str]:
    """Run the tool that finds runs of eight words as in the paper."""
    # it lies with the paper, and is of no use without it
    if not TOOL.is_file():
        pytest.skip("the tool that compares with the paper is not beside this checkout")
    return subprocess.run(
        [sys.executable, str(TOOL), *paths], cwd=ROOT, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def files() -> list[str]:
    """What git holds or would hold."""
    # an unpacked source distribution has no list of what belongs to it
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    got = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in got.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_run_of_words_is_as_in_the_paper(files: list[str]) -> None:
    assert len([name for name in files if name.endswith(".ttl")]) > 60
    got = overlap(*files)
    assert got.returncode == 0, got.stdout + got.stderr
    assert "no shared runs" in got.stderr


def test_a_carried_over_sentence_would_be_found(paper: Path, tmp_path: Path) -> None:
    lines = paper.read_text(encoding="utf-8").splitlines()
    (tmp_path / "slip.ttl").write_text(f'<a> <b> "{lines[9]} {lines[10]}" .\n', encoding="utf-8")
    got = overlap(str(tmp_path / "slip.ttl"))
    assert got.returncode == 1
    assert "slip.ttl:1:" in got.stdout
