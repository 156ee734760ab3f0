"""Validation of annotated cases.

Three steps. The text is read by :mod:`kg.ingest`. The vocabulary guard looks for what shapes cannot
see: a text without a case, terms that the atlas does not have, attempts to alter the vocabulary by
which the case is judged. Then the shapes are applied to the case together with the vocabulary.
Places in the text are looked up only where there is something to point at.

pySHACL is the engine. Its ``ont_graph`` is not used: it leaves out the atlas's concepts, upon which
valid cases fail and invalid ones pass. The case is laid over the vocabulary instead, and neither is
copied.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyshacl
from pyshacl.errors import ValidationFailure
from pyshacl.graph_abstraction import DataGraph
from rdflib import DCTERMS, OWL, RDF, RDFS, SH, SKOS, BNode, Graph, Literal, URIRef
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Result
from rdflib.store import Store
from rdflib.term import Node

from kg.errors import InputError, StoreError, TooLargeError
from kg.identifiers import find_identifiers, read_patterns
from kg.ingest import STAND_IN_BASE, Places, locate, own_context, read_case
from kg.loader import load_modules, merge
from kg.namespaces import PREFIXES
from kg.report import SEVERITIES, Finding, Report, path_from, show_node
from kg.report import Path as SHACLPath
from kg.resources import release_dir, shapes_dir

__all__ = [
    "GUARD_COMPONENT",
    "MAX_FINDINGS",
    "MAX_SECONDS",
    "Rule",
    "Validator",
    "default_validator",
    "load_shapes",
    "prepare_validation",
    "validate_case",
]

#: The most findings that a report lists; it tells how many it leaves out.
MAX_FINDINGS = 500
#: How many seconds of a processor the shapes may take: so many, for each triple more, and so
#: many at most. It is twenty times what the cases of the paper take. Some rules compare things in
#: pairs, and a finding costs more than a triple.
SECONDS, SECONDS_PER_TRIPLE, MAX_SECONDS = 5.0, 0.001, 20.0
#: What stands for the constraint component in findings of the vocabulary guard.
GUARD_COMPONENT = PREFIXES["shape"] + "VocabularyGuard"

_AA = PREFIXES["aa"]
_EVIDENCE = URIRef(_AA + "evidence")
_HEDGE = URIRef(_AA + "hedge")
_CASE = URIRef(_AA + "Case")

#: What reports count, by the word they use for it.
_COUNTED: Mapping[str, URIRef] = MappingProxyType(
    {
        "cases": _CASE,
        "persons": URIRef(_AA + "Person"),
        "sessions": URIRef(_AA + "Session"),
        "episodes": URIRef(_AA + "Alliance"),
        "observations": URIRef(_AA + "Observation"),
        "shifts": URIRef(_AA + "Shift"),
    }
)

#: Namespaces whose every name must be one that the vocabulary has.
_KNOWN = tuple(PREFIXES[prefix] for prefix in ("aa", "concept", "signal"))
#: Namespaces whose names a case may use and not describe.
_OURS = tuple(
    PREFIXES[prefix] for prefix in ("aa", "concept", "signal", "shape", "question", "source")
)
_SCHEMA_PREDICATES = frozenset(
    {
        OWL.imports,
        OWL.equivalentClass,
        OWL.equivalentProperty,
        OWL.inverseOf,
        OWL.disjointWith,
        OWL.unionOf,
        OWL.intersectionOf,
        OWL.onProperty,
        RDFS.subClassOf,
        RDFS.subPropertyOf,
        RDFS.domain,
        RDFS.range,
    }
)
_SCHEMA_TYPES = frozenset(
    {
        OWL.Class,
        OWL.Restriction,
        OWL.ObjectProperty,
        OWL.DatatypeProperty,
        OWL.AnnotationProperty,
        RDFS.Class,
        RDF.Property,
        SKOS.Concept,
    }
)
_SEVERITY_NAMES: dict[Node | None, str] = {term: name for name, term in SEVERITIES.items()}
#: Up to how many unknown terms get a guess at what was meant; guessing is the slow part.
_MOST_GUESSES = 20
#: From which likeness on a guess is shown, and from which it is taken for what was meant.
_ALIKE, _MEANT = 0.6, 0.8

_Triple = tuple[Node, Node, Node]

#: Cases with mistakes of several sorts, to be ready for others.
_REHEARSAL: Mapping[str, str] = MappingProxyType(
    {
        "text/turtle": f"""@prefix aa: <{_AA}> . @prefix rdfs: <{RDFS}> .
            <a> a aa:Case ; rdfs:label "a", "b"@en ; aa:hasClient <c>, <d> ;
              aa:hasEpisode [ a aa:WorkingAlliance ; aa:order 1, 2.5, 1e0, true ], <e> ;
              aa:hasShift [ a aa:Shift ; aa:order 1 ] ; aa:hasObservation [ a aa:Observation ] .
            <c> a aa:Persn . <e> a aa:MagicalAlliance ; aa:startsIn <s> ; aa:endsIn <s> .
            <s> a aa:Session ; aa:order 1 ; aa:sessionNumber "one" .""",
        "application/ld+json": f'{{"@id": "a:b", "@type": "{_AA}Case"}}',
        "application/rdf+xml": f"""<rdf:RDF xmlns:rdf="{RDF}" xmlns:aa="{_AA}">
            <aa:Case rdf:about="a:b"/></rdf:RDF>""",
    }
)


def validate_case(
    data: bytes, *, media_type: str, source: str | None = None, strict: bool = False
) -> Report:
    """Validate an annotated case against the vocabulary and the shapes of this release.

    :param data: the text as it came.
    :param media_type: one of :data:`kg.ingest.MEDIA_TYPES`.
    :param source: the file or other name by which the sender knows it.
    :param strict: raise warnings of rules that the theory hedges to violations.
    :raises InputError: if the text cannot be read.
    :raises StoreError: if there is no release.
    """
    return default_validator().validate(data, media_type=media_type, source=source, strict=strict)


@functools.cache
def default_validator() -> Validator:
    """Give the validator of this release, made at the first call.

    :raises StoreError: if there is no release.
    """
    path = release_dir() / "vocabulary.nt"
    if not path.is_file():
        raise StoreError(f"there is no release at {path.parent}; run 'alliance build' first")
    vocabulary = Graph(store="SimpleMemory")
    vocabulary.parse(data=path.read_bytes(), format="nt")
    return Validator(vocabulary, load_shapes(shapes_dir()))


def prepare_validation() -> Validator:
    """Give the validator of this release, with everything loaded that some case will need.

    What it gives needs no file any more, nor any module that is not there yet.

    :raises StoreError: if there is no release.
    """
    validator = default_validator()
    with contextlib.suppress(InputError):
        own_context()
    for media_type, text in _REHEARSAL.items():
        validator.validate(text.encode(), media_type=media_type)
    return validator


def load_shapes(folder: Path) -> Graph:
    """Read all shapes of a folder into one graph.

    :raises InputError: if one of its files is no Turtle, or there is none.
    """
    shapes = Graph(store="SimpleMemory")
    for triple in merge(module.graph for module in load_modules(folder)):
        shapes.add(triple)
    return shapes


@dataclass(frozen=True, slots=True)
class Rule:
    """What a named shape tells a reader.

    :param name: its local name, such as ``R11-from``.
    :param rule: the rule that it is or belongs to, such as ``R11``.
    :param title: its name in words.
    :param message: what to do where it is broken.
    :param severity: the severity of its findings.
    :param rationale: why it is.
    :param repair: a statement of the kind that mends a breach.
    :param hedged: whether the theory limits it.
    :param claims: IRIs of the claims that it rests on.
    :param passages: IRIs of the passages that it rests on.
    """

    name: str
    rule: str
    title: str
    message: str
    severity: str
    rationale: str | None
    repair: str | None
    hedged: bool
    claims: tuple[str, ...]
    passages: tuple[str, ...]


def _rules(shapes: Graph) -> dict[str, Rule]:
    """Read the rules out of the shapes; what a part leaves unsaid, the rule says for it."""

    def texts(nodes: tuple[Node, ...], predicate: URIRef) -> list[str]:
        for node in nodes:
            found = sorted(str(value) for value in shapes.objects(node, predicate))
            if found:
                return found
        return []

    rules = {}
    kinds = (SH.NodeShape, SH.PropertyShape)
    for shape in {shape for kind in kinds for shape in shapes.subjects(RDF.type, kind)}:
        if not isinstance(shape, URIRef):
            continue
        whole = shapes.value(shape, DCTERMS.isPartOf)
        said = (shape,) if whole is None else (shape, whole)
        name = str(shape).removeprefix(PREFIXES["shape"])
        title, message, rationale, repair = (
            (texts(said, predicate) or [""])[0]
            for predicate in (SH.name, SH.message, RDFS.comment, SKOS.example)
        )
        severity = shapes.value(shape, SH.severity)
        rules[str(shape)] = Rule(
            name=name,
            rule=str(whole or shape).removeprefix(PREFIXES["shape"]),
            title=title,
            message=message,
            severity=_SEVERITY_NAMES.get(severity, "violation"),
            rationale=rationale or None,
            repair=repair or None,
            hedged=bool(texts(said, _HEDGE)),
            claims=tuple(texts(said, RDFS.seeAlso)),
            passages=tuple(texts(said, _EVIDENCE)),
        )
    return rules


class _Remembered(Graph):
    """A graph that no longer changes and remembers what it was asked.

    pySHACL looks the same thousands of things up in the shapes for each case.
    """

    def __init__(self, triples: Iterable[_Triple]) -> None:
        super().__init__(store="SimpleMemory", bind_namespaces="none")
        for triple in triples:
            super().add(triple)
        self._known: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def add(self, triple: Any) -> _Remembered:
        """Add a triple, and forget what was known without it."""
        if triple not in self:
            super().add(triple)
            self._known.clear()
        return self

    def objects(
        self, subject: Any = None, predicate: Any = None, unique: bool = False
    ) -> Generator[Any, None, None]:
        key = ("objects", subject, predicate, unique)
        known = self._known.get(key)
        if known is None:
            known = self._keep(key, super().objects(subject, predicate, unique))
        yield from known

    def subjects(
        self, predicate: Any = None, object: Any = None, unique: bool = False
    ) -> Generator[Any, None, None]:
        key = ("subjects", predicate, object, unique)
        known = self._known.get(key)
        if known is None:
            known = self._keep(key, super().subjects(predicate, object, unique))
        yield from known

    def predicate_objects(
        self, subject: Any = None, unique: bool = False
    ) -> Generator[Any, None, None]:
        key = ("predicates", subject, unique)
        known = self._known.get(key)
        if known is None:
            known = self._keep(key, super().predicate_objects(subject, unique))
        yield from known

    def _keep(self, key: tuple[Any, ...], found: Iterable[Any]) -> tuple[Any, ...]:
        known = self._known[key] = tuple(found)
        return known


class _Vocabulary:
    """The vocabulary as one layer: what it does not speak of is known without looking."""

    def __init__(self, graph: Graph) -> None:
        self.triples = set(graph)
        self._subjects = {subject for subject, _, _ in self.triples}
        self._objects = {value for _, _, value in self.triples}
        self._graph = graph
        self._known: dict[Any, tuple[Any, ...]] = {}

    def look_up(self, pattern: Any) -> tuple[Any, ...]:
        subject, _, value = pattern
        if subject is not None and subject not in self._subjects:
            return ()
        if value is not None and value not in self._objects:
            return ()
        known = self._known.get(pattern)
        if known is None:
            known = tuple(self._graph.store.triples(pattern))
            if known:
                # kept only where there is something, so that cases cannot fill the memory
                self._known[pattern] = known
        return known


class _Layers(Store):
    """The vocabulary with a case over it, as one store to read from. They share no triple."""

    # asked for by the dataset that pySHACL wraps every graph in; here is one graph for any context
    context_aware = True
    graph_aware = True

    def __init__(self, below: _Vocabulary, above: Graph) -> None:
        super().__init__()
        self._below = below
        self._above = above.store
        # counted beforehand: pySHACL asks a graph whether it is empty for every result
        self._size = len(below.triples) + len(above)
        allowed = min(SECONDS + SECONDS_PER_TRIPLE * len(above), MAX_SECONDS)
        self._until = time.thread_time() + allowed

    def triples(self, triple_pattern: Any, context: Any = None) -> Iterator[Any]:
        if time.thread_time() > self._until:
            raise TooLargeError(
                "checking it takes too long: too much is compared, or too much is amiss; "
                "send one case at a time"
            )
        yield from self._below.look_up(triple_pattern)
        yield from self._above.triples(triple_pattern)

    def __len__(self, context: Any = None) -> int:
        return self._size

    def namespaces(self) -> Iterator[tuple[str, URIRef]]:
        return iter(())

    def bind(self, prefix: str, namespace: URIRef, override: bool = True) -> None:
        """Keep no prefixes: nothing is written from here."""


class _PreparedGraph(Graph):
    """A graph that parses each query once. pySHACL asks the same few for every node, as text."""

    def __init__(self, store: Store, prepared: dict[str, Query]) -> None:
        super().__init__(store, bind_namespaces="none")
        self._prepared = prepared

    def query(
        self,
        query_object: Any,
        processor: Any = "sparql",
        result: Any = "sparql",
        initNs: Any = None,  # noqa: N803
        initBindings: Any = None,  # noqa: N803
        use_store_provided: bool = True,
        **kwargs: Any,
    ) -> Result:
        if isinstance(query_object, str):
            prepared = self._prepared.get(query_object)
            if prepared is None:
                prepared = self._prepared[query_object] = prepareQuery(query_object)
            query_object = prepared
        return super().query(
            query_object, processor, result, None, initBindings, use_store_provided, **kwargs
        )


class _Prepared(threading.local):
    """The prepared queries of one thread: rdflib keeps an evaluation's state in the query."""

    def __init__(self) -> None:
        self.queries: dict[str, Query] = {}


