"""What the tests of the modules share; nobody may change it."""

from __future__ import annotations

import pytest

from kg.loader import Module, load_all
from kg.resources import ontology_dir, shapes_dir


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    """Every module as it stands; who wants another triple in one takes a copy."""
    return load_all(ontology_dir(), shapes_dir())
