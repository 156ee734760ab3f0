"""What holds for any case: order of statements and names of nameless things do not matter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import RDF, BNode, Graph, URIRef
from rdflib.term import Node

from kg.errors import StoreError
from kg.ingest import read_case
from kg.namespaces import PREFIXES
from kg.report import Finding, Report
from kg.validation import Validator, default_validator

HERE = Path(__file__).parent
AA = PREFIXES["aa"]


def essence(report: Report, names: dict[Node, Node]) -> set[tuple[object, ...]]:
    """Give what is found, under the names that things had before."""

    def told(finding: Finding) -> tuple[object, ...]:
        focus = names.get(finding.focus, finding.focus)
        value = names.get(finding.value, finding.value) if finding.value is not None else None
        return finding.shape, finding.severity, focus, finding.path, value, finding.message

    return {told(finding) for finding in report.findings}


@pytest.fixture(scope="module")
def broken() -> list[tuple[Node, Node, Node]]:
    """A case with several mistakes, in which half of the things are nameless."""
    names = ("R12-n5", "R16-no-channel", "S-known-terms-signal", "S-session-number")
    triples = {
        triple
        for name in names
        for triple in read_case(
            (HERE / "invalid" / f"{name}.ttl").read_bytes(), media_type="text/turtle"
        )
    }
    things = sorted({s for s, _, _ in triples if "/case/" in str(s)})
    nameless = {thing: BNode(f"n{n}") for n, thing in enumerate(things) if n % 2}
    return sorted((nameless.get(s, s), p, nameless.get(o, o)) for s, p, o in triples)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_order_and_names_of_nameless_things_do_not_matter(
    validator: Validator, broken: list[tuple[Node, Node, Node]], data: st.DataObject
) -> None:
    plain = Graph(store="SimpleMemory")
    for triple in broken:
        plain.add(triple)
    expected = essence(validator.validate_graph(plain), {})
    assert len(expected) > 4

    nameless = sorted({node for triple in broken for node in triple if isinstance(node, BNode)})
    assert nameless
    renamed = dict(zip(nameless, data.draw(st.permutations(nameless)), strict=True))
    changed = Graph(store="SimpleMemory")
    for s, p, o in data.draw(st.permutations(broken)):
        changed.add((renamed.get(s, s), p, renamed.get(o, o)))
    back = {new: old for old, new in renamed.items()}
    assert essence(validator.validate_graph(changed), back) == expected


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_case_that_lacks_a_statement_never_breaks_the_validator(
    validator: Validator, data: st.DataObject
) -> None:
    case = read_case((HERE / "valid" / "complete.ttl").read_bytes(), media_type="text/turtle")
    triples = sorted(case)
    lacking = data.draw(st.sampled_from(triples))
    case.remove(lacking)
    report = validator.validate_graph(case)
    assert report.verdict in ("conforms", "warnings", "violates")
    if lacking == (URIRef("https://example.org/case/b"), RDF.type, URIRef(AA + "Case")):
        assert [finding.rule for finding in report.findings] == ["S-has-case"]


def test_threads_share_a_validator(validator: Validator) -> None:
    paths = [*(HERE / "invalid").glob("R1*.ttl"), *(HERE / "valid").glob("v*.ttl")]
    assert len(paths) > 20

    def run(path: Path) -> set[tuple[object, ...]]:
        return essence(validator.validate(path.read_bytes(), media_type="text/turtle"), {})

    one_by_one = [run(path) for path in paths]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, paths)) == one_by_one


def test_validation_leaves_vocabulary_and_case_as_they_are(validator: Validator) -> None:
    sizes = len(validator.vocabulary), len(validator.shapes)
    case = read_case((HERE / "invalid" / "S-own-terms.ttl").read_bytes(), media_type="text/turtle")
    before = set(case)
    validator.validate_graph(case)
    assert (len(validator.vocabulary), len(validator.shapes)) == sizes
    assert set(case) == before


def test_without_a_release_the_default_validator_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("kg.validation.release_dir", lambda: tmp_path)
    default_validator.cache_clear()
    with pytest.raises(StoreError, match="alliance build"):
        default_validator()
    default_validator.cache_clear()
