"""What a lesson is asked to be, and how it reads to the student."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tutelage.pedagogy.records import Lesson, LessonKind

FEWEST_SHARE = 0.4
"""Of a full round: what the smallest one brings."""


def with_instruction(question: str, instruction: str) -> str:
    """A question as it is put to student and teacher alike: the domain's answer instruction on a line of its own."""
    return f"{question}\n{instruction}" if instruction else question


@dataclass(frozen=True)
class LessonRequest:
    """What the planner orders from the Tutor for one module in one round.

    Attributes:
        levels: Item levels to draw from, in teaching order; None where the domain knows no levels.
    """

    module: str
    kind: LessonKind
    count: int
    levels: tuple[int, ...] | None


def lessons_wanted(examples: int, ratio: float | None) -> int:
    """How many lessons a round brings: as many as are missing, never fewer than two fifths of a full round.

    Args:
        examples: Lessons of a full round.
        ratio: The student's latest P_S / P_T on the module; None before any measurement.
    """
    if ratio is None:
        return examples
    return math.ceil(examples * min(1.0, max(FEWEST_SHARE, 2 * (1 - ratio))))


def levels_for(kind: LessonKind, known: Sequence[int], edge: int | None) -> tuple[int, ...] | None:
    """Which levels a lesson draws from.

    core: all. remedial: from the smallest up to the first one that fails (``edge``): smaller instances, no new
    ground. bridging: upward from the last level in hand to the top, none skipped.
    """
    ordered = sorted(known)
    if not ordered:
        return None
    if kind == "core" or edge is None:
        return tuple(ordered)
    if kind == "remedial":
        return tuple(level for level in ordered if level <= edge) or (ordered[0],)
    start = max((level for level in ordered if level < edge), default=ordered[0])
    return tuple(level for level in ordered if level >= start)


def completion(lesson: Lesson) -> str:
    """The answer the student is trained to give: the steps, one a line, then the answer line that graders read."""
    return "\n".join([*lesson.solution.steps, f"Answer: {lesson.solution.final_answer}"])
