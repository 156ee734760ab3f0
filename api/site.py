"""The whole site as a folder of files, for any web server, or none.

The application is asked in process for every page that can be reached: from its addresses without
parameters, the sitemap, the catalog, and whatever links are found there. Links become relative and
lead to files. What needs a server, a form above all, gives way to a note that says where one is;
where a form can be answered as it stands, that answer is a page too.

A page's address with a query is followed from pages without one, so that what is a click away is
there; from pages with a query only its other formats and further rows are. Any other address leads
to the live service.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import posixpath
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from html import escape
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import Message, Scope

from api.app import create_app
from api.context import Context
from api.markup import Form, Link, Markup, read_markup, relink
from api.settings import Settings
from kg.entries import Entry
from kg.errors import CheckError, InputError, StoreError
from kg.namespaces import BASE
from kg.store import OxigraphStore, store_source

__all__ = ["MARKER", "Exported", "export_site"]

_LOGGER = logging.getLogger(__name__)

#: By this file a folder is known as an exported site, which may be replaced.
MARKER = "site.json"

_SERVICE = urlsplit(BASE)
#: The live service's path, which an address does not repeat.
_ROOT = _SERVICE.path.rstrip("/")
#: Of what is not a page, these are asked for though nothing links to them.
_FILES = (
    "/.well-known/void",
    "/favicon.ico",
    "/feed.xml",
    "/openapi.json",
    "/robots.txt",
    "/sitemap.xml",
)
#: The suffixes of everything's data.
_DATA = ("jsonld", "nt", "rdf", "ttl")
#: Leads to a server, wherever a site stands.
_LEFT_OUT = frozenset({"/oembed", "/opensearch.xml"})
#: What changes how an answer is written, not what it says.
_WRITING = frozenset({"format", "page", "limit"})
_SUFFIXES: Mapping[str, str] = {
    "application/json": "json",
    "application/ld+json": "jsonld",
    "application/n-triples": "nt",
    "application/rdf+xml": "rdf",
    "application/sparql-results+json": "srj",
    "application/sparql-results+xml": "srx",
    "text/csv": "csv",
    "text/markdown": "md",
    "text/plain": "txt",
    "text/tab-separated-values": "tsv",
    "text/turtle": "ttl",
}
#: In these there are links.
_MARKED_UP = frozenset({"text/html", "image/svg+xml"})
_MOST_ADDRESSES = 100_000
_PROCESSES, _AT_ONCE = 4, 4
#: Addresses that are asked for before what they lead to is looked at, and by a process at once.
_ROUND, _SHARE = 800, 25

#: What a process that makes pages asks for them.
_maker: _Maker | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported.

    :param release: digest of the release.
    :param bytes: of all files together.
    """

    version: str
    release: str
    files: int
    bytes: int


