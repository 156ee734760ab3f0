"""The diagrams say what the graph says: no line without its claim, and none surer than it is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from api.figures import figure_finder
from kg.diagrams import FOUR, draw_all
from kg.dossier import Dossier, compile_dossier
from kg.drawing import inline, stand_alone
from kg.namespaces import BASE, PREFIXES
from kg.release import Release

SVG = "{http://www.w3.org/2000/svg}"
CASES = [
    "k", "kool", "l-dissociation", "mr-g", "mr-j", "mrs-c", "ms-l", "parishioners", "peggy",
    "returning-parishioner",
]  # fmt: skip


@pytest.fixture(scope="module")
def read(release: Release) -> Callable[[str], ElementTree.Element]:
    def find(name: str) -> ElementTree.Element:
        text = (release.folder / "diagrams" / f"{name}.svg").read_text(encoding="utf-8")
        return ElementTree.fromstring(text)

    return find


def drawn_edges(root: ElementTree.Element) -> list[tuple[str, str, str, bool]]:
    """Every line's address, sentence, words and whether it is dashed."""
    found = []
    for group in root.iter(f"{SVG}g"):
        if group.get("class", "").startswith("edge"):
            link = group.find(f"{SVG}a")
            assert link is not None
            words = " ".join(t.text or "" for t in link.iter(f"{SVG}text")).replace("\u00a0", " ")
            dashed = "stroke-dasharray" in next(group.iter(f"{SVG}path")).attrib
            sentence = link.findtext(f"{SVG}title") or ""
            found.append((link.get("href", ""), sentence, " ".join(words.split()), dashed))
    return found


def dossier_of(release: Release, name: str) -> Dossier:
    return compile_dossier(
        release.store, release.catalog, release.catalog[f"{PREFIXES['case']}{name}"]
    )


def test_the_manifest_lists_every_file_with_its_digest(release: Release) -> None:
    folder = release.folder / "diagrams"
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert files == {f"{name}.svg" for name in release.manifest.diagrams}
    for name, digest in release.manifest.diagrams.items():
        assert hashlib.sha256((folder / f"{name}.svg").read_bytes()).hexdigest() == digest
    kinds = [name.partition("/")[0] for name in release.manifest.diagrams]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "alliances": 1, "alliances-narrow": 1, "case": len(CASES), "concept": 157,
    }  # fmt: skip
    assert [n for n in release.manifest.diagrams if n.startswith("case/")] == [
        f"case/{name}" for name in CASES
    ]


@pytest.mark.timeout(120)
def test_drawn_again_they_have_the_same_bytes(release: Release) -> None:
    again = {
        name: hashlib.sha256(
            stand_alone(drawing, version=release.manifest.version).encode()
        ).hexdigest()
        for name, drawing in draw_all(release.store, release.catalog)
    }
    assert again == release.manifest.diagrams


def test_the_map_draws_the_shifts_that_claims_tell_of(
    release: Release, read: Callable[[str], ElementTree.Element]
) -> None:
    found = release.store.select(
        f"""PREFIX aa: <{PREFIXES["aa"]}> PREFIX concept: <{PREFIXES["concept"]}>
        SELECT ?statement ?hedge ?sure {{
          VALUES ?from {{ <{"> <".join(FOUR)}> }} VALUES ?to {{ <{"> <".join(FOUR)}> }}
          ?claim aa:subject ?from ; aa:relation aa:canShiftTo ; aa:object ?to ;
            aa:statement ?statement
          BIND (EXISTS {{ ?claim aa:certainty concept:asserted }} AS ?sure)
          OPTIONAL {{ ?claim aa:hedge ?hedge }} }}"""
    ).values()
    assert len(found) == 4
    wanted = {row["statement"]: (row["hedge"], row["sure"] == "true") for row in found}
    for name in ("alliances", "alliances-narrow"):
        edges = drawn_edges(read(name))
        assert {sentence for _, sentence, _, _ in edges} == set(wanted)
        for href, sentence, words, dashed in edges:
            hedge, sure = wanted[sentence]
            assert dashed is not sure
            assert hedge in words
            assert ("hedged" in words) is not sure
            assert "ShiftConcept" in release.catalog[href].classes
        boxes = [a.get("href") for a in read(name).iter(f"{SVG}a")]
        assert set(FOUR) <= set(boxes)


def test_a_line_between_neighbours_is_a_claim(
    release: Release, read: Callable[[str], ElementTree.Element]
) -> None:
    rows = release.store.select(
        f"""PREFIX aa: <{PREFIXES["aa"]}> PREFIX skos: <{PREFIXES["skos"]}>
        PREFIX prov: <{PREFIXES["prov"]}>
        SELECT ?claim ?subject ?object ?statement ?certainty ?hedge
          (GROUP_CONCAT(STR(?who)) AS ?holders)
        {{ ?claim aa:subject ?subject ; aa:object ?object ; aa:statement ?statement ;
             aa:certainty/skos:prefLabel ?certainty
           OPTIONAL {{ ?claim aa:hedge ?hedge }}
           OPTIONAL {{ ?claim prov:wasAttributedTo ?who }} }}
        GROUP BY ?claim ?subject ?object ?statement ?certainty ?hedge"""
    ).values()
    claims = {row["claim"]: row for row in rows}
    seen = held_by_others = 0
    for name in release.manifest.diagrams:
        if not name.startswith("concept/"):
            continue
        centre = BASE + name
        others = set()
        for href, sentence, words, dashed in drawn_edges(read(name)):
            claim = claims[href]
            seen += 1
            assert centre in {claim["subject"], claim["object"]}
            others |= {claim["subject"], claim["object"]} - {centre}
            assert sentence == claim["statement"]
            assert dashed is (claim["certainty"] != "asserted" or bool(claim["hedge"]))
            if claim["certainty"] != "asserted":
                assert claim["certainty"] in words, (name, words)
            if claim["hedge"]:
                assert claim["hedge"] in words
            if claim["holders"] and "author/lee" not in claim["holders"]:
                assert "held by" in words
                held_by_others += 1
        assert 2 <= len(others) <= 8, name
    assert seen > 500
    assert held_by_others > 20


