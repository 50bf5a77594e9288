"""plan: which modules next, in which stage, entered how? Made anew whenever abilities have changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tutelage.agents.planner import Measured, PlannedStage, layered
from tutelage.agents.prompting import prompt_hash
from tutelage.errors import BudgetSpent
from tutelage.graph.call_size import allowance
from tutelage.graph.context import RunContext
from tutelage.graph.knowledge import read_map, reestimate
from tutelage.graph.nodes.common import Update, announce, note, show
from tutelage.graph.records import Decision, Finding, Reading, StageRecord
from tutelage.graph.references import current_standings
from tutelage.graph.rundir import part_name
from tutelage.graph.state import State, dump_edges, dump_standings, edges_of, order_data
from tutelage.graph.waiting import none_waits
from tutelage.graph.zone import help_lines, measure_help
from tutelage.pedagogy.curriculum import Aim, aim, all_at_once, entrance
from tutelage.pedagogy.dependency import significant
from tutelage.pedagogy.rates import ratio
from tutelage.pedagogy.records import Edge
from tutelage.pedagogy.stages import stages
from tutelage.pedagogy.standing import Standing, could_start, hold_back, order_keeping, order_lessons
from tutelage.pedagogy.zpd import Help
from tutelage.tracing import names


async def plan(state: State, ctx: RunContext) -> Update:
    """Re-estimate dependencies, choose targets, layer them into stages, and order the next round's lessons."""
    config = ctx.config
    before = await current_standings(ctx, state, state["round"] + 1, "plan")
    edges = reestimate(edges_of(state), ctx.rundir.rows("readings", Reading), before)
    strong = significant(edges, config.diagnosis.dependency_threshold) if config.curriculum.ordered else ()
    standings = hold_back(before, strong)
    aimed = aim(standings, strong, alpha=config.diagnosis.severity_alpha, share=config.diagnosis.target_share)
    hurry = none_waits(ctx, standings, aimed.modules)
    may_review = ctx.finishes and state["adapter"] is not None
    if may_review and ctx.meter.exhausted:
        return _review(state, standings, edges, state["stage"])
    asked = _asks(aimed, hurry=hurry)
    try:
        planned = await _stages(ctx, standings, strong, aimed, hurry=hurry)
    except BudgetSpent:
        if may_review:
            return _review(state, standings, edges, state["stage"])
        if not ctx.finishes:
            raise
        asked = False
        planned = layered(stages(aimed.modules, strong), "the budget pays for no further plan")
    curriculum = config.curriculum
    helped = None if hurry else await _helped(ctx, state, standings, strong, aimed.modules)
    found = all_at_once(standings, aimed.modules) if hurry else entrance(
        standings, strong, aimed.modules, advance=curriculum.advance, entry=curriculum.entry, rule=curriculum.zpd_rule,
        limit=curriculum.help_share if helped is not None else curriculum.zpd_limit, helped=helped,
    )  # fmt: skip
    entering, steep = found.modules, found.steep
    stage = state["stage"] + bool(entering)
    standings = found.into(standings)
    learning = [k for k, s in standings.items() if s.status == "learning"]
    decisions = _decisions(ctx, state, stage, planned, entering, steep, before, standings, hurry=hurry, asked=asked)
    decisions += [note(ctx.at(stage), state["round"] + 1, line, "go on") for line in help_lines(helped or {})]
    name = part_name(state["round"] + 1, "plan")
    ctx.rundir.write_part("decisions", name, decisions)
    ctx.rundir.write_part("stages", name, _records(state["round"] + 1, stage, entering, planned))
    announce(ctx, decisions)
    for module, standing in standings.items():
        show(ctx, module, standing)
    out_of_rounds = state["round"] >= config.limits.rounds
    # Once: the lessons of the first round are replayed in every later one.
    keeping = order_keeping(standings, config.tutor.kept) if state["round"] == 0 else {}
    review = not learning and may_review and not ctx.training_spent()
    if review and config.limits.training_tokens is not None:
        return _review(state, standings, edges, stage)
    return {
        "stage": stage,
        "round": state["round"] + 1 if learning and not out_of_rounds else state["round"],
        "standings": dump_standings(standings),
        "edges": dump_edges(edges),
        "orders": {k: order_data(r) for k, r in order_lessons(learning, standings, config.order_rules).items()},
        "keeps": {k: order_data(r) for k, r in keeping.items()},
        "allowance": allowance(ctx, len(learning) + (0 if config.tutor.keep_by == "student" else len(keeping))),
        "step": "tutor" if learning else "graduate",
        "stop": "rounds" if learning and out_of_rounds else None,
    }


