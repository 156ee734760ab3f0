"""What holds for any case.

Order of statements and names of nameless things do not matter; a case made of what the rules allow
conforms, and one with one thing changed breaks the rule of that thing and no other.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import DCTERMS, RDF, RDFS, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.errors import StoreError
from kg.ingest import read_case
from kg.namespaces import PREFIXES
from kg.report import Finding, Report
from kg.validation import Validator, default_validator

HERE = Path(__file__).parent
AA = PREFIXES["aa"]


def essence(report: Report, names: dict[Node, Node]) -> set[tuple[object, ...]]:
    """Give what is found, under the names that things had before."""

    def told(finding: Finding) -> tuple[object, ...]:
        focus = names.get(finding.focus, finding.focus)
        value = names.get(finding.value, finding.value) if finding.value is not None else None
        return finding.shape, finding.severity, focus, finding.path, value, finding.message

    return {told(finding) for finding in report.findings}


@pytest.fixture(scope="module")
def broken() -> list[tuple[Node, Node, Node]]:
    """A case with several mistakes, in which half of the things are nameless."""
    names = ("R12-n5", "R16-no-channel", "S-known-terms-signal", "S-session-number")
    triples = {
        triple
        for name in names
        for triple in read_case(
            (HERE / "invalid" / f"{name}.ttl").read_bytes(), media_type="text/turtle"
        )
    }
    things = sorted({s for s, _, _ in triples if "/case/" in str(s)})
    nameless = {thing: BNode(f"n{n}") for n, thing in enumerate(things) if n % 2}
    return sorted((nameless.get(s, s), p, nameless.get(o, o)) for s, p, o in triples)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_order_and_names_of_nameless_things_do_not_matter(
    validator: Validator, broken: list[tuple[Node, Node, Node]], data: st.DataObject
) -> None:
    plain = Graph(store="SimpleMemory")
    for triple in broken:
        plain.add(triple)
    expected = essence(validator.validate_graph(plain), {})
    assert len(expected) > 4

    nameless = sorted({node for triple in broken for node in triple if isinstance(node, BNode)})
    assert nameless
    renamed = dict(zip(nameless, data.draw(st.permutations(nameless)), strict=True))
    changed = Graph(store="SimpleMemory")
    for s, p, o in data.draw(st.permutations(broken)):
        changed.add((renamed.get(s, s), p, renamed.get(o, o)))
    back = {new: old for old, new in renamed.items()}
    assert essence(validator.validate_graph(changed), back) == expected


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_case_that_lacks_a_statement_never_breaks_the_validator(
    validator: Validator, data: st.DataObject
) -> None:
    case = read_case((HERE / "valid" / "complete.ttl").read_bytes(), media_type="text/turtle")
    triples = sorted(case)
    lacking = data.draw(st.sampled_from(triples))
    case.remove(lacking)
    report = validator.validate_graph(case)
    assert report.verdict in ("conforms", "warnings", "violates")
    if lacking == (URIRef("https://example.org/case/b"), RDF.type, URIRef(AA + "Case")):
        assert [finding.rule for finding in report.findings] == ["S-has-case"]


def aa(name: str) -> URIRef:
    return URIRef(AA + name)


def concept(name: str) -> URIRef:
    return URIRef(PREFIXES["concept"] + name)


def thing(name: str) -> URIRef:
    return URIRef(f"https://example.org/case/{name}")


KINDS = {
    "magical": "MagicalAlliance",
    "structuralizing": "StructuralizingAlliance",
    "therapeutic": "TherapeuticAlliance",
    "working": "WorkingAlliance",
}
# signal types with a channel that fits; none of them is relief
SIGNS = [
    ("visits-grow-longer", "attendance"),
    ("shares-more-of-self", "speech"),
    ("asks-for-regular-self-exploration", "speech"),
    ("image-of-release-from-cage", "image"),
]


@st.composite
def conforming(draw: st.DrawFn) -> Graph:
    """Make a case of one to five episodes, with whatever else the rules let it have."""
    graph = Graph(store="SimpleMemory")
    case, client, therapist = thing("b"), thing("client"), thing("therapist")

    def say(subject: Node, **values: object) -> None:
        for name, value in values.items():
            for each in value if isinstance(value, list) else [value]:
                node = each if isinstance(each, URIRef) else Literal(each)
                graph.add((subject, RDF.type if name == "a" else aa(name), node))

    def observe(name: str, **more: object) -> URIRef:
        signal, channel = draw(st.sampled_from(SIGNS))
        values: dict[str, object] = {
            "a": aa("Observation"),
            "signalType": URIRef(PREFIXES["signal"] + signal),
            "channel": concept(channel),
            "exhibitedBy": draw(st.sampled_from([client, therapist])),
            "polarity": concept(draw(st.sampled_from(["supports", "mixed"]))),
            "certainty": concept(draw(st.sampled_from(["asserted", "hedged", "inferred"]))),
            "locator": name,
        }
        say(thing(name), **(values | more))
        say(case, hasObservation=thing(name))
        return thing(name)

    say(case, a=aa("Case"), hasClient=client, hasTherapist=therapist)
    graph.add((case, RDFS.label, Literal("a case", lang="en")))
    say(client, a=aa("Person"))
    say(therapist, a=aa("Person"))
    kinds = draw(st.lists(st.sampled_from(["magical", "therapeutic", "working"]), max_size=4))
    if "therapeutic" in kinds and draw(st.booleans()):
        kinds.append("structuralizing")
    kinds = kinds or ["magical"]
    with_sessions, with_order = draw(st.booleans()), draw(st.booleans())
    both = [client, therapist]
    for place, kind in enumerate(kinds, 1):
        episode = thing(f"episode/{place}")
        say(case, hasEpisode=episode)
        say(episode, a=aa(KINDS[kind]))
        if with_order or not with_sessions:
            say(episode, order=place)
        if with_sessions:
            for number in (place, place + 1):
                session = thing(f"session/{number}")
                say(case, hasSession=session)
                say(session, a=aa("Session"), order=number, sessionNumber=2 * number)
            say(episode, startsIn=thing(f"session/{place}"), endsIn=thing(f"session/{place + 1}"))
        if kind == "magical":
            variant = draw(st.sampled_from(["world-change", "instant-change"]))
            say(episode, magicalVariant=concept(variant), engagesSelfAgency=False)
        elif kind == "working":
            say(
                episode,
                hasGoal=concept(draw(st.sampled_from(["reaching-a-decision", "self-exploration"]))),
            )
        elif kind == "therapeutic":
            say(episode, agreedBy=both, targetsTransference=concept("mirror-hunger"))
            say(episode, targetsLayer=concept("nuclear-self-organization"))
            say(episode, guarantees=concept("guaranteed-alliance"))
            change = concept("symptom-change")
            observe(f"change/{place}", inEpisode=episode, channel=change)
        else:
            say(episode, agreedBy=both, hasGoal=concept("permanence-of-gains-goal"))
        if place > 1:
            before = thing(f"episode/{place - 1}")
            where = {"inSession": thing(f"session/{place}")} if with_sessions else {}
            signs = [observe(f"sign/{place}", inEpisode=before, **where)]
            if draw(st.booleans()):
                relief = URIRef(PREFIXES["signal"] + "early-relief")
                signs.append(observe(f"relief/{place}", inEpisode=before, signalType=relief))
            shift = thing(f"shift/{place}")
            say(case, hasShift=shift)
            say(shift, **{"a": aa("Shift"), "from": before, "to": episode, "indicatedBy": signs})
    if draw(st.booleans()):
        say(case, hasBond=thing("bond"))
        say(thing("bond"), a=aa("IdealizingTransference"), agentOfChange=client)
    if draw(st.booleans()):
        say(case, hasOutcome=thing("outcome"))
        say(thing("outcome"), a=aa("Outcome"), ofConcept=concept("failure-of-psychotherapy"))
        say(thing("outcome"), judgedBy=therapist, assumedAlliance=concept("working-alliance"))
    if draw(st.booleans()):
        say(case, hasJudgement=[thing("first"), thing("later")])
        say(thing("first"), a=aa("Judgement"), order=1, revisedBy=thing("later"))
        say(thing("first"), certainty=concept("reported-then-revised"))
        say(thing("later"), a=aa("Judgement"), order=2)
    if draw(st.booleans()):
        say(thing("citation"), a=aa("Citation"), citedPages="75", locator="line 3")
        say(thing("citation"), citedWork=thing("work"), citationIntent=thing("intent"))
    return graph


def swap(name: str, value: Node | None, *, of: str) -> Callable[[Graph], None]:
    """Put another value in place of a property's values, or none, on all things of a class."""

    def change(case: Graph) -> None:
        for each in list(case.subjects(RDF.type, aa(of))):
            case.remove((each, aa(name), None))
            if value is not None:
                case.add((each, aa(name), value))

    return change


