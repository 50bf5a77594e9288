"""Paraphrases of what is measured, found among lessons by meaning: off unless a run names an embedding model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tutelage.agents.verifier import Contacts
from tutelage.configs.schema import TutorConfig
from tutelage.errors import ConfigError, DomainError
from tutelage.files import read_rows
from tutelage.graph.benchmarks import read_benchmarks
from tutelage.graph.context import RunContext
from tutelage.graph.rundir import RunDir
from tutelage.graph.sources import file_of
from tutelage.pedagogy.records import Contact, Item
from tutelage.pedagogy.verification import POOLS
from tutelage.training.meaning import nearest


def embedding_model(config: TutorConfig) -> Path | None:
    """The folder of the embedding model; None where meanings are not compared.

    Raises:
        ConfigError: there is none at the place that is named.
    """
    if config.embedding is None:
        return None
    try:
        folder = file_of(config.embedding, Path.cwd())
    except DomainError as error:
        raise ConfigError(error.what, where="tutor.embedding", do=error.do) from error
    if not (folder / "config.json").is_file():
        raise ConfigError(
            f"no embedding model lies in {folder}",
            where="tutor.embedding",
            do="name a folder with config.json, tokenizer and weights, or package:NAME/PATH",
        )
    return folder


def contacts_of(ctx: RunContext) -> Contacts | None:
    """What finds paraphrases among a run's lessons; None where it names no embedding model."""
    model = embedding_model(ctx.config.tutor)
    return None if model is None else Meanings(ctx.rundir, model, ctx.config.tutor.same_meaning).contacts


class Meanings:
    """Says of problems which gate item, held-out item or benchmark each means the same as."""

    def __init__(self, rundir: RunDir, model: Path, cosine: float) -> None:
        """Name the model.

        Args:
            rundir: The run, which keeps its pools and benchmarks.
            model: Folder of the embedding model.
            cosine: From which two problems that name the same numbers count as the same.
        """
        self._rundir = rundir
        self._model = model
        self._cosine = cosine

    async def contacts(self, problems: Sequence[str]) -> list[Contact | None]:
        """For each problem what it means the same as; None where that is nothing."""
        if not problems:
            return []
        measured = self._measured()
        found = await nearest(self._model, problems, [text for _, text in measured], log=self._rundir.log("meaning"))
        return [
            Contact(source=measured[near.index][0], check="meaning", text=measured[near.index][1],
                    score=round(near.cosine, 3))
            if near is not None and near.cosine >= self._cosine else None
            for near in found
        ]  # fmt: skip

    def _measured(self) -> list[tuple[str, str]]:
        items = read_rows(self._rundir.root / "probes.jsonl", Item)
        found = [(POOLS, item.question) for item in items if item.pool != "diagnostic"]
        return found + [(b.name, question) for b in read_benchmarks(self._rundir.root) for question in b.questions]
