"""Reading modules: one header each, and a fault has its file, line and column."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from kg.errors import InputError
from kg.loader import load_all, load_module, load_modules, merge
from kg.namespaces import PREFIXES
from kg.resources import ontology_dir, shapes_dir

HEAD = """@prefix owl: <http://www.w3.org/2002/07/owl#> .

<https://example.org/module> a owl:Ontology .

"""


def write(folder: Path, text: str | bytes, name: str = "module.ttl") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("body", "line", "column"),
    [
        ("owl:a owl:b !owl:c .\n", 5, 13),
        ("owl:a owl:b\n  aa:c .\n", 6, 3),
        ("owl:a owl:b <with blank> .\n", 5, 13),
    ],
)
def test_a_fault_has_its_place(tmp_path: Path, body: str, line: int, column: int) -> None:
    path = write(tmp_path, HEAD + body)
    with pytest.raises(InputError, match="not Turtle") as caught:
        load_module(path, layer="claims")
    assert str(caught.value).startswith(f"{path}:{line}:")
    assert caught.value.column is not None
    assert abs(caught.value.column - column) <= 6


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "UTF-8"),
        (HEAD.encode() + b'owl:a owl:b "\xe9" .\n', "UTF-8"),
        (b"<https://example.org/a> a <https://example.org/b> .", "0 owl:Ontology headers"),
        ((HEAD + "owl:x a owl:Ontology .\n").encode(), "2 owl:Ontology headers"),
        (b"@base <", "not Turtle"),
    ],
)
def test_what_is_no_module_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError, match=says) as caught:
        load_module(path, layer="claims")
    assert caught.value.source == str(path)


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_module(tmp_path / "missing.ttl", layer="claims")


def test_a_file_that_breaks_off_anywhere_is_refused_or_read(tmp_path: Path) -> None:
    """Whatever is left of a module, no other error than our own comes out of it."""
    text = (ontology_dir() / "cases" / "parishioners.ttl").read_bytes()
    dice = random.Random(7)
    refused = 0
    for _ in range(120):
        path = write(tmp_path, text[: dice.randrange(len(text))])
        try:
            load_module(path, layer="cases")
        except InputError:
            refused += 1
    assert refused > 60


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "no module", "notes.md")
    with pytest.raises(InputError, match="no Turtle file"):
        load_modules(tmp_path)


def test_a_layer_is_the_folder_unless_it_is_given(tmp_path: Path) -> None:
    write(tmp_path, HEAD, "whole.ttl")
    write(tmp_path, HEAD, "claims/some.ttl")
    write(tmp_path, HEAD, "claims/more/other.ttl")
    assert [(m.path.name, m.layer) for m in load_modules(tmp_path)] == [
        ("other.ttl", "claims"),
        ("some.ttl", "claims"),
        ("whole.ttl", ""),
    ]
    assert {module.layer for module in load_modules(tmp_path, layer="shapes")} == {"shapes"}


def test_every_folder_of_the_ontology_is_a_layer() -> None:
    modules = load_all(ontology_dir(), shapes_dir())
    assert {module.layer for module in modules} >= {
        "", "cases", "claims", "concepts", "schema", "shapes", "signals", "sources"
    }  # fmt: skip
    listed = {module.path for module in modules}
    for folder in (ontology_dir(), shapes_dir()):
        assert set(folder.rglob("*.ttl")) <= listed
    readme = (ontology_dir() / "README.md").read_text(encoding="utf-8")
    for module in modules:
        if module.layer not in {"", "shapes"}:
            assert re.search(rf"^\| `{module.layer}/` \|", readme, re.MULTILINE), module.layer


def test_a_merge_is_all_triples_and_changes_no_part(tmp_path: Path) -> None:
    one = load_module(write(tmp_path, HEAD + "owl:a owl:b owl:c .\n"), layer="").graph
    two = load_module(write(tmp_path, HEAD + "owl:a owl:b owl:d .\n"), layer="").graph
    merged = merge([one, two])
    assert set(merged) == set(one) | set(two)
    assert (len(one), len(two), len(merged)) == (2, 2, 3)
    bound = {prefix: str(iri) for prefix, iri in merged.namespaces()}
    assert bound.items() >= PREFIXES.items()
