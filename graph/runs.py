"""A run from outside: start it, resume it, ask how it stands."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tutelage.configs.load import load_run, override, place_of
from tutelage.configs.plan_file import PlanFile
from tutelage.configs.schema import RunConfig, TeacherRole
from tutelage.configs.teachers_of import resolve_teachers, roles_said
from tutelage.errors import RunDirError
from tutelage.files import cache_folder, read_rows, write_json, write_jsonl, write_text
from tutelage.graph.advance import THREAD, Answer, advance
from tutelage.graph.approval import plan_text, read_plan
from tutelage.graph.benchmarks import FILE as BENCHMARKS
from tutelage.graph.benchmarks import load_benchmarks, unread_lines
from tutelage.graph.checkpoints import open_checkpoints
from tutelage.graph.context import RunContext
from tutelage.graph.estimate import estimate, lines
from tutelage.graph.graphs import graph_of
from tutelage.graph.inputs import grader_of, read_domain, with_answer_tokens, with_models_located
from tutelage.graph.manifest import Manifest, new_manifest, read_manifest, write_manifest
from tutelage.graph.meanings import embedding_model
from tutelage.graph.progress import Estimated, Progress, RunEnded, RunStarted
from tutelage.graph.rations import Rations
from tutelage.graph.report import write_report
from tutelage.graph.report_teachers import kept_estimate
from tutelage.graph.run_checks import (
    check_answering,
    check_base,
    check_new,
    check_prices,
    check_probes,
    check_same_run,
)
from tutelage.graph.rundir import RunDir
from tutelage.graph.state import State, as_state
from tutelage.graph.teaching import OpenTeachers, open_staffs, open_teachers, teacher_line
from tutelage.graph.watched import spent
from tutelage.pedagogy.records import Item
from tutelage.teachers.cache import ReplyCache, default_cache_folder
from tutelage.teachers.meter import Caps, Meter
from tutelage.teachers.plans import TeacherPlan, endpoints_of, prices_of
from tutelage.teachers.replies import ReplyStore
from tutelage.tracing import names
from tutelage.tracing.otlp import check_export, exporter
from tutelage.tracing.reader import wall_seconds
from tutelage.tracing.spans import open_tracer
from tutelage.training.device import SharedDevice
from tutelage.training.distilling import check_distilling
from tutelage.training.room import memory_line
from tutelage.training.served import check_server
from tutelage.training.source import describe_student, prepare_student, quick_check


@dataclass(frozen=True)
class Ended:
    """How a run ended, or why it waits.

    Attributes:
        outcome: As in ``report.json``; ``waiting`` while a plan waits for approval.
        report: The report, empty while the run waits.
        spent: Which cap ended it, and how to go on; None where none did.
        plan: The plan that waits, as a file to read and edit.
    """

    outcome: str
    rundir: Path
    report: Mapping[str, Any]
    spent: str | None = None
    plan: str | None = None


def default_rundir(config_path: Path) -> Path:
    """A new folder under ``runs/``, named after the configuration's file and the time."""
    return Path("runs") / f"{config_path.stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}"


def can_resume(root: Path) -> bool:
    """Whether a run was begun there: before ``run.yaml`` is written there is nothing to go on with."""
    return RunDir(root).config.is_file()


