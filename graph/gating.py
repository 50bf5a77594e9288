"""The gate's measurements: fresh items, look by look, until each module's attempt is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tutelage.graph.context import RunContext
from tutelage.graph.measure import Examiner, of
from tutelage.graph.records import Reading
from tutelage.graph.rundir import part_name
from tutelage.pedagogy.mastery import Evidence, frontier, look
from tutelage.pedagogy.profile import by_level, measured
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.records import Attempt, Item
from tutelage.pedagogy.standing import Standing


@dataclass(frozen=True)
class GateResult:
    """All a gate attempt, or a retention check, saw of one module."""

    evidence: Evidence
    levels: Mapping[int, Rate]
    edge: int | None
    truncated: int

    @property
    def used(self) -> int:
        """Gate items the student met."""
        return self.evidence.student.n

    def reading(self, round_number: int, verdict: str | None) -> Reading:
        """The point that this makes on the module's mastery curve."""
        student = self.evidence.student
        return Reading(
            module=self.evidence.module,
            round=round_number,
            pool="gate",
            right=student.successes,
            n=student.n,
            truncated=self.truncated,
            verdict=verdict,
        )


async def attempt_gate(
    ctx: RunContext, examiner: Examiner, standings: Mapping[str, Standing], round_number: int
) -> dict[str, GateResult]:
    """One gate attempt for each module. Only modules whose decision still hangs on more items are looked at again.

    A module without a single fresh item left has no result.
    """
    policy = ctx.config.gate
    seen: dict[str, list[Attempt]] = {k: [] for k in standings}
    undecided = list(standings)
    for number in range(policy.looks):
        drawn = {k: fresh(ctx, k, standings[k].gate_used + len(seen[k]), policy.items_per_look) for k in undecided}
        undecided = [k for k in undecided if drawn[k]]
        items = [item for k in undecided for item in drawn[k]]
        if not items:
            break
        part = part_name(round_number, "gate", f"look{number + 1}")
        attempts = await examiner.attempts(part, items, f"mastery gate, look {number + 1}")
        for k in undecided:
            seen[k] += of(k, items, attempts)
        left = (policy.looks - number - 1) * policy.items_per_look
        undecided = [k for k in undecided if look(_evidence(k, seen[k], standings[k]), left, policy) == "undecided"]
    return {k: _result(ctx, k, attempts, standings[k]) for k, attempts in seen.items() if attempts}


async def check_retention(
    ctx: RunContext, examiner: Examiner, standings: Mapping[str, Standing], round_number: int
) -> dict[str, GateResult]:
    """Re-probe mastered modules on gate items they have not met."""
    count = ctx.config.gate.retention_items
    items = [item for k, s in standings.items() for item in fresh(ctx, k, s.gate_used, count)]
    if not items:
        return {}
    attempts = await examiner.attempts(part_name(round_number, "gate", "retention"), items, "retention")
    found = {k: of(k, items, attempts) for k in standings}
    return {k: _result(ctx, k, mine, standings[k]) for k, mine in found.items() if mine}


def fresh(ctx: RunContext, module: str, used: int, count: int) -> tuple[Item, ...]:
    """The next gate items of a module after the ``used`` it has met; fewer where the pool runs out."""
    return ctx.of_module(module, "gate")[used : used + count]


def _evidence(module: str, attempts: Sequence[Attempt], standing: Standing) -> Evidence:
    return Evidence(module, measured(attempts), standing.teacher_rate)


def _result(ctx: RunContext, module: str, attempts: Sequence[Attempt], standing: Standing) -> GateResult:
    levels = by_level(ctx.items, attempts)
    return GateResult(
        evidence=_evidence(module, attempts, standing),
        levels=levels,
        edge=frontier(levels, standing.teacher_rate, ctx.config.gate.threshold),
        truncated=sum(a.truncated for a in attempts),
    )
