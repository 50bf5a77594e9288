"""lm-evaluation-harness on a model folder, task by task in one child process. No torch, and no harness, here."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import util
from pathlib import Path

from tutelage.errors import InputError
from tutelage.training.contracts import AnswerSettings
from tutelage.training.process import worker
from tutelage.training.protocol import Evaluate, Evaluated

EvaluateTask = Callable[[str], Awaitable[Evaluated]]


def check_harness() -> None:
    """Raise InputError where the harness is not installed."""
    if util.find_spec("lm_eval") is None:
        raise InputError(
            "the package 'lm_eval' is not installed", where="--lm-eval", do="pip install 'tutelage[lm-eval]'"
        )


@contextlib.asynccontextmanager
async def harness(
    model: Path, tasks_folder: Path | None, limit: int | None, settings: AnswerSettings, log: Path, *, chat: bool
) -> AsyncIterator[EvaluateTask]:
    """Evaluate tasks on one model for the length of the block.

    Args:
        model: folder of a whole model.
        tasks_folder: of tasks besides the harness's own.
        limit: documents of each task, from its start; None: all.
        settings: the device, the precision, the batch and the threads are taken from it.
        log: file that the child's stderr is appended to.
        chat: in the student's chat template.

    Raises:
        InputError: there is no such task, or its data cannot be had; the child lives on.
        WorkerDied: the child ended.
    """
    folder, tasks = str(model.resolve()), None if tasks_folder is None else str(tasks_folder.resolve())  # noqa: ASYNC240
    async with worker(log, settings.threads) as process:

        async def evaluate(task: str) -> Evaluated:
            request = Evaluate(
                model=folder,
                task=task,
                tasks_folder=tasks,
                limit=limit,
                chat=chat,
                batch_size=settings.batch_size,
                threads=settings.threads,
                device=settings.device,
                precision=settings.precision,
            )
            return Evaluated.model_validate(await process.request(request, lambda value: None))

        yield evaluate
