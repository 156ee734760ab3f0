"""Exercise files: reading them, and holding them against the graph.

An exercise is a Turtle file ``docs/exercises/NAME.ttl``: one annotated case in the vocabulary that
all annotated cases share, so that the validator judges it like any other. Nothing is added to that
vocabulary. The text is the case's description, with ``[1]``, ``[2]`` … where its observations
stand; the right answer follows from the episodes and the shift; a judgement is a reading that the
account does not bear, and says why; ``dcterms:references`` names the claims that it all rests on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from rdflib import DCTERMS, RDF, RDFS, Graph, URIRef
from rdflib.term import Node

from kg.errors import InputError
from kg.exercises import EXERCISE, NONE, UNDETERMINED, Exercise, Reading, Sign
from kg.ingest import read_case
from kg.namespaces import PREFIXES

__all__ = ["check_exercises", "load_exercises"]

#: Bounds of an exercise's text, in words.
SHORTEST, LONGEST = 80, 180

_CONCEPT = PREFIXES["concept"]
_MARK = re.compile(r"\[(\d+)\]")


def load_exercises(folder: Path) -> list[Exercise]:
    """Read the exercises of a folder, in the order of their names.

    :raises InputError: if one is no Turtle, or is not written as an exercise is.
    """
    return [_load(path) for path in sorted(folder.glob("*.ttl"))]


def check_exercises(exercises: Iterable[Exercise], known: Collection[str]) -> list[str]:
    """List what is wrong with exercises: names that nothing has, texts too short or too long.

    :param known: the IRIs of all claims, signals and concepts.
    """
    problems = []
    for exercise in exercises:
        named = [*exercise.claims, *(sign.signal for sign in exercise.signs)]
        for reading in exercise.readings:
            named += [_CONCEPT + reading.alliance, *reading.claims]
            if reading.alliance == exercise.alliance:
                problems.append(f"{exercise.iri}: the right answer is among the wrong readings")
        problems += [f"{exercise.iri}: nothing is {iri}" for iri in named if iri not in known]
        words = len(_MARK.sub("", exercise.text).split())
        if not SHORTEST <= words <= LONGEST:
            problems.append(
                f"{exercise.iri}: the text has {words} words; make it {SHORTEST} to {LONGEST}"
            )
    return problems


def _aa(name: str) -> URIRef:
    return URIRef(PREFIXES["aa"] + name)


def _load(path: Path) -> Exercise:
    data = path.read_bytes()
    graph = read_case(data, media_type="text/turtle", source=str(path))
    name = path.stem
    case = URIRef(EXERCISE + name)
    if (case, RDF.type, _aa("Case")) not in graph:
        raise InputError(f"describes no case <{case}>, by which it is found", source=str(path))
    text = _text(graph, case, DCTERMS.description)
    signs = _signs(graph, case)
    if [int(mark) for mark in _MARK.findall(text)] != [sign.number for sign in signs]:
        raise InputError(
            "the text must have a mark [1], [2] … for each observation, in this order",
            source=str(path),
        )
    client, therapist = (_alliance_of(graph, case, role) for role in ("hasClient", "hasTherapist"))
    bond = graph.value(case, _aa("hasBond"))
    return Exercise(
        name=name,
        title=_text(graph, case, RDFS.label),
        text=text,
        comment=_text(graph, case, RDFS.comment),
        claims=_claims(graph, case),
        client=client,
        therapist=therapist or client,
        shift=_shift(graph, case, settled=bool(client)),
        reason=_text(graph, case, _aa("noEpisodeReason")),
        bond=_local(graph.value(bond, RDF.type)) if bond else "",
        bond_label=_text(graph, bond, RDFS.label) if bond else "",
        signs=signs,
        readings=_readings(graph, case),
        turtle=data.decode(),
    )


def _signs(graph: Graph, case: Node) -> tuple[Sign, ...]:
    return tuple(
        Sign(
            number=number,
            label=_text(graph, observation, RDFS.label),
            signal=str(graph.value(observation, _aa("signalType"))),
            misleads=(observation, _aa("polarity"), URIRef(_CONCEPT + "misleading")) in graph,
        )
        for number, observation in enumerate(_in_order(graph, case, "hasObservation"), 1)
    )


def _readings(graph: Graph, case: Node) -> tuple[Reading, ...]:
    return tuple(
        Reading(
            alliance=_local(graph.value(judgement, _aa("assumedAlliance"))),
            why=_text(graph, judgement, DCTERMS.description),
            claims=_claims(graph, judgement),
        )
        for judgement in _in_order(graph, case, "hasJudgement")
    )


def _alliance_of(graph: Graph, case: Node, role: str) -> str:
    """Give the alliance that a person is under at the end, or nothing.

    An episode that has an end is over, and one that is no more than sought has not begun. What the
    therapist presumes by mistake is the therapist's; any other is the client's as well.
    """
    sought, presumed = URIRef(_CONCEPT + "sought"), _aa("presumedBy")
    for episode in reversed(_in_order(graph, case, "hasEpisode")):
        over = (episode, _aa("endsIn"), None) in graph
        if over or set(graph.objects(episode, _aa("status"))) == {sought}:
            continue
        mistaken = graph.value(episode, presumed)
        if mistaken is None or mistaken == graph.value(case, _aa(role)):
            return _kebab(_local(graph.value(episode, RDF.type)))
    return ""


def _shift(graph: Graph, case: Node, *, settled: bool) -> str:
    shift = graph.value(case, _aa("hasShift"))
    if shift is None:
        return NONE if settled else UNDETERMINED
    ends = [graph.value(graph.value(shift, _aa(end)), RDF.type) for end in ("from", "to")]
    return "shift-" + "-to-".join(_kebab(_local(end)).removesuffix("-alliance") for end in ends)


def _in_order(graph: Graph, case: Node, relation: str) -> list[Node]:
    return sorted(
        graph.objects(case, _aa(relation)),
        key=lambda part: (int(str(graph.value(part, _aa("order")) or 0)), str(part)),
    )


def _claims(graph: Graph, thing: Node) -> tuple[str, ...]:
    return tuple(sorted(str(claim) for claim in graph.objects(thing, DCTERMS.references)))


def _text(graph: Graph, thing: Node, relation: URIRef) -> str:
    return str(graph.value(thing, relation) or "")


def _local(iri: Node | None) -> str:
    return str(iri or "").rpartition("/")[2]


def _kebab(name: str) -> str:
    """Give the concept's name for that of a class: MagicalAlliance is magical-alliance."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
