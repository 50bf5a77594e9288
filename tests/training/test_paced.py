"""A paced round teaches what the student does not foresee, and keeps to its budget."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.training.here import Killed, killed_at, train_here
from tutelage.errors import InputError
from tutelage.files import write_jsonl
from tutelage.pedagogy.pacing import Pacing
from tutelage.training.contracts import Example, TokenBudget, TrainJob, TrainProgress, TrainSettings
from tutelage.training.finetune import finetune

SETTINGS = TrainSettings(
    threads=1, device="cpu", method="full", batch_size=4, micro_batch=2, learning_rate=0.003, checkpoint_steps=10,
)  # fmt: skip
BUDGET = 12_000


def rows(luck: random.Random) -> list[Example]:
    """A module whose answer is always the same, and one whose answer cannot be foreseen."""
    easy = [Example(prompt="one", completion="1", module="easy", candidate=f"easy/{n}") for n in range(20)]
    hard = [
        Example(prompt=f"{n}?", completion=str(luck.randrange(100, 1000)), module="hard", candidate=f"hard/{n}")
        for n in range(40)
    ]
    return [*easy, *hard]


@pytest.fixture
def job(tiny_student: Path, tmp_path: Path) -> TrainJob:
    write_jsonl(tmp_path / "rows.jsonl", rows(random.Random(1)))
    return TrainJob(
        base_model=str(tiny_student), adapter=None, dataset=str(tmp_path / "rows.jsonl"),
        output=str(tmp_path / "a" / "round-1"), seed=3, settings=SETTINGS,
        budget=TokenBudget(most=BUDGET, rest=BUDGET), pacing=Pacing(window=6),
    )  # fmt: skip


async def test_what_is_foreseen_takes_fewer_turns_and_the_budget_goes_where_it_is_not(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    result = await finetune(job, tmp_path / "log")
    assert result.foreseen["easy"] > 0.8
    assert result.foreseen["hard"] < 0.2
    assert result.dealt["hard"] > 2 * result.dealt["easy"]
    assert sum(result.dealt.values()) == result.rows
    assert BUDGET - 60 < result.tokens <= BUDGET, "to within a row"
    plain = await finetune(
        job.model_copy(update={"pacing": None, "output": str(tmp_path / "plain" / "round-1")}), tmp_path / "log"
    )
    assert plain.foreseen == {}
    assert result.loss_first == pytest.approx(plain.loss_first, abs=1), "the same student, to begin with"
    assert plain.job_sha256 != result.job_sha256


async def test_a_killed_paced_round_goes_on_to_the_same_adapter(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    straight = await finetune(
        job.model_copy(update={"output": str(tmp_path / "straight" / "round-1")}), tmp_path / "log"
    )

    with pytest.raises(Killed):
        await finetune(job, tmp_path / "log", killed_at(24))
    steps: list[TrainProgress] = []
    again = await finetune(job, tmp_path / "log", steps.append)
    assert steps[0].step == 21, "it went on from a checkpoint"
    assert all(one.step <= one.steps for one in steps)
    assert again.model_copy(update={"seconds": 0}) == straight.model_copy(update={"seconds": 0})


async def test_a_budget_of_less_than_a_row_is_refused(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    with pytest.raises(InputError, match="less than a row"):
        await finetune(job.model_copy(update={"budget": TokenBudget(most=10, rest=10)}), tmp_path / "log")


async def test_without_a_budget_it_spends_what_its_rows_come_to(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    plain = await finetune(
        job.model_copy(update={"budget": None, "pacing": None, "output": str(tmp_path / "plain" / "r")}),
        tmp_path / "log",
    )
    result = await finetune(job.model_copy(update={"budget": None}), tmp_path / "log")
    assert plain.tokens - 60 < result.tokens <= plain.tokens