@dataclass(frozen=True, slots=True, order=True)
class _Address:
    """An address of the site; its query's parameters are in the order of their names."""

    path: str
    query: str = ""

    def __str__(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    media_type: str
    location: str
    body: bytes
    markup: Markup | None = None


#: Asks for some addresses at a time, here or in other processes, and gives the answers in order.
_Share = Callable[
    [Callable[[list[_Address]], list[_Answer]], list[list[_Address]]], Iterable[list[_Answer]]
]


@dataclass(slots=True)
class _Site:
    """What has been had so far."""

    folder: Path
    files: dict[_Address, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    moved: dict[_Address, _Address] = field(default_factory=dict)
    pages: dict[_Address, Markup] = field(default_factory=dict)
    missing: dict[_Address, int] = field(default_factory=dict)

    def final(self, address: _Address) -> _Address:
        """Follow an address that leads on to another."""
        for _ in range(5):
            if address not in self.moved:
                break
            address = self.moved[address]
        return address


def export_site(
    out: Path,
    *,
    release: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Write the site of a release into a folder, which is replaced as a whole.

    :param release: the release's folder.
    :param progress: told now and then how far it is.
    :raises InputError: if the folder holds anything but an exported site.
    :raises CheckError: if a link leads nowhere.
    :raises StoreError: if the release is not there, or nothing can be written.
    """
    # a name that leads through the folder itself would be lost with it
    out = out.resolve()
    if out.exists() and not out.is_dir():
        raise InputError("is no folder; name another", source=str(out))
    if out.exists() and any(out.iterdir()) and not (out / MARKER).is_file():
        raise InputError(
            "holds something that is no exported site; name another folder", source=str(out)
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, ignore_cleanup_errors=True) as scratch:
            folder = Path(scratch) / "site"
            folder.mkdir()
            exported = _export(folder, release, progress=progress)
            if out.exists():
                out.rename(Path(scratch) / "former")
            folder.rename(out)
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror}") from error
    return exported


def _export(folder: Path, release: Path, *, progress: Callable[[str], None]) -> Exported:
    # the pages are made in processes of their own, each with the release; a thread would wait
    with ProcessPoolExecutor(
        max_workers=min(_PROCESSES, os.cpu_count() or 1),
        mp_context=get_context("spawn"),
        initializer=_start,
        initargs=(release,),
    ) as pool:
        return _write(_open(release), pool.map, folder, progress=progress)


def _write(
    app: FastAPI,
    share: _Share,
    folder: Path,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Write the site of an application; :raises CheckError: if a link leads nowhere."""
    context: Context = app.state.context
    site = _Site(folder)
    _crawl(app, share, site, progress)
    progress(f"linking {len(site.pages)} pages")
    problems: set[str] = set()
    for address in site.pages:
        _link_page(site, address, problems)
    for address, target in site.moved.items():
        _write_signpost(site, address, target)
    if problems:
        raise CheckError(sorted(problems), within="the site's links")
    files = [path for path in folder.rglob("*") if path.is_file()]
    exported = Exported(
        version=context.manifest.version,
        release=context.manifest.digest,
        files=len(files),
        bytes=sum(path.stat().st_size for path in files),
    )
    (folder / MARKER).write_text(json.dumps(asdict(exported), indent=1) + "\n", encoding="utf-8")
    return exported


def _open(release: Path) -> FastAPI:
    store = OxigraphStore.from_source(store_source(release))
    return create_app(store, Settings(release=release, workers=1))


def _crawl(app: FastAPI, share: _Share, site: _Site, progress: Callable[[str], None]) -> None:
    context: Context = app.state.context
    optional = set(_routes(app)) | {_Address(path) for path in _FILES}
    waiting = optional | {_Address("/"), _Address("/search")}
    for entry in context.catalog.values():
        path = _path_of(entry)
        waiting |= {_Address(path), *(_Address(f"{path}.{suffix}") for suffix in _DATA)}
    seen = set(waiting)
    while waiting:
        # in rounds and in order, so that the same site gives the same files
        batch = sorted(waiting)[:_ROUND]
        waiting.difference_update(batch)
        parts = [batch[start : start + _SHARE] for start in range(0, len(batch), _SHARE)]
        answers = chain.from_iterable(share(_fetch, parts))
        for address, answer in zip(batch, answers, strict=True):
            found = _take(site, address, answer, optional=address in optional)
            waiting |= found - seen
            seen |= found
        if len(seen) > _MOST_ADDRESSES:
            raise StoreError(f"the site has more than {_MOST_ADDRESSES} addresses")
        progress(f"{len(seen) - len(waiting)} of {len(seen)} addresses known so far")


def _take(site: _Site, address: _Address, answer: _Answer, *, optional: bool) -> set[_Address]:
    """Keep an answer, and give the addresses that it leads to."""
    if answer.location:
        target = _resolve(address, answer.location)
        if target:
            site.moved[address] = target[0]
            return {target[0]}
    if answer.status != 200:
        site.missing[address] = answer.status
        return set()
    if optional and answer.media_type != "text/html" and not _is_file(address):
        # what only programs ask for
        return set()
    file = _name(site, address, answer)
    site.files[address] = file
    path = site.folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(answer.body)
    markup = answer.markup
    if not markup:
        return set()
    site.pages[address] = markup
    found = {_submitted(address, form) for form in markup.forms}
    for link in markup.links:
        target = _resolve(address, link.address) if link.tag != "script" else None
        if target and not _is_state(target[1]):
            found.add(target[0])
    return {target for target in found if target and _is_followed(address, target)}


def _is_file(address: _Address) -> bool:
    return address.path in _FILES or bool(posixpath.splitext(address.path)[1])


def _is_followed(source: _Address, target: _Address) -> bool:
    if target.path in _LEFT_OUT or (target.path == "/search" and target.query):
        return False
    if not target.query or target.path.startswith("/static/") or not source.query:
        return True
    asked = [pair for pair in target.parameters if pair[0] not in _WRITING]
    shown = [pair for pair in source.parameters if pair[0] not in _WRITING]
    return target.path == source.path and asked == shown


def _link_page(site: _Site, address: _Address, problems: set[str]) -> None:
    """Let a page's links lead to files, and notes stand for its forms."""
    markup = site.pages[address]
    path = site.folder / site.files[address]
    text = path.read_bytes().decode()
    edits: list[tuple[int, int, str]] = []
    for link in markup.links:
        if link.tag == "script":
            continue
        if link.rel == "search":
            edits.append((link.start, link.end, ""))
            continue
        new = _link(site, address, link, problems)
        if new != link.address:
            tag = text[link.start : link.end]
            edits.append((link.start, link.end, relink(tag, lambda _, new=new: new)))  # type: ignore[misc]
    edits += [(start, end, "") for start, end in markup.scripts]
    edits += [(form.start, form.end, _note(site, address, form)) for form in markup.forms]
    parts, done = [], 0
    # of what lies within another only the outer counts
    for start, end, new in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if start >= done:
            parts += [text[done:start], new]
            done = end
    path.write_bytes("".join([*parts, text[done:]]).encode())


def _link(site: _Site, source: _Address, link: Link, problems: set[str]) -> str:
    resolved = _resolve(source, link.address)
    if not resolved:
        return link.address
    target, fragment = resolved
    if _is_state(fragment):
        return _live(target) + "#" + fragment
    target = site.final(target)
    file = site.files.get(target)
    if file is None:
        if target in site.missing:
            problems.add(f"{source}: the link to {target} gets {site.missing[target]}")
        return _live(target) + (f"#{fragment}" if fragment else "")
    page = site.pages.get(target)
    if fragment and page and unquote(fragment) not in page.ids:
        problems.add(f"{source}: nothing on {target} has the id '{fragment}'")
    if target == source and fragment:
        return f"#{fragment}"
    return _relative(site.files[source], file) + (f"#{fragment}" if fragment else "")


def _note(site: _Site, address: _Address, form: Form) -> str:
    """Write what stands in the place of a form."""
    here = site.files[address]
    if form.role == "search":
        index = _relative(here, site.files[_Address("/search")])
        return f'<a class="search" href="{escape(index)}">Index from A to Z</a>'
    live = _live(address)
    elsewhere = f'<a href="{escape(live)}">{escape(live)}</a>'
    answer = _submitted(address, form)
    file = site.files.get(site.final(answer)) if answer else None
    if file and file != here:
        link = _relative(here, file)
        return (
            '<p class="note">This copy works without a server and has one '
            f'<a href="{escape(link)}">answer as an example</a>. To ask for others go to '
            f"{elsewhere}.</p>"
        )
    return (
        '<p class="note">This copy works without a server. What is filled in here needs one; '
        f"it is at {elsewhere}.</p>"
    )


def _write_signpost(site: _Site, address: _Address, target: _Address) -> None:
    """Write a page that leads on, for whoever comes by an address that is moved."""
    final = site.files.get(site.final(target))
    if final is None or address in site.files:
        return
    name = _free(site, f"{address.path.strip('/')}/index.html")
    link = escape(_relative(name, final))
    path = site.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="refresh" content="0; url={link}">\n<title>Moved</title>\n</head>\n'
        f'<body><p>This is at <a href="{link}">another address</a>.</p></body>\n</html>\n',
        encoding="utf-8",
    )


def _index(context: Context) -> bytes:
    """Write the page that stands for the search: every name, from A to Z."""
    letters: dict[str, list[tuple[str, Entry]]] = {}
    # a claim has a sentence and no name, a part is found with its whole
    kinds = ("concept", "signal", "case", "source", "question", "shape")
    for entry in (entry for kind in kinds for entry in context.catalog.of_kind(kind)):
        for name in dict.fromkeys((entry.label, *entry.alternatives)):
            first = name.lstrip("“\"'(")[:1].upper()
            letters.setdefault(first if first.isalpha() else "#", []).append((name, entry))
    groups = {
        letter: sorted(letters[letter], key=lambda pair: (pair[0].casefold(), pair[1].iri))
        for letter in sorted(letters)
    }
    template = context.templates.get_template("site_index.html")
    return template.render(groups=groups, live=BASE, manifest=context.manifest).encode()


def _routes(app: FastAPI) -> Iterable[_Address]:
    """List the addresses that can be asked for without knowing anything."""
    for route in app.routes:
        asked = isinstance(route, APIRoute) and "GET" in (route.methods or ())
        path = getattr(route, "path", "{")
        if asked and "{" not in path and path not in _LEFT_OUT:
            yield _Address(path)


def _path_of(entry: Entry) -> str:
    return "/" + entry.iri.removeprefix(BASE)


def _resolve(source: _Address, written: str) -> tuple[_Address, str] | None:
    """Give the address and fragment that a link means, or nothing if it leads elsewhere."""
    if written.startswith("/") and not written.startswith("//"):
        return _read_address(written)
    return _read_address(urljoin(str(source), written))


@lru_cache(maxsize=20_000)
def _read_address(written: str) -> tuple[_Address, str] | None:
    parts = urlsplit(written)
    if parts.scheme or parts.netloc:
        return None
    path = unquote(parts.path)
    if path.startswith(f"{_ROOT}/"):
        path = path.removeprefix(_ROOT)
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True), key=lambda pair: pair[0])
    return _Address(path, urlencode(pairs)), parts.fragment


