"""A round that keeps a share of its change leaves the weights that far between where it began and where it ended."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.training.here import Killed, killed_at, train_here
from tests.training.test_paced import SETTINGS, rows
from tutelage.files import write_jsonl
from tutelage.training.contracts import TrainJob, TrainProgress, TrainSettings
from tutelage.training.finetune import finetune

ADAPTER = TrainSettings(threads=1, device="cpu", batch_size=4, micro_batch=4, checkpoint_steps=10)


@pytest.fixture
def job(tiny_student: Path, tmp_path: Path) -> TrainJob:
    write_jsonl(tmp_path / "rows.jsonl", rows(random.Random(1)))
    return TrainJob(
        base_model=str(tiny_student), adapter=None, dataset=str(tmp_path / "rows.jsonl"),
        output=str(tmp_path / "a" / "round-1"), seed=3, settings=SETTINGS,
    )  # fmt: skip


async def weights(job: TrainJob, tmp_path: Path, name: str, **changes: object) -> dict[str, torch.Tensor]:
    output = tmp_path / name / "round-1"
    await finetune(job.model_copy(update={"output": str(output), **changes}), tmp_path / "log")
    (file,) = output.glob("*model.safetensors")
    return load_file(file)


async def test_every_weight_of_a_whole_model_is_a_quarter_of_the_way(
    job: TrainJob, tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    began = load_file(tiny_student / "model.safetensors")
    whole = await weights(job, tmp_path, "whole")
    part = await weights(job, tmp_path, "part", interpolation=0.25)
    moved = [name for name, weight in whole.items() if not torch.equal(weight, began[name])]
    assert len(moved) > 5
    for name in moved:
        torch.testing.assert_close(part[name], began[name] + 0.25 * (whole[name] - began[name]))


async def test_an_adapter_that_goes_on_is_half_way_from_where_it_was(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    job = job.model_copy(update={"settings": ADAPTER})
    first = await weights(job, tmp_path, "first")
    later = {"adapter": str(tmp_path / "first" / "round-1"), "seed": 4}
    whole = await weights(job, tmp_path, "whole", **later)
    half = await weights(job, tmp_path, "half", **later, interpolation=0.5)
    assert any(not torch.equal(whole[name], first[name]) for name in first)
    for name, weight in half.items():
        torch.testing.assert_close(weight, (first[name] + whole[name]) / 2)


async def test_a_killed_round_goes_on_to_the_same_weights_between(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    job = job.model_copy(update={"settings": ADAPTER, "interpolation": 0.5})
    straight = await weights(job, tmp_path, "straight")

    with pytest.raises(Killed):
        await finetune(job, tmp_path / "log", killed_at(14))
    steps: list[TrainProgress] = []
    await finetune(job, tmp_path / "log", steps.append)
    assert steps[0].step == 11, "it went on from a checkpoint"
    again = load_file(tmp_path / "a" / "round-1" / "adapter_model.safetensors")
    assert all(torch.equal(straight[name], weight) for name, weight in again.items())


async def test_a_round_that_keeps_less_is_another_job(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    whole = await finetune(job, tmp_path / "log")
    again = await finetune(job.model_copy(update={"interpolation": 0.5}), tmp_path / "log")
    assert whole.job_sha256 != again.job_sha256
    assert whole.adapter_sha256 != again.adapter_sha256