def shows_no_change(case: Graph) -> None:
    """Leave no sign that shows in symptoms or in what is told of them, by itself or its type."""
    swap("channel", concept("enactment"), of="Observation")(case)
    for sign in list(case.subjects(aa("signalType"), URIRef(PREFIXES["signal"] + "early-relief"))):
        case.set((sign, aa("signalType"), URIRef(PREFIXES["signal"] + "visits-grow-longer")))


def rests_on_relief(case: Graph) -> None:
    for sign in list(case.objects(None, aa("indicatedBy"))):
        case.set((sign, aa("signalType"), URIRef(PREFIXES["signal"] + "calm-after-prayer")))


def serves_another_case(case: Graph) -> None:
    other = thing("other")
    case.add((other, RDF.type, aa("Case")))
    case.add((other, RDFS.label, Literal("a case")))
    case.add((other, aa("hasClient"), thing("client")))
    case.add((other, aa("noEpisodeReason"), Literal("none is told of")))


def goes_nowhere(case: Graph) -> None:
    for episode in list(case.subjects(RDF.type, aa("MagicalAlliance"))):
        case.add((thing("b"), aa("hasNonMovement"), thing("stalled")))
        case.add((thing("stalled"), RDF.type, aa("NonMovement")))
        case.add((thing("stalled"), aa("from"), episode))


