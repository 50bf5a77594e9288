"""The offline teacher as Diagnostician and Planner: the knowledge map and the curriculum."""

from __future__ import annotations

from typing import Any

from tutelage.teachers.offline.contexts import CurriculumContext, MapContext, ModuleContext, TagsContext
from tutelage.teachers.offline.skills import DOMAINS, SKILLS, solve


def knowledge_map(context: MapContext) -> dict[str, Any]:
    """The map of the modules asked about, with those prerequisites that are among them.

    A module that we do not know is given back as introductory and free-standing.
    """
    asked = {module.id for module in context.modules}
    return {"modules": [_module(module, asked) for module in context.modules]}


def _module(module: ModuleContext, asked: set[str]) -> dict[str, Any]:
    skill = SKILLS.get(module.id)
    known = skill.prerequisites if skill is not None else ()
    return {
        "id": module.id,
        "name": module.name or (skill.name if skill is not None else module.id),
        "description": module.description or (skill.description if skill is not None else ""),
        "difficulty": skill.difficulty if skill is not None else "introductory",
        "prerequisites": [{"module": other, "confidence": sure} for other, sure in known if other in asked],
    }


def modules() -> dict[str, Any]:
    """The modules of everyday arithmetic, whatever domain is asked about: it is the one that we know best."""
    return {
        "modules": [
            {"id": skill.id, "name": skill.name, "description": skill.description, "difficulty": skill.difficulty}
            for skill in DOMAINS["everyday_arithmetic"]
        ]
    }


def tags(context: TagsContext) -> dict[str, Any]:
    """Each item's module, where we can solve it and the module is among those asked about."""
    asked = {module.id for module in context.modules}
    found = {item.id: solve(item.question) for item in context.items}
    return {
        "tags": [
            {"item": id_, "modules": [problem.skill] if problem is not None and problem.skill in asked else []}
            for id_, problem in found.items()
        ]
    }


def curriculum(context: CurriculumContext) -> dict[str, Any]:
    """The stages in the order given, each with a reason out of the prerequisites and the measured gaps."""
    modules = {module.id: module for module in context.modules}
    stages: list[dict[str, Any]] = []
    earlier: set[str] = set()
    for stage in context.stages:
        stages.append({"modules": list(stage), "reason": _reason(stage, earlier, modules)})
        earlier.update(stage)
    return {"stages": stages}


def _reason(stage: tuple[str, ...], earlier: set[str], modules: dict[str, ModuleContext]) -> str:
    needed = sorted(
        {other for id_ in stage if id_ in SKILLS for other, _ in SKILLS[id_].prerequisites if other in earlier}
    )
    gaps = [gap for id_ in stage if id_ in modules and (gap := modules[id_].gap) is not None]
    names = " and ".join(_name(id_, modules) for id_ in stage)
    after = f"builds on {' and '.join(_name(id_, modules) for id_ in needed)}" if needed else "needs no earlier stage"
    widest = f", and its widest gap is {max(gaps):.2f}" if gaps else ""
    return f"{names} {after}{widest}."


def _name(id_: str, modules: dict[str, ModuleContext]) -> str:
    if id_ in modules and modules[id_].name:
        return modules[id_].name
    return SKILLS[id_].name if id_ in SKILLS else id_
