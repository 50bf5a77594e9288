"""What a teacher's file may say: one endpoint, a pool, a ladder, or the offline teacher."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from tutelage.pedagogy.records import Record
from tutelage.teachers.settings import EndpointSettings


class EndpointFile(EndpointSettings):
    """One OpenAI-compatible endpoint."""

    base_url: str = Field(description="normally ends in /v1")


class PoolFile(EndpointSettings):
    """One model behind several endpoints. The file's other keys are the settings of members said by their URL."""

    pool: tuple[str, ...] = Field(min_length=1, description="URLs, or names or paths of teachers")


class RungFile(Record):
    """One step of a ladder."""

    from_stage: int = Field(ge=1)
    teacher: str = Field(description="name, path or URL")


class LadderFile(Record):
    """A teacher per stage, normally weaker to stronger."""

    ladder: tuple[RungFile, ...] = Field(min_length=1)


class OfflineFile(Record):
    """The offline teacher, which the run itself starts and stops."""

    serve: Literal["offline"]


TeacherFile = EndpointFile | PoolFile | LadderFile | OfflineFile


def kind_of(value: Mapping[str, Any]) -> type[TeacherFile]:
    """Which of them a file is, by the key that only that kind has."""
    kinds: dict[str, type[TeacherFile]] = {"pool": PoolFile, "ladder": LadderFile, "serve": OfflineFile}
    return next((kind for key, kind in kinds.items() if key in value), EndpointFile)
