"""Builds the release into the wheel, from the conclusions kept in the sources: needs no Java."""

import sys
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ReleaseHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict) -> None:
        # an editable install serves from the checkout, whose release is made by make install
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root))
        from kg.build import build

        out = root / "dist" / "release"
        build(out, reason=False)
        build_data["force_include"][str(out)] = "kg/_data/release"
