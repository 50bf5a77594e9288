"""A run as the page is told it: plain JSON, the same whether a server sends it or a report carries it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tutelage.errors import InputError
from tutelage.graph.traces.calls import call_facts
from tutelage.graph.traces.detail import answers, decisions_of
from tutelage.graph.traces.ledgers import Ledgers, Row
from tutelage.graph.traces.listing import standing
from tutelage.graph.traces.outcomes import outcome
from tutelage.graph.traces.steps import Step, innermost
from tutelage.graph.traces.story import advice, chapter_rows, heading, story
from tutelage.graph.traces.table import probing
from tutelage.tracing import names

Json = dict[str, Any]
STEP_COLUMNS = (
    "number", "id", "parent", "depth", "name", "about", "node", "module", "round", "start", "seconds", "state",
    "calls", "tokens", "outcome", "role", "call",
)  # fmt: skip
CANDIDATE_COLUMNS = (
    "id", "module", "kind", "round", "accepted", "reason", "detail", "level", "problem", "answer", "step",
)  # fmt: skip
CUT, SHORT_ID = 240, 12


def head(ledgers: Ledgers, steps: Sequence[Step]) -> Json:
    """What the run is and how it stands."""
    manifest = ledgers.manifest
    deepest = innermost(steps)
    open_now = [s for s in steps if s.span.id in deepest and not s.died and not s.shared]
    return {
        "name": str(manifest.get("name", "")),
        "directory": str(ledgers.root),
        "started": str(manifest.get("started", "")),
        "student": str(manifest.get("student", {}).get("name", "")),
        "forked_from": manifest.get("forked_from"),
        "standing": standing(ledgers, steps),
        "live": bool(open_now),
        "now": [s.number for s in open_now],
        "died": [s.number for s in steps if s.died and s.span.id in deepest],
        "began_ms": steps[0].span.start_ns // 1_000_000 if steps else 0,
        "modules": [{"id": m["id"], "name": m.get("name") or m["id"]} for m in _map(ledgers)],
        "step_columns": STEP_COLUMNS,
        "candidate_columns": CANDIDATE_COLUMNS,
    }


def step_table(steps: Sequence[Step], ledgers: Ledgers) -> list[list[Any]]:
    """Every step as a row of ``STEP_COLUMNS``; ``start`` counts milliseconds from the first."""
    deepest = innermost(steps)
    last = next((s.span.id for s in reversed(steps) if s.span.name == names.RUN), None)
    numbers = {s.span.id: s.number for s in steps}
    began = steps[0].span.start_ns if steps else 0
    return [_row(step, ledgers, deepest, last, numbers, began) for step in steps]


def candidate_table(ledgers: Ledgers, steps: Sequence[Step]) -> list[list[Any]]:
    """Every candidate as a row of ``CANDIDATE_COLUMNS``, with the step of the call that wrote it."""
    calls = _numbers_of_calls(steps)
    return [_candidate(row, calls) for row in ledgers.candidates]


def candidate_facts(name: str, ledgers: Ledgers) -> Json:
    """A candidate in full.

    Raises:
        InputError: there is none of that id.
    """
    found = next((row for row in ledgers.candidates if row["id"] == name), None)
    if found is None:
        raise InputError(f"no candidate '{name}'")
    return dict(found)


def step_facts(step: Step, ledgers: Ledgers) -> Json:
    """What a step's row does not say: prompt and reply of a call, answers of a probing, decisions of a node."""
    attributes = {k: v for k, v in step.span.attributes.items() if k != names.LOSSES}
    facts: Json = {"error": step.span.error, "attributes": attributes, "entry": step.entry}
    if step.role is not None:
        facts["call"] = call_facts(step, ledgers)
    elif names.PART in step.span.attributes:
        facts["answers"] = answers(str(step.span.attributes[names.PART]), ledgers)
    elif names.LOSSES in step.span.attributes:
        facts["losses"] = list(step.span.attributes[names.LOSSES])
    else:
        facts["decisions"] = [dict(row) for row in decisions_of(step, ledgers)]
    return facts


def module_facts(module: str, ledgers: Ledgers, steps: Sequence[Step]) -> Json:
    """The story of a module, each chapter with the calls behind it.

    Raises:
        InputError: the run knows no such module.
    """
    chapters = story(module, ledgers, steps)
    calls = _numbers_of_calls(steps)
    told = []
    for row in chapter_rows(chapters):
        facts: Sequence[Mapping[str, Any]] = row.pop("facts")
        row["heading"] = heading(row["part"])
        row["calls"] = _calls_behind(row["kind"], facts, calls)
        row["verdict"] = facts[0]["verdict"] if row["kind"] == "decision" else None
        told.append(row)
    return {"module": module, "chapters": told, "advice": advice(chapters, steps, str(ledgers.root))}


def _numbers_of_calls(steps: Sequence[Step]) -> dict[str, int]:
    """The step of each call; of one that was read again, the first."""
    return {s.call_id: s.number for s in reversed(steps) if s.call_id}


def _calls_behind(kind: str, facts: Sequence[Row], calls: Mapping[str, int]) -> list[Json]:
    """The calls that wrote a chapter's lessons: accepted and rejected by call, in order."""
    if kind != "lessons":
        return []
    found: dict[int, Json] = {}
    for row in facts:
        step = calls.get(row["provenance"]["call_id"])
        if step is not None:
            tally = found.setdefault(step, {"step": step, "accepted": 0, "rejected": 0})
            tally["accepted" if row["accepted"] else "rejected"] += 1
    return list(found.values())


def _row(
    step: Step, ledgers: Ledgers, deepest: set[str], last: str | None, numbers: Mapping[str, int], began: int
) -> list[Any]:
    span = step.span
    part = probing(span.attributes.get(names.PART))
    about = part or (None if step.is_decision else span.attributes.get(names.MODULE))
    return [
        step.number, span.id, numbers.get(span.parent or ""), step.depth, span.name, about, step.node, step.module,
        step.round, (span.start_ns - began) // 1_000_000, None if span.seconds is None else round(span.seconds, 3),
        _state(step), step.cost.calls, step.cost.tokens, outcome(step, ledgers, deepest, last), step.role,
        (step.call_id or "")[:SHORT_ID] or None,
    ]  # fmt: skip


def _state(step: Step) -> str:
    if step.died:
        return "died"
    if step.shared and step.span.end_ns is None:
        return "shared"
    if step.span.end_ns is None:
        return "open"
    return "failed" if step.failed else ""


def _candidate(row: Row, calls: Mapping[str, int]) -> list[Any]:
    example, provenance = row["example"], row["provenance"]
    return [
        row["id"], row["module"], row["kind"], provenance["round"], row["accepted"], row["reason"],
        _cut(row["detail"]), None if example is None else example["level"],
        None if example is None else _cut(example["problem"]),
        None if example is None else _cut(example["solution"]["final_answer"]), calls.get(provenance["call_id"]),
    ]  # fmt: skip


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= CUT else text[: CUT - 1] + "…"


def _map(ledgers: Ledgers) -> list[Row]:
    try:
        found = json.loads((ledgers.root / "knowledge_map.json").read_bytes())["modules"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return list(found)
