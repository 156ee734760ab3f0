"""Running the application with uvicorn."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import uvicorn

from api.app import create_app
from api.settings import Settings
from kg.errors import StoreError
from kg.store import OxigraphStore

__all__ = ["serve"]


def serve(*, host: str, port: int, folder: Path | None = None) -> int:
    """Serve until interrupted; the last line printed before is the address.

    :param folder: the release to serve, by default the one that comes with the project.
    :raises StoreError: if the release is not there, or the port is taken.
    """
    settings = Settings.from_environment()
    if folder:
        settings = replace(settings, release=folder)
    app = create_app(OxigraphStore.from_quads(settings.release / "release.nq"), settings)
    try:
        listener = socket.create_server((host, port), family=_family(host), reuse_port=False)
    except OSError as error:
        raise StoreError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    config = uvicorn.Config(app, log_level="warning", server_header=False)
    shown = f"[{host}]" if ":" in host else host
    print(f"Alliance Atlas is at http://{shown}:{listener.getsockname()[1]}/", flush=True)  # noqa: T201
    uvicorn.Server(config).run(sockets=[listener])
    return 0


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
