"""What a finished run says of itself: answers on held-out items, what it spent, and how it came there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tutelage.errors import RunDirError
from tutelage.graph import runs
from tutelage.graph.comparison.curve import Reached, rounds_of
from tutelage.graph.comparison.plan import Job
from tutelage.graph.comparison.records import Spent
from tutelage.graph.nodes.graduate import PART
from tutelage.graph.records import Reading
from tutelage.graph.report import final_attempts
from tutelage.graph.report_teachers import latest
from tutelage.graph.rundir import RunDir
from tutelage.pedagogy.records import Attempt, Item, Module

Answers = dict[str, tuple[bool, ...]]
"""Right or wrong by module, in the order of the held-out items."""


@dataclass(frozen=True)
class Evidence:
    """One finished run.

    Attributes:
        held_out: Ids of the held-out items by module, in their order.
        before: Of the untouched student; ``teacher`` of the teacher, None where the budget did not reach so far.
    """

    job: Job
    outcome: str
    student: str
    modules: tuple[Module, ...]
    held_out: Mapping[str, tuple[str, ...]]
    answers: Answers
    before: Answers
    teacher: Answers | None
    spent: Spent
    readings: tuple[Reading, ...]
    rounds: tuple[Reached, ...]


async def gather(job: Job) -> Evidence | str:
    """The evidence of a run that ended, or why it has none.

    Raises:
        RunDirError: the run's directory cannot be read.
    """
    manifest, state, _ = await runs.snapshot(job.root)
    rundir = RunDir(job.root)
    report = json.loads((job.root / "report.json").read_bytes())
    outcome = str(report["run"]["outcome"])
    modules = tuple(Module(id=m["id"], name=m["name"]) for m in report["modules"])
    if not modules or "adapter" not in state:
        return f"it ended before anything was measured ({outcome})"
    items = runs.read_items(job.root)
    held_out = {m.id: tuple(i.id for i in items.values() if i.module == m.id and i.pool == "held_out") for m in modules}
    before = _graded(rundir.rows("attempts", Attempt, f"{PART}-before"), held_out, items)
    answers = _graded(final_attempts(rundir, state), held_out, items)
    if before is None or answers is None:
        return f"it ended before all held-out items were answered ({outcome})"
    teacher = latest(rundir.rows("attempts", Attempt, f"{PART}-teacher"), manifest, state)
    return Evidence(
        job=job,
        outcome=outcome,
        student=manifest.student.sha256,
        modules=modules,
        held_out=held_out,
        answers=answers,
        before=before,
        teacher=_graded(teacher, held_out, items),
        spent=spent_of(report),
        readings=tuple(rundir.rows("readings", Reading)),
        rounds=tuple(rounds_of(rundir)),
    )


def spent_of(report: Mapping[str, Any]) -> Spent:
    """What a run spent, by the totals of its report."""
    totals = report["totals"]
    return Spent(
        teacher_calls=totals["teacher_calls"],
        teacher_tokens=totals["teacher_tokens"] - totals["teacher_exam_tokens"],
        teacher_exam_tokens=totals["teacher_exam_tokens"],
        teacher_dollars=totals["teacher_dollars"],
        training_tokens=totals["student_budget"],
        trained_tokens=totals["student_tokens_trained"],
        probe_tokens=totals["probe_tokens"],
        seconds=report["seconds"]["total"],
    )


def check_comparable(found: Sequence[Evidence]) -> None:
    """Of one seed, every arm was examined on the same items in the same order, and began with the same student.

    Raises:
        RunDirError: two were not: what they came to says nothing of the arms.
    """
    first: dict[int, Evidence] = {}
    for one in found:
        other = first.setdefault(one.job.seed, one)
        for what, same in (
            ("held-out items", one.held_out == other.held_out),
            ("student", one.student == other.student),
        ):
            if not same:
                raise RunDirError(
                    f"has not the {what} of {other.job.name}",
                    where=one.job.root,
                    do="were the domain's files or the student changed meanwhile? restore them, or compare anew",
                )


def _graded(
    attempts: Iterable[Attempt], held_out: Mapping[str, Sequence[str]], items: Mapping[str, Item]
) -> Answers | None:
    """Right or wrong in the items' order; None where an item has no answer. An unparseable answer is a wrong one."""
    right = {a.probe: a.grade == "right" for a in attempts if a.probe in items}
    if any(probe not in right for probes in held_out.values() for probe in probes):
        return None
    return {module: tuple(right[probe] for probe in probes) for module, probes in held_out.items()}
