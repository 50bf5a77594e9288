"""write: one module's lessons for one round, as the strategy has them, verified as everybody's are."""

from __future__ import annotations

import math

from tutelage.agents.tutor import ANSWER_FORMS, Draft
from tutelage.agents.writer import Task, from_seed, from_student
from tutelage.graph.call_size import call_size
from tutelage.graph.context import RunContext
from tutelage.graph.knowledge import read_map
from tutelage.graph.lessons import Wanted, candidates_of, taken
from tutelage.graph.nodes.common import Update
from tutelage.graph.nodes.tutor import lessons_update
from tutelage.graph.rundir import part_name
from tutelage.graph.solved import as_lessons
from tutelage.graph.state import Order
from tutelage.graph.strategies.sampling import right_samples
from tutelage.graph.strategies.survey import answered_part, exam_part, most_of, strategy_of
from tutelage.pedagogy.records import Attempt, Candidate, Module
from tutelage.pedagogy.strategies.strategy import Strategy, View


async def write(state: Order, ctx: RunContext) -> Update:
    """Write the candidates of a module, verify each, and keep them all."""
    module, round_number = state["order"]["module"], state["round"]
    name = part_name(round_number, "write", module)
    if not ctx.rundir.part("candidates", name).exists():
        found = await _candidates(ctx, module, round_number, state["order"]["count"], state["allowance"])
        ctx.rundir.write_part("candidates", name, found)
    return lessons_update(ctx, module, name)


async def _candidates(
    ctx: RunContext, module_id: str, round_number: int, count: int, allowed: int | None
) -> list[Candidate]:
    strategy = strategy_of(ctx)
    module = next(m for m in read_map(ctx).modules if m.id == module_id)
    view = _view(ctx, module_id, round_number)
    prefix = f"r{round_number:03d}/{module_id}"
    if strategy.source == "reference":
        asked = ctx.rundir.rows("attempts", Attempt, answered_part(round_number))
        return await as_lessons(ctx, module, view.items, {a.probe: a for a in asked}, round_number)
    if strategy.source != "tutor":
        return taken(_own(ctx, strategy, module, view), prefix, module_id)
    task = _task(ctx, strategy, module, view, count, 1 if strategy.own_questions else ctx.config.tutor.per_call)
    if not strategy.own_questions and task.starts:
        characters = ctx.agents.writer.prompt_characters(strategy, task)
        size = call_size(ctx, allowed, characters, chain=len(strategy.writes))
        task = _task(ctx, strategy, module, view, count, size)
    writer = ctx.agents.writer
    earlier = () if strategy.own_questions or strategy.restarts else ctx.rundir.rows("candidates", Candidate)
    taught = [c.example.problem for c in earlier if c.accepted and c.example is not None and c.module == module_id]
    return await candidates_of(
        ctx,
        lambda numbers: writer.write(strategy, task, numbers),
        Wanted(count, len(task.starts), task.per_call),
        prefix=prefix,
        module=module_id,
        taught=taught,
        prompt=strategy.writes[0],
        kind="core",
    )


def _task(ctx: RunContext, strategy: Strategy, module: Module, view: View, count: int, per_call: int) -> Task:
    most = most_of(ctx, count)
    return Task(
        module=module,
        starts=strategy.starts(view, math.ceil(most / per_call)),
        count=most,
        per_call=per_call,
        round=view.round,
        run_seed=ctx.config.seed,
        answer_form=ANSWER_FORMS.get(ctx.domain.grader),
    )


def _view(ctx: RunContext, module: str, round_number: int) -> View:
    items = ctx.of_module(module, "diagnostic")
    asked = ctx.rundir.rows("attempts", Attempt, exam_part(round_number))
    return View(items, {a.probe: a for a in asked}, round_number)


def _own(ctx: RunContext, strategy: Strategy, module: Module, view: View) -> list[Draft]:
    """Lessons that no teacher writes."""
    items = [start.items[0] for start in strategy.starts(view, len(view.items))]
    if strategy.source == "seeds":
        return [from_seed(module, item, view.round) for item in items]
    return [
        from_student(module, item, solution, view.round) for item, solution in right_samples(ctx, items, view.round)
    ]
