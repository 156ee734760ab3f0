"""What must hold of the modules before they become a release.

Each check is a function from the merged material to problems; a problem names the thing and says
what to do. The checks are those that no outside tool makes: that nothing dangles, that every theory
triple stands on a claim, that claims are whole, that fingerprints fit, that texts are in order.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rdflib import OWL, RDF, RDFS, XSD, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, SH, SKOS, Namespace
from rdflib.term import Node

from kg.errors import InputError
from kg.loader import Module, merge
from kg.namespaces import BASE, PREFIXES, compress
from kg.passages import fingerprint, parse_span, section_of

__all__ = ["CHECKS", "Material", "Problem", "check", "gather"]

AA = PREFIXES["aa"]
CONCEPT = PREFIXES["concept"]
SSSOM = Namespace(PREFIXES["sssom"])
PROV_ATTRIBUTED = URIRef(PREFIXES["prov"] + "wasAttributedTo")


def aa(name: str) -> URIRef:
    """Give the IRI of one of our classes or properties."""
    return URIRef(AA + name)


def concept(name: str) -> URIRef:
    """Give the IRI of a concept."""
    return URIRef(CONCEPT + name)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something that keeps the modules from becoming a release.

    :param check: the check that found it.
    :param subject: what it is about, in short form.
    :param message: what is wrong, and what would be right.
    :param path: the module in which the subject stands, if it is known.
    """

    check: str
    subject: str
    message: str
    path: str = ""

    def __str__(self) -> str:
        """Give the problem as one line."""
        place = f"{self.path}: " if self.path else ""
        return f"{place}{self.subject}: {self.message} [{self.check}]"


@dataclass(frozen=True, slots=True)
class Material:
    """The modules, what they say together, and where each thing is described.

    :param homes: for each described IRI the modules that give its type.
    :param paper: the lines of the paper, if a copy is at hand.
    """

    modules: tuple[Module, ...]
    graph: Graph
    homes: dict[Node, tuple[Module, ...]]
    paper: Sequence[str] | None = None

    def of_type(self, name: str) -> list[URIRef]:
        """List what is directly typed by one of our classes, in order."""
        return sorted(s for s in self.graph.subjects(RDF.type, aa(name)) if isinstance(s, URIRef))

    def in_layer(self, layer: str) -> Iterator[Module]:
        """Give the modules of one folder."""
        return (module for module in self.modules if module.layer == layer)


def gather(modules: Iterable[Module], *, paper: Sequence[str] | None = None) -> Material:
    """Put modules together for checking."""
    listed = tuple(modules)
    homes: dict[Node, list[Module]] = defaultdict(list)
    for module in listed:
        for subject in set(module.graph.subjects(RDF.type, None)):
            homes[subject].append(module)
    graph = merge(module.graph for module in listed)
    return Material(listed, graph, {k: tuple(v) for k, v in homes.items()}, paper)


def check(material: Material) -> list[Problem]:
    """Run every check, and list what they find, in order."""
    found = []
    for function in CHECKS:
        name = function.__name__.replace("_", "-")
        for subject, message in function(material):
            home = material.homes.get(subject)
            found.append(
                Problem(name, compress(str(subject)), message, str(home[0].path) if home else "")
            )
    return sorted(found)


Found = Iterator[tuple[Node, str]]


def module_headers(material: Material) -> Found:
    """Every module has a title and a description of its own, and an IRI of its own."""
    titles = Counter(str(m.graph.value(m.iri, DCTERMS.title)) for m in material.modules if m.layer)
    iris = Counter(m.iri for m in material.modules)
    for module in material.modules:
        title = module.graph.value(module.iri, DCTERMS.title)
        if title is None or module.graph.value(module.iri, DCTERMS.description) is None:
            yield module.iri, "give the module a dcterms:title and a dcterms:description"
        elif titles[str(title)] > 1:
            yield module.iri, f"the title '{title}' stands in another module too; give it its own"
        if iris[module.iri] > 1:
            yield module.iri, "this module IRI stands in two files; give each its own"
        if module.layer:
            stem = f"{module.layer}-{module.path.name.partition('.')[0]}"
            wanted = f"{BASE}module/{stem.replace('cases-', 'case-')}"
            if str(module.iri) != wanted:
                yield module.iri, f"in {module.path.name} the header IRI must be {wanted}"


