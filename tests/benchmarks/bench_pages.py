"""Pages beside the same bytes as nginx's static files, and how soon a phone shows one.

Run by make bench. Needs ``wrk``; ``nginx`` and Chromium are measured where they are there. Each
server has one worker and is loaded alone, one after the other, with the same page.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import brotli
import httpx

ROOT = Path(__file__).resolve().parents[2]
#: The environment's own programs come first, also where it is not activated; nginx is in sbin.
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin"
PAGE = "/concept/magical-alliance"
#: Pages whose weight and first paint are measured.
PAGES = ("/", PAGE, "/case/ms-l", "/question/signals-of-shift")
CONNECTIONS = 8
#: "Slow 4G" of Chromium's own tools and a phone a quarter as fast as this machine.
NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
SLOWDOWN = 4


@dataclass(frozen=True)
class Rate:
    """Requests a second, and what one takes of the processor, in ms."""

    requests: float
    cpu: float


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=4, help="of each run (default: 4)")
    parser.add_argument("--runs", type=int, default=3, help="of which the best counts (default: 3)")
    options = parser.parse_args()
    if not shutil.which("wrk", path=PATH):
        print("wrk is not here; apt-get install wrk", file=sys.stderr)
        return 1
    with ours() as (base, process):
        bodies = {name: fetch(base, name) for name in ("identity", "gzip", "br")}
        print(f"load average {os.getloadavg()[0]:.1f}; {PAGE}, {len(bodies['identity'])} bytes, ")
        print(f"gzip {len(bodies['gzip'])}, br {len(bodies['br'])}; {CONNECTIONS} connections\n")
        mine = measure(base + PAGE, {"304": etag(base + PAGE)}, process, options)
    theirs: dict[str, Rate] = {}
    if shutil.which("nginx", path=PATH):
        with nginx(bodies["identity"]) as (base, process):
            page = f"{base}/page.html"
            theirs = measure(page, {"304": etag(page)}, process, options)
    else:
        print("nginx is not here; apt-get install nginx-light\n", file=sys.stderr)
    print("| what | ours, requests/s | nginx static | ratio | ours, CPU ms | nginx | ratio |")
    print("|---|---|---|---|---|---|---|")
    for name, rate in mine.items():
        other = theirs.get(name.removesuffix(" br"))
        cells = ["-"] * 6
        cells[0], cells[3] = f"{rate.requests:.0f}", f"{rate.cpu:.3f}"
        if other:
            cells[1], cells[2] = f"{other.requests:.0f}", f"{rate.requests / other.requests:.2f}"
            cells[4], cells[5] = f"{other.cpu:.3f}", f"{other.cpu / rate.cpu:.2f}"
        print(f"| {name} | {' | '.join(cells)} |")
    with ours() as (base, _):
        paint(base)
    return 0


def measure(
    url: str, known: dict[str, str], process: int, options: argparse.Namespace
) -> dict[str, Rate]:
    """Load a page plain, in each coding, and for a client that has it."""
    rows: dict[str, dict[str, str]] = {
        "page": {},
        "page gzip": {"Accept-Encoding": "gzip"},
        "page br": {"Accept-Encoding": "br"},
        **{name: {"If-None-Match": tag} for name, tag in known.items()},
    }
    return {
        name: max(
            (
                load(url, {"Accept": "text/html", **headers}, process, options.seconds)
                for _ in range(options.runs)
            ),
            key=lambda rate: rate.requests,
        )
        for name, headers in rows.items()
    }


def load(url: str, headers: dict[str, str], process: int, seconds: int) -> Rate:
    """Load an address with wrk."""
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *given, url]
    before = cpu_seconds(process)
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PATH": PATH}
    )
    used = cpu_seconds(process) - before
    assert "Non-2xx" not in done.stdout, done.stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    count = re.search(r"(\d+) requests in", done.stdout)
    assert rate and count, done.stdout
    return Rate(float(rate[1]), used * 1000 / int(count[1]))


def cpu_seconds(process: int) -> float:
    """How long a process has run on a processor; of nginx it is the worker that counts."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fetch(base: str, coding: str) -> bytes:
    """The page's bytes as they go over the wire."""
    headers = {"Accept": "text/html", "Accept-Encoding": coding}
    with httpx.stream("GET", base + PAGE, headers=headers, timeout=60) as answer:
        return b"".join(answer.iter_raw())


