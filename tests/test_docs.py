"""What the documents show is what happens: commands, queries, routes, commands of the command."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from kg.cli import main
from kg.release import Release
from kg.table import render_table

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "ontology" / "README.md",
        *(ROOT / "docs").rglob("*.md"),
    ]
)
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)")


def blocks(language: str) -> list[object]:
    """Every fenced block of a language, with the name of its document and line."""
    found = []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            if match["language"] == language:
                line = text.count("\n", 0, match.start()) + 1
                found.append(pytest.param(match["text"], id=f"{path.relative_to(ROOT)}:{line}"))
    return found


def pairs() -> list[object]:
    """Every SPARQL block that is followed by a block of text: a query and its answer."""
    found = []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        matches = list(BLOCK.finditer(text))
        for query, answer in pairwise(matches):
            if query["language"] == "sparql" and answer["language"] == "text":
                line = text.count("\n", 0, query.start()) + 1
                name = f"{path.relative_to(ROOT)}:{line}"
                found.append(pytest.param(query["text"], answer["text"], id=name))
    return found


def test_there_is_something_to_run() -> None:
    assert len(blocks("console")) >= 2
    assert len(pairs()) >= 8


@pytest.mark.parametrize("block", blocks("console"))
def test_commands_print_what_is_shown(block: str, release: Release) -> None:
    assert release.manifest
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert parts[0] == "", "a console block starts with a command"
    for part in parts[1:]:
        command, _, wanted = part.partition("\n")
        got = subprocess.run(
            command,
            shell=True,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        shown = got.stdout + got.stderr
        checker = doctest.OutputChecker()
        if not checker.check_output(wanted, shown, doctest.ELLIPSIS):
            assert shown == wanted


@pytest.mark.parametrize(("query", "answer"), pairs())
def test_queries_answer_what_is_shown(query: str, answer: str, release: Release) -> None:
    assert render_table(release.store.select(query)) == answer


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_every_command_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = re.findall(r"^    (\w+) ", capsys.readouterr().out, flags=re.MULTILINE)
    assert {"serve", "build", "check", "query", "question", "describe", "validate"} <= set(commands)
    text = (ROOT / "docs" / "interface.md").read_text(encoding="utf-8")
    for command in commands:
        assert f"`alliance {command}" in text, f"docs/interface.md does not speak of {command}"


def test_every_route_is_documented(release: Release) -> None:
    from api.app import create_app
    from api.settings import Settings

    app = create_app(release.store, Settings(release=release.folder))
    text = (ROOT / "docs" / "interface.md").read_text(encoding="utf-8")
    paths = set(app.openapi()["paths"])
    assert len(paths) > 8
    for path in paths:
        shown = re.sub(r"/question/[a-z-]+/answer", "/question/{id}/answer", path)
        assert f"`{shown}" in text, f"docs/interface.md does not speak of {path}"


def test_every_setting_is_documented() -> None:
    source = (ROOT / "api" / "settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r'"(ALLIANCE_\w+)"', source)) | {"ALLIANCE_JAVA"}
    assert len(names) > 3
    text = (ROOT / "docs" / "interface.md").read_text(encoding="utf-8")
    for name in names:
        assert f"`{name}`" in text, f"docs/interface.md does not speak of {name}"


def test_every_rule_is_documented(release: Release) -> None:
    text = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    rules = [
        entry for entry in release.catalog.of_kind("shape") if re.fullmatch(r"R\d\d", entry.name)
    ]
    assert len(rules) == 20
    for rule in rules:
        assert f"| {rule.name} | {rule.label} |" in text, rule.name