def nothing_dangles(material: Material) -> Found:
    """Whatever IRI of ours is used is described somewhere."""
    described = set(material.homes)
    seen: set[Node] = set()
    for s, p, o in material.graph:
        for term in (p, o):
            if (
                isinstance(term, URIRef)
                and term.startswith(BASE)
                and term not in described
                and term not in seen
                and not term.startswith(BASE + "0.")
            ):
                seen.add(term)
                yield term, f"is used (by {compress(str(s))}) but described nowhere"


def one_home(material: Material) -> Found:
    """A thing is described in one module only."""
    for subject, homes in material.homes.items():
        if isinstance(subject, URIRef) and subject.startswith(BASE) and len(homes) > 1:
            files = ", ".join(module.path.name for module in homes)
            yield subject, f"is described in several modules ({files}); keep one"


def terms_are_documented(material: Material) -> Found:
    """Terms have a label and a definition; concepts a preferred label and a definition."""
    kinds = {
        OWL.Class,
        OWL.ObjectProperty,
        OWL.DatatypeProperty,
        OWL.AnnotationProperty,
    }
    concept_kinds = _concept_kinds(material.graph)
    for subject in material.homes:
        if not (isinstance(subject, URIRef) and subject.startswith(BASE)):
            continue
        types = set(material.graph.objects(subject, RDF.type))
        if types & kinds:
            label = RDFS.label
        elif types & concept_kinds:
            label = SKOS.prefLabel
        else:
            continue
        for predicate, name in (
            (label, compress(str(label))),
            (SKOS.definition, "skos:definition"),
        ):
            texts = list(material.graph.objects(subject, predicate))
            if len(texts) != 1 or not isinstance(texts[0], Literal) or texts[0].language != "en":
                yield subject, f"give it exactly one {name} in English (it has {len(texts)})"
        definition = material.graph.value(subject, SKOS.definition)
        if definition is not None and not str(definition).endswith("."):
            yield subject, "end the definition with a full stop"


def concepts_have_examples(material: Material) -> Found:
    """A concept has one example, which says from which lines it is, or that it is invented."""
    kinds = _concept_kinds(material.graph) - {aa("SignalType")}
    for subject in material.homes:
        if not (isinstance(subject, URIRef) and subject.startswith(BASE)):
            continue
        if not set(material.graph.objects(subject, RDF.type)) & kinds:
            continue
        examples = list(material.graph.objects(subject, SKOS.example))
        if len(examples) != 1:
            yield subject, f"give it exactly one skos:example (it has {len(examples)})"
            continue
        origin = re.fullmatch(r"(?:Invented|In the paper \(([0-9, -]+)\)): .+\.", str(examples[0]))
        if origin is None or getattr(examples[0], "language", None) != "en":
            yield (
                subject,
                "begin the example with 'In the paper (LINES): ' or 'Invented: ', in English (@en)",
            )
            continue
        try:
            for span in (origin[1] or "").split(", "):
                if span:
                    parse_span(span)
        except InputError as error:
            yield subject, f"the example: {error.message}"


