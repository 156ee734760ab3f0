"""What a validation finds: findings, the report of them, and the forms in which it is handed on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from rdflib import RDF, SH, BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from kg.errors import AtlasError, InputError
from kg.ingest import STAND_IN_BASE
from kg.loader import bind_prefixes
from kg.namespaces import PREFIXES, compress

__all__ = [
    "REPORT_FORMATS",
    "SEVERITIES",
    "VERDICTS",
    "Finding",
    "Path",
    "Report",
    "path_from",
    "show_node",
    "show_path",
    "unreadable",
    "verdict_of",
]

#: The three verdicts, from best to worst.
VERDICTS = ("conforms", "warnings", "violates")
#: The severities of findings, from worst to mildest, with their SHACL terms.
SEVERITIES: Mapping[str, URIRef] = MappingProxyType(
    {"violation": SH.Violation, "warning": SH.Warning, "info": SH.Info}
)
#: The RDF forms of a report, with the names rdflib has for them.
REPORT_FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "text/turtle": "turtle",
        "application/n-triples": "nt",
        "application/ld+json": "json-ld",
        "application/rdf+xml": "xml",
    }
)

#: A SHACL path: a property, or an operator before its operands.
Path = URIRef | tuple[Any, ...]

_OPERATORS = {
    SH.inversePath: "inverse",
    SH.alternativePath: "alternative",
    SH.zeroOrMorePath: "zero-or-more",
    SH.oneOrMorePath: "one-or-more",
    SH.zeroOrOnePath: "zero-or-one",
}
_MARKS = {"zero-or-more": "*", "one-or-more": "+", "zero-or-one": "?"}


def path_from(graph: Graph, node: Node) -> Path:
    """Read a SHACL path out of a graph."""
    if isinstance(node, URIRef):
        return node
    if (node, RDF.first, None) in graph:
        return ("sequence", *(path_from(graph, part) for part in Collection(graph, node)))
    for term, operator in _OPERATORS.items():
        operand = graph.value(node, term)
        if operand is not None:
            if operator == "alternative":
                return (operator, *(path_from(graph, part) for part in Collection(graph, operand)))
            return (operator, path_from(graph, operand))
    raise ValueError(f"{node} is no SHACL path")


def _write_path(graph: Graph, path: Path) -> Node:
    if isinstance(path, URIRef):
        return path
    operator, *operands = path
    if operator in ("sequence", "alternative"):
        head = BNode()
        Collection(graph, head, [_write_path(graph, operand) for operand in operands])
        if operator == "sequence":
            return head
        operand: Node = head
    else:
        operand = _write_path(graph, operands[0])
    node = BNode()
    term = next(term for term, name in _OPERATORS.items() if name == operator)
    graph.add((node, term, operand))
    return node


def show_path(path: Path) -> str:
    """Write a path as SPARQL would, in short forms."""
    if isinstance(path, URIRef):
        return compress(str(path))
    operator, *operands = path
    shown = [show_path(operand) for operand in operands]
    if operator == "sequence":
        return "/".join(shown)
    if operator == "alternative":
        return f"({'|'.join(shown)})"
    return f"^{shown[0]}" if operator == "inverse" else f"{shown[0]}{_MARKS[operator]}"


def show_node(node: Node) -> str:
    """Write a node for a reader: short, on one line, with nothing unprintable."""
    if isinstance(node, URIRef):
        iri = str(node)
        if iri.startswith(STAND_IN_BASE):
            return f"<{_printable(iri[len(STAND_IN_BASE) :])}>"
        short = compress(iri)
        # a short form with a slash would be no Turtle, and a reader might paste it
        text = f"<{iri}>" if short == iri or "/" in short else short
    elif isinstance(node, BNode):
        text = f"_:{node}"
    else:
        text = node.n3() if len(str(node)) <= 80 else f'"{str(node)[:79]}…"'
    return _printable(text)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


#: What of a finding goes through JSON as it is.
_PLAIN = (
    *("rule", "shape", "severity", "message", "label", "repair", "rationale", "claims", "passages"),
    *("component", "line", "column"),
)


def _pack(node: Node) -> list[str | None]:
    if isinstance(node, Literal):
        return ["literal", str(node), node.language, node.datatype]
    return ["iri" if isinstance(node, URIRef) else "bnode", str(node)]


def _unpack(packed: list[str]) -> Node:
    kind, text, *more = packed
    if kind != "literal":
        return URIRef(text) if kind == "iri" else BNode(text)
    language, datatype = more
    return Literal(
        text, lang=language, datatype=URIRef(datatype) if datatype else None, normalize=False
    )


def _unpack_path(packed: str | list[Any]) -> Path:
    if isinstance(packed, str):
        return URIRef(packed)
    operator, *operands = packed
    return (operator, *(_unpack_path(operand) for operand in operands))


#: Codes of a terminal for severities and verdicts.
_COLOURS = {"violation": 31, "violates": 31, "warning": 33, "warnings": 33, "conforms": 32}


def _coloured(text: str, kind: str) -> str:
    return f"\x1b[1;{_COLOURS.get(kind, 36)}m{text}\x1b[0m"


def verdict_of(severities: Sequence[str]) -> str:
    """Give the verdict for findings of these severities."""
    if "violation" in severities:
        return "violates"
    return "warnings" if "warning" in severities else "conforms"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a case breaks one rule.

    :param rule: the rule's name, such as ``R12``.
    :param shape: the IRI of the shape, which is the rule or a part of it.
    :param severity: one of :data:`SEVERITIES`.
    :param focus: the thing that is not as it should be.
    :param message: what to do, as one plain sentence.
    :param label: the label of the thing, where it has one.
    :param path: the property, or path, that leads to what is wrong.
    :param value: what is wrong, where it is something that stands there.
    :param repair: a statement of the kind that would mend it.
    :param rationale: why the rule is.
    :param claims: IRIs of the claims that the rule rests on.
    :param passages: IRIs of the passages that the rule rests on.
    :param component: the IRI of the SHACL constraint component.
    :param line: where it stands in the text, counted from one.
    :param column: where in the line, counted from one.
    """

    rule: str
    shape: str
    severity: str
    focus: Node
    message: str
    label: str | None = None
    path: Path | None = None
    value: Node | None = None
    repair: str | None = None
    rationale: str | None = None
    claims: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()
    component: str | None = None
    line: int | None = None
    column: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the finding as plain data for JSON."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
            "shape": self.shape,
            "focus": str(self.focus) if isinstance(self.focus, URIRef) else show_node(self.focus),
            "label": self.label,
            "path": None if self.path is None else show_path(self.path),
            "value": None if self.value is None else show_node(self.value),
            "repair": self.repair,
            "rationale": self.rationale,
            "claims": list(self.claims),
            "passages": list(self.passages),
            "line": self.line,
            "column": self.column,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a validation.

    :param findings: worst first, then by place in the text.
    :param checked: how many things of each class were looked at.
    :param source: the file or other name by which the sender knows the case.
    :param strict: whether warnings of hedged rules were raised to violations.
    :param omitted: how many further findings are left out because there are too many.
    """

    findings: tuple[Finding, ...]
    checked: Mapping[str, int] = field(default_factory=dict)
    source: str | None = None
    strict: bool = False
    omitted: int = 0

    @property
    def verdict(self) -> str:
        """One of :data:`VERDICTS`."""
        return verdict_of([finding.severity for finding in self.findings])

    @property
    def conforms(self) -> bool:
        """Whether nothing is violated; warnings may remain."""
        return self.verdict != "violates"

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain data for JSON."""
        return {
            "verdict": self.verdict,
            "conforms": self.conforms,
            "strict": self.strict,
            "source": self.source,
            "checked": dict(self.checked),
            "omitted": self.omitted,
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def pack(self) -> bytes:
        """Give the report so that another process can make it again, see :meth:`unpack`."""
        kept = {name: getattr(self, name) for name in ("source", "strict", "omitted")}
        findings = [
            {
                **{name: getattr(finding, name) for name in _PLAIN},
                "focus": _pack(finding.focus),
                "value": None if finding.value is None else _pack(finding.value),
                "path": finding.path,
            }
            for finding in self.findings
        ]
        body = {**kept, "checked": dict(self.checked), "findings": findings}
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")

    @classmethod
    def unpack(cls, packed: bytes) -> Report:
        """Make a report again from what :meth:`pack` gave."""
        body = json.loads(packed)
        findings = tuple(
            Finding(
                **{
                    **finding,
                    "claims": tuple(finding["claims"]),
                    "passages": tuple(finding["passages"]),
                    "focus": _unpack(finding["focus"]),
                    "value": None if finding["value"] is None else _unpack(finding["value"]),
                    "path": None if finding["path"] is None else _unpack_path(finding["path"]),
                }
            )
            for finding in body["findings"]
        )
        return cls(**{**body, "findings": findings})

    def to_json(self) -> str:
        """Give the report as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2) + "\n"

    def to_text(self, *, colours: bool = False) -> str:
        """Give the report for a reader; every finding starts with a place that editors can link.

        :param colours: mark severities and the verdict by colour too, for a terminal.
        """
        name = self.source or "case"
        blocks = [self._finding_as_text(finding, name, colours) for finding in self.findings]
        count = {
            severity: sum(finding.severity == severity for finding in self.findings)
            for severity in SEVERITIES
        }
        told = [
            f"{number} {severity}{'' if number == 1 else 's'}"
            for severity, number in count.items()
            if number
        ]
        if self.omitted:
            told.append(f"{self.omitted} more findings left out")
        seen = ", ".join(
            f"{number} {what.removesuffix('s') if number == 1 else what}"
            for what, number in self.checked.items()
        )
        verdict = "conforms with warnings" if self.verdict == "warnings" else self.verdict
        shown = _coloured(verdict, self.verdict) if colours else verdict
        summary = f"{name}: {shown}" + (f": {', '.join(told)}" if told else "")
        blocks.append(f"{summary}\n  looked at {seen or 'nothing'}")
        return "\n".join(blocks) + "\n"

    @staticmethod
    def _finding_as_text(finding: Finding, name: str, colours: bool) -> str:
        place = [str(part) for part in (name, finding.line, finding.column) if part is not None]
        severity = finding.severity
        shown = _coloured(severity, severity) if colours else severity
        lines = [f"{':'.join(place)}: {shown} {finding.rule}: {finding.message}"]
        at = show_node(finding.focus)
        if finding.label:
            at += f" ({_printable(finding.label)})"
        if finding.path is not None:
            at += f", {show_path(finding.path)}"
        if finding.value is not None:
            at += f": {show_node(finding.value)}"
        lines.append(f"  at {at}")
        if finding.repair:
            lines.append(f"  for example: {finding.repair}")
        if finding.rationale:
            lines.append(f"  why: {finding.rationale}")
        rests_on = [compress(iri) for iri in (*finding.claims, *finding.passages)]
        if rests_on:
            lines.append(f"  rests on {', '.join(rests_on)}")
        return "\n".join(lines)

    def graph(self) -> Graph:
        """Give the report in the vocabulary of SHACL."""
        graph = bind_prefixes(Graph())
        report = BNode()
        graph.add((report, RDF.type, SH.ValidationReport))
        # SHACL knows two verdicts: any result, a warning too, is non-conformance
        graph.add((report, SH.conforms, Literal(not self.findings)))
        for finding in self.findings:
            result = BNode()
            graph.add((report, SH.result, result))
            graph.add((result, RDF.type, SH.ValidationResult))
            graph.add((result, SH.resultSeverity, SEVERITIES[finding.severity]))
            graph.add((result, SH.focusNode, finding.focus))
            graph.add((result, SH.resultMessage, Literal(finding.message, lang="en")))
            graph.add((result, SH.sourceShape, URIRef(finding.shape)))
            if finding.component is not None:
                graph.add((result, SH.sourceConstraintComponent, URIRef(finding.component)))
            if finding.path is not None:
                graph.add((result, SH.resultPath, _write_path(graph, finding.path)))
            if finding.value is not None:
                graph.add((result, SH.value, finding.value))
        return graph

    def to_graph(self, media_type: str = "text/turtle") -> bytes:
        """Give the report in the vocabulary of SHACL, as one of :data:`REPORT_FORMATS`.

        :raises InputError: if the media type is none of :data:`REPORT_FORMATS`.
        """
        if media_type not in REPORT_FORMATS:
            raise InputError(
                f"a report is not written as '{media_type}'; right is one of "
                f"{', '.join(REPORT_FORMATS)}"
            )
        return self.graph().serialize(format=REPORT_FORMATS[media_type], encoding="utf-8")


def unreadable(error: AtlasError, source: str) -> Report:
    """Give the report of a text among others that cannot be read, or was stopped at a limit."""
    finding = Finding(
        rule="S-readable",
        shape=PREFIXES["shape"] + "S-readable",
        severity="violation",
        focus=URIRef(STAND_IN_BASE),
        message=error.message if isinstance(error, InputError) else str(error),
        line=error.line if isinstance(error, InputError) else None,
        column=error.column if isinstance(error, InputError) else None,
    )
    return Report(findings=(finding,), source=source)
