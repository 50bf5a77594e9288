"""The story of one module: everything the run measured, taught and decided about it, in order and in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tutelage.errors import InputError
from tutelage.graph.statuses import words
from tutelage.graph.traces.detail import answer_line, answers
from tutelage.graph.traces.ledgers import Ledgers, Row
from tutelage.graph.traces.outcomes import accepted, grades
from tutelage.graph.traces.steps import Step, innermost
from tutelage.graph.traces.table import probing
from tutelage.tracing import names

WRONG_SHOWN, REJECTED_SHOWN = 3, 2


@dataclass(frozen=True)
class Chapter:
    """One thing that happened to the module.

    Attributes:
        at: Sorts the story: beginnings of part names do.
        kind: probing, misconceptions, plan, lessons, training or decision.
        text: What happened, in a sentence.
        notes: What it stands on, a line each.
        step: Where it is in the trace.
        facts: The rows it was told from.
    """

    at: str
    kind: str
    text: str
    notes: tuple[str, ...] = ()
    step: int | None = None
    facts: Sequence[Row] = field(default=(), repr=False)


def story(module: str, ledgers: Ledgers, steps: Sequence[Step]) -> list[Chapter]:
    """All chapters of a module, in order.

    Raises:
        InputError: the run knows no such module.
    """
    if module not in ledgers.modules:
        raise InputError(f"no module '{module}'", where="MODULE", do=f"it has {', '.join(ledgers.modules)}")
    places = _Places(steps)
    tellers: tuple[Callable[[str, Ledgers, _Places], Iterator[Chapter]], ...] = (
        _probings, _misconceptions, _lessons, _trainings, _decisions
    )  # fmt: skip
    # Of one node: first what was measured, then what was concluded from it.
    found = [(_node_of(c.at), n, c.step or len(steps), c.at, c) for n, tell in enumerate(tellers)
             for c in tell(module, ledgers, places)]  # fmt: skip
    return [chapter for *_, chapter in sorted(found, key=lambda one: one[:4])]


def story_lines(module: str, chapters: Sequence[Chapter]) -> list[str]:
    """The story for people."""
    lines = [module]
    shown = ""
    for chapter in chapters:
        if (now := heading(chapter.at)) != shown:
            shown = now
            lines += ["", shown]
        where = f"  [step {chapter.step}]" if chapter.step else ""
        lines += [f"  {chapter.text}{where}", *(f"      {note}" for note in chapter.notes)]
    return lines


class _Places:
    """Where in the trace each piece of work is: the last time it was done, in case a crash made it be done again."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._parts = {s.span.attributes[names.PART]: s.number for s in steps if names.PART in s.span.attributes}
        self._nodes = {(s.node, s.round, s.module): s.number for s in steps if s.is_node}
        self._writes = {(s.round, s.module): s.number for s in steps if s.span.name == names.WRITE_LESSONS}

    def of_part(self, part: str) -> int | None:
        return self._parts.get(part)

    def of_node(self, node: str, round_number: int, module: str | None = None) -> int | None:
        planned = round_number - (node == "plan")
        return self._nodes.get((node, planned, module))

    def of_lessons(self, round_number: int, module: str) -> int | None:
        return self._writes.get((round_number, module)) or self.of_node("tutor", round_number, module)


def _node_of(part: str) -> str:
    return "-".join(part.split("-")[:3])


def heading(at: str) -> str:
    """When a chapter happened: before any lesson, in a round, or at the end."""
    number, _, node, *_ = at.split("-")
    match node:
        case "diagnose":
            return "Before any lesson"
        case "graduate":
            return "At the end, on held-out items"
        case _:
            return f"Round {int(number)}"


def _probings(module: str, ledgers: Ledgers, places: _Places) -> Iterator[Chapter]:
    for part, _ in ledgers.parts("attempts"):
        mine = [row for row in answers(part, ledgers) if row["module"] == module]
        if not mine:
            continue
        role = "teacher" if "-teacher-" in part else "student"
        of = probing(part)
        wrong = [row for row in mine if row["grade"] != "right"]
        shown = [answer_line(row) for row in wrong[:WRONG_SHOWN]] if role == "student" else []
        more = len(wrong) - len(shown)
        notes = [*shown, *([f"and {more} more wrong answers"] if shown and more else [])]
        text = f"probed the {role}{f' ({_plain(of, part)})' if of else ''}: {grades(mine)}"
        yield Chapter(part, "probing", text, tuple(notes), places.of_part(part), mine)


def _misconceptions(module: str, ledgers: Ledgers, places: _Places) -> Iterator[Chapter]:
    for part, rows in ledgers.parts("misconceptions"):
        mine = [row for row in rows if row["module"] == module]
        node = part.split("-")[2]
        for row in mine:
            text = f"the Diagnostician names a misconception: {row['name']}: {row['explanation']}"
            yield Chapter(part, "misconception", text, (), places.of_node(node, row["round"]), [row])


def _lessons(module: str, ledgers: Ledgers, places: _Places) -> Iterator[Chapter]:
    for part, rows in ledgers.parts("candidates"):
        mine = [row for row in rows if row["module"] == module]
        if not mine:
            continue
        calls = len({row["provenance"]["call_id"] for row in mine})
        kind, number = mine[0]["kind"], mine[0]["provenance"]["round"]
        rejected = [row for row in mine if not row["accepted"]][:REJECTED_SHOWN]
        notes = tuple(dict.fromkeys(f"rejected: {words(r['reason'])}: {r['detail'] or ''}" for r in rejected))
        text = f"the Tutor wrote {kind} lessons in {calls} calls: {accepted(mine)}"
        yield Chapter(part, "lessons", text, notes, places.of_lessons(number, module), mine)


