"""``training.start_from: base``: every round begins at the untaught student and teaches it all lessons so far."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph.simulated import Ability, install, run
from tutelage.files import read_rows
from tutelage.pedagogy.records import Candidate
from tutelage.training.contracts import Example


async def test_a_round_that_starts_from_the_base_learns_every_accepted_lesson(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.01), tmp_path)
    root = tmp_path / "run"
    await run(root, "training.start_from=base", "limits.rounds=2")
    accepted = {c.id for c in read_rows(root / "candidates.jsonl", Candidate) if c.accepted}
    (last,) = sorted((root / "datasets").glob("round-002-*.jsonl"))
    assert {row.candidate for row in read_rows(last, Example)} == accepted
