"""A run's student on benchmarks from outside, and ``benchmarks.json``. The run itself stays as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tutelage.configs.load import override
from tutelage.configs.schema import RunConfig, TeacherRole
from tutelage.configs.teachers_of import ROLES
from tutelage.errors import BudgetSpent, InputError
from tutelage.files import cache_folder, read_rows, sha256_text
from tutelage.graph.benchmark.folder import BenchmarkDir
from tutelage.graph.benchmark.items import Benchmark, read_benchmark
from tutelage.graph.benchmark.measure import folder_name, measure
from tutelage.graph.benchmark.records import (
    Benchmarks,
    Result,
    merged,
    read_benchmarks_file,
    write_benchmarks_file,
)
from tutelage.graph.benchmark.tasks import Tasks, evaluate_tasks
from tutelage.graph.context import RunContext
from tutelage.graph.manifest import Manifest
from tutelage.graph.progress import Progress
from tutelage.graph.rations import Rations
from tutelage.graph.run_checks import check_base, check_prices, check_same_student
from tutelage.graph.rundir import RunDir
from tutelage.graph.runs import all_told, snapshot
from tutelage.graph.teaching import OpenTeachers, open_staffs, open_teachers
from tutelage.pedagogy.records import Candidate, Item
from tutelage.teachers.cache import ReplyCache, default_cache_folder
from tutelage.teachers.meter import Caps, Meter
from tutelage.teachers.offline import OFFLINE
from tutelage.teachers.plans import TeacherPlan, alone, prices_of
from tutelage.teachers.replies import ReplyStore
from tutelage.tracing.otlp import check_export, exporter
from tutelage.tracing.spans import open_tracer
from tutelage.training.adapters import current
from tutelage.training.source import describe_student, prepare_student


@dataclass(frozen=True)
class Conducted:
    """What came of it.

    Attributes:
        results: Of what this command asked for.
        spent: The first cap that kept the teacher from answering; None where none did.
    """

    results: tuple[Result, ...]
    spent: BudgetSpent | None


@dataclass(frozen=True)
class Asked:
    """What the command line asks for.

    Attributes:
        domains: Files, or names of shipped ones.
        tasks: Of lm-evaluation-harness.
        items: How many of each domain; None: all.
        seed: Of their order.
        with_teacher: Whether the reference teacher is asked.
    """

    domains: tuple[str, ...]
    tasks: Tasks
    items: int | None
    seed: int
    with_teacher: bool


async def conduct(
    root: Path, asked: Asked, overrides: Sequence[str], progress: Progress, *, use_cache: bool = True
) -> Conducted:
    """Measure, and write ``benchmarks.json`` after each benchmark.

    Raises:
        InputError: a benchmark, a setting or a package is not there; found before anything is loaded or asked.
        RunDirError: not a run directory, or a live process holds it.
        StudentError: the base model is not the one that the run began with.
        TeacherError: the teacher does not answer; what the student answered is kept.
    """
    check_export()
    manifest, state, _ = await snapshot(root)
    config = override(manifest.config, overrides)
    check_same_student(manifest.config, config)
    if not asked.domains and not asked.tasks.names:
        raise InputError("no benchmark is named", where="benchmark", do="say --on NAME or --lm-eval TASK")
    asked.tasks.check()
    benchmarks = [read_benchmark(name, config, overrides, asked.items, asked.seed) for name in asked.domains]
    run = RunDir(root)
    content = read_benchmarks_file(root) or Benchmarks(
        run=manifest.name, student=manifest.student.name, student_sha256=manifest.student.sha256
    )
    with run.locked():
        student = prepare_student(config.student.model, cache_folder())
        check_base(describe_student(student), manifest, student)
        adapter = current(run.adapters)
        done: list[Result] = []
        spent: BudgetSpent | None = None

        def keep(results: Sequence[Result]) -> None:
            nonlocal content
            done.extend(results)
            content = content.model_copy(update={"results": merged(content.results, results)})
            write_benchmarks_file(root, content)

        needs = asked.with_teacher or any(b.domain.grader == "judge" for b in benchmarks)
        async with _teachers(manifest, config, overrides, asked=needs and bool(benchmarks)) as teachers:
            check_prices(config.limits, teachers.plans)
            for benchmark in benchmarks:
                tools = _Tools(run, manifest, state.get("stage", 0), teachers, student, adapter, progress, use_cache)
                result, met = await _one(tools, benchmark, with_teacher=asked.with_teacher)
                spent = spent or met
                keep([result])
        if asked.tasks.names:
            keep(await evaluate_tasks(run, config, student, adapter, asked.tasks, progress))
    return Conducted(tuple(done), spent)


@asynccontextmanager
async def _teachers(
    manifest: Manifest, config: RunConfig, overrides: Sequence[str], *, asked: bool
) -> AsyncIterator[OpenTeachers]:
    """The reference teacher, in every role but the judge's, known to answer; a stand-in where nobody is asked."""
    if not asked:
        yield OpenTeachers(dict.fromkeys(ROLES, alone(OFFLINE)), ())
        return
    known = all_told(manifest, config, overrides)
    plans: dict[TeacherRole, TeacherPlan] = dict.fromkeys(ROLES, known["reference"])
    plans["judge"] = known.get("judge", known["reference"])
    async with open_teachers(plans, None) as opened:
        yield opened


@dataclass(frozen=True)
class _Tools:
    """What every benchmark of a command is measured with."""

    run: RunDir
    manifest: Manifest
    stage: int
    teachers: OpenTeachers
    student: Path
    adapter: Path | None
    progress: Progress
    use_cache: bool


async def _one(tools: _Tools, benchmark: Benchmark, *, with_teacher: bool) -> tuple[Result, BudgetSpent | None]:
    run, progress = tools.run, tools.progress
    folder = BenchmarkDir(run, folder_name(benchmark))
    folder.root.mkdir(parents=True, exist_ok=True)
    limits, store = benchmark.config.limits, ReplyStore(folder.replies)
    caps = Caps(calls=limits.teacher_calls, tokens=limits.teacher_tokens, dollars=limits.teacher_dollars)
    members = [member for plan in tools.teachers.plans.values() for member in plan.members]
    meter = Meter.from_store(store, caps, prices_of(members))
    trace = int(sha256_text(f"{tools.manifest.trace_id} {folder.root.name}")[:32], 16)
    async with AsyncExitStack() as stack:
        tracer = stack.enter_context(open_tracer(folder.spans, trace, exporter()))
        cache = ReplyCache(default_cache_folder()) if tools.use_cache else None
        staffs = await stack.enter_async_context(
            open_staffs(benchmark.config, benchmark.domain, tools.teachers.plans, store, meter, tracer, progress, cache)
        )
        ctx = RunContext(
            config=benchmark.config, domain=benchmark.domain, rundir=folder, items={i.id: i for i in benchmark.items},
            grader=benchmark.grader, staffs=staffs, meter=meter, rations=Rations(meter), student=tools.student,
            progress=progress, tracer=tracer,
        )  # fmt: skip
        result = await measure(
            ctx.at(tools.stage), folder, benchmark, None if tools.adapter is None else tools.adapter.name,
            read_rows(run.root / "probes.jsonl", Item), run.rows("candidates", Candidate), with_teacher=with_teacher,
        )  # fmt: skip
    return result, meter.spent
