"""A run's pacing: who is paced, what is said of it, and what is refused before anything is spent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.graph.simulated import QUICKSTART, Ability, decisions, install, run
from tutelage.configs.load import load_run
from tutelage.errors import ConfigError
from tutelage.graph.nodes import finetune
from tutelage.graph.records import Decision, TrainingRecord
from tutelage.graph.rundir import RunDir
from tutelage.training.contracts import TrainJob, TrainProgress, TrainResult

PACED = "curriculum.pacing={floor: 0.2}"
ADDITION = "number/addition"


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[TrainJob]:
    """What the run's rounds were trained with; of a paced one the student says what it foresaw."""
    install(monkeypatch, Ability(start=0.0, default=0.1, knows={ADDITION: 1.0}), tmp_path)
    simulated, seen = vars(finetune)["train"], list[TrainJob]()

    async def train(job: TrainJob, log: Path, on_progress: Callable[[TrainProgress], None]) -> TrainResult:
        seen.append(job)
        result: TrainResult = await simulated(job, log, on_progress)
        told = {"dealt": {"time/minutes": 7}, "foreseen": {"time/minutes": 0.25}} if job.pacing else {}
        return result.model_copy(update=told)

    monkeypatch.setattr(finetune, "train", train)
    return seen


async def test_our_rounds_are_paced_by_what_the_probes_found_and_leave_a_note_of_what_was_dealt(
    tmp_path: Path, jobs: list[TrainJob]
) -> None:
    root = tmp_path / "run"
    await run(root, "limits.rounds=1", PACED)
    (job,) = jobs
    assert job.pacing is not None
    assert (job.pacing.floor, job.pacing.window, job.pacing.prior) == (0.2, 8, 3)
    assert job.known[ADDITION] == 1.0
    assert job.known["time/minutes"] < 0.5
    (note,) = [row["reason"] for row in decisions(root) if row["reason"].startswith("pacing")]
    assert note == "pacing: lessons dealt, and the share foreseen of the last ones: time/minutes 7 (0.25)"
    (record,) = RunDir(root).rows("trainings", TrainingRecord)
    assert (record.modules, record.foreseen) == ({"time/minutes": 7}, {"time/minutes": 0.25})


@pytest.mark.parametrize("settings", [("strategy.name=self_instruct", PACED), ()])
async def test_a_strategy_that_does_not_look_at_the_student_and_a_run_that_says_nothing_are_not_paced(
    tmp_path: Path, jobs: list[TrainJob], settings: tuple[str, ...]
) -> None:
    await run(tmp_path / "run", "limits.rounds=1", *settings)
    assert [job.pacing for job in jobs] == [None]
    notes = RunDir(tmp_path / "run").rows("decisions", Decision)
    assert not [row for row in notes if row.reason.startswith("pacing")]


@pytest.mark.parametrize(
    "other", ["packing=true", "processes=2", "early_stop={}", "preference={}", "distil={teacher: folder}"]
)
def test_what_pacing_does_not_work_with_is_refused_by_name(other: str) -> None:
    with pytest.raises(ConfigError, match=f"curriculum.pacing does not work with training.{other.partition('=')[0]}"):
        load_run(QUICKSTART, [PACED, "training.batch_size=8", f"training.{other}"])
