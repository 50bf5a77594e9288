"""Each fault is planted for real, in a training of a tiny student, and must be caught with its own message."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaForCausalLM

from tests.training.here import train_here
from tests.training.tiny import TEMPLATE, addition_rows, save_tiny_student
from tutelage.errors import (
    AdapterNotFinite,
    AnswerTruncated,
    BaseModelChanged,
    EmptyAnswer,
    GradientUnusable,
    LossNotFinite,
    StudentError,
    TemplateChanged,
    TemplateUnfit,
    TokenizerMismatch,
    TokensLost,
)
from tutelage.files import write_jsonl
from tutelage.training.adapters import WEIGHTS
from tutelage.training.child import tuning as child_tuning
from tutelage.training.child.loss import answer_loss
from tutelage.training.child.order import Rows
from tutelage.training.child.trainer import AnswerTrainer
from tutelage.training.child.tuning import tune
from tutelage.training.contracts import AnswerSettings, Example, LoraSettings, TrainJob, TrainResult, TrainSettings
from tutelage.training.finetune import finetune
from tutelage.training.provenance import check_taught
from tutelage.training.student import Student

SETTINGS = TrainSettings(
    threads=1, device="cpu", precision="float32", batch_size=4, micro_batch=4, lora=LoraSettings(r=2, alpha=4)
)


@pytest.fixture
def job(tiny_student: Path, tmp_path: Path) -> TrainJob:
    return job_of(tiny_student, tmp_path, addition_rows(10))


def job_of(student: Path, folder: Path, rows: list[Example]) -> TrainJob:
    write_jsonl(folder / "rows.jsonl", rows)
    return TrainJob(
        base_model=str(student), adapter=None, dataset=str(folder / "rows.jsonl"), output=str(folder / "round-1"),
        seed=1, settings=SETTINGS,
    )  # fmt: skip


def run(job: TrainJob) -> None:
    Path(job.output).mkdir(exist_ok=True)
    tune(job, Path(job.output).parent / "checkpoints", lambda progress: None)


async def taught(job: TrainJob, monkeypatch: pytest.MonkeyPatch) -> TrainResult:
    train_here(monkeypatch)
    return await finetune(job, Path(job.output).parent / "log")


async def test_a_sound_round_says_what_it_stands_on_and_warns_of_nothing(
    job: TrainJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = await taught(job, monkeypatch)
    assert result.warnings == ()
    assert (result.rows, result.left_out) == (10, 0)
    assert 0 < result.lowest_share < 0.5
    assert 0 < result.gradient_norm < 100
    check_taught(Path(job.output), Path(job.base_model))


def test_a_row_with_an_empty_answer(job: TrainJob) -> None:
    write_jsonl(
        Path(job.dataset), [*addition_rows(3), Example(prompt="a", completion=" \n", module="m", candidate="e")]
    )
    with pytest.raises(EmptyAnswer, match=r"^e: 1 of 4"):
        run(job)


def test_answers_longer_than_the_context(job: TrainJob) -> None:
    short = job.model_copy(update={"settings": SETTINGS.model_copy(update={"max_length": 40})})
    with pytest.raises(AnswerTruncated, match="10 of 10 rows of add are longer than max_length 40"):
        run(short)


async def test_one_long_answer_of_many_is_left_out_and_named(job: TrainJob, monkeypatch: pytest.MonkeyPatch) -> None:
    long = Example(prompt="x", completion="y" * 600, module="add", candidate="long")
    write_jsonl(Path(job.dataset), [*addition_rows(12), long])
    result = await taught(job, monkeypatch)
    assert (result.rows, result.left_out) == (12, 1)
    assert [(warning.kind, warning.rows) for warning in result.warnings] == [("left_out", ("long",))]


async def test_duplicate_rows_are_named(job: TrainJob, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = addition_rows(1)[0].model_copy(update={"candidate": "copy"})
    write_jsonl(Path(job.dataset), [*addition_rows(10), copy])
    result = await taught(job, monkeypatch)
    assert [(warning.kind, warning.rows) for warning in result.warnings] == [("duplicate_rows", ("copy",))]


LOSING = TEMPLATE.replace("message['content']", "(message['content'] if message['role'] != 'assistant' else '')")
ENDLESS = TEMPLATE.replace("message['content'] + '</s>\n'", "message['content'] + '\n'")
SHIFTING = TEMPLATE.replace("{{ '<s>assistant\n' }}", "{{ '<s>assistant now\n' }}")


@pytest.mark.parametrize(
    ("template", "message"),
    [
        pytest.param(LOSING, "leaves out or changes part of the answer", id="loses the answer"),
        pytest.param(ENDLESS, "no end token after the answer", id="never ends"),
        pytest.param(SHIFTING, "not the beginning of the whole row's", id="opens a turn otherwise"),
    ],
)
def test_a_chat_template_that_cannot_be_learned_from(template: str, message: str, tmp_path: Path) -> None:
    assert template != TEMPLATE
    student = save_tiny_student(tmp_path / "student", template=template)
    with pytest.raises(TemplateUnfit, match=f"^row add0: .*{message}"):
        run(job_of(student, tmp_path, addition_rows(4)))


def test_a_template_without_an_assistant_mask_masks_exactly_the_answers(job: TrainJob) -> None:
    assert "generation" not in TEMPLATE.replace("add_generation_prompt", "")
    run(job)  # the masks themselves: test_the_answer_and_its_end_are_supervised_and_nothing_else


def test_a_loss_that_is_not_finite_names_its_rows(job: TrainJob, monkeypatch: pytest.MonkeyPatch) -> None:
    real = answer_loss

    def broken(model: object, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, int]:
        loss, supervised = real(model, inputs)
        return (loss * float("nan") if 7 in inputs["index"] else loss), supervised

    monkeypatch.setattr(child_tuning, "answer_loss", broken)
    with pytest.raises(LossNotFinite, match=r"add7.*: the loss is nan in step \d"):
        run(job)


def test_a_gradient_that_reaches_nothing(job: TrainJob, monkeypatch: pytest.MonkeyPatch) -> None:
    real = answer_loss
    monkeypatch.setattr(child_tuning, "answer_loss", lambda m, i: (real(m, i)[0] * 0.0, real(m, i)[1]))
    with pytest.raises(GradientUnusable, match="zero in the first step"):
        run(job)


def test_a_gradient_that_is_not_finite(job: TrainJob, monkeypatch: pytest.MonkeyPatch) -> None:
    real = answer_loss

    def steep(model: object, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, int]:
        loss, supervised = real(model, inputs)
        return loss.detach() + torch.sqrt(loss - loss.detach()), supervised  # finite, its slope is not

    monkeypatch.setattr(child_tuning, "answer_loss", steep)
    with pytest.raises(GradientUnusable, match=r"norm is (nan|inf) in step 1"):
        run(job)


def test_rows_that_the_loader_loses(job: TrainJob, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = AnswerTrainer.get_train_dataloader

    def halved(self: AnswerTrainer) -> object:
        self.train_dataset = Rows([cast(Any, self.train_dataset)[place] for place in range(5)])
        return whole(self)

    monkeypatch.setattr(AnswerTrainer, "get_train_dataloader", halved)
    with pytest.raises(TokensLost, match="were planned"):
        run(job)


def test_a_tokenizer_that_names_tokens_the_model_lacks(job: TrainJob, tmp_path: Path) -> None:
    student = Path(shutil.copytree(job.base_model, tmp_path / "student"))
    model = LlamaForCausalLM.from_pretrained(student)
    model.resize_token_embeddings(20)
    model.save_pretrained(student)
    with pytest.raises(TokenizerMismatch, match="the model has 20 embeddings"):
        run(job.model_copy(update={"base_model": str(student)}))


async def test_nan_in_an_adapter_is_found_before_training_and_probing(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await taught(job, monkeypatch)
    weights = load_file(Path(job.output) / WEIGHTS)
    name = sorted(weights)[0]
    weights[name][0, 0] = float("nan")
    save_file(weights, Path(job.output) / WEIGHTS)
    with pytest.raises(AdapterNotFinite, match=f"1 of {len(weights)} tensors hold NaN or infinity .{name}"):
        await finetune(job.model_copy(update={"adapter": job.output, "output": str(tmp_path / "2")}), tmp_path / "log")
    with pytest.raises(AdapterNotFinite):
        async with Student.open(Path(job.base_model), Path(job.output), AnswerSettings(), tmp_path / "log"):
            pass


@pytest.mark.parametrize("changed", ["weights", "template", "tokenizer"])
async def test_a_student_that_changed_under_its_adapter(
    changed: str, job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await taught(job, monkeypatch)
    other = Path(shutil.copytree(job.base_model, tmp_path / "other"))
    if changed == "weights":
        weights = load_file(other / "model.safetensors")
        save_file({name: tensor * 1.001 for name, tensor in weights.items()}, other / "model.safetensors")
    elif changed == "template":
        (other / "chat_template.jinja").write_text(TEMPLATE + " ")
    else:
        (other / "tokenizer.json").write_text((other / "tokenizer.json").read_text() + "\n")
    expected = {"weights": BaseModelChanged, "template": TemplateChanged, "tokenizer": TokenizerMismatch}[changed]
    second = job.model_copy(
        update={"adapter": job.output, "base_model": str(other), "output": str(tmp_path / "round-2")}
    )
    with pytest.raises(expected, match="changed since this adapter was trained; restore the student other"):
        await finetune(second, tmp_path / "log")
    with pytest.raises(expected):
        async with Student.open(other, Path(job.output), AnswerSettings(), tmp_path / "log"):
            pass
    assert not (tmp_path / "round-2").exists()


async def test_an_adapter_whose_weights_cannot_be_read(
    job: TrainJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await taught(job, monkeypatch)
    (Path(job.output) / WEIGHTS).write_bytes(b"torn")
    with pytest.raises(StudentError, match="weights cannot be read"):
        check_taught(Path(job.output), Path(job.base_model))