async def start(
    config_path: Path, root: Path, overrides: Sequence[str], progress: Progress, *, use_cache: bool = True
) -> Ended:
    """Run a configuration to its end.

    Args:
        config_path: The configuration.
        root: The run directory to make.
        overrides: ``key=value`` laid over the configuration.
        progress: Who watches.
        use_cache: Take answers that earlier runs paid for, and share this run's.

    Raises:
        InputError: found before a model is loaded, a teacher asked or anything written.
        TeacherError: an endpoint does not answer or does not serve its model; nothing is written.
    """
    check_export()
    config = load_run(config_path, overrides)
    check_probes(config.diagnosis, config.gate.confidence)
    check_answering(config)
    embedding_model(config.tutor)
    plans = resolve_teachers(
        config.teachers, config_path.parent, lambda key: place_of(config_path, ("teachers", key), overrides)
    )
    domain, items = read_domain(config, config_path)
    config = with_answer_tokens(with_models_located(config, config_path.parent), domain)
    if domain.grader != "judge":
        del plans["judge"]
    benchmarks = load_benchmarks(domain, config_path.parent / config.domain)
    check_new(root, config)
    quick_check(config.student.model)
    async with SharedDevice.open(config.placement) as shared, open_teachers(plans, None) as teachers:
        check_prices(config.limits, teachers.plans)
        student = prepare_student(config.student.model, cache_folder())
        await check_server(config.student.answering)
        if config.training.distil is not None:
            check_distilling(student, Path(config.training.distil.teacher))
        async with shared.student_turn():  # a rehearsal, too, of what every round will do
            room = await memory_line(student, config.training)
        rundir = RunDir(root)
        with rundir.locked():
            text = write_jsonl(root / "probes.jsonl", items)
            if benchmarks:
                write_jsonl(root / BENCHMARKS, benchmarks)
            expected = estimate(config, domain, items, teachers.plans)
            write_json(rundir.estimate, expected.model_dump(mode="json"))
            manifest = new_manifest(
                config, domain, teachers.plans, describe_student(student), text, config_path, overrides
            )
            write_manifest(rundir, manifest)
            for line in [*lines(expected), room, *unread_lines(benchmarks)]:
                progress.emit(Estimated(line=line))
            return await _drive(rundir, manifest, teachers, student, shared, progress, resumed=False, answer=None,
                                cache=_cache(use_cache))  # fmt: skip


async def resume(
    root: Path,
    overrides: Sequence[str],
    progress: Progress,
    *,
    approve: bool,
    plan: Path | None = None,
    use_cache: bool = True,
) -> Ended:
    """Go on with a run where its last whole step ended; teachers, limits and the answering backend may change.

    A role whose teacher is said anew gets it; every other role keeps the teacher that it was resolved to, whatever
    became of the files. A plan that waits is taught as it is with ``approve``, or as the file ``plan`` says.

    Raises:
        InputError: the plan cannot be used; nothing is changed.
        RunDirError: not a run directory, locked by a live run, or the change would make it another run.
    """
    manifest = read_manifest(root)
    config = override(manifest.config, overrides)
    check_same_run(manifest.config, config)
    plans = plans_told(manifest, config, overrides)
    answer = "approved" if approve else None if plan is None else (await answered(root, plan)).model_dump(mode="json")
    rundir = RunDir(root)
    with rundir.locked():
        quick_check(config.student.model)
        async with SharedDevice.open(config.placement) as shared, open_teachers(plans, None) as teachers:
            check_prices(config.limits, teachers.plans)
            student = prepare_student(config.student.model, cache_folder())
            check_base(describe_student(student), manifest, student)
            manifest = manifest.model_copy(
                update={
                    "config": config,
                    "teachers": dict(teachers.plans),
                    "endpoints": {**manifest.endpoints, **endpoints_of(teachers.plans)},
                }
            )
            write_manifest(rundir, manifest)
            rundir.publish()
            return await _drive(rundir, manifest, teachers, student, shared, progress, resumed=True, answer=answer,
                                cache=_cache(use_cache))  # fmt: skip


async def answered(root: Path, path: Path) -> PlanFile:
    """A person's plan for the round that a run waits with.

    Raises:
        InputError: it cannot be read or taught, or no plan waits.
    """
    _, state, following = await snapshot(root)
    if following != ("approve",):
        raise RunDirError("no plan waits for approval", where=root, do=f"'tutelage status {root}' says how it stands")
    return read_plan(path, state)


def plans_told(manifest: Manifest, config: RunConfig, overrides: Sequence[str]) -> dict[TeacherRole, TeacherPlan]:
    """Whom each role of a run asks from now on: those that the overrides say, and for the others whom it asked.

    Raises:
        ConfigError: see ``resolve_teachers``.
    """
    plans = all_told(manifest, config, overrides)
    if "judge" not in manifest.teachers:  # the domain's grader asks none
        plans.pop("judge", None)
    return plans


