"""Reports as SARIF, JUnit and CSV say the same as the report itself, also of hostile cases."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kg.report import Report
from kg.report_formats import summarize, to_csv, to_junit, to_sarif, without_quotes
from kg.validation import validate_case

HERE = Path(__file__).resolve().parent
CASES = sorted(HERE.glob("invalid/*.ttl"))[:12] + sorted(HERE.glob("valid/*.ttl"))[:3]


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    found = [
        validate_case(path.read_bytes(), media_type="text/turtle", source=f"cases/{path.name}")
        for path in CASES
    ]
    assert sum(len(report.findings) for report in found) >= 12
    assert any(report.verdict == "conforms" for report in found)
    return found


def hostile() -> Report:
    text = (HERE / "valid" / "v3.ttl").read_text()
    text = text.replace('"Client C"@en', '"=HYPERLINK(1) \\u0001 ]]> <x> \\uFFFF"@en')
    text = text.replace("aa:order 2 ;", "aa:order 1 ;")
    return validate_case(text.encode(), media_type="text/turtle", source='=cmd|" \\ü.ttl')


def test_sarif_has_every_finding_at_its_place(reports: list[Report]) -> None:
    log = to_sarif(reports, errors={"gone.ttl": "gone.ttl: cannot be read"})
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    findings = [(report, finding) for report in reports for finding in report.findings]
    assert len(run["results"]) == len(findings)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(set(rules))
    for result, (report, finding) in zip(run["results"], findings, strict=True):
        assert rules[result["ruleIndex"]] == result["ruleId"] == finding.rule
        assert result["level"] in {"error", "warning", "note"}
        assert (result["level"] == "error") == (finding.severity == "violation")
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == report.source
        if finding.line is not None:
            assert place["region"]["startLine"] == finding.line >= 1
    assert any("region" in r["locations"][0]["physicalLocation"] for r in run["results"])
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "gone.ttl" in json.dumps(invocation)


def test_junit_fails_where_a_case_violates(reports: list[Report]) -> None:
    root = ElementTree.fromstring(to_junit(reports).encode())
    assert len(root) == len(reports)
    for suite, report in zip(root, reports, strict=True):
        failures = suite.findall("testcase/failure")
        violations = [f for f in report.findings if f.severity == "violation"]
        assert len(failures) == len(violations) == int(suite.get("failures", "-1"))
        assert len(suite.findall("testcase")) == int(suite.get("tests", "-1")) >= 1
        assert [f.get("message") for f in failures] == [f.message for f in violations]


def test_csv_has_a_row_for_every_finding(reports: list[Report]) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(reports), newline="")))
    findings = [finding for report in reports for finding in report.findings]
    assert [row["rule"] for row in rows] == [finding.rule for finding in findings]
    assert [row["message"] for row in rows] == [finding.message for finding in findings]
    assert {row["severity"] for row in rows} <= {"violation", "warning", "info"}


def test_a_corpus_is_summed_up_by_rule_and_file(reports: list[Report]) -> None:
    summary = summarize(reports)
    assert summary["files"] == len(reports) == sum(summary["verdicts"].values())
    for rule, counted in summary["rules"].items():
        having = [r for r in reports if any(f.rule == rule for f in r.findings)]
        assert counted["files"] == len(having)
        assert counted["findings"] == sum(f.rule == rule for r in having for f in r.findings)


def test_a_hostile_case_breaks_no_form() -> None:
    report = hostile()
    assert report.findings
    ElementTree.fromstring(to_junit([report]).encode())
    json.dumps(to_sarif([report])).encode()
    (row, *_) = csv.DictReader(io.StringIO(to_csv([report]), newline=""))
    assert row["file"].startswith("'="), "a spreadsheet must not run it"
    uri = to_sarif([report])["runs"][0]["results"][0]["locations"][0]
    assert "\\" not in str(uri["physicalLocation"]["artifactLocation"])


def test_words_of_the_case_can_be_left_out() -> None:
    text = (HERE / "valid" / "v3.ttl").read_text()
    text = text.replace('"note 1"', '"note 1" ; aa:certainty "a secret"')
    text = text.replace('"the client"@en', '"Mrs Secret"@en ; aa:order "secret"')
    report = validate_case(text.encode(), media_type="text/turtle", source="x.ttl")
    assert "ecret" in report.to_json()
    clean = without_quotes(report)
    assert len(clean.findings) == len(report.findings) > 0
    for written in (
        *(clean.to_json(), clean.to_text(), to_csv([clean]), to_junit([clean])),
        *(json.dumps(to_sarif([clean])), clean.to_graph("text/turtle").decode()),
    ):
        assert "ecret" not in written
