"""The shapes of the agents' answers: what a teacher is asked to fill, as JSON schema, and what we validate."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from tutelage.pedagogy.records import Adaptation, Difficulty


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
