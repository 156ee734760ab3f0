"""Teaching over HTTP: exercises with feedback, drills, handouts, flashcards, embedded cards."""

from __future__ import annotations

import csv
import html
import io
import re
import sqlite3
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from api.routes.teach import PACKS
from kg.drills import BLANK, make_drills
from kg.exercises import ALLIANCES, DIFFER, UNDETERMINED, Exercise, read_exercises
from kg.lessons import CRITERIA, Lessons, read_lessons
from kg.release import Release

CLAIM = "early-relief-misleadingly-suggests-magical-to-working"
BASE = "https://w3id.org/alliance-atlas/"
JSON = {"Accept": "application/sparql-results+json"}
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def exercises(release: Release) -> dict[str, Exercise]:
    return read_exercises(release.folder / "exercises.json")


@pytest.fixture(scope="module")
def lessons(release: Release) -> Lessons:
    return read_lessons(release.store, release.catalog)


def get(client: httpx.Client, path: str, **parameters: object) -> str:
    answer = client.get(path, params=parameters or None, headers=PAGE)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer.text


def links(page: str) -> set[str]:
    return {html.unescape(href) for href in re.findall(r'href="(/[^"#]*)', page)}


def section(page: str) -> str:
    """What the feedback says; nothing if there is none."""
    found = re.search(r'<section id="answer".*?</section>', page, re.DOTALL)
    return html.unescape(found[0]) if found else ""


def test_the_index_leads_to_everything(
    client: httpx.Client, exercises: dict[str, Exercise]
) -> None:
    targets = links(get(client, "/teach"))
    assert {f"/teach/exercise/{name}" for name in exercises} <= targets
    assert {"/teach/pack", "/teach/cards.apkg", "/teach/cards.csv", "/teach/drill/1"} <= targets
    assert sum(target.startswith("/teach/pack?") for target in targets) == len(PACKS)
    drawn = {target for target in targets if target.startswith("/diagram/")}
    assert len(drawn) > 20
    # one of each will do: a picture is drawn when it is asked for
    few = {f"/diagram/{name}" for name in ("alliances.png", "case/ms-l.svg")}
    assert few <= drawn
    for target in sorted(targets - drawn | few):
        assert client.get(target, headers=PAGE).status_code == 200, target


def test_an_exercise_gives_nothing_away(
    client: httpx.Client, exercises: dict[str, Exercise]
) -> None:
    for exercise in exercises.values():
        page = get(client, f"/teach/exercise/{exercise.name}")
        assert "nobody's case" in html.unescape(page)
        assert section(page) == ""
        assert exercise.comment not in html.unescape(page)
        assert page.count('type="checkbox"') == len(exercise.signs)
        assert page.count('type="radio"') == 12


def test_the_right_answer_is_told_right(
    client: httpx.Client, exercises: dict[str, Exercise]
) -> None:
    for exercise in exercises.values():
        page = section(
            get(
                client,
                f"/teach/exercise/{exercise.name}",
                alliance=exercise.alliance,
                shift=exercise.shift,
                sign=[sign.number for sign in exercise.signs],
            )
        )
        assert page.count("<h3>Right: ") == 2
        assert "does not hold" not in page
        assert exercise.comment in page
        assert page.count("you named it") == len(exercise.signs)
        assert "you did not name it" not in page
        assert all(f"/{claim.removeprefix(BASE)}" in links(page) for claim in exercise.claims)


def test_every_wrong_answer_says_why(client: httpx.Client, exercises: dict[str, Exercise]) -> None:
    asked = 0
    for exercise in exercises.values():
        for wrong in {*ALLIANCES, DIFFER, UNDETERMINED} - {exercise.alliance}:
            page = section(get(client, f"/teach/exercise/{exercise.name}", alliance=wrong))
            assert "<h3>Your answer does not hold; the answer is: " in page
            assert "<h3>Why not: " in page
            reading = exercise.reading_as(wrong)
            if reading:
                assert reading.why in page
                assert all(f"/{iri.removeprefix(BASE)}" in links(page) for iri in reading.claims)
            asked += 1
    assert asked == 5 * len(exercises)


def test_feedback_cites_each_sign_with_claim_certainty_and_passage(
    client: httpx.Client, exercises: dict[str, Exercise], lessons: Lessons
) -> None:
    for exercise in exercises.values():
        page = section(get(client, f"/teach/exercise/{exercise.name}", alliance=exercise.alliance))
        for sign in exercise.signs:
            claims = lessons.said_of(sign.signal)
            assert claims, sign.signal
            for claim in claims:
                assert claim.statement in page
                assert claim.certainty in page
                assert all(place.text in page for place in claim.passages)


def test_relief_is_said_to_mislead(client: httpx.Client) -> None:
    page = section(
        get(client, "/teach/exercise/good-days", alliance="working-alliance", sign=["1"])
    )
    assert "you named it; it is there to mislead" in page
    assert "It misleads to" in page
    assert "early-relief-misleadingly-suggests-magical-to-working" in page


