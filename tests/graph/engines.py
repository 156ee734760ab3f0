"""Engines to test with, each started on a free port and on a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# dba's own password would do, but a test shall use what an operator would
_VIRTUOSO = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
ServerThreads = 20
NumberOfBuffers = 20000
MaxDirtyBuffers = 15000
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 20
MaxKeepAlives = 20
[SPARQL]
ResultSetMaxRows = {rows}
"""


@contextmanager
def oxigraph(folder: Path) -> Iterator[str]:
    """Start Oxigraph's own server; gives the address of its endpoint."""
    port = _free_port()
    # the wheel puts it beside the interpreter
    program = Path(sys.executable).with_name("oxigraph")
    with _running([str(program), "serve", "--bind", f"127.0.0.1:{port}"], folder):
        url = f"http://127.0.0.1:{port}/query"
        _await(url)
        yield url


@contextmanager
def virtuoso(folder: Path, *, rows: int = 1_000_000) -> Iterator[str]:
    """Start Virtuoso, with updates allowed to whoever asks."""
    program, console = shutil.which("virtuoso-t"), shutil.which("isql-vt")
    if not (program and console):
        message = "Virtuoso is not installed; 'make virtuoso' does it where it may"
        # on somebody's laptop it may be missing; where every change is judged it may not
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    http, sql = _free_port(), _free_port()
    settings = folder / "virtuoso.ini"
    settings.write_text(_VIRTUOSO.format(folder=folder, http=http, sql=sql, rows=rows))
    with _running([program, "+configfile", str(settings), "+foreground", "+wait"], folder):
        url = f"http://127.0.0.1:{http}/sparql"
        _await(url)
        subprocess.run(
            [console, f"127.0.0.1:{sql}", "dba", "dba", 'EXEC=GRANT SPARQL_UPDATE TO "SPARQL";'],
            check=True,
            capture_output=True,
            timeout=60,
        )
        yield url


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[None]:
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _await(url: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}?query=ASK%7B%7D", timeout=10):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    pytest.fail(f"nothing answers at {url}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
