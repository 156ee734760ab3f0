"""What a hostile client can do, and what a browser is told to forbid."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path

import httpx
import pytest

from kg.release import Release

EDITOR = Path(__file__).resolve().parents[2] / "api" / "static" / "editor.js"
SCRIPT = "<script>alert(1)</script>"
PAGES = ["/", "/concept/magical-alliance", "/validate", "/docs", "/nope", "/download", "/sparql"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_forbid_what_they_do_not_need(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    # only the page with the editor runs a script, its own
    scripts = "script-src 'self';" if path == "/sparql" else ""
    assert ("script-src" in policy) == bool(scripts)
    assert scripts in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", PAGES)
def test_pages_need_no_more_than_the_policy_allows(client: httpx.Client, path: str) -> None:
    text = client.get(path, headers={"Accept": "text/html"}).text
    # a block of data is no script: a browser runs nothing of it
    data = r'<script type="application/ld\+json">[^<>]*</script>'
    assert (path in {"/", "/concept/magical-alliance"}) == bool(re.search(data, text))
    text = re.sub(data, "", text)
    own = re.sub(r'<script (?:type="module" |defer )*src="/static/[^"]+"[^>]*></script>', "", text)
    assert (own != text) == (path == "/sparql" and EDITOR.is_file())
    assert not re.search(r"<script|<iframe|\sstyle=|\son\w+=|javascript:", own)
    for address in re.findall(
        r'<(?:link rel="(?:icon|stylesheet)"|img|script)[^>]* (?:href|src)="([^"]+)"', text
    ):
        assert address.startswith("/static/")


@pytest.mark.parametrize(
    "path",
    [
        f"/concept/{SCRIPT}",
        "/concept/%3Cscript%3Ealert(1)%3C/script%3E",
        f"/{SCRIPT}",
        "/question/<script>/answer",
        f"/concept?class={SCRIPT}",
        f"/sparql?query={SCRIPT}",
        f"/concept/magical-alliance?format={SCRIPT}",
        f"/question/signals-of-shift/answer?from={SCRIPT}&to=working-alliance",
        f"/question/signals-of-shift/answer?{SCRIPT}=1",
        f"/download/{SCRIPT}",
        "/concept/%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
    ],
)
def test_what_a_client_sends_is_shown_as_text(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code in {400, 404, 406, 422}
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script>" not in answer.text
    assert "<img" not in answer.text


@pytest.mark.parametrize(
    "hostile", [SCRIPT, "<img src=x onerror=alert(1)>", "\u202etxt.exe", "</code></pre><b>x"]
)
def test_what_a_case_says_is_shown_as_text(client: httpx.Client, hostile: str) -> None:
    text = f"""@prefix aa: <https://w3id.org/alliance-atlas/ontology/> .
        @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        <x> a aa:Case ; rdfs:label "{hostile}"@en ; aa:hasEpisode <e> .
        <e> a aa:MagicalAlliance ; rdfs:label "{hostile}"@en ; aa:engagesSelfAgency "{hostile}" ."""
    sent = {"file": (f'"{hostile}".ttl', text.encode())}
    answer = client.post("/validate?format=html", files=sent)
    assert answer.status_code == 200
    assert "line 3" in answer.text
    for tag in ("<script", "<img", "<b>", "\u202etxt.exe.ttl"):
        assert tag not in answer.text


def test_a_redirect_leads_nowhere_else(client: httpx.Client) -> None:
    for path in ("//evil.example/", "/concept//evil.example/", "/ontology/MagicalAlliance"):
        answer = client.get(path, headers={"Accept": "text/html", "Host": "evil.example"})
        assert not answer.headers.get("location", "/concept").startswith(("//", "http"))


def test_a_hostile_host_header_does_no_harm(client: httpx.Client) -> None:
    headers = {"Accept": "text/turtle", "Host": "x> . <http://evil"}
    answer = client.get("/sparql", headers=headers)
    assert answer.status_code in {200, 400}
    assert "http://evil>" not in answer.text


@pytest.mark.parametrize(
    "name",
    ["..%2fmanifest.json", "%2e%2e/x", "nothing.ttl", "vocabulary.nt%00", "..%5cx", "/etc/passwd"],
)
@pytest.mark.parametrize("folder", ["/download/", "/static/", "/concept/"])
def test_no_other_file_can_be_read(client: httpx.Client, folder: str, name: str) -> None:
    answer = client.get(folder + name, headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert "root:" not in answer.text


def test_very_long_and_odd_names_are_just_unknown(client: httpx.Client) -> None:
    for name in ("x" * 5000, "%00", "%F0%9F%92%A9", "a/b/c/d/e", "%2e%2e%2f", "a%0d%0aX: y", "%ff"):
        answer = client.get(f"/concept/{name}", headers={"Accept": "application/json"})
        assert answer.status_code in {404, 414}, name
        assert len(answer.text) < 2000
        assert "x" not in answer.headers


def test_a_declared_flood_is_refused_unread(address: str) -> None:
    """100 MB by its own word is refused before a byte of it is sent."""
    host, port = address.removeprefix("http://").split(":")
    for path, kind in (
        ("/validate", "text/turtle"),
        ("/validate", "multipart/form-data; boundary=x"),
        ("/sparql", "application/sparql-query"),
    ):
        start = time.monotonic()
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(
                f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
                "Content-Length: 104857600\r\n\r\n".encode()
            )
            assert connection.recv(100).startswith(b"HTTP/1.1 413"), path
        assert time.monotonic() - start < 2


def test_nothing_tells_where_the_release_is(client: httpx.Client, release: Release) -> None:
    secret = str(Path(release.folder).parent)
    for path in (*PAGES, "/health", "/openapi.json", "/download/manifest.json", "/concept/x"):
        for accept in ("text/html", "application/json"):
            answer = client.get(path, headers={"Accept": accept})
            assert secret not in answer.text + str(answer.headers), path


def test_no_write_is_possible(client: httpx.Client) -> None:
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        for path in ("/", "/concept", "/concept/world", "/health", "/download/shapes.ttl"):
            assert client.request(method, path).status_code == 405, (method, path)
