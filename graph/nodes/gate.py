"""gate: has the student mastered what it was taught, and does it still know what it had mastered? (Eq. 9)"""

from __future__ import annotations

from collections.abc import Mapping

from tutelage.graph.context import RunContext
from tutelage.graph.gating import GateResult, attempt_gate, check_retention
from tutelage.graph.knowledge import read_map
from tutelage.graph.measure import Examiner, of
from tutelage.graph.nodes.common import Update, announce, show, teach_on
from tutelage.graph.profiles import Wrong, write_profiles
from tutelage.graph.records import Decision, DecisionInputs
from tutelage.graph.references import current_standings
from tutelage.graph.rundir import part_name
from tutelage.graph.solved import not_taught
from tutelage.graph.state import State, dump_standings, edges_of, standings_of
from tutelage.pedagogy.dependency import significant
from tutelage.pedagogy.mastery import Verdict, next_step
from tutelage.pedagogy.settlement import settle
from tutelage.pedagogy.standing import Standing, could_start

NEXT: dict[Verdict, str] = {
    "mastered": "plan",
    "remediate": "tutor: remedial lessons",
    "bridge": "tutor: bridging lessons",
    "stalled": "plan: what stands on it is held back",
    "regressed": "rollback",
}


async def gate(state: State, ctx: RunContext) -> Update:
    """Gate every module that was taught, re-probe every mastered one, and decide what comes next."""
    round_number = state["round"]
    if ctx.training_spent():
        return {"step": "graduate", "stop": "budget", "last_good": state["adapter"]}
    if not ctx.config.gate.decides:
        return _ungated(ctx, state)
    standings = await current_standings(ctx, state, round_number, "gate")
    # A new reference teacher may not know what was taught: there is nothing to gate it against.
    taught = sorted(k for k in state["orders"] if standings[k].status == "learning")
    mastered = sorted(k for k, s in standings.items() if s.status == "mastered")
    async with Examiner(ctx, state["adapter"], round_number) as examiner:
        kept = await check_retention(ctx, examiner, {k: standings[k] for k in mastered}, round_number)
        results = await attempt_gate(ctx, examiner, {k: standings[k] for k in taught}, round_number)
        verdicts, after = settle(standings, results, kept, ctx.config.gate)
        lost = "regressed" in verdicts.values()
        dry = [k for k in taught if k not in results]
        verdicts |= dict.fromkeys(dry, "stalled")
        after |= {k: standings[k].model_copy(update={"status": "stalled"}) for k in dry}
        informs = ctx.config.diagnosis.informs
        if informs and round_number < ctx.config.limits.rounds and not lost:  # else nobody would read the profiles
            after |= await _profiled(ctx, examiner, after, round_number)

    decisions = [_decide(ctx, state, r, verdicts[k]) for k, r in {**results, **kept}.items() if k in verdicts]
    decisions += [_dry(ctx, state, k) for k in dry]
    name = part_name(round_number, "gate")
    ctx.rundir.write_part("decisions", name, decisions)
    readings = [r.reading(round_number, verdicts.get(k)) for k, r in {**results, **kept}.items()]
    ctx.rundir.write_part("readings", name, readings)
    announce(ctx, decisions)
    for module, standing in after.items():
        show(ctx, module, standing)
    return _onward(ctx, state, {**standings, **after}, verdicts)


def _ungated(ctx: RunContext, state: State) -> Update:
    """An ablation: nobody is tested. What was taught counts as in hand, and is taught on until the rounds are over."""
    standings = standings_of(state)
    after = {k: s.model_copy(update={"untested": True}) for k, s in standings.items() if s.status == "learning"}
    return _onward(ctx, state, {**standings, **after}, dict.fromkeys(after, "remediate"))


