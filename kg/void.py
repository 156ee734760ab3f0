"""What the dataset is, how large, and in which terms, in VoID and DCAT."""

from __future__ import annotations

from collections.abc import Mapping

from kg.manifest import Manifest
from kg.namespaces import BASE, KINDS, PREFIXES
from kg.store import Store, serialize_triples

__all__ = ["DESCRIPTION", "describe_dataset"]

#: The address of the description. The dataset itself has the ontology's IRI.
DESCRIPTION = BASE + ".well-known/void"

_FORMATS = "http://www.w3.org/ns/formats/"
#: The terms in which W3C names the formats of the dumps.
_FEATURES = {
    "text/turtle": "Turtle",
    "application/rdf+xml": "RDF_XML",
    "application/ld+json": "JSON-LD",
    "application/n-triples": "N-Triples",
    "application/n-quads": "N-Quads",
}
_HEADER = """
CONSTRUCT { <%BASE%> ?property ?value } WHERE {
  VALUES ?property { dcterms:title dcterms:description dcterms:creator dcterms:license
                     dcterms:source dcterms:created dcterms:modified }
  <%BASE%> ?property ?value
}"""
#: Counted over everything. An entity is a thing of ours, with an IRI.
_STATISTICS = (
    """
CONSTRUCT { <%BASE%> void:triples ?triples ; void:distinctSubjects ?subjects ;
              void:distinctObjects ?objects ; void:properties ?properties }
WHERE { { SELECT (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?subjects)
            (COUNT(DISTINCT ?o) AS ?objects) (COUNT(DISTINCT ?p) AS ?properties)
          WHERE { ?s ?p ?o } } }""",
    """
CONSTRUCT { <%BASE%> void:entities ?entities ; void:classes ?classes }
WHERE { { SELECT (COUNT(DISTINCT ?s) AS ?entities)
          WHERE { ?s ?p ?o FILTER(STRSTARTS(STR(?s), "%BASE%")) } }
        { SELECT (COUNT(DISTINCT ?c) AS ?classes) WHERE { ?x a ?c FILTER isIRI(?c) } } }""",
    """
CONSTRUCT { <%BASE%> void:classPartition ?part . ?part void:class ?class ; void:entities ?n }
WHERE { { SELECT ?class (COUNT(DISTINCT ?s) AS ?n)
          WHERE { ?s a ?class FILTER isIRI(?class) } GROUP BY ?class }
        BIND(IRI(CONCAT("%PAGE%#", SUBSTR(MD5(STR(?class)), 1, 12))) AS ?part) }""",
    """
CONSTRUCT { <%BASE%> void:propertyPartition ?part .
            ?part void:property ?property ; void:triples ?n ;
              void:distinctSubjects ?subjects ; void:distinctObjects ?objects }
WHERE { { SELECT ?property (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?subjects)
            (COUNT(DISTINCT ?o) AS ?objects)
          WHERE { ?s ?property ?o } GROUP BY ?property }
        BIND(IRI(CONCAT("%PAGE%#", SUBSTR(MD5(STR(?property)), 1, 12))) AS ?part) }""",
    """
CONSTRUCT { <%BASE%> void:vocabulary ?vocabulary }
WHERE { { SELECT DISTINCT ?term WHERE { { ?s ?term ?o } UNION { ?s a ?term FILTER isIRI(?term) } } }
        BIND(IRI(REPLACE(STR(?term), "[^/#]*$", "")) AS ?vocabulary)
        FILTER(?vocabulary = aa: || !STRSTARTS(STR(?vocabulary), "%BASE%")) }""",
)
#: A record may also say that nothing was found, which is no link.
_LINKS = """
CONSTRUCT { <%BASE%> void:subset ?part .
            ?part a void:Linkset ; void:subjectsTarget <%BASE%> ; void:objectsTarget ?target ;
              void:linkPredicate ?predicate ; void:triples ?n .
            ?target a void:Dataset }
WHERE { { SELECT ?target ?predicate (COUNT(*) AS ?n)
          WHERE { ?mapping sssom:object_source ?target ; sssom:subject_id ?s ;
                    sssom:predicate_id ?predicate ; sssom:object_id ?o . ?s ?predicate ?o }
          GROUP BY ?target ?predicate }
        BIND(CONCAT(STR(?predicate), " ", STR(?target)) AS ?name)
        BIND(IRI(CONCAT("%PAGE%#", SUBSTR(MD5(?name), 1, 12))) AS ?part) }"""
