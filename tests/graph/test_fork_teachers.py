"""A fork with other teachers: a pool's answers travel with the past, and who is said anew teaches from then on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.graph.faculty import loopback, stored, teacher_file
from tests.graph.simulated import Ability, Recorder, install, run
from tutelage.graph.fork import fork, make_fork
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import read_steps


async def test_a_fork_of_a_pooled_run_takes_the_past_along_and_gets_the_tutor_it_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.04), tmp_path)
    async with loopback("m") as one, loopback("m") as two, loopback("other") as other:
        pool = teacher_file(tmp_path, "pair", pool=[one.url, two.url])
        await run(tmp_path / "run", f"teachers.default={pool}", "limits.rounds=2", "tutor.examples=6")
        assert min(len(one.answered), len(two.answered)) > 0
        steps = read_steps(Ledgers(tmp_path / "run"))
        step = next(s for s in steps if s.is_node and s.node == "tutor" and s.round == 2)
        past = {s.call_id for s in steps if s.call_id is not None and s.number < step.number}
        assert past
        make_fork(tmp_path / "run", str(step.number), tmp_path / "past", [])
        assert {r["reply"]["call_id"] for r in stored(tmp_path / "past")} == past
        change = [f"teachers.tutor={other.url}"]
        await fork(tmp_path / "run", str(step.number), tmp_path / "fork", change, Recorder())
    candidates = [json.loads(line) for line in (tmp_path / "fork" / "candidates.jsonl").read_text().splitlines()]
    assert {(c["provenance"]["round"], c["provenance"]["model"]) for c in candidates} == {(1, "m"), (2, "other")}


async def test_a_branch_pays_for_nothing_that_the_other_branch_paid_for_unless_it_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.04), tmp_path)
    async with loopback("m") as teacher:
        await run(tmp_path / "run", f"teachers.default={teacher.url}", "limits.rounds=1", "tutor.examples=6")
        steps = read_steps(Ledgers(tmp_path / "run"))
        step = next(s for s in steps if s.is_node and s.node == "tutor")
        asked = len(teacher.answered)
        shared = await fork(tmp_path / "run", str(step.number), tmp_path / "shared", [], Recorder())
        assert len(teacher.answered) == asked
        await fork(tmp_path / "run", str(step.number), tmp_path / "anew", [], Recorder(), use_cache=False)
        past = {s.call_id for s in steps if s.call_id is not None and s.number < step.number}
        assert len(teacher.answered) == 2 * asked - len(past)
    assert shared.report["totals"]["teacher_calls"] == len(past)
