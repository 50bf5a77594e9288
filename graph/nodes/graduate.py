"""graduate: the held-out evaluation, once, and the report. Every run ends here, however it went."""

from __future__ import annotations

from tutelage.errors import BudgetSpent
from tutelage.graph.context import RunContext
from tutelage.graph.knowledge import read_map
from tutelage.graph.measure import Examiner, teacher_attempts
from tutelage.graph.nodes.common import Update
from tutelage.graph.references import note_teacher, rates_of
from tutelage.graph.rundir import part_name
from tutelage.graph.state import State, standings_of
from tutelage.pedagogy.standing import Standing

PART = part_name(0, "graduate")


async def graduate(state: State, ctx: RunContext) -> Update:
    """Measure the student before and after, and the teacher, on items none of them was taught, gated or tuned on."""
    if "adapter" not in state:  # the budget was spent before anything was measured
        return {"outcome": "stopped_by_budget"}
    modules = [m.id for m in read_map(ctx).modules]
    items = [i for i in ctx.items.values() if i.pool == "held_out" and i.module in modules]
    for adapter in dict.fromkeys((None, state["adapter"])):
        label = "held-out items, before" if adapter is None else "held-out items, after"
        async with Examiner(ctx, adapter, 0 if adapter is None else state["round"]) as examiner:
            await examiner.attempts(f"{PART}-{'before' if adapter is None else 'after'}", items, label)
    try:
        with ctx.meter.overtime(everything=ctx.finishes):
            teacher = await teacher_attempts(ctx, PART, items, state["round"], "held-out items, teacher")
        note_teacher(ctx, PART, "held_out", state["round"], rates_of(modules, items, teacher))
    except* BudgetSpent:
        pass  # The teacher's column stays empty; what the student learned is measured.
    if ctx.config.strategy.name != "ioa":
        return {"outcome": "taught"}  # nobody decides on mastery there
    stop = None if ctx.finishes else state.get("stop")
    return {"outcome": outcome(stop, standings_of(state))}


def outcome(stop: str | None, standings: dict[str, Standing]) -> str:
    """How the run ended, in one word of the report's."""
    if stop is not None:
        return f"stopped_by_{stop}"
    teachable = [s.status for s in standings.values() if s.status != "excluded"]
    if teachable and all(status in ("mastered", "known") for status in teachable):
        return "mastered"
    return "partly_mastered" if "mastered" in teachable else "nothing_mastered"
