"""The formal side of a concept in words: its class, what defines it, what stands above it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kg.dossier import Value, as_value
from kg.entries import Catalog
from kg.model import Iri, Node, Term
from kg.namespaces import PREFIXES
from kg.queries import read_query
from kg.store import Store

__all__ = ["Form", "Parent", "find_forms"]

_OWL, _RDF = PREFIXES["owl"], PREFIXES["rdf"]
#: What joins the members of a list of classes.
_JOINED = {_OWL + "intersectionOf": " and ", _OWL + "unionOf": " or "}
#: What a restriction says of its property, and how that reads.
_RESTRICTED = {
    _OWL + "someValuesFrom": "some",
    _OWL + "allValuesFrom": "only",
    _OWL + "hasValue": "value",
}
_AXIOMS = {_OWL + "equivalentClass": "is the same as", _OWL + "disjointWith": "shares nothing with"}

_Triples = Mapping[Term, list[tuple[str, Term]]]


@dataclass(frozen=True, slots=True)
class Parent:
    """A class above another.

    :param stated: whether the ontology says so itself; else it follows from what it says.
    """

    cls: Value
    stated: bool


@dataclass(frozen=True, slots=True)
class Form:
    """A class that formalizes a concept.

    :param definition: its definition, which is of things in cases and not of the notion.
    :param axioms: what is said of it, one sentence each, in the manner of OWL's Manchester syntax.
    """

    cls: Value
    definition: str
    axioms: tuple[str, ...]
    parents: tuple[Parent, ...]


def find_forms(store: Store, catalog: Catalog, iri: str) -> tuple[Form, ...]:
    """Find the classes that formalize a concept; most concepts have none."""
    bindings: dict[str, Term] = {"iri": Iri(iri)}
    definitions: dict[Term, str] = {}
    parents: dict[Term, list[Parent]] = {}
    for row in store.select(read_query("class-parents"), bindings=bindings):
        cls = row["class"]
        definitions[cls] = row["definition"].value if "definition" in row else ""
        above = parents.setdefault(cls, [])
        if "parent" in row:
            above.append(Parent(as_value(row["parent"], catalog), "stated" in row))
    if not definitions:
        return ()
    triples: dict[Term, list[tuple[str, Term]]] = {}
    for row in store.select(read_query("class-axioms"), bindings=bindings):
        triples.setdefault(row["node"], []).append((row["property"].value, row["value"]))
    return tuple(
        Form(
            cls=as_value(cls, catalog),
            definition=definition,
            axioms=tuple(
                f"{_AXIOMS[name]} {_express(value, triples, catalog)}"
                for name, value in sorted(triples.get(cls, []), key=lambda found: found[0])
                if name in _AXIOMS
            ),
            parents=tuple(sorted(parents[cls], key=lambda parent: not parent.stated)),
        )
        for cls, definition in definitions.items()
    )


def _express(term: Term, triples: _Triples, catalog: Catalog) -> str:
    """Write a class expression, anonymous classes within it in brackets."""
    if not isinstance(term, Node):
        return as_value(term, catalog).text
    said = dict(triples.get(term, []))
    for name, word in _JOINED.items():
        if name in said:
            members = [_express(one, triples, catalog) for one in _members(said[name], triples)]
            return word.join(members)
    for name, word in _RESTRICTED.items():
        if name in said:
            on = as_value(said[_OWL + "onProperty"], catalog).text
            return f"({on} {word} {_express(said[name], triples, catalog)})"
    if _OWL + "complementOf" in said:
        return f"not ({_express(said[_OWL + 'complementOf'], triples, catalog)})"
    return "a class without a name"


def _members(head: Term, triples: _Triples) -> list[Term]:
    found: list[Term] = []
    seen: set[Term] = set()
    while head in triples and head not in seen:
        seen.add(head)
        said = dict(triples[head])
        if _RDF + "first" in said:
            found.append(said[_RDF + "first"])
        head = said.get(_RDF + "rest", Iri(_RDF + "nil"))
    return found