def labels_are_unique(material: Material) -> Found:
    """No two concepts of one kind share a preferred label; no two concepts a definition."""
    concept_kinds = _concept_kinds(material.graph)
    for predicate, what in ((SKOS.prefLabel, "preferred label"), (SKOS.definition, "definition")):
        by_text: dict[tuple[str, str], list[Node]] = defaultdict(list)
        for subject, text in material.graph.subject_objects(predicate):
            kinds = set(material.graph.objects(subject, RDF.type)) & concept_kinds
            # a role and a channel may share a name with something else of another list
            scope = "" if what == "definition" else ",".join(sorted(map(str, kinds)))
            by_text[(scope, str(text).lower())].append(subject)
        for (_, text_found), subjects in by_text.items():
            if len(subjects) > 1:
                names = ", ".join(sorted(compress(str(s)) for s in subjects))
                yield (
                    min(subjects, key=str),
                    f"shares the {what} '{text_found}' with others: {names}",
                )


def texts_are_clean(material: Material) -> Found:
    """No text has stray blanks, tabs or line breaks; texts for people are marked as English."""
    prose = {
        SKOS.prefLabel,
        SKOS.altLabel,
        SKOS.definition,
        SKOS.scopeNote,
        RDFS.label,
        aa("statement"),
        aa("inferenceNote"),
        DCTERMS.description,
    }
    for s, p, o in material.graph:
        # code keeps its line breaks
        if not isinstance(o, Literal) or p in {SH.select, SH.ask, SH.construct}:
            continue
        text = str(o)
        if text != text.strip() or "  " in text or "\n" in text or "\t" in text:
            yield s, f"{compress(str(p))} has stray white space"
        if p in prose and o.language != "en":
            yield s, f"mark the text of {compress(str(p))} as English (@en)"


def claims_are_whole(material: Material) -> Found:
    """A claim has one subject, relation, object, statement and certainty, a holder and evidence."""
    graph = material.graph
    external = concept("external")
    inferred = concept("inferred")
    relations = _relations(graph)
    for claim in material.of_type("Claim"):
        for name in ("subject", "relation", "statement", "certainty"):
            count = len(list(graph.objects(claim, aa(name))))
            if count != 1:
                yield claim, f"a claim has exactly one aa:{name}; this one has {count}"
        ends = len(list(graph.objects(claim, aa("object"))))
        ends += len(list(graph.objects(claim, aa("objectValue"))))
        if ends != 1:
            yield claim, f"a claim has one aa:object or one aa:objectValue; this one has {ends}"
        relation = graph.value(claim, aa("relation"))
        if relation is not None and relation not in relations:
            yield (
                claim,
                f"{compress(str(relation))} is no relation for claims; take a property below "
                "aa:theoryRelation or aa:personRelation",
            )
        certainty = graph.value(claim, aa("certainty"))
        if certainty == external:
            if (claim, DCTERMS.source, None) not in graph and (
                claim,
                RDFS.seeAlso,
                None,
            ) not in graph:
                yield claim, "an external claim needs a dcterms:source or rdfs:seeAlso"
            continue
        if (claim, PROV_ATTRIBUTED, None) not in graph:
            yield claim, "say who holds it with prov:wasAttributedTo"
        if (claim, aa("evidence"), None) not in graph:
            yield claim, "give the passage on which it rests with aa:evidence"
        if certainty == inferred and (claim, aa("inferenceNote"), None) not in graph:
            yield claim, "an inferred claim needs an aa:inferenceNote"


def claims_fit_their_relations(material: Material) -> Found:
    """Subject and object of a claim are of the kinds that its relation joins."""
    graph = material.graph
    supers = _superclasses(graph)
    for claim in material.of_type("Claim"):
        relation = graph.value(claim, aa("relation"))
        for end, axis in (("subject", RDFS.domain), ("object", RDFS.range)):
            thing = graph.value(claim, aa(end))
            wanted = graph.value(relation, axis) if relation is not None else None
            if thing is None or not isinstance(wanted, URIRef) or thing not in material.homes:
                continue
            kinds = set(graph.objects(thing, RDF.type))
            kinds |= {sup for kind in kinds for sup in supers[kind]}
            if wanted not in kinds:
                yield (
                    claim,
                    f"the {end} {compress(str(thing))} is no {compress(str(wanted))}, as "
                    f"{compress(str(relation))} wants it",
                )


