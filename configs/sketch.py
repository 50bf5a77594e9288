"""A domain that names no modules yet: what ``tutelage map`` begins with."""

from __future__ import annotations

from pydantic import ConfigDict, Field, field_validator

from tutelage.pedagogy.records import Record


class Sketch(Record):
    """A domain's file without its modules. Keys that are not here go into the new domain as they are."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str
    description: str
    items: str = Field(description="JSON Lines of {id, question, reference, level?}, relative to this file")
    modules: tuple[()] = ()

    @field_validator("modules", mode="before")
    @classmethod
    def _none_yet(cls, value: object) -> object:
        if value:
            raise ValueError("the domain names its modules already: run it as it is")
        return ()
