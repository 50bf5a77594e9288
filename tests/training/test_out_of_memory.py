from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.training.here import train_here
from tests.training.test_methods import SETTINGS, job_of
from tutelage.errors import OutOfMemory
from tutelage.training.child import tuning as child_tuning
from tutelage.training.child.loss import Batch, answer_loss
from tutelage.training.contracts import TrainProgress, TrainSettings
from tutelage.training.finetune import finetune


def plant(monkeypatch: pytest.MonkeyPatch, most_rows: int, error: Exception, after: int = 0) -> None:
    """Let memory run out in every pass of more rows, from the pass ``after`` on."""
    passes = 0

    def hungry(model: object, inputs: Batch) -> tuple[torch.Tensor, int]:
        nonlocal passes
        passes += 1
        if passes > after and len(inputs["index"]) > most_rows:
            raise error
        return answer_loss(model, inputs)

    monkeypatch.setattr(child_tuning, "answer_loss", hungry)
    train_here(monkeypatch)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried ..."),
    ],
    ids=["gpu", "cpu"],
)
async def test_the_micro_batch_is_halved_until_it_fits_and_the_result_is_the_same(
    error: Exception, tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, 1, error)
    seen: list[TrainProgress] = []
    hungry = await finetune(job_of(tiny_student, tmp_path, SETTINGS), tmp_path / "log", seen.append)
    assert (hungry.micro_batch, hungry.steps) == (1, 6)
    assert [warning.text for warning in hungry.warnings if warning.kind == "micro_batch_halved"] == [
        "memory ran out with 4 rows a pass: going on with 2, still 8 rows a step",
        "memory ran out with 2 rows a pass: going on with 1, still 8 rows a step",
    ]
    assert {progress.note for progress in seen} == {hungry.warnings[1].text}, "whoever watches is told"
    monkeypatch.setattr(child_tuning, "answer_loss", answer_loss)
    (tmp_path / "b").mkdir()
    plenty = await finetune(job_of(tiny_student, tmp_path / "b", SETTINGS), tmp_path / "log")
    assert (hungry.loss_first, hungry.loss_last) == pytest.approx((plenty.loss_first, plenty.loss_last), rel=1e-4)


async def test_it_goes_on_from_the_last_checkpoint(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, 2, torch.OutOfMemoryError("CUDA out of memory"), after=9)
    seen: list[TrainProgress] = []
    settings = SETTINGS.model_copy(update={"checkpoint_steps": 2})
    result = await finetune(job_of(tiny_student, tmp_path, settings), tmp_path / "log", seen.append)
    assert [progress.step for progress in seen] == [1, 2, 3, 4, 5, 5, 6]
    assert (result.micro_batch, result.steps) == (2, 6)


async def test_a_single_row_that_does_not_fit_is_refused_with_what_would(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, 0, torch.OutOfMemoryError("CUDA out of memory"))
    with pytest.raises(OutOfMemory, match=r"with 1 rows a pass .*; lower training.max_length"):
        await finetune(job_of(tiny_student, tmp_path, SETTINGS), tmp_path / "log")


async def test_another_runtime_error_is_not_taken_for_memory(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, 0, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes"):
        await finetune(job_of(tiny_student, tmp_path, SETTINGS), tmp_path / "log")


def test_smaller_passes_divide_the_batch_of_each_process() -> None:
    smaller = TrainSettings(batch_size=12, micro_batch=6).smaller_passes()
    assert smaller is not None
    assert (smaller.rows_per_pass, smaller.passes) == (3, 4)
    of_two = TrainSettings(batch_size=12, micro_batch=6, processes=2).smaller_passes()
    assert of_two is not None
    assert (of_two.rows_per_pass, of_two.passes) == (3, 2)
    assert TrainSettings(batch_size=4, micro_batch=1).smaller_passes() is None
