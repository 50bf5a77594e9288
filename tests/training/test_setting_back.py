"""A round is set back as far as was said, unless the student would lose lessons by it that it had just learned."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.training.here import Killed, killed_at, train_here
from tests.training.test_paced import BUDGET, SETTINGS, rows
from tutelage.files import write_jsonl
from tutelage.pedagogy.budget import FORWARD_SHARE
from tutelage.pedagogy.pacing import Pacing
from tutelage.training.child import setting_back
from tutelage.training.child.interpolation import held
from tutelage.training.child.rows import Row
from tutelage.training.contracts import TokenBudget, TrainJob, TrainResult
from tutelage.training.finetune import finetune
from tutelage.training.settings import Preference

NEARLY_ALL, NEARLY_NOTHING = 0.98, 0.02
"""Of the way. With the first the student still has its easy lessons; with the second nobody could."""


@pytest.fixture(params=[True, False], ids=["paced", "shuffled"])
def job(request: pytest.FixtureRequest, tiny_student: Path, tmp_path: Path) -> TrainJob:
    write_jsonl(tmp_path / "rows.jsonl", rows(random.Random(1)))
    return TrainJob(
        base_model=str(tiny_student), adapter=None, dataset=str(tmp_path / "rows.jsonl"),
        output=str(tmp_path / "a" / "round-1"), seed=3, settings=SETTINGS, guards=("easy",),
        budget=TokenBudget(most=BUDGET, rest=BUDGET), pacing=Pacing(window=6) if request.param else None,
    )  # fmt: skip


async def done(
    job: TrainJob, tmp_path: Path, name: str, **changes: object
) -> tuple[TrainResult, dict[str, torch.Tensor]]:
    output = tmp_path / name / "round-1"
    result = await finetune(job.model_copy(update={"output": str(output), **changes}), tmp_path / "log")
    return result, load_file(output / "model.safetensors")


async def test_a_way_back_that_loses_what_was_learned_is_not_gone(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    result, weights = await done(job, tmp_path, "guarded", interpolation=NEARLY_NOTHING)
    assert (result.interpolation, result.learned, result.lost) == (1.0, 12, 12)
    unguarded, blind = await done(job, tmp_path, "blind", interpolation=NEARLY_NOTHING, guards=())
    assert (unguarded.interpolation, unguarded.read) == (NEARLY_NOTHING, 0)
    moved = max(float((weights[name] - blind[name]).abs().max()) for name in weights)
    assert moved > 1e-3


async def test_a_way_back_on_which_nothing_is_lost_is_gone(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    result, _ = await done(job, tmp_path, "guarded", interpolation=NEARLY_ALL)
    assert (result.interpolation, result.learned, result.lost) == (NEARLY_ALL, 12, 0)


async def test_lessons_that_were_never_learned_guard_nothing(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    job = job.model_copy(update={"settings": SETTINGS.model_copy(update={"learning_rate": 1e-6})})
    result, _ = await done(job, tmp_path, "guarded", interpolation=NEARLY_NOTHING, guards=("hard",))
    assert (result.interpolation, result.learned) == (NEARLY_NOTHING, 0)


@pytest.mark.parametrize(
    ("learned", "still", "kept"),
    [(12, 10, 0.5), (12, 9, 1.0), (2, 1, 0.5), (2, 0, 0.5), (5, 1, 1.0)],
    ids=["2 of 12", "3 of 12", "1 of 2", "2 of 2", "4 of 5"],
)
def test_a_way_back_may_cost_a_fifth_of_the_lessons_that_were_read(
    learned: int, still: int, kept: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = iter([learned, still])
    monkeypatch.setattr(setting_back, "_foreseen", lambda *_: next(counts))
    model = torch.nn.Linear(1, 1, bias=False)
    began = held(model)
    ended = began["weight"] + 1
    with torch.no_grad():
        model.weight.copy_(ended)
    lessons: list[Row] = [{"input_ids": [1, 2], "labels": [-100, 2], "index": 0, "rejected": [], "margin": 0.0}] * 12
    found = setting_back.set_back(model, began, 0.5, lessons, 4, 0)
    assert (found.interpolation, found.learned, found.lost) == (kept, learned, learned - still)
    assert torch.allclose(model.weight, began["weight"] + kept)


async def test_what_is_read_to_decide_is_paid_for_out_of_the_budget(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    result, _ = await done(job, tmp_path, "guarded", interpolation=0.5)
    assert result.read > 0
    assert BUDGET - 60 < result.tokens + result.read / FORWARD_SHARE <= BUDGET


async def test_a_small_budget_reads_fewer_lessons_and_a_tiny_one_none(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    small, _ = await done(job, tmp_path, "small", interpolation=0.5, budget=TokenBudget(most=900, rest=900))
    whole, _ = await done(job, tmp_path, "whole", interpolation=0.5)
    assert 0 < small.read < whole.read
    assert small.read / FORWARD_SHARE <= 90
    tiny, _ = await done(job, tmp_path, "tiny", interpolation=0.5, budget=TokenBudget(most=200, rest=200))
    assert (tiny.read, tiny.interpolation) == (0, 0.5)


async def test_a_killed_round_decides_as_the_uninterrupted_one(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    job = job.model_copy(update={"interpolation": 0.5})
    straight, weights = await done(job, tmp_path, "straight")
    with pytest.raises(Killed):
        await finetune(job, tmp_path / "log", killed_at(24))
    again = await finetune(job, tmp_path / "log")
    assert again.model_copy(update={"seconds": 0}) == straight.model_copy(update={"seconds": 0})
    assert all(
        torch.equal(weights[name], one) for name, one in load_file(Path(job.output) / "model.safetensors").items()
    )


async def test_a_rejected_answer_is_neither_read_nor_counted_as_foreseen(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    paired = [row.model_copy(update={"rejected": "2"}) for row in rows(random.Random(1))]
    write_jsonl(tmp_path / "paired.jsonl", paired)
    changes = {"dataset": str(tmp_path / "paired.jsonl"), "pacing": None}
    preferring = SETTINGS.model_copy(update={"preference": Preference(), "learning_rate": 1e-6})
    pairs, _ = await done(job, tmp_path, "pairs", interpolation=NEARLY_NOTHING, settings=preferring, **changes)
    assert pairs.pairs > 0
    assert (pairs.learned, pairs.lost) == (0, 0), "it has learned nothing"
    alone, _ = await done(job, tmp_path, "alone", interpolation=NEARLY_NOTHING, pacing=None)
    assert pairs.read == alone.read
