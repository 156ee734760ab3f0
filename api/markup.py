"""What a page says of itself: its links, the ids they may lead to, its forms; with their places."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser
from itertools import accumulate

__all__ = ["Form", "Link", "Markup", "read_markup", "relink"]

#: Attributes that hold an address; an object's ``data`` is not used here.
_LINKING = ("href", "src", "xlink:href")
_VALUE = re.compile(
    r"""(?P<before>\s(?P<name>href|src|xlink:href)\s*=\s*)(?P<value>"[^"]*"|'[^']*'|[^\s>]+)""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Link:
    """An element that leads somewhere or loads something.

    :param address: as it is written, with character references resolved.
    :param start: where its tag begins in the text.
    :param end: where its tag ends.
    :param rel: its ``rel``, if it has one.
    """

    tag: str
    address: str
    start: int
    end: int
    rel: str = ""


@dataclass(slots=True)
class Form:
    """A form, and what it would send if nothing was changed in it.

    :param start: where it begins in the text.
    :param end: where it ends.
    :param fields: names and values, in order.
    """

    action: str
    method: str
    role: str
    start: int
    end: int = 0
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Markup:
    """What was read of a page.

    :param scripts: from where to where a script stands that is loaded.
    """

    links: list[Link] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    forms: list[Form] = field(default_factory=list)
    scripts: list[tuple[int, int]] = field(default_factory=list)


def read_markup(text: str) -> Markup:
    """Read a page, in HTML or SVG.

    >>> read_markup('<p id=a><a href="/x?a=1&amp;b=2">x</a>').links[0].address
    '/x?a=1&b=2'
    """
    reader = _Reader(text)
    reader.feed(text)
    reader.close()
    return reader.found


def relink(tag: str, change: Callable[[str], str]) -> str:
    """Change the addresses in a tag as it is written.

    >>> relink('<a class="b" href="/x">', lambda address: address + "/index.html")
    '<a class="b" href="/x/index.html">'
    """

    def write(match: re.Match[str]) -> str:
        value = match["value"]
        bare = value[1:-1] if value[0] in "\"'" else value
        return f'{match["before"]}"{escape(change(unescape(bare)))}"'

    return _VALUE.sub(write, tag)


class _Reader(HTMLParser):
    """Collects as it reads; places are counted in characters from the beginning."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Markup()
        self._text = text
        self._lines = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
        self._form: Form | None = None
        self._script: int | None = None
        self._select: str | None = None
        self._options: list[tuple[str | None, bool]] = []
        self._area: str | None = None
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag leads to, is called, or asks for."""
        given = {name: value or "" for name, value in attrs}
        written = self.get_starttag_text() or ""
        start = self._place()
        if given.get("id"):
            self.found.ids.add(given["id"])
        for name in _LINKING:
            if name in given:
                end = start + len(written)
                self.found.links.append(
                    Link(tag, given[name].strip(), start, end, given.get("rel", ""))
                )
        if tag == "script" and "src" in given:
            self._script = start
        elif tag == "form":
            method = given.get("method", "get").lower()
            self._form = Form(given.get("action", ""), method, given.get("role", ""), start)
        elif self._form:
            self._ask(tag, given, self._form)

    def _ask(self, tag: str, given: dict[str, str], form: Form) -> None:
        name = given.get("name", "")
        if tag == "input" and name and "disabled" not in given:
            kind = given.get("type", "text").lower()
            if kind in {"checkbox", "radio"}:
                if "checked" in given:
                    form.fields.append((name, given.get("value", "on")))
            elif kind not in {"submit", "button", "reset", "file", "image"}:
                form.fields.append((name, given.get("value", "")))
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select is not None:
            self._end_option()
            self._options.append((given.get("value"), "selected" in given))
            self._words = []
        elif tag == "textarea":
            self._area, self._words = name, []

    def handle_endtag(self, tag: str) -> None:
        """Close what was open."""
        end = self._text.find(">", self._place()) + 1
        if tag == "script" and self._script is not None:
            self.found.scripts.append((self._script, end))
            self._script = None
        form = self._form
        if not form:
            return
        if tag == "form":
            form.end = end
            self.found.forms.append(form)
            self._form = None
        elif tag == "select" and self._select is not None:
            self._end_option()
            chosen = [value for value, selected in self._options if selected]
            values = chosen or [value for value, _ in self._options[:1]]
            form.fields += [(self._select, value or "") for value in values[:1] if self._select]
            self._select = None
        elif tag == "textarea" and self._area is not None:
            form.fields += [(self._area, "".join(self._words))] if self._area else []
            self._area = None

    def handle_data(self, data: str) -> None:
        """Keep the words of an option or a field."""
        if self._select is not None or self._area is not None:
            self._words.append(data)

    def _end_option(self) -> None:
        """Give an option that has no value its words."""
        if self._options and self._options[-1][0] is None:
            words = " ".join("".join(self._words).split())
            self._options[-1] = (words, self._options[-1][1])

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column
