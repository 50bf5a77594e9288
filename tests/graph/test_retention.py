"""A run's retention: whose rounds keep a share of their change, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import fmean

import pytest

from tests.graph.simulated import QUICKSTART, run
from tests.graph.test_pacing import jobs as jobs  # a fixture
from tutelage.configs.load import load_run
from tutelage.errors import ConfigError
from tutelage.graph.nodes import finetune
from tutelage.graph.records import Decision, TrainingRecord
from tutelage.graph.rundir import RunDir
from tutelage.pedagogy.records import Attempt
from tutelage.training.contracts import TrainJob, TrainProgress, TrainResult


async def test_a_round_keeps_the_less_of_its_change_the_more_the_student_knew_and_says_so(
    tmp_path: Path, jobs: list[TrainJob]
) -> None:
    root = tmp_path / "run"
    ended, _ = await run(root, "limits.rounds=1", "curriculum.retention=0.5")
    (job,) = jobs
    known = fmean(job.known.values())
    assert 0.1 < known < 0.5, "it knows addition and little else"
    assert job.interpolation == pytest.approx(1 - 0.5 * known)
    (record,) = RunDir(root).rows("trainings", TrainingRecord)
    assert record.interpolation == job.interpolation
    assert [training["interpolation"] for training in ended.report["training"]] == [job.interpolation]
    assert f"({job.interpolation:.2f} of the change kept)" in (root / "report.html").read_text()
    notes = [row.reason for row in RunDir(root).rows("decisions", Decision) if row.reason.startswith("retention")]
    assert notes == [
        f"retention: {job.interpolation:.2f} of the round's change is kept, since {known:.2f} was known before it"
    ]


async def test_a_round_that_would_lose_what_it_taught_is_kept_whole_and_says_so(
    tmp_path: Path, jobs: list[TrainJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated = vars(finetune)["train"]

    async def train(job: TrainJob, log: Path, on_progress: Callable[[TrainProgress], None]) -> TrainResult:
        result: TrainResult = await simulated(job, log, on_progress)
        return result.model_copy(update={"interpolation": 1.0, "read": 900, "learned": 11, "lost": 9})

    monkeypatch.setattr(finetune, "train", train)
    root = tmp_path / "run"
    ended, _ = await run(root, "limits.rounds=1", "curriculum.retention=0.5")
    (job,) = jobs
    assert "number/addition" not in job.guards, "it was known"
    assert "number/subtraction" in job.guards
    (record,) = RunDir(root).rows("trainings", TrainingRecord)
    assert (record.interpolation, record.read) == (1.0, 900)
    asked = [a.tokens for a in RunDir(root).rows_of_rounds("attempts", Attempt) if a.role == "student"]
    assert ended.report["totals"]["probe_tokens"] == sum(asked) + 900, "reading is paid for"
    assert "of the change kept" not in (root / "report.html").read_text()
    notes = [row.reason for row in RunDir(root).rows("decisions", Decision) if row.reason.startswith("retention")]
    assert notes == [
        f"retention: the round's change is kept whole; at {job.interpolation:.2f} of it 9 of 11 new lessons would be "
        "foreseen no more"
    ]


@pytest.mark.parametrize("settings", [("strategy.name=self_instruct", "curriculum.retention=0.5"), ()])
async def test_a_strategy_that_does_not_look_at_the_student_and_a_run_that_says_nothing_keep_all_of_it(
    tmp_path: Path, jobs: list[TrainJob], settings: tuple[str, ...]
) -> None:
    await run(tmp_path / "run", "limits.rounds=1", *settings)
    assert [job.interpolation for job in jobs] == [1.0]
    assert "of the change kept" not in (tmp_path / "run" / "report.html").read_text()
    notes = RunDir(tmp_path / "run").rows("decisions", Decision)
    assert not [row for row in notes if row.reason.startswith("retention")]


def test_a_launch_that_shares_the_weights_out_is_refused() -> None:
    launch = ["training.batch_size=8", "training.processes=2", "training.accelerate={use_fsdp: true}"]
    with pytest.raises(ConfigError, match=r"curriculum\.retention does not work with training.accelerate"):
        load_run(QUICKSTART, ["curriculum.retention=0.5", *launch])
