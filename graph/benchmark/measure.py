"""A benchmark's items put to the student and its teacher on the paths of probing, piece by piece: none is asked twice.

A piece is answered, graded and kept whole; after a kill the next command goes on with the piece that was lost.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from tutelage.errors import BudgetSpent
from tutelage.graph.benchmark.folder import BenchmarkDir
from tutelage.graph.benchmark.items import Benchmark
from tutelage.graph.benchmark.records import Result, Score, difference, score, share
from tutelage.graph.context import RunContext
from tutelage.graph.measure import Examiner, teacher_attempts
from tutelage.pedagogy.contamination import Seen
from tutelage.pedagogy.records import Attempt, Candidate, Item

PIECE = 32
NOTHING_TAUGHT = "the run has taught nothing yet"
Answers = Sequence[Attempt]


async def measure(
    ctx: RunContext,
    folder: BenchmarkDir,
    benchmark: Benchmark,
    adapter: str | None,
    probes: Sequence[Item],
    lessons: Sequence[Candidate],
    *,
    with_teacher: bool,
) -> Result:
    """Ask all three, and say what came of it.

    Args:
        ctx: The run's tools, with the benchmark's domain, items and folder.
        folder: The benchmark's.
        benchmark: What is asked.
        adapter: The taught student's adapter; None where there is none yet.
        probes: Of the run.
        lessons: Its candidates.
        with_teacher: Whether the reference teacher is asked.
    """
    missing: dict[Literal["after", "teacher"], str] = {}
    before, untaught = await _student(ctx, folder, benchmark, None)
    after: tuple[Answers, Score] | None = None
    if adapter is None:
        missing["after"] = NOTHING_TAUGHT
    else:
        after = await _student(ctx, folder, benchmark, adapter)
    teacher: tuple[Answers, Score] | None = None
    if not with_teacher:
        missing["teacher"] = "not asked (--no-teacher)"
    else:
        try:
            teacher = await _teacher(ctx, folder, benchmark)
        except* BudgetSpent as spent:
            missing["teacher"] = _first(spent).what
    right_before = _right(before)
    right_after = None if after is None else _right(after[0])
    diagnostic = {probe.sha256 for probe in probes if probe.pool == "diagnostic"}
    return Result(
        benchmark=benchmark.domain.name, metric="accuracy", by="tutelage", key=benchmark.key, source=benchmark.source,
        items_sha256=benchmark.items_sha256, available=benchmark.available, settings=benchmark.settings,
        tutor_saw=sum(item.sha256 in diagnostic for item in benchmark.items),
        lessons_near=_near(ctx, benchmark, lessons),
        adapter=adapter, adapter_sha256=None if after is None else after[1].model, before=untaught,
        after=None if after is None else after[1], teacher=None if teacher is None else teacher[1], missing=missing,
        difference=difference(right_after, right_before),
        share_retained=share(right_after, None if teacher is None else _right(teacher[0])),
    )  # fmt: skip


async def _student(
    ctx: RunContext, folder: BenchmarkDir, benchmark: Benchmark, adapter: str | None
) -> tuple[Answers, Score]:
    which = "before" if adapter is None else "after"
    async with Examiner(ctx, adapter, 0) as examiner:
        part = f"{which}-{examiner.model[:12]}"

        async def ask(name: str, items: Sequence[Item], label: str) -> Answers:
            return await examiner.attempts(name, items, label)

        found = await _pieces(folder, benchmark, part, which, ask)
        return found, _score(found, examiner.model, folder.seconds(part))


async def _teacher(ctx: RunContext, folder: BenchmarkDir, benchmark: Benchmark) -> tuple[Answers, Score]:
    async def ask(name: str, items: Sequence[Item], label: str) -> Answers:
        return await teacher_attempts(ctx, name, items, 0, label)

    part = f"teacher-{ctx.teachers['reference'].regime}"
    found = await _pieces(folder, benchmark, part, "teacher", ask)
    return found, _score(found, found[0].model, folder.seconds(part))


async def _pieces(
    folder: BenchmarkDir,
    benchmark: Benchmark,
    part: str,
    which: str,
    ask: Callable[[str, Sequence[Item], str], Awaitable[Answers]],
) -> Answers:
    items, found = benchmark.items, list[Attempt]()
    for start in range(0, len(items), PIECE):
        piece = items[start : start + PIECE]
        name = f"{part}-{start // PIECE:04d}"
        label = f"{benchmark.domain.name}, {which}, items {start + 1}-{start + len(piece)} of {len(items)}"
        with folder.timed(name):
            found += await ask(name, piece, label)
    return found


def _score(answers: Answers, model: str, seconds: float) -> Score:
    endpoints = dict.fromkeys(answer.endpoint for answer in answers)
    return score(
        _right(answers),
        model=model,
        endpoint=", ".join(endpoints),
        seconds=seconds,
        truncated=sum(answer.truncated for answer in answers),
    )


def _right(answers: Answers) -> list[float]:
    return [float(answer.grade == "right") for answer in answers]


def _near(ctx: RunContext, benchmark: Benchmark, lessons: Sequence[Candidate]) -> int:
    """Lessons that the checks of contamination would have refused, had the domain named this benchmark."""
    tutor = ctx.config.tutor
    questions = [item.question for item in benchmark.items]
    seen = Seen(benchmark.domain.name, questions, run=tutor.benchmark_run, threshold=tutor.near_duplicate)
    taught = [lesson.example.problem for lesson in lessons if lesson.accepted and lesson.example is not None]
    return sum(seen.find(problem) is not None for problem in taught)


def _first(error: BaseException) -> BudgetSpent:
    """The first of a group, however deep."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if not isinstance(error, BudgetSpent):
        raise error
    return error


def folder_name(benchmark: Benchmark) -> str:
    """Of the folder of one benchmark: other items or settings are other work."""
    safe = "".join(c if c.isalnum() or c in "-_" else "-" for c in benchmark.domain.name)
    return f"{safe}-{benchmark.key}"
