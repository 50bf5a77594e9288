"""The report's part on teachers: who they were, what P_T was under each, what they were to cost, and did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tutelage.graph.estimate import Estimate
from tutelage.graph.manifest import Manifest, config_hash
from tutelage.graph.records import TeacherReading
from tutelage.graph.report_rates import rate_facts
from tutelage.graph.rundir import RunDir
from tutelage.graph.state import State
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.records import Attempt
from tutelage.teachers.meter import Meter, Totals, Usage
from tutelage.teachers.plans import prices_of
from tutelage.teachers.replies import ReplyStore

Json = dict[str, Any]
_COUNTED = ("calls", "cached", "prompt_tokens", "completion_tokens", "seconds", "dollars", "unpriced")


def metered(rundir: RunDir, manifest: Manifest) -> Meter:
    """What the run's stored replies cost, at the prices of the endpoints that it ever had."""
    return Meter.from_store(ReplyStore(rundir.replies), prices=prices_of(manifest.endpoints.values()))


def teacher_rows(manifest: Manifest) -> list[Json]:
    """Whom each role asks, a row a rung of its ladder."""
    return [
        {
            "role": role,
            "endpoint": rung.name,
            "model": rung.model,
            "is_language_model": rung.is_language_model,
            "from_stage": rung.from_stage if len(plan.rungs) > 1 else None,
            "members": [member.name for member in rung.members] if rung.is_pool else [],
        }
        for role, plan in sorted(manifest.teachers.items())
        for rung in plan.rungs
    ]


def usage_rows(meter: Meter) -> list[Json]:
    """Every call by role, endpoint and model."""
    sums: dict[tuple[str, str, str], list[Usage]] = {}
    for row in meter.rows():
        sums.setdefault((row.role, row.endpoint, row.model), []).append(row)
    return [
        {"role": role, "endpoint": endpoint, "model": model, **_summed(rows)}
        for (role, endpoint, model), rows in sorted(sums.items())
    ]


def usage_by_module(meter: Meter) -> list[Json]:
    """Every call by role, module, endpoint and model; calls that concern the whole domain have no module."""
    return [
        {"role": r.role, "module": r.module, "endpoint": r.endpoint, "model": r.model, **_summed([r])}
        for r in meter.rows()
    ]


def known_dollars(totals: Totals) -> float | None:
    """Dollars, where every call had a price."""
    return round(totals.dollars, 6) if totals.unpriced == 0 else None


def _summed(rows: Sequence[Usage]) -> Json:
    sums = {key: sum(getattr(row, key) for row in rows) for key in _COUNTED}
    return {**sums, "seconds": round(sums["seconds"], 4), "dollars": known_dollars(Totals(**sums))}


def kept_estimate(rundir: RunDir) -> Estimate | None:
    """What was expected before the run; None for a run whose start was cut off just there, and for a fork."""
    return Estimate.model_validate_json(rundir.estimate.read_bytes()) if rundir.estimate.exists() else None


def estimate_facts(rundir: RunDir, manifest: Manifest) -> Json | None:
    """The kept estimate, with a note where the run is not as it began."""
    kept = kept_estimate(rundir)
    if kept is None:
        return None
    found: Json = kept.model_dump(mode="json")
    if config_hash(manifest.config) != manifest.config_sha256:
        found["notes"].append("the run was resumed with other teachers or limits: the estimate is of how it began")
    return found


def regimes(readings: Iterable[TeacherReading], module: str, confidence: float) -> list[Json]:
    """P_T of a module under every reference teacher that it was measured with, oldest first."""
    return [
        {
            "endpoint": r.endpoint, "model": r.model, "regime": r.regime, "pool": r.pool, "round": r.round,
            **(rate_facts(Rate(r.right, r.n), confidence) or {}),
        }
        for r in readings
        if r.module == module
    ]  # fmt: skip


def latest(attempts: Sequence[Attempt], manifest: Manifest, state: State) -> list[Attempt]:
    """One attempt of the teacher a probe: a run that was resumed with another reference has examined both.

    The later one counts; of two in one round, that of the reference teacher that the run has now.
    """
    reference = manifest.teachers["reference"].at(state.get("stage", 0))
    names = {member.name for member in reference.members}
    ordered = sorted(attempts, key=lambda a: (a.round, a.endpoint in names))
    return list({a.probe: a for a in ordered}.values())
