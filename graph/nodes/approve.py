"""approve: stop for a person to read the plan. The node does nothing else, since a resume enters it from the top."""

from __future__ import annotations

from langgraph.types import interrupt

from tutelage.configs.plan_file import PlanFile
from tutelage.errors import Interrupted
from tutelage.graph.approval import changes, laid_over, plan_of
from tutelage.graph.context import RunContext
from tutelage.graph.nodes.common import Update, announce, note
from tutelage.graph.rundir import part_name
from tutelage.graph.state import State

PART = "approved"


async def approve(state: State, ctx: RunContext) -> Update:
    """Ask whether the planned round may be taught, where the configuration wants a person asked.

    The answer is ``approved``, or a ``PlanFile`` as plain data, checked before it was given.
    """
    if not ctx.config.curriculum.approve:
        return {"step": "tutor"}
    answer = interrupt({"stage": state["stage"], "round": state["round"], "orders": state["orders"]})
    if answer == "approved":
        return {"step": "tutor"}
    if not isinstance(answer, dict):
        raise Interrupted("the plan was not approved", where=ctx.rundir.root, do="resume with --approve to go on")
    plan = PlanFile.model_validate(answer)
    why = "a person changed the plan: {}"
    decisions = [note(ctx, state["round"], why.format(change), "tutor") for change in changes(plan_of(state), plan)]
    ctx.rundir.write_part("decisions", part_name(state["round"], "tutor", PART), decisions)
    announce(ctx, decisions)
    return {"step": "tutor", **laid_over(state, plan)}
