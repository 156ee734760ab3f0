"""The W3C tests of the protocol and the service description, over HTTP against our application."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pyoxigraph as ox
import pytest
import uvicorn
from rdflib import RDF, Graph, Namespace, URIRef

from api.app import create_app
from api.settings import Settings
from kg.release import Release
from tests.w3c.suite import DESCRIPTION, MF, PROTOCOL, Nodes, deviations, entries, members, triples

pytestmark = pytest.mark.suite

HT = "http://www.w3.org/2011/http#"
CNT = "http://www.w3.org/2011/content#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
RDFS_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
#: A graph that two requests name and the suite brings no data for.
EMPTY = "http://kasei.us/2009/09/sparql/data/data0.rdf"
ENTRIES = {entry.value.rpartition("#")[2]: (entry, nodes) for entry, nodes in entries(PROTOCOL)}
DEVIATIONS = deviations()
#: How an answer is known to be of a form that a test expects, by its media type.
FORMS = {
    "boolean": {"application/sparql-results+json", "application/sparql-results+xml"},
    "tabular": {"application/sparql-results+json", "text/csv", "text/tab-separated-values"},
    "RDF": {"text/turtle", "application/n-triples", "application/rdf+xml"},
}


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a test, and what it expects.

    :param statuses: the first digits that the status may have.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    statuses: frozenset[str]
    form: str | None
    truth: bool | None


def steps(name: str) -> list[Step]:
    entry, nodes = ENTRIES[name]
    (connection,) = nodes[str(entry), MF + "action"]
    (requests,) = nodes[str(connection), HT + "requests"]
    return [_step(nodes, str(request)) for request in members(nodes, requests)]


def _step(nodes: Nodes, request: str) -> Step:
    def one(subject: object, name: str) -> str | None:
        found = nodes.get((str(subject), name))
        return found[0].value if found else None

    (response,) = nodes[request, HT + "resp"]
    headers = {}
    for head in nodes.get((request, HT + "headers"), []):
        for header in members(nodes, head):
            headers[str(one(header, HT + "fieldName"))] = str(one(header, HT + "fieldValue"))
    body = b""
    for content in nodes.get((request, HT + "body"), []):
        encoding = one(content, CNT + "characterEncoding") or "utf-8"
        body = str(one(content, CNT + "chars")).encode(encoding)
    truth = one(response, MF + "expectedBoolean")
    return Step(
        method=str(one(request, HT + "methodName")),
        path=str(one(request, HT + "absolutePath")).replace("/sparql/", "/sparql", 1),
        headers=headers,
        body=body,
        statuses=frozenset(
            node.value.rpartition("StatusCode")[2][0]
            for node in nodes[str(response), MF + "expectedStatus"]
        ),
        form=one(response, MF + "expectedFormat"),
        truth=None if truth is None else truth == "true",
    )


@pytest.fixture(scope="module")
def client(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server on the graphs of the suite, in place of ours."""
    folder = tmp_path_factory.mktemp("w3c") / "release"
    shutil.copytree(release.folder, folder)
    sizes = {EMPTY: 0}
    quads = []
    for (_, name), found in ENTRIES["query_get"][1].items():
        for graph in found if name == UT + "graphData" else []:
            nodes = ENTRIES["query_get"][1]
            iri = nodes[str(graph), RDFS_LABEL][0].value
            data = triples(nodes[str(graph), UT + "graph"][0].value)
            sizes[iri] = len(data)
            quads += [ox.Quad(t.subject, t.predicate, t.object, ox.NamedNode(iri)) for t in data]
    assert len(sizes) == 4
    (folder / "release.nq").write_bytes(ox.serialize(set(quads), format=ox.RdfFormat.N_QUADS))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps(manifest | {"graphs": sizes}))
    app = create_app(release.store, Settings(release=folder, workers=1))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline, "the server does not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as opened:
        yield opened
    server.should_exit = True
    thread.join(timeout=10)


