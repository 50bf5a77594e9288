"""A plan before a person: shown as a file, checked when it comes back, and laid over the state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from tutelage.configs.load import load_plan
from tutelage.configs.plan_file import PlanFile, PlannedLessons
from tutelage.errors import InputError
from tutelage.graph.nodes.common import Update
from tutelage.graph.plain_text import visible
from tutelage.graph.state import State, dump_standings, order_data, standings_of
from tutelage.pedagogy.lesson import LessonRequest
from tutelage.pedagogy.standing import Standing

_HEAD = """\
# The plan of round {round}. Change it and save, or leave it as it is.
# Remove a module and it waits for a later plan; add one that waits (they are listed below).
# kind: core, remedial or bridging. count: lessons. levels: of the module's items, null for all.
"""


def plan_of(state: State) -> PlanFile:
    """The plan that the run waits with."""
    teach = {
        k: PlannedLessons.model_validate({key: o[key] for key in ("kind", "count", "levels")})
        for k, o in sorted(state["orders"].items())
    }
    return PlanFile(stage=state["stage"], round=state["round"], teach=teach)


def plan_text(state: State) -> str:
    """The plan as a file to read and edit."""
    plan, standings = plan_of(state), standings_of(state)
    lines = [_HEAD.format(round=plan.round), f"stage: {plan.stage}\n", f"round: {plan.round}\n", "teach:\n"]
    for module, lessons in plan.teach.items():
        said = yaml.safe_dump(lessons.model_dump(mode="json"), default_flow_style=True, sort_keys=False, width=1000)
        lines.append(f"  {module}: {said.strip()}  # {_measured(standings[module])}\n")
    lines += [f"# waits: {k} ({_measured(s)})\n" for k, s in standings.items() if _may_join(s) and k not in plan.teach]
    return "".join(lines)


def read_plan(path: Path, state: State) -> PlanFile:
    """A person's plan, checked against where the run stands.

    Raises:
        InputError: it cannot be read, or asks for what cannot be taught; with file and line where there is one.
    """
    plan = load_plan(path)
    if (plan.stage, plan.round) != (state["stage"], state["round"]):
        raise InputError(
            f"this is the plan of stage {plan.stage}, round {plan.round}; the run waits with that of stage "
            f"{state['stage']}, round {state['round']}",
            where=path,
            do="'tutelage status DIR' says where it stands, and its plan.yaml is the plan to answer",
        )
    standings = standings_of(state)
    for module, lessons in plan.teach.items():
        if complaint := _complaint(module, lessons, standings):
            raise InputError(f"teach.{module}: {complaint[0]}", where=path, do=complaint[1])
    return plan


def _complaint(module: str, lessons: PlannedLessons, standings: Mapping[str, Standing]) -> tuple[str, str] | None:
    if module not in standings:
        return "no such module", f"modules here: {', '.join(k for k, s in standings.items() if _may_join(s))}"
    standing = standings[module]
    if not _may_join(standing):
        return f"it is {standing.status} and takes no lessons", "remove it"
    strange = sorted(set(lessons.levels or ()) - set(standing.levels))
    if strange:
        known = ", ".join(map(str, standing.levels)) or "none: say null"
        return f"no level {strange[0]}", f"its levels are {known}"
    return None


def _may_join(standing: Standing) -> bool:
    return not standing.settled


def _measured(standing: Standing) -> str:
    (right, n), teacher = standing.student, standing.teacher
    return f"{right} of {n} right" + ("" if teacher is None else f", teacher {teacher[0]} of {teacher[1]}")


def changes(before: PlanFile, after: PlanFile) -> list[str]:
    """What a person changed, a line a module."""
    found = [f"{k} is left out of this round" for k in before.teach if k not in after.teach]
    for module, lessons in after.teach.items():
        if module not in before.teach:
            found.append(f"{module} is added: {_said(lessons)}")
        elif lessons != before.teach[module]:
            found.append(f"{module}: {_said(before.teach[module])} becomes {_said(lessons)}")
    return found


def _said(lessons: PlannedLessons) -> str:
    levels = "all levels" if lessons.levels is None else f"levels {', '.join(map(str, lessons.levels))}"
    return f"{lessons.count} {lessons.kind} lessons, {levels}"


def laid_over(state: State, plan: PlanFile) -> Update:
    """The orders and standings of an answered plan: who is left out waits, who is added learns."""
    standings = standings_of(state)
    orders = {}
    for module, standing in standings.items():
        if module in plan.teach:
            lessons = plan.teach[module]
            standings[module] = standing.model_copy(update={"status": "learning", "kind": lessons.kind})
            orders[module] = order_data(LessonRequest(module, lessons.kind, lessons.count, lessons.levels))
        elif module in state["orders"]:
            standings[module] = standing.model_copy(update={"status": "waiting"})
    return {"standings": dump_standings(standings), "orders": orders}


def waiting_lines(root: Path, text: str) -> list[str]:
    """What a person sees of a plan that waits, and how to answer."""
    return [
        *(visible(line) for line in text.splitlines()),
        "",
        f"the plan waits for approval, for as long as you like; it is {root / 'plan.yaml'}",
        f"  as it is:            tutelage resume {root} --approve",
        f"  in your editor:      tutelage resume {root} --edit",
        f"  by a file:           tutelage resume {root} --plan FILE",
    ]
