"""What the tests of validation share: the vocabulary and the shapes as the sources have them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from rdflib import Graph

from kg.loader import load_modules, merge
from kg.report import Report
from kg.resources import ontology_dir, shapes_dir
from kg.validation import Validator, load_shapes

HERE = Path(__file__).resolve().parent


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for a ``valid_case`` or ``invalid_case`` every one of them."""
    for kind in ("valid", "invalid"):
        if f"{kind}_case" in metafunc.fixturenames:
            paths = sorted((HERE / kind).glob("*.ttl"))
            assert paths, f"no fixture in {HERE / kind}"
            metafunc.parametrize(f"{kind}_case", paths, ids=[path.stem for path in paths])


@pytest.fixture(scope="session")
def vocabulary() -> Graph:
    """Schema, concepts and signals with the hierarchy, as in ``vocabulary.nt`` of a release."""
    root = ontology_dir()
    layers = ("schema", "concepts", "signals")
    modules = merge(m.graph for m in load_modules(root) if m.layer in layers)
    inferred = (root / "inferred.nt").read_text(encoding="utf-8").splitlines()
    hierarchy = [line for line in inferred if "rdf-schema#subClassOf>" in line]
    assert hierarchy
    modules.parse(data="\n".join(hierarchy), format="nt")
    plain = Graph(store="SimpleMemory")
    for triple in modules:
        plain.add(triple)
    return plain


@pytest.fixture(scope="session")
def shapes() -> Graph:
    """All shapes."""
    return load_shapes(shapes_dir())


@pytest.fixture(scope="session")
def validator(vocabulary: Graph, shapes: Graph) -> Validator:
    """One validator for all: it may be shared."""
    return Validator(vocabulary, shapes)


@pytest.fixture(scope="session")
def judge(validator: Validator) -> Callable[[Path], Report]:
    """Validate a fixture, once for all tests that ask."""

    @functools.cache
    def run(path: Path) -> Report:
        return validator.validate(path.read_bytes(), media_type="text/turtle")

    return run


@pytest.fixture
def validate(validator: Validator) -> Callable[..., Report]:
    """Validate Turtle given as text, under the prefixes that cases use."""
    prefixes = (
        "@base <https://example.org/case/> .\n"
        "@prefix aa: <https://w3id.org/alliance-atlas/ontology/> .\n"
        "@prefix concept: <https://w3id.org/alliance-atlas/concept/> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "@prefix signal: <https://w3id.org/alliance-atlas/signal/> .\n"
    )

    def run(text: str) -> Report:
        return validator.validate((prefixes + text).encode(), media_type="text/turtle")

    return run
