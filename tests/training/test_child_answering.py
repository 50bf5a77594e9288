from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from tutelage.training.child.answering import LoadedStudent
from tutelage.training.child.greedy import greedy
from tutelage.training.child.loading import load_model, load_tokenizer
from tutelage.training.child.words import before_stop, end_tokens
from tutelage.training.contracts import Answer, AnswerSettings, Question

CHANCE = random.Random(1)
QUESTIONS = [Question(id=str(index), text="ab+1? " * CHANCE.randint(1, 9)) for index in range(16)]


def answers(
    folder: Path, batch_size: int, questions: list[Question], limit: int = 24, stop: tuple[str, ...] = ()
) -> dict[str, Answer]:
    settings = AnswerSettings(
        max_new_tokens=limit, batch_size=batch_size, threads=1, device="cpu", precision="float32", stop=stop
    )
    student = LoadedStudent.load(str(folder), None, settings)
    return {answer.id: answer for batch in student.answer(questions) for _, answer in batch}


@pytest.fixture(scope="module")
def one_by_one(tiny_student: Path) -> dict[str, Answer]:
    return answers(tiny_student, 1, QUESTIONS)


@pytest.mark.parametrize("batch_size", [2, 3, 5, 8, 16, 32, 64])
def test_answers_do_not_depend_on_batch_size_or_order(
    batch_size: int, tiny_student: Path, one_by_one: dict[str, Answer]
) -> None:
    shuffled = random.Random(batch_size).sample(QUESTIONS, len(QUESTIONS))
    assert answers(tiny_student, batch_size, shuffled) == one_by_one


def test_rows_end_one_by_one_as_generate_ends_them(tiny_student: Path) -> None:
    """With the commonest token as an end token, rows leave the batch at many different steps."""
    model, tokenizer = load_model(str(tiny_student), torch.device("cpu")), load_tokenizer(str(tiny_student))
    model.train(False)
    prompts = [[1, *range(5 + index, 20 + 2 * index)] for index in range(8)]
    free = greedy(model, prompts, pad=2, ends=(), limit=20)
    ends = {free[0].tokens[4], free[3].tokens[9], free[5].tokens[0]}
    ended = greedy(model, prompts, pad=2, ends=ends, limit=20)
    assert len({len(row.tokens) for row in ended}) > 2
    for row, prompt in zip(ended, prompts, strict=True):
        alone = model.generate(  # type: ignore[operator]  # transformers mixes generate in
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            max_new_tokens=20,
            do_sample=False,
            eos_token_id=list(ends),
            pad_token_id=2,
        )[0, len(prompt) :].tolist()
        assert row.ended == (alone[-1] in ends)
        assert row.tokens == (alone[:-1] if row.ended else alone)
    assert tokenizer.pad_token_id == 2


def test_truncated_means_the_limit_came_first(tiny_student: Path, one_by_one: dict[str, Answer]) -> None:
    short = answers(tiny_student, 4, QUESTIONS, limit=3)
    for name, answer in short.items():
        assert answer.tokens == min(3, one_by_one[name].tokens)
        assert answer.truncated == (one_by_one[name].tokens >= 3)
        assert one_by_one[name].text.startswith(answer.text)


def test_every_end_token_of_the_model_counts(tiny_student: Path) -> None:
    model, tokenizer = load_model(str(tiny_student), torch.device("cpu")), load_tokenizer(str(tiny_student))
    assert model.generation_config is not None
    model.generation_config.eos_token_id = [5, 6]
    assert end_tokens(model.generation_config, tokenizer) == {2, 5, 6}


def test_a_stop_string_ends_an_answer_wherever_it_falls_between_tokens_and_in_any_batch(
    tiny_student: Path, one_by_one: dict[str, Answer]
) -> None:
    """The tiny student's tokens are letters, so a string of three is never one token."""
    whole = next(answer.text for answer in one_by_one.values() if answer.truncated and len(answer.text) > 12)
    stop = whole[5:8]
    cut = answers(tiny_student, 1, QUESTIONS, stop=(stop, "never said"))
    assert answers(tiny_student, 8, QUESTIONS[::-1], stop=(stop, "never said")) == cut
    held = [name for name, answer in one_by_one.items() if stop in answer.text]
    assert held
    for name, answer in cut.items():
        before = one_by_one[name]
        assert answer.text == before.text.split(stop)[0]
        assert answer.truncated == (before.truncated and name not in held)
        assert answer.tokens <= before.tokens


def test_the_first_of_several_stop_strings_counts() -> None:
    assert before_stop("one two three", ("three", " two")) == "one"
    assert before_stop("one", ("two",)) == "one"
    assert before_stop("one", ()) == "one"


def test_what_all_prompts_begin_with_is_read_once_and_changes_no_answer(
    tiny_student: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(str(tiny_student), torch.device("cpu"))
    model.train(False)
    read: list[int] = []
    model.register_forward_pre_hook(
        lambda module, told, named: read.append(named["input_ids"].numel()), with_kwargs=True
    )
    prefix = [1, *range(5, 60)]
    prompts = [[*prefix, *range(60, 62 + 3 * n)] for n in range(6)]
    shared, passes = greedy(model, prompts, pad=2, ends=(7,), limit=16), list(read)
    assert passes[:2] == [len(prefix) + 2 - 1, 6 * (1 + 3 * 5)]
    monkeypatch.setattr("tutelage.training.child.greedy.WORTH_A_PASS", 10_000)
    assert shared == greedy(model, prompts, pad=2, ends=(7,), limit=16)
    assert len({tuple(row.tokens) for row in shared}) > 1
    same = [prompts[0], prompts[0]]
    monkeypatch.setattr("tutelage.training.child.greedy.WORTH_A_PASS", 32)
    assert greedy(model, same, pad=2, ends=(), limit=4)[0] == greedy(model, same[:1], pad=2, ends=(), limit=4)[0]