async def _profiled(
    ctx: RunContext, examiner: Examiner, standings: Mapping[str, Standing], round_number: int
) -> dict[str, Standing]:
    """Whoever must be taught again is probed on its diagnostic pool: gate items are never shown to the Tutor.

    Probes that were lessons are left out: what was learned by heart would hide what is still wrong.
    """
    learning = sorted(k for k, standing in standings.items() if standing.status == "learning")
    items = [item for k in learning for item in not_taught(ctx, k)]
    part = part_name(round_number, "gate", "profile")
    attempts = await examiner.attempts(part, items, "what is still wrong") if items else []
    modules = {m.id: m for m in read_map(ctx).modules}
    wrong = [Wrong(modules[k], of(k, items, attempts), standings[k].teacher_rate) for k in learning]
    paths = await write_profiles(ctx, wrong, round_number)
    return {k: standings[k].model_copy(update={"profile": path}) for k, path in paths.items()}


def _decide(ctx: RunContext, state: State, result: GateResult, verdict: Verdict) -> Decision:
    policy, evidence = ctx.config.gate, result.evidence
    inputs = DecisionInputs.of(evidence, policy.threshold, policy.confidence)
    return Decision(
        stage=state["stage"],
        round=state["round"],
        module=evidence.module,
        verdict=verdict,
        reason=_reason(inputs, verdict, result),
        inputs=inputs,
        next=NEXT[verdict],
        tokens_so_far=ctx.meter.totals.tokens,
        endpoint=ctx.teachers["reference"].name,
        model=ctx.teachers["reference"].model,
        prompt_hash=None,
    )


def _dry(ctx: RunContext, state: State, module: str) -> Decision:
    return Decision(
        stage=state["stage"], round=state["round"], module=module, verdict="stalled",
        reason="no fresh gate item is left, and no verdict is given on items met before", inputs=None,
        next=NEXT["stalled"], tokens_so_far=ctx.meter.totals.tokens, endpoint="local", prompt_hash=None,
    )  # fmt: skip


def _reason(inputs: DecisionInputs, verdict: Verdict, result: GateResult) -> str:
    low, high = inputs.interval or (0.0, 0.0)
    right = result.evidence.student.successes
    seen = f"{right} of {inputs.n} fresh items, ratio {inputs.ratio or 0:.2f} [{low:.2f}, {high:.2f}]"
    return {
        "mastered": f"{seen}: the whole interval lies at or above {inputs.threshold}",
        "remediate": f"{seen}: not shown to reach {inputs.threshold}",
        "bridge": f"{seen}: smaller instances are in hand, level {result.edge} is not",
        "stalled": f"{seen}: attempts, patience or fresh items are used up",
        "regressed": f"{seen}: the whole interval lies under {inputs.threshold}",
    }[verdict]


def _more_ready(ctx: RunContext, state: State, standings: Mapping[str, Standing]) -> bool:
    """Whether a module that waits could start now."""
    curriculum = ctx.config.curriculum
    edges = edges_of(state) if curriculum.ordered else ()
    strong = significant(edges, ctx.config.diagnosis.dependency_threshold)
    return bool(could_start(standings, strong, curriculum.advance, curriculum.entry))


def _onward(
    ctx: RunContext, state: State, standings: Mapping[str, Standing], verdicts: Mapping[str, Verdict]
) -> Update:
    limits = ctx.config.limits
    rounds_left = state["round"] < limits.rounds
    out_of_time = limits.seconds is not None and ctx.seconds >= limits.seconds
    step = next_step(verdicts.values(), rounds_left=rounds_left, more_ready=_more_ready(ctx, state, standings))
    unsettled = any(not s.settled for s in standings.values())
    update: Update = {"standings": dump_standings(standings), "step": step}
    if step != "rollback":
        update["last_good"] = state["adapter"]
    if out_of_time or (step == "graduate" and unsettled):
        update["stop"] = "budget" if out_of_time else "rounds"
    if step == "tutor":
        learning = [k for k, s in standings.items() if s.status == "learning"]
        update |= teach_on(ctx, state, standings, learning)
    return update
