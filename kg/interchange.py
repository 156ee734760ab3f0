"""An annotated case as JSON: the JSON-LD context, and a JSON Schema by which editors complete it.

Both are made of the vocabulary and the shapes at build time. The context has an address, but is
never fetched: :mod:`kg.ingest` puts the one of the release in its place.
"""

from __future__ import annotations

from typing import Any

from rdflib import OWL, RDF, RDFS, SH, SKOS, XSD, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from kg.namespaces import BASE, PREFIXES, compress

__all__ = ["make_context", "make_schema"]

_AA = PREFIXES["aa"]
_CASE = URIRef(_AA + "Case")
#: JSON's own types for values; anything else stands as a string.
_JSON_TYPES = {
    XSD.integer: "integer",
    XSD.nonNegativeInteger: "integer",
    XSD.positiveInteger: "integer",
    XSD.decimal: "number",
    XSD.boolean: "boolean",
}
_ANY_VALUE = ["boolean", "number", "object", "string"]


def make_context(vocabulary: Graph) -> dict[str, Any]:
    """Make the context: each property under its own name, so that ``hasClient`` is one of ours.

    :param vocabulary: the schema with its properties.
    """
    terms: dict[str, Any] = {
        "id": "@id",
        "type": "@type",
        "@vocab": _AA,
        # by which an editor finds the schema; it says nothing of the case
        "$schema": None,
        **{name: PREFIXES[name] for name in ("aa", "concept", "signal", "source")},
        "rdfs": str(RDFS),
        "xsd": str(XSD),
        "label": {"@id": str(RDFS.label), "@language": "en"},
    }
    for prop, kind in sorted(_properties(vocabulary).items()):
        if kind == OWL.ObjectProperty:
            terms[_local(prop)] = {"@id": str(prop), "@type": "@id"}
    return {"@context": terms}


def make_schema(vocabulary: Graph, shapes: Graph) -> dict[str, Any]:
    """Make a JSON Schema (2020-12) for a case written with the context.

    It knows which properties a thing has and which values they take. What the theory asks, and
    what hangs together across a case, is for the shapes.
    """
    classes = _case_classes(vocabulary, shapes)
    definitions: dict[str, Any] = {}
    for cls in sorted(classes):
        definitions[_local(cls)] = _definition(vocabulary, shapes, cls, classes, definitions)
    others = {
        "type": "object",
        "description": "A thing of a type of your own, or of another vocabulary.",
        "not": {"properties": {"type": {"enum": sorted(map(_local, classes))}}},
    }
    things = {"anyOf": [*({"$ref": f"#/$defs/{_local(cls)}"} for cls in sorted(classes)), others]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{BASE}download/case.schema.json",
        "title": "An annotated case",
        "description": "A case, or a list of its parts under @graph, in the context of Alliance "
        "Atlas. The validator checks more than can be said here.",
        "type": "object",
        "required": ["@context"],
        "if": {"required": ["@graph"]},
        "then": {
            "properties": {
                "$schema": {"type": "string"},
                "@context": True,
                "@graph": {"type": "array", "minItems": 1, "items": things},
            },
            "additionalProperties": False,
        },
        "else": {"$ref": "#/$defs/Case"},
        "$defs": dict(sorted(definitions.items())),
    }


def _properties(vocabulary: Graph) -> dict[URIRef, Node]:
    kinds = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    return {
        prop: kind
        for kind in kinds
        for prop in vocabulary.subjects(RDF.type, kind)
        if isinstance(prop, URIRef) and prop.startswith(_AA)
    }


def _case_classes(vocabulary: Graph, shapes: Graph) -> set[URIRef]:
    """Give the kinds of things that a case is made of: those that its properties lead to."""
    found: set[URIRef] = set()
    new = {_CASE}
    while new:
        found |= new
        reached = {
            cls
            for prop in _properties(vocabulary)
            if _domains(vocabulary, prop) & _with_subclasses(vocabulary, found)
            for cls in _ranges(vocabulary, shapes, prop)
            if cls.startswith(_AA) and not _is_named(vocabulary, cls)
        }
        new = reached - _with_subclasses(vocabulary, found)
    return {
        cls
        for cls in found
        if not found & (set(vocabulary.transitive_objects(cls, RDFS.subClassOf)) - {cls})
    }


def _with_subclasses(vocabulary: Graph, classes: set[URIRef]) -> set[Node | None]:
    return {sub for cls in classes for sub in vocabulary.transitive_subjects(RDFS.subClassOf, cls)}


def _ranges(vocabulary: Graph, shapes: Graph, prop: URIRef) -> set[URIRef]:
    """Give the classes of a property's values, as the vocabulary and the shapes have them."""
    found = set(vocabulary.objects(prop, RDFS.range))
    for shape in shapes.subjects(SH.path, prop):
        found |= set(shapes.objects(shape, SH["class"]))
        choices = shapes.value(shape, SH["or"])
        if choices is not None:
            found |= {
                cls
                for choice in Collection(shapes, choices)
                for cls in shapes.objects(choice, SH["class"])
            }
    return {cls for cls in found if isinstance(cls, URIRef)}


