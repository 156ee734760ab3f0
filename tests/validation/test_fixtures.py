"""Cases that conform, and cases that break exactly one rule each.

An invalid case says in its first lines what is to be found, as ``# expect: SHAPE <focus> path``,
and marks with ``# <--`` the lines at which it is to be found.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyshacl
import pytest
from rdflib import RDF, SH, Graph, URIRef
from rdflib.term import Node

from kg.ingest import read_case
from kg.loader import bind_prefixes
from kg.namespaces import PREFIXES
from kg.report import Finding, Report, show_path
from kg.resources import ontology_dir
from kg.validation import GUARD_COMPONENT, Validator

BASE = "https://example.org/case/"
# found before the shapes are applied, not by them
GUARDS = ("S-has-case", "S-known-terms", "S-own-terms", "S-no-schema")


def told(finding: Finding) -> str:
    """Write a finding as the fixtures do."""
    shape = finding.shape.removeprefix(PREFIXES["shape"])
    path = "-" if finding.path is None else show_path(finding.path)
    milder = "" if finding.severity == "violation" else f" {finding.severity}"
    return f"{shape} <{str(finding.focus).removeprefix(BASE)}> {path}{milder}"


def test_a_valid_case_conforms(judge: Callable[[Path], Report], valid_case: Path) -> None:
    report = judge(valid_case)
    assert [told(finding) for finding in report.findings] == []
    assert (report.verdict, report.conforms) == ("conforms", True)
    assert report.checked["cases"] >= 1


def test_an_invalid_case_breaks_one_rule(
    judge: Callable[[Path], Report], invalid_case: Path
) -> None:
    text = invalid_case.read_text(encoding="utf-8")
    expected = sorted(re.findall(r"^# expect: (.+)$", text, re.MULTILINE))
    report = judge(invalid_case)
    assert expected
    assert sorted(told(finding) for finding in report.findings) == expected
    worst = {line.split()[-1] for line in expected}
    verdict = "violates" if worst - {"warning", "info"} else "warnings"
    assert report.verdict == ("conforms" if worst == {"info"} else verdict)
    assert report.conforms == (report.verdict != "violates")


def test_findings_stand_where_the_mistake_is(
    judge: Callable[[Path], Report], invalid_case: Path
) -> None:
    text = invalid_case.read_text(encoding="utf-8")
    lines = text.splitlines()
    marked = sorted(number for number, line in enumerate(lines, 1) if "# <--" in line)
    report = judge(invalid_case)
    found = sorted(finding.line for finding in report.findings if finding.line is not None)
    assert found == marked
    for finding in report.findings:
        if finding.line is not None and finding.column is not None:
            assert not lines[finding.line - 1][finding.column - 1].isspace()
            assert finding.column == 1 or lines[finding.line - 1][finding.column - 2] in " ^"
    # a text without a case has no place where one is missing
    assert marked or invalid_case.stem == "S-has-case"


@pytest.mark.parametrize(
    ("name", "rule", "focus", "path"),
    [
        ("R02-n2", "R02", "bond/1", "aa:agentOfChange"),
        ("R12-n5", "R12", "shift/1", "aa:indicatedBy"),
    ],
)
def test_scenarios_break_their_rule_and_no_other(
    validator: Validator, name: str, rule: str, focus: str, path: str
) -> None:
    data = (Path(__file__).parent / "invalid" / f"{name}.ttl").read_bytes()
    [finding] = validator.validate(data, media_type="text/turtle").findings
    assert (finding.rule, str(finding.focus)) == (rule, BASE + focus)
    assert finding.path is not None
    assert show_path(finding.path) == path
    assert finding.claims
    assert finding.passages


def test_every_case_of_the_paper_conforms(validator: Validator) -> None:
    paths = sorted((ontology_dir() / "cases").glob("*.ttl"))
    cases = [path for path in paths if " a aa:Case ;" in path.read_text(encoding="utf-8")]
    assert len(cases) == 10
    for path in cases:
        report = validator.validate(path.read_bytes(), media_type="text/turtle")
        assert [told(finding) for finding in report.findings] == [], path.name


def test_numbers_and_truth_may_be_spelt_otherwise(validate: Callable[..., Report]) -> None:
    """XML Schema has several spellings and kinds of whole number; JSON cannot carry them."""
    report = validate(
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
        '<b> a aa:Case ; rdfs:label "b" ; aa:hasClient <client> ; aa:hasEpisode <episode> ;\n'
        "  aa:hasSession <session> .\n"
        "<client> a aa:Person .\n"
        '<session> a aa:Session ; aa:order "1"^^xsd:positiveInteger ;\n'
        '  aa:sessionNumber "1"^^xsd:int .\n'
        "<episode> a aa:MagicalAlliance ; aa:magicalVariant concept:world-change ;\n"
        '  aa:order "01"^^xsd:integer ; aa:engagesSelfAgency "0"^^xsd:boolean .\n'
    )
    assert [told(finding) for finding in report.findings] == []


# Relations whose far end must be described: one shape for each, all alike.
RELATIONS = {
    "S-agreed-by-value": "aa:agreedBy",
    "S-assumed-alliance-value": "aa:assumedAlliance",
    "S-bond-from-value": "aa:bondFrom",
    "S-bond-to-value": "aa:bondTo",
    "S-case-has-bond": "aa:hasBond",
    "S-case-has-client": "aa:hasClient",
    "S-case-has-episode": "aa:hasEpisode",
    "S-case-has-history-event": "aa:hasHistoryEvent",
    "S-case-has-intervention": "aa:hasIntervention",
    "S-case-has-judgement": "aa:hasJudgement",
    "S-case-has-non-movement": "aa:hasNonMovement",
    "S-case-has-observation": "aa:hasObservation",
    "S-case-has-outcome": "aa:hasOutcome",
    "S-case-has-participant": "aa:hasParticipant",
    "S-case-has-past-problem": "aa:hasHistoryOf",
    "S-case-has-problem": "aa:presentsWith",
    "S-case-has-problem-in-treatment": "aa:showsInTreatment",
    "S-case-has-session": "aa:hasSession",
    "S-case-has-shift": "aa:hasShift",
    "S-case-has-significant-other": "aa:hasSignificantOther",
    "S-case-has-therapist": "aa:hasTherapist",
    "S-case-has-treatment-spell": "aa:hasTreatmentSpell",
    "S-certainty-value": "aa:certainty",
    "S-channel-value": "aa:channel",
    "S-elicits-value": "aa:elicits",
    "S-ends-in-value": "aa:endsIn",
    "S-exhibited-by-value": "aa:exhibitedBy",
    "S-in-episode-value": "aa:inEpisode",
    "S-in-session-value": "aa:inSession",
    "S-indicated-by-value": "aa:indicatedBy",
    "S-involves-person-value": "aa:involvesPerson",
    "S-judged-by-value": "aa:judgedBy",
    "S-modality-value": "aa:modality",
    "S-performed-by-value": "aa:performedBy",
    "S-polarity-value": "aa:polarity",
    "S-presumed-by-value": "aa:presumedBy",
    "S-sought-by-value": "aa:soughtBy",
    "S-starts-in-value": "aa:startsIn",
    "S-status-value": "aa:status",
    "S-toward-value": "aa:toward",
}


@pytest.mark.parametrize(("shape", "relation"), RELATIONS.items())
def test_a_relation_to_nothing_is_found(
    validate: Callable[..., Report], shape: str, relation: str
) -> None:
    subject = "<b>" if relation.startswith(("aa:has", "aa:presents", "aa:shows")) else "<thing>"
    report = validate(
        '<b> a aa:Case ; rdfs:label "b" ; aa:hasClient <client> ; aa:hasEpisode <episode> .\n'
        "<client> a aa:Person .\n"
        "<episode> a aa:MagicalAlliance ; aa:magicalVariant concept:world-change .\n"
        f"{subject} {relation} <nothing> .\n"
    )
    assert [told(finding) for finding in report.findings] == [f"{shape} {subject} {relation}"]
    [finding] = report.findings
    assert str(finding.value) == BASE + "nothing"
    assert finding.line == 9


# The parameters of constraints, with the components that SHACL has for them.
COMPONENTS = {
    SH["class"]: SH.ClassConstraintComponent,
    SH.datatype: SH.DatatypeConstraintComponent,
    SH.disjoint: SH.DisjointConstraintComponent,
    SH["in"]: SH.InConstraintComponent,
    SH.maxCount: SH.MaxCountConstraintComponent,
    SH.minCount: SH.MinCountConstraintComponent,
    SH.minInclusive: SH.MinInclusiveConstraintComponent,
    SH["not"]: SH.NotConstraintComponent,
    SH["or"]: SH.OrConstraintComponent,
    SH.pattern: SH.PatternConstraintComponent,
    SH.qualifiedMinCount: SH.QualifiedMinCountConstraintComponent,
    SH.sparql: SH.SPARQLConstraintComponent,
    SH.xone: SH.XoneConstraintComponent,
}
# What says how a shape is applied, and the parameters that go with another.
NO_CONSTRAINTS = {
    SH.message,
    SH.name,
    SH.path,
    SH.property,
    SH.qualifiedValueShape,
    SH.severity,
    SH.targetClass,
    SH.targetObjectsOf,
    SH.targetSubjectsOf,
}


def test_every_constraint_is_broken_by_something_here(
    validator: Validator, judge: Callable[[Path], Report]
) -> None:
    """Not only every shape: a shape may have several constraints, each of which must be seen."""
    found = {
        (finding.shape.removeprefix(PREFIXES["shape"]), finding.component)
        for path in (Path(__file__).parent / "invalid").glob("*.ttl")
        for finding in judge(path).findings
    }
    # each has a test of its own, above
    found |= {(shape, str(SH.ClassConstraintComponent)) for shape in RELATIONS}
    wanted = set()
    for shape, rule in validator.rules.items():
        if not rule.message:
            continue
        if rule.name in GUARDS:
            wanted.add((rule.name, GUARD_COMPONENT))
        said = {p for p in validator.shapes.predicates(URIRef(shape)) if str(p).startswith(str(SH))}
        assert said - NO_CONSTRAINTS - set(COMPONENTS) == set(), shape
        wanted |= {(rule.name, str(COMPONENTS[p])) for p in said & set(COMPONENTS)}
    assert len(wanted) > 110
    assert wanted - found == set()


def test_every_shape_looks_at_something_in_the_valid_cases(
    validator: Validator, vocabulary: Graph
) -> None:
    """A shape whose target no conforming case has would be tested on its breaches only."""
    together = Graph()
    for path in (Path(__file__).parent / "valid").glob("*.ttl"):
        for triple in read_case(path.read_bytes(), media_type="text/turtle"):
            together.add(triple)
    used = set(together.predicates())
    objects = set(together.objects(None, RDF.type))
    for cls in list(objects):
        objects |= set(vocabulary.transitive_objects(cls, URIRef(PREFIXES["rdfs"] + "subClassOf")))
    shapes = validator.shapes
    targets = {*shapes.objects(None, SH.targetClass)}
    assert targets
    assert targets - objects == set()
    relations = {
        *shapes.objects(None, SH.targetSubjectsOf),
        *shapes.objects(None, SH.targetObjectsOf),
    }
    assert relations
    assert relations - used == set()


def results(report: Graph) -> Counter[tuple[str, ...]]:
    """Count the results of a SHACL report by focus, path, component, value, severity and shape."""

    def seen(node: Node | None) -> str:
        if isinstance(node, URIRef) or node is None:
            return str(node)
        parts = (
            sorted(f"{p} {seen(o)}" for p, o in report.predicate_objects(node))
            if (node, None, None) in report
            else []
        )
        return " ".join(parts) or node.n3()

    properties = (
        SH.focusNode,
        SH.resultPath,
        SH.sourceConstraintComponent,
        SH.value,
        SH.resultSeverity,
        SH.sourceShape,
    )
    return Counter(
        tuple(seen(report.value(result, each)) for each in properties)
        for result in report.subjects(RDF.type, SH.ValidationResult)
    )


def plainly(validator: Validator, case: Graph) -> Counter[tuple[str, ...]]:
    """Validate with nothing but pySHACL: one graph of plain copies, nothing prepared."""
    data = bind_prefixes(Graph())
    for graph in (validator.vocabulary, case):
        for triple in graph:
            data.add(triple)
    shapes = Graph()
    for triple in validator.shapes:
        shapes.add(triple)
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes)
    return results(report)


def prepared(validator: Validator, case: Graph) -> Counter[tuple[str, ...]]:
    _, report, _ = pyshacl.validate(validator.union(case), shacl_graph=validator.shapes)
    return results(report)


@pytest.mark.slow
def test_plain_pyshacl_agrees_on_an_invalid_case(validator: Validator, invalid_case: Path) -> None:
    case = validator.guard(read_case(invalid_case.read_bytes(), media_type="text/turtle")).graph
    assert prepared(validator, case) == plainly(validator, case)


def test_plain_pyshacl_agrees_on_valid_cases(validator: Validator) -> None:
    """All at once: they share names, and so break rules together that each of them keeps."""
    together = Graph(store="SimpleMemory")
    paths = sorted((Path(__file__).parent / "valid").glob("*.ttl"))
    assert paths
    for path in paths:
        for triple in read_case(path.read_bytes(), media_type="text/turtle"):
            together.add(triple)
    counted = prepared(validator, together)
    assert counted
    assert counted == plainly(validator, together)