def theory_triples_have_claims(material: Material) -> Found:
    """No theory triple stands in a module without a claim that states it, outright or hedged."""
    graph = material.graph
    stated = {
        (
            graph.value(claim, aa("subject")),
            graph.value(claim, aa("relation")),
            graph.value(claim, aa("object")) or graph.value(claim, aa("objectValue")),
        )
        for claim in material.of_type("Claim")
        if graph.value(claim, aa("certainty")) in {concept("asserted"), concept("hedged")}
    }
    relations = _relations(graph)
    shared = {aa(name) for name in _SHARED_WITH_CASES}
    parts_of_cases = {
        s for module in material.in_layer("cases") for s in module.graph.subjects(None, None)
    }
    for s, p, o in graph:
        if p not in relations or (s, p, o) in stated or (s, RDF.type, aa("Claim")) in graph:
            continue
        if p in shared and s in parts_of_cases:
            continue
        yield (
            s,
            f"the triple with {compress(str(p))} {compress(str(o))} has no claim that states it",
        )


#: Theory relations that also describe alliances and bonds in cases, where the case is the evidence.
_SHARED_WITH_CASES = (
    "agentOfChange",
    "assumesChangeOf",
    "hasGoal",
    "targetsLayer",
    "targetsTransference",
)


def one_statement_per_claim(material: Material) -> Found:
    """No two claims of one holder state the same, with the same certainty."""
    graph = material.graph
    seen: dict[tuple[Node | None, ...], Node] = {}
    for claim in material.of_type("Claim"):
        key = tuple(
            graph.value(claim, predicate)
            for predicate in (
                aa("subject"),
                aa("relation"),
                aa("object"),
                aa("objectValue"),
                PROV_ATTRIBUTED,
            )
        )
        if key in seen:
            yield claim, f"states the same as {compress(str(seen[key]))}; keep one"
        seen[key] = claim


def literals_fit_their_ranges(material: Material) -> Found:
    """A data property's values are of the datatype that it declares."""
    graph = material.graph
    for prop, wanted in graph.subject_objects(RDFS.range):
        if not str(wanted).startswith(str(XSD)):
            continue
        accepted = {wanted, XSD.integer} if wanted == XSD.decimal else {wanted}
        for subject, value in graph.subject_objects(prop):
            if isinstance(value, Literal) and (
                value.language or (value.datatype or XSD.string) not in accepted
            ):
                yield (
                    subject,
                    f"{compress(str(prop))} takes a plain {compress(str(wanted))}, "
                    f"not {value.n3()}",
                )


def functional_properties_have_one_value(material: Material) -> Found:
    """A functional property has one value at most; a reasoner would take two things for one."""
    graph = material.graph
    for prop in graph.subjects(RDF.type, OWL.FunctionalProperty):
        for subject in set(graph.subjects(prop, None)):
            count = len(set(graph.objects(subject, prop)))
            if count > 1:
                yield subject, f"has {count} values for {compress(str(prop))}; keep one"