def _trainings(module: str, ledgers: Ledgers, places: _Places) -> Iterator[Chapter]:
    for part, rows in ledgers.parts("trainings"):
        for row in rows:
            count = row["modules"].get(module, 0)
            if count:
                paired = f", {row['pairs']} with a rejected answer" if row.get("pairs") else ""
                text = (
                    f"the student trained on {row['rows']} rows, {count} of this module, {row['replayed']} of earlier "
                    f"rounds{paired}: loss {row['loss_first']:.3f} to {row['loss_last']:.3f} in {row['seconds']:.0f} s"
                )
                yield Chapter(part, "training", text, (), places.of_node("finetune", row["round"]), [row])


def _decisions(module: str, ledgers: Ledgers, places: _Places) -> Iterator[Chapter]:
    touched = {c["provenance"]["round"] for c in ledgers.candidates if c["module"] == module}
    for part, rows in ledgers.decisions:
        node = part.split("-")[2]
        for row in rows:
            if row["module"] == module or (row["verdict"] == "rolled_back" and row["round"] in touched):
                step = places.of_node(node, row["round"])
                yield Chapter(part, "decision", _decided(row), tuple(_numbers(row)), step, [row])


def _decided(row: Row) -> str:
    return f"decided: {words(row['verdict'])}, because {row['reason']}; next: {row['next']}"


def _numbers(row: Row) -> Iterator[str]:
    found = row["inputs"]
    if found and found["interval"] and found["ratio"] is not None:
        low, high = found["interval"]
        yield (
            f"student {found['student']:.3f} over {found['n']} items, teacher {found['teacher']:.3f}, ratio "
            f"{found['ratio']:.3f}, {found['confidence']:.0%} interval {low:.3f} to {high:.3f}, "
            f"threshold {found['threshold']}"
        )


def _plain(of: str, part: str) -> str:
    """A probing's name in plain words; a diagnosis looks more than once, too."""
    first, _, rest = of.partition(" ")
    if first.startswith("look"):
        node = "diagnosis" if "-diagnose-" in part else "gate"
        return f"{node}, look {first.removeprefix('look')}"
    plain = {"profile": "what is still wrong", "retention": "is it still known?", "before": "before", "after": "after"}
    return plain.get(first, f"{first} {rest}".strip())


def advice(chapters: Sequence[Chapter], steps: Sequence[Step], directory: str) -> list[str]:
    """Where to look next, from how the story ended."""
    verdict = next((c.facts[0]["verdict"] for c in reversed(chapters) if c.kind == "decision"), None)
    lines = [f"How it stands: {words(str(verdict or 'not decided yet'))}. Where to look next:"]
    lines += [
        f"  the run died in '{s.span.name}' (step {s.number}): tutelage resume {directory}" for s in _deaths(steps)
    ]
    taught = [c for c in chapters if c.kind == "lessons"]
    probed = [c for c in chapters if c.kind == "probing" and any(r["grade"] != "right" for r in c.facts)]
    student = [c for c in probed if "the student" in c.text]
    if student and student[-1].step:
        lines.append(f"  what the student last got wrong: tutelage trace show {directory} {student[-1].step}")
    if taught:
        lines += _about_lessons(taught, directory)
    if verdict in ("remediate", "bridge", "stalled", "regressed") and taught and taught[-1].step:
        again = f"tutelage fork {directory} --at {taught[-1].step} --into DIR2 --teacher URL"
        lines.append(f"  try its last lessons again with something changed: {again}")
    if verdict == "held_back":
        lines.append(f"  the module it stands on: tutelage trace ls {directory} --why")
    if verdict == "deficient" and not taught:
        lines.append(f"  it was never reached: tutelage trace ls {directory} --node plan --why")
    return lines


def _deaths(steps: Sequence[Step]) -> list[Step]:
    """Where the last process died, if it did."""
    last = max((n for n, step in enumerate(steps) if step.span.name == names.RUN), default=0)
    inner = innermost(steps)
    return [step for step in steps[last:] if step.died and step.span.id in inner]


def _about_lessons(taught: Sequence[Chapter], directory: str) -> Iterator[str]:
    last = taught[-1]
    call = next((row["provenance"]["call_id"] for row in last.facts), None)
    if call:
        yield f"  the prompt that taught it last: tutelage trace show {directory} {call[:12]}"
    reasons = Counter(str(row["reason"]) for c in taught for row in c.facts if not row["accepted"])
    total = sum(len(c.facts) for c in taught)
    if reasons and reasons.total() > total / 4:
        reason, count = reasons.most_common(1)[0]
        yield f"  {count} of {total} lessons were rejected as {words(reason)}: see candidates.jsonl"


def chapter_rows(chapters: Sequence[Chapter]) -> list[dict[str, Any]]:
    """The story for machines."""
    return [
        {"part": c.at, "kind": c.kind, "text": c.text, "notes": list(c.notes), "step": c.step, "facts": list(c.facts)}
        for c in chapters
    ]
