"""P_T and whom it was measured with: a new reference teacher is measured before anything is decided against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tutelage.files import read_rows
from tutelage.graph.context import RunContext
from tutelage.graph.measure import of, teacher_attempts
from tutelage.graph.nodes.common import announce
from tutelage.graph.records import Decision, DecisionInputs, TeacherReading
from tutelage.graph.rundir import part_name
from tutelage.graph.state import State, standings_of
from tutelage.pedagogy.mastery import Evidence
from tutelage.pedagogy.profile import measured
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.records import Attempt, Item, Pool
from tutelage.pedagogy.standing import Standing


async def current_standings(ctx: RunContext, state: State, round_number: int, node: str) -> dict[str, Standing]:
    """The state's standings, every P_T in them measured with the reference teacher that is asked now.

    What is measured anew leaves a ``remeasured`` decision a module. The answers are kept like any other, so a node
    that is entered again pays for none of them twice.
    """
    standings = standings_of(state)
    regime = ctx.teachers["reference"].regime
    stale = [k for k, s in standings.items() if s.regime != regime and s.teacher is not None]
    if not stale:
        return standings
    items = [item for module in stale for item in ctx.of_module(module, "diagnostic")]
    part = part_name(round_number, node, "remeasure")
    attempts = await teacher_attempts(ctx, part, items, round_number, "probing the new reference teacher")
    rates = {module: measured(of(module, items, attempts)) for module in stale}
    note_teacher(ctx, part, "diagnostic", round_number, rates)
    gap_threshold = ctx.config.diagnosis.gap_threshold
    after = {k: s.under(rates[k], regime, gap_threshold) if k in rates else s for k, s in standings.items()}
    if any(s.status == "excluded" and after[k].status != "excluded" for k, s in standings.items()):
        # What stood on a module that could not be taught may have a way in again; the plan holds back who has not.
        released = {k: s.model_copy(update={"status": "waiting"}) for k, s in after.items() if s.status == "held_back"}
        after |= released
    _decide(ctx, state, f"{part}-{regime}", round_number, standings, {k: after[k] for k in stale})
    return after


def note_teacher(ctx: RunContext, part: str, pool: Pool, round_number: int, rates: Mapping[str, Rate]) -> None:
    """Keep P_T with the regime that it was measured under."""
    teacher = ctx.teachers["reference"]
    readings = [
        TeacherReading(
            module=module, round=round_number, pool=pool, regime=teacher.regime, endpoint=teacher.name,
            model=teacher.model or "", right=rate.successes, n=rate.n,
        )
        for module, rate in rates.items()
    ]  # fmt: skip
    ctx.rundir.write_part("teacher_readings", f"{part}-{teacher.regime}", readings)


def rates_of(modules: Sequence[str], items: Sequence[Item], attempts: Sequence[Attempt]) -> dict[str, Rate]:
    """The rate of each module that was asked anything."""
    found = {module: of(module, items, attempts) for module in modules}
    return {module: measured(mine) for module, mine in found.items() if mine}


def _decide(
    ctx: RunContext,
    state: State,
    name: str,
    round_number: int,
    before: Mapping[str, Standing],
    after: Mapping[str, Standing],
) -> None:
    path = ctx.rundir.part("decisions", name)
    if not path.exists():  # written once: what the node pays for later must not change the tokens it says
        decisions = [_decision(ctx, state, round_number, k, before[k], s) for k, s in after.items()]
        ctx.rundir.write_part("decisions", name, decisions)
    announce(ctx, read_rows(path, Decision))


def _decision(ctx: RunContext, state: State, round_number: int, module: str, old: Standing, new: Standing) -> Decision:
    policy, teacher = ctx.config.gate, ctx.teachers["reference"]
    evidence = Evidence(module, new.student_rate, new.teacher_rate)
    became = "" if new.status == old.status else f"; {old.status} becomes {new.status}"
    return Decision(
        stage=state["stage"],
        round=round_number,
        module=module,
        verdict="remeasured",
        reason=f"the reference teacher changed: P_T was {_said(old.teacher_rate)}, "
        f"with {teacher.name} ({teacher.model}) it is {_said(new.teacher_rate)}{became}",
        inputs=DecisionInputs.of(evidence, policy.threshold, policy.confidence),
        next=new.status,
        tokens_so_far=ctx.meter.totals.tokens,
        endpoint=teacher.name,
        model=teacher.model,
        prompt_hash=None,
    )


def _said(rate: Rate) -> str:
    return f"{rate.value:.2f} ({rate.successes} of {rate.n})"