def _submitted(source: _Address, form: Form) -> _Address | None:
    """Give the address that a form leads to as it stands, or nothing if nothing is chosen in it."""
    if form.method != "get" or form.role == "search" or not any(v for _, v in form.fields):
        return None
    query = urlencode([(name, value) for name, value in form.fields if value])
    resolved = _resolve(source, f"{form.action or source.path}?{query}")
    return resolved[0] if resolved else None


def _is_state(fragment: str) -> bool:
    """Tell whether a fragment is for a script, and no place on a page."""
    return "=" in fragment


def _live(address: _Address) -> str:
    query = f"?{address.query}" if address.query else ""
    return BASE.rstrip("/") + quote(address.path) + query


def _relative(source: str, target: str) -> str:
    """Give the way from one file to another."""
    return _way(posixpath.dirname(source), target)


@lru_cache(maxsize=20_000)
def _way(folder: str, target: str) -> str:
    return quote(posixpath.relpath(target, folder or "."), safe="/~=,")


def _name(site: _Site, address: _Address, answer: _Answer) -> str:
    """Choose the file for an answer; the first of two that differ in case only has the plain one.

    :raises StoreError: if an address cannot be the name of a file.
    """
    path = address.path.strip("/")
    if any(part in {"", ".", ".."} for part in path.split("/") if path) or re.search(
        r'[\x00-\x1f\\:*?"<>|]', path
    ):
        raise StoreError(f"{address} cannot be the name of a file")
    page = answer.media_type == "text/html"
    if path.startswith("static/"):
        return path
    written = dict(address.parameters).get("format", "")
    said = [pair for pair in address.parameters if pair[0] != "format"]
    if said:
        path = f"{path}/{_slug(said)}"
    if page:
        name = path if path.endswith(".html") else f"{path}/index.html".lstrip("/")
    else:
        suffix = _SUFFIXES.get(answer.media_type, written)
        has_one = posixpath.splitext(path)[1] and not written
        name = path if has_one or not suffix else f"{path or 'index'}.{suffix}"
    return _free(site, name)


