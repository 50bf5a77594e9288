"""The table of docs/contamination.md is what the benchmark finds."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def planted() -> ModuleType:
    spec = importlib.util.spec_from_file_location("planted", REPOSITORY / "benchmarks" / "contamination.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_documented_table_is_the_measured_one(planted: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    planted.main()
    assert capsys.readouterr().out.strip() in (REPOSITORY / "docs" / "contamination.md").read_text(encoding="utf-8")


def test_plain_disguises_are_caught_and_other_problems_are_not(planted: ModuleType) -> None:
    found = planted.table()
    caught = ("exact", "punctuation and case changed", "numbers re-worded", "copied into a longer text")
    assert all(found[name]["any"] == (12, 12) for name in caught)
    assert found["no contamination: other problems"]["any"] == (0, 12)
