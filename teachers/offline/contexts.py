"""What the agents' prompts carry: the context block of each, read forgivingly."""

from __future__ import annotations

import json
import re
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_FENCE = re.compile(r"```json\s*\n(.*?)\n?\s*```", re.DOTALL)


class NotUnderstood(ValueError):
    """The request cannot be answered; the message says why, for the 400 that it becomes."""


class Context(BaseModel):
    """A part of a context. Keys that we do not use are left aside."""

    model_config = ConfigDict(frozen=True, extra="ignore")


Kind = TypeVar("Kind", bound=Context)


class ModuleContext(Context):
    """A module: its id is all that must be there."""

    id: str
    name: str = ""
    description: str = ""
    ratio: float | None = None
    gap: float | None = None


class MapContext(Context):
    """What is asked of a knowledge map."""

    modules: tuple[ModuleContext, ...]


class ItemContext(Context):
    """An item that is to be tagged."""

    id: str
    question: str


class TagsContext(Context):
    """What is asked of tags."""

    modules: tuple[ModuleContext, ...]
    items: tuple[ItemContext, ...]


class WrongAnswerContext(Context):
    """A wrong answer of the student. Lessons see them without the probe."""

    probe: str = ""
    question: str
    reference: str
    response: str


class MisconceptionsContext(Context):
    """What is asked about wrong answers."""

    module: ModuleContext
    wrong_answers: tuple[WrongAnswerContext, ...]


class CurriculumContext(Context):
    """What is asked of a curriculum."""

    modules: tuple[ModuleContext, ...]
    stages: tuple[tuple[str, ...], ...]


class SeedContext(Context):
    """A seed item that lessons start from."""

    id: str
    question: str = ""
    reference: str = ""
    level: int | None = None


Task = Literal["self_instruct", "evol_instruct", "critique_revise", "counterfactual", "prompt_distill", "persd"]


class StudentContext(Context):
    """What was measured of the student."""

    ratio: float | None = None
    longest_chain: int | None = None
    wrong_answers: tuple[WrongAnswerContext, ...] = ()


class LessonsContext(Context):
    """What is asked of lessons."""

    module: ModuleContext
    kind: Literal["core", "remedial", "bridging"] = "core"
    count: int = Field(ge=1, le=500)
    levels: tuple[int, ...] | None = None
    seed_items: tuple[SeedContext, ...] = ()
    student: StudentContext = StudentContext()
    task: Task | None = None
    note: str = ""
    drafts: tuple[SeedContext, ...] = ()


class ProbesContext(Context):
    """What is asked of probes."""

    module: ModuleContext
    count: int = Field(ge=1, le=100)


def read_context(text: str, kind: type[Kind]) -> Kind:
    """The last fenced JSON block of a prompt.

    Raises:
        NotUnderstood: there is none, or it does not hold what this schema's prompt must hold.
    """
    blocks = _FENCE.findall(text)
    if not blocks:
        raise NotUnderstood("the last user message must end with a fenced ```json block that holds the context")
    try:
        value: Any = json.loads(blocks[-1])
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise NotUnderstood(f"context: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise NotUnderstood(f"the context block is not JSON ({error})") from error
