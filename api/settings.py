"""What an operator can set, from the environment or in code; nothing is read at import."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kg.errors import InputError
from kg.resources import release_dir
from kg.workers import Limits

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The application's settings.

    :param release: the folder of the release that is served.
    :param workers: how many processes answer queries from outside.
    :param limits: what such a query may use.
    :param largest_body: bytes accepted in a request.
    """

    release: Path = field(default_factory=release_dir)
    workers: int = 2
    limits: Limits = field(default_factory=Limits)
    largest_body: int = 10 * 1024 * 1024

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
            ),
        )


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