def mappings_are_verified(material: Material) -> Found:
    """A mapping joins a concept to a term elsewhere, or to none, and says where that was seen."""
    graph = material.graph
    concepts = _concept_kinds(graph)
    matches = {SKOS[f"{kind}Match"] for kind in ("exact", "close", "broad", "narrow", "related")}
    for mapping in material.of_type("Mapping"):
        columns = {name: graph.value(mapping, SSSOM[name]) for name in _MAPPING_COLUMNS}
        subject, term = columns["subject_id"], columns["object_id"]
        if not set(graph.objects(subject, RDF.type)) & concepts:
            yield mapping, "sssom:subject_id must be a concept of the atlas"
        elif columns["subject_label"] != graph.value(subject, SKOS.prefLabel):
            yield mapping, "sssom:subject_label must be the concept's preferred label"
        if columns["predicate_id"] not in matches:
            yield mapping, "sssom:predicate_id must be a mapping property of SKOS"
        if not isinstance(term, URIRef) or ":" not in term or term.startswith(BASE):
            yield mapping, "sssom:object_id must be a term of another vocabulary"
        modifier = columns["predicate_modifier"]
        if modifier not in {None, SSSOM.NegatedPredicate}:
            yield mapping, "sssom:predicate_modifier can only be sssom:NegatedPredicate"
        if term == SSSOM.NoTermFound:
            # absence is what the object says: a negation besides would deny it
            if modifier is not None:
                yield mapping, "sssom:NoTermFound goes without sssom:predicate_modifier"
            if columns["comment"] is None:
                yield mapping, "tell in sssom:comment what was searched, and in which copy"
        elif columns["object_label"] is None:
            yield mapping, "give the term's name as it was read with sssom:object_label"
        if columns["see_also"] is None and columns["mapping_source"] is None:
            yield mapping, "say where it was verified with sssom:see_also or sssom:mapping_source"
        for name in ("mapping_date", "mapping_justification", "object_source"):
            if columns[name] is None:
                yield mapping, f"a mapping has a sssom:{name}"


_MAPPING_COLUMNS = (
    "comment",
    "mapping_date",
    "mapping_justification",
    "mapping_source",
    "object_id",
    "object_label",
    "object_source",
    "predicate_id",
    "predicate_modifier",
    "see_also",
    "subject_id",
    "subject_label",
)


def hierarchies_have_no_cycles(material: Material) -> Found:
    """Nothing is above itself, among concepts, classes or properties."""
    for predicate in (SKOS.broader, RDFS.subClassOf, RDFS.subPropertyOf):
        for subject in set(material.graph.subjects(predicate, None)):
            above = {
                node
                for first in material.graph.objects(subject, predicate)
                for node in material.graph.transitive_objects(first, predicate)
            }
            if subject in above:
                yield subject, f"is above itself by {compress(str(predicate))}; break the circle"


def concepts_are_used(material: Material) -> Found:
    """No concept is an orphan: something besides its own description speaks of it."""
    graph = material.graph
    kinds = _concept_kinds(graph)
    for subject in material.homes:
        if set(graph.objects(subject, RDF.type)) & kinds and str(subject).startswith(BASE):
            used = any(
                p not in {SKOS.narrower} and s != subject
                for s, p in graph.subject_predicates(subject)
            )
            if not used and (subject, SKOS.broader, None) not in graph:
                yield (
                    subject,
                    "nothing speaks of this concept; add the claim that needs it, or drop it",
                )


def names_follow_the_conventions(material: Material) -> Found:
    """Classes are CamelCase, properties lowerCamel, everything else of ours kebab-case."""
    for subject in material.homes:
        if not isinstance(subject, URIRef) or not subject.startswith(BASE):
            continue
        types = set(material.graph.objects(subject, RDF.type))
        name = compress(str(subject)).partition(":")[2]
        if subject.startswith(AA):
            pattern = "[A-Z][A-Za-z]*" if OWL.Class in types else "[a-z][A-Za-z0-9]*"
        elif any(subject.startswith(PREFIXES[kind]) for kind in _KEBAB):
            pattern = "[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)*"
        else:
            continue
        if not re.fullmatch(pattern, name):
            yield (
                subject,
                "rename it: CamelCase for classes, lowerCamel for properties, else kebab-case",
            )


#: The prefixes of what has names in kebab-case; parts of a case stand below it.
_KEBAB = ("author", "case", "claim", "concept", "signal", "source")


def properties_have_one_domain_and_range(material: Material) -> Found:
    """A property declares one domain and one range at most; several mean their intersection."""
    for predicate in (RDFS.domain, RDFS.range):
        for subject in set(material.graph.subjects(predicate, None)):
            if len(set(material.graph.objects(subject, predicate))) > 1:
                yield subject, f"declares several of {compress(str(predicate))}; keep one"


