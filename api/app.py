"""The application factory."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.middleware.cors import CORSMiddleware
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from api import problems
from api.context import Context
from api.middleware import HeadMiddleware, PolicyMiddleware
from api.routes import pages, questions, service, sparql, validation
from api.settings import Settings
from kg import __version__
from kg.entries import Catalog
from kg.manifest import read_manifest
from kg.namespaces import BASE, compress
from kg.questions import read_questions
from kg.store import Store
from kg.workers import WorkerPool

__all__ = ["create_app"]

_FOLDER = Path(__file__).resolve().parent


def create_app(store: Store, settings: Settings) -> FastAPI:
    """Make the application that serves a store.

    :param store: what answers curated questions and pages.
    :param settings: among them the release that queries from outside are put to.
    :raises StoreError: if the release is not there.
    """
    templates = Jinja2Templates(env=_environment())
    context = Context(
        store=store,
        settings=settings,
        manifest=read_manifest(settings.release),
        catalog=Catalog.from_store(store),
        questions=read_questions(settings.release / "questions.json"),
        pool=WorkerPool(settings.release, size=settings.workers, limits=settings.limits),
        templates=templates,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await context.pool.start()
        yield
        await context.pool.stop()

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
    problems.install(app, templates)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST", "OPTIONS"],
        allow_headers=["Accept", "Content-Type", "If-None-Match"],
        expose_headers=["ETag", "Link", "X-Release"],
    )
    app.add_middleware(PolicyMiddleware)
    app.add_middleware(HeadMiddleware)
    app.mount("/static", StaticFiles(directory=_FOLDER / "static"), name="static")
    app.include_router(service.router)
    app.include_router(sparql.router)
    app.include_router(validation.router)
    questions.install(app, context)
    # last, for its addresses cover whatever is left
    app.include_router(pages.router)
    return app


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["short"] = compress
    environment.filters["href"] = _href
    return environment


def _href(iri: str) -> str:
    """Give the address of a thing on this server: the IRI itself where it is not one of ours."""
    return "/" + iri.removeprefix(BASE) if iri.startswith(BASE) else iri
