"""The shapes of the agents' answers: what a teacher is asked to fill, as JSON schema, and what we validate."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tutelage.pedagogy.records import Adaptation, Difficulty
from tutelage.teachers.structured import complaint


class _Answer(BaseModel):
    # Servers differ in what they add; an unknown key, or a number for its text, is no reason to lose a reply.
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class PrerequisiteAnswer(_Answer):
    """A prerequisite as the teacher proposes it."""

    module: str
    confidence: float = Field(ge=0, le=1)


class ModuleAnswer(_Answer):
    """A module as the teacher sees it."""

    id: str
    difficulty: Difficulty
    prerequisites: tuple[PrerequisiteAnswer, ...]


class MapAnswer(_Answer):
    """The knowledge map."""

    modules: tuple[ModuleAnswer, ...]


class MisconceptionAnswer(_Answer):
    """A misconception with the probes it explains."""

    name: str
    explanation: str
    probes: tuple[str, ...]


class MisconceptionsAnswer(_Answer):
    """All misconceptions named for a module."""

    misconceptions: tuple[MisconceptionAnswer, ...]


class StageAnswer(_Answer):
    """One proposed stage."""

    modules: tuple[str, ...]
    reason: str


class CurriculumAnswer(_Answer):
    """The proposed curriculum."""

    stages: tuple[StageAnswer, ...]


class JudgeAnswer(_Answer):
    """Which of two answers is better. The reason comes first, so that it is thought of before the word is said."""

    reason: str
    better: Literal["A", "B", "same"]


class LessonAnswer(_Answer):
    """One lesson as the Tutor's teacher writes it."""

    seed_item: str
    problem: str = Field(min_length=1)
    steps: tuple[str, ...] = Field(min_length=1)
    final_answer: str = Field(min_length=1)
    verification: str
    level: int | None = None
    adaptation: Adaptation


class LessonsAnswer(_Answer):
    """The lessons of one call."""

    lessons: tuple[LessonAnswer, ...]


class SalvagedLessons(LessonsAnswer):
    """The readable lessons of one call, and what was wrong with each of the others.

    One bad lesson does not lose its call. Where none can be read the whole answer is invalid, and is repaired.
    """

    unreadable: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _salvage(cls, value: Any) -> Any:
        written = value.get("lessons") if isinstance(value, dict) else None
        if not isinstance(written, list):
            return value
        readable: list[LessonAnswer] = []
        unreadable: list[str] = []
        for lesson in written:
            try:
                readable.append(LessonAnswer.model_validate(lesson))
            except ValidationError as error:
                unreadable.append(complaint(error))
        return {"lessons": readable, "unreadable": unreadable} if readable else {"lessons": written}
