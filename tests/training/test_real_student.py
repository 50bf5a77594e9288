"""The quickstart's real student. TUTELAGE_TEST_CACHE keeps its conversion between runs."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from tests.handoff.agreement import PROBES
from tutelage.training.child.loading import load_tokenizer
from tutelage.training.contracts import Answer, AnswerSettings, Question
from tutelage.training.graders import NumericGrader
from tutelage.training.source import describe_student, prepare_student
from tutelage.training.student import Student

pytestmark = pytest.mark.student


@pytest.fixture(scope="module")
def smollm2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kept = os.environ.get("TUTELAGE_TEST_CACHE")
    return prepare_student("smollm2-135m-instruct", Path(kept) if kept else tmp_path_factory.mktemp("cache"))


def test_the_conversion_is_faithful(smollm2: Path) -> None:
    config = json.loads((smollm2 / "config.json").read_text())
    assert config["rms_norm_eps"] == 1e-5
    assert config["rope_parameters"]["rope_theta"] == 100000
    assert not any("name_or_path" in key for key in config)
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in smollm2.iterdir())
    assert describe_student(smollm2).name.startswith("smollm2-135m-instruct-")


def test_digits_are_tokens_of_their_own(smollm2: Path) -> None:
    tokenizer = load_tokenizer(str(smollm2))
    assert tokenizer.model_max_length == 8192
    assert tokenizer("    1")["input_ids"] == [289, 33]
    assert tokenizer("12 + 34 = 46")["input_ids"] == [33, 34, 1232, 216, 35, 36, 446, 216, 36, 38]


async def test_sixteen_answers_are_the_same_one_by_one_and_in_a_batch(smollm2: Path, tmp_path: Path) -> None:
    questions = [
        Question(id=str(index), text=f"What is {index + 2} x {7 * index + 3}?" + " Explain." * (index % 3))
        for index in range(15)
    ] + [Question(id="capital", text="What is the capital of France?")]

    async def ask(batch_size: int) -> list[Answer]:
        settings = AnswerSettings(max_new_tokens=16, batch_size=batch_size, threads=1, precision="float32")
        async with Student.open(smollm2, None, settings, tmp_path / "log") as student:
            return await student.answer(questions)

    together = await ask(16)
    assert together == await ask(3)
    assert together[-1].text == "The capital of France is Paris."
    assert not together[-1].truncated


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("precision", ["float32", "auto"])
async def test_the_graded_answers_are_the_same_one_by_one_in_eights_and_all_at_once_in_any_order(
    precision: str, smollm2: Path, tmp_path: Path
) -> None:
    """``auto`` is bfloat16 on some CPUs, where texts may part and grades must not."""
    probes = PROBES[::3][:32]
    questions = [Question(id=str(number), text=probe.question) for number, probe in enumerate(probes)]
    mixed = random.Random(3).sample(questions, len(questions))

    async def graded(batch_size: int, asked: list[Question]) -> tuple[dict[str, str], dict[str, str]]:
        settings = AnswerSettings.model_validate(
            {"max_new_tokens": 32, "batch_size": batch_size, "threads": 1, "precision": precision}
        )
        async with Student.open(smollm2, None, settings, tmp_path / "log") as student:
            said = {answer.id: answer.text for answer in await student.answer(asked)}
        return said, {id: NumericGrader().grade(text, probes[int(id)].reference) for id, text in said.items()}

    texts, grades = await graded(1, questions)
    assert len(set(grades.values())) > 1, "some are right and some are not"
    for batch_size, asked in ((8, questions), (32, questions), (8, mixed), (32, mixed)):
        others, marks = await graded(batch_size, asked)
        assert marks == grades
        if precision == "float32":
            assert others == texts
