"""The Curriculum Planner: its teacher proposes the grouping of modules into stages, the prerequisites dispose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tutelage.agents.answers import CurriculumAnswer
from tutelage.agents.prompting import describe, structured_request
from tutelage.pedagogy.records import Edge, Module
from tutelage.pedagogy.stages import Stages, respects
from tutelage.teachers.client import Teacher
from tutelage.teachers.structured import ask_structured


@dataclass(frozen=True)
class Measured:
    """What the planner is told of a module."""

    ratio: float | None
    gap: float | None
    severity: float


@dataclass(frozen=True)
class PlannedStage:
    """A stage with its reason, and who reasoned."""

    modules: tuple[str, ...]
    reason: str


class CurriculumPlanner:
    """Asks its teacher to group and explain the stages (Eq. 7 of arXiv 2602.12172: similar modules share one)."""

    def __init__(self, teacher: Teacher, *, max_tokens: int) -> None:
        self._teacher = teacher
        self._max_tokens = max_tokens

    async def plan(
        self, modules: Mapping[str, Module], layers: Stages, edges: Sequence[Edge], measured: Mapping[str, Measured]
    ) -> tuple[PlannedStage, ...]:
        """The stages of the modules in ``layers``.

        A proposal that loses a module, doubles one, or puts one before or beside its prerequisite is set aside for
        the layered order itself, and the reason says so.
        """
        if not layers:
            return ()
        wanted = [module for layer in layers for module in layer]
        context = {
            "modules": [
                {
                    "id": k, "name": modules[k].name, "description": modules[k].description,
                    "ratio": _rounded(measured[k].ratio), "gap": _rounded(measured[k].gap),
                    "severity": round(measured[k].severity, 3),
                }
                for k in wanted
            ],
            "stages": [list(layer) for layer in layers],
        }  # fmt: skip
        request = structured_request(
            "planner", "planner_curriculum", "curriculum", context, CurriculumAnswer, max_tokens=self._max_tokens,
            most=len(wanted),
        )  # fmt: skip
        answer = await ask_structured(self._teacher, request, CurriculumAnswer)
        if answer.value is None:
            return layered(layers, f"the teacher's curriculum could not be used ({describe(answer.failure)})")
        proposed = tuple(tuple(sorted(stage.modules)) for stage in answer.value.stages if stage.modules)
        if not respects(proposed, wanted, edges):
            return layered(layers, "the teacher's curriculum broke the prerequisites or lost a module")
        reasons = [stage.reason for stage in answer.value.stages if stage.modules]
        return tuple(PlannedStage(m, reason) for m, reason in zip(proposed, reasons, strict=True))


def layered(layers: Stages, why: str) -> tuple[PlannedStage, ...]:
    """The layered order itself, and why no teacher's proposal takes its place."""
    return tuple(PlannedStage(layer, f"layer {n} of the prerequisites; {why}") for n, layer in enumerate(layers, 1))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
