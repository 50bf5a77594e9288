from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.tiny import save_tiny_student
from tutelage.errors import StudentError, TrainingError
from tutelage.training.child.chat import prompt_text, token_ids, training_ids, whole_text
from tutelage.training.child.loading import load_tokenizer

NO_SYSTEM = (
    "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{{ '<s>' + m['role'] + '\n' + m['content'] + '</s>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<s>assistant\n' }}{% endif %}"
)
FORGETFUL = "{% for m in messages %}{{ m['content'] }}{% endfor %}{% if add_generation_prompt %}{{ '>' }}{% endif %}"


def test_an_empty_system_prompt_keeps_the_default_one_away(tiny_student: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_student))
    assert prompt_text(tokenizer, "hi", "") == "<s>system\n</s>\n<s>user\nhi</s>\n<s>assistant\n"
    assert prompt_text(tokenizer, "hi", "Be brief.").startswith("<s>system\nBe brief.</s>\n")


def test_a_training_row_is_the_prompt_the_answer_and_its_end(tiny_student: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_student))
    ids, prompt = training_ids(tokenizer, "hi", "Answer: 1", "", "row 1")
    assert ids[:prompt] == token_ids(tokenizer, prompt_text(tokenizer, "hi", ""))
    assert tokenizer.decode(ids[prompt:]) == "Answer: 1</s>\n"
    assert whole_text(tokenizer, "hi", "Answer: 1", "").endswith("Answer: 1</s>\n")


def test_a_template_without_system_messages_works_until_there_is_one_to_say(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(str(save_tiny_student(tmp_path, template=NO_SYSTEM)))
    assert prompt_text(tokenizer, "hi", "") == "<s>user\nhi</s>\n<s>assistant\n"
    with pytest.raises(StudentError, match="refuses a system message"):
        prompt_text(tokenizer, "hi", "Be brief.")


def test_a_template_that_does_not_continue_its_prompt_is_an_error_naming_the_row(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(str(save_tiny_student(tmp_path, template=FORGETFUL)))
    with pytest.raises(TrainingError, match="row 1: the prompt's tokens are not the beginning"):
        training_ids(tokenizer, "hi", "Answer: 1", "", "row 1")
