"""Two processes under ``accelerate launch`` on the CPU (gloo) against one, at the same global batch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import torch
import yaml
from pydantic import ValidationError
from safetensors.torch import load_file

from tests.training.here import train_here
from tests.training.test_methods import SETTINGS, job_of
from tutelage.errors import StudentError
from tutelage.training import launch
from tutelage.training.child.methods import save_taught, student_to_train
from tutelage.training.child.order import Rows, SameOrder
from tutelage.training.child.rows import Row
from tutelage.training.child.tuning import tune
from tutelage.training.contracts import TrainJob, TrainProgress, TrainResult, TrainSettings
from tutelage.training.finetune import finetune
from tutelage.training.launch import accelerate_config

# Of float32 sums taken in another order, over all steps.
TOLERANCE = 1e-4


async def run(job: TrainJob) -> tuple[TrainResult, list[TrainProgress]]:
    seen: list[TrainProgress] = []
    return await finetune(job, Path(job.dataset).parent / "log", seen.append), seen


@pytest.mark.timeout(900)  # three starts of torch, which a busy machine makes long
async def test_two_processes_have_the_loss_curve_of_one(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("two", "one"):
        (tmp_path / folder).mkdir()
    both = SETTINGS.model_copy(update={"processes": 2, "micro_batch": 2})
    two, curve = await run(job_of(tiny_student, tmp_path / "two", both))
    train_here(monkeypatch)
    one, expected = await run(job_of(tiny_student, tmp_path / "one", SETTINGS))
    assert (two.processes, two.steps, two.tokens) == (2, one.steps, one.tokens)
    assert [progress.step for progress in curve] == [progress.step for progress in expected]
    assert [progress.loss for progress in curve] == pytest.approx([p.loss for p in expected], rel=TOLERANCE)
    assert two.gradient_norm == pytest.approx(one.gradient_norm, rel=1e-3)


def test_processes_must_divide_the_global_batch() -> None:
    with pytest.raises(ValidationError, match="processes 3 does not divide batch_size 8"):
        TrainSettings(processes=3)
    assert TrainSettings(processes=2).rows_per_pass == 4
    assert TrainSettings(processes=2, micro_batch=2).passes == 2


def test_every_row_comes_once_and_the_rest_only_fills_up() -> None:
    rows = Rows([Row(input_ids=[n], labels=[n], index=n, rejected=[], margin=0.0) for n in range(10)])
    order = SameOrder(10, 8, seed=1)
    met = [rows[index]["index"] for index in order]
    assert sorted(met) == [-1] * 6 + list(range(10))
    first = list(order)
    order.set_epoch(1)
    assert list(order) != first


def test_the_launcher_is_told_the_processes_and_takes_a_free_port() -> None:
    config = accelerate_config(4)
    assert (config["num_processes"], config["main_process_port"]) == (4, 0)


def test_what_is_said_of_the_launch_is_laid_over_it_and_says_nothing_that_other_settings_say() -> None:
    fsdp = {"distributed_type": "FSDP", "fsdp_config": {"fsdp_version": 2}}
    assert TrainSettings(processes=2, accelerate=fsdp).accelerate == fsdp
    for wrong in ({"processes": 1}, {"processes": 2, "accelerate": {"num_processes": 3}}):
        with pytest.raises(
            ValidationError, match=r"accelerate needs several processes, and says nothing of .*num_proc"
        ):
            TrainSettings.model_validate({"accelerate": fsdp, **wrong})


async def test_the_launch_has_it_in_its_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def nobody(log: Path, threads: int | None, **told: object) -> AsyncIterator[None]:
        yield

    monkeypatch.setattr(launch, "worker", nobody)
    async with launch.launched(tmp_path / "log", 1, 2, {"distributed_type": "FSDP"}):
        written = yaml.safe_load((tmp_path / "log.accelerate.yaml").read_text())
    assert (written["distributed_type"], written["num_processes"]) == ("FSDP", 2)


def test_weights_are_not_shared_out_on_a_cpu(tiny_student: Path, tmp_path: Path) -> None:
    shared = SETTINGS.model_copy(update={"processes": 2, "accelerate": {"distributed_type": "FSDP"}})
    with pytest.raises(StudentError, match=r"training\.accelerate: it needs GPUs"):
        tune(job_of(tiny_student, tmp_path, shared), tmp_path / "checkpoints", lambda progress: None)


def test_weights_that_are_shared_out_are_saved_whole(tiny_student: Path, tmp_path: Path) -> None:
    for method in ("lora", "full"):
        job = job_of(tiny_student, tmp_path, SETTINGS.model_copy(update={"method": method}))
        model = student_to_train(job, torch.device("cpu"), torch.float32)
        expected = {name: weight + 1 for name, weight in model.state_dict().items()}
        save_taught(model, job.model_copy(update={"output": str(tmp_path / method)}), expected)
    saved = load_file(tmp_path / "full" / "model.safetensors")
    assert torch.equal(saved["model.norm.weight"], expected["model.norm.weight"])
    for name, weight in load_file(tmp_path / "lora" / "adapter_model.safetensors").items():
        assert not name.endswith("lora_B.weight") or torch.equal(weight, torch.ones_like(weight))