#: Of each kind of thing the first by name.
_EXAMPLES = """
CONSTRUCT { <%BASE%> void:exampleResource ?example }
WHERE { { SELECT (IRI(MIN(STR(?thing))) AS ?example)
          WHERE { VALUES ?kind { %KINDS% }
                  ?thing a ?class FILTER(isIRI(?thing) && STRSTARTS(STR(?thing), ?kind)) }
          GROUP BY ?kind } }"""


def describe_dataset(store: Store, *, manifest: Manifest, dumps: Mapping[str, str]) -> bytes:
    """Describe a release as Turtle; equal releases give equal bytes.

    :param store: holds the release.
    :param dumps: the files that hold all of it, with their media types.
    """
    queries = [_HEADER, *_STATISTICS, _LINKS, _EXAMPLES, _of_manifest(manifest), _of_dumps(dumps)]
    lines: set[str] = set()
    for query in queries:
        found = store.construct(_fill(query), media_type="application/n-triples")
        lines.update(filter(None, found.decode().splitlines()))
    return serialize_triples(lines, media_type="text/turtle")


def _fill(query: str) -> str:
    kinds = " ".join(f'"{namespace}"' for namespace in KINDS.values())
    for name, value in {"BASE": BASE, "PAGE": DESCRIPTION}.items():
        query = query.replace(f"%{name}%", value)
    used = {**PREFIXES, "formats": _FORMATS}
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in used.items())
    return prefixes + query.replace("%KINDS%", kinds)


def _of_manifest(manifest: Manifest) -> str:
    """Write what the manifest says, and what is always so, as a query without a pattern."""
    graphs = "".join(
        f"<%BASE%> void:subset <{name}> . <{name}> a void:Dataset ; void:triples {size} ;"
        f' dcterms:title "Named graph: {name.rpartition("/")[2]}"@en .\n'
        for name, size in manifest.graphs.items()
    )
    return f"""
CONSTRUCT {{
  <%PAGE%> a void:DatasetDescription ; foaf:primaryTopic <%BASE%> ;
    dcterms:title "Description of the Alliance Atlas as a dataset"@en .
  <%BASE%> a void:Dataset, dcat:Dataset ; foaf:homepage <%BASE%> ; void:uriSpace "%BASE%" ;
    dcat:version "{manifest.version}" ; dcterms:identifier "{manifest.digest}" ;
    void:sparqlEndpoint <%BASE%sparql> .
  <%PAGE%#service> a dcat:DataService ; dcterms:title "SPARQL endpoint"@en ;
    dcat:endpointURL <%BASE%sparql> ; dcat:servesDataset <%BASE%> .
  {graphs}
}} WHERE {{}}"""


def _of_dumps(dumps: Mapping[str, str]) -> str:
    parts = "".join(
        f"<%BASE%> void:dataDump <%BASE%download/{name}> ; void:feature formats:{_FEATURES[kind]} ;"
        f" dcat:distribution <%PAGE%#{name}> .\n"
        f'<%PAGE%#{name}> a dcat:Distribution ; dcterms:title "{name}" ;'
        f' dcat:downloadURL <%BASE%download/{name}> ; dcat:mediaType "{kind}" .\n'
        for name, kind in dumps.items()
    )
    return f"CONSTRUCT {{\n{parts}}} WHERE {{}}"
