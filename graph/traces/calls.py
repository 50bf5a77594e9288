"""One call of a teacher: what was asked, what came back, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tutelage.graph.statuses import words
from tutelage.graph.traces.ledgers import Ledgers, Row
from tutelage.graph.traces.outcomes import node_part
from tutelage.graph.traces.steps import Step
from tutelage.tracing import names


def call_facts(step: Step, ledgers: Ledgers) -> dict[str, Any]:
    """The call of a step, for machines. ``stored`` is False where it was never answered."""
    stored = ledgers.reply(step.call_id or "")
    retries = [dict(e["attributes"]) for e in step.span.events if e["name"] == names.RETRY_EVENT]
    if stored is None:
        return {"stored": False, "retries": retries}
    request, reply = stored["request"], stored["reply"]
    return {
        "stored": True,
        "retries": retries,
        "endpoint": reply["endpoint"],
        "model": reply["model"],
        "seconds": reply["seconds"],
        "prompt_tokens": reply["prompt_tokens"],
        "completion_tokens": reply["completion_tokens"],
        "finish_reason": reply["finish_reason"],
        "temperature": request["temperature"],
        "max_tokens": request["max_tokens"],
        "seed": request["seed"],
        "schema": request["schema_name"],
        "prompt_hash": request["prompt_hash"],
        "prompt": request_turns(request),
        "reasoning": reply["reasoning"],
        "reply": reply["text"],
        "parsed": parsed(reply["text"]) if request["schema_name"] else None,
        "became": _became(step, request, ledgers),
    }


def request_turns(request: Row) -> list[dict[str, str]]:
    """A stored request as its turns."""
    turns = [{"role": "system", "content": request["system"]}] if request["system"] else []
    turns.append({"role": "user", "content": request["user"]})
    if request.get("repair"):
        turns.append({"role": "assistant", "content": request["repair"]["reply"]})
        turns.append({"role": "user", "content": request["repair"]["complaint"]})
    return turns


def parsed(text: str) -> Any:
    """The first JSON object in a reply; None where there is none."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        return json.JSONDecoder().raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return None


def call_lines(facts: Mapping[str, Any]) -> list[str]:
    """The call for people: a heading a section, the text below it as it was."""
    lines = [_retried(one) for one in facts["retries"]]
    if not facts["stored"]:
        return [*lines, "no answer was kept: the call failed, was cancelled, or was under way when the process died"]
    lines.append(
        f"{facts['model']} at {facts['endpoint']}, {facts['seconds']:.2f} s, {facts['prompt_tokens']} + "
        f"{facts['completion_tokens']} tokens, ended by '{facts['finish_reason']}', temperature {facts['temperature']}"
    )
    for turn in facts["prompt"]:
        lines += ["", f"--- {turn['role']}", *turn["content"].split("\n")]
    if facts["reasoning"]:
        lines += ["", "--- reasoning of the teacher", *facts["reasoning"].split("\n")]
    lines += ["", "--- reply", *facts["reply"].split("\n")]
    if facts["schema"]:
        lines += ["", f"--- parsed as {facts['schema']}", *_pretty(facts["parsed"])]
    return [*lines, "", "--- what became of it", *(facts["became"] or ["nothing is recorded of it"])]


def _retried(attributes: Mapping[str, Any]) -> str:
    status = attributes.get(names.RETRY_STATUS)
    return f"retried after {'no answer' if status is None else status}: {attributes.get(names.RETRY_REASON, '')}"


def _pretty(value: Any) -> list[str]:
    if value is None:
        return ["(no JSON object in it)"]
    return json.dumps(value, ensure_ascii=False, indent=1).split("\n")


def _became(step: Step, request: Row, ledgers: Ledgers) -> list[str]:
    if step.role == "tutor":
        return [_lesson(c) for c in ledgers.lessons_of_call.get(step.call_id or "", [])]
    if step.role == "reference":
        return [*_probe(request, ledgers), *_solution(request, ledgers)]
    part = node_part(step)
    if step.role == "diagnostician" and step.module:
        return [
            f"misconception: {row['name']}: {row['explanation']}"
            for name, rows in ledgers.parts("misconceptions", part)
            for row in rows
            if row["module"] == step.module and name.startswith(part)
        ]
    return [decision_line(row) for name, rows in ledgers.decisions if name == part for row in rows]


def _lesson(candidate: Row) -> str:
    if candidate["accepted"]:
        said = "accepted"
    else:
        said = f"rejected ({words(candidate['reason'])}: {candidate['detail'] or ''})"
    problem = "no lesson" if candidate["example"] is None else candidate["example"]["problem"]
    return f"{candidate['id']} {said}: {problem}"


def _probe(request: Row, ledgers: Ledgers) -> list[str]:
    asked = ledgers.items_of_question.get(request["user"].partition("\n")[0], [])
    return [
        f"probe {item['id']} graded {row['grade']}; wanted {item['reference']}"
        for item in asked
        if request["user"].startswith(item["question"])
        for row in ledgers.teacher_answers.get(item["id"], [])
    ]


def _solution(request: Row, ledgers: Ledgers) -> list[str]:
    """The lesson whose answer this independent solution was to confirm, or that it is itself, of a probe."""
    found = ledgers.lessons_of_problem.get(request["user"].partition("\n")[0], [])
    itself = [c["provenance"]["prompt_hash"] == request["prompt_hash"] for c in found]
    return [f"{'' if own else 'solved independently: '}{_lesson(c)}" for own, c in zip(itself, found, strict=True)]


def decision_line(row: Row) -> str:
    """A decision in one line: about what, the verdict, why, and what comes next."""
    about = f"{row['module']}: " if row["module"] else ""
    return f"{about}{words(row['verdict'])}: {row['reason']}; next: {row['next']}"
