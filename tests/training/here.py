"""The student's process played in this one: no start to wait for, and a test can plant faults in it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tutelage.pedagogy.records import Record
from tutelage.training import finetune, served, student
from tutelage.training.contracts import TrainProgress
from tutelage.training.process import OnProgress
from tutelage.training.protocol import Done, Progress
from tutelage.training.worker import Serving


class Killed(BaseException):
    """Stands for a kill, in this process."""


def killed_at(step: int) -> Callable[[TrainProgress], None]:
    """What a round tells its progress to, and is killed by after so many steps."""

    def follow(progress: TrainProgress) -> None:
        if progress.step == step:
            raise Killed

    return follow


class Here:
    """Takes requests as a ``Worker`` does."""

    def __init__(self) -> None:
        self._serving = Serving(self._hear)

    def _hear(self, reply: Record) -> None:
        if isinstance(reply, Progress):
            self._on_progress(reply.value)
        elif isinstance(reply, Done):
            self._done = reply.value

    async def request(self, request: Any, on_progress: OnProgress) -> dict[str, Any]:
        self._on_progress = on_progress
        self._serving.serve(request)
        return self._done


@contextlib.asynccontextmanager
async def here(log: Path, threads: int | None, gpus: int = 1) -> AsyncIterator[Here]:
    """In the place of ``worker``."""
    yield Here()


def train_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``finetune`` train in this process."""

    monkeypatch.setattr(finetune, "worker", here)


def answer_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the student answer in this process, whatever the backend."""
    monkeypatch.setattr(student, "worker", here)
    monkeypatch.setattr(served, "worker", here)
