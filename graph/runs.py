"""A run from outside: start it, resume it, ask how it stands."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.types import Command

from tutelage.configs.load import load_run, override
from tutelage.configs.schema import Domain, RunConfig
from tutelage.errors import DiskError, RunDirError, StudentError
from tutelage.files import read_rows, write_jsonl
from tutelage.graph.build import Graph, build
from tutelage.graph.context import RunContext
from tutelage.graph.inputs import read_domain
from tutelage.graph.manifest import Manifest, config_hash, machine, read_manifest, versions, write_manifest
from tutelage.graph.progress import Progress, RunEnded, RunStarted
from tutelage.graph.report import write_report
from tutelage.graph.rundir import RunDir
from tutelage.graph.state import State, as_state
from tutelage.graph.teaching import open_agents, open_endpoints
from tutelage.pedagogy.records import Item
from tutelage.teachers.meter import Caps, Meter
from tutelage.teachers.replies import ReplyStore
from tutelage.tracing import names
from tutelage.tracing.otlp import check_export, exporter
from tutelage.tracing.spans import open_tracer, wall_seconds
from tutelage.training.graders import grader
from tutelage.training.source import describe_student, prepare_student, quick_check

THREAD: RunnableConfig = {"configurable": {"thread_id": "run"}}
STEPS_PER_ROUND = 8


@dataclass(frozen=True)
class Ended:
    """How a run ended, or why it waits.

    Attributes:
        outcome: As in ``report.json``; ``waiting`` while a plan waits for approval.
        report: The report, empty while the run waits.
    """

    outcome: str
    rundir: Path
    report: Mapping[str, Any]


def cache_folder() -> Path:
    """Where converted students are kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tutelage"


def default_rundir(config_path: Path) -> Path:
    """A new folder under ``runs/``, named after the configuration's file and the time."""
    return Path("runs") / f"{config_path.stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}"


def can_resume(root: Path) -> bool:
    """Whether a run was begun there: before ``run.yaml`` is written there is nothing to go on with."""
    return RunDir(root).config.is_file()


async def start(config_path: Path, root: Path, overrides: Sequence[str], progress: Progress) -> Ended:
    """Run a configuration to its end.

    Raises:
        InputError: found before a model is loaded, a teacher asked or anything written.
        TeacherError: an endpoint does not answer or does not serve its model; nothing is written.
    """
    check_export()
    config = load_run(config_path, overrides)
    domain, items = read_domain(config, config_path)
    _check_new(root, config)
    quick_check(config.student.model)
    async with open_endpoints(config.teachers, None) as endpoints:
        student = prepare_student(config.student.model, cache_folder())
        rundir = RunDir(root)
        with rundir.locked():
            text = write_jsonl(root / "probes.jsonl", items)
            manifest = _manifest(config, domain, endpoints, student, text, config_path, overrides)
            write_manifest(rundir, manifest)
            return await _drive(rundir, manifest, endpoints, student, progress, resumed=False, approve=False)


async def resume(root: Path, overrides: Sequence[str], progress: Progress, *, approve: bool) -> Ended:
    """Go on with a run where its last whole step ended; teachers and limits may be changed.

    Raises:
        RunDirError: not a run directory, locked by a live run, or the change would make it another run.
    """
    manifest = read_manifest(root)
    config = override(manifest.config, overrides)
    _check_same_run(manifest.config, config)
    rundir = RunDir(root)
    with rundir.locked():
        quick_check(config.student.model)
        async with open_endpoints(config.teachers, None) as endpoints:
            student = prepare_student(config.student.model, cache_folder())
            if describe_student(student) != manifest.student:
                raise StudentError("not the student this run began with", where=student, do="restore it, or run anew")
            manifest = manifest.model_copy(update={"config": config, "teachers": dict(endpoints)})
            write_manifest(rundir, manifest)
            rundir.publish()
            return await _drive(rundir, manifest, endpoints, student, progress, resumed=True, approve=approve)


async def snapshot(root: Path) -> tuple[Manifest, State, tuple[str, ...]]:
    """A run's manifest, its last checkpoint's state, and the nodes it would enter next."""
    manifest = read_manifest(root)
    rundir = RunDir(root)
    if not rundir.checkpoints.exists():
        return manifest, State(), ("diagnose",)
    async with _checkpoints(rundir) as saver:
        found = await build(saver).aget_state(THREAD)
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
    endpoints: Mapping[str, Any],
    student: Path,
    progress: Progress,
    *,
    resumed: bool,
    approve: bool,
) -> Ended:
    config = manifest.config
    store = ReplyStore(rundir.replies)
    meter = Meter.from_store(store, Caps(calls=config.limits.teacher_calls, tokens=config.limits.teacher_tokens))
    progress.emit(
        RunStarted(name=manifest.name, student=manifest.student.name, teacher=_teacher_line(endpoints), resumed=resumed)
    )
    async with AsyncExitStack() as stack:
        earlier = wall_seconds(rundir.spans)
        tracer = stack.enter_context(open_tracer(rundir.spans, int(manifest.trace_id, 16), exporter()))
        agents = await stack.enter_async_context(open_agents(config, manifest.domain, endpoints, store, meter, tracer))
        saver = await stack.enter_async_context(_checkpoints(rundir))
        stack.enter_context(tracer.span(names.RUN, "AGENT", {names.RESUMED: resumed}))
        items = read_items(rundir.root)
        context = RunContext(
            config=config, domain=manifest.domain, rundir=rundir, items=items, grader=grader(manifest.domain.grader),
            agents=agents, endpoints=endpoints, meter=meter, student=student, progress=progress, tracer=tracer,
            earlier_seconds=earlier,
        )  # fmt: skip
        state, waiting = await _advance(build(saver), context, config, approve=approve)
    if waiting:
        return Ended("waiting", rundir.root, {})
    written = write_report(rundir, manifest, items, state)
    outcome = str(state.get("outcome", "unfinished"))
    progress.emit(RunEnded(outcome=outcome, line=f"report: {rundir.root / 'report.html'}"))
    return Ended(outcome, rundir.root, written)


