"""What a round can be told to do otherwise: packing, early stop, methods and precisions by what the device can do."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from tests.training.here import train_here
from tests.training.tiny import addition_rows
from tutelage.errors import PackingInexact, StudentError
from tutelage.files import write_jsonl
from tutelage.training.child import packing
from tutelage.training.child.loading import load_model, load_tokenizer, pick_precision
from tutelage.training.child.loss import answer_loss, tokens_of
from tutelage.training.child.packing import check_packing, pack
from tutelage.training.child.rows import collate, training_set
from tutelage.training.contracts import EarlyStop, LoraSettings, TrainJob, TrainProgress, TrainSettings
from tutelage.training.finetune import finetune

SETTINGS = TrainSettings(
    threads=1, device="cpu", precision="float32", batch_size=8, micro_batch=4, learning_rate=0.01, epochs=2,
    lora=LoraSettings(r=4, alpha=8),
)  # fmt: skip


def job_of(student: Path, folder: Path, settings: TrainSettings) -> TrainJob:
    write_jsonl(folder / "rows.jsonl", [*addition_rows(12), *addition_rows(1008)[1000:]])
    return TrainJob(
        base_model=str(student), adapter=None, dataset=str(folder / "rows.jsonl"), output=str(folder / "round-1"),
        seed=3, settings=settings,
    )  # fmt: skip


async def losses_of(job: TrainJob) -> list[float]:
    seen: list[TrainProgress] = []
    await finetune(job, Path(job.output).parent / "log", seen.append)
    return [progress.loss for progress in seen]


def test_packed_rows_have_the_padded_rows_loss_and_gradient(tiny_student: Path) -> None:
    model, tokenizer = load_model(str(tiny_student), torch.device("cpu")), load_tokenizer(str(tiny_student))
    rows = training_set([*addition_rows(3), *addition_rows(1002)[1000:]], tokenizer, SETTINGS).rows
    outcomes = []
    for batch in (collate(rows, pad=2), pack(rows)):
        model.zero_grad()
        loss, supervised = answer_loss(model, batch)
        loss.backward()  # type: ignore[no-untyped-call]  # untyped in torch
        gradients = torch.cat([weight.grad.flatten() for weight in model.parameters() if weight.grad is not None])
        outcomes.append((loss.item(), supervised, tokens_of(batch), gradients))
    (padded, packed) = outcomes
    assert packed[0] == pytest.approx(padded[0], rel=1e-5)
    assert packed[1:3] == padded[1:3]
    assert torch.allclose(packed[3], padded[3], rtol=1e-3, atol=1e-5)


async def test_a_packed_round_has_the_same_losses(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    padded = await losses_of(job_of(tiny_student, tmp_path, SETTINGS))
    packed = await losses_of(job_of(tiny_student, tmp_path, SETTINGS.model_copy(update={"packing": True})))
    assert len(padded) == 6
    assert packed == pytest.approx(padded, rel=1e-4)


def test_a_student_whose_rows_leak_into_each_other_when_packed_is_refused(
    tiny_student: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer = load_model(str(tiny_student), torch.device("cpu")), load_tokenizer(str(tiny_student))
    rows = training_set(addition_rows(3), tokenizer, SETTINGS).rows
    check_packing(model, rows, pad=2)

    def leaking(rows: list[object]) -> dict[str, torch.Tensor]:
        batch = pack(rows)  # type: ignore[arg-type]
        return {**batch, "position_ids": torch.arange(batch["input_ids"].shape[1])[None]}

    monkeypatch.setattr(packing, "pack", leaking)
    with pytest.raises(PackingInexact, match=r"the loss of 3 rows is .* packed and .* padded"):
        check_packing(model, rows, pad=2)


async def test_a_round_stops_once_its_held_back_rows_are_answered_no_better(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    steep = SETTINGS.model_copy(
        update={"early_stop": EarlyStop(share=0.2, every=2, patience=2), "epochs": 30, "learning_rate": 0.3}
    )
    result = await finetune(job_of(tiny_student, tmp_path, steep), tmp_path / "log")
    assert (result.rows, result.held_back) == (16, 4)
    assert result.best_step is not None
    assert result.steps == result.best_step + 4 < 60, "two readings after the best one"
    assert result.validation_loss is not None


def test_qlora_on_the_cpu_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValidationError, match="method qlora needs a CUDA device; use lora on the CPU"):
        TrainSettings(method="qlora", device="cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
async def test_qlora_without_a_gpu_is_refused(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    settings = SETTINGS.model_copy(update={"method": "qlora", "device": "auto"})
    with pytest.raises(StudentError, match=r"training.method: method qlora needs a CUDA device"):
        await finetune(job_of(tiny_student, tmp_path, settings), tmp_path / "log")


def test_a_precision_is_what_the_device_can_do(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu, cpu = torch.device("cuda"), torch.device("cpu")
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert pick_precision("auto", cpu) == torch.float32
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    assert pick_precision("auto", cpu) == torch.bfloat16
    for has_bf16, expected in ((True, torch.bfloat16), (False, torch.float16)):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation, has=has_bf16: has)
        assert pick_precision("auto", gpu) == expected
    with pytest.raises(StudentError, match="precision float16 needs a CUDA device"):
        pick_precision("float16", cpu)
