"""From modules to a release: merge, check, derive, reason, write.

A release is written once and never changed.

A release is a folder:

``release.nq``
    what a store loads: everything in the default graph, and again by layer in named graphs;
``vocabulary.nt``
    what the validator needs: schema, concepts, signals, superclasses;
``alliance-atlas.ttl`` ``.owl`` ``.jsonld`` ``.nt``
    everything, for whoever wants it in one file;
``inferred.nt``
    what follows from the axioms;
``coverage.csv``
    for every line of the paper's body how much rests on it;
``questions.json``
    the named questions;
``exercises.json``
    invented cases to practise on, which are no part of the graph;
``search.sqlite``
    the index for searching;
``asking.json``
    by what questions in plain English are understood;
``context.jsonld`` ``case.schema.json``
    how an annotated case is written as JSON;
``diagrams/NAME.svg``
    the diagrams of the four alliances, of concepts and of cases;
``shapes.ttl``
    the shapes, in one file;
``void.ttl``
    what the dataset is, how large and in which terms;
``manifest.json``
    version, digest, sizes. The digest is that of ``release.nq``; it names the release in answers
    and ETags.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rdflib import OWL, RDF, RDFS, Graph
from rdflib.namespace import DCTERMS, SKOS

from kg import reasoning
from kg.ask_model import write_model
from kg.checks import aa, check, gather
from kg.coverage import cover, to_csv, uncovered
from kg.diagrams import write_diagrams
from kg.entries import Catalog
from kg.errors import CheckError, InputError, StoreError
from kg.exercise_files import check_exercises, load_exercises
from kg.exercises import write_exercises
from kg.interchange import make_context, make_schema
from kg.loader import Module, load_all, merge
from kg.manifest import Manifest, sources_digest, write_manifest
from kg.namespaces import BASE, GRAPH
from kg.passages import read_paper
from kg.queries import iter_derivations
from kg.question_files import load_questions, questions_as_triples, resolve_questions
from kg.questions import Question, write_questions
from kg.resources import exercises_dir, ontology_dir, shapes_dir
from kg.search import write_index
from kg.store import OxigraphStore, canonical_quads, serialize_triples
from kg.void import describe_dataset
from kg.wording import load_wording

__all__ = ["REASONED", "build", "conclusions"]

#: File suffix and media type of the one-file downloads.
DOWNLOADS = {
    "ttl": "text/turtle",
    "owl": "application/rdf+xml",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
}

#: The layers that the reasoner reads. Claims and shapes speak about terms, and mean nothing to it.
REASONED = frozenset({"", "cases", "concepts", "schema", "signals", "sources"})

_VOCABULARY_LAYERS = ("schema", "concepts", "signals")


def build(
    out: Path,
    *,
    paper: Path | None = None,
    reason: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Build the release into a folder, which is replaced as a whole.

    :param paper: a copy of the paper, against which the passages' fingerprints are checked.
    :param reason: whether to run the reasoner when the kept conclusions no longer fit the modules.
    :param progress: told of each step.
    :raises InputError: if a module or question cannot be read, or the folder holds anything else.
    :raises CheckError: if a check fails.
    :raises StoreError: if the reasoner is needed and not installed, or what lays out the diagrams
        is not, or nothing can be written.
    """
    # a name that leads through the folder itself would be lost with it
    out = out.resolve()
    if out.exists() and not out.is_dir():
        raise InputError("is no folder; name another", source=str(out))
    if out.exists() and any(out.iterdir()) and not (out / "manifest.json").is_file():
        raise InputError("holds something that is no release; name another folder", source=str(out))
    lines = read_paper(paper) if paper else None
    progress("reading modules")
    modules = load_all(ontology_dir(), shapes_dir())
    material = gather(modules, paper=lines)
    progress(f"checking {len(modules)} modules")
    problems = check(material)
    if problems:
        raise CheckError([str(problem) for problem in problems])
    inferred = conclusions(modules, reason=reason, progress=progress)
    progress("deriving")
    store = _fill(modules, inferred)
    progress("asking")
    questions = resolve_questions(
        load_questions(ontology_dir() / "questions"), store, Catalog.from_store(store)
    )
    _load(store, questions_as_triples(questions, store), "questions")
    quads = canonical_quads(store.dump_quads())
    progress("writing")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, ignore_cleanup_errors=True) as scratch:
            folder = Path(scratch) / "release"
            folder.mkdir()
            manifest = _write(folder, store, quads, modules, questions)
            if out.exists():
                # moved aside and not deleted here, so that no half of it can stay behind
                out.rename(Path(scratch) / "former")
            folder.rename(out)
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror}") from error
    return manifest


