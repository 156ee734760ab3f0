"""Reports in the forms that other tools read: SARIF, JUnit and CSV. Each takes many reports."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from rdflib import Graph, Literal

from kg import __version__
from kg.loader import bind_prefixes
from kg.namespaces import PREFIXES
from kg.report import REPORT_FORMATS, Finding, Report, show_node, show_path
from kg.table import harmless

__all__ = [
    "summarize",
    "to_csv",
    "to_graph",
    "to_json",
    "to_junit",
    "to_sarif",
    "without_quotes",
]

_COLUMNS = (
    *("file", "line", "column", "severity", "rule", "message"),
    *("focus", "path", "value", "repair", "shape"),
)
_SARIF_LEVELS = {"violation": "error", "warning": "warning", "info": "note"}
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def without_quotes(report: Report) -> Report:
    """Leave out of a report what was said or written in the case: literals and labels."""
    return replace(
        report,
        findings=tuple(
            replace(
                finding,
                label=None,
                value=None if isinstance(finding.value, Literal) else finding.value,
            )
            for finding in report.findings
        ),
    )


def summarize(reports: Iterable[Report]) -> dict[str, Any]:
    """Count files by verdict, and findings by severity and by rule."""
    verdicts: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for report in reports:
        verdicts[report.verdict] += 1
        for finding in report.findings:
            severities[finding.severity] += 1
            rules[finding.rule] += 1
        for rule in {finding.rule for finding in report.findings}:
            files[rule] += 1
    return {
        "files": verdicts.total(),
        "verdicts": dict(sorted(verdicts.items())),
        "severities": dict(sorted(severities.items())),
        "rules": {
            rule: {"findings": number, "files": files[rule]}
            for rule, number in sorted(rules.items())
        },
    }


def to_json(reports: Sequence[Report]) -> str:
    """Give several reports as one JSON document: the reports in order, and a summary."""
    items = [report.to_dict() for report in reports]
    body = {"items": items, "summary": summarize(reports)}
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def to_graph(reports: Sequence[Report], media_type: str) -> bytes:
    """Give reports in the vocabulary of SHACL, as one graph; each report tells its own verdict."""
    merged = Graph()
    for report in reports:
        merged += report.graph()
    return bind_prefixes(merged).serialize(format=REPORT_FORMATS[media_type], encoding="utf-8")


def to_csv(reports: Iterable[Report]) -> str:
    """Write one row for each finding, RFC 4180; no cell is one that a spreadsheet would run."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for report in reports:
        for finding in report.findings:
            cells = (
                report.source or "",
                finding.line or "",
                finding.column or "",
                finding.severity,
                finding.rule,
                finding.message,
                show_node(finding.focus),
                show_path(finding.path) if finding.path is not None else "",
                show_node(finding.value) if finding.value is not None else "",
                finding.repair or "",
                finding.shape,
            )
            writer.writerow([harmless(str(cell)) for cell in cells])
    return buffer.getvalue()


def to_junit(reports: Iterable[Report]) -> str:
    """Write a test suite for each file and a test case for each finding, or one that passes.

    A warning counts as passed and is told in ``system-out``, for the case conforms.
    """
    root = ElementTree.Element("testsuites", name="alliance validate")
    for report in reports:
        name = report.source or "case"
        violations = [f for f in report.findings if f.severity == "violation"]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_xml(name),
            tests=str(max(1, len(report.findings))),
            failures=str(len(violations)),
            errors="0",
            skipped="0",
        )
        if not report.findings:
            ElementTree.SubElement(suite, "testcase", classname=_xml(name), name="conforms")
        for finding in report.findings:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=_xml(name),
                name=_xml(f"{finding.rule} at {show_node(finding.focus)}"),
            )
            if finding.line is not None:
                case.set("file", _xml(name))
                case.set("line", str(finding.line))
            said = ElementTree.SubElement(
                case, "failure" if finding.severity == "violation" else "system-out"
            )
            if said.tag == "failure":
                said.set("message", _xml(finding.message))
                said.set("type", finding.rule)
            said.text = _xml(_at_length(finding, name))
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def to_sarif(
    reports: Sequence[Report], *, errors: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Give SARIF 2.1.0, for code scanning and editors.

    :param errors: files that could not be read, with the reason.
    """
    rules: dict[str, Finding] = {}
    for report in reports:
        for finding in report.findings:
            rules.setdefault(finding.rule, finding)
    index = {rule: number for number, rule in enumerate(sorted(rules))}
    notes = [
        {
            "level": "error",
            "message": {"text": text},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(source)}}}],
        }
        for source, text in (errors or {}).items()
    ]
    return {
        "$schema": _SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "alliance validate",
                        "version": __version__,
                        "informationUri": PREFIXES["shape"],
                        "rules": [_sarif_rule(rule, rules[rule]) for rule in index],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {"executionSuccessful": not notes, "toolExecutionNotifications": notes}
                ],
                "results": [
                    _sarif_result(finding, report, index)
                    for report in reports
                    for finding in report.findings
                ],
            }
        ],
    }


def _sarif_rule(rule: str, example: Finding) -> dict[str, Any]:
    address = PREFIXES["shape"] + rule
    found: dict[str, Any] = {"id": rule, "helpUri": address}
    if example.rationale:
        found["shortDescription"] = {"text": example.rationale.partition(". ")[0].rstrip(".") + "."}
        found["fullDescription"] = {"text": example.rationale}
        help_text = example.rationale + (
            f"\nFor example: {example.repair}" if example.repair else ""
        )
        found["help"] = {"text": help_text}
    return found


def _sarif_result(finding: Finding, report: Report, index: Mapping[str, int]) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(report.source or "case")}}
    if finding.line is not None:
        place["region"] = {"startLine": finding.line}
        if finding.column is not None:
            place["region"]["startColumn"] = finding.column
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _SARIF_LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [
            {
                "physicalLocation": place,
                "logicalLocations": [{"fullyQualifiedName": show_node(finding.focus)}],
            }
        ],
        "properties": {
            "shape": finding.shape,
            "claims": list(finding.claims),
            "passages": list(finding.passages),
        },
    }


def _at_length(finding: Finding, name: str) -> str:
    at = ":".join(str(part) for part in (name, finding.line, finding.column) if part is not None)
    lines = [at, f"at {show_node(finding.focus)}"]
    lines += [f"for example: {finding.repair}"] if finding.repair else []
    lines += [f"why: {finding.rationale}"] if finding.rationale else []
    return "\n".join(lines)


def _uri(source: str) -> str:
    """Give a relative reference for a file's name; SARIF wants no backslash and no blank."""
    return quote(PurePath(source).as_posix(), safe="/:~")


def _xml(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(
        c
        for c in text
        if c in "\t\n\r"
        or "\x20" <= c <= "\ud7ff"
        or "\ue000" <= c <= "\ufffd"
        or c >= "\U00010000"
    )
