"""Imports point down, engines stay where they belong, and a start loads no more than it needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def python(code: str) -> str:
    got = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert got.returncode == 0, got.stderr
    return got.stdout


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    got = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert got.returncode == 0, got.stdout
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", got.stdout)


@pytest.mark.parametrize(
    ("command", "absent"),
    [
        (
            "['question', 'signals-of-shift', '--from', 'magical-alliance', "
            "'--to', 'working-alliance']",
            {"rdflib", "pyshacl", "owlready2", "fastapi"},
        ),
        ("['describe', 'world']", {"rdflib", "pyshacl", "owlready2", "fastapi"}),
    ],
)
def test_a_command_loads_no_more_than_it_needs(command: str, absent: set[str]) -> None:
    out = python(
        f"import sys; from kg.cli import main; code = main({command}); "
        "print('LOADED', code, *sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = set(out.rpartition("LOADED")[2].split())
    assert "0" in loaded
    assert not loaded & absent


def test_a_server_starts_without_the_validator() -> None:
    out = python(
        "import sys; from api.app import create_app; from api.settings import Settings; "
        "from kg.store import OxigraphStore; s = Settings(); "
        "create_app(OxigraphStore.from_quads(s.release / 'release.nq'), s); "
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    assert "fastapi" in out.split()
    assert not set(out.split()) & {"rdflib", "pyshacl", "owlready2"}


def test_every_module_says_what_it_is_for() -> None:
    files = [path for folder in ("kg", "api") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 30
    for path in files:
        assert path.read_text(encoding="utf-8").startswith('"""'), path
        assert path.stem not in {"utils", "helpers", "services", "common"}
