"""Drawings as SVG: one file that stands alone, on a slide, and goes into a page as well.

Colours and strokes are attributes of presentation and no style sheet, for a page's policy lets no
style into it, and what a page's own style sheet says of a class is stronger than an attribute.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from kg.namespaces import BASE

__all__ = [
    "FONT",
    "INK",
    "PANEL",
    "PAPER",
    "QUIET",
    "Drawing",
    "add",
    "fit",
    "inline",
    "stand_alone",
]

_SVG = "http://www.w3.org/2000/svg"
ElementTree.register_namespace("", _SVG)

#: What a drawing's text is set in, where a page's style sheet says nothing else.
FONT = "'Source Sans Pro', 'Helvetica Neue', Arial, sans-serif"
INK, QUIET, PAPER, PANEL = "#1d2326", "#566166", "#ffffff", "#f3f4f0"

#: How wide a letter is at most on average, in parts of its size, in the widest of common fonts.
_LETTER = 0.6
_MARGIN = 24


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing with what makes it readable by itself.

    :param title: what is shown.
    :param text: what it shows, in words, for whoever does not see it.
    :param subject: the IRI of what it is about.
    :param width: of the drawing proper, in pixels.
    :param height: likewise.
    :param body: the elements of the drawing.
    :param key: lines below it where it stands alone.
    """

    title: str
    text: str
    subject: str
    width: float
    height: float
    body: Sequence[ElementTree.Element]
    key: Sequence[str] = ()


def add(
    parent: ElementTree.Element, name: str, text: str | None = None, /, **attributes: object
) -> ElementTree.Element:
    """Append an element; an underscore in an attribute's name stands for a hyphen."""
    made = ElementTree.SubElement(
        parent,
        name,
        {key.strip("_").replace("_", "-"): _number(value) for key, value in attributes.items()},
    )
    made.text = text
    return made


def fit(text: str, *, width: float, size: float) -> list[str]:
    """Break a text into lines that a width holds, in pixels, at a size of letters."""
    return textwrap.wrap(text, max(8, int(width / (size * _LETTER))), break_on_hyphens=False)


def stand_alone(drawing: Drawing, *, version: str) -> str:
    """Write a drawing as a file: with its title, its key, its source and its licence."""
    width = max(drawing.width, 480) + 2 * _MARGIN
    heading = fit(drawing.title, width=width - 2 * _MARGIN, size=20)
    lines = [
        (place > 0, line)
        for note in drawing.key
        for place, line in enumerate(_lines(note, width - 2 * _MARGIN - 14, 13))
    ]
    credit = [
        f"{drawing.subject}",
        f"Alliance Atlas {version}, after a paper by R. R. Lee. CC BY 4.0. "
        "A reading aid by one theory, not clinical advice.",
    ]
    credit = [part for line in credit for part in _lines(line, width - 2 * _MARGIN, 11)]
    top = _MARGIN + 26 * len(heading)
    below = top + drawing.height + 18
    height = below + 18 * len(lines) + 10 + 15 * len(credit) + _MARGIN / 2
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": _SVG,
            "viewBox": f"0 0 {_number(width)} {_number(height)}",
            "width": _number(width),
            "height": _number(height),
            "font-family": FONT,
            "fill": INK,
        },
    )
    add(root, "title", drawing.title)
    add(root, "desc", drawing.text)
    add(root, "rect", width=width, height=height, fill=PAPER)
    for index, line in enumerate(heading):
        add(root, "text", line, x=_MARGIN, y=_MARGIN + 12 + 26 * index, font_size=20,
            font_weight=600)  # fmt: skip
    inner = add(
        root,
        "svg",
        x=_MARGIN,
        y=top,
        width=drawing.width,
        height=drawing.height,
        viewBox=f"0 0 {_number(drawing.width)} {_number(drawing.height)}",
        class_="drawing",
        role="group",
    )
    add(inner, "title", drawing.title)
    add(inner, "desc", drawing.text)
    inner.extend(drawing.body)
    for index, (further, line) in enumerate(lines):
        add(root, "text", line, x=_MARGIN + 14 * further, y=below + 18 * index + 4,
            font_size=13)  # fmt: skip
    below += 18 * len(lines) + 10
    for index, line in enumerate(credit):
        add(root, "text", line, x=_MARGIN, y=below + 15 * index, font_size=11, fill=QUIET)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def inline(svg: str) -> str:
    """Take the drawing proper out of a file, for a page of this server.

    :param svg: what :func:`stand_alone` wrote.
    """
    root = ElementTree.fromstring(svg)  # noqa: S314 - a file of our own release
    inner = next(element for element in root if element.get("class") == "drawing")
    for name in ("x", "y"):
        inner.attrib.pop(name)
    for element in inner.iter():
        element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
        target = element.get("href", "")
        if target.startswith(BASE):
            element.set("href", "/" + target.removeprefix(BASE))
    return ElementTree.tostring(inner, encoding="unicode").strip()


def _lines(text: str, width: float, size: float) -> list[str]:
    """Break a text of a file into lines: its fonts are told, and narrower than a page's may be."""
    return fit(text, width=width * 1.12, size=size)


def _number(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
