"""The course of a case as a drawing: sessions, what was seen, done and judged, the alliances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from kg.dossier import Dossier, Part
from kg.drawing import INK, PANEL, PAPER, QUIET, Drawing, add, fit

__all__ = ["draw_timeline"]

_ROWS = {
    "Observation": ("seen", 0),
    "Intervention": ("done", 1),
    "Judgement": ("judged", 2),
    "Shift": ("course", 3),
    "NonMovement": ("course", 3),
    "Outcome": ("course", 3),
    "Finding": ("course", 3),
}
_WORDS = {"NonMovement": "no movement"}
#: How an alliance stands that is in force, and how one that somebody only takes to be.
_IN_FORCE = frozenset({"confirmed", "negotiated", "operative"})
_MISTAKEN = "presumed by mistake"
#: In pixels: the names of the rows, the most that the columns take, a mark's half width, a row.
_GUTTER, _ROOM, _HALF, _ROW = 64.0, 882.0, 11.5, 44.0


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where things are, in columns: a column for each event, and for a session without events.

    :param columns: by IRI of an event or a session; of a session, the first.
    :param spans: a session with its first and last column, as often as it is broken off.
    :param letters: what a session is called, by its IRI.
    """

    events: tuple[Part, ...]
    columns: dict[str, int]
    spans: tuple[tuple[Part, int, int], ...]
    count: int
    step: float
    letters: Mapping[str, str]

    @property
    def top(self) -> float:
        """Where the first row is: the sessions, if any, are above it."""
        return 62.0 if self.spans else 24.0

    def left(self, column: int) -> float:
        return _GUTTER + column * self.step

    def middle(self, column: int) -> float:
        return self.left(column) + self.step / 2


def draw_timeline(dossier: Dossier) -> Drawing | None:
    """Draw the course of a case, or nothing where no alliance is told of."""
    alliances = dossier.parts_of("Alliance")
    plan = _plan(dossier)
    if not alliances or not plan.events:
        return None
    width = plan.left(plan.count) + 4
    body: list[ElementTree.Element] = [_group("grid"), _group("sessions"), _group("course")]
    _draw_sessions(body[1], plan)
    bottom = plan.top + 3 * _ROW + 30
    _draw_rows(body[0], plan, width)
    _draw_revisions(body[2], plan)
    for number, event in enumerate(plan.events, 1):
        body[2].append(_mark(event, number, dossier, plan))
    below = bottom
    for alliance in alliances:
        group = _group("alliance")
        below = _draw_alliance(group, alliance, plan, below, width)
        body.append(group)
    entry = dossier.entry
    # a number stays with its first word
    told = [f"{number}\u00a0{_say(event)}" for number, event in enumerate(plan.events, 1)]
    rooms = [
        f"{plan.letters[session.iri]}\u00a0{session.label}"
        for session in dossier.parts_of("Session")
    ]
    key = ["; ".join(told) + "."]
    if rooms:
        key.append("Sessions: " + "; ".join(rooms) + ".")
    key.append(
        "Circle: observation. Square: intervention. Lozenge: judgement. Arrow: shift. "
        "Octagon: outcome, or no movement. Dashed: not asserted, or later revised; as a line, how "
        "far it reaches is not told. Filled bar: an alliance in force; outline: only sought, or "
        "held by somebody. […]: text lost."
    )
    return Drawing(
        title=f"{entry.label}: the case in order",
        text=f"{len(plan.events)} numbered marks in {len(rooms)} sessions, in three rows for what "
        "was seen, done and judged and a fourth for shifts and outcomes; below them a bar for "
        f"each of {len(alliances)} alliances. The numbers are those of the list of what happened.",
        subject=entry.iri,
        width=width,
        height=below,
        body=body,
        key=key,
    )


def _plan(dossier: Dossier) -> _Plan:
    events = dossier.events
    sessions = dossier.parts_of("Session")
    waiting = list(sessions)
    columns: dict[str, int] = {}
    spans: list[tuple[Part, int, int]] = []
    by_iri = {session.iri: session for session in waiting}
    seen = {iri for event in events for iri in event.sessions}
    column = 0
    for event in events:
        session = by_iri.get(event.sessions[0]) if event.sessions else None
        while session and waiting and (waiting[0].order or 0) < (session.order or 0):
            # a session of which no event is told has its place all the same
            passed = waiting.pop(0)
            if passed.iri not in seen:
                spans.append((passed, column, column))
                columns[passed.iri] = column
                column += 1
        if session:
            if spans and spans[-1][0] is session and spans[-1][2] == column - 1:
                spans[-1] = (session, spans[-1][1], column)
            else:
                spans.append((session, column, column))
            columns.setdefault(session.iri, column)
        columns[event.iri] = column
        column += 1
    for passed in waiting:
        if passed.iri not in seen:
            spans.append((passed, column, column))
            columns[passed.iri] = column
            column += 1
    step = max(24.5, min(38.0, _ROOM / max(column, 1)))
    # few events still leave room for the names of the alliances
    step = max(step, min(80.0, 560 / max(column, 1)))
    letters = {session.iri: _letter(place) for place, session in enumerate(sessions)}
    return _Plan(events, columns, tuple(spans), column, step, letters)


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else str(place + 1)


