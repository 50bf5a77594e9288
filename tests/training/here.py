"""The student's process played in this one: no start to wait for, and a test can plant faults in it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tutelage.pedagogy.records import Record
from tutelage.training import finetune
from tutelage.training.process import OnProgress
from tutelage.training.protocol import Done, Progress
from tutelage.training.worker import Serving


class Here:
    """Takes requests as a ``Worker`` does."""

    async def request(self, request: Any, on_progress: OnProgress) -> dict[str, Any]:
        done: list[dict[str, Any]] = []

        def say(reply: Record) -> None:
            if isinstance(reply, Progress):
                on_progress(reply.value)
            elif isinstance(reply, Done):
                done.append(reply.value)

        Serving(say).serve(request)
        return done[0]


def train_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``finetune`` train in this process."""

    @contextlib.asynccontextmanager
    async def worker(log: Path, threads: int | None) -> AsyncIterator[Here]:
        yield Here()

    monkeypatch.setattr(finetune, "worker", worker)
