from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from tutelage.errors import StudentError, WorkerDied
from tutelage.training.contracts import AnswerSettings, Question
from tutelage.training.student import Student

SETTINGS = AnswerSettings(max_new_tokens=8, batch_size=3, threads=1)


async def test_it_answers_in_order_twice_and_says_how_it_died(tiny_student: Path, tmp_path: Path) -> None:
    questions = [Question(id=f"q{index}", text="?" * (index % 4) + "a") for index in range(8)]
    seen: list[tuple[int, int]] = []
    async with Student.open(tiny_student, None, SETTINGS, tmp_path / "log") as student:
        answers = await student.answer(questions, lambda done, total: seen.append((done, total)))
        assert [answer.id for answer in answers] == [question.id for question in questions]
        assert seen == [(3, 8), (6, 8), (8, 8)]
        assert answers[0].text == answers[4].text
        assert await student.answer(questions[::-1]) == answers[::-1]
        assert await student.answer([]) == []
        os.kill(student.pid, signal.SIGKILL)
        with pytest.raises(WorkerDied, match="SIGKILL"):
            await student.answer(questions)


async def test_an_incomplete_model_or_adapter_is_found_before_a_child_is_started(
    tiny_student: Path, tmp_path: Path
) -> None:
    with pytest.raises(StudentError, match=r"no config.json"):
        async with Student.open(tmp_path, None, SETTINGS, tmp_path / "log"):
            pass
    with pytest.raises(StudentError, match="not an adapter folder"):
        async with Student.open(tiny_student, tmp_path, SETTINGS, tmp_path / "log"):
            pass
    assert not (tmp_path / "log").exists()


async def test_weights_that_cannot_be_read_end_as_worker_died(torn_student: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkerDied, match="exit code 1: "):
        async with Student.open(torn_student, None, SETTINGS, tmp_path / "log"):
            pass


@pytest.fixture
def torn_student(tiny_student: Path, tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(tiny_student, tmp_path / "torn"))
    (folder / "model.safetensors").write_bytes(b"torn")
    return folder