def _group(name: str) -> ElementTree.Element:
    return ElementTree.Element("g", {"class": name})


def _draw_sessions(group: ElementTree.Element, plan: _Plan) -> None:
    for session, first, last in plan.spans:
        letter = plan.letters[session.iri]
        left, right = plan.left(first) + 1.5, plan.left(last + 1) - 1.5
        link = add(group, "a", href=session.iri)
        add(link, "title", f"session {letter}: {session.label}")
        add(link, "rect", x=left, y=1.0, width=right - left, height=24.0, rx=4, fill=PANEL,
            stroke=QUIET)  # fmt: skip
        name = f"{letter} · {session.label}"
        if len(fit(name, width=right - left - 8, size=11.5)) > 1:
            name = letter
        add(link, "text", name, x=(left + right) / 2, y=17.0, font_size=11.5, text_anchor="middle",
            fill=INK)  # fmt: skip


def _draw_rows(group: ElementTree.Element, plan: _Plan, width: float) -> None:
    if plan.spans:
        add(group, "text", "session", x=0, y=17.0, font_size=12, fill=QUIET)
    for name, row in dict.fromkeys(_ROWS.values()):
        y = plan.top + row * _ROW
        add(group, "text", name, x=0, y=y + 4, font_size=12, fill=QUIET)
        add(group, "line", x1=_GUTTER, x2=width - 4, y1=y, y2=y, stroke=QUIET, stroke_width=0.4)


def _draw_revisions(group: ElementTree.Element, plan: _Plan) -> None:
    """Draw from each judgement that was given up a line to the one that came in its place."""
    row = plan.top + 2 * _ROW
    for event in plan.events:
        if event.revised_by in plan.columns:
            start, end = (
                plan.middle(plan.columns[event.iri]),
                plan.middle(plan.columns[event.revised_by]),
            )
            depth = row + _HALF + 14
            add(group, "path", class_="revision", fill="none", stroke=INK, stroke_width=1.2,
                stroke_dasharray="4 3", d=f"M{start:g} {row + _HALF:g} C{start:g} {depth:g} "
                f"{start:g} {depth:g} {start + 12:g} {depth:g} L{end - 12:g} {depth:g} "
                f"C{end:g} {depth:g} {end:g} {depth:g} {end:g} {row + _HALF + 5:g}")  # fmt: skip
            add(group, "path", class_="head", fill=INK,
                d=f"M{end - 4:g} {row + _HALF + 7:g} L{end:g} {row + _HALF:g} "
                f"L{end + 4:g} {row + _HALF + 7:g} Z")  # fmt: skip


def _mark(event: Part, number: int, dossier: Dossier, plan: _Plan) -> ElementTree.Element:
    """Draw an event: its shape says what it is, its number is its place in the page's list."""
    x, y = plan.middle(plan.columns[event.iri]), plan.top + _ROWS[event.cls][1] * _ROW
    link = ElementTree.Element(
        "a", {"href": f"{dossier.entry.iri}#event-{number}", "class": f"mark-{event.cls.lower()}"}
    )
    add(link, "title", f"{number}. {_WORDS.get(event.cls, event.cls.lower())}: {_say(event)}")
    dash = {} if event.asserted else {"stroke_dasharray": "3 2"}
    look = {"fill": PAPER, "stroke": INK, "stroke_width": 1.4, **dash}
    h = _HALF
    if event.cls == "Observation":
        add(link, "circle", cx=x, cy=y, r=h, **look)
    elif event.cls == "Intervention":
        add(link, "rect", x=x - h, y=y - h, width=2 * h, height=2 * h, rx=2, **look)
    else:
        outline = {
            "Judgement": ((-h - 2, 0), (0, -h - 2), (h + 2, 0), (0, h + 2)),
            "Shift": ((-h, -h), (3, -h), (h + 3, 0), (3, h), (-h, h)),
        }.get(event.cls, ((-h, -5), (-5, -h), (5, -h), (h, -5), (h, 5), (5, h), (-5, h), (-h, 5)))
        points = " ".join(f"{x + dx:g},{y + dy:g}" for dx, dy in outline)
        add(link, "polygon", points=points, **look)
    add(link, "text", str(number), x=x, y=y + 4, font_size=11.5, text_anchor="middle", fill=INK)
    if event.lost_after:
        add(link, "text", "[…]", x=x, y=y - h - 4, font_size=11, text_anchor="middle", fill=INK,
            class_="lost")  # fmt: skip
    return link


