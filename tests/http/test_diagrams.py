"""Diagrams over HTTP: in pages, and as files for slides."""

from __future__ import annotations

import re
import struct

import httpx
import pytest

HTML = {"Accept": "text/html"}


@pytest.mark.parametrize("name", ["alliances", "concept/magical-alliance", "case/ms-l"])
def test_a_diagram_is_had_as_svg_and_png(client: httpx.Client, name: str) -> None:
    svg = client.get(f"/diagram/{name}.svg")
    assert svg.status_code == 200
    assert svg.headers["content-type"] == "image/svg+xml"
    again = client.get(f"/diagram/{name}.svg", headers={"If-None-Match": svg.headers["etag"]})
    assert again.status_code == 304
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.text)
    assert size
    png = client.get(f"/diagram/{name}.png", headers={"Accept-Encoding": "br, gzip"})
    assert png.headers["content-type"] == "image/png"
    assert "content-encoding" not in png.headers
    assert png.content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png.content[16:24])
    assert width == pytest.approx(2 * float(size[1]), abs=2)
    assert height == pytest.approx(2 * float(size[2]), abs=2)
    # letters are there: without a font a picture would be a few lines and small
    assert len(png.content) > 30_000
    again = client.get(f"/diagram/{name}.png", headers={"If-None-Match": png.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "file",
    ["ms-l.svg", "case/ms-l", "case/ms-l.gif", "", ".svg", "../manifest.json", "%2e%2e/x.svg"],
)
def test_what_is_no_diagram_is_not_found(client: httpx.Client, file: str) -> None:
    got = client.get(f"/diagram/{file}", headers={"Accept": "application/json"})
    assert got.status_code == 404


def test_a_slip_in_a_name_is_met_with_the_nearest(client: httpx.Client) -> None:
    got = client.get("/diagram/case/msl.svg").json()
    assert "case/ms-l.svg" in got["nearest"]


def test_the_home_page_shows_the_map_and_the_claims_behind_it(client: httpx.Client) -> None:
    text = client.get("/", headers=HTML).text
    assert text.count("<svg ") == 2
    for name in ("magical-working", "magical-therapeutic", "working-therapeutic"):
        start, end = name.split("-")
        assert f'href="/concept/shift-{start}-to-{end}"' in text
    assert "hedged: “often”" in text.replace("\u00a0", " ")
    assert "/diagram/alliances.svg" in text and "/diagram/alliances.png" in text
    assert "sometimes leads on to a therapeutic one" in text


def test_a_concept_stands_among_its_neighbours(client: httpx.Client) -> None:
    text = client.get("/concept/magical-alliance", headers=HTML).text
    assert text.count("<svg ") == 1
    assert '"/claim/magical-alliance-can-shift-to-working-alliance"' in text
    assert "/diagram/concept/magical-alliance.png" in text
    # a case of one finding is no course
    assert "<svg " not in client.get("/case/study-menninger", headers=HTML).text


def test_every_number_of_a_timeline_leads_to_its_place_in_the_list(client: httpx.Client) -> None:
    text = client.get("/case/ms-l", headers=HTML).text
    links = re.findall(r'href="/case/ms-l#(event-\d+)"', text)
    assert len(links) == 21
    for anchor in [*links, *re.findall(r'href="#([\w-]+)"', text)]:
        assert f'id="{anchor}"' in text


def test_a_first_reading_names_the_later_one(client: httpx.Client) -> None:
    text = client.get("/case/ms-l", headers=HTML).text
    item = text.partition('<li id="event-2">')[2].partition("</li>")[0]
    assert "perhaps an idealizing transference" in item
    assert 'later revised: see <a href="#event-16">16</a>' in item
    later = text.partition('<li id="event-16">')[2].partition("</li>")[0]
    assert 'first read otherwise: <a href="#event-2">2</a>' in later
    assert '<a href="#event-11">11</a>' in later
