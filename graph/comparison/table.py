"""The tables of a comparison, made from what its runs say and from nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tutelage.graph.comparison.evidence import Answers, Evidence
from tutelage.graph.comparison.plan import ABLATION, OURS, Job, Plan
from tutelage.graph.comparison.points import cells_of, points_of
from tutelage.graph.comparison.records import (
    Against,
    ArmResult,
    Comparison,
    DifferenceRow,
    Estimate,
    ModuleName,
    RunRow,
    Spent,
)
from tutelage.pedagogy.detectable import detectable_difference
from tutelage.pedagogy.paired import CONFIDENCE, Outcomes, Spread, accuracy, difference, holm, spread_of

OFF_PERCENT = 2.0
"""By how much a run may be away from a cap before it is flagged."""


def compare_runs(
    plan: Plan, jobs: Sequence[Job], found: Sequence[Evidence], failures: Mapping[str, str], sha256: str, command: str
) -> Comparison:
    """Set the runs of a comparison beside each other.

    Args:
        plan: What was asked for.
        jobs: Its runs.
        found: The evidence of those that ended.
        failures: By run, why there is none.
        sha256: Of the configuration that all share.
        command: What makes this comparison again.
    """
    first = found[0] if found else None
    modules = [] if first is None else [m.id for m in first.modules]
    outcomes = {arm: _outcomes((e.job.seed, e.answers) for e in found if e.job.arm == arm) for arm in plan.arms}
    differences = _family(outcomes, plan.baseline, [a for a in plan.arms if a != plan.baseline], modules)
    said = {job.arm: job.said for job in jobs}
    by_name = {e.job.name: e for e in found}
    return Comparison(
        name=jobs[0].config.name,
        config_sha256=sha256,
        baseline=plan.baseline,
        arms=plan.arms,
        seeds=plan.seeds,
        budget=plan.budget,
        confidence=CONFIDENCE,
        modules=() if first is None else tuple(
            ModuleName(id=m.id, name=m.name, items=len(first.held_out[m.id])) for m in first.modules
        ),
        results=tuple(_result(arm, outcomes[arm], modules, said[arm]) for arm in plan.arms),
        references=_references(found, modules),
        differences=differences,
        ablations=_ablations(plan, outcomes, differences, modules),
        runs=tuple(_run(plan, job, by_name.get(job.name), failures.get(job.name)) for job in jobs),
        points=tuple(point for e in found for point in points_of(e)),
        forgetting=tuple(cell for arm in plan.arms for cell in cells_of(arm, found)),
        reproduce=command,
    )  # fmt: skip


def _outcomes(rows: Iterable[tuple[int, Answers]]) -> Outcomes:
    return dict(sorted(rows, key=lambda row: row[0]))


def _result(arm: str, outcomes: Outcomes, modules: Sequence[str], overrides: tuple[str, ...] = ()) -> ArmResult:
    if not outcomes:
        return ArmResult(arm=arm, overrides=overrides)
    return ArmResult(
        arm=arm,
        overrides=overrides,
        seeds=tuple(outcomes),
        mean=_estimate(accuracy(outcomes, modules)),
        modules={m: _estimate(accuracy(outcomes, [m])) for m in modules},
    )


def _references(found: Sequence[Evidence], modules: Sequence[str]) -> tuple[ArmResult, ...]:
    """The untouched student and the teacher: of each seed by the first run that has them, as they are the same."""
    before = _outcomes((e.job.seed, e.before) for e in reversed(found))
    teacher = _outcomes((e.job.seed, e.teacher) for e in reversed(found) if e.teacher is not None)
    return tuple(_result(name, of, modules) for name, of in (("before", before), ("teacher", teacher)) if of)


def _family(
    outcomes: Mapping[str, Outcomes], against: str, arms: Sequence[str], modules: Sequence[str]
) -> tuple[DifferenceRow, ...]:
    """Every arm less the same one. What has no seed in common with it cannot be compared, and is left out."""
    base = outcomes.get(against) or {}
    found = {arm: difference(outcomes[arm], base, modules) for arm in arms if outcomes[arm].keys() & base.keys()}
    corrected = holm({arm: one.p for arm, one in found.items()})
    return tuple(
        DifferenceRow(
            arm=arm,
            against=against,
            seeds=one.seeds,
            difference=_estimate(one.spread),
            interval_covers="items and seeds" if len(one.seeds) > 1 else "items",
            wins=one.wins,
            losses=one.losses,
            p_items=one.p_items,
            p_seeds=one.p_seeds,
            p_holm=corrected[arm],
            detectable=detectable_difference(one.spread, len(found)),
            verdict=one.verdict(corrected[arm]),
            modules={m: _estimate(spread_of(outcomes[arm], base, [m])) for m in modules},
        )
        for arm, one in found.items()
    )


def _ablations(
    plan: Plan, outcomes: Mapping[str, Outcomes], differences: Sequence[DifferenceRow], modules: Sequence[str]
) -> tuple[DifferenceRow, ...]:
    """Beside ``ioa``. Where that is the baseline they are corrected with all that is compared with it, once."""
    if plan.baseline == OURS:
        return tuple(row for row in differences if row.arm.startswith(ABLATION))
    return _family(outcomes, OURS, [arm for arm in plan.arms if arm.startswith(ABLATION)], modules)


def _run(plan: Plan, job: Job, found: Evidence | None, error: str | None) -> RunRow:
    if found is None:
        return RunRow(arm=job.arm, seed=job.seed, run=job.name, error=error or "not run")
    modules = {m: sum(right) / len(right) for m, right in found.answers.items()}
    return RunRow(
        arm=job.arm,
        seed=job.seed,
        run=job.name,
        outcome=found.outcome,
        accuracy=sum(modules.values()) / len(modules),
        modules=modules,
        spent=found.spent,
        against=tuple(against(found.spent, key, limit) for key, limit in plan.budget.items()),
    )


def against(spent: Spent, cap: str, limit: float) -> Against:
    """What was spent beside a cap: nothing, where it is not known."""
    used = float(getattr(spent, cap) or 0)
    deviation = 100 * (used / limit - 1)
    return Against(
        cap=cap, limit=limit, spent=used, deviation_percent=round(deviation, 3), off=abs(deviation) > OFF_PERCENT
    )


def _estimate(found: Spread) -> Estimate:
    return Estimate(value=found.value, low=found.interval.low, high=found.interval.high, seeds=found.seeds)