def _domains(vocabulary: Graph, prop: URIRef) -> set[Node]:
    found: set[Node] = set()
    for domain in vocabulary.objects(prop, RDFS.domain):
        union = vocabulary.value(domain, OWL.unionOf)
        found |= set(Collection(vocabulary, union)) if union is not None else {domain}
    return found


def _is_named(vocabulary: Graph, cls: Node) -> bool:
    """Tell whether the atlas itself has the things of a class, which a case only names."""
    above = set(vocabulary.transitive_objects(cls, RDFS.subClassOf))
    return bool(above & {SKOS.Concept, URIRef(_AA + "SignalType")})


def _definition(
    vocabulary: Graph,
    shapes: Graph,
    cls: URIRef,
    classes: set[URIRef],
    definitions: dict[str, Any],
) -> dict[str, Any]:
    kinds = {
        sub
        for sub in vocabulary.transitive_subjects(RDFS.subClassOf, cls)
        if isinstance(sub, URIRef)
    }
    members: dict[str, Any] = {
        "id": {"type": "string", "description": "Its IRI; a relative one will do."},
        "type": _one_or_more({"enum": sorted(map(_local, kinds))}),
        "label": _one_or_more({"type": ["string", "object"]}),
    }
    for prop, kind in sorted(_properties(vocabulary).items()):
        domains = _domains(vocabulary, prop)
        if domains and not any(
            set(vocabulary.transitive_objects(one, RDFS.subClassOf)) & domains for one in kinds
        ):
            continue
        name = _local(prop)
        if name not in definitions:
            values = _values(vocabulary, shapes, prop, kind, classes, definitions)
            text = vocabulary.value(prop, SKOS.definition)
            definitions[name] = values if text is None else {"description": str(text), **values}
        members[name] = {"$ref": f"#/$defs/{name}"}
    found: dict[str, Any] = {"type": "object", "required": ["type"], "properties": members}
    if cls == _CASE:
        members |= {"@context": True, "$schema": {"type": "string"}}
    # names with a prefix of one's own are for what the atlas has no term for
    found["patternProperties"] = {"^[^@:]+:.": True}
    found["additionalProperties"] = False
    text = vocabulary.value(cls, SKOS.definition)
    return found if text is None else {"description": str(text), **found}


def _values(
    vocabulary: Graph,
    shapes: Graph,
    prop: URIRef,
    kind: Node,
    classes: set[URIRef],
    definitions: dict[str, Any],
) -> dict[str, Any]:
    """Describe what a property takes, by the shapes where they say it, else by its range."""
    for shape in shapes.subjects(SH.path, prop):
        listed = shapes.value(shape, SH["in"])
        if listed is not None:
            return _one_or_more({"enum": [_plain(v) for v in Collection(shapes, listed)]})
    ranges = _ranges(vocabulary, shapes, prop)
    if kind != OWL.ObjectProperty:
        types = sorted({_JSON_TYPES.get(datatype, "string") for datatype in ranges})
        return _one_or_more({"type": [*types, "object"] if types else _ANY_VALUE})
    choices: list[dict[str, Any]] = []
    for cls in sorted(ranges):
        if _is_named(vocabulary, cls):
            definitions.setdefault(_local(cls), {"enum": _names(vocabulary, cls)})
            choices.append({"$ref": f"#/$defs/{_local(cls)}"})
        elif cls in _with_subclasses(vocabulary, classes):
            whole = classes & set(vocabulary.transitive_objects(cls, RDFS.subClassOf))
            choices += [{"$ref": f"#/$defs/{_local(one)}"} for one in sorted(whole)]
    if not ranges or any(not _is_named(vocabulary, cls) for cls in ranges):
        # the thing may be described elsewhere in the document
        choices.append({"type": "string"})
    if not ranges:
        choices.append({"type": "object"})
    return _one_or_more(choices[0] if len(choices) == 1 else {"anyOf": choices})


def _names(vocabulary: Graph, cls: Node) -> list[str]:
    return sorted(
        {
            compress(str(one))
            for sub in vocabulary.transitive_subjects(RDFS.subClassOf, cls)
            for one in vocabulary.subjects(RDF.type, sub)
            if isinstance(one, URIRef)
        }
    )


def _one_or_more(one: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [one, {"type": "array", "items": one}]}


def _plain(value: Node) -> Any:
    return value.toPython() if isinstance(value, Literal) else compress(str(value))


def _local(term: Node) -> str:
    return compress(str(term)).removeprefix("aa:").replace(":", "-")