@dataclass(slots=True)
class _Guarded:
    """What the vocabulary guard makes of a case.

    :param graph: the case without what it took out, and with the terms that were plainly meant.
    :param findings: what it took out or put right.
    :param doubtful: things of which the shapes would say once more what it has reported.
    """

    graph: Graph
    findings: list[Finding]
    doubtful: set[Node]


class Validator:
    """Validates cases against one vocabulary and one set of shapes. May be shared between threads.

    :param vocabulary: schema, concepts and signal types, with the closure of ``rdfs:subClassOf``.
    :param shapes: the shapes graph.
    """

    def __init__(self, vocabulary: Graph, shapes: Graph) -> None:
        self.vocabulary = vocabulary
        self.shapes: Graph = _Remembered(shapes)
        self.rules: Mapping[str, Rule] = MappingProxyType(_rules(shapes))
        self._layer = _Vocabulary(vocabulary)
        self._patterns = read_patterns(shapes)
        self._prepared = _Prepared()
        self._terms = {
            str(subject)
            for subject in set(vocabulary.subjects())
            if isinstance(subject, URIRef) and str(subject).startswith(_KNOWN)
        }
        inverses = {
            (one, other)
            for one, other in vocabulary.subject_objects(OWL.inverseOf)
            if str(one).startswith(_AA)
        }
        self._inverses = dict(inverses | {(other, one) for one, other in inverses})
        self._concept_types = _SCHEMA_TYPES | set(
            vocabulary.transitive_subjects(RDFS.subClassOf, SKOS.Concept)
        )
        # pySHACL sets itself up at its first use; two threads must not do that at once
        pyshacl.validate(Graph(), shacl_graph=self.shapes)
        self._loaded = pyshacl.ShapesGraph(self.shapes)
        self.apply(Graph(store="SimpleMemory"))

    def validate(
        self, data: bytes, *, media_type: str, source: str | None = None, strict: bool = False
    ) -> Report:
        """Validate a case as it came; parameters and errors as in :func:`validate_case`."""
        case = read_case(data, media_type=media_type, source=source)
        report = self.validate_graph(case, source=source, strict=strict)
        if report.findings:
            places = locate(data, media_type=media_type, graph=case)
            report = replace(report, findings=_placed(report.findings, places))
        return report

    def validate_graph(
        self, case: Graph, *, source: str | None = None, strict: bool = False
    ) -> Report:
        """Validate a case that has been read already; there are then no places in a text.

        :raises TooLargeError: if the shapes take too long.
        """
        guarded = self.guard(case)
        findings = guarded.findings
        instances = {what: self._instances(guarded.graph, cls) for what, cls in _COUNTED.items()}
        if not instances["cases"]:
            findings.append(self._finding("S-has-case", URIRef(STAND_IN_BASE)))
        else:
            # two components of one shape may object to the same value: it is one thing to mend
            found = {
                (finding.shape, finding.focus, finding.path, finding.value): finding
                for finding in self._shacl_findings(guarded.graph)
                if finding.focus not in guarded.doubtful and finding.value not in guarded.doubtful
            }
            findings += found.values()
            findings += self._identifying(guarded.graph)
        if strict:
            findings = [
                replace(finding, severity="violation")
                if finding.severity == "warning" and self.rules[finding.shape].hedged
                else finding
                for finding in findings
            ]
        findings = sorted(
            (self._labelled(finding, guarded.graph) for finding in findings), key=_order
        )
        return Report(
            findings=tuple(findings[:MAX_FINDINGS]),
            checked={what: len(things) for what, things in instances.items()},
            source=source,
            strict=strict,
            omitted=max(0, len(findings) - MAX_FINDINGS),
        )

    def union(self, case: Graph) -> Graph:
        """Lay a case over the vocabulary: the graph that the shapes are applied to."""
        layers = _Layers(self._layer, case)
        return _PreparedGraph(layers, self._prepared.queries)

    def guard(self, case: Graph) -> _Guarded:
        """Look for what shapes cannot see, and leave the shapes a case that they can judge."""
        return _Guard(self, case).look()

    def _instances(self, case: Graph, cls: URIRef) -> set[Node]:
        classes = self.vocabulary.transitive_subjects(RDFS.subClassOf, cls)
        return {node for each in classes for node in case.subjects(RDF.type, each)}

    def apply(self, case: Graph) -> Graph:
        """Apply the shapes to a case over the vocabulary, without the guard; gives SHACL's report.

        Nameless things of the case have names in it; see :func:`_named`.

        :raises TooLargeError: if it takes too long.
        :raises StoreError: if the shapes cannot be applied.
        """
        union = DataGraph.from_rdflib(self.union(_named(case)))
        engine = pyshacl.Validator(union, shacl_graph=self.shapes)
        # with what it has read out of the shapes before, which it would else do for each case
        engine.shacl_graph = self._loaded
        try:
            _, report, _ = engine.run()  # type: ignore[no-untyped-call]
        except ValidationFailure as error:
            raise StoreError(f"the shapes cannot be applied: {error}") from None
        found: Graph = report
        return found

    def _shacl_findings(self, case: Graph) -> Iterator[Finding]:
        report = self.apply(case)
        for result in report.objects(None, SH.result):
            shape = str(report.value(result, SH.sourceShape))
            focus = _unnamed(report.value(result, SH.focusNode))
            value = report.value(result, SH.value)
            path = report.value(result, SH.resultPath)
            finding = self._finding(
                shape.removeprefix(PREFIXES["shape"]),
                focus,
                value=None if value is None else _unnamed(value),
                component=str(report.value(result, SH.sourceConstraintComponent)),
            )
            yield replace(finding, path=None if path is None else path_from(report, path))

    def _identifying(self, case: Graph) -> Iterator[Finding]:
        component = str(SH.NotConstraintComponent)
        for shape, (focus, path, value) in find_identifiers(case, self._patterns):
            finding = self._finding(shape, focus, value=value, component=component)
            yield replace(finding, path=URIRef(str(path)))

    def _finding(
        self,
        shape: str,
        focus: Node,
        *,
        value: Node | None = None,
        component: str = GUARD_COMPONENT,
        **words: str,
    ) -> Finding:
        """Make a finding of what a shape says; words fill the gaps of the guard's messages."""
        rule = self.rules[PREFIXES["shape"] + shape]
        message = rule.message
        for gap, word in words.items():
            message = message.replace(f"{{{gap}}}", word)
        return Finding(
            rule=rule.rule,
            shape=PREFIXES["shape"] + shape,
            severity=rule.severity,
            focus=focus,
            message=message,
            value=None if value == focus else value,
            repair=rule.repair,
            rationale=rule.rationale,
            claims=rule.claims,
            passages=rule.passages,
            component=component,
        )

    @staticmethod
    def _labelled(finding: Finding, case: Graph) -> Finding:
        labels = sorted(str(label) for label in case.objects(finding.focus, RDFS.label))
        return replace(finding, label=labels[0]) if labels else finding


