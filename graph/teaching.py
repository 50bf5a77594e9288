"""Teachers for a run: every endpoint checked, the offline teacher started where a role names it, the agents bound."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tutelage.agents.diagnostician import Diagnostician
from tutelage.agents.judge import Judge
from tutelage.agents.planner import CurriculumPlanner
from tutelage.agents.reference import Reference
from tutelage.agents.tutor import Tutor
from tutelage.agents.writer import Writer
from tutelage.configs.schema import Domain, RunConfig, TeacherRole
from tutelage.configs.teachers_of import by_name, check_one_model
from tutelage.errors import TeacherUnreachable
from tutelage.graph.context import Agents, Staff
from tutelage.graph.progress import Progress
from tutelage.graph.traced import TracedTeacher
from tutelage.graph.watched import WatchedTeacher
from tutelage.teachers.cache import ReplyCache
from tutelage.teachers.client import OpenAITeacher, Teacher, probe_endpoint
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.meter import Meter
from tutelage.teachers.offline import OFFLINE, OfflineTeacher
from tutelage.teachers.plans import Rung, TeacherPlan
from tutelage.teachers.pool import PoolTeacher
from tutelage.teachers.replies import ReplyStore
from tutelage.tracing.spans import Tracer

Plans = Mapping[TeacherRole, TeacherPlan]


@dataclass(frozen=True)
class OpenTeachers:
    """The plans with every model filled in, and the members of pools that did not answer just now."""

    plans: Plans
    silent: tuple[str, ...]


@asynccontextmanager
async def open_teachers(plans: Plans, log: Path | None) -> AsyncIterator[OpenTeachers]:
    """The teachers of every role, known to answer and to serve their models. A pool needs one member that does.

    Args:
        plans: Whom each role asks.
        log: Where the offline teacher notes what it answered.

    Raises:
        ConfigError: the members of a pool serve different models.
        TeacherError: nothing answers there, or the model is not served.
    """
    members = by_name(plans.values())
    async with AsyncExitStack() as stack:
        checked = {name: await _check(member, stack, log) for name, member in members.items()}
        opened: dict[TeacherRole, TeacherPlan] = {role: _opened(plan, checked) for role, plan in plans.items()}
        silent = sorted(name for name, found in checked.items() if isinstance(found, TeacherUnreachable))
        yield OpenTeachers(opened, tuple(silent))


def teacher_line(teachers: OpenTeachers) -> str:
    """Who teaches, in one line for whoever watches the run."""
    rungs = [rung for plan in teachers.plans.values() for rung in plan.rungs]
    line = ", ".join(dict.fromkeys(_words(rung) for rung in rungs))
    return line + (f" (not answering now: {', '.join(teachers.silent)})" if teachers.silent else "")


def _words(rung: Rung) -> str:
    what = "" if rung.is_language_model else " (not a language model)"
    where = f"{len(rung.members)} endpoints of {rung.name}" if rung.is_pool else rung.members[0].base_url
    return f"{rung.model}{what} at {where}"


async def _check(member: Endpoint, stack: AsyncExitStack, log: Path | None) -> Endpoint | TeacherUnreachable:
    if member.identity == OFFLINE.identity:
        return await stack.enter_async_context(OfflineTeacher(log))
    try:
        return await probe_endpoint(member)
    except TeacherUnreachable as error:
        return error


def _opened(plan: TeacherPlan, checked: Mapping[str, Endpoint | TeacherUnreachable]) -> TeacherPlan:
    rungs = []
    for rung in plan.rungs:
        found = {member.name: checked[member.name] for member in rung.members}
        there = Rung(name=rung.name, members=_answering(found), from_stage=rung.from_stage)
        check_one_model(there, "teachers")
        members = [_with_model(member, found[member.name], there.model) for member in rung.members]
        rungs.append(there.model_copy(update={"members": tuple(members)}))
    return TeacherPlan(name=plan.name, rungs=tuple(rungs))


def _answering(found: Mapping[str, Endpoint | TeacherUnreachable]) -> tuple[Endpoint, ...]:
    there = tuple(member for member in found.values() if isinstance(member, Endpoint))
    if not there:
        raise next(error for error in found.values() if isinstance(error, TeacherUnreachable))
    return there


def _with_model(said: Endpoint, found: Endpoint | TeacherUnreachable, model: str | None) -> Endpoint:
    """A silent member is taken to serve what the others serve: it may come back."""
    return found if isinstance(found, Endpoint) else said.model_copy(update={"model": model})


@asynccontextmanager
async def open_staffs(
    config: RunConfig,
    domain: Domain,
    plans: Plans,
    store: ReplyStore,
    meter: Meter,
    tracer: Tracer,
    progress: Progress,
    cache: ReplyCache | None = None,
) -> AsyncIterator[tuple[Staff, ...]]:
    """The agents by stage, each with its teacher; whoever asks the same endpoint shares one client and its limits."""
    async with AsyncExitStack() as stack:
        clients: dict[str, OpenAITeacher] = {}
        for member in (member for plan in plans.values() for member in plan.members):
            if member.name not in clients:
                client = OpenAITeacher(member, store, meter, cache)
                clients[member.name] = await stack.enter_async_context(client)
        pools: dict[str, Teacher] = {}

        def seen(teacher: Teacher, member: Endpoint) -> Teacher:
            return WatchedTeacher(TracedTeacher(teacher, tracer, member), progress, lambda: meter.totals)

        def teacher(rung: Rung) -> Teacher:
            """One pool object a pool, so that its members' health is known to all who ask it."""
            if not rung.is_pool:
                return seen(clients[rung.members[0].name], rung.members[0])
            if rung.regime not in pools:
                pool = PoolTeacher(rung.name, [clients[member.name] for member in rung.members])
                pools[rung.regime] = seen(pool, rung.members[0])
            return pools[rung.regime]

        stages = sorted({rung.from_stage for plan in plans.values() for rung in plan.rungs})
        staffs = []
        for stage in stages:
            rungs: dict[TeacherRole, Rung] = {role: plan.at(stage) for role, plan in plans.items()}
            asked: dict[TeacherRole, Teacher] = {role: teacher(rung) for role, rung in rungs.items()}
            staffs.append(Staff(stage, _agents(config, domain, asked), rungs))
        yield tuple(staffs)


def _agents(config: RunConfig, domain: Domain, teacher: Mapping[TeacherRole, Teacher]) -> Agents:
    limit = config.teachers.max_tokens
    return Agents(
        diagnostician=Diagnostician(teacher["diagnostician"], max_tokens=limit),
        planner=CurriculumPlanner(teacher["planner"], max_tokens=limit),
        tutor=Tutor(teacher["tutor"], max_tokens=limit, temperature=config.teachers.temperature),
        reference=Reference(
            teacher["reference"], instruction=domain.answer_instruction, max_tokens=config.teachers.answer_tokens
        ),
        judge=Judge(teacher["judge"], max_tokens=limit) if domain.grader == "judge" else None,
        writer=Writer(teacher["tutor"], max_tokens=limit, temperature=config.teachers.temperature),
    )