@pytest.mark.parametrize("name", CASES)
def test_a_timeline_has_a_mark_for_every_event(
    release: Release, read: Callable[[str], ElementTree.Element], name: str
) -> None:
    dossier = dossier_of(release, name)
    root = read(f"case/{name}")
    marks = [a for a in root.iter(f"{SVG}a") if "#event-" in a.get("href", "")]
    assert len(marks) == len(dossier.events) > 4
    for number, event in enumerate(dossier.events, 1):
        (mark,) = [a for a in marks if a.get("href") == f"{dossier.entry.iri}#event-{number}"]
        shape = mark[1]
        assert mark.get("class") == f"mark-{event.cls.lower()}"
        assert event.label in (mark.findtext(f"{SVG}title") or "")
        assert ("stroke-dasharray" in shape.attrib) is (event.certainty != "asserted")
        texts = [text.text for text in mark.iter(f"{SVG}text")]
        assert texts == [str(number), *(["[…]"] if event.lost_after else [])]
    revised = [event for event in dossier.events if event.revised_by]
    lines = [p for p in root.iter(f"{SVG}path") if p.get("class") == "revision"]
    assert len(lines) == len(revised)
    groups = [g for g in root.iter(f"{SVG}g") if g.get("class") == "alliance"]
    words = [
        " ".join("".join(part.itertext()) for part in group.iter(f"{SVG}text")) for group in groups
    ]
    for alliance, told in zip(dossier.parts_of("Alliance"), words, strict=True):
        assert alliance.label in told
        assert alliance.standing in told
        assert ("; inferred" in told) is (alliance.certainty == "inferred")


def test_what_was_first_read_otherwise_is_drawn(release: Release) -> None:
    revised = {
        name: [event.label for event in dossier_of(release, name).events if event.revised_by]
        for name in CASES
    }
    assert {name for name, labels in revised.items() if labels} == {"kool", "ms-l"}
    assert len(revised["ms-l"]) == 2


def bars(root: ElementTree.Element) -> list[list[float]]:
    """Where the bar of each alliance begins and ends."""
    found = []
    for group in root.iter(f"{SVG}g"):
        if group.get("class") == "alliance":
            rects = [r for r in group.iter(f"{SVG}rect") if "bar" in r.get("class", "")]
            found.append([float(r.get(k, "")) for r in rects for k in ("x", "width")])
    return found


def test_a_bar_reaches_no_further_than_is_told(
    read: Callable[[str], ElementTree.Element],
) -> None:
    # when the alliances of this case began and ended is not told at all
    assert bars(read("case/kool")) == [[], []]
    (magical, working) = bars(read("case/ms-l"))
    # the next alliance, which is inferred, begins where the first ends: at the shift
    assert magical[0] < working[0] < magical[0] + magical[1]
    assert magical[1] > 20 * working[1]


def test_a_file_stands_alone(release: Release, read: Callable[[str], ElementTree.Element]) -> None:
    for name in release.manifest.diagrams:
        root = read(name)
        text = " ".join(root.itertext())
        assert root.findtext(f"{SVG}title") and root.findtext(f"{SVG}desc")
        assert "CC BY 4.0" in text and "R. R. Lee" in text
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        allowed = "svg g a title desc text rect path polygon circle line"
        assert tags <= set(allowed.split()), name
        for element in root.iter():
            assert element.get("href", BASE).startswith(BASE)
            assert not {"id", "style"} & set(element.attrib)


def test_what_goes_into_a_page_leads_to_this_server(release: Release) -> None:
    text = (release.folder / "diagrams" / "alliances.svg").read_text(encoding="utf-8")
    drawn = inline(text)
    assert drawn.startswith("<svg ") and drawn.endswith("</svg>")
    assert re.findall(
        r'href="(/concept/magical-alliance|/concept/shift-magical-to-working)"', drawn
    )
    assert "https://w3id.org/" not in drawn
    assert "CC BY" not in drawn


def test_a_release_without_diagrams_has_pages_without_figures(release: Release) -> None:
    assert figure_finder(release.folder, {})("alliances") is None
    assert figure_finder(release.folder, release.manifest.diagrams)("concept/nothing") is None


def test_what_was_only_sought_is_not_drawn_as_in_force(
    release: Release, read: Callable[[str], ElementTree.Element]
) -> None:
    filled, outlined = 0, 0
    for entry in release.catalog.of_kind("case"):
        alliances = compile_dossier(release.store, release.catalog, entry).parts_of("Alliance")
        if f"case/{entry.name}" not in release.manifest.diagrams:
            continue
        bars = [
            rect.get("class")
            for rect in read(f"case/{entry.name}").iter("{http://www.w3.org/2000/svg}rect")
            if "bar" in rect.get("class", "").split()
        ]
        ways = [set(one.standing.split("; ")) for one in alliances]
        sure = [
            one.asserted and bool(how & {"operative", "negotiated", "confirmed"})
            for one, how in zip(alliances, ways, strict=True)
        ]
        assert bars.count("bar") <= sum(sure), entry.name
        filled, outlined = filled + bars.count("bar"), outlined + bars.count("bar open")
    assert filled >= 5
    assert outlined >= 5
