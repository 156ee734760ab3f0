"""The errors that this project raises, as one tree.

::

    AtlasError                what went wrong is ours to explain
    ├── InputError            something handed in cannot be read or accepted
    │   ├── ParameterError    ... namely the value given for a question's parameter
    │   └── TooLargeError     ... because it exceeds a bound
    ├── NotFoundError         a name that nothing answers to; carries the nearest that do
    ├── CheckError            the ontology breaks its own rules; carries the problems
    └── StoreError            a store, worker or release does not do its part
        └── LimitError        a query was stopped at a limit

The command line turns them into exit codes, the HTTP application into problem details; nothing else
in the project decides on either.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "AtlasError",
    "CheckError",
    "InputError",
    "LimitError",
    "NotFoundError",
    "ParameterError",
    "StoreError",
    "TooLargeError",
]


class AtlasError(Exception):
    """Any error that this project raises on purpose."""


class InputError(AtlasError):
    """Something handed in from outside cannot be read or accepted.

    :param message: what is wrong, and what would be right, as one sentence.
    :param source: the file or other name by which the sender knows the input.
    :param line: where in it, counted from one.
    :param column: where in the line, counted from one.
    """

    def __init__(
        self,
        message: str,
        *,
        source: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.line = line
        self.column = column

    def __str__(self) -> str:
        """Give the place, in the form that editors and terminals link, and the message."""
        place = [str(part) for part in (self.source, self.line, self.column) if part is not None]
        return f"{':'.join(place)}: {self.message}" if place else self.message


class ParameterError(InputError):
    """A parameter of a question is missing, unknown or has a value that it cannot take.

    :param parameter: the parameter's name.
    :param value: the value given, if any.
    :param allowed: what would be accepted.
    :param nearest: what of it comes closest, best first.
    """

    def __init__(
        self,
        message: str,
        *,
        parameter: str,
        value: str | None = None,
        allowed: Sequence[str] = (),
        nearest: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.value = value
        self.allowed = tuple(allowed)
        self.nearest = tuple(nearest)


class TooLargeError(InputError):
    """Something handed in exceeds a bound; the message names the bound."""


class NotFoundError(AtlasError):
    """A name that nothing answers to.

    :param name: the name as given.
    :param kind: what kind of thing was looked for.
    :param nearest: the names that come closest, best first.
    """

    def __init__(self, name: str, *, kind: str = "thing", nearest: Sequence[str] = ()) -> None:
        hint = f"; did you mean {', '.join(nearest)}?" if nearest else ""
        shown = name if len(name) <= 100 else f"{name[:100]}..."
        super().__init__(f"no {kind} is called '{shown}'{hint}")
        self.name = name
        self.kind = kind
        self.nearest = tuple(nearest)


class CheckError(AtlasError):
    """The ontology breaks rules of its own, or something that is made of it does.

    :param problems: one line for each.
    :param within: where they are.
    """

    def __init__(self, problems: Sequence[str], *, within: str = "the ontology") -> None:
        super().__init__(f"{len(problems)} problem(s) in {within}")
        self.problems = tuple(problems)


class StoreError(AtlasError):
    """A store, a worker or a release does not do its part."""


class LimitError(StoreError):
    """A query was stopped at a limit.

    :param limit: the limit's name: time, memory, rows, bytes, length, nesting or queue.
    """

    def __init__(self, message: str, *, limit: str) -> None:
        super().__init__(message)
        self.limit = limit