def test_a_misalliance_names_both_sides(client: httpx.Client) -> None:
    page = section(get(client, "/teach/exercise/engineer", alliance="differ"))
    assert "the client is under a working alliance" in page
    assert "the therapist takes a therapeutic alliance to be in force" in page


def test_the_two_idealizations_are_told_apart(client: httpx.Client) -> None:
    for name, tie in (
        ("contract", "defensive idealization"),
        ("violinist", "idealizing transference"),
    ):
        page = section(get(client, f"/teach/exercise/{name}", alliance="working-alliance"))
        assert f"The tie to the therapist: {tie}" in page
        assert "told apart by who is to do the changing" in page


def test_exercises_are_annotated_cases_that_validate(
    client: httpx.Client, exercises: dict[str, Exercise]
) -> None:
    texts = []
    for name in exercises:
        case = client.get(f"/teach/exercise/{name}.ttl")
        assert case.headers["content-type"].startswith("text/turtle")
        texts.append(case.text)
    # Turtle after Turtle is Turtle; one report is faster than eighteen
    report = client.post(
        "/validate?strict=true", content="\n".join(texts), headers={"Content-Type": "text/turtle"}
    ).json()
    assert report["verdict"] == "conforms", report
    assert report["checked"]["cases"] == len(exercises) >= 14
    for suffix in ("jsonld", "rdf", "nt"):
        assert client.get(f"/teach/exercise/landlord.{suffix}").status_code == 200