def alternative_labels_are_free(material: Material) -> Found:
    """No other name of a concept is the preferred label of another concept of its kind."""
    graph = material.graph
    owners: dict[str, set[Node]] = defaultdict(set)
    for subject, text in graph.subject_objects(SKOS.prefLabel):
        owners[str(text).lower()].add(subject)
    for subject, text in graph.subject_objects(SKOS.altLabel):
        kinds = set(graph.objects(subject, RDF.type))
        for other in owners[str(text).lower()]:
            if kinds & set(graph.objects(other, RDF.type)):
                yield subject, f"calls itself '{text}', as {compress(str(other))} is called"


def labels_are_shorter_than_definitions(material: Material) -> Found:
    """A label is shorter than its definition; else the two may have changed places."""
    for predicate in (RDFS.label, SKOS.prefLabel):
        for subject, label in material.graph.subject_objects(predicate):
            definition = material.graph.value(subject, SKOS.definition)
            if definition is not None and len(str(label)) >= len(str(definition)):
                yield subject, "the label is longer than the definition; are they swapped?"


def names_are_plain(material: Material) -> Found:
    """A class or property is about one notion, and none is for what is left over."""
    for subject, types in _own_terms(material):
        name = compress(str(subject)).partition(":")[2]
        words = re.findall(r"[A-Z]?[a-z]+|[0-9]+", name)
        if {"And", "Or"}.intersection(words[1:-1]) and types & (_PROPERTY_KINDS | {OWL.Class}):
            yield subject, "two notions are joined in one name; make two terms, or find its name"
        if words[0].lower() in {"other", "misc", "miscellaneous"}:
            yield subject, "a term for what is left over says nothing; name what is meant"


def properties_are_sound(material: Material) -> Found:
    """No property is its own inverse, nor symmetric with another for inverse; chains join two."""
    graph = material.graph
    for prop, inverse in graph.subject_objects(OWL.inverseOf):
        if prop == inverse:
            yield prop, "is its own inverse; say owl:SymmetricProperty"
        elif (prop, RDF.type, OWL.SymmetricProperty) in graph:
            yield prop, "is symmetric, and so its own inverse; drop the other one"
    for prop, chain in graph.subject_objects(OWL.propertyChainAxiom):
        # the rule that follows chains in the build takes two
        if len(list(graph.items(chain))) != 2:
            yield prop, "a chain has two links here"


def classes_are_defined_once(material: Material) -> Found:
    """A class has one definition in logic at most, and that one starts from another class."""
    graph = material.graph
    for cls in set(graph.subjects(OWL.equivalentClass, None)):
        defined = list(graph.objects(cls, OWL.equivalentClass))
        if len(defined) > 1:
            yield cls, "has several owl:equivalentClass; keep one"
        for parts in graph.objects(defined[0], OWL.intersectionOf):
            if not any(isinstance(part, URIRef) for part in graph.items(parts)):
                yield cls, "name the kind to which it belongs in its owl:equivalentClass"


def terms_are_declared(material: Material) -> Found:
    """Whatever is used as property or class is declared as one, also where it is not ours."""
    declared = {
        kind: {s for name in names for s in material.graph.subjects(RDF.type, name)}
        for kind, names in (("property", _PROPERTY_KINDS), ("class", {OWL.Class}))
    }
    seen: set[Node] = set()
    for module in material.modules:
        if module.layer == "shapes":
            continue
        for subject, predicate, value in module.graph:
            used = [("property", predicate)]
            if predicate == RDF.type:
                used.append(("class", value))
            for kind, term in used:
                built_in = str(term).startswith((str(RDF), str(RDFS), str(OWL)))
                if not built_in and term not in declared[kind] and term not in seen:
                    seen.add(term)
                    yield term, f"is used (by {compress(str(subject))}) and declared as no {kind}"


