"""What holds for every test."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

LONGEST_FIRST = Path(__file__).with_name("kill")

# A busy machine is no reason to fail: timings belong in benchmarks/.
settings.register_profile("tutelage", deadline=None)
settings.load_profile("tutelage")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest is begun first: of two processes none is left with a long test when the other is done."""
    items.sort(key=lambda item: LONGEST_FIRST not in item.path.parents)
