"""A student that is simulated, so that the real graph can be run through every verdict in seconds.

Its ability on a module grows with the lessons it was trained on and fades where it was not. An answer is right or
wrong by the hash of the question, so the same student always answers the same. Everything else is real: the graph,
the agents, the offline teacher over HTTP, the gates, the ledgers and the checkpoints.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

from tutelage.files import read_rows, sha256_file, sha256_text, write_json
from tutelage.graph import runs
from tutelage.graph.progress import Event
from tutelage.teachers.offline.skills import Problem, solve
from tutelage.training.contracts import (
    Answer,
    AnswerSettings,
    Example,
    Question,
    StudentIdentity,
    TokenBudget,
    TrainJob,
    TrainProgress,
    TrainResult,
    TrainSettings,
)  # fmt: skip

REPOSITORY = Path(__file__).parents[2]
QUICKSTART = REPOSITORY / "configs" / "quickstart.yaml"
SMALL = (
    "diagnosis.probes=12", "diagnosis.held_out=12", "gate.items_per_look=36", "gate.looks=1", "gate.attempts=3",
    "diagnosis.blunt=warn", "tutor.examples=20", "limits.rounds=12",
)  # fmt: skip


ROW_TOKENS = 10


def within(budget: TokenBudget | None, rows: list[Example]) -> list[Example]:
    """The rows of a round with a budget, as the real trainer takes them: cut short, or repeated to its end."""
    if budget is None:
        return rows
    most, left = budget.most // ROW_TOKENS, budget.most - ROW_TOKENS * len(rows)
    return (rows * (most // len(rows) + 1) if left < budget.rest else rows)[:most]


@dataclass
class Ability:
    """How the simulated student learns.

    Attributes:
        start: Ability before any lesson; ``knows`` for single modules.
        gain: Ability won by one lesson, by module; ``default`` for the rest.
        fade: Ability lost by a module in a round that trains others only.
        habit: What it answers to a problem whatever it was taught; None where it has no habit.
    """

    start: float = 0.1
    knows: Mapping[str, float] = field(default_factory=dict)
    default: float = 0.1
    gain: Mapping[str, float] = field(default_factory=dict)
    fade: Callable[[str, int], float] = lambda module, round_number: 0.0
    habit: Callable[[Problem], int | None] = lambda problem: None

    def at_first(self, module: str) -> float:
        """Ability in a module before any lesson."""
        return self.knows.get(module, self.start)


@dataclass
class Recorder:
    """Keeps what the run shows."""

    events: list[Event] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        self.events.append(event)


def install(monkeypatch: pytest.MonkeyPatch, ability: Ability, folder: Path) -> None:
    """Put the simulated student in the place of the real one."""

    class SimulatedStudent:
        backend = "transformers"

        def __init__(self, skills: Mapping[str, float]) -> None:
            self._skills = skills

        @classmethod
        @contextlib.asynccontextmanager
        async def open(
            cls, model: Path, adapter: Path | None, settings: AnswerSettings, log: Path, on_note: Callable[[str], None]
        ) -> AsyncIterator[Self]:
            yield cls({} if adapter is None else json.loads((adapter / "skills.json").read_text()))

        async def answer(
            self, questions: Sequence[Question], on_progress: Callable[[int, int], None], sampling: object = None
        ) -> list[Answer]:
            on_progress(len(questions), len(questions))
            return [self._answer(question) for question in questions]

        def _answer(self, question: Question) -> Answer:
            text = question.text.split("\n")[0]
            problem = solve(text)
            assert problem is not None, text
            luck = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
            right = luck < self._skills.get(problem.skill, ability.at_first(problem.skill))
            usual = problem.working.answer if right else problem.working.answer + 1
            habit = ability.habit(problem)
            said = usual if habit is None else habit
            return Answer(id=question.id, text=f"Answer: {said}", tokens=3, truncated=False, prompt_tokens=6)

    async def train(job: TrainJob, log: Path, on_progress: Callable[[TrainProgress], None]) -> TrainResult:
        rows = within(job.budget, read_rows(Path(job.dataset), Example))
        output = Path(job.output)
        before: dict[str, float] = {}
        if job.adapter is not None:
            before = json.loads((Path(job.adapter) / "skills.json").read_text())
        lessons = Counter(row.module for row in rows)
        round_number = int(output.name.removeprefix("round-"))
        skills = {
            module: min(
                1.0, before.get(module, ability.at_first(module)) + n * ability.gain.get(module, ability.default)
            )
            for module, n in lessons.items()
        }
        for module, skill in before.items():
            skills.setdefault(module, max(0.0, skill - ability.fade(module, round_number)))
        write_json(output / "skills.json", dict(sorted(skills.items())))
        on_progress(TrainProgress(step=1, steps=1, loss=0.1, tokens_per_second=1.0))
        return TrainResult(
            job_sha256="0", adapter_sha256=sha256_file(output / "skills.json"), dataset_sha256="0",
            template_sha256="0", base_sha256="0", tokenizer_sha256="0", rows=len(rows), held_back=0,
            left_out=0, pairs=sum(row.rejected is not None for row in rows), tokens=ROW_TOKENS * len(rows),
            interpolation=job.interpolation, supervised_tokens=5 * len(rows), lowest_share=0.5, steps=1,
            loss_first=1.0, loss_last=0.1, gradient_norm=1.0, best_step=None, validation_loss=None, seconds=0.1,
            micro_batch=4, processes=1, threads=1, device="cpu", precision="float32", warnings=(),
        )  # fmt: skip

    identity = StudentIdentity(
        name="simulated", sha256=sha256_text("simulated"), template_sha256="0", tokenizer_sha256="0"
    )
    monkeypatch.setattr("tutelage.graph.measure.open_student", SimulatedStudent.open)
    monkeypatch.setattr("tutelage.graph.measure.adapter_sha256", lambda path: sha256_file(path / "skills.json"))
    monkeypatch.setattr("tutelage.graph.nodes.finetune.train", train)
    monkeypatch.setattr("tutelage.training.adapters.check_adapter", lambda path: None)

    async def no_estimate(student: Path, settings: TrainSettings) -> str:
        return "estimate: a simulated student takes no memory"

    monkeypatch.setattr(runs, "memory_line", no_estimate)
    monkeypatch.setattr(runs, "quick_check", lambda spec: None)
    monkeypatch.setattr(runs, "prepare_student", lambda spec, cache: folder)
    monkeypatch.setattr(runs, "describe_student", lambda path: identity)


async def run(root: Path, *settings: str) -> tuple[runs.Ended, Recorder]:
    """A run of the quickstart with the simulated student."""
    recorder = Recorder()
    ended = await runs.start(QUICKSTART, root, [*SMALL, *settings], recorder)
    return ended, recorder


def decisions(root: Path) -> list[dict[str, Any]]:
    """The decisions of a run, in order."""
    return [json.loads(line) for line in (root / "decisions.jsonl").read_text().splitlines()]


def verdicts(root: Path, module: str) -> list[str]:
    """The verdicts on one module, in order."""
    return [d["verdict"] for d in decisions(root) if d["module"] == module]
