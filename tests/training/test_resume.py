"""A round that is killed in mid-training goes on from its last checkpoint and ends in the same adapter."""

from __future__ import annotations

import asyncio
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.here import Killed, train_here
from tests.training.tiny import addition_rows
from tutelage.errors import DiskError
from tutelage.files import write_jsonl
from tutelage.training.child.checkpoints import MARK, newest
from tutelage.training.contracts import LoraSettings, TrainJob, TrainProgress, TrainResult, TrainSettings
from tutelage.training.finetune import finetune

# Dropout, so that the generators' states count; three steps an epoch, the last one not full.
SETTINGS = TrainSettings(
    threads=1, device="cpu", batch_size=8, micro_batch=4, learning_rate=0.01, epochs=4, checkpoint_steps=5,
    lora=LoraSettings(r=4, alpha=8, dropout=0.1),
)  # fmt: skip


def new_job(student: Path, folder: Path, settings: TrainSettings = SETTINGS) -> TrainJob:
    write_jsonl(folder / "rows.jsonl", addition_rows(20))
    return TrainJob(
        base_model=str(student), adapter=None, dataset=str(folder / "rows.jsonl"), output=str(folder / "a" / "round-1"),
        seed=3, settings=settings,
    )  # fmt: skip


@pytest.fixture
def job(tiny_student: Path, tmp_path: Path) -> TrainJob:
    return new_job(tiny_student, tmp_path)


def checkpoints(job: TrainJob) -> list[Path]:
    return sorted(Path(job.output).parent.glob(".round-1.*.checkpoints"))


async def train(job: TrainJob, kill_at: int | None = None) -> tuple[TrainResult | None, list[int]]:
    steps: list[int] = []

    def follow(progress: TrainProgress) -> None:
        steps.append(progress.step)
        if progress.step == kill_at:
            raise Killed

    try:
        return await finetune(job, Path(job.dataset).parent / "log", follow), steps
    except Killed:
        return None, steps


def same(one: TrainResult | None, other: TrainResult | None) -> bool:
    assert one is not None
    assert other is not None
    return one.model_copy(update={"seconds": 0}) == other.model_copy(update={"seconds": 0})


async def test_a_killed_round_goes_on_from_its_checkpoint_to_the_same_adapter_and_record(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    straight, _ = await train(job.model_copy(update={"output": str(tmp_path / "straight" / "round-1")}))
    for kill_at, first in ((4, 1), (8, 1), (11, 6), (None, 11)):
        result, steps = await train(job, kill_at)
        assert steps == list(range(first, (kill_at or 12) + 1))
        assert len(checkpoints(job)) == (1 if kill_at and kill_at > 5 else 0)
    assert same(result, straight)
    assert list(Path(job.output).parent.iterdir()) == [Path(job.output)], "checkpoints are swept"


async def test_a_checkpoint_cut_short_by_the_kill_is_not_gone_on_from(
    job: TrainJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    await train(job, kill_at=11)
    (folder,) = checkpoints(job)
    assert sorted(path.name for path in folder.iterdir()) == ["checkpoint-10", "checkpoint-5"]
    (folder / "checkpoint-10" / MARK).unlink()
    found = newest(folder)
    assert found is not None
    assert found[0].name == "checkpoint-5"
    _, steps = await train(job)
    assert steps[0] == 6


async def test_another_jobs_checkpoints_are_swept_and_not_used(job: TrainJob, monkeypatch: pytest.MonkeyPatch) -> None:
    train_here(monkeypatch)
    await train(job, kill_at=6)
    (left,) = checkpoints(job)
    _, steps = await train(job.model_copy(update={"seed": 4}), kill_at=6)
    assert steps[0] == 1
    assert left not in checkpoints(job)


async def test_a_disk_that_fills_up_at_a_checkpoint_is_a_disk_error(
    job: TrainJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, before[1]))  # the adapter fits, its optimiser does not
    try:
        with pytest.raises(DiskError, match=r"checkpoints: cannot write"):
            await train(job)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(list(Path(job.output).parent.glob("round-*"))) == 0
    result, steps = await train(job)
    assert result is not None
    assert steps[0] == 1, "the half-written checkpoint is not used"


PARENT = """
import asyncio, sys
from pathlib import Path
from tutelage.training.contracts import TrainJob
from tutelage.training.finetune import finetune
job = TrainJob.model_validate_json(sys.argv[1])
asyncio.run(finetune(job, Path(sys.argv[2]), lambda progress: print(progress.step, flush=True)))
"""


@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_sigkill_in_mid_training_gives_the_same_adapter_bit_for_bit(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = new_job(tiny_student, tmp_path, SETTINGS.model_copy(update={"epochs": 40, "checkpoint_steps": 7}))
    command = [sys.executable, "-c", PARENT, job.model_dump_json(), str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        while int(parent.stdout.readline()) < 9:
            pass
        parent.kill()
    assert not Path(job.output).exists()
    train_here(monkeypatch)
    resumed, steps = asyncio.run(train(job))
    assert 8 <= steps[0] < 120
    assert steps[-1] == 120
    shutil.move(job.output, tmp_path / "resumed")
    straight, _ = asyncio.run(train(job))
    assert same(resumed, straight)
    weights = "adapter_model.safetensors"
    assert (tmp_path / "resumed" / weights).read_bytes() == (Path(job.output) / weights).read_bytes()