class _Guard:
    """One look of the vocabulary guard at one case."""

    def __init__(self, validator: Validator, case: Graph) -> None:
        self.validator = validator
        self.case = case
        self.kept = Graph(store="SimpleMemory")
        self.findings: dict[tuple[str, Node], Finding] = {}
        self.doubtful: set[Node] = set()
        self.guesses: dict[URIRef, tuple[str | None, float]] = {}

    def look(self) -> _Guarded:
        for triple in self.case:
            if triple in self.validator.vocabulary:
                continue
            kept = self.known_terms(triple) if self.allowed(triple) else None
            if kept is not None and kept not in self.validator.vocabulary:
                self.kept.add(kept)
                self.say_inversely(kept)
        return _Guarded(self.kept, list(self.findings.values()), self.doubtful)

    def allowed(self, triple: _Triple) -> bool:
        """Tell whether a case may say this at all, and note it if not."""
        subject, predicate, value = triple
        if isinstance(subject, URIRef) and str(subject).startswith(_OURS):
            self.note("S-own-terms", subject, subject, term=show_node(subject))
            return False
        if predicate in _SCHEMA_PREDICATES:
            self.note("S-no-schema", predicate, subject, term=show_node(predicate))
            return False
        if predicate == RDF.type and value in self.validator._concept_types:
            self.note("S-no-schema", value, subject, term=show_node(value))
            return False
        return True

    def say_inversely(self, triple: _Triple) -> None:
        """Say a relation from its other end too: the shapes ask from one end only."""
        subject, predicate, value = triple
        inverse = self.validator._inverses.get(predicate)
        ours = isinstance(value, Literal) or str(value).startswith(_OURS)
        if inverse is not None and not ours:
            self.kept.add((value, inverse, subject))

    def known_terms(self, triple: _Triple) -> _Triple | None:
        """Put terms that were plainly meant in place of unknown ones, and note both."""
        subject, predicate, value = triple
        kept = True
        for term in (predicate, value):
            if (
                not isinstance(term, URIRef)
                or not str(term).startswith(_KNOWN)
                or str(term) in self.validator._terms
            ):
                continue
            meant = self.guess(term, subject)
            if meant is not None:
                predicate = meant if term == predicate else predicate
                value = meant if term == value else value
            elif term == predicate:
                kept = False
            else:
                # whatever a shape says of it now repeats what is noted here
                self.doubtful.add(subject if predicate == RDF.type else term)
        return (subject, predicate, value) if kept else None

    def guess(self, term: URIRef, subject: Node) -> Node | None:
        """Note an unknown term, and give the known one that was plainly meant, if there is one."""
        if term not in self.guesses:
            few = len(self.guesses) < _MOST_GUESSES
            terms = self.validator._terms
            self.guesses[term] = _nearest(str(term), terms) if few else (None, 0.0)
        nearest, likeness = self.guesses[term]
        self.note(
            "S-known-terms",
            term,
            subject,
            term=show_node(term),
            nearest=f"; the nearest is {show_node(URIRef(nearest))}" if nearest else "",
        )
        return URIRef(nearest) if nearest and likeness >= _MEANT else None

    def note(self, shape: str, about: Node, focus: Node, **words: str) -> None:
        """Note something once for each term, at the first thing that it is found with."""
        finding = self.validator._finding(shape, focus, value=about, **words)
        known = self.findings.get((shape, about))
        # a graph has no order; the least name makes the same case give the same finding every time
        if known is None or _order(finding) < _order(known):
            self.findings[shape, about] = finding


