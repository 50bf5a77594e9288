"""What the tests of bad input share: the command line in one process, a teacher, a good configuration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.driver import CommandLine, command_line
from tests.kill.real import TeacherByHand, teacher_by_hand
from tests.kill.small import write_small_run


@pytest.fixture(scope="module")
def tutelage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with command_line(tmp_path_factory.mktemp("driver")) as driver:
        yield driver


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeacherByHand]:
    with teacher_by_hand(tmp_path_factory.mktemp("teacher")) as by_hand:
        yield by_hand


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A good configuration, whose student is complete by its file names: errors are found before loading."""
    student = tmp_path / "student"
    student.mkdir()
    for name in ("config.json", "tokenizer.json", "model.safetensors", "chat_template.jinja"):
        (student / name).write_text("{}")
    return write_small_run(tmp_path, student)
