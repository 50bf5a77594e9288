"""Tasks of lm-evaluation-harness on the student before and after. What was evaluated is kept task by task."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from tutelage.configs.schema import RunConfig
from tutelage.errors import InputError
from tutelage.files import canonical_json, write_text
from tutelage.graph.benchmark.folder import BenchmarkDir
from tutelage.graph.benchmark.measure import NOTHING_TAUGHT
from tutelage.graph.benchmark.records import Result, Score, difference, score
from tutelage.graph.progress import Progress, Work
from tutelage.graph.rundir import RunDir, digest
from tutelage.pedagogy.records import Record
from tutelage.training.adapters import adapter_sha256
from tutelage.training.folders import scratch_folder
from tutelage.training.handoff import write_merged
from tutelage.training.harness import check_harness, harness
from tutelage.training.protocol import Evaluated, TaskScore

NO_TEACHER = "lm-evaluation-harness would ask it past this run's caps and cache"


@dataclass(frozen=True)
class Tasks:
    """What is asked of the harness.

    Attributes:
        names: Of tasks, or of groups of them.
        folder: Of tasks besides the harness's own.
        limit: Documents of each task, from its start; None: all.
        chat: In the student's chat template.
    """

    names: tuple[str, ...]
    folder: Path | None
    limit: int | None
    chat: bool

    def check(self) -> None:
        """Raise InputError where the harness is not installed, or the folder is not there."""
        if self.names:
            check_harness()
        if self.folder is not None and not self.folder.is_dir():
            raise InputError("no such folder", where=self.folder, do="name the folder of the tasks' YAML files")

    @property
    def sha256(self) -> str | None:
        """Of every file of the tasks' folder; None where all tasks are the harness's own."""
        if self.folder is None:
            return None
        found = hashlib.sha256()
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            found.update(f"{path.relative_to(self.folder).as_posix()}\n{path.stat().st_size}\n".encode())
            found.update(path.read_bytes())
        return found.hexdigest()


class _Kept(Record):
    """One task on one model, as its file holds it."""

    seconds: float
    evaluated: Evaluated


async def evaluate_tasks(
    run: RunDir, config: RunConfig, base: Path, adapter: Path | None, tasks: Tasks, progress: Progress
) -> list[Result]:
    """Evaluate every task on both students.

    Raises:
        InputError: a task is not there, or cannot be run.
        WorkerDied: the harness's process ended.
    """
    answering = config.student.answering
    settings: dict[str, JsonValue] = {
        "lm_eval": version("lm_eval"), "limit": tasks.limit, "chat_template": tasks.chat,
        "precision": answering.precision,
    }  # fmt: skip
    key = digest(tasks.sha256 or "", canonical_json(settings))
    folder = BenchmarkDir(run, f"lm-eval-{key}")
    before = await _evaluate(folder, base, "base", config, tasks, progress)
    sha = None if adapter is None else adapter_sha256(adapter)
    after: list[_Kept] | None = None
    if adapter is not None and sha is not None:
        if all(_path(folder, sha, task).exists() for task in tasks.names):
            after = await _evaluate(folder, base, sha, config, tasks, progress)
        else:
            with scratch_folder(folder.root / "student") as merged:
                progress.emit(Work(label="merging the student", done=0, total=0, unit=""))
                await write_merged(base, adapter, merged, folder.log("merge"))
                after = await _evaluate(folder, merged, sha, config, tasks, progress)
    missing: dict[Literal["after", "teacher"], str] = {"teacher": NO_TEACHER}
    if after is None:
        missing["after"] = NOTHING_TAUGHT
    results = []
    for number, untaught in enumerate(before):
        taught = None if after is None else after[number]
        for one in untaught.evaluated.scores:
            other = None if taught is None else _same(taught.evaluated, one)
            results.append(
                Result(
                    benchmark=one.task, metric=one.metric, by="lm-eval", key=key,
                    source=None if tasks.folder is None else str(tasks.folder), items_sha256=tasks.sha256,
                    available=one.available, settings=settings, adapter=None if adapter is None else adapter.name,
                    adapter_sha256=sha, before=_score(one, "base", untaught.seconds),
                    after=None if other is None or taught is None else _score(other, sha or "", taught.seconds),
                    teacher=None, missing=missing, share_retained=None,
                    difference=None if other is None else difference(other.scores, one.scores),
                )
            )  # fmt: skip
    return results


async def _evaluate(
    folder: BenchmarkDir, model: Path, name: str, config: RunConfig, tasks: Tasks, progress: Progress
) -> list[_Kept]:
    lacking = [task for task in tasks.names if not _path(folder, name, task).exists()]
    if lacking:
        which = "before" if name == "base" else "after"
        log = folder.log(f"lm-eval-{which}")
        answering = config.student.answering
        async with harness(model, tasks.folder, tasks.limit, answering, log, chat=tasks.chat) as evaluate:
            for done, task in enumerate(lacking):
                progress.emit(Work(label=f"{task}, {which}", done=done, total=len(lacking), unit="tasks"))
                started = time.monotonic()
                kept = _Kept(evaluated=await evaluate(task), seconds=time.monotonic() - started)
                write_text(_path(folder, name, task), kept.model_dump_json())
    return [_Kept.model_validate_json(_path(folder, name, task).read_bytes()) for task in tasks.names]


def _path(folder: BenchmarkDir, model: str, task: str) -> Path:
    return folder.root / f"{task.replace('/', '.')}-{model[:12]}.json"


def _same(evaluated: Evaluated, one: TaskScore) -> TaskScore | None:
    return next((s for s in evaluated.scores if (s.task, s.metric) == (one.task, one.metric)), None)


def _score(said: TaskScore, model: str, seconds: float) -> Score:
    if said.scores is not None:
        binary = set(said.scores) <= {0.0, 1.0}
        return score(said.scores, model=model, endpoint="local", seconds=seconds, truncated=None, binary=binary)
    return Score(value=said.value, error=said.error, n=said.n, model=model, endpoint="local", seconds=round(seconds, 1))


def names_of(text: str) -> tuple[str, ...]:
    """The names of a list with commas, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
