from __future__ import annotations

from typing import Any

import pytest

from tests.agents.scripted import Cut, Said, ScriptedTeacher, always, context_of
from tutelage.agents.planner import CurriculumPlanner, Measured, PlannedStage
from tutelage.pedagogy.records import Edge, Module

MODULES = {k: Module(id=k, name=k.upper()) for k in ("a", "b", "c")}
EDGES = (Edge(prerequisite="a", dependent="b", strength=0.8, source="teacher"),)
LAYERS = (("a", "c"), ("b",))
MEASURED = {k: Measured(ratio=0.123456, gap=None if k == "c" else 0.876543, severity=0.55555) for k in MODULES}


def curriculum(*stages: tuple[str, ...]) -> dict[str, Any]:
    return {"stages": [{"modules": list(s), "reason": f"reason {n}"} for n, s in enumerate(stages, 1)]}


async def planned(said: Said | ScriptedTeacher) -> tuple[PlannedStage, ...]:
    teacher = said if isinstance(said, ScriptedTeacher) else always(said)
    return await CurriculumPlanner(teacher, max_tokens=100).plan(MODULES, LAYERS, EDGES, MEASURED)


async def test_a_proposal_that_keeps_the_prerequisites_is_taken_with_its_reasons() -> None:
    teacher = always(curriculum(("a",), ("c", "b")))
    assert await planned(teacher) == (PlannedStage(("a",), "reason 1"), PlannedStage(("b", "c"), "reason 2"))
    context = context_of(teacher.asked[0])
    assert context["stages"] == [["a", "c"], ["b"]]
    assert context["modules"][0] | {"description": ""} == {
        "id": "a", "name": "A", "description": "", "ratio": 0.123, "gap": 0.877, "severity": 0.556
    }  # fmt: skip


async def test_an_empty_stage_is_left_out_with_its_reason() -> None:
    assert await planned(curriculum(("a",), (), ("b", "c"))) == (
        PlannedStage(("a",), "reason 1"),
        PlannedStage(("b", "c"), "reason 3"),
    )


@pytest.mark.parametrize(
    "proposal",
    [
        curriculum(("b",), ("a", "c")),
        curriculum(("a", "b", "c")),
        curriculum(("a",), ("b",)),
        curriculum(("a",), ("b", "c"), ("c",)),
        curriculum(("a", "a"), ("b", "c")),
        curriculum(("a",), ("b", "c", "x")),
        curriculum(),
    ],
    ids=["reversed", "beside", "lost", "doubled", "doubled in a stage", "made up", "empty"],
)
async def test_a_proposal_that_breaks_the_prerequisites_gives_way_to_the_layers(proposal: dict[str, Any]) -> None:
    found = await planned(proposal)
    assert tuple(stage.modules for stage in found) == LAYERS
    assert all("broke the prerequisites or lost a module" in stage.reason for stage in found)


@pytest.mark.parametrize("bad", ["first a, then b", Cut('{"stages": [')])
async def test_a_proposal_that_cannot_be_read_gives_way_too_and_the_reason_says_why(bad: Said) -> None:
    found = await planned(bad)
    assert tuple(stage.modules for stage in found) == LAYERS
    assert all("could not be used" in stage.reason for stage in found)


async def test_nothing_to_plan_asks_nobody() -> None:
    teacher = always("never asked")
    assert await CurriculumPlanner(teacher, max_tokens=100).plan(MODULES, (), EDGES, MEASURED) == ()
    assert teacher.asked == []
