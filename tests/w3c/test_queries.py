"""Every W3C test of query evaluation and syntax, put to our store and read back by rdflib.

A test passes, or ``deviations.toml`` says what it does instead and why. Both ways a surprise fails.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

from kg.errors import InputError, StoreError
from kg.query_guard import Limits, check_query
from kg.store import GRAPH_TYPES, RESULT_TYPES, OxigraphStore
from tests.w3c.results import LEVELS, compare, read
from tests.w3c.suite import PROTOCOL, Case, cases, deviations, files, triples

pytestmark = pytest.mark.suite

CASES = {case.name: case for case in cases()}
DEVIATIONS = deviations()
#: The formats in which an answer is written and read back, by what may be compared with it.
TABLES = ("json", "xml")
GRAPHS = ("ttl", "nt", "rdf", "jsonld")


@pytest.fixture(autouse=True)
def _literals_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep rdflib from making literals uniform, which would hide what we get wrong."""
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)


def test_the_suites_are_there_as_a_whole() -> None:
    assert Counter((name.partition("/")[0], case.kind) for name, case in CASES.items()) == {
        ("sparql10", "QueryEvaluationTest"): 283,
        ("sparql10", "PositiveSyntaxTest"): 149,
        ("sparql10", "NegativeSyntaxTest"): 50,
        ("sparql11", "QueryEvaluationTest"): 232,
        ("sparql11", "PositiveSyntaxTest11"): 66,
        ("sparql11", "NegativeSyntaxTest11"): 40,
        ("sparql11", "CSVResultFormatTest"): 3,
    }


def test_every_deviation_is_of_a_test_and_explained() -> None:
    for name, group in DEVIATIONS.items():
        assert name in CASES or name.startswith(PROTOCOL)
        assert group["outcome"] in {*LEVELS[1:], "refused", "accepted"}
        assert len(group["why"]) > 40


def test_every_kind_of_deviation_is_told_to_readers() -> None:
    text = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text(encoding="utf-8")
    told = {
        key: int(number) for key, number in re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", text, re.M)
    }
    assert told == Counter(group["key"] for group in DEVIATIONS.values())


# rdflib warns of what is no value of its datatype, which is what some tests are about
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", CASES)
def test_w3c(name: str) -> None:
    expected = DEVIATIONS[name]["outcome"] if name in DEVIATIONS else "passes"
    assert outcome(CASES[name]) == expected


def outcome(case: Case) -> str:
    """Tell how a test turns out."""
    negative = case.kind.startswith("Negative")
    # relative IRIs are meant against the query's own address
    query = f"BASE <{case.query}>\n{files()[case.query].decode()}"
    try:
        check_query(query, limits=Limits())
        answers = dict(answer(case, query))
    except StoreError:
        return "refused"
    except InputError:
        return "passes" if negative else "refused"
    if negative:
        return "accepted"
    if case.result is None:
        return "passes"
    expected = read(files()[case.result], case.result.rpartition(".")[2], base=case.result)
    ordered = re.search(r"\bORDER\s+BY\b", query, re.IGNORECASE) is not None
    levels = [
        compare(expected, read(body, suffix), ordered=ordered, lax=case.lax)
        for suffix, body in answers.items()
    ]
    return max(levels, key=LEVELS.index)


def answer(case: Case, query: str) -> Iterator[tuple[str, bytes]]:
    """Answer a test's query in every format that can be compared."""
    store = OxigraphStore()
    named = case.named
    if case.result and not case.data and not named:
        # the query itself names its dataset, which are files beside it
        folder = case.query.rpartition("/")[0] + "/data-"
        named = tuple(name for name in files() if name.startswith(folder))
    for iri, graph in [*((iri, None) for iri in case.data), *((iri, iri) for iri in named)]:
        data = ox.serialize(triples(iri), format=ox.RdfFormat.N_TRIPLES) or b""
        store.load(data, graphs=[graph])
    results = {short: media_type for media_type, short in RESULT_TYPES.items()}
    graphs = {short: media_type for media_type, short in GRAPH_TYPES.items()}
    first = store.answer(query, results=results["json"], graph=graphs["ttl"])
    if first.form == "graph":
        for suffix in GRAPHS:
            got = store.answer(query, results=results["json"], graph=graphs[suffix])
            yield suffix, got.body
    else:
        wanted = (case.result or "").rpartition(".")[2]
        for suffix in (wanted,) if wanted in {"csv", "tsv"} else TABLES:
            yield suffix, store.answer(query, results=results[suffix], graph="").body
