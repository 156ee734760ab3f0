"""Chains: the shortest ways between two things over links that may be walked in both directions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

__all__ = ["Link", "shortest_chains"]


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """A link between two things.

    :param rank: of equally long chains those over links of a lower rank come first.
    :param name: what tells it from every other link.
    """

    rank: int
    name: str
    subject: str
    object: str

    def across(self, end: str) -> str:
        """Give the other end."""
        return self.object if end == self.subject else self.subject


def shortest_chains(
    links: Iterable[Link], first: str, second: str, *, most: int = 5, longest: int = 6
) -> list[tuple[Link, ...]]:
    """List the shortest chains between two things that pass nothing twice, in a fixed order.

    Chains of the least length come first, then those with one link more.

    :param most: how many chains to list at most.
    :param longest: how many links a chain may have.

    >>> ab, bc, ac = Link(0, "1", "a", "b"), Link(0, "2", "c", "b"), Link(1, "3", "a", "c")
    >>> [[link.name for link in chain] for chain in shortest_chains([ab, bc, ac], "a", "c")]
    [['3'], ['1', '2']]
    """
    around: dict[str, list[Link]] = {}
    for link in sorted(links):
        if link.subject != link.object:
            around.setdefault(link.subject, []).append(link)
            around.setdefault(link.object, []).append(link)
    left = _distances(around, second)
    if first == second or first not in left:
        return []
    found: list[tuple[Link, ...]] = []
    for length in range(left[first], min(left[first] + 1, longest) + 1):
        for chain in _chains(around, left, first, second, length):
            if len(found) == most:
                return found
            found.append(chain)
    return found


def _distances(around: Mapping[str, list[Link]], end: str) -> dict[str, int]:
    """Give how many links everything is away from an end."""
    found = {end: 0}
    waiting = deque([end])
    while waiting:
        thing = waiting.popleft()
        for link in around.get(thing, ()):
            other = link.across(thing)
            if other not in found:
                found[other] = found[thing] + 1
                waiting.append(other)
    return found


def _chains(
    around: Mapping[str, list[Link]], left: Mapping[str, int], first: str, second: str, length: int
) -> Iterator[tuple[Link, ...]]:
    """Give the chains of a length, walking on only where the rest can still lead to the end."""

    def walk(
        thing: str, chain: tuple[Link, ...], passed: frozenset[str]
    ) -> Iterator[tuple[Link, ...]]:
        rest = length - len(chain)
        if rest == 0:
            yield chain
            return
        for link in around[thing]:
            other = link.across(thing)
            reachable = left[other] < rest and (other != second or rest == 1)
            if reachable and other not in passed:
                yield from walk(other, (*chain, link), passed | {other})

    return walk(first, (), frozenset({first}))
