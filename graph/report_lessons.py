"""What the report says of lessons and of the answers that asked for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tutelage.graph.records import MisconceptionRecord
from tutelage.graph.rundir import RunDir
from tutelage.pedagogy.records import Attempt, Candidate, Item

ACCEPTED_SAMPLES, REJECTED_SAMPLES, ANSWER_SAMPLES = 2, 3, 3
Json = dict[str, Any]


def count_candidates(candidates: Sequence[Candidate]) -> Json:
    """Accepted and rejected candidates, in all and by module and kind; every candidate is counted once."""
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault((candidate.module, candidate.kind), []).append(candidate)
    return {
        **_tally(candidates),
        "groups": [{"module": m, "kind": kind, **_tally(group)} for (m, kind), group in sorted(groups.items())],
    }


def _tally(candidates: Sequence[Candidate]) -> Json:
    rejected = Counter(c.reason for c in candidates if c.reason is not None)
    return {
        "total": len(candidates),
        "accepted": sum(c.accepted for c in candidates),
        "rejected": dict(sorted(rejected.items())),
    }


def sample_candidates(candidates: Sequence[Candidate]) -> list[Json]:
    """A few accepted lessons of each module and kind, and a few rejected ones of each reason."""
    shown: Counter[tuple[str, str, str | None]] = Counter()
    found = []
    for c in candidates:
        key = ("", "", c.reason) if c.reason else (c.module, c.kind, None)
        if shown[key] < (REJECTED_SAMPLES if c.reason else ACCEPTED_SAMPLES) and c.example is not None:
            shown[key] += 1
            found.append(_sample(c))
    return found


def _sample(c: Candidate) -> Json:
    assert c.example is not None  # noqa: S101 - the caller has looked
    return {
        "module": c.module,
        "kind": c.kind,
        "round": c.provenance.round,
        "level": c.example.level,
        "accepted": c.accepted,
        "reason": c.reason,
        "detail": c.detail,
        "problem": c.example.problem,
        "steps": list(c.example.solution.steps),
        "final_answer": c.example.solution.final_answer,
        "adaptation": c.example.adaptation.model_dump(),
        "endpoint": c.provenance.endpoint,
        "model": c.provenance.model,
        "call_id": c.provenance.call_id,
    }


def explain_misconceptions(rundir: RunDir, items: Mapping[str, Item]) -> list[Json]:
    """Every misconception named, each with a few of the answers that it explains."""
    responses = {(a.probe, a.round): a.response for a in rundir.rows("attempts", Attempt) if a.role == "student"}
    return [
        {
            "module": m.module,
            "round": m.round,
            "name": m.name,
            "explanation": m.explanation,
            "answers": [
                {
                    "question": items[p].question,
                    "reference": items[p].reference,
                    "response": responses.get((p, m.round), ""),
                }
                for p in m.probes[:ANSWER_SAMPLES]
            ],
        }
        for m in rundir.rows("misconceptions", MisconceptionRecord)
    ]
