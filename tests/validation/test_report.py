"""Reports: the three verdicts, strictness, and the forms in which they are handed on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rdflib import RDF, SH, Graph, URIRef

from kg.errors import InputError, TooLargeError
from kg.ingest import STAND_IN_BASE, read_case
from kg.namespaces import PREFIXES
from kg.report import REPORT_FORMATS, Report, verdict_of
from kg.validation import MAX_FINDINGS, Validator

HERE = Path(__file__).parent
CASE = (
    '<b> a aa:Case ; rdfs:label "b" ; aa:hasClient <client> ; aa:hasEpisode <episode> .\n'
    "<client> a aa:Person .\n"
    "<episode> a aa:MagicalAlliance ; aa:magicalVariant concept:world-change .\n"
)


def read(validator: Validator, name: str, **options: object) -> Report:
    data = (HERE / f"{name}.ttl").read_bytes()
    return validator.validate(data, media_type="text/turtle", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("severities", "verdict"),
    [
        ([], "conforms"),
        (["info"], "conforms"),
        (["warning", "info"], "warnings"),
        (["warning", "violation"], "violates"),
    ],
)
def test_the_worst_finding_makes_the_verdict(severities: list[str], verdict: str) -> None:
    assert verdict_of(severities) == verdict


def test_strict_raises_warnings_of_hedged_rules(validator: Validator) -> None:
    for name in ("R09-no-change", "R13-long-unmoved"):
        assert read(validator, f"invalid/{name}").verdict == "warnings"
        strict = read(validator, f"invalid/{name}", strict=True)
        assert (strict.verdict, strict.strict) == ("violates", True)
    # an advice is no hedged rule
    assert read(validator, "invalid/R14-interpreted", strict=True).verdict == "warnings"


def test_a_report_as_json(validator: Validator) -> None:
    report = json.loads(read(validator, "invalid/R12-n5", source="n5.ttl").to_json())
    assert list(report)[:2] == ["verdict", "conforms"]
    assert (report["verdict"], report["conforms"], report["source"]) == (
        "violates",
        False,
        "n5.ttl",
    )
    assert report["checked"] == {
        "cases": 1,
        "persons": 2,
        "sessions": 2,
        "episodes": 2,
        "observations": 1,
        "shifts": 1,
    }
    [finding] = report["findings"]
    assert finding["rule"] == "R12"
    assert finding["severity"] == "violation"
    assert finding["focus"] == "https://example.org/case/shift/1"
    assert finding["path"] == "aa:indicatedBy"
    assert finding["value"] is None
    assert finding["message"].startswith("Add an observation of something else than relief")
    assert PREFIXES["passage"] + "85-86" in finding["passages"]
    assert finding["line"] > 1
    assert finding["column"] > 1
    assert finding["repair"]
    assert finding["rationale"]


def test_a_report_as_text(validator: Validator) -> None:
    report = read(validator, "invalid/R12-n5", source="n5.ttl")
    [finding] = report.findings
    lines = report.to_text().splitlines()
    assert lines[0].startswith(f"n5.ttl:{finding.line}:{finding.column}: violation R12: Add an")
    assert "passage:85-86" in report.to_text()
    assert lines[-2] == "n5.ttl: violates: 1 violation"
    assert lines[-1].startswith("  looked at 1 case, 2 persons")
    assert read(validator, "valid/v2").to_text().startswith("case: conforms\n")
    warned = read(validator, "invalid/R09-no-change").to_text()
    assert "case: conforms with warnings: 1 warning" in warned


@pytest.mark.parametrize("media_type", REPORT_FORMATS)
def test_a_report_as_rdf(validator: Validator, media_type: str) -> None:
    written = read(validator, "invalid/R17-result").to_graph(media_type)
    graph = read_case(written, media_type=media_type)
    [result] = graph.objects(graph.value(None, RDF.type, SH.ValidationReport), SH.result)
    assert graph.value(result, SH.resultSeverity) == SH.Violation
    assert graph.value(result, SH.sourceShape) == URIRef(PREFIXES["shape"] + "R17")
    assert graph.value(result, SH.value) == URIRef(PREFIXES["concept"] + "successful-psychotherapy")
    path = graph.value(result, SH.resultPath)
    assert path is not None
    assert (path, SH.alternativePath, None) in graph
    assert (None, SH.conforms, None) in graph


def test_a_report_in_no_other_form(validator: Validator) -> None:
    with pytest.raises(InputError, match="text/turtle"):
        read(validator, "valid/v2").to_graph("application/pdf")


def test_a_report_of_rdf_is_what_pyshacl_gives(validator: Validator) -> None:
    """What a SHACL tool reads from our report is the result that pySHACL had."""
    graph = read(validator, "invalid/R02-n2").graph()
    [result] = graph.subjects(RDF.type, SH.ValidationResult)
    told = {p: graph.value(result, p) for p in graph.predicates(result)}
    assert told[SH.focusNode] == URIRef("https://example.org/case/bond/1")
    assert told[SH.resultPath] == URIRef(PREFIXES["aa"] + "agentOfChange")
    assert told[SH.value] == URIRef(PREFIXES["concept"] + "world")
    assert told[SH.sourceConstraintComponent] == SH.SPARQLConstraintComponent


def test_findings_name_labels(validate: Callable[..., Report]) -> None:
    text = CASE.replace(" ; aa:magicalVariant concept:world-change", ' ; rdfs:label "waits"@en')
    [finding] = validate(text).findings
    assert finding.label == "waits"
    assert "(waits)" in validate(text).to_text()


def test_control_characters_do_not_reach_a_terminal(validate: Callable[..., Report]) -> None:
    text = CASE.replace("aa:magicalVariant concept:world-change", 'rdfs:label "\\u001b[2J\\u202e"')
    shown = validate(text + '<episode> aa:status "\\u001b]0;x" .').to_text()
    assert "\\x1b[2J" in shown
    assert all(character.isprintable() or character == "\n" for character in shown)


def test_nameless_things_are_told_by_their_place(validate: Callable[..., Report]) -> None:
    first, *rest = CASE.splitlines()
    first = first.replace("<episode> .", "<episode>, [ a aa:MagicalAlliance ] .")
    [finding] = validate("\n".join([first, *rest])).findings
    assert finding.rule == "R04"
    assert (finding.line, finding.column) == (6, first.index("[") + 1)


def test_a_long_chain_of_nameless_things_is_no_harm(validate: Callable[..., Report]) -> None:
    chain = "".join(f"_:n{n} aa:about _:n{n + 1} .\n" for n in range(5000))
    report = validate(CASE + chain + "<episode> aa:indicatedBy _:n0 .")
    assert [finding.rule for finding in report.findings] == ["S-indicated-by-value"]


def test_stand_in_names_are_shown_as_written(validator: Validator) -> None:
    data = (
        b"@prefix aa: <https://w3id.org/alliance-atlas/ontology/> .\n"
        b"<b> a aa:Case ; aa:hasClient <c> ; aa:noEpisodeReason 'none' . <c> a aa:Person ."
    )
    report = validator.validate(data, media_type="text/turtle")
    assert STAND_IN_BASE not in report.to_text()
    assert "at <b>" in report.to_text()


def test_very_many_findings_are_cut(validate: Callable[..., Report]) -> None:
    strays = "".join(f"<o{n}> aa:inEpisode <none{n}> .\n" for n in range(MAX_FINDINGS + 20))
    report = validate(CASE + strays)
    assert (len(report.findings), report.omitted) == (MAX_FINDINGS, 20)
    assert "20 more findings left out" in report.to_text()


def test_what_takes_too_long_is_refused(
    validate: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.validation.MAX_SECONDS", 0.0)
    with pytest.raises(TooLargeError, match="takes too long"):
        validate(CASE)
    monkeypatch.undo()
    assert validate(CASE).conforms


def test_many_sessions_are_compared_in_no_time(validate: Callable[..., Report]) -> None:
    sessions = "".join(
        f"<b> aa:hasSession <s{n}> . <s{n}> a aa:Session ; aa:order {n} ; aa:sessionNumber {n} .\n"
        for n in range(1, 401)
    )
    started = time.process_time()
    assert validate(CASE + sessions).conforms
    assert time.process_time() - started < 5


def test_unknown_terms_get_the_nearest_name(validate: Callable[..., Report]) -> None:
    report = validate(CASE + "<episode> aa:statuss concept:sougth ; aa:status concept:zzzzzz .")
    messages = {str(finding.value): finding.message for finding in report.findings}
    assert "the nearest is aa:status" in messages[PREFIXES["aa"] + "statuss"]
    assert "the nearest is concept:sought" in messages[PREFIXES["concept"] + "sougth"]
    assert "nearest" not in messages[PREFIXES["concept"] + "zzzzzz"]
    assert {finding.rule for finding in report.findings} == {"S-known-terms"}


def test_very_many_unknown_terms_take_no_time(validate: Callable[..., Report]) -> None:
    unknown = "".join(f"<o{n}> aa:unknown{n} concept:zz{n} .\n" for n in range(2000))
    report = validate(CASE + unknown)
    assert len(report.findings) + report.omitted == 4000


def test_json_ld_and_turtle_get_the_same_findings(validator: Validator) -> None:
    turtle = (HERE / "invalid" / "R12-n5.ttl").read_bytes()
    graph = Graph().parse(data=turtle, format="turtle")
    document = graph.serialize(format="json-ld", encoding="utf-8", indent=1)
    triples = graph.serialize(format="nt", encoding="utf-8")
    xml = graph.serialize(format="xml", encoding="utf-8")
    [expected] = validator.validate(turtle, media_type="text/turtle").findings
    for data, media_type in (
        (document, "application/ld+json"),
        (triples, "application/n-triples"),
        (xml, "application/rdf+xml"),
    ):
        [finding] = validator.validate(data, media_type=media_type).findings
        assert (finding.message, finding.focus, finding.path) == (
            expected.message,
            expected.focus,
            expected.path,
        )
        assert finding.line is not None
        assert "indicatedBy" in data.decode().splitlines()[finding.line - 1]
