"""The application factory."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from api import problems
from api.assets import digest_program, list_assets
from api.context import Context, Deferred
from api.figures import figure_finder
from api.middleware import HeadMiddleware, KeepingMiddleware, PolicyMiddleware
from api.prose import link_names, name_class
from api.routes import (
    ask,
    compare,
    diagrams,
    discovery,
    editor,
    embed,
    itb,
    modules,
    overviews,
    pages,
    questions,
    reconciliation,
    search,
    service,
    sparql,
    teach,
    validation,
)
from api.settings import Settings
from api.telemetry import Telemetry
from kg import __version__
from kg.drills import make_drills
from kg.entries import Catalog
from kg.exercises import read_exercises
from kg.lessons import read_lessons
from kg.manifest import read_manifest
from kg.namespaces import BASE, compress
from kg.questions import read_questions
from kg.remote import RemotePool, RemoteStore
from kg.search import SearchIndex
from kg.store import Store, store_source
from kg.workers import ValidationPool, WorkerPool

__all__ = ["create_app", "create_endpoint"]

_FOLDER = Path(__file__).resolve().parent


def create_app(store: Store, settings: Settings) -> FastAPI:
    """Make the application that serves a store.

    :param store: what answers curated questions and pages.
    :param settings: among them the release that queries from outside are put to.
    :raises StoreError: if the release is not there.
    """
    context = _context(store, settings)
    app = _bare(context)
    # the last one that is added is the first to see a request
    sparql.install(app, context, path="/sparql")
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST", "OPTIONS"],
        allow_headers=["Accept", "Content-Type", "If-None-Match"],
        expose_headers=["ETag", "Link", "X-Release"],
    )
    app.add_middleware(PolicyMiddleware)
    app.add_middleware(KeepingMiddleware)
    app.add_middleware(HeadMiddleware)
    static = GZipMiddleware(StaticFiles(directory=_FOLDER / "static"), minimum_size=1000)
    app.mount("/static", static, name="static")
    app.include_router(service.router)
    app.include_router(editor.router)
    app.include_router(validation.router)
    app.include_router(itb.router)
    app.include_router(search.router)
    app.include_router(reconciliation.router)
    app.include_router(compare.router)
    app.include_router(overviews.router)
    app.include_router(discovery.router)
    app.include_router(modules.router)
    app.include_router(diagrams.router)
    app.include_router(teach.router)
    app.include_router(embed.router)
    questions.install(app, context)
    ask.install(app, context)
    # last, for its addresses cover whatever is left
    app.include_router(pages.router)
    return app


def create_endpoint(store: Store, settings: Settings) -> FastAPI:
    """Make an application that is the SPARQL endpoint alone, at ``/``, for mounting in another.

    :param store: what the endpoint describes itself from.
    :param settings: among them the release that queries are put to.
    :raises StoreError: if the release is not there.
    """
    context = _context(store, settings)
    app = _bare(context)
    sparql.install(app, context, path="/")
    app.add_middleware(HeadMiddleware)
    return app


def _context(store: Store, settings: Settings) -> Context:
    manifest = read_manifest(settings.release)
    pool: RemotePool | WorkerPool
    if isinstance(store, RemoteStore):
        # an engine elsewhere keeps strangers' queries away from this process by itself
        pool = RemotePool(store)
    else:
        pool = WorkerPool(
            store_source(settings.release),
            size=settings.workers,
            limits=settings.limits,
            graphs=manifest.graphs,
            hosts=settings.services,
        )
    catalog = Catalog.from_store(store)
    lessons = Deferred(lambda: read_lessons(store, catalog))
    return Context(
        store=store,
        settings=settings,
        manifest=manifest,
        catalog=catalog,
        questions=read_questions(settings.release / "questions.json"),
        exercises=read_exercises(settings.release / "exercises.json"),
        lessons=lessons,
        drills=Deferred(lambda: make_drills(lessons.get(), catalog)),
        search=SearchIndex(settings.release / "search.sqlite"),
        pool=pool,
        validation=ValidationPool(size=settings.workers, limits=settings.validation),
        templates=Jinja2Templates(env=_environment(settings.release, manifest.diagrams)),
        telemetry=Telemetry(pool, log=settings.query_log),
        # a release is named by its graph, and exercises are no part of that
        program=digest_program(
            _FOLDER, settings.release / "diagrams", settings.release / "exercises.json"
        ),
    )


def _bare(context: Context) -> FastAPI:
    """Make an application without routes, which answers errors as problems."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await context.pool.start()
        yield
        await context.pool.stop()
        await context.validation.stop()

    app = FastAPI(
        title="Alliance Atlas",
        version=__version__,
        description="A knowledge graph of psychotherapeutic alliances. A reading aid by "
        "one theory, not clinical advice.",
        lifespan=lifespan,
        # the pages that FastAPI brings load scripts from other hosts; ours does not
        docs_url=None,
        redoc_url=None,
    )
    app.state.context = context
    # what these would log of a body that they cannot read is words of the body
    for name in ("python_multipart", "rdflib"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    problems.install(app, context.templates)
    return app


def _environment(release: Path, names: Mapping[str, str]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["find_figure"] = figure_finder(release, names)
    environment.globals["assets"] = list_assets(_FOLDER / "static")
    environment.filters["short"] = compress
    environment.filters["href"] = _href
    environment.filters["named"] = link_names
    environment.filters["words"] = name_class
    return environment


def _href(iri: str) -> str:
    """Give the address of a thing on this server: the IRI itself where it is not one of ours."""
    return "/" + iri.removeprefix(BASE) if iri.startswith(BASE) else iri