def _say(event: Part) -> str:
    """Say in a few words what an event is and how surely."""
    limits = _limits(event)
    return f"{event.label} ({'; '.join(limits)})" if limits else event.label


def _limits(part: Part) -> list[str]:
    """Say how what is told of a part is limited."""
    limits = [] if part.asserted else [part.certainty]
    if part.hedge:
        limits.append(f"“{part.hedge}”")
    if part.lost_after:
        limits.append(f"text lost after line {part.lost_after}")
    return limits


def _draw_alliance(
    group: ElementTree.Element, alliance: Part, plan: _Plan, top: float, width: float
) -> float:
    """Draw an alliance as a bar below its name; give where the next begins."""
    link = add(group, "a", href=alliance.iri)
    y = top + 14
    for line in fit(alliance.label, width=width, size=13):
        add(link, "text", line, x=0, y=y, font_size=13, font_weight=600, fill=INK)
        y += 17
    extent = _extent(alliance, plan)
    notes = [alliance.standing] if alliance.standing else []
    notes += _limits(alliance)
    if extent is None:
        notes.append("when it began is not told")
    for line in fit("; ".join(notes), width=width, size=12):
        add(group, "text", line, x=0, y=y, font_size=12, fill=QUIET, class_="note")
        y += 16
    y += 2
    left, right = plan.left(0), width - 4
    if extent is None:
        _draw_untold(group, left, right, y)
        return y + 18
    start, end = plan.left(extent[0]) + 2, plan.left(extent[1] + 1) - 2
    mistaken = _MISTAKEN in alliance.standing.split("; ")
    if not alliance.sessions and not _begins(alliance, plan) and not mistaken:
        _draw_untold(group, left, start, y)
    if not _ends(alliance, plan) and not mistaken:
        _draw_untold(group, end, right, y)
    filled = alliance.asserted and _in_force(alliance)
    look = {"fill": "#8fb3bd"} if filled else {"fill": PAPER}
    if not alliance.asserted:
        look["stroke_dasharray"] = "4 3"
    add(group, "rect", class_="bar" if filled else "bar open", x=start, y=y - 6, width=end - start,
        height=12.0, rx=3, stroke=INK, **look)  # fmt: skip
    return y + 18


def _in_force(alliance: Part) -> bool:
    """Tell whether an alliance is told to be in force, and not only sought or held by somebody."""
    ways = set(filter(None, alliance.standing.split("; ")))
    return not ways or bool(ways & _IN_FORCE)


def _draw_untold(group: ElementTree.Element, start: float, end: float, y: float) -> None:
    """Dot a line where an alliance may have been in force, which is not told."""
    if end - start > 4:
        add(group, "line", x1=start, x2=end, y1=y, y2=y, stroke=INK, stroke_width=1.6,
            stroke_dasharray="2 4")  # fmt: skip


def _extent(alliance: Part, plan: _Plan) -> tuple[int, int] | None:
    """Give the first and last column of what is told to have been under an alliance, if any is."""
    inside = [event for event in plan.events if alliance.iri in event.episodes]
    begun = _begins(alliance, plan)
    if not begun and alliance.sessions:
        first = [event.iri for event in inside if alliance.sessions[0] in event.sessions]
        begun = [plan.columns[iri] for iri in first[:1] or alliance.sessions]
    told = [*begun, *(plan.columns[event.iri] for event in inside)]
    return (min(told), max([*told, *_ends(alliance, plan)])) if told else None


def _begins(alliance: Part, plan: _Plan) -> list[int]:
    """Give where an alliance begins, if a shift to it is told."""
    return [plan.columns[event.iri] for event in plan.events if event.after == alliance.iri]


def _ends(alliance: Part, plan: _Plan) -> list[int]:
    """Give where an alliance ends, if that is told: with a shift away from it, or a session."""
    left = [
        plan.columns[event.iri]
        for event in plan.events
        if event.cls == "Shift" and event.before == alliance.iri
    ]
    ends = [last for session, _, last in plan.spans if session.iri == alliance.ends_in]
    return left or ends
