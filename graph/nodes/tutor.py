"""tutor: one module's lessons for one round, written and verified. One branch of the fan-out."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from tutelage.agents.tutor import ANSWER_FORMS, Assignment
from tutelage.files import read_rows, sha256_file
from tutelage.graph.call_size import call_size, pays_a_call
from tutelage.graph.context import RunContext
from tutelage.graph.keeping import kept_by_student
from tutelage.graph.knowledge import read_map
from tutelage.graph.lessons import Wanted, candidates_of
from tutelage.graph.nodes.common import Update
from tutelage.graph.profiles import read_profile
from tutelage.graph.progress import Work
from tutelage.graph.rundir import part_name
from tutelage.graph.solved import solved_probes
from tutelage.graph.state import Artefact, Order
from tutelage.pedagogy.lesson import LessonRequest
from tutelage.pedagogy.records import Candidate, LessonKind, StudentProfile
from tutelage.pedagogy.standing import Standing


async def tutor(state: Order, ctx: RunContext) -> Update:
    """Write the candidates of a module, verify each, and keep them all."""
    module = state["order"]["module"]
    name = part_name(state["round"], "tutor", module)
    path = ctx.rundir.part("candidates", name)
    if not path.exists():
        ctx.rundir.write_part("candidates", name, await _candidates(state, ctx))
    update = lessons_update(ctx, module, name)
    return {**update, "stop": "finish"} if _nothing_was_paid(state, ctx, update["lessons"][module]) else update


def lessons_update(ctx: RunContext, module: str, part: str) -> Update:
    """What a branch of the fan-out brings back: its lessons, and that the budget ended them where it did."""
    path = ctx.rundir.part("candidates", part)
    candidates = read_rows(path, Candidate)
    accepted = sum(c.accepted for c in candidates)
    ctx.progress.emit(
        Work(label=f"lessons for {module}", done=accepted, total=len(candidates), unit="candidates accepted")
    )
    update: Update = {
        "lessons": {module: Artefact(path=ctx.rundir.relative(path), sha256=sha256_file(path), rows=accepted)}
    }
    finished = ctx.finishes and ctx.meter.exhausted
    return {**update, "stop": "finish"} if finished else update


def _nothing_was_paid(state: Order, ctx: RunContext, lessons: Artefact) -> bool:
    """Whether the module wanted lessons of the Tutor and its share of a cap paid for none: no later round will."""
    standing = Standing.model_validate(state["standing"])
    if state["allowance"] is None or _rehearsed(ctx, standing):
        return False
    candidates = read_rows(ctx.rundir.root / lessons["path"], Candidate)
    return lessons["rows"] < state["order"]["count"] and not any(c.provenance.call_id for c in candidates)


def _rehearsed(ctx: RunContext, standing: Standing) -> bool:
    """Whether the module is kept in the student's own words, and no Tutor is asked."""
    return standing.status == "known" and ctx.config.tutor.keep_by == "student"


async def _candidates(state: Order, ctx: RunContext) -> list[Candidate]:
    order, standing, tutor = state["order"], Standing.model_validate(state["standing"]), ctx.config.tutor
    levels = None if order["levels"] is None else tuple(order["levels"])
    kind = cast(LessonKind, order["kind"])
    module = next(m for m in read_map(ctx).modules if m.id == order["module"])
    if _rehearsed(ctx, standing):
        return kept_by_student(ctx, module, order["count"], state["round"])
    assignment = Assignment(
        module=module,
        request=LessonRequest(order["module"], kind, order["count"], levels),
        profile=_profile(ctx, module.id, standing),
        seeds=ctx.of_module(module.id, "diagnostic"),
        stage=state["stage"],
        round=state["round"],
        run_seed=ctx.config.seed,
        overdraw=tutor.overdraw,
        per_call=tutor.per_call,
        answer_form=ANSWER_FORMS.get(ctx.domain.grader),
        adapt=tutor.adapt,
    )
    earlier = [c for c in ctx.rundir.rows("candidates", Candidate) if c.provenance.round < state["round"]]
    taught = [c.example.problem for c in earlier if c.accepted and c.example is not None]
    first, allowed = list[Candidate](), state["allowance"]
    if standing.status != "known" and all(c.module != module.id for c in earlier):
        first, allowed = await solved_probes(ctx, module, state["round"], taught, allowed)
    characters = ctx.agents.tutor.prompt_characters(assignment)
    # Where a module has nothing else, a call may take more than its share: better some modules taught than none.
    if first and not pays_a_call(ctx, allowed, characters):
        return first
    size = call_size(ctx, allowed, characters)
    assignment = replace(assignment, per_call=size)
    return await candidates_of(
        ctx,
        lambda calls: ctx.agents.tutor.write(assignment, calls),
        Wanted(order["count"], assignment.calls, size),
        prefix=f"r{state['round']:03d}/{module.id}",
        module=module.id,
        taught=taught,
        prompt="tutor_lessons",
        kind=kind,
        first=first,
    )


def _profile(ctx: RunContext, module: str, standing: Standing) -> StudentProfile:
    if standing.profile is not None:
        return read_profile(ctx, standing.profile)
    return StudentProfile(module=module, rate=standing.student_rate.value, ratio=None)