def test_the_suites_are_there_as_a_whole() -> None:
    assert len(ENTRIES) == 34
    assert sum(len(steps(name)) for name in ENTRIES) == 39
    assert sorted(entry.value.rpartition("#")[2] for entry, _ in entries(DESCRIPTION)) == [
        "conforms-to-schema",
        "has-endpoint-triple",
        "returns-rdf",
    ]
    listed = {name for name in DEVIATIONS if name.startswith(PROTOCOL)}
    assert listed <= {f"{PROTOCOL}#{name}" for name in ENTRIES}


@pytest.mark.parametrize("name", ENTRIES)
def test_w3c(client: httpx.Client, name: str) -> None:
    deviation = DEVIATIONS.get(f"{PROTOCOL}#{name}")
    assert outcome(client, name) == (deviation["outcome"] if deviation else "passes")


def outcome(client: httpx.Client, name: str) -> str:
    """Tell how a test turns out; what changes data is refused before anything else can be seen."""
    for step in steps(name):
        answer = client.request(
            step.method, step.path, headers=step.headers, content=step.body or None
        )
        status = str(answer.status_code)
        if status[0] not in step.statuses:
            return "refused" if status[0] == "4" else f"other answer {status}: {answer.text}"
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        if step.form and media_type not in FORMS[step.form]:
            return f"other answer: {media_type}"
        if step.truth is not None and answer.json()["boolean"] is not step.truth:
            return f"other answer: {answer.text}"
    return "passes"


class TestServiceDescription:
    """The three tests of the suite, which are told in words only."""

    @pytest.fixture(params=["text/turtle", "application/rdf+xml", "application/ld+json"])
    def described(self, client: httpx.Client, request: pytest.FixtureRequest) -> Graph:
        answer = client.get("/sparql", headers={"Accept": request.param})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == request.param
        return Graph().parse(data=answer.content, format=request.param)

    def test_returns_rdf(self, described: Graph) -> None:
        assert len(described) > 10

    def test_has_endpoint_triple(self, client: httpx.Client, described: Graph) -> None:
        (service,) = described.subjects(RDF.type, SD.Service)
        endpoints = set(described.objects(service, SD.endpoint))
        assert endpoints == {URIRef(str(client.base_url.join("/sparql")))}

    def test_conforms_to_schema(self, described: Graph) -> None:
        """Every term of the vocabulary stands where its domain and range have it."""
        domains = {
            SD.endpoint: (SD.Service, None),
            SD.supportedLanguage: (SD.Service, None),
            SD.resultFormat: (SD.Service, None),
            SD.inputFormat: (SD.Service, None),
            SD.feature: (SD.Service, None),
            SD.extensionFunction: (SD.Service, None),
            SD.defaultEntailmentRegime: (SD.Service, None),
            SD.defaultDataset: (SD.Service, SD.Dataset),
            SD.availableGraphs: (SD.Service, SD.GraphCollection),
            SD.defaultGraph: (SD.Dataset, SD.Graph),
            SD.namedGraph: (SD.Dataset, SD.NamedGraph),
            SD.name: (SD.NamedGraph, None),
            SD.graph: (SD.NamedGraph, SD.Graph),
        }
        used = {(s, p, o) for s, p, o in described if str(p).startswith(str(SD))}
        assert len(used) > 5
        for subject, name, value in used:
            assert name in domains, f"{name} is no property of the vocabulary"
            domain, range_ = domains[URIRef(name)]
            assert (subject, RDF.type, domain) in described, (subject, name)
            if range_:
                assert (value, RDF.type, range_) in described, (name, value)
        features = {SD.DereferencesURIs, SD.UnionDefaultGraph, SD.RequiresDataset}
        features |= {SD.EmptyGraphs, SD.BasicFederatedQuery}
        assert set(described.objects(None, SD.feature)) <= features
        languages = {SD.SPARQL10Query, SD.SPARQL11Query, SD.SPARQL11Update}
        assert set(described.objects(None, SD.supportedLanguage)) <= languages
