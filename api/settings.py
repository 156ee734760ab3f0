"""What an operator can set, from the environment or in code; nothing is read at import."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from api.telemetry import QueryLog
from kg.errors import InputError
from kg.query_guard import Limits
from kg.resources import release_dir
from kg.workers import VALIDATION_LIMITS

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The application's settings.

    :param release: the folder of the release that is served.
    :param workers: how many processes answer queries from outside, and how many validate cases.
    :param limits: what such a query may use.
    :param validation: what validating a case from outside may use.
    :param largest_body: bytes accepted in a request.
    :param services: hosts, with their ports if any, that a query may call by SERVICE.
    :param query_log: whether each query is written to the log, and whether with its text.
    """

    release: Path = field(default_factory=release_dir)
    workers: int = 2
    limits: Limits = field(default_factory=Limits)
    validation: Limits = VALIDATION_LIMITS
    largest_body: int = 10 * 1024 * 1024
    services: frozenset[str] = frozenset()
    query_log: QueryLog = "on"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings that are given as ``ALLIANCE_…`` variables.

        :raises InputError: if one is not a number, or out of bounds.
        """
        env = os.environ if environment is None else environment
        defaults = Limits()
        return cls(
            release=Path(env["ALLIANCE_RELEASE"]) if "ALLIANCE_RELEASE" in env else release_dir(),
            workers=int(_number(env, "ALLIANCE_WORKERS", 2, most=64)),
            limits=Limits(
                seconds=_number(env, "ALLIANCE_QUERY_SECONDS", defaults.seconds, most=3600),
                memory=int(_number(env, "ALLIANCE_QUERY_MIB", defaults.memory / 2**20) * 2**20),
                rows=int(_number(env, "ALLIANCE_QUERY_ROWS", defaults.rows, most=1e9)),
            ),
            validation=replace(
                VALIDATION_LIMITS,
                seconds=_number(
                    env, "ALLIANCE_VALIDATION_SECONDS", VALIDATION_LIMITS.seconds, most=3600
                ),
                memory=int(
                    _number(env, "ALLIANCE_VALIDATION_MIB", VALIDATION_LIMITS.memory / 2**20)
                    * 2**20
                ),
            ),
            query_log=_query_log(env.get("ALLIANCE_QUERY_LOG", "on")),
        )


def _query_log(text: str) -> QueryLog:
    match text:
        case "off" | "on" | "text":
            return text
    raise InputError(f"ALLIANCE_QUERY_LOG is '{text}'; right is off, on or text")


def _number(env: Mapping[str, str], name: str, default: float, *, most: float = 1e6) -> float:
    text = env.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= most:
        raise InputError(f"{name} is '{text}'; right is a number above 0 and up to {most:g}")
    return value
