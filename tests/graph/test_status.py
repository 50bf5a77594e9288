from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph.simulated import Ability, Recorder, install, run
from tests.graph.test_manifest import manifest
from tutelage.graph import runs
from tutelage.graph.manifest import Manifest
from tutelage.graph.state import State, dump_standings
from tutelage.graph.status import lines
from tutelage.pedagogy.standing import Standing


async def status(state: State, *following: str) -> list[str]:
    async def snapshot() -> tuple[Manifest, State, tuple[str, ...]]:
        return manifest(), state, following

    return await lines(snapshot())


async def test_a_run_that_has_hardly_begun_says_what_comes_next() -> None:
    head, where, resolution = await status(State(), "diagnose")
    assert head == "quickstart: student s, seed 0, started 2026-01-01T00:00:00+00:00"
    assert where == "stage 0, round 0, next: diagnose"
    assert "30 probes a module detect a gap of 0.22 or more" in resolution


async def test_every_module_has_its_line() -> None:
    standing = Standing(status="learning", student=(3, 12), teacher=(12, 12), ratios=(0.1, 0.25))
    found = await status(State(stage=1, round=2, standings=dump_standings({"a/b": standing})), "gate")
    assert [found[1], *found[3:]] == ["stage 1, round 2, next: gate", "a/b: learning, 3 of 12 right, 2 gate attempts"]


async def test_a_run_that_ended_says_how() -> None:
    assert (await status(State(stage=2, round=5, outcome="mastered")))[1] == "stage 2, round 5, ended: mastered"


async def test_the_status_of_a_real_run_waiting_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Ability(), tmp_path)
    await run(tmp_path / "run", "curriculum.approve=true", "limits.rounds=1")
    assert (await lines(runs.snapshot(tmp_path / "run")))[1] == "stage 1, round 1, next: approve"
    await runs.resume(tmp_path / "run", [], Recorder(), approve=True)
    found = await lines(runs.snapshot(tmp_path / "run"))
    assert found[1].endswith("ended: stopped_by_rounds")
    assert any(line.startswith("number/addition: mastered") for line in found)