def test_no_exercise_is_in_the_graph(client: httpx.Client, exercises: dict[str, Exercise]) -> None:
    query = 'ASK { GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?s), "/teach/")) }'
    for asked in (query, query.replace("GRAPH ?g", "")):
        answer = client.get(
            "/sparql",
            params={"query": asked},
            headers=JSON,
        )
        assert answer.json()["boolean"] is False
    cases = client.get("/case", headers={"Accept": "application/json"}).json()["items"]
    assert cases
    assert not {case["label"] for case in cases} & {one.title for one in exercises.values()}


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/teach/exercise/no-such", 404, "no-such"),
        ("/teach/exercise/landlord?alliance=magic", 422, "structuralizing-alliance"),
        ("/teach/exercise/landlord?alliance=magical-alliance&shift=up", 422, "none"),
        ("/teach/exercise/landlord?alliance=magical-alliance&sign=9", 422, "1, 2"),
        ("/teach/exercise/landlord?sign=1", 422, "which alliance"),
        ("/teach/exercise/landlord.docx", 422, "html"),
        ("/teach/drill/0", 404, "drill"),
        ("/teach/drill/999999999999", 404, "drill"),
        ("/teach/drill/x", 404, "drill"),
        ("/teach/drill/1?answer=both", 422, "answer"),
        ("/teach/pack?concept=magical-aliance", 422, "magical-alliance"),
        ("/embed/concept/magical-aliance", 404, "magical-alliance"),
        ("/embed/teach/landlord", 404, "landlord"),
        ("/oembed?url=https://example.org/concept/magical-alliance", 404, "nearest"),
        ("/oembed?url=concept/magical-alliance&format=xml", 422, "json"),
        ("/oembed?url=concept/magical-alliance&maxwidth=0", 422, "maxwidth"),
        ("/oembed", 422, "url"),
    ],
)
def test_what_makes_no_sense_is_refused_clearly(
    client: httpx.Client, path: str, status: int, says: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.text


def test_a_handout_has_its_bounds(client: httpx.Client) -> None:
    names = [item["name"] for item in client.get("/concept?format=json").json()["items"][:25]]
    many = [("concept", name) for name in names]
    assert client.get("/teach/pack", params=many, headers=PAGE).status_code == 422
    assert client.get("/teach/pack", params=many[:24], headers=PAGE).status_code == 200


def test_a_handout_keeps_the_order_and_cites(client: httpx.Client, lessons: Lessons) -> None:
    page = get(client, "/teach/pack", concept=["working-alliance", "Magical alliance"])
    headings = re.findall(r'<h2 id="s\d+"><a href="([^"]+)"', page)
    assert headings == ["/concept/working-alliance", "/concept/magical-alliance"]
    assumed = lessons.said_of(f"{BASE}concept/magical-alliance", [CRITERIA[0]])
    assert assumed
    for claim in assumed:
        assert claim.statement in html.unescape(page)
        assert f"/{claim.iri.removeprefix(BASE)}" in links(page)
    assert "Kohut (1971)" in page


@pytest.mark.parametrize("title", PACKS)
def test_a_ready_made_handout_holds_its_concepts(client: httpx.Client, title: str) -> None:
    page = get(client, "/teach/pack", concept=list(PACKS[title]))
    assert f"<h1>{title}</h1>" in page
    assert len(re.findall(r'<section class="sheet"', page)) == len(PACKS[title])


def test_drills_have_one_right_answer_and_do_not_give_it_away(
    release: Release, lessons: Lessons
) -> None:
    drills = make_drills(lessons, release.catalog)
    assert len(drills) > 60
    assert [drill.number for drill in drills] == list(range(1, len(drills) + 1))
    assert drills == make_drills(read_lessons(release.store, release.catalog), release.catalog)
    for drill in drills:
        assert BLANK in drill.statement
        assert drill.claim.subject.iri == drill.answer.iri
        assert drill.other.label not in drill.statement
        assert drill.answer.label not in drill.statement
    pairs = {frozenset(entry.name for entry in drill.pair) for drill in drills}
    assert {"defensive-idealization", "idealizing-transference"} in pairs
    assert len([pair for pair in pairs if pair <= set(ALLIANCES)]) == 6


def test_a_drill_tells_what_was_said_of_which(client: httpx.Client, release: Release) -> None:
    drills = make_drills(read_lessons(release.store, release.catalog), release.catalog)
    (drill,) = (
        one
        for one in drills
        if one.claim.iri.endswith("/idealizing-transference-motivates-doing-the-changing")
        and one.other.name == "defensive-idealization"
    )
    path = f"/teach/drill/{drill.number}"
    assert section(get(client, path)) == ""
    right, wrong = (
        section(get(client, path, answer=entry.name)) for entry in (drill.answer, drill.other)
    )
    assert ">Right: " in right
    assert ">Not this one; the graph has the claim of: " in wrong
    for page in (right, wrong):
        assert drill.claim.statement in page
        assert "told apart by who is to do the changing" in page


def test_the_deck_holds_cards_that_a_later_deck_brings_up_to_date(
    client: httpx.Client, release: Release, tmp_path: Path
) -> None:
    answer = client.get("/teach/cards.apkg")
    assert answer.headers["content-disposition"] == 'attachment; filename="alliance-atlas.apkg"'
    assert client.get("/teach/cards.apkg?again").content == answer.content
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.namelist() == ["collection.anki2", "media"]
        assert packed.testzip() is None
        packed.extract("collection.anki2", tmp_path)
    database = sqlite3.connect(tmp_path / "collection.anki2")
    notes = {
        fields.split("\x1f")[0]: (guid, *fields.split("\x1f")[1:], tags.strip())
        for guid, fields, tags in database.execute("SELECT guid, flds, tags FROM notes")
    }
    (count,) = database.execute("SELECT COUNT(*) FROM cards").fetchone()
    database.close()
    assert count == len(notes) > 400
    assert len({note[0] for note in notes.values()}) == count
    # an identifier once given stays: this one was computed when the deck was first made
    guid, back, source, tags = notes["defensive idealization"]
    assert guid == "Djg=S>@da_"
    entry = release.catalog[f"{BASE}concept/defensive-idealization"]
    assert entry.gloss in html.unescape(back)
    assert entry.iri in source
    assert tags == "alliance-atlas::term"
    relief = next(note for front, note in notes.items() if "early relief of symptoms" in front)
    assert "is misread as shift from magical to working alliance (inferred)" in relief[1]
    contrasts = [note for note in notes.values() if note[-1] == "alliance-atlas::contrast"]
    assert len(contrasts) > 10
    assert all("line" in note[2] for note in contrasts)


def test_the_table_holds_the_same_cards(client: httpx.Client) -> None:
    answer = client.get("/teach/cards.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["kind"] for row in rows} == {"term", "signal", "contrast"}
    assert all(row["front"] and row["back"] and row["source"] for row in rows)
    (row,) = (row for row in rows if row["front"] == "defensive idealization")
    assert "concept/defensive-idealization" in row["source"]


def test_only_an_embedded_card_may_stand_in_anybodys_frame(client: httpx.Client) -> None:
    for path in ("/embed/concept/magical-alliance", "/embed/claim/" + CLAIM, "/embed/case/ms-l"):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors *" in policy
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "CC BY 4.0" in answer.text
    for path in ("/teach", "/concept/magical-alliance", "/embed/concept/no-such"):
        policy = client.get(path, headers=PAGE).headers["content-security-policy"]
        assert policy.endswith("frame-ancestors 'self'")


def test_an_embedded_card_says_how_sure_it_is(client: httpx.Client) -> None:
    page = client.get("/embed/claim/" + CLAIM).text
    assert "inferred" in page
    assert f'href="/claim/{CLAIM}"' in page


def test_oembed_gives_a_frame_of_the_card(client: httpx.Client, address: str) -> None:
    page = client.get("/concept/magical-alliance", headers=PAGE).text
    (found,) = re.findall(r'type="application/json\+oembed" href="([^"]+)"', page)
    assert parse_qs(urlsplit(found).query)["url"] == [f"{BASE}concept/magical-alliance"]
    for url in (f"{BASE}concept/magical-alliance", f"{address}/concept/magical-alliance"):
        body = client.get("/oembed", params={"url": url, "maxwidth": 300}).json()
        assert (body["version"], body["type"], body["width"]) == ("1.0", "rich", 300)
        assert f'src="{address}/embed/concept/magical-alliance"' in body["html"]
        assert body["title"] == "magical alliance"
