"""How a run came to its end: after each round, what it knew by its own readings and what it had spent until then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tutelage.graph.records import Decision, LessonAnswer, Reading, TrainingRecord
from tutelage.graph.rundir import RunDir
from tutelage.graph.spending import budget_of
from tutelage.pedagogy.records import Attempt
from tutelage.tracing import names
from tutelage.tracing.reader import alive_seconds, span_lines


@dataclass(frozen=True)
class Reached:
    """Where a run was after a round.

    Attributes:
        accuracy: Mean over modules of each one's latest reading.
        teacher_tokens: None where the round left no decision that says.
        training_tokens: Of the student's budget, rounds that were undone later included.
    """

    round: int
    accuracy: float
    teacher_tokens: int | None
    training_tokens: int
    seconds: float


def rounds_of(rundir: RunDir) -> Iterator[Reached]:
    """A point for every round that read the student."""
    readings = rundir.rows("readings", Reading)
    decisions = rundir.rows("decisions", Decision)
    trainings = rundir.rows("trainings", TrainingRecord)
    attempts = rundir.rows_of_rounds("attempts", Attempt)
    answers = rundir.rows("lesson_answers", LessonAnswer)
    lines = span_lines(rundir.spans)
    known: dict[str, float] = {}
    for number in sorted({reading.round for reading in readings}):
        known |= {r.module: r.right / r.n for r in readings if r.round == number and r.n}
        told = [d.tokens_so_far for d in decisions if d.round <= number]
        if known:
            yield Reached(
                round=number,
                accuracy=sum(known.values()) / len(known),
                teacher_tokens=max(told) if told else None,
                training_tokens=budget_of(
                    (t for t in trainings if t.round <= number),
                    (a for a in attempts if a.round <= number),
                    (a for a in answers if a.round <= number),
                ).spent,
                seconds=_seconds_until(lines, number),
            )


def _seconds_until(lines: Sequence[Mapping[str, Any]], round_number: int) -> float:
    """Seconds that the run was alive until it left the last node of a round."""
    last = max(
        (
            place
            for place, line in enumerate(lines)
            if line["event"] == "end"
            and line["name"].startswith(names.NODE)
            and line["name"] != f"{names.NODE}graduate"
            and line["attributes"].get(names.ROUND, 0) <= round_number
        ),
        default=-1,
    )
    return round(alive_seconds(lines[: last + 1]), 1)