def etag(url: str) -> str:
    """The tag of an answer that is not compressed."""
    headers = {"Accept": "text/html", "Accept-Encoding": "identity"}
    return str(httpx.get(url, headers=headers, timeout=60).headers["etag"])


@contextmanager
def ours() -> Iterator[tuple[str, int]]:
    """Serve with one worker; the address, and the process."""
    with subprocess.Popen(
        [sys.executable, "-m", "kg", "serve", "--port", "0", "--workers", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    ) as server:
        assert server.stdout
        match = re.search(r"http://\S+\d", server.stdout.readline())
        assert match
        try:
            yield match[0], server.pid
        finally:
            server.terminate()


@contextmanager
def nginx(page: bytes) -> Iterator[tuple[str, int]]:
    """Serve a page with one worker of nginx, also as it comes compressed beforehand."""
    port = 8753
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "www").mkdir()
        (folder / "www/page.html").write_bytes(page)
        (folder / "www/page.html.gz").write_bytes(gzip.compress(page, mtime=0))
        (folder / "www/page.html.br").write_bytes(brotli.compress(page))
        folder.chmod(0o755)
        (folder / "nginx.conf").write_text(
            f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
            "events { worker_connections 64; }\n"
            "http { access_log off; sendfile on; gzip_static on; keepalive_requests 1000000000;\n"
            "  open_file_cache max=100; types { text/html html; }\n"
            f"  server {{ listen 127.0.0.1:{port}; root {folder}/www; }} }}\n"
        )
        program = shutil.which("nginx", path=PATH)
        assert program
        with subprocess.Popen(
            [program, "-p", scratch, "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL
        ) as server:
            base = f"http://127.0.0.1:{port}"
            for _ in range(100):
                try:
                    httpx.get(f"{base}/page.html").raise_for_status()
                    break
                except httpx.HTTPError:
                    time.sleep(0.05)
            children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
            try:
                yield base, int(children.split()[0])
            finally:
                server.terminate()


def paint(base: str) -> None:
    """What each page transfers with all it loads, and when it is first seen, on a slow phone."""
    sys.path.insert(0, str(ROOT))
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM, FLAGS

    if CHROMIUM is None:
        print("Chromium is not here; see make chromium", file=sys.stderr)
        return
    print("\n| page | transferred (bytes) | first contentful paint (ms), median of 5 | worst |")
    print("|---|---|---|---|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for path in PAGES:
            times, sizes = [], []
            for _ in range(5):
                context = browser.new_context(**playwright.devices["Pixel 5"])
                page = context.new_page()
                page.goto("about:blank")
                session = context.new_cdp_session(page)
                session.send("Network.enable")
                session.send("Network.emulateNetworkConditions", NETWORK)
                session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
                received: list[float] = []
                session.on(
                    "Network.loadingFinished",
                    lambda e, r=received: r.append(e["encodedDataLength"]),
                )
                page.goto(base + path, wait_until="load")
                times.append(
                    page.evaluate(
                        """() => new Promise(done => {
                          const seen = list => list.getEntries().forEach(entry =>
                            entry.name === "first-contentful-paint" && done(entry.startTime));
                          new PerformanceObserver(seen).observe({type: "paint", buffered: true});
                        })"""
                    )
                )
                sizes.append(sum(received))
                context.close()
            median = statistics.median(times)
            print(f"| `{path}` | {max(sizes):.0f} | {median:.0f} | {max(times):.0f} |")
        browser.close()


if __name__ == "__main__":
    raise SystemExit(main())
