"""What holds for the tests of whole runs, and what the tests of the report share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.graph.simulated import Ability, install, run


@pytest.fixture
def report() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(Path(__file__).with_name("sample_report.json").read_text(encoding="utf-8"))
    return value


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads the user's cache, or writes to it."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
async def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which addition is never learned."""
    folder = tmp_path_factory.mktemp("traces") / "runs"
    with pytest.MonkeyPatch.context() as patch:
        install(patch, Ability(default=0.04, gain={"number/addition": 0.0}), folder)
        await run(folder / "one", "limits.rounds=3")
    return folder / "one"
