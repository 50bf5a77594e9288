"""What the runs of these tests share: a teacher, a configuration, and the run that nobody disturbed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.kill.facts import expect_whole_files, facts
from tests.kill.real import TeacherByHand, Tutelage, teacher_by_hand
from tests.kill.small import write_small_run
from tests.training.tiny import save_tiny_student


class Ground:
    """A teacher, a configuration, and of the undisturbed run its seconds, its facts, and what it asked."""

    def __init__(self, folder: Path, config: Path, teacher: TeacherByHand) -> None:
        self.folder = folder
        self.config = config
        self.teacher = teacher
        self.seconds = 0.0
        self.facts: dict[str, Any] = {}
        self.asked: list[str] = []

    def run(self, root: Path) -> Tutelage:
        """Start a run in ``root``."""
        arguments = ["run", str(self.config), "--run-dir", str(root), "--teacher", self.teacher.url]
        return Tutelage(arguments, root, root.parent / f"{root.name}-run")

    def resume(self, root: Path, number: int = 1) -> Tutelage:
        """Resume it; ``number`` tells the outputs of several resumes apart."""
        arguments = ["resume", str(root), "--teacher", self.teacher.url]
        return Tutelage(arguments, root, root.parent / f"{root.name}-resume{number}")

    def expect_same_end(self, root: Path) -> None:
        """Fail where the run in ``root`` did not reach what the undisturbed one did."""
        expect_whole_files(root)
        found = facts(root)
        for name, value in self.facts.items():
            assert found[name] == value, f"{name} differs from the undisturbed run's"


@contextmanager
def common_ground(folder: Path) -> Iterator[Ground]:
    """Serve a teacher for the length of the block, and run the small run once."""
    config = write_small_run(folder, save_tiny_student(folder / "student"))
    with teacher_by_hand(folder) as teacher:
        ground = Ground(folder, config, teacher)
        began = time.monotonic()
        whole = ground.run(folder / "whole")
        assert whole.wait() == 0, whole.err
        ground.seconds = time.monotonic() - began
        whole.expect_no_survivor()
        ground.facts = facts(folder / "whole")
        ground.asked = teacher.answered()
        yield ground
