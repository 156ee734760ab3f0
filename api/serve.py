"""Running the application with uvicorn."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from api.app import create_app
from api.settings import Settings
from api.telemetry import LOGGER
from kg.errors import StoreError
from kg.manifest import read_manifest
from kg.remote import RemoteStore, is_url
from kg.store import OxigraphStore, Store, store_source

__all__ = ["serve"]


def serve(
    *,
    host: str,
    port: int,
    store: str | None = None,
    workers: int | None = None,
    services: Iterable[str] = (),
) -> int:
    """Serve until interrupted; the last line printed before is the address.

    :param store: the folder of the release to serve, by default the one that comes with the
        project; or the address of an engine that holds it (see :mod:`kg.publish`).
    :param workers: how many processes answer queries from outside, if not as the settings say.
    :param services: hosts that a query may call by SERVICE.
    :raises StoreError: if the release is not there, or the port is taken.
    """
    settings = replace(Settings.from_environment(), services=frozenset(services))
    if store and not is_url(store):
        settings = replace(settings, release=Path(store))
    if workers:
        settings = replace(settings, workers=workers)
    _write_query_log()
    app = create_app(_open(store, settings), settings)
    try:
        listener = socket.create_server((host, port), family=_family(host), reuse_port=False)
    except OSError as error:
        raise StoreError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    config = uvicorn.Config(app, log_level="warning", server_header=False)
    shown = f"[{host}]" if ":" in host else host
    print(f"Alliance Atlas is at http://{shown}:{listener.getsockname()[1]}/", flush=True)  # noqa: T201
    uvicorn.Server(config).run(sockets=[listener])
    return 0


def _write_query_log() -> None:
    """Write a line for each query to standard error, which is where logs go."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonTime())
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False


class _JsonTime(logging.Formatter):
    """Puts the time in front of what is JSON already."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return f'{{"time": "{moment}", {record.getMessage()[1:]}'


def _open(store: str | None, settings: Settings) -> Store:
    if not store or not is_url(store):
        return OxigraphStore.from_source(store_source(settings.release))
    manifest = read_manifest(settings.release)
    remote = RemoteStore(store, graphs=manifest.graphs, limits=settings.limits)
    remote.check(manifest.digest)
    return remote


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
