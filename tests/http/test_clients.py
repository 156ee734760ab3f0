"""The endpoint as the programs that scholars have ask it, with the requests they really send."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import SPARQLWrapper
from rdflib import RDF, RDFS, SKOS, Graph, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import SPARQLWrapper as Wrapper

CONCEPT = "https://w3id.org/alliance-atlas/concept/"
ALLIANCE = URIRef(CONCEPT + "magical-alliance")
LABEL = "magical alliance"
PREFIXES = """
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX aa: <https://w3id.org/alliance-atlas/ontology/>
PREFIX concept: <https://w3id.org/alliance-atlas/concept/>
"""
SELECT = PREFIXES + "SELECT ?label WHERE { concept:magical-alliance skos:prefLabel ?label }"
ASK = PREFIXES + "ASK { concept:magical-alliance a skos:Concept }"
CONSTRUCT = PREFIXES + "CONSTRUCT WHERE { concept:magical-alliance skos:prefLabel ?label }"
DESCRIBE = PREFIXES + "DESCRIBE concept:magical-alliance"


class TestSparqlWrapper:
    """It asks by Accept, and adds format, output and results, with names of its own."""

    @pytest.fixture(params=["get", "form", "body"])
    def wrapper(self, address: str, request: pytest.FixtureRequest) -> Wrapper:
        wrapper = Wrapper(f"{address}/sparql")
        wrapper.setMethod("GET" if request.param == "get" else "POST")
        wrapper.setRequestMethod("postdirectly" if request.param == "body" else "urlencoded")
        return wrapper

    def test_json(self, wrapper: Wrapper) -> None:
        wrapper.setQuery(SELECT)
        wrapper.setReturnFormat(SPARQLWrapper.JSON)
        found = wrapper.queryAndConvert()
        assert [row["label"]["value"] for row in found["results"]["bindings"]] == [LABEL]
        wrapper.setQuery(ASK)
        assert wrapper.queryAndConvert()["boolean"] is True

    def test_xml(self, wrapper: Wrapper) -> None:
        wrapper.setQuery(SELECT)
        wrapper.setReturnFormat(SPARQLWrapper.XML)
        document = wrapper.queryAndConvert()
        (literal,) = document.getElementsByTagName("literal")
        assert literal.firstChild.data == LABEL

    @pytest.mark.parametrize("name", ["csv", "tsv"])
    def test_tables(self, wrapper: Wrapper, name: str) -> None:
        wrapper.setQuery(SELECT)
        wrapper.setReturnFormat(name)
        assert LABEL in wrapper.queryAndConvert().decode()

    @pytest.mark.parametrize("name", ["turtle", "n3", "xml", "rdf+xml", "json-ld"])
    @pytest.mark.parametrize("query", [CONSTRUCT, DESCRIBE], ids=["construct", "describe"])
    def test_graphs(self, wrapper: Wrapper, query: str, name: str) -> None:
        wrapper.setQuery(query)
        wrapper.setReturnFormat(name)
        answer = wrapper.query()
        body = answer.response.read()
        media_type = answer.info()["content-type"].partition(";")[0]
        graph = Graph().parse(data=body, format=media_type)
        assert str(graph.value(ALLIANCE, SKOS.prefLabel)) == LABEL

    def test_an_error_is_told(self, wrapper: Wrapper) -> None:
        wrapper.setQuery("SELECT ?s WHERE { ?s ?p }")
        wrapper.setReturnFormat(SPARQLWrapper.JSON)
        with pytest.raises(SPARQLWrapper.SPARQLExceptions.QueryBadFormed):
            wrapper.query()


class TestRdflib:
    @pytest.fixture(params=["GET", "POST", "POST_FORM"])
    def graph(self, address: str, request: pytest.FixtureRequest) -> Graph:
        return Graph(SPARQLStore(f"{address}/sparql", method=request.param))

    def test_queries(self, graph: Graph) -> None:
        assert [str(row[0]) for row in graph.query(SELECT)] == [LABEL]
        assert bool(graph.query(ASK)) is True

    def test_triples(self, graph: Graph) -> None:
        assert str(graph.value(ALLIANCE, SKOS.prefLabel)) == LABEL
        assert (ALLIANCE, RDF.type, SKOS.Concept) in graph


class TestCurl:
    @pytest.fixture
    def run(self, address: str) -> object:
        program = shutil.which("curl")
        if not program:
            # on somebody's laptop it may be missing; where every change is judged it may not
            pytest.fail("no curl here") if os.environ.get("CI") else pytest.skip("no curl here")

        def run(*options: str) -> str:
            url = f"{address}/sparql"
            done = subprocess.run(
                [program, "-sS", "--fail", *options, url],
                capture_output=True,
                text=True,
                timeout=30,
                check=True,
            )
            return done.stdout

        return run

    def test_get_form_and_body(self, run: object, tmp_path: Path) -> None:
        path = tmp_path / "query.rq"
        path.write_text(SELECT)
        wanted = ["-H", "Accept: text/csv"]
        for options in (
            ["-G", "--data-urlencode", f"query={SELECT}"],
            ["--data-urlencode", f"query@{path}"],
            ["-H", "Content-Type: application/sparql-query", "--data-binary", f"@{path}"],
        ):
            assert run(*wanted, *options).splitlines() == ["label", LABEL]  # type: ignore[operator]

    def test_compressed(self, run: object) -> None:
        query = "SELECT ?s WHERE { ?s ?p ?o } LIMIT 500"
        options = ["-G", "--data-urlencode", f"query={query}", "-H", "Accept: text/csv"]
        plain = run(*options)  # type: ignore[operator]
        assert run("--compressed", *options) == plain  # type: ignore[operator]
        assert len(plain.splitlines()) == 501


def test_pandas_reads_a_table_from_an_address(address: str) -> None:
    # read_csv opens the address as urllib does, without an Accept header
    url = f"{address}/sparql?{urlencode({'query': SELECT, 'format': 'csv'})}"
    with urllib.request.urlopen(url) as answer:
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.TextIOWrapper(answer, encoding="utf-8")))
    assert rows == [{"label": LABEL}]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/csv", "text/csv"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("application/sparql-results+json", "application/sparql-results+json"),
        # httr and jsonlite
        ("application/json, text/xml, application/xml, */*", "application/sparql-results+json"),
        ("text/csv, */*;q=0.1", "text/csv"),
    ],
)
def test_packages_for_r(client: httpx.Client, accept: str, media_type: str) -> None:
    answer = client.get("/sparql", params={"query": SELECT}, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert LABEL in answer.text


class TestYasgui:
    """A page of another origin: a form by POST, with the browser's headers."""

    ORIGIN = "https://yasgui.example"
    HEADERS = {  # noqa: RUF012
        "Origin": ORIGIN,
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "Sec-Fetch-Mode": "cors",
    }

    @pytest.mark.parametrize(
        ("query", "accept", "media_type"),
        [
            (
                SELECT,
                "application/sparql-results+json,*/*;q=0.9",
                "application/sparql-results+json",
            ),
            (ASK, "application/sparql-results+json,*/*;q=0.9", "application/sparql-results+json"),
            (CONSTRUCT, "application/n-triples,*/*;q=0.9", "application/n-triples"),
            (DESCRIBE, "text/turtle,*/*;q=0.9", "text/turtle"),
            (SELECT, "text/csv,*/*;q=0.9", "text/csv"),
        ],
    )
    def test_a_query(self, client: httpx.Client, query: str, accept: str, media_type: str) -> None:
        headers = {**self.HEADERS, "Accept": accept}
        answer = client.post("/sparql", data={"query": query}, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == media_type
        assert answer.headers["access-control-allow-origin"] in {"*", self.ORIGIN}

    def test_an_error_can_be_read(self, client: httpx.Client) -> None:
        headers = {**self.HEADERS, "Accept": "application/sparql-results+json,*/*;q=0.9"}
        answer = client.post("/sparql", data={"query": "SELECT"}, headers=headers)
        assert answer.status_code == 400
        assert answer.headers["access-control-allow-origin"] in {"*", self.ORIGIN}

    def test_its_completion_asks_for_classes_and_properties(self, client: httpx.Client) -> None:
        for query in (
            "SELECT DISTINCT ?class { [] a ?class } ORDER BY ?class LIMIT 1000",
            "SELECT DISTINCT ?p { [] ?p [] } ORDER BY ?p LIMIT 1000",
        ):
            answer = client.post("/sparql", data={"query": query}, headers=self.HEADERS)
            assert len(answer.json()["results"]["bindings"]) > 50


class TestInception:
    """A remote knowledge base, as INCEpTION puts its queries together, without full-text search.

    It finds out which properties are labels by a path that may have no length, from a variable to
    the property: an engine that looks only at what is a node of the graph finds nothing, unless
    the property is one.
    """

    #: What RDF4J, which INCEpTION asks by, accepts.
    ACCEPT = (
        "application/sparql-results+xml;q=0.8, application/sparql-results+json, "
        "application/x-binary-rdf-results-table, text/tab-separated-values;q=0.8, text/csv;q=0.8"
    )
    IN_LANGUAGE = 'LANGMATCHES(LANG({0}), "en") || LANG({0}) = ""'
    CLASSES = """FILTER EXISTS {
      { ?subj a owl:Class } UNION { [] rdfs:subClassOf ?subj } UNION { ?subj rdfs:subClassOf [] }
      UNION { ?subj owl:intersectionOf/rdf:rest*/rdf:first [] } }"""

    def ask(self, client: httpx.Client, query: str) -> list[dict[str, str]]:
        headers = {
            "Accept": self.ACCEPT,
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        }
        fields = {"query": PREFIXES + query, "infer": "true"}
        answer = client.post("/sparql", data=fields, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/sparql-results+json"
        return [
            {name: term["value"] for name, term in row.items()}
            for row in answer.json()["results"]["bindings"]
        ]

    @pytest.mark.parametrize(
        "name", ["rdfs:label", "skos:prefLabel", "skos:altLabel", "skos:definition"]
    )
    def test_a_property_is_found_by_a_path_without_length(
        self, client: httpx.Client, name: str
    ) -> None:
        rows = self.ask(client, f"SELECT ?p WHERE {{ ?p rdfs:subPropertyOf* {name} }}")
        assert name.partition(":")[2] in {row["p"].rpartition("#")[2] for row in rows}

    def test_the_top_of_the_tree(self, client: httpx.Client) -> None:
        rows = self.ask(
            client,
            f"""SELECT DISTINCT ?subj ?label WHERE {{
              {{ {{ ?subj a owl:Class }} UNION {{ [] rdfs:subClassOf ?subj }}
                FILTER NOT EXISTS {{
                  {{ ?subj rdfs:subClassOf ?other FILTER(?subj != ?other) }}
                  UNION {{ ?subj owl:intersectionOf [] }} }}
                {self.CLASSES} }}
              OPTIONAL {{ ?p rdfs:subPropertyOf* rdfs:label }}
              OPTIONAL {{ {{ ?subj ?p ?label FILTER({self.IN_LANGUAGE.format("?label")}) }} }}
            }} LIMIT 2000""",
        )
        labelled = {row["subj"]: row.get("label") for row in rows if row["subj"].startswith("http")}
        assert labelled["https://w3id.org/alliance-atlas/ontology/Case"] == "case"
        ours = {name for name in labelled if "alliance-atlas" in name}
        assert len(ours) > 20
        assert all(labelled[name] for name in ours)

    def test_below_a_concept(self, client: httpx.Client) -> None:
        rows = self.ask(
            client,
            f"""SELECT DISTINCT ?subj ?label WHERE {{
              {{ {{ ?subj skos:broader+ concept:alliance }} }}
              OPTIONAL {{ ?p rdfs:subPropertyOf* skos:prefLabel }}
              OPTIONAL {{ {{ ?subj ?p ?label FILTER({self.IN_LANGUAGE.format("?label")}) }} }}
            }} LIMIT 2000""",
        )
        assert LABEL in {row["label"] for row in rows}
        assert len(rows) > 5

    def test_above_a_concept(self, client: httpx.Client) -> None:
        rows = self.ask(
            client,
            """SELECT DISTINCT ?subj WHERE {
              { concept:magical-alliance skos:broader+ ?subj }
              UNION { concept:magical-alliance rdf:type/skos:broader* ?subj }
            } LIMIT 2000""",
        )
        assert CONCEPT + "alliance" in {row["subj"] for row in rows}

    @pytest.mark.parametrize("label", [f'"{LABEL}"@en', '"magical psychotherapeutic alliance"@en'])
    def test_a_concept_by_its_whole_label(self, client: httpx.Client, label: str) -> None:
        rows = self.ask(
            client,
            f"""SELECT DISTINCT ?m ?subj WHERE {{
              {{ {{ ?pm rdfs:subPropertyOf* skos:prefLabel }}
                UNION {{ ?pm rdfs:subPropertyOf* skos:altLabel }}
                VALUES ?m {{ {label} {label.partition("@")[0]} }}
                ?subj ?pm ?m }}
              {{ ?subj a skos:Concept }}
            }} LIMIT 2000""",
        )
        assert str(ALLIANCE) in {row["subj"] for row in rows}

    def test_concepts_by_the_beginning_of_a_label(self, client: httpx.Client) -> None:
        rows = self.ask(
            client,
            f"""SELECT DISTINCT ?m ?subj ?d WHERE {{
              {{ ?subj a skos:Concept }}
              {{ ?pm rdfs:subPropertyOf* skos:prefLabel }}
              {{ ?subj ?pm ?m FILTER((REGEX(STR(?m), "^magical\\\\s+all.*", "i")
                   && ({self.IN_LANGUAGE.format("?m")}))) }}
              OPTIONAL {{ {{ ?subj skos:definition ?d FILTER({self.IN_LANGUAGE.format("?d")}) }} }}
            }} LIMIT 2000""",
        )
        assert [(row["subj"], row["m"]) for row in rows if row["m"] == LABEL] == [
            (str(ALLIANCE), LABEL)
        ]
        assert all(row["d"] for row in rows)

    @pytest.mark.parametrize("words", [["alliance", "magical"], ["gical"]])
    def test_concepts_by_words_of_a_label(self, client: httpx.Client, words: list[str]) -> None:
        pattern = "".join(f"(?=.*{word})" for word in words)
        rows = self.ask(
            client,
            f"""SELECT DISTINCT ?m ?subj WHERE {{
              {{ ?subj a skos:Concept }}
              {{ ?pm rdfs:subPropertyOf* skos:prefLabel }}
              {{ ?subj ?pm ?m FILTER((REGEX(STR(?m), "{pattern}", "i")
                   && ({self.IN_LANGUAGE.format("?m")}))) }}
            }} LIMIT 2000""",
        )
        assert str(ALLIANCE) in {row["subj"] for row in rows}

    def test_properties_with_domain_and_range(self, client: httpx.Client) -> None:
        rows = self.ask(
            client,
            """SELECT DISTINCT ?subj ?range ?domain WHERE {
              { ?subj a owl:ObjectProperty } UNION { ?subj rdfs:subClassOf+ owl:ObjectProperty }
              UNION { [] rdfs:subPropertyOf ?subj } UNION { ?subj rdfs:subPropertyOf [] }
              OPTIONAL { ?subj rdfs:range ?range } OPTIONAL { ?subj rdfs:domain ?domain }
            } LIMIT 2000""",
        )
        assert sum(1 for row in rows if "domain" in row) > 20

    def test_every_class_has_a_label(self, client: httpx.Client) -> None:
        """What has none is not shown in the tree."""
        query = f"""SELECT ?c WHERE {{ ?c a owl:Class FILTER isIRI(?c)
          FILTER NOT EXISTS {{ ?c <{RDFS.label}> ?l FILTER LANGMATCHES(LANG(?l), "en") }} }}"""
        assert self.ask(client, query) == []
