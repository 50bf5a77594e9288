"""Two runs side by side: where they part, and what differs in settings, prompts, data and decisions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tutelage.files import canonical_json, sha256_text
from tutelage.graph.plain_text import visible
from tutelage.graph.traces.calls import request_turns
from tutelage.graph.traces.ledgers import Ledgers, Row
from tutelage.graph.traces.outcomes import node_part
from tutelage.graph.traces.steps import Step, read_steps, within

Place = tuple[str, int | None, str | None]
PROMPT_LINES, LISTED = 24, 10
_PROBING = {"diagnose", "gate", "graduate"}
_UNTOLD = {"name", "forked_from"}


@dataclass(frozen=True)
class Visit:
    """A node of one run, as far as two runs can be compared by it."""

    step: int
    place: Place
    prompts: Mapping[str, str]
    replies: Mapping[str, str]
    decisions: Sequence[Row]
    trainings: Sequence[Row]
    answers: Mapping[str, str]

    @property
    def text(self) -> str:
        """Where it is, for people."""
        node, number, module = self.place
        return f"{node}{f' {module}' if module else ''}, round {number}"


def compare(a: Ledgers, b: Ledgers) -> dict[str, Any]:
    """What differs between two runs; lists are empty where nothing does."""
    one, two = visits(a), visits(b)
    pairs = list(_paired(one, two))
    return {
        "runs": [str(a.root), str(b.root)],
        "forked_from": [run.manifest.get("forked_from") for run in (a, b)],
        "settings": list(_settings(a, b)),
        "first_divergence": next(_divergences(pairs, a, b, how=True), None),
        "differing": [
            {"where": d["where"], "what": d["what"], "steps": d["steps"]} for d in _divergences(pairs, a, b, how=False)
        ],
        "decisions": list(_decisions(a, b)),
        "data": list(_data(a, b)),
    }


def visits(ledgers: Ledgers) -> list[Visit]:
    """The nodes of a run in order; of one that was entered again after a crash, the last entry."""
    steps = read_steps(ledgers)
    last: dict[Place, Step] = {}
    for step in steps:
        if step.is_node and step.span.end_ns is not None and step.node is not None:
            last[(step.node, step.round, step.module)] = step
    return [_visit(place, step, steps, ledgers) for place, step in last.items()]


def compare_lines(found: Mapping[str, Any]) -> list[str]:
    """The comparison for people."""
    a, b = found["runs"]
    lines = [f"A: {a}", f"B: {b}"]
    lines += [f"{name} was forked from {f['run']} at {f['checkpoint']}" for name, f in _forks(found)]
    lines += _section("settings", [f"{s['key']}: {s['a']!r} in A, {s['b']!r} in B" for s in found["settings"]])
    first = found["first_divergence"]
    if first is None:
        return [*lines, "", "the two runs did the same as far as both have come"]
    at = ", ".join(f"step {step} of {name}" for step, name in zip(first["steps"], "AB", strict=True) if step)
    lines += ["", f"first divergence: {first['where']} ({at})"]
    lines += [f"  {line}" for line in first["how"]]
    lines += _section("decisions", [f"{d['where']}: {d['a']} in A, {d['b']} in B" for d in found["decisions"]])
    lines += _section("data sets", [f"{d['where']}: {d['a']} in A, {d['b']} in B" for d in found["data"]])
    lines += _section("steps that differ", [f"{d['where']}: {', '.join(d['what'])}" for d in found["differing"]])
    return [visible(line) for line in lines]


def _section(title: str, lines: Sequence[str]) -> list[str]:
    more = [f"  ... and {len(lines) - LISTED} more: see --json"] if len(lines) > LISTED else []
    return ["", f"{title}:", *(f"  {line}" for line in lines[:LISTED]), *more] if lines else []


def _forks(found: Mapping[str, Any]) -> Iterator[tuple[str, Row]]:
    return ((name, fork) for name, fork in zip("AB", found["forked_from"], strict=True) if fork)


def _visit(place: Place, step: Step, steps: Sequence[Step], ledgers: Ledgers) -> Visit:
    prompts, replies = {}, {}
    for call in within(steps, step):
        stored = ledgers.reply(call.call_id or "") if call.call_id else None
        if stored is not None and call.call_id:
            key = sha256_text(canonical_json([request_turns(stored["request"]), stored["request"]["seed"]]))
            prompts[key] = call.call_id
            replies[key] = stored["reply"]["text"]
    part = node_part(step)
    decisions = [row for name, rows in ledgers.decisions if part and name == part for row in rows]
    trainings = [row for _, rows in ledgers.parts("trainings", part) for row in rows] if part else []
    probed = [row for _, rows in ledgers.parts("attempts", part) for row in rows] if part else []
    answers = {f"{row['role']} {row['model']} {row['probe']}": row["response"] for row in probed}
    if step.node not in _PROBING:
        answers = {}
    return Visit(step.number, place, prompts, replies, decisions, trainings, answers)


def _paired(one: Sequence[Visit], two: Sequence[Visit]) -> Iterator[tuple[Visit | None, Visit | None]]:
    """The visits of both at the same place, in the order of A's; then those that only B made."""
    other = {visit.place: visit for visit in two}
    mine = {visit.place for visit in one}
    yield from ((visit, other.get(visit.place)) for visit in one)
    yield from ((None, visit) for visit in two if visit.place not in mine)


