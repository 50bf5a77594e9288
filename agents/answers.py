"""The shapes of the agents' answers: what a teacher is asked to fill, as JSON schema, and what we validate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.config import JsonDict

from tutelage.pedagogy.records import Difficulty
from tutelage.teachers.structured import complaint


class _Answer(BaseModel):
    # Servers differ in what they add; an unknown key, or a number for its text, is no reason to lose a reply.
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


def _at_most(characters: int) -> JsonDict:
    """A bound that the teacher is asked to keep; an answer beyond it is still read, and judged for what it says.

    A small model may loop inside a string, where nothing else in a schema can stop it.
    """
    return {"maxLength": characters}


def _joined(value: Any) -> Any:
    """A text that was given line by line, whole, without the fences that models set around programs by habit."""
    if not isinstance(value, list):
        return value
    return "\n".join(line for line in map(str, value) if not line.startswith("```"))


def _lines(most: int) -> Callable[[JsonDict], None]:
    """A text that the teacher is asked for line by line.

    Under a JSON schema a model that means to break a line inside a string can only leave the break out: the character
    itself is not JSON, and a small model does not think of its escape. Of a program nothing is left then.
    """

    def ask(schema: JsonDict) -> None:
        schema.clear()
        schema.update({"type": "array", "items": {"type": "string", **_at_most(160)}, "minItems": 1, "maxItems": most})

    return ask


_Id = Annotated[str, Field(json_schema_extra=_at_most(120))]
_FewWords = Annotated[str, Field(json_schema_extra=_at_most(60))]
_Sentence = Annotated[str, Field(json_schema_extra=_at_most(300))]
_Text = Annotated[str, BeforeValidator(_joined)]


class PrerequisiteAnswer(_Answer):
    """A prerequisite as the teacher proposes it."""

    module: _Id
    confidence: float = Field(ge=0, le=1)


class ModuleAnswer(_Answer):
    """A module as the teacher sees it."""

    id: _Id
    difficulty: Difficulty
    prerequisites: tuple[PrerequisiteAnswer, ...] = Field(json_schema_extra={"maxItems": 8})


class MapAnswer(_Answer):
    """The knowledge map."""

    modules: tuple[ModuleAnswer, ...]


class NewModuleAnswer(_Answer):
    """A module of a domain that has none yet."""

    id: str = Field(min_length=1, json_schema_extra=_at_most(120))
    name: str = Field(min_length=1, json_schema_extra=_at_most(120))
    description: _Sentence
    difficulty: Difficulty = "introductory"


class ModulesAnswer(_Answer):
    """The modules that a domain falls into. None, or hundreds, is an answer to ask for again."""

    modules: tuple[NewModuleAnswer, ...] = Field(min_length=1, max_length=100)


class TagAnswer(_Answer):
    """The modules that an item exercises, the main one first; none where no module fits."""

    item: _Id
    modules: tuple[_Id, ...] = Field(json_schema_extra={"maxItems": 3})


class TagsAnswer(_Answer):
    """The tags of a few items."""

    tags: tuple[TagAnswer, ...]


class MisconceptionAnswer(_Answer):
    """A misconception with the probes it explains."""

    name: _Id
    explanation: _Sentence
    probes: tuple[_Id, ...] = Field(json_schema_extra={"maxItems": 8})


class MisconceptionsAnswer(_Answer):
    """All misconceptions named for a module."""

    misconceptions: tuple[MisconceptionAnswer, ...]


class StageAnswer(_Answer):
    """One proposed stage."""

    modules: tuple[_Id, ...] = Field(json_schema_extra={"maxItems": 40})
    reason: _Sentence


class CurriculumAnswer(_Answer):
    """The proposed curriculum."""

    stages: tuple[StageAnswer, ...]


class JudgeAnswer(_Answer):
    """Which of two answers is better. The reason comes first, so that it is thought of before the word is said."""

    reason: _Sentence
    better: Literal["A", "B", "same"]


class AdaptationAnswer(_Answer):
    """What the teacher says it did for this student, dimension by dimension."""

    concretised: _FewWords
    decomposed: _FewWords
    load: _FewWords
    format: _FewWords
    language: _FewWords


class LessonAnswer(_Answer):
    """One lesson as the Tutor's teacher writes it."""

    seed_item: _Id
    problem: str = Field(min_length=1, json_schema_extra=_at_most(800))
    steps: tuple[Annotated[str, Field(json_schema_extra=_at_most(240))], ...] = Field(
        min_length=1, json_schema_extra={"maxItems": 12}
    )
    final_answer: _Text = Field(min_length=1, json_schema_extra=_at_most(1200))
    verification: _Text = Field(json_schema_extra=_at_most(600))
    level: int | None = None
    adaptation: AdaptationAnswer


class LessonsAnswer(_Answer):
    """The lessons of one call."""

    lessons: tuple[LessonAnswer, ...]


class BareLessonAnswer(LessonAnswer):
    """A lesson whose answer is a bare value."""

    final_answer: str = Field(min_length=1, json_schema_extra=_at_most(120))
    verification: str = Field(json_schema_extra=_at_most(240))


class BareLessonsAnswer(_Answer):
    """The lessons of one call in a domain whose answers are bare values."""

    lessons: tuple[BareLessonAnswer, ...]


class CodeLessonAnswer(LessonAnswer):
    """A lesson whose answer is a program."""

    final_answer: _Text = Field(min_length=1, json_schema_extra=_lines(40))
    verification: _Text = Field(json_schema_extra=_lines(6))


class CodeLessonsAnswer(_Answer):
    """The lessons of one call in a domain whose answers are programs."""

    lessons: tuple[CodeLessonAnswer, ...]


class ProbeAnswer(_Answer):
    """A probe that the teacher writes for a module without items."""

    question: str = Field(min_length=1, json_schema_extra=_at_most(800))
    reference: str = Field(min_length=1, json_schema_extra=_at_most(1200))
    level: int | None = Field(default=None, ge=1, le=9)


class ProbesAnswer(_Answer):
    """The probes of one call."""

    probes: tuple[ProbeAnswer, ...]


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