def deprecated_terms_are_replaced(material: Material) -> Found:
    """What is deprecated names its replacement, and nothing else uses it any more."""
    graph = material.graph
    for subject in set(graph.subjects(OWL.deprecated, None)):
        if (subject, DCTERMS.isReplacedBy, None) not in graph:
            yield subject, "is deprecated; name what replaces it with dcterms:isReplacedBy"
        users = {s for s in graph.subjects(None, subject) if s != subject}
        users |= set(graph.subjects(subject, None)) if isinstance(subject, URIRef) else set()
        if users:
            yield subject, f"is deprecated and still used (by {compress(str(min(users, key=str)))})"


def the_whole_has_a_header(material: Material) -> Found:
    """The header says what a catalogue asks for, and its version is the same twice."""
    graph = material.graph
    vann = PREFIXES["vann"]
    wanted = (
        DCTERMS.title,
        DCTERMS.description,
        DCTERMS.creator,
        DCTERMS.license,
        DCTERMS.created,
        OWL.versionIRI,
        OWL.versionInfo,
        URIRef(vann + "preferredNamespacePrefix"),
        URIRef(vann + "preferredNamespaceUri"),
    )
    for module in material.in_layer(""):
        for predicate in wanted:
            count = len(list(graph.objects(module.iri, predicate)))
            if count != 1:
                yield module.iri, f"give it exactly one {compress(str(predicate))}; it has {count}"
        version = graph.value(module.iri, OWL.versionInfo)
        if str(graph.value(module.iri, OWL.versionIRI)) != f"{module.iri}{version}/":
            yield module.iri, "owl:versionIRI is the IRI with owl:versionInfo behind it"


def evidence_leads_to_the_paper(material: Material) -> Found:
    """What claims, cases and signals rest on is a passage, and the passage is one of the paper."""
    graph = material.graph
    paper = URIRef(PREFIXES["source"] + "lee-alliances")
    source = URIRef(PREFIXES["oa"] + "hasSource")
    passages = set(material.of_type("Passage"))
    for subject, passage in graph.subject_objects(aa("evidence")):
        if passage not in passages:
            yield subject, f"{compress(str(passage))} is no passage"
    for passage in passages:
        if list(graph.objects(passage, source)) != [paper]:
            yield passage, "a passage has the paper for its oa:hasSource, and nothing else"


def passages_fit(material: Material) -> Found:
    """A passage's lines fit its name, and its fingerprint the paper where a copy is at hand."""
    graph = material.graph
    prefix = PREFIXES["passage"]
    for passage in material.of_type("Passage"):
        try:
            span = parse_span(str(passage).removeprefix(prefix))
        except InputError as error:
            yield passage, error.message
            continue
        lines = (graph.value(passage, aa("startLine")), graph.value(passage, aa("endLine")))
        if [str(line) for line in lines] != [str(span.start), str(span.end)]:
            yield passage, "start and end line differ from the name; run make passages"
        if str(graph.value(passage, aa("section"))) != section_of(span):
            yield passage, "the section does not fit the lines; run make passages"
        if material.paper is not None:
            wanted = fingerprint(material.paper[span.start - 1 : span.end])
            if str(graph.value(passage, aa("sha256"))) != wanted:
                yield passage, "the fingerprint does not fit the paper's lines; run make passages"


def case_parts_have_evidence(material: Material) -> Found:
    """Whatever a case tells carries the passage and the certainty with which it is told."""
    exempt = {aa("Claim"), aa("Case"), aa("Study"), aa("Vignette"), OWL.Ontology}
    for module in material.in_layer("cases"):
        for subject in sorted(set(module.graph.subjects(RDF.type, None)), key=str):
            types = set(module.graph.objects(subject, RDF.type))
            if (subject, aa("evidence"), None) not in module.graph and OWL.Ontology not in types:
                yield subject, "give the passage on which it rests with aa:evidence"
            certainty = list(module.graph.objects(subject, aa("certainty")))
            if not types & exempt and len(certainty) != 1:
                yield subject, f"give exactly one aa:certainty (it has {len(certainty)})"
            if (
                concept("inferred") in certainty
                and not types & exempt
                and (subject, aa("inferenceNote"), None) not in module.graph
            ):
                yield subject, "what is inferred needs an aa:inferenceNote"


