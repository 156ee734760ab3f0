"""Articles, comparisons, trees and citations: what pages for readers are made of."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest

from kg.article import Article, compile_article
from kg.citing import CITATION_TYPES, cite, write_citation
from kg.comparison import as_solutions, compare
from kg.dossier import compile_dossier
from kg.entries import Entry
from kg.namespaces import PREFIXES
from kg.release import Release
from kg.table import write_csv
from kg.tree import Branch, grow_tree

AA, CONCEPT = PREFIXES["aa"], PREFIXES["concept"]


def article(release: Release, name: str) -> Article:
    entry = release.catalog.resolve(name)
    dossier = compile_dossier(release.store, release.catalog, entry)
    return compile_article(release.store, release.catalog, release.questions, dossier)


def every_claim(found: Article) -> list[str]:
    listed = [
        claim.iri
        for theme in found.facets
        for criterion in theme.criteria
        for cell in criterion.cells
        for claim in cell
    ]
    listed += [claim.iri for contrast in found.contrasts for claim in contrast.claims]
    listed += [claim.iri for claim in (*found.exemplified, *found.elsewhere)]
    return listed + [claim.iri for group in found.signals for claim in group.claims]


@pytest.mark.parametrize(
    "name",
    [
        "magical-alliance",
        "working-alliance-greenson",
        "defensive-idealization",
        "structuralization",
        "shift-magical-to-working",
        "despair",
        "eats-and-sleeps-again",
    ],
)
def test_no_claim_on_a_thing_is_lost_between_the_sections(release: Release, name: str) -> None:
    entry = release.catalog.resolve(name)
    dossier = compile_dossier(release.store, release.catalog, entry)
    assert dossier.claims
    assert {claim.iri for claim in dossier.claims} <= set(every_claim(article(release, name)))


def test_facets_are_in_the_order_of_reading(release: Release) -> None:
    themes = [theme.title for theme in article(release, "magical-alliance").facets]
    assert themes[:3] == ["What is assumed", "What is aimed at", "Who takes part"]
    assert themes[-1] == "Kinds and parts"


def test_every_relation_between_concepts_has_a_theme_unless_it_is_rare(release: Release) -> None:
    others = {
        criterion.label
        for entry in release.catalog.of_kind("concept", cls="AllianceConcept")
        for theme in article(release, entry.name).facets
        if theme.title == "What else is said"
        for criterion in theme.criteria
    }
    assert others == set()


def test_a_contrast_has_the_claims_and_the_criteria(release: Release) -> None:
    (contrast,) = article(release, "defensive-idealization").contrasts
    assert contrast.other.name == "idealizing-transference"
    assert {claim.relation_label for claim in contrast.claims} == {"distinguished from", "is not a"}
    by_label = {
        criterion.label: criterion
        for theme in contrast.comparison.themes
        for criterion in theme.criteria
    }
    agents = by_label["agent of change"].cells
    assert [[claim.object.text for claim in cell] for cell in agents] == [["therapist"], ["client"]]
    assert by_label["avoids"].cells[1] == ()


def test_a_contrast_stands_on_both_pages(release: Release) -> None:
    others = [one.other.name for one in article(release, "idealizing-transference").contrasts]
    assert "defensive-idealization" in others


def test_a_word_has_the_senses_of_its_authors(release: Release) -> None:
    senses = article(release, "working-alliance").senses
    assert {(sense.authors, sense.own) for sense in senses} == {
        ("R. Greenson", False),
        ("R. Lee", True),
    }
    assert article(release, "despair").senses == ()


def test_an_alliance_has_its_signals_sought_in_force_and_on_the_move(release: Release) -> None:
    found = {group.state.name: group for group in article(release, "magical-alliance").signals}
    assert {"seeking-magical-alliance", "shift-magical-to-working"} <= set(found)
    shown = {claim.subject.text for claim in found["shift-magical-to-working"].claims}
    assert "each return visit lasts longer" in shown
    misleading = [
        claim
        for group in found.values()
        for claim in group.claims
        if claim.relation == AA + "misleadinglySuggests"
    ]
    assert misleading
    for group in found.values():
        assert {claim.object.iri for claim in group.claims} == {group.state.iri}


def test_cases_are_shown_with_what_happened_there(release: Release) -> None:
    by_case = dict(article(release, "magical-alliance").occurrences_by_case())
    labels = {case.text for case in by_case}
    assert {"Ms. L", "Mrs. C", "Mr. G"} <= labels
    for case, found in by_case.items():
        for one in found:
            assert one.part.text and one.certainty and one.passages, case
            assert str(one.part.iri).startswith(f"{case.iri}/")
    covert = [one for found in by_case.values() for one in found if "covert" in one.status]
    assert [one.part.iri for one in covert] == [PREFIXES["case"] + "mrs-c/episode/1"]


def test_the_observations_of_a_signal_are_among_the_cases(release: Release) -> None:
    (seen,) = article(release, "stares-in-silence").occurrences
    assert (seen.case.text, seen.cls, seen.person) == ("Ms. L", "Observation", "Ms. L")


def test_the_formal_side_is_readable_and_tells_what_follows(release: Release) -> None:
    (form,) = article(release, "instant-change").forms
    assert form.axioms == (
        "is the same as magical alliance and "
        "(magical variant value magical alliance by instant change)",
    )
    assert {(parent.cls.text, parent.stated) for parent in form.parents} == {
        ("magical alliance", False),
        ("alliance", False),
    }
    (plain,) = article(release, "magical-alliance").forms
    assert [(parent.cls.text, parent.stated) for parent in plain.parents] == [("alliance", True)]
    assert article(release, "despair").forms == ()


def test_a_search_in_vain_is_told_as_such(release: Release) -> None:
    found = article(release, "magical-alliance").mappings
    assert found
    assert all(one.term is None and one.comment for one in found)
    assert any(one.term for one in article(release, "transference").mappings)


def entries(release: Release, *names: str) -> list[Entry]:
    return [release.catalog.resolve(name) for name in names]


def test_a_comparison_keeps_the_order_and_tells_what_is_not_said(release: Release) -> None:
    things = entries(release, "therapeutic-alliance", "magical-alliance", "working-alliance")
    found = compare(release.store, release.catalog, things)
    assert [thing.name for thing in found.things] == [thing.name for thing in things]
    assert "can shift to" in {claim.relation_label for claim in found.direct}
    told = {claim.iri for claim in found.direct}
    in_cells = set()
    for theme in found.themes:
        for criterion in theme.criteria:
            assert len(criterion.cells) == 3
            assert any(criterion.cells)
            for thing, cell in zip(things, criterion.cells, strict=True):
                assert {claim.subject.iri for claim in cell} <= {thing.iri}
                in_cells |= {claim.iri for claim in cell}
    # what is said of both has its cell too, which would else say that there is no claim
    assert told
    assert told <= in_cells
    table = list(csv.reader(io.StringIO(write_csv(as_solutions(found)))))
    assert table[0][:4] == ["theme", "criterion", "thing", "value"]
    agreed = [row for row in table if row[1] == "requires agreement of"]
    assert ["magical alliance", "no claim by this measure"] in [row[2:4] for row in agreed]
    assert {len(row) for row in table} == {11}
    claims = [row[-1] for row in table[1:] if row[-1]]
    assert len(claims) == len(set(claims)) == len(in_cells)


def test_trees_hold_everything_once_at_least(release: Release) -> None:
    def names(branches: tuple[Branch, ...]) -> list[str]:
        return [name for branch in branches for name in (branch.entry.name, *names(branch.below))]

    for kind in ("concept", "signal"):
        grown = names(grow_tree(release.store, release.catalog, kind))
        assert set(grown) == {entry.name for entry in release.catalog.of_kind(kind)}
    roots = grow_tree(release.store, release.catalog, "concept")
    alliance = next(branch for branch in roots if branch.entry.name == "alliance")
    magical = next(b for b in alliance.below if b.entry.name == "magical-alliance")
    assert {b.entry.name for b in magical.below} == {"world-change", "instant-change"}


@pytest.fixture
def hostile(release: Release) -> Entry:
    plain = release.catalog.resolve("magical-alliance")
    label = "100 % of {A} & B_C\\D #1 ~^$\r\nER  - \r\nTY  - x."
    return replace(plain, label=label, name="a/b")


def test_citations_hold_what_a_reference_needs(release: Release) -> None:
    entry = release.catalog.resolve("magical-alliance")
    manifest = release.manifest
    assert entry.iri in cite(entry, manifest)
    assert manifest.digest[:12] in cite(entry, manifest)
    for media_type in CITATION_TYPES:
        text = write_citation(entry, manifest, media_type=media_type).decode()
        for part in (entry.label, entry.iri, manifest.date[:4], manifest.version):
            assert part in text, (media_type, part)


def test_no_text_breaks_out_of_a_citation(release: Release, hostile: Entry) -> None:
    bib, ris, csl = (
        write_citation(hostile, release.manifest, media_type=media_type).decode()
        for media_type in CITATION_TYPES
    )
    bare = re.sub(r"\\[{}]", "", bib)
    assert bare.count("{") == bare.count("}")
    assert r"100 \% of \{A\} \& B\_C\textbackslash{}D \#1" in bib
    assert bib.startswith("@misc{alliance-atlas-concept-a-b,\n")
    assert len(re.findall(r"^[A-Z][A-Z0-9]  - ", ris, flags=re.MULTILINE)) == ris.count("\r\n")
    assert ris.count("ER  - \r\n") == 1
    assert ris.startswith("TY  - ENCYC\r\n")
    item = json.loads(csl)
    assert item["title"].startswith("100 % of {A} & B_C\\D")
    assert item["issued"]["date-parts"][0][0] == int(release.manifest.date[:4])
