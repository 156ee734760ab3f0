"""Validating many files: one after another or side by side, each by itself, in the order given."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from kg.errors import AtlasError, InputError
from kg.ingest import SUFFIXES, media_type_for
from kg.report import Report
from kg.validation import default_validator, validate_case

__all__ = ["Checked", "find_cases", "validate_files"]

#: How many files are handed out ahead for each process; more would only fill memory.
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one file.

    :param source: its name as given.
    :param report: the report, if the file could be read.
    :param error: why not, otherwise.
    """

    source: str
    report: Report | None = None
    error: str = ""


def find_cases(names: Iterable[str]) -> Iterator[str]:
    """Give files as they are named, and for a folder the cases in it and below, by name.

    :raises InputError: if a folder holds no file with a suffix that tells a syntax.
    """
    for name in names:
        folder = Path(name)
        if name == "-" or not folder.is_dir():
            yield name
            continue
        found = False
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in SUFFIXES and path.is_file():
                found = True
                yield str(path)
        if not found:
            raise InputError(f"has no file that ends in one of {', '.join(SUFFIXES)}", source=name)


def validate_files(
    names: Iterable[str],
    *,
    strict: bool = False,
    media_type: str | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
) -> Iterator[Checked]:
    """Validate files, and give what became of each in the order of their names.

    One that cannot be read does not keep the others from being validated.

    :param media_type: of all of them, where their suffixes do not tell.
    :param jobs: how many processes share the work.
    :param executor: where the work is done instead, for instance on other machines.
    """
    if jobs == 1 and executor is None:
        for name in names:
            yield _validate(name, strict, media_type)
        return
    if executor is not None:
        yield from _share(executor, names, strict, media_type, ahead=64)
        return
    # spawned: a fork of a process that has threads, as a server has, may hang
    own = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=default_validator)
    try:
        yield from _share(own, names, strict, media_type, ahead=jobs * _AHEAD)
    finally:
        # also when the reader has had enough: what has not begun is not begun
        own.shutdown(cancel_futures=True)


def _share(
    executor: Executor, names: Iterable[str], strict: bool, media_type: str | None, *, ahead: int
) -> Iterator[Checked]:
    left = iter(names)
    handed_out: deque[Future[Checked]] = deque()
    while True:
        for name in islice(left, ahead - len(handed_out)):
            handed_out.append(executor.submit(_validate, name, strict, media_type))
        if not handed_out:
            return
        yield handed_out.popleft().result()


def _validate(name: str, strict: bool, media_type: str | None) -> Checked:
    try:
        data = Path(name).read_bytes()
        report = validate_case(
            data, media_type=media_type or media_type_for(name), source=name, strict=strict
        )
        return Checked(name, replace(report, checked=dict(report.checked)))
    except OSError as error:
        return Checked(name, error=f"{name}: cannot be read: {error.strerror}")
    except AtlasError as error:
        return Checked(name, error=str(error))
