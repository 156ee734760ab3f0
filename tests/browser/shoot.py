"""Photograph pages, to be looked at: phone and desktop, light and dark, and as printed.

Of each page there come four pictures of its whole length, the PDF of its print and its first
leaves as pictures, and one sheet with all of these side by side; contact.png has every page small.

    .venv/bin/python tests/browser/shoot.py OUTDIR                      # every kind of page
    .venv/bin/python tests/browser/shoot.py OUTDIR /teach /compare      # these
    .venv/bin/python tests/browser/shoot.py OUTDIR --base http://127.0.0.1:8000
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pypdfium2
from conftest import CHROMIUM, FLAGS, serving
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright
from test_pages import PATHS

from kg.release import open_release

WIDTHS = {360: 740, 1280: 900}
SCHEMES = ("light", "dark")
#: What a sheet shows of a long page, and how many leaves of its print.
SHEET_HEIGHT = 1500
LEAVES = 3


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, metavar="OUTDIR", help="where the pictures go")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="as /concept; else every kind")
    parser.add_argument("--base", metavar="URL", help="a server that runs; else one is started")
    options = parser.parse_args()
    if CHROMIUM is None:
        print("no Chromium on this machine; see make chromium", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    sheets: list[tuple[str, Path]] = []
    with _base(options.base) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for path in options.paths or PATHS:
            sheets.append((path, shoot(browser, base, path, options.out)))
            print(sheets[-1][1], flush=True)
        browser.close()
    contact = options.out / "contact.png"
    _tile([(path, Image.open(sheet)) for path, sheet in sheets], width=480).save(contact)
    print(contact)
    return 0


def shoot(browser: Browser, base: str, path: str, out: Path) -> Path:
    """Take all pictures of a page, and give the sheet that shows them together."""
    name = re.sub(r"[^\w.-]+", "_", path.strip("/"))[:100] or "home"
    shots: list[Image.Image] = []
    for width, height in WIDTHS.items():
        for scheme in SCHEMES:
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme=scheme,  # type: ignore[arg-type]
            )
            page.goto(base + path)
            file = out / f"{name}-{width}-{scheme}.png"
            page.screenshot(path=file, full_page=True)
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                print(f"{path}: {wide} px wide at {width}", file=sys.stderr)
            if (width, scheme) == (1280, "light"):
                page.pdf(path=out / f"{name}.pdf", format="A4")
            page.close()
            shots.append(Image.open(file))
    with pypdfium2.PdfDocument(out / f"{name}.pdf") as pdf:
        for number, leaf in enumerate(islice(pdf, LEAVES), 1):
            picture = leaf.render(scale=1.2).to_pil()
            picture.save(out / f"{name}-print-{number}.png")
            shots.append(picture)
    sheet = out / f"{name}.png"
    _row(shots).save(sheet)
    return sheet


@contextmanager
def _base(given: str | None) -> Iterator[str]:
    if given:
        yield given.rstrip("/")
        return
    with serving(open_release()) as address:
        yield address


def _row(pictures: list[Image.Image]) -> Image.Image:
    """Put pictures side by side, none wider than 480 px, cut where they are too long."""
    scaled = [_narrow(picture, 480) for picture in pictures]
    height = min(SHEET_HEIGHT, max(picture.height for picture in scaled))
    sheet = Image.new("RGB", (sum(picture.width + 12 for picture in scaled) + 12, height), "grey")
    left = 12
    for picture in scaled:
        sheet.paste(picture.crop((0, 0, picture.width, min(picture.height, height))), (left, 0))
        left += picture.width + 12
    return sheet


def _tile(pictures: list[tuple[str, Image.Image]], *, width: int) -> Image.Image:
    """Put named pictures in rows of four."""
    scaled = [(name, _narrow(picture, width)) for name, picture in pictures]
    height = max(picture.height for _, picture in scaled) + 24
    rows = -(-len(scaled) // 4)
    sheet = Image.new("RGB", (4 * (width + 12), rows * height), "white")
    draw = ImageDraw.Draw(sheet)
    for number, (name, picture) in enumerate(scaled):
        left, top = number % 4 * (width + 12), number // 4 * height
        draw.text((left, top + 4), name[:70], fill="black")
        sheet.paste(picture, (left, top + 20))
    return sheet


def _narrow(picture: Image.Image, width: int) -> Image.Image:
    picture = picture.convert("RGB")
    if picture.width <= width:
        return picture
    return picture.resize((width, max(1, picture.height * width // picture.width)))


if __name__ == "__main__":
    raise SystemExit(main())