def _nearest(iri: str, terms: set[str]) -> tuple[str | None, float]:
    """Give the known term that is most like an unknown one, and how alike the two are."""
    space = next(space for space in _KNOWN if iri.startswith(space))
    local = iri.removeprefix(space)
    elsewhere = sorted(other + local for other in _KNOWN if other + local in terms)
    if elsewhere:
        return elsewhere[0], 1.0
    names = sorted(term.removeprefix(space) for term in terms if term.startswith(space))
    close = difflib.get_close_matches(local, names, n=1, cutoff=_ALIKE)
    if not close:
        return None, 0.0
    return space + close[0], difflib.SequenceMatcher(None, close[0], local).ratio()


_NAMELESS = "urn:case:nameless:"


def _named(case: Graph) -> Graph:
    """Give blank nodes names for the time of the validation.

    pySHACL copies whatever hangs on a blank node into its report, by recursion; a chain of some
    hundred of them would exhaust the stack.
    """
    named = Graph(store="SimpleMemory")

    def name(node: Node) -> Node:
        return URIRef(_NAMELESS + str(node)) if isinstance(node, BNode) else node

    for subject, predicate, value in case:
        named.add((name(subject), predicate, name(value)))
    return named


def _unnamed(node: Node | None) -> Node:
    if isinstance(node, URIRef) and node.startswith(_NAMELESS):
        return BNode(node.removeprefix(_NAMELESS))
    if node is None:
        raise StoreError("a validation result names nothing")
    return node


