"""survey: is there another round, and what does the student get right now, where the strategy asks that?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tutelage.files import write_json
from tutelage.graph.call_size import allowance
from tutelage.graph.context import RunContext
from tutelage.graph.knowledge import read_map
from tutelage.graph.measure import Examiner, interleaved, of, teacher_attempts
from tutelage.graph.nodes.common import Update
from tutelage.graph.records import Reading
from tutelage.graph.rundir import part_name
from tutelage.graph.state import State, order_data
from tutelage.graph.strategies.sampling import sample
from tutelage.pedagogy.lesson import LessonRequest
from tutelage.pedagogy.profile import measured
from tutelage.pedagogy.records import Edge, Item, KnowledgeMap, Module
from tutelage.pedagogy.strategies import STRATEGIES
from tutelage.pedagogy.strategies.strategy import Strategy


async def survey(state: State, ctx: RunContext) -> Update:
    """Order the lessons of the next round, or end."""
    strategy = strategy_of(ctx)
    done = state.get("round", 0)
    modules = _map(ctx).modules
    if done >= rounds_of(ctx) or ctx.training_spent():
        return {"step": "graduate"}
    items = [i for m in modules for i in ctx.of_module(m.id, "diagnostic")]
    if strategy.exam:
        await _examine(ctx, state.get("adapter"), done + 1, [m.id for m in modules], items)
    if strategy.source == "student":
        await sample(ctx, state.get("adapter"), items, done + 1)
    lessons, rounds = ctx.config.strategy.lessons, rounds_of(ctx)
    count = ctx.config.tutor.examples if lessons is None else math.ceil(lessons / rounds)
    if strategy.source == "reference":
        asked = interleaved(ctx.of_module(m.id, "diagnostic")[: most_of(ctx, count)] for m in modules)
        part = answered_part(done + 1)
        await teacher_attempts(ctx, part, asked, done + 1, "seed items, as their teacher answers them", as_paid=True)
    return {
        "stage": done + 1,
        "round": done + 1,
        "standings": {},
        "edges": [],
        "orders": {m.id: order_data(LessonRequest(m.id, "core", count, None)) for m in modules},
        "keeps": {},
        "allowance": allowance(ctx, len(modules)),
        "adapter": state.get("adapter"),
        "last_good": None,
        "replay_share": 0.0,
        "step": "write",
        "stop": None,
    }


def strategy_of(ctx: RunContext) -> Strategy:
    """The run's strategy."""
    return STRATEGIES[ctx.config.strategy.name]


def rounds_of(ctx: RunContext) -> int:
    """How often the student is taught: as the configuration says, else as the strategy has it."""
    return ctx.config.strategy.rounds or strategy_of(ctx).rounds


def exam_part(round_number: int) -> str:
    """Name of the student's answers to the seed items at the start of a round."""
    return part_name(round_number, "survey", "exam")


def answered_part(round_number: int) -> str:
    """Name of the reference teacher's answers to the seed items, which are a strategy's lessons."""
    return part_name(round_number, "survey", "answered")


def most_of(ctx: RunContext, count: int) -> int:
    """How many lessons are asked for where so many are wanted: some are rejected, and a chain may bring fewer."""
    return math.ceil(count * ctx.config.tutor.overdraw)


def _map(ctx: RunContext) -> KnowledgeMap:
    """The domain's modules as they are said: nobody orders them."""
    path = ctx.rundir.root / "knowledge_map.json"
    if not path.exists():
        modules = tuple(
            Module(id=m.id, name=m.name, description=m.description, difficulty=m.difficulty) for m in ctx.domain.modules
        )
        edges: tuple[Edge, ...] = ()
        drawn = KnowledgeMap(modules=modules, edges=edges)
        write_json(path, drawn.model_dump(mode="json", by_alias=True))
    return read_map(ctx)


async def _examine(
    ctx: RunContext, adapter: str | None, round_number: int, modules: Sequence[str], items: Sequence[Item]
) -> None:
    part = exam_part(round_number)
    async with Examiner(ctx, adapter, round_number) as examiner:
        attempts = await examiner.attempts(part, items, "probing the student")
    readings = []
    for module in modules:
        mine = of(module, items, attempts)
        rate = measured(mine)
        readings.append(
            Reading(
                module=module, round=round_number - 1, pool="diagnostic", right=rate.successes, n=rate.n,
                truncated=sum(a.truncated for a in mine), verdict=None,
            )
        )  # fmt: skip
    ctx.rundir.write_part("readings", part, readings)
