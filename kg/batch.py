"""Validating many files: one after another or side by side, each by itself, in the order given."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from kg.errors import AtlasError, InputError
from kg.ingest import MAX_BYTES, SUFFIXES, media_type_for
from kg.report import Report
from kg.resources import release_dir
from kg.validation import validate_case
from kg.workers import VALIDATION_LIMITS, ValidationPool

__all__ = ["Checked", "Earlier", "find_cases", "resume", "validate_files"]

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
    :param jobs: how many processes share the work. With more than one, a case that takes too long
        or too much memory is stopped; the time that the shapes take is bounded in any case.
    :param executor: where the work is done instead, for instance on other machines.
    """
    if jobs == 1 and executor is None:
        for name in names:
            yield _validate(name, strict, media_type)
        return
    if executor is not None:
        yield from _share(executor, names, strict, media_type, ahead=64)
        return
    yield from _in_processes(iter(names), strict, media_type, jobs)


def _in_processes(
    names: Iterator[str], strict: bool, media_type: str | None, jobs: int
) -> Iterator[Checked]:
    ahead = jobs * _AHEAD
    # those that are handed out wait for their turn; each may wait for all before it
    limits = replace(
        VALIDATION_LIMITS, queue=2 * ahead, waiting=VALIDATION_LIMITS.seconds * (ahead + 1)
    )
    pool = ValidationPool(size=jobs, limits=limits)

    async def check(name: str) -> Checked:
        try:
            kind = media_type or media_type_for(name)
            packed = await pool.validate(_read(name), media_type=kind, source=name, strict=strict)
            return Checked(name, Report.unpack(packed))
        except OSError as error:
            return Checked(name, error=f"{name}: cannot be read: {error.strerror}")
        except InputError as error:
            error.source = name
            return Checked(name, error=str(error))
        except AtlasError as error:
            return Checked(name, error=f"{name}: {error}")

    async def end() -> None:
        for task in handed_out:
            task.cancel()
        await asyncio.gather(*handed_out, return_exceptions=True)
        await pool.stop()

    loop = asyncio.new_event_loop()
    handed_out: deque[asyncio.Task[Checked]] = deque()
    try:
        while True:
            for name in islice(names, ahead - len(handed_out)):
                handed_out.append(loop.create_task(check(name)))
            if not handed_out:
                return
            yield loop.run_until_complete(handed_out[0])
            handed_out.popleft()
    finally:
        # also when the reader has had enough, or the user: what has not begun is not begun
        loop.run_until_complete(end())
        loop.close()


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
        report = validate_case(
            _read(name), media_type=media_type or media_type_for(name), source=name, strict=strict
        )
        return Checked(name, replace(report, checked=dict(report.checked)))
    except OSError as error:
        return Checked(name, error=f"{name}: cannot be read: {error.strerror}")
    except AtlasError as error:
        return Checked(name, error=str(error))


def _read(name: str) -> bytes:
    """Read a file, no further than a case may be long: what is beyond is refused anyhow."""
    with Path(name).open("rb") as file:
        return file.read(MAX_BYTES + 1)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a run that was interrupted has left.

    :param done: the files whose reports still hold.
    :param failed: whether one of them does not conform.
    """

    done: Collection[str]
    failed: bool


def resume(path: Path, *, strict: bool) -> Earlier:
    """Read the reports of an earlier run, a JSON object a line, and leave only those that hold.

    A report holds unless its file, or the release that it was judged by, has changed since, and if
    it was made with the same strictness. A last line that was cut off is dropped.

    :raises InputError: if the file holds something else than reports.
    """
    if not path.exists():
        path.touch()
        return Earlier((), False)
    written = path.stat().st_mtime
    judged = (release_dir() / "manifest.json").stat().st_mtime < written
    done: set[str] = set()
    failed = False
    kept = path.with_name(f"{path.name}.part")
    with path.open("rb") as old, kept.open("wb") as new:
        for number, line in enumerate(old, 1):
            if not line.endswith(b"\n"):
                break
            try:
                report = json.loads(line)
                name, conforms = str(report["source"]), bool(report["conforms"])
                alike = report["strict"] is strict
            except (ValueError, LookupError, TypeError):
                kept.unlink()
                raise InputError(
                    "this is no report; name a new file, or one that an earlier run has written",
                    source=str(path),
                    line=number,
                ) from None
            if judged and alike and name not in done and _unchanged(name, written):
                new.write(line)
                done.add(name)
                failed = failed or not conforms
    # at one stroke: an interruption leaves the one file or the other
    kept.replace(path)
    return Earlier(done, failed)


def _unchanged(name: str, since: float) -> bool:
    try:
        return Path(name).stat().st_mtime < since
    except OSError:
        return False