def _order(finding: Finding) -> tuple[Any, ...]:
    """Sort findings by severity, place in the text, rule and thing."""
    return (
        list(SEVERITIES).index(finding.severity),
        finding.line is None,
        finding.line or 0,
        finding.column or 0,
        finding.rule,
        isinstance(finding.focus, BNode),
        str(finding.focus),
        finding.shape,
        "" if finding.value is None else str(finding.value),
    )


def _placed(findings: tuple[Finding, ...], places: Places) -> tuple[Finding, ...]:
    """Give findings their places in the text, and sort them anew."""
    placed = []
    for finding in findings:
        if finding.component == GUARD_COMPONENT and finding.value is not None:
            place = places.of_term(finding.value, finding.focus)
        else:
            place = places.of(finding.focus, _properties(finding.path), finding.value)
        if place is not None:
            finding = replace(finding, line=place[0], column=place[1])
        placed.append(finding)
    return tuple(sorted(placed, key=_order))


def _properties(path: SHACLPath | None) -> tuple[URIRef, ...]:
    """List the properties by any of which a path may be gone in one step."""
    if isinstance(path, URIRef):
        return (path,)
    if path is not None and path[0] == "alternative":
        return tuple(operand for operand in path[1:] if isinstance(operand, URIRef))
    return ()
