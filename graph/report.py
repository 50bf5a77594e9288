"""``report.json``: everything the run found, made from its directory alone, so that it can be made again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tutelage.files import write_json, write_text
from tutelage.graph.benchmark.records import benchmark_facts
from tutelage.graph.manifest import Manifest
from tutelage.graph.nodes.graduate import PART
from tutelage.graph.records import (
    Decision,
    JudgementRecord,
    Reading,
    StageRecord,
    TeacherReading,
    TrainingRecord,
)
from tutelage.graph.report_judge import judge_facts
from tutelage.graph.report_lessons import count_candidates, explain_misconceptions, sample_candidates
from tutelage.graph.report_page import render_page
from tutelage.graph.report_rates import rate_facts
from tutelage.graph.report_teachers import (
    estimate_facts,
    known_dollars,
    latest,
    metered,
    regimes,
    teacher_rows,
    usage_by_module,
    usage_rows,
)
from tutelage.graph.rundir import SCHEMA_VERSION, RunDir
from tutelage.graph.spending import student_budget
from tutelage.graph.state import State, standings_of
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.ui.frozen import record
from tutelage.graph.ui.shape import shape
from tutelage.pedagogy.profile import measured
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.records import Attempt, Candidate, Item, KnowledgeMap
from tutelage.pedagogy.standing import Standing
from tutelage.teachers.meter import Meter
from tutelage.tracing import names
from tutelage.tracing.reader import seconds_by_name, wall_seconds

Json = dict[str, Any]


def write_report(rundir: RunDir, manifest: Manifest, items: Mapping[str, Item], state: State) -> Json:
    """Write ``report.json`` and ``report.html``. Returns the report."""
    report = build_report(rundir, manifest, items, state)
    write_json(rundir.root / "report.json", report)
    write_text(
        rundir.root / "report.html",
        render_page(report, record(Ledgers(rundir.root), shape(manifest.config.strategy.name))),
    )
    return report


def build_report(rundir: RunDir, manifest: Manifest, items: Mapping[str, Item], state: State) -> Json:
    """The report of a run as far as it has come."""
    candidates = rundir.rows("candidates", Candidate)
    trainings = rundir.rows("trainings", TrainingRecord)
    trained = trainings[-1] if trainings else manifest.config.training
    decisions = rundir.rows("decisions", Decision)
    modules = _modules(rundir, manifest, items, state)
    usage = metered(rundir, manifest)
    confidence = manifest.config.gate.confidence
    policy = manifest.config.gate
    return {
        "schema_version": SCHEMA_VERSION,
        "run": {
            "name": manifest.name,
            "domain": manifest.domain.name,
            "student": manifest.student.name,
            "student_sha256": manifest.student.sha256,
            "started": manifest.started,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seed": manifest.config.seed,
            "strategy": manifest.config.strategy.name,
            "outcome": state.get("outcome", "unfinished"),
            "reason": _reason(state),
            "config_sha256": manifest.config_sha256,
            "run_dir_name": rundir.root.name,
        },
        "settings": {
            "mastery_threshold": policy.threshold,
            "confidence": confidence,
            "false_pass_bound": round(policy.false_pass_bound, 4),
            "gap_threshold": manifest.config.diagnosis.gap_threshold,
            "zpd_rule": manifest.config.curriculum.zpd_rule,
            "zpd_limit": manifest.config.curriculum.zpd_limit,
            "advance": manifest.config.curriculum.advance,
            "examples": manifest.config.tutor.examples,
            "replay_share": manifest.config.tutor.replay_share,
        },
        "modules": modules,
        "edges": state.get("edges", []),
        "stages": [s.model_dump(mode="json") for s in rundir.rows("stages", StageRecord)],
        "curve": [_point(r, confidence) for r in rundir.rows("readings", Reading)],
        "decisions": [d.model_dump(mode="json") for d in decisions],
        "candidates": count_candidates(candidates),
        "samples": sample_candidates(candidates),
        "misconceptions": explain_misconceptions(rundir, items),
        "training": _trainings(trainings, decisions),
        "teachers": teacher_rows(manifest),
        "judge": judge_facts(rundir.rows("judgements", JudgementRecord)),
        "benchmarks": benchmark_facts(rundir.root),
        "estimate": estimate_facts(rundir, manifest),
        "usage": usage_rows(usage),
        "usage_by_module": usage_by_module(usage),
        "totals": {**_totals(modules, candidates, trainings, usage), **_student_budget(rundir)},
        "seconds": {
            "total": round(wall_seconds(rundir.spans), 1),
            "nodes": {k: round(v, 1) for k, v in seconds_by_name(rundir.spans, names.NODE).items()},
        },
        "environment": {
            **{k: manifest.versions.get(k, "") for k in ("tutelage", "python", "torch", "transformers", "langgraph")},
            "device": trained.device,
            "precision": trained.precision,
            "answering": _answering(rundir),
            "cpus": manifest.cpus,
            "platform": manifest.platform,
        },
        "reproduce": [manifest.command, f"tutelage report {rundir.root.name}"],
    }


def _answering(rundir: RunDir) -> str:
    """What computed the student's answers, and how many where it was not one backend for all."""
    students = (a for a in rundir.rows("attempts", Attempt) if a.role == "student")
    counts = Counter("transformers" if a.endpoint == "local" else a.endpoint for a in students)
    return ", ".join(counts if len(counts) == 1 else (f"{name} ({n} answers)" for name, n in sorted(counts.items())))


