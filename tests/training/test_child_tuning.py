from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.training.tiny import addition_rows
from tutelage.errors import InputError
from tutelage.training.child.loading import load_model, load_tokenizer
from tutelage.training.child.loss import answer_loss
from tutelage.training.child.rows import IGNORED, collate, read_examples, spend, training_set
from tutelage.training.contracts import TokenBudget, TrainSettings


def test_the_answer_and_its_end_are_supervised_and_nothing_else(tiny_student: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_student))
    data = training_set(addition_rows(3), tokenizer, TrainSettings(system_prompt="Be brief."))
    for row, example in zip(data.rows, addition_rows(3), strict=True):
        supervised = [token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label != IGNORED]
        assert tokenizer.decode(supervised) == f"{example.completion}</s>\n"
        assert all(label in (IGNORED, token) for token, label in zip(row["input_ids"], row["labels"], strict=True))
    assert data.left_out == 0
    assert data.warnings == []


def test_the_end_token_is_supervised_although_it_is_also_the_padding(tiny_student: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_student))
    assert tokenizer.pad_token_id == tokenizer.eos_token_id
    rows = training_set([*addition_rows(1), *addition_rows(12)[11:]], tokenizer, TrainSettings()).rows
    batch = collate(rows, pad=2)
    ends = torch.eq(batch["labels"], 2).sum(dim=1)
    assert ends.tolist() == [1, 1]
    assert (batch["labels"][batch["attention_mask"] == 0] == IGNORED).all()


def test_the_loss_is_the_models_own_over_the_supervised_tokens(tiny_student: Path) -> None:
    model, tokenizer = load_model(str(tiny_student), torch.device("cpu")), load_tokenizer(str(tiny_student))
    rows = training_set([*addition_rows(2), *addition_rows(120)[118:]], tokenizer, TrainSettings()).rows
    with torch.no_grad():
        loss, supervised = answer_loss(model, collate(rows, pad=2))
        one_by_one = [
            model(input_ids=torch.tensor([row["input_ids"]]), labels=torch.tensor([row["labels"]])).loss.item()
            * sum(label != IGNORED for label in row["labels"])
            for row in rows
        ]
    assert supervised == sum(label != IGNORED for row in rows for label in row["labels"])
    assert loss.item() == pytest.approx(sum(one_by_one), rel=1e-5)


def test_a_line_that_is_no_training_row_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"prompt": "a"}\n')
    with pytest.raises(InputError, match=r"rows.jsonl:1: not a training row \(completion: "):
        read_examples(tmp_path / "rows.jsonl")


def test_a_budget_cuts_a_round_short_to_within_a_row(tiny_student: Path) -> None:
    data = training_set(addition_rows(40), load_tokenizer(str(tiny_student)), TrainSettings())
    cut = spend(data, TokenBudget(most=data.tokens // 2), epochs=1, seed=0)
    longest = max(len(row["input_ids"]) for row in data.rows)
    assert data.tokens // 2 - longest < cut.tokens <= data.tokens // 2
    assert len(set(cut.names)) == len(cut.names)
    assert [row["index"] for row in cut.rows] == list(range(len(cut.rows)))


def test_a_rest_that_is_too_small_for_another_round_is_spent_on_repetitions(tiny_student: Path) -> None:
    data = training_set(addition_rows(40), load_tokenizer(str(tiny_student)), TrainSettings())
    most = 3 * data.tokens + data.tokens // 2
    filled = spend(data, TokenBudget(most=most, rest=most), epochs=1, seed=0)
    longest = max(len(row["input_ids"]) for row in data.rows)
    assert most - longest < filled.tokens <= most
    assert all(3 <= filled.names.count(name) <= 4 for name in data.names)
    once = spend(data, TokenBudget(most=most, rest=data.tokens), epochs=1, seed=0)
    assert sorted(once.names) == sorted(data.names)


def test_a_budget_smaller_than_a_row_is_refused(tiny_student: Path) -> None:
    data = training_set(addition_rows(4), load_tokenizer(str(tiny_student)), TrainSettings())
    with pytest.raises(InputError, match="a budget of 3 tokens is less than a row"):
        spend(data, TokenBudget(most=3), epochs=1, seed=0)
