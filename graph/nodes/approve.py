"""approve: stop for a person to read the plan. The node does nothing else, since a resume enters it from the top."""

from __future__ import annotations

from langgraph.types import interrupt

from tutelage.errors import Interrupted
from tutelage.graph.context import RunContext
from tutelage.graph.nodes.common import Update
from tutelage.graph.state import State


async def approve(state: State, ctx: RunContext) -> Update:
    """Ask whether the planned round may be taught, where the configuration wants a person asked."""
    if not ctx.config.curriculum.approve:
        return {"step": "tutor"}
    answer = interrupt({"stage": state["stage"], "round": state["round"], "orders": state["orders"]})
    if answer != "approved":
        raise Interrupted("the plan was not approved", where=ctx.rundir.root, do="resume with --approve to go on")
    return {"step": "tutor"}