_CAPS = {"budget": "a cap of the budget was reached", "rounds": "the cap on rounds was reached"}


def _reason(state: State) -> str:
    outcome, cap = state.get("outcome"), _CAPS.get(state.get("stop") or "")
    if outcome is None:
        return "the run has not ended yet"
    if cap is None:
        return "nothing is left to teach"
    if outcome.startswith("stopped_by_"):
        return f"{cap}; resume with a larger one to go on"
    return f"{cap}, and what it paid for was taught"


def _modules(rundir: RunDir, manifest: Manifest, items: Mapping[str, Item], state: State) -> list[Json]:
    path = rundir.root / "knowledge_map.json"
    if not path.exists():
        return []
    standings = standings_of(state) if "standings" in state else {}
    stage_of = {m: s.stage for s in rundir.rows("stages", StageRecord) for m in s.modules}
    confidence = manifest.config.gate.confidence
    before = _by_module(rundir.rows("attempts", Attempt, f"{PART}-before"), items)
    after = _by_module(final_attempts(rundir, state), items)
    teacher = _by_module(latest(rundir.rows("attempts", Attempt, f"{PART}-teacher"), manifest, state), items)
    readings = rundir.rows("teacher_readings", TeacherReading)
    return [
        {
            "id": m.id,
            "name": m.name,
            "description": m.description,
            "difficulty": m.difficulty,
            "prerequisites": list(m.prerequisites),
            "stage": stage_of.get(m.id),
            "before": rate_facts(before.get(m.id), confidence),
            "after": rate_facts(after.get(m.id), confidence),
            "teacher": rate_facts(teacher.get(m.id), confidence),
            "references": regimes(readings, m.id, confidence),
            "verdict": _verdict(standings.get(m.id)) if manifest.config.strategy.is_mastery_loop else "ungated",
            "attempts": len(standings[m.id].ratios) if m.id in standings else 0,
            "note": None,
        }
        for m in KnowledgeMap.model_validate_json(path.read_bytes()).modules
    ]


def _verdict(standing: Standing | None) -> str:
    if standing is None or not standing.settled:
        return "unfinished"
    return standing.status


def final_attempts(rundir: RunDir, state: State) -> list[Attempt]:
    """The last examination of the student of record: a run that was stopped and resumed has examined others too.

    Where nothing was trained the student after is the student before.
    """
    if not state.get("adapter"):
        return rundir.rows("attempts", Attempt, f"{PART}-before")
    trainings = rundir.rows("trainings", TrainingRecord)
    models = {t.adapter_sha256 for t in trainings if t.adapter == state["adapter"]}
    return [a for a in rundir.rows("attempts", Attempt, f"{PART}-after") if a.model in models]


def _by_module(attempts: Iterable[Attempt], items: Mapping[str, Item]) -> dict[str, Rate]:
    groups: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        groups.setdefault(items[attempt.probe].module, []).append(attempt)
    return {module: measured(group) for module, group in groups.items()}


def _point(reading: Reading, confidence: float) -> Json:
    return {
        "module": reading.module,
        "round": reading.round,
        "pool": reading.pool,
        **(rate_facts(Rate(reading.right, reading.n), confidence) or {}),
        "verdict": reading.verdict,
        "truncated": reading.truncated,
    }


def _trainings(trainings: Sequence[TrainingRecord], decisions: Sequence[Decision]) -> list[Json]:
    undone = {d.round for d in decisions if d.verdict == "rolled_back"}
    keys = (
        "round", "rows", "pairs", "replayed", "modules", "loss_first", "loss_last", "learning_rate", "seconds",
        "tokens", "interpolation", "adapter_sha256",
    )  # fmt: skip
    return [{**{key: getattr(t, key) for key in keys}, "rolled_back": t.round in undone} for t in trainings]


def _totals(
    modules: Sequence[Json], candidates: Sequence[Candidate], trainings: Sequence[TrainingRecord], meter: Meter
) -> Json:
    before, after, teacher = (_mean(modules, key) for key in ("before", "after", "teacher"))
    return {
        "before": before,
        "after": after,
        "teacher": teacher,
        "gain": None if before is None or after is None else after - before,
        "items": sum(m["after"]["n"] for m in modules if m["after"]),
        "mastered": sum(m["verdict"] == "mastered" for m in modules),
        "modules": len(modules),
        "candidates": len(candidates),
        "accepted": sum(c.accepted for c in candidates),
        "teacher_calls": meter.totals.calls,
        "teacher_tokens": meter.totals.tokens,
        "teacher_dollars": known_dollars(meter.totals),
        "student_tokens_trained": sum(t.tokens for t in trainings),
    }


def _student_budget(rundir: RunDir) -> Json:
    """What the student's own computation came to, and what the teacher's share of the last examination was."""
    budget = student_budget(rundir)
    return {
        "probe_tokens": budget.probed,
        "student_budget": budget.spent,
        "teacher_exam_tokens": sum(a.tokens for a in rundir.rows("attempts", Attempt, f"{PART}-teacher")),
    }


def _mean(modules: Sequence[Json], key: str) -> float | None:
    rates = [m[key]["rate"] for m in modules if m[key]]
    return sum(rates) / len(rates) if rates else None
