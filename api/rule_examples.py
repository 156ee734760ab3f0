"""Two short cases for each rule: one that conforms, and one that breaks it and nothing else.

They are files in ``api/examples/``; the first line of each says in words what it tells. The line
at which the validator finds the breach is marked with ``# <--`` and the name of the shape.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

__all__ = ["EXAMPLES", "Example", "find_examples", "list_examples"]

#: The folder of the examples.
EXAMPLES = Path(__file__).resolve().parent / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """A short case.

    :param about: what it tells, as a sentence.
    :param text: the case, in Turtle.
    :param shape: the name of the shape that it breaks, if it breaks one.
    """

    about: str
    text: str
    shape: str | None


@lru_cache(maxsize=1)
def list_examples() -> Mapping[str, Example]:
    """Give all examples by their names, such as ``R05-breaks``."""
    paths = sorted(EXAMPLES.glob("R*.ttl"))
    return MappingProxyType({path.stem: _read(path) for path in paths})


def find_examples(rule: str) -> tuple[Example, Example] | None:
    """Give the case that conforms to a rule and the one that breaks it, if there are examples.

    :param rule: the rule's name, such as ``R05``.
    """
    examples = list_examples()
    good, bad = examples.get(f"{rule}-conforms"), examples.get(f"{rule}-breaks")
    return (good, bad) if good and bad else None


def _read(path: Path) -> Example:
    about, _, text = path.read_text(encoding="utf-8").partition("\n\n")
    mark = re.search(r"# <-- (\S+)$", text, re.MULTILINE)
    return Example(about.removeprefix("# "), text, mark[1] if mark else None)
