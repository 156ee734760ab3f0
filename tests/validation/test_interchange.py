"""A case as JSON: the context means what the Turtle says, the schema knows the same properties."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rdflib import Graph
from rdflib.compare import isomorphic

from kg.errors import InputError
from kg.ingest import CONTEXT, read_case
from kg.release import Release
from kg.validation import validate_case

HERE = Path(__file__).resolve().parent
VALID = sorted((HERE / "valid").glob("*.ttl"))
#: As one would write it by hand: nested, with short names.
CASE: dict[str, Any] = {
    "@context": CONTEXT,
    "id": "https://example.org/case/c",
    "type": "Case",
    "label": "Client C",
    "hasClient": {
        "id": "https://example.org/case/c/client",
        "type": "Person",
        "label": "the client",
    },
    "hasSession": [
        {"id": "https://example.org/case/c/s1", "type": "Session", "order": 1, "sessionNumber": 1}
    ],
    "hasEpisode": {
        "id": "https://example.org/case/c/e1",
        "type": "WorkingAlliance",
        "order": 1,
        "status": "concept:negotiated",
        "hasGoal": "concept:prophylaxis-against-fragmentation",
        "engagesSelfAgency": True,
        "startsIn": "https://example.org/case/c/s1",
    },
}


@pytest.fixture(scope="module")
def schema(release: Release) -> jsonschema.Draft202012Validator:
    document = json.loads((release.folder / "case.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


@pytest.fixture(scope="module")
def context(release: Release) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((release.folder / "context.jsonld").read_text())
    return found["@context"]  # type: ignore[no-any-return]


def write(graph: Graph, context: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        graph.serialize(format="json-ld", context=context, auto_compact=False)
    )
    return {**document, "@context": CONTEXT}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_every_valid_case_can_be_written_as_json(
    path: Path, context: dict[str, Any], schema: jsonschema.Draft202012Validator
) -> None:
    turtle = path.read_bytes()
    graph = read_case(turtle, media_type="text/turtle")
    document = write(graph, context)
    assert not [f"{e.json_path}: {e.message[:200]}" for e in schema.iter_errors(document)]
    data = json.dumps(document).encode()
    assert isomorphic(read_case(data, media_type="application/ld+json"), graph)


def test_a_case_written_by_hand(schema: jsonschema.Draft202012Validator) -> None:
    assert not list(schema.iter_errors(CASE))
    report = validate_case(json.dumps(CASE).encode(), media_type="application/ld+json")
    assert report.conforms, report.to_text()
    assert report.checked["episodes"] == 1


@pytest.mark.parametrize(
    "change",
    [
        {"hasClint": "https://example.org/x"},
        {"type": "Case", "hasEpisode": {"type": "MagicalAliance"}},
        {"hasEpisode": {"type": "WorkingAlliance", "status": "concept:negociated"}},
        {"hasEpisode": {"type": "WorkingAlliance", "order": "first"}},
        {"hasEpisode": {"type": "WorkingAlliance", "engagesSelfAgency": "yes"}},
        {"hasEpisode": {"type": "MagicalAlliance", "magicalVariant": "concept:world"}},
    ],
)
def test_slips_are_seen_while_typing(
    schema: jsonschema.Draft202012Validator, change: dict[str, Any]
) -> None:
    assert list(schema.iter_errors({**CASE, **change}))


def test_findings_have_their_place_in_json_too() -> None:
    broken = json.loads(json.dumps(CASE))
    del broken["hasClient"]["label"]
    broken["hasEpisode"]["startsIn"] = "https://example.org/case/c/nowhere"
    text = json.dumps(broken, indent=1)
    report = validate_case(text.encode(), media_type="application/ld+json")
    placed = [finding for finding in report.findings if finding.line]
    assert placed
    assert any("nowhere" in text.splitlines()[f.line - 1] for f in placed if f.line)


@pytest.mark.parametrize(
    "address", ["https://w3id.org/alliance-atlas/download/other.jsonld", CONTEXT + "#x"]
)
def test_no_other_context_is_taken(address: str) -> None:
    document = json.dumps({**CASE, "@context": address}).encode()
    with pytest.raises(InputError, match="nothing is fetched"):
        read_case(document, media_type="application/ld+json")


def test_own_terms_can_stand_beside_the_context() -> None:
    extended = {**CASE, "@context": [CONTEXT, {"my": "https://example.org/my/"}], "my:note": "x"}
    graph = read_case(json.dumps(extended).encode(), media_type="application/ld+json")
    assert any(str(p) == "https://example.org/my/note" for p in graph.predicates())


def test_the_example_in_the_guide_conforms(schema: jsonschema.Draft202012Validator) -> None:
    guide = (HERE.parents[1] / "docs" / "validation.md").read_text(encoding="utf-8")
    example = guide.partition("```json\n")[2].partition("```")[0]
    assert not list(schema.iter_errors(json.loads(example)))
    assert validate_case(example.encode(), media_type="application/ld+json").conforms
