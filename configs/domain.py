"""What a domain's file may say: what is to be taught, the items that measure it, and how their columns are read."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from tutelage.pedagogy.records import Module, Record
from tutelage.training.grading import LEAST_ROUGE, GraderName

Family = Literal["mathematics", "code", "instructions", "academic"]


class DomainModule(Module):
    """A module that the domain's author names. Leave ``prerequisites`` out to have the teacher propose them."""

    prerequisites: tuple[str, ...] | None = None  # type: ignore[assignment]


class Column(Record):
    """Where a value comes from. A bare string is a column's name, or a text where it has ``{column}`` in it.

    A column that holds a list is read as its lines. Exactly one of ``column``, ``text`` and ``value`` is said.
    """

    column: str | None = Field(default=None, description="a column's name")
    text: str | None = Field(default=None, description="a text with columns in it: '{question} A. {choices[0]}'")
    value: str | None = Field(default=None, description="the same for every row")
    after: str | None = Field(default=None, description="only what follows the last of these: '####' for GSM8K")
    letter: bool = Field(default=False, description="a number that counts choices from 0, as a letter from A")
    values: dict[str, str] | None = Field(
        default=None, description="what each value becomes; rows with any other value are left out, and counted"
    )

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, said: Any) -> Any:
        if isinstance(said, str):
            return {"text": said} if "{" in said else {"column": said}
        return said

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum(origin is not None for origin in (self.column, self.text, self.value)) != 1:
            raise ValueError("say one of column, text and value")
        return self


class Columns(Record):
    """How a row of the source becomes an item."""

    id: Column | None = Field(default=None, description="the row's number, if not said")
    module: Column
    question: Column
    reference: Column
    level: Column | None = None
    solution: Column | None = Field(default=None, description="code that passes the reference's tests")


class HubSource(Record):
    """A data set of the Hugging Face hub. Read only where a run says ``source: hub``."""

    id: str
    config: str | None = None
    split: str = "train"
    revision: str | None = Field(default=None, description="a commit: without it the data set may change under you")
    columns: Columns | None = None
    sha256: str | None = None
    modules: tuple[DomainModule, ...] = Field(default=(), description="of these items, where they are not the domain's")


class Benchmark(Record):
    """Questions that the student will be scored on, so that no lesson may resemble one.

    Exactly one of ``items`` and ``hub`` is said.
    """

    name: str
    items: str | None = Field(default=None, description="a file, as the domain's items")
    hub: str | None = Field(default=None, description="a data set's id")
    config: str | None = None
    split: str = "test"
    question: Column = Column(column="question")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.items is None) == (self.hub is None):
            raise ValueError("say one of items and hub")
        return self


class Domain(Record):
    """A domain: what is to be taught, and the items that measure it."""

    name: str
    description: str
    family: Family | None = None
    items: str = Field(
        description="JSON Lines (also .gz), CSV or Parquet, relative to this file; package:NAME/PATH for a file inside "
        "an installed package. {id, module, question, reference, level?, solution?} a row, if no columns are said"
    )
    columns: Columns | None = Field(default=None, description="how the items' rows are read")
    sha256: str | None = Field(default=None, description="of the items as read ('tutelage domain check' prints it)")
    hub: HubSource | None = Field(default=None, description="the data set to use where there is a network")
    grader: GraderName = "numeric"
    least_rouge: float = Field(default=LEAST_ROUGE, gt=0, le=1, description="ROUGE-L F1 that counts as right (rouge)")
    answer_instruction: str = Field(default="", description="appended to every question, for student and teacher alike")
    benchmarks: tuple[Benchmark, ...] = Field(default=(), description="what lessons must keep clean of")
    modules: tuple[DomainModule, ...] = Field(min_length=1)

    def taught_from(self, source: Literal["items", "hub"]) -> Domain:
        """The domain with the modules that the items of this source belong to."""
        own = self.hub.modules if source == "hub" and self.hub is not None else ()
        return self.model_copy(update={"modules": own}) if own else self

    @field_validator("sha256")
    @classmethod
    def _hash(cls, value: str | None) -> str | None:
        if value is not None and (len(value) != 64 or set(value) - set("0123456789abcdef")):
            raise ValueError("a SHA-256 has 64 hexadecimal digits")
        return value


class SeedRow(Record):
    """A row of a domain's items; ``solution`` is of code alone: it passes the tests that the reference holds."""

    id: str
    module: str
    question: str
    reference: str
    level: int | None = None
    solution: str | None = None

    @field_validator("reference", mode="before")
    @classmethod
    def _number_as_text(cls, value: object) -> object:
        """A numeric answer is often written as a JSON number."""
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
