"""What is told of a query from its text, and values put into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import InputError
from kg.model import Iri, Literal, Node, Term
from kg.query_text import outline, refuse_dialect, with_values, write_term
from kg.store import OxigraphStore
from kg.virtuoso import refuse_computed_exists

STORE = OxigraphStore()
STORE.load(b"<http://x/a> <http://x/p> <http://x/b> .\n")

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
hostile = st.text(st.sampled_from("\"'\\}{#>< \n\r\t?.aé\U0001f600"))
literals = st.one_of(
    st.builds(Literal, texts | hostile),
    st.builds(Literal, texts | hostile, st.sampled_from(["en", "de-ch"])),
    st.builds(Literal, hostile, datatype=st.just("http://x/type")),
)


@given(literals)
def test_a_literal_is_read_as_it_was_written(term: Literal) -> None:
    query = "SELECT ?v WHERE { <http://x/a> ?p ?o BIND (?given AS ?v) }"
    ((found,),) = STORE.select(with_values(query, {"given": term})).rows
    assert isinstance(found, Literal)
    assert (found.value, found.language) == (term.value, term.language)
    if term.language is None:
        assert found.datatype == term.datatype


@given(st.one_of(texts, hostile))
def test_an_iri_is_one_term_or_refused(text: str) -> None:
    query = "SELECT ?s WHERE { ?s ?p ?o }"
    try:
        found = STORE.select(with_values(query, {"s": Iri("http://x/none/" + text)}))
    except InputError:
        # here, or by the engine, which knows more of IRIs
        return
    assert not found.rows


@pytest.mark.parametrize(
    "term",
    [
        Node("b"),
        Iri("relative"),
        Iri(""),
        Literal("x", "en> } #"),
        Literal("x", datatype="no iri"),
        Literal("\ud800"),
    ],
)
def test_what_cannot_be_written_is_refused(term: Term) -> None:
    with pytest.raises(InputError):
        write_term(term)


@pytest.mark.parametrize(
    ("query", "form", "dataset"),
    [
        ("SELECT * { ?s ?p ?o }", "SELECT", False),
        ("# SELECT\nPREFIX x: <http://x/>\nask from <http://x/g> { ?s ?p ?o }", "ASK", True),
        ("BASE <http://x/> CONSTRUCT { ?s ?p ?o } FROM NAMED <g> WHERE {}", "CONSTRUCT", True),
        ("SELECT ?from { ?from x:FROM 'FROM' }", "SELECT", False),
        ("DESCRIBE <http://x/a>", "DESCRIBE", False),
        ("INSERT DATA { }", "", False),
        ("", "", False),
    ],
)
def test_form_and_dataset_are_seen(query: str, form: str, dataset: bool) -> None:
    found = outline(query)
    assert (found.form, found.has_dataset) == (form, dataset)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?s (EXISTS { ?s ?q ?x } AS ?e) WHERE { ?s ?p ?o }",
        "SELECT ?s { ?s ?p ?o }",
        "SELECT ?s WHERE { { SELECT ?s { ?s ?p ?o } } }",
        "SELECT ?s WHERE { ?s ?p ?o } GROUP BY ?s ORDER BY MIN(?o)",
    ],
)
def test_values_restrict_the_pattern(query: str) -> None:
    for iri, count in (("http://x/a", 1), ("http://x/z", 0)):
        assert len(STORE.select(with_values(query, {"s": Iri(iri)}))) == count


def test_values_go_into_every_form() -> None:
    bound = {"s": Iri("http://x/a")}
    assert STORE.ask(with_values("ASK { ?s ?p ?o }", bound))
    for query in ("DESCRIBE ?s", "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"):
        body = STORE.construct(with_values(query, bound), media_type="application/n-triples")
        assert body.startswith(b"<http://x/a>")
    with pytest.raises(InputError, match="no pattern"):
        with_values("CONSTRUCT WHERE { ?s ?p ?o }", bound)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?s ?p ?o } ; DROP ALL",
        "DEFINE get:soft 'soft' SELECT * { ?s ?p ?o }",
        "SELECT (bif:system('x') AS ?x) {}",
        "SELECT (<sql:f>('x') AS ?x) {}",
        "SELECT * { ?s ?p '\\u0022 } # ' }",
        "SELECT * { ?s ?p ?o OPTION (TRANSITIVE) }",
    ],
)
def test_what_only_one_engine_understands_is_refused(query: str) -> None:
    with pytest.raises(InputError) as caught:
        refuse_dialect(query)
    assert caught.value.line == 1
    assert caught.value.column


@pytest.mark.parametrize(
    "query",
    [
        "PREFIX e: <http://x/> SELECT DISTINCT ?s { ?s e:a\\,DROP 'INSERT', 1.5e3, true, 'x'@en }",
        "SELECT ?s { ?s a ?t FILTER (REGEX(?t, '\\\\u00e9', 'i') && ?t NOT IN (1, 2)) } # DROP",
        "SELECT (GROUP_CONCAT(?t; SEPARATOR=', ') AS ?x) { ?s ?p ?t VALUES ?t { UNDEF } }",
    ],
)
def test_the_standards_words_are_taken(query: str) -> None:
    refuse_dialect(query)


@pytest.mark.parametrize(
    ("query", "computed"),
    [
        ("SELECT (EXISTS { ?s ?p ?o } AS ?x) {}", True),
        ("SELECT * { ?s ?p ?o BIND (EXISTS { ?o ?p ?s } AS ?x) }", True),
        ("SELECT * { ?s ?p ?o BIND (IF(NOT EXISTS { ?o ?p ?s }, 1, 2) AS ?x) }", True),
        ("SELECT * { FILTER EXISTS { ?s ?p ?o BIND (EXISTS { ?o ?p ?s } AS ?x) } }", True),
        ("SELECT * { ?s ?p ?o FILTER EXISTS { ?o ?p ?s } }", False),
        ("SELECT * { ?s ?p ?o FILTER NOT # EXISTS (\n EXISTS { ?o ?p ?s } }", False),
        ("SELECT * { ?s ?p ?o filter (?s = 1 || not exists { ?o ?p ?s }) }", False),
        ("SELECT ('EXISTS' AS ?exists) { <http://x/EXISTS> ?p ?o }", False),
    ],
)
def test_exists_is_refused_on_virtuoso_only_where_it_is_computed(
    query: str, computed: bool
) -> None:
    if computed:
        with pytest.raises(InputError, match="OPTIONAL with BOUND") as caught:
            refuse_computed_exists(query)
        assert caught.value.column == query.rindex("EXISTS") + 1
    else:
        refuse_computed_exists(query)
