from __future__ import annotations

import asyncio
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.here import train_here
from tests.training.tiny import addition_rows
from tutelage.errors import AnswerTruncated, DiskError, InputError, TrainingError
from tutelage.files import write_jsonl
from tutelage.training.adapters import adapter_sha256
from tutelage.training.child.answering import LoadedStudent
from tutelage.training.contracts import (
    AnswerSettings,
    Example,
    LoraSettings,
    Question,
    TrainJob,
    TrainProgress,
    TrainResult,
    TrainSettings,
)
from tutelage.training.finetune import finetune, finished, job_identity
from tutelage.training.source import describe_student

SETTINGS = TrainSettings(threads=1, batch_size=8, micro_batch=4, learning_rate=0.01, lora=LoraSettings(r=4, alpha=8))
ENDLESS = SETTINGS.model_copy(update={"epochs": 10_000})


def new_job(student: Path, folder: Path) -> TrainJob:
    write_jsonl(folder / "rows.jsonl", addition_rows(20))
    return TrainJob(
        base_model=str(student),
        adapter=None,
        dataset=str(folder / "rows.jsonl"),
        output=str(folder / "adapters" / "round-1"),
        seed=3,
        settings=SETTINGS,
    )


@pytest.fixture
def job(tiny_student: Path, tmp_path: Path) -> TrainJob:
    return new_job(tiny_student, tmp_path)


@pytest.fixture(scope="module")
def trained(
    tiny_student: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainJob, TrainResult, list[TrainProgress]]:
    """One finished round, shared: every start of a child costs seconds."""
    folder = tmp_path_factory.mktemp("trained")
    job, seen = new_job(tiny_student, folder), list[TrainProgress]()
    return job, asyncio.run(finetune(job, folder / "log", seen.append)), seen


Trained = tuple[TrainJob, TrainResult, list[TrainProgress]]


def test_a_round_leaves_an_adapter_and_its_record(trained: Trained, tmp_path: Path) -> None:
    job, result, seen = trained
    output = Path(job.output)
    assert [(progress.step, progress.steps) for progress in seen] == [(1, 3), (2, 3), (3, 3)]
    names = {path.name for path in output.iterdir()}
    assert names == {"adapter_config.json", "adapter_model.safetensors", "train.json"}
    assert str(output.parent) not in (output / "adapter_config.json").read_text()
    assert result == finished(output)
    assert result.adapter_sha256 == adapter_sha256(output)
    assert (result.rows, result.steps, result.threads, result.device) == (20, 3, 1, "cpu")
    assert 0 < result.supervised_tokens < result.tokens
    assert (result.loss_first, result.loss_last) == (seen[0].loss, seen[-1].loss)


async def test_a_finished_round_is_adopted_without_training(trained: Trained, tmp_path: Path) -> None:
    job, result, _ = trained
    seen: list[TrainProgress] = []
    assert await finetune(job, tmp_path / "log", seen.append) == result
    assert seen == []
    assert not (tmp_path / "log").exists(), "no child was started"


