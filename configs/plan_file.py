"""A round's plan as a person reads and answers it."""

from __future__ import annotations

from pydantic import Field

from tutelage.pedagogy.records import LessonKind, Record


class PlannedLessons(Record):
    """What one module is taught in the round."""

    kind: LessonKind
    count: int = Field(ge=1, le=100_000, description="lessons")
    levels: tuple[int, ...] | None = Field(default=None, min_length=1, description="of its items; null: all")


class PlanFile(Record):
    """The plan of one round. ``stage`` and ``round`` say which, so that an old file answers no newer question."""

    stage: int
    round: int
    teach: dict[str, PlannedLessons] = Field(min_length=1)