def signals_are_whole(material: Material) -> Found:
    """A signal type says whose it is, by which channel, how surely it was observed, and where."""
    general = URIRef(PREFIXES["signal"] + "early-relief")
    for signal in material.of_type("SignalType"):
        if signal == general:
            continue
        for name in ("exhibitedByRole", "channel", "certainty", "evidence"):
            if (signal, aa(name), None) not in material.graph:
                yield signal, f"give it aa:{name}"


def lost_text_is_lost(material: Material) -> Found:
    """A mark of lost text names a line after which the surviving copy breaks off."""
    for subject, line in material.graph.subject_objects(aa("textLostAfter")):
        if int(str(line)) not in LOST_AFTER:
            yield subject, f"no text is lost after line {line} of the surviving copy"


#: The lines after which the surviving copy breaks off.
LOST_AFTER = frozenset((
    # of the body
    24, 41, 90, 131, 145, 158, 176, 214, 245, 267, 277, 308, 318, 324, 329, 351, 359, 386,
    407, 435, 448, 461, 487, 495,
    # of the list of references
    499, 501, 502, 503, 504, 507, 514, 515, 519, 520, 521,
))  # fmt: skip


_PROPERTY_KINDS: frozenset[Node] = frozenset((
    OWL.ObjectProperty,
    OWL.DatatypeProperty,
    OWL.AnnotationProperty,
))  # fmt: skip


def _own_terms(material: Material) -> Iterator[tuple[URIRef, set[Node]]]:
    """Give our classes, properties and concepts with their types."""
    wanted = _PROPERTY_KINDS | _concept_kinds(material.graph) | {OWL.Class}
    for subject in material.homes:
        if isinstance(subject, URIRef) and subject.startswith(BASE):
            types = set(material.graph.objects(subject, RDF.type))
            if types & wanted:
                yield subject, types


def _relations(graph: Graph) -> set[Node]:
    found: set[Node] = set()
    for root in (aa("theoryRelation"), aa("personRelation")):
        found.update(_below(graph, RDFS.subPropertyOf, root) - {root})
    return found


def _concept_kinds(graph: Graph) -> set[Node]:
    return _below(graph, RDFS.subClassOf, SKOS.Concept)


def _below(graph: Graph, predicate: URIRef, root: Node) -> set[Node]:
    return {node for node in graph.transitive_subjects(predicate, root) if node is not None}


def _superclasses(graph: Graph) -> dict[Node, set[Node]]:
    found: dict[Node, set[Node]] = defaultdict(set)
    for cls in graph.subjects(RDFS.subClassOf, None):
        above = graph.transitive_objects(cls, RDFS.subClassOf)
        found[cls] = {node for node in above if node is not None} - {cls}
    return found


#: The checks in the order in which they run.
CHECKS: Sequence[Callable[[Material], Found]] = (
    module_headers,
    nothing_dangles,
    one_home,
    terms_are_documented,
    concepts_have_examples,
    labels_are_unique,
    texts_are_clean,
    claims_are_whole,
    claims_fit_their_relations,
    theory_triples_have_claims,
    one_statement_per_claim,
    literals_fit_their_ranges,
    functional_properties_have_one_value,
    mappings_are_verified,
    hierarchies_have_no_cycles,
    concepts_are_used,
    names_follow_the_conventions,
    properties_have_one_domain_and_range,
    alternative_labels_are_free,
    labels_are_shorter_than_definitions,
    names_are_plain,
    properties_are_sound,
    classes_are_defined_once,
    terms_are_declared,
    deprecated_terms_are_replaced,
    the_whole_has_a_header,
    evidence_leads_to_the_paper,
    passages_fit,
    case_parts_have_evidence,
    signals_are_whole,
    lost_text_is_lost,
)
