"""Which of many texts means most nearly the same as another, by a sentence-embedding model. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tutelage.training.process import worker
from tutelage.training.protocol import Compare, Compared, Nearest


async def nearest(
    model: Path, texts: Sequence[str], among: Sequence[str], *, log: Path, threads: int | None = None
) -> tuple[Nearest | None, ...]:
    """For each text the nearest of ``among`` that names the same numbers, in a child process of its own.

    Args:
        model: Folder of a sentence-embedding model that is read by the mean over its tokens.
        texts: What is looked at.
        among: What it is compared with.
        log: The child's stderr.
        threads: Of torch; None takes every core.

    Raises:
        ConfigError: there is no such model in the folder.
        WorkerDied: the child ended before it was done.
    """
    request = Compare(model=str(model), texts=tuple(texts), among=tuple(among), threads=threads)
    async with worker(log, threads) as process:
        return Compared.model_validate(await process.request(request, lambda value: None)).nearest