@asynccontextmanager
async def _checkpoints(rundir: RunDir) -> AsyncIterator[AsyncSqliteSaver]:
    """The run's checkpoints. A full disk reaches us as SQLite's own error."""
    try:
        async with AsyncSqliteSaver.from_conn_string(str(rundir.checkpoints)) as saver:
            saver.serde = JsonPlusSerializer(allowed_msgpack_modules=[])
            try:
                yield saver
            finally:
                # Closing does not end a write that was cut short while its cursor lives in a traceback: the next
                # run of this process would find the database locked.
                async with saver.lock:
                    await saver.conn.rollback()
                    await saver.conn.close()
    except sqlite3.Error as error:
        raise DiskError(
            f"cannot be used ({error})", where=rundir.checkpoints, do="free some space, then resume the run"
        ) from error


async def _advance(graph: Graph, context: RunContext, config: RunConfig, *, approve: bool) -> tuple[State, bool]:
    """Run the graph from its last checkpoint, or from the start. Returns the state, and whether it waits."""
    options: Any = {**THREAD, "recursion_limit": STEPS_PER_ROUND * (config.limits.rounds + 4)}
    found = await graph.aget_state(options)
    entry: Any = None
    if not found.values:
        entry = State(round=0, stage=0)
    elif not (found.next or found.tasks):
        options = await _before_stop(graph, options, found.values)
        if options is None:
            return as_state(found.values), False
    elif any(task.interrupts for task in found.tasks):
        if not (approve or not config.curriculum.approve):
            return as_state(found.values), True
        entry = Command(resume="approved")
    await graph.ainvoke(entry, options, context=context, durability="sync")
    ended = await graph.aget_state(THREAD)
    return as_state(ended.values), any(task.interrupts for task in ended.tasks)


async def _before_stop(graph: Graph, options: Any, values: Mapping[str, Any]) -> Any:
    """Where a run that a cap ended goes on: the last checkpoint before the cap showed; None if it ended by itself."""
    if not values.get("stop"):
        return None
    async for earlier in graph.aget_state_history(THREAD):
        if not earlier.values.get("stop") and "outcome" not in earlier.values and earlier.next:
            return {**options, "configurable": {**options["configurable"], **earlier.config["configurable"]}}
    return None


def _check_new(root: Path, config: RunConfig) -> None:
    if not root.exists() or (root.is_dir() and all(_unborn(path) for path in root.iterdir())):
        return
    if (root / "run.yaml").is_file():
        same = read_manifest(root).config_sha256 == config_hash(config)
        what = "this run exists already" if same else "the directory belongs to a run of another configuration"
        do = f"go on with 'tutelage resume {root}', or name another directory" if same else "name another directory"
        raise RunDirError(what, where=root, do=do)
    raise RunDirError("exists and is not an empty directory", where=root, do="name another directory")


def _unborn(path: Path) -> bool:
    """Whether a start that ended before ``run.yaml`` was written can have left this: nothing is lost with it."""
    return path.name in (".lock", "probes.jsonl") or (path.name.startswith(".") and path.suffix == ".tmp")


def _check_same_run(before: RunConfig, after: RunConfig) -> None:
    """A resumed run may have other teachers and limits; anything else would make its past another run's."""
    free = {"teachers", "limits"}
    changed = [key for key in RunConfig.model_fields if key not in free and getattr(before, key) != getattr(after, key)]
    if changed:
        raise RunDirError(
            f"a resumed run cannot change '{changed[0]}'", do="change only teachers and limits, or start a new run"
        )


def _manifest(
    config: RunConfig,
    domain: Domain,
    endpoints: Mapping[str, Any],
    student: Path,
    items_sha256: str,
    config_path: Path,
    overrides: Sequence[str],
) -> Manifest:
    system, cpus = machine()
    settings = "".join(f" --set {json.dumps(o)}" for o in overrides)
    return Manifest(
        name=config.name,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        trace_id=secrets.token_hex(16),
        config_sha256=config_hash(config),
        items_sha256=items_sha256,
        command=f"tutelage run {config_path}{settings}",
        config=config,
        domain=domain,
        teachers=dict(endpoints),
        student=describe_student(student),
        versions=versions(),
        platform=system,
        cpus=cpus,
    )


def _teacher_line(endpoints: Mapping[str, Any]) -> str:
    names = dict.fromkeys(
        f"{e.model}{'' if e.is_language_model else ' (not a language model)'} at {e.base_url}"
        for e in endpoints.values()
    )
    return ", ".join(names)
