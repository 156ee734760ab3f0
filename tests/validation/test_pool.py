"""Cases that are validated in other processes: the same report, and nothing that lasts."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kg.errors import InputError, LimitError, StoreError, TooLargeError
from kg.ingest import MEDIA_TYPES
from kg.query_guard import Limits
from kg.report import Report
from kg.validation import validate_case
from kg.workers import VALIDATION_LIMITS, ValidationPool

HERE = Path(__file__).resolve().parent
NAMELESS = re.compile(r"_:\w+")
GOOD = (HERE / "valid" / "v2.ttl").read_bytes()
HEAVY = b"@prefix aa: <https://w3id.org/alliance-atlas/ontology/> .\n<a> a aa:Case .\n" + b"".join(
    b"<s/%d> a aa:Session ; aa:order %d .\n" % (n, n) for n in range(8000)
)


def with_pool(
    act: Callable[[ValidationPool], Awaitable[None]], *, limits: Limits = VALIDATION_LIMITS
) -> None:
    async def run() -> None:
        pool = ValidationPool(size=2, limits=limits)
        try:
            await act(pool)
        finally:
            await pool.stop()

    asyncio.run(run())


async def conforms(pool: ValidationPool) -> bool:
    return Report.unpack(await pool.validate(GOOD, media_type="text/turtle")).conforms


def test_the_report_is_that_of_the_library() -> None:
    """Every third case with a mistake, so that something a worker lacks would be noticed."""
    paths = sorted((HERE / "invalid").glob("*.ttl"))[::3]
    assert len(paths) > 30

    async def act(pool: ValidationPool) -> None:
        for path in paths:
            data = path.read_bytes()
            packed = await pool.validate(data, media_type="text/turtle", source=path.name)
            report = Report.unpack(packed)
            ours = validate_case(data, media_type="text/turtle", source=path.name)
            # nameless things have other names at each reading
            assert NAMELESS.sub("_:", report.to_json()) == NAMELESS.sub("_:", ours.to_json())
            assert report.findings

    with_pool(act)


def test_a_refusal_comes_through_with_its_place() -> None:
    async def act(pool: ValidationPool) -> None:
        for media_type in MEDIA_TYPES:
            with pytest.raises(InputError, match="NUL") as caught:
                await pool.validate(b"x\n \0", media_type=media_type)
            assert (caught.value.line, caught.value.column) == (2, 2)
        with pytest.raises(TooLargeError, match="nested deeper"):
            await pool.validate(b"[" * 100, media_type="text/turtle")
        first = pool.workers
        assert await conforms(pool)
        # nobody had to be killed for that
        assert set(first) <= set(pool.workers)

    with_pool(act)


def test_a_case_is_stopped_at_the_deadline_and_the_next_is_served() -> None:
    async def act(pool: ValidationPool) -> None:
        assert await conforms(pool)
        before = set(pool.workers)
        pool.limits = pool._lane._limits = replace(pool.limits, seconds=0.1)
        with pytest.raises(LimitError, match=r"the case ran longer than 0\.1 s") as caught:
            await pool.validate(HEAVY, media_type="text/turtle")
        assert caught.value.limit == "time"
        pool._lane._limits = VALIDATION_LIMITS
        assert await conforms(pool)
        assert set(pool.workers) != before

    with_pool(act)


def test_a_case_is_stopped_at_the_bound_of_memory_and_the_next_is_served() -> None:
    async def act(pool: ValidationPool) -> None:
        with pytest.raises(LimitError, match="more memory than the 2 MiB") as caught:
            await pool.validate(HEAVY, media_type="text/turtle")
        assert caught.value.limit == "memory"
        small = b"@prefix aa: <https://w3id.org/alliance-atlas/ontology/> .\n<a> a aa:Case ."
        report = Report.unpack(await pool.validate(small, media_type="text/turtle"))
        assert report.checked["cases"] == 1

    with_pool(act, limits=replace(VALIDATION_LIMITS, memory=2 * 2**20))


def test_a_report_that_is_too_long_is_not_sent() -> None:
    async def act(pool: ValidationPool) -> None:
        data = (HERE / "invalid" / "R12-n5.ttl").read_bytes()
        with pytest.raises(LimitError, match="the report has") as caught:
            await pool.validate(data, media_type="text/turtle")
        assert caught.value.limit == "bytes"

    with_pool(act, limits=replace(VALIDATION_LIMITS, body=100))


def test_a_worker_that_is_killed_is_replaced_and_none_is_left_behind() -> None:
    seen: set[int] = set()

    async def act(pool: ValidationPool) -> None:
        assert await conforms(pool)
        for pid in pool.workers:
            os.kill(pid, signal.SIGKILL)
            seen.add(pid)
        for _ in range(20):
            try:
                assert await conforms(pool)
                break
            except StoreError:
                await asyncio.sleep(0.05)
        else:
            pytest.fail("no worker came in place of those that were killed")
        seen.update(pool.workers)

    with_pool(act)
    assert len(seen) > 3
    for pid in seen:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