def interprets(case: Graph) -> None:
    case.add((thing("b"), aa("hasIntervention"), thing("act")))
    case.add((thing("act"), RDF.type, aa("Intervention")))
    case.add((thing("act"), aa("ofConcept"), concept("interpret-idealizing-transference")))


def idealizes_twice(case: Graph) -> None:
    case.add((thing("bond"), RDF.type, aa("DefensiveIdealization")))


# For each rule: what must be there for it to be broken, and how it is.
BREACHES: dict[str, tuple[str, Callable[[Graph], None]]] = {
    "R01": ("IdealizingTransference", idealizes_twice),
    "R02": (
        "IdealizingTransference",
        swap("agentOfChange", concept("world"), of="IdealizingTransference"),
    ),
    "R03": ("MagicalAlliance", swap("engagesSelfAgency", Literal(True), of="MagicalAlliance")),
    "R04": ("MagicalAlliance", swap("magicalVariant", None, of="MagicalAlliance")),
    "R05": ("TherapeuticAlliance", swap("agreedBy", thing("client"), of="TherapeuticAlliance")),
    "R06": ("TherapeuticAlliance", swap("targetsLayer", None, of="TherapeuticAlliance")),
    "R07": (
        "TherapeuticAlliance",
        swap("hasGoal", concept("preserving-status-quo"), of="TherapeuticAlliance"),
    ),
    "R08": ("WorkingAlliance", swap("hasGoal", concept("nuclear-repair"), of="WorkingAlliance")),
    "R09": ("StructuralizingAlliance", shows_no_change),
    "R10": (
        "StructuralizingAlliance",
        swap("hasGoal", concept("feeling-safer"), of="StructuralizingAlliance"),
    ),
    "R11": ("Shift", swap("indicatedBy", None, of="Shift")),
    "R12": ("Shift", rests_on_relief),
    "R13": ("MagicalAlliance", goes_nowhere),
    "R14": ("Case", interprets),
    "R15": ("Outcome", swap("judgedBy", None, of="Outcome")),
    "R16": ("Observation", swap("certainty", None, of="Observation")),
    "R17": (
        "TherapeuticAlliance",
        swap("guarantees", concept("nuclear-repair"), of="TherapeuticAlliance"),
    ),
    "R18": ("Case", serves_another_case),
    "R19": ("Judgement", swap("order", None, of="Judgement")),
    "R20": ("Citation", swap("citedWork", None, of="Citation")),
}


@pytest.mark.parametrize("rule", BREACHES)
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_breach_is_one_rule(validator: Validator, rule: str, data: st.DataObject) -> None:
    needed, breach = BREACHES[rule]

    def breakable(case: Graph) -> bool:
        unmoved = set(case.subjects(RDF.type, aa("MagicalAlliance"))) - set(
            case.objects(None, aa("from"))
        )
        return (None, RDF.type, aa(needed)) in case and (rule != "R13" or bool(unmoved))

    case = data.draw(conforming().filter(breakable))
    assert [finding.message for finding in validator.validate_graph(case).findings] == []
    breach(case)
    report = validator.validate_graph(case)
    assert {finding.rule for finding in report.findings} == {rule}


def test_threads_share_a_validator(validator: Validator) -> None:
    paths = [*(HERE / "invalid").glob("R1*.ttl"), *(HERE / "valid").glob("v*.ttl")]
    assert len(paths) > 20

    def run(path: Path) -> set[tuple[object, ...]]:
        return essence(validator.validate(path.read_bytes(), media_type="text/turtle"), {})

    one_by_one = [run(path) for path in paths]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, paths)) == one_by_one


def test_validation_leaves_vocabulary_and_case_as_they_are(validator: Validator) -> None:
    sizes = len(validator.vocabulary), len(validator.shapes)
    case = read_case((HERE / "invalid" / "S-own-terms.ttl").read_bytes(), media_type="text/turtle")
    before = set(case)
    validator.validate_graph(case)
    assert (len(validator.vocabulary), len(validator.shapes)) == sizes
    assert set(case) == before


def test_without_a_release_the_default_validator_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("kg.validation.release_dir", lambda: tmp_path)
    default_validator.cache_clear()
    with pytest.raises(StoreError, match="alliance build"):
        default_validator()
    default_validator.cache_clear()


def test_one_rater_may_say_much(validator: Validator) -> None:
    """What is compared with what must not grow by pairs, or a long case is refused."""
    case = read_case((HERE / "valid" / "complete.ttl").read_bytes(), media_type="text/turtle")
    first = thing("observation/1")
    values = list(case.predicate_objects(first))
    for number in range(3, 200):
        observation = thing(f"observation/{number}")
        case.add((thing("b"), aa("hasObservation"), observation))
        for predicate, value in values:
            case.add((observation, predicate, value))
        case.set((observation, aa("locator"), Literal(f"note {number}")))
        case.add((observation, DCTERMS.creator, thing("rater")))
    report = validator.validate_graph(case)
    assert report.verdict == "conforms"
    assert report.checked["observations"] == 199