def conclusions(
    modules: Sequence[Module],
    *,
    reason: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Give the reasoner's conclusions as N-Triples: the kept ones, or new ones if they do not fit.

    :raises StoreError: if new ones are needed and the reasoner is not to be run or not installed.
    """
    kept_at = ontology_dir() / "inferred.nt"
    logical = reasoning.logical_part(merge(m.graph for m in modules if m.layer in REASONED))
    digest = reasoning.digest_of(logical)
    kept_for, lines = reasoning.read_inferred(kept_at)
    if kept_for == digest:
        return lines
    if not reason:
        raise StoreError("the kept conclusions do not fit the modules; run 'alliance build'")
    progress("reasoning")
    lines = reasoning.classify(logical)
    reasoning.write_inferred(kept_at, digest=digest, lines=lines)
    return lines


def _fill(modules: Sequence[Module], inferred: list[str]) -> OxigraphStore:
    """Load everything, whole and by layer, and run the rules until nothing is new."""
    store = OxigraphStore()
    for layer, graph in sorted(_by_layer(modules).items()):
        _load(store, graph, layer)
    text = "\n".join(inferred).encode()
    store.load(text, graphs=[None, GRAPH + "inferred"])
    size = -1
    while size != len(store):
        size = len(store)
        for name, query in iter_derivations():
            # direct triples are the theory layer, mappings stand with their records; the rest
            # follows from the axioms
            target = "theory" if name.startswith("1") else "inferred"
            target = "alignments" if name == "12-mappings" else target
            found = store.construct(query, media_type="application/n-triples")
            known = set(store.dump())
            new = [line for line in found.decode().splitlines() if line and line not in known]
            store.load("\n".join(new).encode(), graphs=[None, GRAPH + target])
    return store


def _by_layer(modules: Sequence[Module]) -> dict[str, Graph]:
    """Sort what the modules say by layer; claims go to the claims wherever they are written."""
    layers: dict[str, Graph] = {}
    for module in modules:
        described = {s for s in module.graph.subjects(RDF.type, None) if str(s).startswith(BASE)}
        claims = set(module.graph.subjects(RDF.type, aa("Claim")))
        for triple in module.graph:
            layer = "claims" if triple[0] in claims else module.layer or "schema"
            layers.setdefault(layer, Graph()).add(triple)
        for subject in described:
            layer = "claims" if subject in claims else module.layer or "schema"
            layers[layer].add((subject, RDFS.isDefinedBy, module.iri))
    header = next(module.iri for module in modules if not module.layer)
    for module in modules:
        if module.layer:
            layers["schema"].add((header, OWL.imports, module.iri))
    return layers


def _load(store: OxigraphStore, graph: Graph, layer: str) -> None:
    data = graph.serialize(format="nt", encoding="utf-8")
    store.load(data, graphs=[None, GRAPH + layer])


def _write(
    folder: Path,
    store: OxigraphStore,
    quads: list[str],
    modules: Sequence[Module],
    questions: Sequence[Question],
) -> Manifest:
    body = ("\n".join(quads) + "\n").encode()
    (folder / "release.nq").write_bytes(body)
    triples = [line for line in quads if not _graph_of(line)]
    for suffix, media_type in DOWNLOADS.items():
        (folder / f"alliance-atlas.{suffix}").write_bytes(
            serialize_triples(triples, media_type=media_type)
        )
    layers = _by_layer(modules)
    vocabulary = merge(layers[name] for name in _VOCABULARY_LAYERS)
    hierarchy = [
        line
        for line in store.dump(graph=GRAPH + "inferred")
        if f"<{RDFS.subClassOf}>" in line or f"<{SKOS.narrower}>" in line
    ]
    vocabulary.parse(data="\n".join(hierarchy), format="nt")
    lines = canonical_quads(vocabulary.serialize(format="nt").splitlines())
    (folder / "vocabulary.nt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_questions(folder / "questions.json", questions)
    exercises = load_exercises(exercises_dir())
    problems = check_exercises(exercises, Catalog.from_store(store))
    if problems:
        raise CheckError(problems)
    write_exercises(folder / "exercises.json", exercises)
    write_index(folder / "search.sqlite", store, questions)
    wording = load_wording(ontology_dir() / "questions" / "wording.yaml")
    write_model(folder / "asking.json", questions, Catalog.from_store(store), wording)
    shapes = merge(m.graph for m in modules if m.layer == "shapes")
    # canonical, since nodes without a name would stand in another order each time
    shapes.serialize(folder / "shapes.ttl", format="longturtle", canon=True)
    for name, document in {
        "context.jsonld": make_context(vocabulary),
        "case.schema.json": make_schema(vocabulary, shapes),
    }.items():
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        (folder / name).write_text(text, encoding="utf-8")
    header = next(module for module in modules if not module.layer)
    version = str(header.graph.value(header.iri, OWL.versionInfo))
    diagrams = write_diagrams(
        folder / "diagrams", store, Catalog.from_store(store), version=version
    )
    covered = cover(store)
    bare = uncovered(covered)
    if bare:
        raise CheckError([f"line {line} of the paper: nothing rests on it" for line in bare])
    (folder / "inferred.nt").write_text(
        "\n".join(store.dump(graph=GRAPH + "inferred")) + "\n", encoding="utf-8"
    )
    (folder / "coverage.csv").write_text(to_csv(covered), encoding="utf-8", newline="")
    manifest = Manifest(
        version=version,
        date=str(header.graph.value(header.iri, DCTERMS.modified)),
        digest=hashlib.sha256(body).hexdigest(),
        sources=sources_digest(),
        triples=len(triples),
        graphs=_graph_sizes(quads),
        counts=_counts(store),
        diagrams=diagrams,
    )
    dumps = {f"alliance-atlas.{suffix}": kind for suffix, kind in DOWNLOADS.items()}
    dumps["release.nq"] = "application/n-quads"
    (folder / "void.ttl").write_bytes(describe_dataset(store, manifest=manifest, dumps=dumps))
    write_manifest(folder, manifest)
    return manifest


def _graph_of(line: str) -> str:
    """Give the named graph of a line of N-Quads, or nothing for the default graph."""
    last = line.removesuffix(" .").rpartition(" ")[2]
    return last[1:-1] if last.startswith(f"<{GRAPH}") else ""


def _graph_sizes(quads: list[str]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for line in quads:
        name = _graph_of(line)
        if name:
            sizes[name] = sizes.get(name, 0) + 1
    return sizes


def _counts(store: OxigraphStore) -> dict[str, int]:
    found = store.select(
        """PREFIX aa: <https://w3id.org/alliance-atlas/ontology/>
           SELECT ?class (COUNT(DISTINCT ?thing) AS ?count) WHERE {
             VALUES ?class { aa:Case aa:Citation aa:Claim aa:Passage aa:SignalType aa:Study
                             aa:Vignette
                             aa:Work <http://www.w3.org/2004/02/skos/core#Concept> }
             ?thing a ?class
           } GROUP BY ?class ORDER BY ?class"""
    )
    return {
        row["class"].value.rpartition("/")[2].rpartition("#")[2]: int(row["count"].value)
        for row in found
    }