async def test_the_same_job_elsewhere_gives_the_same_adapter(
    trained: Trained, job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    again = await finetune(job, tmp_path / "log")
    assert again.adapter_sha256 == trained[1].adapter_sha256
    assert again.job_sha256 == trained[1].job_sha256


async def test_another_jobs_output_is_replaced(
    trained: Trained, job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    shutil.copytree(trained[0].output, job.output)
    other = await finetune(job.model_copy(update={"seed": 4}), tmp_path / "log")
    assert other.adapter_sha256 != trained[1].adapter_sha256
    assert finished(Path(job.output)) == other


async def test_training_goes_on_from_an_adapter(
    trained: Trained, job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    second = job.model_copy(update={"adapter": trained[0].output, "output": str(tmp_path / "round-2")})
    result = await finetune(second, tmp_path / "log")
    assert result.loss_first < trained[1].loss_first, "it begins where the first round left off"
    assert result.job_sha256 != trained[1].job_sha256
    assert result.adapter_sha256 != trained[1].adapter_sha256


def test_an_adapter_changes_the_answers(trained: Trained) -> None:
    job = trained[0]
    questions = [Question(id=str(index), text=f"{index}+1?") for index in range(4)]
    settings = AnswerSettings(max_new_tokens=12, threads=1)
    untaught = LoadedStudent.load(job.base_model, None, settings)
    taught = LoadedStudent.load(job.base_model, job.output, settings)
    assert list(untaught.answer(questions)) != list(taught.answer(questions))


async def test_an_error_of_the_child_comes_back_typed_and_nothing_is_left(job: TrainJob, tmp_path: Path) -> None:
    rows = [*addition_rows(2), Example(prompt="x" * 500, completion="Answer: 1", module="m", candidate="too-long")]
    write_jsonl(Path(job.dataset), rows)
    with pytest.raises(AnswerTruncated, match="too-long: 1 of 1 rows of m are longer"):
        await finetune(job, tmp_path / "log")
    assert list((tmp_path / "adapters").iterdir()) == []


async def test_a_disk_that_is_full_is_a_disk_error_and_nothing_is_left(job: TrainJob, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, before[1]))  # less than an adapter; the child inherits it
    try:
        with pytest.raises(DiskError, match="cannot write"):
            await finetune(job, tmp_path / "log")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "adapters").iterdir()) == []


async def test_a_missing_data_set_is_an_input_error(job: TrainJob, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such data set"):
        await finetune(job.model_copy(update={"dataset": str(tmp_path / "none")}), tmp_path / "log")


async def test_a_folder_that_is_not_ours_is_not_replaced(job: TrainJob, tmp_path: Path) -> None:
    precious = tmp_path / "adapters" / "round-1" / "thesis.txt"
    precious.parent.mkdir(parents=True)
    precious.write_text("precious")
    with pytest.raises(TrainingError, match=r"holds no readable train.json"):
        await finetune(job, tmp_path / "log")
    assert precious.read_text() == "precious"


async def test_a_cancelled_job_leaves_nothing(job: TrainJob, tmp_path: Path) -> None:
    begun = asyncio.Event()
    endless = job.model_copy(update={"settings": ENDLESS})
    task = asyncio.create_task(finetune(endless, tmp_path / "log", lambda progress: begun.set()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list((tmp_path / "adapters").iterdir()) == []


def test_the_job_hash_is_of_contents_and_not_of_paths_or_of_where_it_runs(job: TrainJob) -> None:
    student = describe_student(Path(job.base_model))
    base = job_identity(job, "d", student)
    assert job_identity(job.model_copy(update={"output": "x", "dataset": "y"}), "d", student) == base
    elsewhere = SETTINGS.model_copy(update={"threads": 2, "device": "cpu"})
    assert job_identity(job.model_copy(update={"settings": elsewhere}), "d", student) == base
    assert job_identity(job, "e", student) != base
    assert job_identity(job.model_copy(update={"seed": 9}), "d", student) != base
    assert job_identity(job, "d", student.model_copy(update={"sha256": "other"})) != base


PARENT = """
import asyncio, sys
from pathlib import Path
from tutelage.training.contracts import TrainJob
from tutelage.training.finetune import finetune
job = TrainJob.model_validate_json(sys.argv[1])
asyncio.run(finetune(job, Path(sys.argv[2]), lambda progress: print("step", flush=True)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_a_run_killed_in_mid_training_starts_clean_again(job: TrainJob, tmp_path: Path) -> None:
    endless = job.model_copy(update={"settings": ENDLESS})
    command = [sys.executable, "-c", PARENT, endless.model_dump_json(), str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"step\n"
        parent.kill()
    assert not Path(job.output).exists()
    assert (tmp_path / "adapters" / ".round-1.tmp").is_dir(), "what the kill left"
    asyncio.run(finetune(job, tmp_path / "log"))
    assert [path.name for path in (tmp_path / "adapters").iterdir()] == ["round-1"]
