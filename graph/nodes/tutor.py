"""tutor: one module's lessons for one round, written and verified. One branch of the fan-out."""

from __future__ import annotations

from tutelage.agents.tutor import ANSWER_FORMS, Assignment
from tutelage.agents.verifier import Contacts, Verifier
from tutelage.files import read_rows, sha256_file
from tutelage.graph.benchmarks import what_is_measured
from tutelage.graph.context import RunContext
from tutelage.graph.grading import agrees
from tutelage.graph.knowledge import read_map
from tutelage.graph.meanings import Meanings, embedding_model
from tutelage.graph.nodes.common import Update
from tutelage.graph.profiles import read_profile
from tutelage.graph.progress import Work
from tutelage.graph.rundir import part_name
from tutelage.graph.state import Artefact, Order
from tutelage.pedagogy.lesson import LessonRequest
from tutelage.pedagogy.records import Candidate, StudentProfile
from tutelage.pedagogy.standing import Standing
from tutelage.pedagogy.verification import Guard
from tutelage.tracing import names


async def tutor(state: Order, ctx: RunContext) -> Update:
    """Write the candidates of a module, verify each, and keep them all."""
    module = state["order"]["module"]
    name = part_name(state["round"], "tutor", module)
    path = ctx.rundir.part("candidates", name)
    if not path.exists():
        ctx.rundir.write_part("candidates", name, await _candidates(state, ctx, name))
    candidates = read_rows(path, Candidate)
    accepted = sum(c.accepted for c in candidates)
    ctx.progress.emit(
        Work(label=f"lessons for {module}", done=accepted, total=len(candidates), unit="candidates accepted")
    )
    return {"lessons": {module: Artefact(path=ctx.rundir.relative(path), sha256=sha256_file(path), rows=accepted)}}


async def _candidates(state: Order, ctx: RunContext, name: str) -> list[Candidate]:
    order, standing = state["order"], Standing.model_validate(state["standing"])
    levels = None if order["levels"] is None else tuple(order["levels"])
    module = next(m for m in read_map(ctx).modules if m.id == order["module"])
    assignment = Assignment(
        module=module,
        request=LessonRequest(order["module"], standing.kind, order["count"], levels),
        profile=_profile(ctx, module.id, standing),
        seeds=ctx.of_module(module.id, "diagnostic"),
        stage=state["stage"],
        round=state["round"],
        run_seed=ctx.config.seed,
        overdraw=ctx.config.tutor.overdraw,
        per_call=ctx.config.tutor.per_call,
        answer_form=ANSWER_FORMS.get(ctx.domain.grader),
    )
    about = {names.MODULE: module.id, names.LESSON_KIND: order["kind"]}
    agent = {names.AGENT_NAME: "tutor", names.PROMPT_NAME: "tutor_lessons"}
    with ctx.tracer.span(names.WRITE_LESSONS, "AGENT", {**about, **agent}) as span:
        drafts = await ctx.agents.tutor.write(assignment)
        span.set_attribute(names.DRAFTS, len(drafts))
    verifier = Verifier(
        _guard(ctx),
        ctx.agents.reference,
        lambda response, lesson: agrees(ctx, response, lesson),
        solutions=ctx.config.tutor.independent_solutions,
        contacts=_contacts(ctx, name),
    )
    earlier = ctx.rundir.rows("candidates", Candidate)
    taught = [
        c.example.problem
        for c in earlier
        if c.accepted and c.example is not None and c.provenance.round < state["round"]
    ]
    prefix = f"r{state['round']:03d}/{module.id}"
    with ctx.tracer.span(names.VERIFY_LESSONS, "EVALUATOR", {**about, names.DRAFTS: len(drafts)}) as span:
        candidates = await verifier.verify(drafts, prefix=prefix, module=module.id, taught=taught)
        accepted = sum(c.accepted for c in candidates)
        span.set_attributes({names.ACCEPTED: accepted, names.REJECTED: len(candidates) - accepted})
    return candidates


def _contacts(ctx: RunContext, name: str) -> Contacts | None:
    model = embedding_model(ctx.config.tutor)
    if model is None:
        return None
    return Meanings(ctx.rundir, model, ctx.config.tutor.same_meaning, f"meaning-{name}").contacts


def _profile(ctx: RunContext, module: str, standing: Standing) -> StudentProfile:
    if standing.profile is not None:
        return read_profile(ctx, standing.profile)
    return StudentProfile(module=module, rate=standing.student_rate.value, ratio=None)


def _guard(ctx: RunContext) -> Guard:
    exemplars: dict[str, list[str]] = {}
    for item in ctx.items.values():
        if item.pool == "diagnostic":
            exemplars.setdefault(item.module, []).append(item.question)
    return Guard(
        seen=what_is_measured(ctx.rundir.root, ctx.config.tutor),
        exemplars=exemplars,
        alike=ctx.config.tutor.alike,
        max_characters=ctx.config.tutor.max_characters,
    )
