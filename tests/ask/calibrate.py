"""How much counts what speaks for a question and against it, found from the files beside this one.

``python tests/ask/calibrate.py`` prints the table for ``COUNTS`` of :mod:`kg.ask`: a conditional
logistic regression over what may be asked by each text, and that nothing is which has an answer.
Run it when the signs in :mod:`kg.ask` have changed.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence

from measure import SETS, is_right, read_phrasings, read_rows

from kg import ask
from kg.release import open_release

_ROUNDS, _RATE, _RIDGE = 400, 0.05, 0.5

Case = tuple[Sequence[Mapping[str, float]], Sequence[bool]]


def gather(
    asker: ask.Asker, questions: Mapping[str, ask.Question], names: Sequence[str]
) -> list[Case]:
    """Give what each text may ask: the signs, and which are right."""
    found: list[Case] = []
    for name in names:
        for row in read_phrasings(name):
            weighed = asker.weigh(row.text)
            found.append(
                (
                    [signs for _, signs in weighed],
                    [is_right(choice, row, questions) for choice, _ in weighed],
                )
            )
        for other in read_rows(f"unanswerable-{name}.csv"):
            weighed = asker.weigh(other["text"])
            found.append(([signs for _, signs in weighed], [False] * len(weighed)))
    return [case for case in found if case[0]]


def fit(cases: Sequence[Case], start: Mapping[str, float]) -> dict[str, float]:
    """Maximize the likelihood of what is right, or of nothing where nothing is (Adam)."""
    names = list(start)
    weights = [start[name] for name in names]
    rows = [([[signs[n] for n in names] for signs in some], right) for some, right in cases]
    first, second = [0.0] * len(names), [0.0] * len(names)
    for turn in range(1, _ROUNDS + 1):
        slope = [-_RIDGE * weight for weight in weights]
        for some, right in rows:
            odds = [
                math.exp(min(50.0, sum(w * x for w, x in zip(weights, row, strict=True))))
                for row in some
            ]
            whole = 1 + sum(odds)
            good = sum(one for one, ok in zip(odds, right, strict=True) if ok)
            for row, one, ok in zip(some, odds, right, strict=True):
                step = (one / good if ok else 0.0) - one / whole
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
