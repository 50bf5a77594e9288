"""``method: full``: a round trains every weight and leaves a whole model, which is taken wherever adapters are."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.training.here import answer_here, train_here
from tests.training.test_methods import SETTINGS, job_of
from tests.training.test_resume import train
from tests.training.vllm_double import vllm_double
from tutelage.errors import AdapterNotFinite, BaseModelChanged, StudentError, TrainingError
from tutelage.training.adapters import adapter_sha256, current, holds_whole_model, publish_current
from tutelage.training.answering import open_student
from tutelage.training.child.merging import merge
from tutelage.training.contracts import AnswerSettings, EarlyStop, Question, TrainJob, TrainResult, TrainSettings
from tutelage.training.finetune import finetune
from tutelage.training.protocol import Merge
from tutelage.training.provenance import check_taught

FULL = SETTINGS.model_copy(update={"method": "full", "learning_rate": 1e-3})
WEIGHTS = "model.safetensors"
QUESTIONS = [Question(id=str(n), text=f"{n}+1?") for n in range(6)]
ANSWERING = AnswerSettings(max_new_tokens=12, threads=1, device="cpu", precision="float32")


@pytest.fixture(scope="module")
def trained(tiny_student: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainJob, TrainResult]:
    job = job_of(tiny_student, tmp_path_factory.mktemp("full"), FULL)
    with pytest.MonkeyPatch.context() as patch:
        train_here(patch)
        return job, asyncio.run(finetune(job, Path(job.dataset).parent / "log"))


def next_job(trained: tuple[TrainJob, TrainResult], folder: Path, settings: TrainSettings) -> TrainJob:
    job = job_of(Path(trained[0].base_model), folder, settings)
    return job.model_copy(update={"adapter": trained[0].output})


def test_every_weight_is_trained_and_the_folder_is_a_model_by_itself(trained: tuple[TrainJob, TrainResult]) -> None:
    job, result = trained
    output, base = Path(job.output), Path(job.base_model)
    before, after = load_file(base / WEIGHTS), load_file(output / WEIGHTS)
    assert before.keys() == after.keys()
    assert all(not torch.equal(before[name], after[name]) for name in before)
    assert (output / "tokenizer.json").read_bytes() == (base / "tokenizer.json").read_bytes()
    assert AutoTokenizer.from_pretrained(output).chat_template
    assert AutoModelForCausalLM.from_pretrained(output).num_parameters() > 0
    assert holds_whole_model(output)
    assert result.adapter_sha256 == adapter_sha256(output)
    assert result.loss_last < result.loss_first


async def test_the_student_answers_as_it_was_taught_and_as_it_is_handed_over(
    trained: tuple[TrainJob, TrainResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_here(monkeypatch)
    job = trained[0]
    base, taught, handed = Path(job.base_model), Path(job.output), tmp_path / "merged"
    merge(Merge(model=str(base), adapter=str(taught), output=str(handed), gguf_split=None))
    said = {}
    for name, (model, adapter) in {"no": (base, None), "yes": (base, taught), "handed": (handed, None)}.items():
        async with open_student(model, adapter, ANSWERING, tmp_path / "log") as student:
            said[name] = [answer.text for answer in await student.answer(QUESTIONS)]
    assert said["yes"] == said["handed"] != said["no"]


async def test_training_goes_on_from_a_whole_model_and_from_an_adapter(
    trained: tuple[TrainJob, TrainResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    second = await finetune(next_job(trained, tmp_path, FULL), tmp_path / "log")
    assert second.loss_first < trained[1].loss_first
    (tmp_path / "lora").mkdir()
    first = job_of(Path(trained[0].base_model), tmp_path / "lora", SETTINGS)
    adapter = await finetune(first, tmp_path / "log")
    merged = next_job((first, adapter), tmp_path, FULL).model_copy(update={"output": str(tmp_path / "merged")})
    assert (await finetune(merged, tmp_path / "log")).loss_first < adapter.loss_first


async def test_an_adapter_is_not_put_on_a_model_that_it_cannot_be_carried_with(
    trained: tuple[TrainJob, TrainResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    with pytest.raises(TrainingError, match="trained every weight, and method lora continues adapters only"):
        await finetune(next_job(trained, tmp_path, SETTINGS), tmp_path / "log")


async def test_a_killed_round_goes_on_to_the_same_weights_and_the_best_are_kept(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    stop = EarlyStop(share=0.2, every=2, patience=2)
    steep = FULL.model_copy(update={"early_stop": stop, "epochs": 8, "learning_rate": 0.05, "checkpoint_steps": 3})
    job = job_of(tiny_student, tmp_path, steep)
    straight, _ = await train(job)
    assert straight is not None
    assert straight.best_step is not None
    weights = (Path(job.output) / WEIGHTS).read_bytes()
    shutil.rmtree(job.output)
    await train(job, kill_at=4)
    resumed, steps = await train(job)
    assert steps[0] == 4
    assert resumed == straight.model_copy(update={"seconds": resumed.seconds if resumed else 0})
    assert (Path(job.output) / WEIGHTS).read_bytes() == weights


def test_a_whole_model_is_published_and_refused_like_an_adapter(
    trained: tuple[TrainJob, TrainResult], tmp_path: Path
) -> None:
    job = trained[0]
    folder = Path(shutil.copytree(job.output, tmp_path / "round-1"))
    publish_current(tmp_path, "round-1")
    assert current(tmp_path) == folder.resolve()
    check_taught(folder, Path(job.base_model))
    other = Path(shutil.copytree(job.base_model, tmp_path / "base"))
    weights = load_file(other / WEIGHTS)
    save_file({name: weight + 1 for name, weight in weights.items()}, other / WEIGHTS)
    with pytest.raises(BaseModelChanged):
        check_taught(folder, other)
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        broken = {name: weight.to(dtype, copy=True) for name, weight in weights.items()}
        save_file(broken, folder / WEIGHTS)
        check_taught(folder, Path(job.base_model))
        broken["model.norm.weight"][3] = float("inf")
        save_file(broken, folder / WEIGHTS)
        with pytest.raises(AdapterNotFinite, match=rf"1 of {len(broken)} tensors .*model\.norm\.weight"):
            check_taught(folder, Path(job.base_model))
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-8])
    with pytest.raises(StudentError, match="weights cannot be read"):
        check_taught(folder, Path(job.base_model))


async def test_a_running_server_cannot_take_it_so_the_students_own_process_answers(
    trained: tuple[TrainJob, TrainResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_here(monkeypatch)
    job, notes = trained[0], list[str]()
    with vllm_double(Path(job.base_model)) as double:
        settings = ANSWERING.model_copy(update={"url": double.url})
        opened = open_student(Path(job.base_model), Path(job.output), settings, tmp_path / "log", notes.append)
        async with opened as student:
            await student.answer(QUESTIONS)
            assert student.backend == "transformers"
    assert "trained every weight" in notes[0]


def test_the_papers_rate_is_the_default() -> None:
    assert TrainSettings(method="full").rate == 2e-5
    assert TrainSettings(method="full", learning_rate=1e-4).of_round(mends=False).learning_rate == 1e-4
    assert TrainSettings(method="full").of_round(mends=True).learning_rate == 2e-5
