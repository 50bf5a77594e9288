"""``training.preference``: the student learns to prefer a lesson's answer to its own wrong one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch.nn.functional import logsigmoid

from tests.training.here import train_here
from tests.training.test_methods import SETTINGS
from tests.training.test_resume import SETTINGS as RESUMED
from tests.training.test_resume import same, train
from tests.training.tiny import addition_rows
from tutelage.errors import InputError
from tutelage.files import jsonl, write_jsonl
from tutelage.training.child.loading import load_model, load_tokenizer
from tutelage.training.child.loss import answer_loss, tokens_of
from tutelage.training.child.preference import Preferring, answer_log_probabilities, with_margins
from tutelage.training.child.rows import Row, collate, spend, split, training_set
from tutelage.training.contracts import EarlyStop, Example, TokenBudget, TrainJob, TrainProgress, TrainSettings
from tutelage.training.finetune import finetune
from tutelage.training.settings import Distillation, Preference

CPU = torch.device("cpu")
PREFERRING = SETTINGS.model_copy(update={"preference": Preference()})


def wrong(row: Example, text: str = "Answer: 7, I think") -> Example:
    return row.model_copy(update={"rejected": text})


def some_pairs(count: int) -> list[Example]:
    """Every other row has a rejected answer, and they differ in length."""
    rows = addition_rows(count)
    return [wrong(row, "Answer: 9" + "9" * (n % 5)) if n % 2 else row for n, row in enumerate(rows)]


def job_of(student: Path, folder: Path, settings: TrainSettings, rows: list[Example] | None = None) -> TrainJob:
    folder.mkdir(parents=True, exist_ok=True)
    write_jsonl(folder / "rows.jsonl", some_pairs(20) if rows is None else rows)
    return TrainJob(
        base_model=str(student), adapter=None, dataset=str(folder / "rows.jsonl"), output=str(folder / "a" / "round-1"),
        seed=3, settings=settings,
    )  # fmt: skip


def log_probability(model: Any, row: Row, ids: list[int]) -> torch.Tensor:
    """Of an answer's tokens after the row's prompt, one row at a time and in double precision."""
    prompt = row["labels"].count(-100)
    said = model(torch.tensor([ids])).logits[0, prompt - 1 : -1].double().log_softmax(-1)
    whole: torch.Tensor = said.gather(1, torch.tensor(ids[prompt:])[:, None]).sum()
    return whole


def test_the_loss_is_the_papers_written_out_by_hand(tiny_student: Path) -> None:
    student, began = load_model(str(tiny_student), CPU), load_model(str(tiny_student), CPU)
    settings = PREFERRING.model_copy(update={"preference": Preference(beta=0.3, weight=0.7)})
    data = training_set(some_pairs(5), load_tokenizer(str(tiny_student)), settings)
    rows = with_margins(data, began, 2, 2, torch.float32).rows
    torch.manual_seed(5)
    with torch.no_grad():
        for weight in student.parameters():
            weight.add_(torch.randn_like(weight) * 0.02)
        expected = torch.zeros((), dtype=torch.float64)
        for row in rows:
            length = sum(label != -100 for label in row["labels"])
            expected -= log_probability(student, row, row["input_ids"])
            if row["rejected"]:
                gained = [
                    log_probability(student, row, ids) - log_probability(began, row, ids)
                    for ids in (row["input_ids"], row["rejected"])
                ]
                expected -= 0.7 * length * logsigmoid(0.3 * (gained[0] - gained[1]))
        loss, supervised = Preferring(Preference(beta=0.3, weight=0.7)).loss(student, collate(rows, pad=2))
    assert data.pairs == 2
    assert supervised == sum(label != -100 for row in rows for label in row["labels"])
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_batch_without_a_pair_has_the_plain_loss_to_the_bit(tiny_student: Path) -> None:
    student = load_model(str(tiny_student), CPU)
    rows = training_set(addition_rows(5), load_tokenizer(str(tiny_student)), PREFERRING).rows
    batch = collate(rows, pad=2)
    assert batch.keys() == {"input_ids", "attention_mask", "labels", "index"}
    plain, preferring = answer_loss(student, batch), Preferring(Preference()).loss(student, batch)
    assert preferring[0].item() == plain[0].item()
    assert preferring[1] == plain[1]


async def test_a_round_without_pairs_is_the_plain_round(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    weights = []
    for name, settings in (("plain", SETTINGS), ("preferring", PREFERRING)):
        job = job_of(tiny_student, tmp_path / name, settings, addition_rows(12))
        result = await finetune(job, tmp_path / "log")
        assert result.pairs == 0
        weights.append((Path(job.output) / "adapter_model.safetensors").read_bytes())
    assert weights[0] == weights[1]


async def test_rejected_answers_of_a_data_set_teach_nothing_where_no_preference_is_asked_for(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    bare = [row.model_copy(update={"rejected": None}) for row in some_pairs(12)]
    results = [
        await finetune(job_of(tiny_student, tmp_path / name, SETTINGS, rows), tmp_path / "log")
        for name, rows in (("bare", bare), ("paired", some_pairs(12)))
    ]
    assert results[0].adapter_sha256 == results[1].adapter_sha256


def test_a_step_lowers_the_rejected_answers_probability_against_the_chosen_ones(tiny_student: Path) -> None:
    student = load_model(str(tiny_student), CPU)
    rows = with_margins(
        training_set([wrong(row) for row in addition_rows(4)], load_tokenizer(str(tiny_student)), PREFERRING),
        student, 2, 4, torch.float32,
    ).rows  # fmt: skip
    batch = collate(rows, pad=2)

    def margin() -> torch.Tensor:
        with torch.no_grad():
            said, _ = answer_log_probabilities(student, batch)
        return said[:4] - said[4:]

    before = margin()
    assert before.tolist() == pytest.approx([row["margin"] for row in rows], abs=1e-4)
    # The preference alone: without the cross-entropy, which raises the chosen answer by itself.
    loss, _ = Preferring(Preference(beta=1.0)).loss(student, batch)
    preference = loss - answer_loss(student, batch)[0]
    preference.backward()  # type: ignore[no-untyped-call]  # untyped in torch
    with torch.no_grad():
        for weight in student.parameters():
            if weight.grad is not None:
                weight.sub_(1e-5 * weight.grad)
    assert (margin() > before).all()


async def test_a_round_ends_further_from_the_students_wrong_answers_than_lessons_alone_do(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    rows = [wrong(row) for row in addition_rows(20)]
    losses: dict[str, list[float]] = {}
    for name, preference in (("strong", Preference(beta=0.5, weight=4)), ("plain", None)):
        settings = SETTINGS.model_copy(update={"preference": preference, "epochs": 4})
        seen: list[TrainProgress] = []
        result = await finetune(job_of(tiny_student, tmp_path / name, settings, rows), tmp_path / "log", seen.append)
        losses[name] = [progress.loss for progress in seen]
        assert result.pairs == (0 if preference is None else 20)
    # Nothing is gained on the reference yet: each pair's loss is log 2.
    assert losses["strong"][0] - losses["plain"][0] == pytest.approx(4 * torch.tensor(2.0).log().item(), rel=1e-3)
    assert losses["strong"][-1] < 0.5 * losses["strong"][0]


async def test_micro_batches_do_not_change_it(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    curves = []
    for rows in (8, 2):
        settings = PREFERRING.model_copy(update={"micro_batch": rows})
        seen: list[TrainProgress] = []
        await finetune(job_of(tiny_student, tmp_path / str(rows), settings), tmp_path / "log", seen.append)
        curves.append([progress.loss for progress in seen])
    assert curves[0] == pytest.approx(curves[1], rel=1e-4)


@pytest.mark.timeout(900)  # three starts of torch, which a busy machine makes long
async def test_two_processes_have_the_loss_curve_of_one(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = PREFERRING.model_copy(update={"processes": 2, "micro_batch": 2})
    curves: list[list[float]] = []
    results = []
    for name, settings in (("two", both), ("one", PREFERRING)):
        if name == "one":
            train_here(monkeypatch)
        seen: list[TrainProgress] = []
        job = job_of(tiny_student, tmp_path / name, settings)
        results.append(await finetune(job, tmp_path / f"{name}.log", seen.append))
        curves.append([progress.loss for progress in seen])
    assert (results[0].processes, results[0].tokens, results[0].pairs) == (2, results[1].tokens, 10)
    assert curves[0] == pytest.approx(curves[1], rel=1e-4)


async def test_a_killed_round_goes_on_to_the_uninterrupted_rounds_adapter(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    job = job_of(tiny_student, tmp_path, RESUMED.model_copy(update={"preference": Preference(beta=0.5)}))
    straight, _ = await train(job.model_copy(update={"output": str(tmp_path / "straight" / "round-1")}))
    await train(job, kill_at=8)
    result, steps = await train(job)
    assert steps[0] == 6, "it went on from a checkpoint"
    assert same(result, straight)
    assert result is not None
    assert result.pairs == 10


async def test_every_weight_is_trained_by_preference_too(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    settings = PREFERRING.model_copy(update={"method": "full", "learning_rate": 1e-3, "precision": "bfloat16"})
    result = await finetune(job_of(tiny_student, tmp_path, settings), tmp_path / "log")
    assert (result.pairs, result.precision) == (10, "bfloat16")
    assert result.loss_last < result.loss_first


async def test_a_rejected_answers_tokens_are_trained_on_and_paid_for(
    tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_here(monkeypatch)
    data = training_set(some_pairs(20), load_tokenizer(str(tiny_student)), PREFERRING)
    plain = training_set(some_pairs(20), load_tokenizer(str(tiny_student)), SETTINGS)
    extra = sum(len(row["rejected"]) for row in data.rows)
    assert data.tokens == plain.tokens + extra == tokens_of(collate(data.rows, pad=2))
    assert plain.supervised_tokens < data.supervised_tokens < plain.supervised_tokens + extra
    result = await finetune(job_of(tiny_student, tmp_path, PREFERRING), tmp_path / "log")
    assert result.tokens == 2 * data.tokens
    budget = TokenBudget(most=data.tokens // 2)
    taken = spend(data, budget, 1, seed=3)
    assert budget.most - max(len(r["input_ids"]) + len(r["rejected"]) for r in data.rows) < taken.tokens <= budget.most
    longest = max(len(row["input_ids"]) for row in data.rows)
    with pytest.raises(InputError, match="less than a row"):
        spend(training_set([wrong(addition_rows(1)[0])], load_tokenizer(str(tiny_student)), PREFERRING),
              TokenBudget(most=longest), 1, seed=3)  # fmt: skip


def test_what_a_budget_repeats_keeps_its_pair_and_its_margin(tiny_student: Path) -> None:
    student = load_model(str(tiny_student), CPU)
    data = training_set(some_pairs(4), load_tokenizer(str(tiny_student)), PREFERRING)
    repeated = spend(data, TokenBudget(most=3 * data.tokens, rest=1), 3, seed=3)
    rows = with_margins(repeated, student, 2, 2, torch.float32).rows
    assert repeated.pairs == 6
    assert len({row["margin"] for row in rows if row["rejected"]}) == 2
    assert [row["index"] for row in rows] == list(range(12))


def test_of_rows_held_back_only_the_answers_are_read(tiny_student: Path) -> None:
    data = training_set(some_pairs(20), load_tokenizer(str(tiny_student)), PREFERRING)
    learned, held_back = split(data, EarlyStop(share=0.3), seed=3)
    assert held_back.pairs == 0 < len(held_back.rows)
    assert 0 < learned.pairs < data.pairs


def test_a_pair_that_is_none_is_left_out_with_a_warning_and_its_row_is_kept(tiny_student: Path) -> None:
    rows = addition_rows(5)
    odd = [
        wrong(rows[0], f" {rows[0].completion}\n"), wrong(rows[1], "9" * 400), wrong(rows[2], " "), wrong(rows[3]),
        rows[4],
    ]  # fmt: skip
    settings = PREFERRING.model_copy(update={"max_length": 100})
    data = training_set(odd, load_tokenizer(str(tiny_student)), settings)
    assert (len(data.rows), data.left_out, data.pairs) == (5, 0, 1)
    assert {warning.kind for warning in data.warnings} == {"pair_left_out"}
    assert sorted(warning.line for warning in data.warnings) == [
        "1 rejected answers are empty, or the chat template has no form for them, and were left out: add2",
        "1 rejected answers are longer than max_length 100 and were left out: add1",
        "1 rejected answers say the same as the right one and were left out: add0",
    ]


def test_a_data_set_without_pairs_has_the_bytes_it_always_had() -> None:
    (row,) = addition_rows(1)
    assert jsonl([row]) == '{"candidate":"add0","completion":"Answer: 1","module":"add","prompt":"0+1?"}\n'
    line = json.loads(jsonl([wrong(row)]))
    assert line["rejected"] == "Answer: 7, I think"
    assert Example.model_validate(line) == wrong(row)


@pytest.mark.parametrize(
    ("others", "named"),
    [
        ({"packing": True}, "packing"),
        ({"distil": Distillation(teacher="t"), "packing": True}, "distil and packing"),
        ({"processes": 2, "accelerate": {"distributed_type": "FSDP"}}, "accelerate"),
    ],
)
def test_what_it_does_not_work_with_is_refused_by_name(others: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError, match=f"preference does not work with {named}; leave one of them out"):
        TrainSettings.model_validate({"preference": {}, **others})


@pytest.mark.parametrize("wrong_settings", [{"beta": 0}, {"weight": 0}, {"share": 0.5}])
def test_settings_that_mean_nothing_are_refused(wrong_settings: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong_settings))):
        TrainSettings.model_validate({"preference": wrong_settings})