async def _helped(
    ctx: RunContext, state: State, standings: Mapping[str, Standing], edges: Sequence[Edge], targeted: Collection[str]
) -> dict[str, Help] | None:
    """What help does on the modules that could start; None where the zone is not read so."""
    curriculum = ctx.config.curriculum
    if curriculum.zpd_rule != "help":
        return None
    now = [k for k in could_start(standings, edges, curriculum.advance, curriculum.entry) if k in targeted]
    return await measure_help(ctx, state["adapter"], state["round"] + 1, now)


def _review(state: State, standings: Mapping[str, Standing], edges: tuple[Edge, ...], stage: int) -> Update:
    """Nothing can be written any more, and training is left to spend: one more round goes over every lesson."""
    return {
        "stage": stage,
        "round": state["round"] + 1,
        "standings": dump_standings(standings),
        "edges": dump_edges(edges),
        "orders": {},
        "keeps": {},
        "step": "review",
        "stop": "finish",
    }


def _asks(aimed: Aim, *, hurry: bool) -> bool:
    """Whether the Curriculum Planner's teacher has anything to order."""
    return len(aimed.modules) > 1 and not hurry


async def _stages(
    ctx: RunContext, standings: Mapping[str, Standing], edges: Sequence[Edge], aimed: Aim, *, hurry: bool
) -> tuple[PlannedStage, ...]:
    """The curriculum of the targeted modules as the Curriculum Planner sees it now; where none waits, all at once."""
    if aimed.modules and not _asks(aimed, hurry=hurry):
        reason = "it alone is left to learn" if len(aimed.modules) == 1 else "all at once, since the budget is small"
        return (PlannedStage(tuple(sorted(aimed.modules)), reason),)
    rates = {k: (standings[k].student_rate, standings[k].teacher_rate) for k in aimed.modules}
    measured = {k: Measured(ratio(*rates[k]), aimed.gaps[k], aimed.severities[k]) for k in aimed.modules}
    modules = {m.id: m for m in read_map(ctx).modules}
    agent = {names.AGENT_NAME: "planner", names.PROMPT_NAME: "planner_curriculum"}
    with ctx.tracer.span(names.PLAN_STAGES, "AGENT", agent):
        return await ctx.agents.planner.plan(modules, stages(aimed.modules, edges), edges, measured)


def _records(
    round_number: int, stage: int, entering: Sequence[str], planned: Sequence[PlannedStage]
) -> list[StageRecord]:
    if not entering:
        return []
    reasons = [s.reason for s in planned if set(s.modules) & set(entering)]
    return [StageRecord(stage=stage, round=round_number, modules=tuple(entering), reason=" ".join(reasons))]


def _decisions(
    ctx: RunContext,
    state: State,
    stage: int,
    planned: Sequence[PlannedStage],
    entering: Sequence[str],
    steep: bool,
    before: Mapping[str, Standing],
    after: Mapping[str, Standing],
    *,
    hurry: bool,
    asked: bool,
) -> list[Decision]:
    who = ctx.teachers["planner"]

    def decision(module: str | None, verdict: Finding, reason: str, following: str) -> Decision:
        return Decision(
            stage=stage, round=state["round"] + 1, module=module, verdict=verdict, reason=reason, inputs=None,
            next=following, tokens_so_far=ctx.meter.totals.tokens, endpoint=who.name if asked else "local",
            model=who.model if asked else None, prompt_hash=prompt_hash("planner_curriculum") if asked else None,
        )  # fmt: skip

    found = [
        decision(None, "planned", f"curriculum: {', '.join(s.modules)}: {s.reason}", "tutor" if n == 0 else "wait")
        for n, s in enumerate(planned)
    ]
    entry = ctx.config.curriculum.entry
    met = "met" if entry is None else f"mastered, or in hand at {entry}"
    for module in entering:
        how = (
            "the step is steeper than the zone of proximal development: entered through bridging lessons"
            if steep
            else "within the zone of proximal development: entered through core lessons"
        )
        why = f"its prerequisites are {met}; {how}"
        if hurry:
            why = "what is left of the training budget pays for less than two rounds of every module: none waits"
        found.append(decision(module, "planned", why, "tutor"))
    for module, standing in after.items():
        if standing.status == "held_back" and before[module].status != "held_back":
            found.append(decision(module, "held_back", "it stands on a module that stalled or is excluded", "none"))
    return found
