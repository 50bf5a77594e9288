"""A step in full: for a call its prompt and reply, for a probing its answers, for a node its decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tutelage.graph.plain_text import one_line, visible
from tutelage.graph.traces.calls import call_facts, call_lines, decision_line
from tutelage.graph.traces.ledgers import Ledgers, Row
from tutelage.graph.traces.outcomes import node_part
from tutelage.graph.traces.steps import Step, within
from tutelage.graph.traces.table import step_lines, step_rows
from tutelage.tracing import names

MOST_ANSWERS, MOST_WITHIN = 12, 40


def detail(step: Step, every: Sequence[Step], ledgers: Ledgers) -> dict[str, Any]:
    """All that is known of a step, for machines."""
    (row,) = step_rows([step], every, ledgers)
    above = _above(step, every)
    facts: dict[str, Any] = {
        **row,
        "within": [{"step": s.number, "name": s.span.name} for s in above],
        "error": step.span.error,
        "attributes": dict(step.span.attributes),
    }
    if step.role is not None:
        return {**facts, "call": call_facts(step, ledgers)}
    if names.PART in step.span.attributes:
        return {**facts, "answers": answers(str(step.span.attributes[names.PART]), ledgers)}
    inner = [s for s in within(every, step) if not s.role]
    return {**facts, "decisions": decisions_of(step, ledgers), "steps": step_rows(inner, every, ledgers)}


def detail_lines(facts: Mapping[str, Any], directory: str) -> list[str]:
    """A step in full, for people. No byte of a teacher's or a student's words can steer the terminal."""
    lines = [_headline(facts)]
    lines += [f"within {' > '.join(_named(s) for s in facts['within'])}"] if facts["within"] else []
    lines += [f"error: {facts['error']}"] if facts["error"] else []
    if "call" in facts:
        lines += ["", *call_lines(facts["call"])]
        onward = (
            f"try it with another prompt or teacher: tutelage replay {directory} --step {facts['step']} --prompt FILE"
        )
        lines += ["", onward] if facts["call"]["stored"] else []
    elif "answers" in facts:
        lines += ["", *_answer_lines(facts["answers"])]
    else:
        lines += _node_lines(facts)
        if facts["checkpoint_id"]:
            onward = f"tutelage fork {directory} --at {facts['step']} --into DIR2"
            lines += ["", f"start again before this step, with something changed: {onward}"]
    return [visible(line) for line in lines]


def prompt_text(facts: Mapping[str, Any]) -> str:
    """A call's prompt as ``tutelage replay --prompt`` takes it: system message, a line ``---``, user message."""
    turns = facts["call"].get("prompt", [])
    return visible("\n---\n".join(turn["content"] for turn in turns[:2]))


def answers(part: str, ledgers: Ledgers) -> list[dict[str, Any]]:
    """The graded answers of a probing, with the questions and references."""
    return [
        {
            "probe": row["probe"],
            "module": ledgers.items.get(row["probe"], {}).get("module"),
            "question": ledgers.items.get(row["probe"], {}).get("question"),
            "reference": ledgers.items.get(row["probe"], {}).get("reference"),
            "response": row["response"],
            "grade": row["grade"],
            "truncated": row["truncated"],
        }
        for _, rows in ledgers.parts("attempts", part)
        for row in rows
    ]


def answer_line(row: Row) -> str:
    """A graded answer on one line."""
    cut = " (cut off)" if row["truncated"] else ""
    return (
        f"{row['grade']}{cut}: {one_line(visible(row['question'] or row['probe']), 90)} "
        f"wants {row['reference']}, got: {one_line(visible(row['response']), 120) or '(nothing)'}"
    )


def _headline(facts: Mapping[str, Any]) -> str:
    took = "still open" if facts["seconds"] is None else f"{facts['seconds']:.2f} s"
    about = f", {facts['module']}" if facts["module"] else ""
    where = f", round {facts['round']}" if facts["round"] is not None else ""
    said = f": {facts['outcome']}" if facts["outcome"] else ""
    return f"step {facts['step']}, {facts['name']}{about}{where}, at {facts['started'][11:19]} UTC, {took}{said}"


def _named(step: Mapping[str, Any]) -> str:
    return f"{step['name']} (step {step['step']})"


def _above(step: Step, every: Sequence[Step]) -> list[Step]:
    by_id = {s.span.id: s for s in every}
    found: list[Step] = []
    while step.span.parent is not None and step.span.parent in by_id:
        step = by_id[step.span.parent]
        found.insert(0, step)
    return found


def decisions_of(step: Step, ledgers: Ledgers) -> list[Row]:
    """The decisions that a node made, or the one that a step is."""
    part = node_part(step) if step.is_node or step.is_decision else ""
    rows = [row for name, found in ledgers.decisions if part and name == part for row in found]
    if not step.is_decision:
        return rows
    wanted = (step.span.attributes.get(names.MODULE), step.span.attributes.get(names.EVALUATION_WHY))
    return [row for row in rows if (row["module"], row["reason"]) == wanted]


def _answer_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Wrong answers first: they are what one looks for."""
    wrong = [row for row in rows if row["grade"] != "right"]
    right = [row for row in rows if row["grade"] == "right"]
    shown = [*wrong[:MOST_ANSWERS], *right[: max(0, 3 if wrong else MOST_ANSWERS)]]
    left = len(rows) - len(shown)
    return [*(answer_line(row) for row in shown), *([f"... and {left} more: see --json"] if left else [])]


def _node_lines(facts: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for row in facts["decisions"]:
        lines += [decision_line(row), *_inputs(row)]
    inner = facts["steps"]
    if inner:
        lines += ["", *step_lines(inner[:MOST_WITHIN], indent=False)]
        lines += [f"... and {len(inner) - MOST_WITHIN} more steps"] if len(inner) > MOST_WITHIN else []
    losses = facts["attributes"].get(names.LOSSES)
    if losses:
        picked = losses[:: max(1, len(losses) // 10)]
        lines += ["", f"loss over {len(losses)} steps: {' '.join(f'{loss:.3f}' for loss in picked)}"]
    return ["", *lines] if lines else []


def _inputs(row: Row) -> list[str]:
    found = row["inputs"]
    if found is None:
        return []
    low, high = found["interval"] or (None, None)
    interval = "none" if low is None else f"{low:.3f} to {high:.3f} at {found['confidence']:.0%}"
    ratio = "none" if found["ratio"] is None else f"{found['ratio']:.3f}"
    return [
        f"  on {found['n']} items: student {found['student']:.3f}, teacher {found['teacher']:.3f}, ratio {ratio}, "
        f"interval {interval}, threshold {found['threshold']}"
    ]