def _free(site: _Site, name: str) -> str:
    """Give a name that nothing has yet, on any file system."""
    stem, suffix = posixpath.splitext(name)
    if name.endswith("/index.html"):
        stem, suffix = name.removesuffix("/index.html"), "/index.html"
    free, number = name, 1
    while free.casefold() in site.taken:
        number += 1
        free = f"{stem}~{number}{suffix}"
    site.taken[free.casefold()] = free
    return free


def _slug(pairs: list[tuple[str, str]]) -> str:
    text = ",".join(f"{name}={re.sub(r'[^A-Za-z0-9._-]+', '-', value)}" for name, value in pairs)
    text = re.sub(r"[^A-Za-z0-9.,=_-]+", "-", text)
    if len(text) <= 100:
        return text
    digest = hashlib.sha256(urlencode(pairs).encode()).hexdigest()[:10]
    return f"{text[:80]}-{digest}"


class _Maker:
    """What makes pages, here or in a process of its own; its loop lasts as long as it does."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._runner = asyncio.Runner()

    def fetch(self, addresses: list[_Address]) -> list[_Answer]:
        return self._runner.run(self._fetch(addresses))

    def close(self) -> None:
        self._runner.close()

    async def _fetch(self, addresses: list[_Address]) -> list[_Answer]:
        # while one waits for the store or a picture, another can be written
        gate = asyncio.Semaphore(_AT_ONCE)

        async def read(address: _Address) -> _Answer:
            async with gate:
                return await _read(self._app, address)

        return list(await asyncio.gather(*map(read, addresses)))


def _start(release: Path) -> None:
    """Open the release in a process that makes pages."""
    global _maker
    _maker = _Maker(_open(release))


def _fetch(addresses: list[_Address]) -> list[_Answer]:
    """Ask for addresses, in a process that makes pages."""
    return _maker.fetch(addresses) if _maker else []


async def _read(app: FastAPI, address: _Address) -> _Answer:
    if address.path == "/search":
        answer = _Answer(200, "text/html", "", _index(app.state.context))
    else:
        answer = await _ask(app, address)
    if answer.status == 200 and answer.media_type in _MARKED_UP:
        return replace(answer, markup=read_markup(answer.body.decode()))
    return answer


async def _ask(app: FastAPI, address: _Address) -> _Answer:
    """Ask the application as a browser would that had come to the live service."""
    path = _ROOT + address.path
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": _SERVICE.scheme,
        "server": (_SERVICE.netloc, 443),
        "client": None,
        "root_path": _ROOT,
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": address.query.encode(),
        "headers": [
            (b"host", _SERVICE.netloc.encode()),
            (b"accept", b"text/html, */*;q=0.1"),
        ],
    }
    sent: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]
    status, headers, body = 500, dict[str, str](), bytearray()

    async def receive() -> Message:
        if sent:
            return sent.pop()
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            headers.update((k.decode().lower(), v.decode()) for k, v in message["headers"])
        else:
            body.extend(message.get("body", b""))

    try:
        await app(scope, receive, send)
    except Exception as error:
        # the application has said so already, as a browser would have seen it
        _LOGGER.error("%s: %s", address, error)
    location = headers.get("location", "") if 300 <= status < 400 else ""
    media_type = headers.get("content-type", "").partition(";")[0].strip()
    return _Answer(status, media_type, location, bytes(body))
