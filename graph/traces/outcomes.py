"""What came of a step, in a few words: the verdict column of ``tutelage trace ls``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tutelage.graph.rundir import part_name
from tutelage.graph.statuses import words
from tutelage.graph.traces.ledgers import Ledgers, Row
from tutelage.graph.traces.steps import Step
from tutelage.tracing import names


def outcome(step: Step, ledgers: Ledgers, innermost: set[str], last: str | None) -> str:
    """What came of a step.

    Args:
        step: The step.
        ledgers: Of its run.
        innermost: Ids of the open spans that hold no other open one.
        last: Id of the run's last process: only that one knows how it ended.
    """
    span = step.span
    if step.died:
        return "died here" if span.id in innermost else "died"
    if span.failed:
        return f"failed: {span.error}" if span.error != "cancelled" else "cancelled"
    if span.end_ns is None:
        return "shared with the run this one was forked from" if step.shared else "running"
    again = f" (entered for the {step.entry}. time)" if step.entry > 1 else ""
    return _said(step, ledgers, last) + again


def node_part(step: Step) -> str:
    """Beginning of the names of the parts that a node writes; empty for what is in no node."""
    if step.node is None or step.round is None:
        return ""
    number = 0 if step.node == "diagnose" else step.round + (step.node == "plan")
    return part_name(number, step.node) if step.node != "approve" else ""


def grades(rows: Iterable[Row]) -> str:
    """How many of the attempts are right."""
    counts = Counter(str(row.get("grade")) for row in rows)
    return f"{counts['right']} of {counts.total()} right"


def accepted(rows: Iterable[Row]) -> str:
    """How many candidates were accepted, and why the others were not."""
    counts = Counter("accepted" if row["accepted"] else str(row["reason"]) for row in rows)
    total, good = counts.total(), counts.pop("accepted", 0)
    why = ", ".join(f"{n} {words(reason)}" for reason, n in counts.most_common())
    return f"{good} of {total} lessons accepted" + (f"; {why}" if why else "")


def verdicts(rows: Iterable[Row]) -> str:
    """How many decisions of each kind."""
    counts = Counter(str(row["verdict"]) for row in rows)
    return ", ".join(f"{n} {words(verdict)}" for verdict, n in counts.items())


def _said(step: Step, ledgers: Ledgers, last: str | None) -> str:
    found = step.span.attributes
    if step.span.name == names.RUN:
        return words(ledgers.outcome or "") if step.span.id == last else "stopped"
    if step.is_node:
        return _of_node(step, ledgers)
    if step.is_decision:
        about = f"{found[names.MODULE]}: " if names.MODULE in found else ""
        return f"{about}{found.get(names.EVALUATION_WHY, '')}"
    if step.role is not None:
        return _of_call(step)
    if step.span.name in (names.PROBE_STUDENT, names.PROBE_TEACHER):
        return grades(row for _, rows in ledgers.parts("attempts", str(found.get(names.PART))) for row in rows)
    describe = _BY_NAME.get(step.span.name)
    try:
        return "" if describe is None else describe(found)
    except KeyError:  # a trace of an earlier version tells less
        return ""


def _of_node(step: Step, ledgers: Ledgers) -> str:
    part = node_part(step)
    if step.node == "tutor":
        wanted = part_name(step.round or 0, "tutor", step.module or "")
        return accepted(row for name, rows in ledgers.parts("candidates", wanted) if name == wanted for row in rows)
    if step.node == "finetune":
        rows = [row for _, found in ledgers.parts("trainings", part) for row in found]
        return _loss(rows[0]["loss_first"], rows[0]["loss_last"], rows[0]["rows"]) if rows else "nothing to train on"
    if step.node == "graduate":
        return words(ledgers.outcome or "")
    return verdicts(row for name, rows in ledgers.decisions if part and name == part for row in rows)


def _of_call(step: Step) -> str:
    found = step.span.attributes
    parts = ["read again, not paid"] if found.get(names.CACHED) else []
    parts += ["asked again after a bad reply"] if found.get(names.REPAIR) else []
    times = step.cost.retries
    parts += [f"retried {'once' if times == 1 else f'{times} times'}"] if times else []
    parts += ["cut off by the token limit"] if "length" in found.get(names.FINISH_REASONS, ()) else []
    return ", ".join(parts)


def _loss(first: float, last: float, rows: Any) -> str:
    return f"loss {first:.3f} to {last:.3f} on {rows} rows"


_BY_NAME: Mapping[str, Callable[[Row], str]] = {
    names.WRITE_LESSONS: lambda found: f"{found[names.DRAFTS]} drafts",
    names.VERIFY_LESSONS: lambda found: f"{found[names.ACCEPTED]} accepted, {found[names.REJECTED]} rejected",
    names.GRADE: lambda found: f"{found[names.RIGHT]} of {found[names.ITEMS]} right",
    names.TRAIN: lambda found: _loss(found[names.LOSS_FIRST], found[names.LOSS_LAST], found[names.ROWS]),
}
