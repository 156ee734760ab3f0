"""How much counts what speaks for a question and against it, found from the files beside this one.

``python tests/ask/calibrate.py`` prints the table for ``COUNTS`` of :mod:`kg.ask`: a conditional
logistic regression over what may be asked by each text, and that nothing is which has an answer.
Run it when the signs in :mod:`kg.ask` have changed.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from kg import ask
from kg.release import open_release

sys.path.insert(0, str(Path(__file__).resolve().parent))
from measure import SETS, is_right, read_phrasings, read_rows

_ROUNDS, _RATE, _RIDGE = 400, 0.05, 0.5

#: What a text may ask: the signs, and which are right; and how much the text counts.
Case = tuple[Sequence[Mapping[str, float]], Sequence[bool], float]

#: A text in which what it names is made into something unknown asks nothing of ours.
_STRANGE = ("hypnotic", "digital", "paranoid", "romantic", "cognitive", "political", "projective")
_STRANGERS = ("Dora", "Anna O.", "Mr. B", "Mrs. Q", "Winnicott", "Bordin 1979", "Lacan", "Bion")
_SPOILED = 0.3


def gather(
    asker: ask.Asker, questions: Mapping[str, ask.Question], names: Sequence[str]
) -> list[Case]:
    """Give what each text may ask."""
    found: list[Case] = []

    def add(text: str, right: Callable[[ask.Choice], bool], counts: float = 1.0) -> None:
        weighed = asker.weigh(text)
        if weighed:
            found.append(([s for _, s in weighed], [right(c) for c, _ in weighed], counts))

    draw = random.Random(1)
    for name in names:
        for row in read_phrasings(name):
            add(row.text, partial(is_right, row=row, questions=questions))
            names_it = [u for u in asker.read(row.text).understood if u.kind != "word"]
            if names_it:
                add(_spoil(row.text, draw.choice(names_it), draw), lambda _: False, _SPOILED)
        for other in read_rows(f"unanswerable-{name}.csv"):
            # of what lacks something the question may be clear
            near = other["nearest"] if other["expected"] == ask.UNSURE else ""
            add(other["text"], partial(_asks, near))
    return found


def _asks(question: str, choice: ask.Choice) -> bool:
    return choice.question == question


def _spoil(text: str, what: ask.Understood, draw: random.Random) -> str:
    if what.kind in {"case", "source"}:
        return text[: what.start] + draw.choice(_STRANGERS) + text[what.end :]
    return f"{text[: what.start]}{draw.choice(_STRANGE)} {text[what.start :]}"


def fit(cases: Sequence[Case], start: Mapping[str, float]) -> dict[str, float]:
    """Maximize the likelihood of what is right, or of nothing where nothing is (Adam)."""
    names = list(start)
    weights = [start[name] for name in names]
    rows = [([[signs[n] for n in names] for signs in some], *rest) for some, *rest in cases]
    first, second = [0.0] * len(names), [0.0] * len(names)
    for turn in range(1, _ROUNDS + 1):
        slope = [-_RIDGE * weight for weight in weights]
        for some, right, counts in rows:
            odds = [
                math.exp(min(50.0, sum(w * x for w, x in zip(weights, row, strict=True))))
                for row in some
            ]
            whole = 1 + sum(odds)
            good = sum(one for one, ok in zip(odds, right, strict=True) if ok)
            for row, one, ok in zip(some, odds, right, strict=True):
                step = counts * ((one / good if ok else 0.0) - one / whole)
                if abs(step) > 1e-5:
                    for at, x in enumerate(row):
                        slope[at] += step * x
        for at, one in enumerate(slope):
            first[at] = 0.9 * first[at] + 0.1 * one
            second[at] = 0.99 * second[at] + 0.01 * one * one
            weights[at] += (
                _RATE
                * (first[at] / (1 - 0.9**turn))
                / (math.sqrt(second[at] / (1 - 0.99**turn)) + 1e-9)
            )
    return dict(zip(names, weights, strict=True))


def main() -> None:
    release = open_release()
    asker = ask.Asker(release.folder, release.questions, release.catalog)
    cases = gather(asker, release.questions, sys.argv[1:] or SETS)
    for name, weight in fit(cases, ask.COUNTS).items():
        print(f'    "{name}": {weight:.2f},')


if __name__ == "__main__":
    main()