def _kinds(x: Visit | None, y: Visit | None) -> list[str]:
    """In what a visit of A and one of B differ."""
    if x is None or y is None:
        return [f"only in {'B' if x is None else 'A'}"]
    shared = x.prompts.keys() & y.prompts.keys()
    checks = {
        "prompts": x.prompts.keys() != y.prompts.keys(),
        "replies": any(x.replies[key] != y.replies[key] for key in shared),
        "data": [row["dataset_sha256"] for row in x.trainings] != [row["dataset_sha256"] for row in y.trainings],
        "training": [row["adapter_sha256"] for row in x.trainings] != [row["adapter_sha256"] for row in y.trainings],
        "answers": sorted(x.answers.values()) != sorted(y.answers.values()),
        "decisions": [_verdict(d) for d in x.decisions] != [_verdict(d) for d in y.decisions],
    }
    return [name for name, differs in checks.items() if differs]


def _divergences(
    pairs: Sequence[tuple[Visit | None, Visit | None]], a: Ledgers, b: Ledgers, *, how: bool
) -> Iterator[dict[str, Any]]:
    for x, y in pairs:
        kinds, visit = _kinds(x, y), x or y
        if kinds and visit is not None:
            told = list(_how(x, y, a, b)) if how and x and y else []
            first = f"differs in: {', '.join(kinds)}" if x and y else kinds[0]
            yield {"where": visit.text, "steps": [x and x.step, y and y.step], "what": kinds, "how": [first, *told]}


def _how(x: Visit, y: Visit, a: Ledgers, b: Ledgers) -> Iterator[str]:
    only_a = [call for key, call in x.prompts.items() if key not in y.prompts]
    only_b = [call for key, call in y.prompts.items() if key not in x.prompts]
    if only_a and only_b:
        yield f"{len(only_a)} of {len(x.prompts)} prompts differ; the first (calls {only_a[0][:12]}, {only_b[0][:12]}):"
        yield from difference(_asked(a, only_a[0]), _asked(b, only_b[0]), "A", "B")[:PROMPT_LINES]
    elif only_a or only_b:
        yield f"{len(only_a)} prompts only in A, {len(only_b)} only in B"
    for one, two in zip(x.trainings, y.trainings, strict=False):
        if one["adapter_sha256"] != two["adapter_sha256"]:
            yield f"{_trained(one)} in A, {_trained(two)} in B"
    for key in x.replies.keys() & y.replies.keys():
        if x.replies[key] != y.replies[key]:
            yield f"the same prompt, another reply (calls {x.prompts[key][:12]}, {y.prompts[key][:12]}):"
            yield from difference(x.replies[key], y.replies[key], "A", "B")[:PROMPT_LINES]
            return


def _trained(row: Row) -> str:
    return f"{row['rows']} rows, loss {row['loss_first']:.3f} to {row['loss_last']:.3f}"


def difference(before: str, after: str, one: str, two: str) -> list[str]:
    """A unified diff of two texts."""
    return list(difflib.unified_diff(before.split("\n"), after.split("\n"), one, two, lineterm="", n=1))


def _asked(ledgers: Ledgers, call_id: str) -> str:
    stored = ledgers.reply(call_id)
    return "" if stored is None else "\n".join(turn["content"] for turn in request_turns(stored["request"]))


def _verdict(row: Row) -> tuple[object, ...]:
    return (row["module"], row["verdict"], row["reason"])


def _settings(a: Ledgers, b: Ledgers) -> Iterator[dict[str, Any]]:
    one, two = (dict(_leaves(run.manifest.get("config", {}))) for run in (a, b))
    for key in sorted(one.keys() | two.keys()):
        if one.get(key) != two.get(key) and key not in _UNTOLD:
            yield {"key": key, "a": one.get(key), "b": two.get(key)}


def _leaves(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, value


def _decisions(a: Ledgers, b: Ledgers) -> Iterator[dict[str, Any]]:
    one, two = (
        {(part, row["module"]): str(row["verdict"]) for part, rows in run.decisions for row in rows if row["module"]}
        for run in (a, b)
    )
    for key in sorted(one.keys() | two.keys()):
        if one.get(key) != two.get(key):
            yield {"where": f"{key[0]} {key[1]}", "a": one.get(key, "none"), "b": two.get(key, "none")}


def _data(a: Ledgers, b: Ledgers) -> Iterator[dict[str, Any]]:
    one, two = (
        {row["round"]: f"{row['rows']} rows {row['dataset_sha256'][:12]}" for _, rows in run.parts("trainings")
         for row in rows}
        for run in (a, b)
    )  # fmt: skip
    for key in sorted(one.keys() | two.keys()):
        if one.get(key) != two.get(key):
            yield {"where": f"round {key}", "a": one.get(key, "none"), "b": two.get(key, "none")}