def all_told(manifest: Manifest, config: RunConfig, overrides: Sequence[str]) -> dict[TeacherRole, TeacherPlan]:
    """As ``plans_told``, with a judge that the overrides say even where the run's own domain asks none."""
    said = roles_said(config.teachers, overrides)
    anew = resolve_teachers(config.teachers, Path.cwd(), lambda key: f"--set teachers.{key}", said)
    return {**manifest.teachers, **anew}


def _cache(wanted: bool) -> ReplyCache | None:
    return ReplyCache(default_cache_folder()) if wanted else None


async def snapshot(root: Path) -> tuple[Manifest, State, tuple[str, ...]]:
    """A run's manifest, its last checkpoint's state, and the nodes it would enter next."""
    manifest = read_manifest(root)
    rundir = RunDir(root)
    if not rundir.checkpoints.exists():
        return manifest, State(), ("diagnose",)
    async with open_checkpoints(rundir) as saver:
        found = await graph_of(manifest.config, saver).aget_state(THREAD)
        return manifest, as_state(found.values), found.next


def read_items(root: Path) -> dict[str, Item]:
    """The probe items of a run, by id, in drawing order."""
    return {item.id: item for item in read_rows(root / "probes.jsonl", Item)}


async def report(root: Path) -> Mapping[str, Any]:
    """Write the report of a run anew, however far it has come."""
    manifest, state, _ = await snapshot(root)
    return write_report(RunDir(root), manifest, read_items(root), state)


async def _drive(
    rundir: RunDir,
    manifest: Manifest,
    teachers: OpenTeachers,
    student: Path,
    shared: SharedDevice,
    progress: Progress,
    *,
    resumed: bool,
    answer: Answer,
    cache: ReplyCache | None,
) -> Ended:
    config = manifest.config
    earlier, started = wall_seconds(rundir.spans), time.monotonic()
    limits, store = config.limits, ReplyStore(rundir.replies)
    caps = Caps(calls=limits.teacher_calls, tokens=limits.teacher_tokens, dollars=limits.teacher_dollars,
                seconds=limits.seconds)  # fmt: skip
    prices = prices_of(manifest.endpoints.values())
    meter = Meter.from_store(store, caps, prices, lambda: earlier + time.monotonic() - started)
    kept = kept_estimate(rundir)
    progress.emit(
        RunStarted(
            name=manifest.name, student=manifest.student.name, teacher=teacher_line(teachers), resumed=resumed,
            limits=limits, expected=None if kept is None else kept.expected, spent=spent(meter.totals),
        )
    )  # fmt: skip
    async with AsyncExitStack() as stack:
        tracer = stack.enter_context(open_tracer(rundir.spans, int(manifest.trace_id, 16), exporter()))
        staffs = await stack.enter_async_context(
            open_staffs(config, manifest.domain, teachers.plans, store, meter, tracer, progress, cache)
        )
        saver = await stack.enter_async_context(open_checkpoints(rundir))
        stack.enter_context(tracer.span(names.RUN, "AGENT", _about(manifest, resumed)))
        items = read_items(rundir.root)
        context = RunContext(
            config=config, domain=manifest.domain, rundir=rundir, items=items,
            grader=grader_of(config, manifest.domain),
            staffs=staffs, meter=meter, rations=Rations(meter), student=student, progress=progress, tracer=tracer,
            device=shared, earlier_seconds=earlier,
        )  # fmt: skip
        state, waiting = await advance(graph_of(config, saver), context, config, answer)
    if waiting:
        text = plan_text(state)
        write_text(rundir.plan, text)
        return Ended("waiting", rundir.root, {}, plan=text)
    written = write_report(rundir, manifest, items, state)
    outcome = str(state.get("outcome", "unfinished"))
    progress.emit(RunEnded(outcome=outcome, line=f"report: {rundir.root / 'report.html'}"))
    return Ended(outcome, rundir.root, written, None if meter.spent is None else meter.spent.what)


def _about(manifest: Manifest, resumed: bool) -> dict[str, str | bool | None]:
    origin = manifest.forked_from
    return {names.RESUMED: resumed, names.FORKED_FROM: None if origin is None else origin.trace_id}
