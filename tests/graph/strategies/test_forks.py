"""A strategy's run is forked as the mastery loop's is: its past is paid for once, and something else is tried after."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph.simulated import Ability, Recorder, install, run
from tutelage.graph import runs
from tutelage.graph.fork import make_fork
from tutelage.graph.records import TrainingRecord
from tutelage.graph.rundir import RunDir
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import read_steps
from tutelage.teachers.replies import ReplyStore

SMALL = (
    "limits.training_tokens=4000", "limits.teacher_tokens=400000", "limits.spent=finish", "tutor.examples=8",
    "diagnosis.probes=6", "diagnosis.held_out=6", "gate.items_per_look=12",
)  # fmt: skip


def calls(root: Path) -> set[str]:
    return {stored.reply.call_id for stored in ReplyStore(root / "replies")}


def rates(root: Path) -> list[float]:
    return [training.learning_rate for training in RunDir(root).rows("trainings", TrainingRecord)]


@pytest.mark.parametrize("strategy", ["self_instruct", "llm2llm"])
async def test_a_fork_before_the_last_training_has_the_lessons_and_trains_otherwise(
    strategy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.005), tmp_path)
    root, into = tmp_path / "run", tmp_path / "fork"
    ended, _ = await run(root, *SMALL, f"strategy.name={strategy}")
    last = [s for s in read_steps(Ledgers(root)) if s.is_node and s.node == "finetune"][-1]
    before = {path.name: path.read_bytes() for path in root.iterdir() if path.is_file()}

    make_fork(root, str(last.number), into, ["training.learning_rate=1e-4"])
    forked = await runs.resume(into, [], Recorder(), approve=False)
    assert forked.outcome == ended.outcome
    assert calls(into) <= calls(root), "nothing was asked that the past had not"
    assert (into / "candidates.jsonl").read_bytes() == (root / "candidates.jsonl").read_bytes()
    assert rates(into) == [*rates(root)[:-1], 1e-4] != rates(root)
    assert {path.name: path.read_bytes() for path in root.iterdir() if path.is_file()} == before
