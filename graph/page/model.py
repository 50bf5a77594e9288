"""``report.json`` as a whole, read into frozen parts. Text is made harmless here, once, for the whole page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError

from tutelage.errors import InputError
from tutelage.graph.page.benchmark_parts import BenchmarkResult
from tutelage.graph.page.part import Part
from tutelage.graph.page.parts import (
    Candidates,
    CurvePoint,
    Decision,
    MapEdge,
    ModuleResult,
    NamedMisconception,
    Run,
    Sample,
    Seconds,
    Settings,
    StagePlan,
    Totals,
    TrainingRound,
)
from tutelage.graph.page.teacher_parts import Agreement, Estimate, TeacherUsed, Usage
from tutelage.graph.plain_text import plain_text

SCHEMA_VERSION = 1


class Report(Part):
    """The whole of ``report.json``."""

    run: Run = Run()
    settings: Settings = Settings()
    modules: tuple[ModuleResult, ...] = ()
    edges: tuple[MapEdge, ...] = ()
    stages: tuple[StagePlan, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    decisions: tuple[Decision, ...] = ()
    candidates: Candidates = Candidates()
    samples: tuple[Sample, ...] = ()
    misconceptions: tuple[NamedMisconception, ...] = ()
    training: tuple[TrainingRound, ...] = ()
    teachers: tuple[TeacherUsed, ...] = ()
    judge: Agreement | None = None
    benchmarks: tuple[BenchmarkResult, ...] = ()
    estimate: Estimate | None = None
    usage: tuple[Usage, ...] = ()
    usage_by_module: tuple[Usage, ...] = ()
    totals: Totals = Totals()
    seconds: Seconds = Seconds()
    environment: dict[str, Any] = Field(default_factory=dict)
    reproduce: tuple[str, ...] = ()

    def title(self, module: str | None) -> str:
        """A module's name by its id; the id where the map does not name it, and "whole stage" for None."""
        if module is None:
            return "whole stage"
        return next((m.title for m in self.modules if m.id == module), module)


def read_report(report: Mapping[str, Any]) -> Report:
    """Read a report of schema version 1.

    Raises:
        InputError: it is of another schema version, or a value has the wrong type; names the key.
    """
    version = report.get("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        raise InputError(
            f"schema_version {version!r} cannot be read, only {SCHEMA_VERSION}",
            where="report.json",
            do="use the version of tutelage that made it",
        )
    try:
        return Report.model_validate(harmless(report))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{key}: {first['msg']}", where="report.json") from error


def harmless(value: Any) -> Any:
    """``value`` with all its text harmless, keys too, and NaN as null: a page must not show a number that is none."""
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, Mapping):
        return {plain_text(str(key)): harmless(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [harmless(item) for item in value]
    return value
