"""The graph from its last checkpoint to its end, or to a plan that waits for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from tutelage.configs.schema import RunConfig
from tutelage.graph.build import Graph
from tutelage.graph.context import RunContext
from tutelage.graph.state import State, as_state

Answer = str | dict[str, Any] | None
"""What a person said of the plan that waits: ``approved``, another plan, or nothing yet."""
THREAD: RunnableConfig = {"configurable": {"thread_id": "run"}}
STEPS_PER_ROUND = 8


async def advance(graph: Graph, context: RunContext, config: RunConfig, answer: Answer) -> tuple[State, bool]:
    """Run the graph from its last checkpoint, or from the start. Returns the state, and whether it waits."""
    options: Any = {**THREAD, "recursion_limit": STEPS_PER_ROUND * (config.limits.rounds + 4)}
    found = await graph.aget_state(options)
    entry: Any = None
    if not found.values:
        entry = State(round=0, stage=0)
    elif not (found.next or found.tasks):
        if config.limits.spent == "finish":  # a cap that it met was no reason to come back
            return as_state(found.values), False
        options = await _before_stop(graph, options, found.values)
        if options is None:
            return as_state(found.values), False
    elif any(task.interrupts for task in found.tasks):
        if answer is None and config.curriculum.approve:
            return as_state(found.values), True
        entry = Command(resume=answer or "approved")
    await graph.ainvoke(entry, options, context=context, durability="sync")
    ended = await graph.aget_state(THREAD)
    return as_state(ended.values), any(task.interrupts for task in ended.tasks)


async def _before_stop(graph: Graph, options: Any, values: Mapping[str, Any]) -> Any:
    """Where a run that a cap ended goes on: the last checkpoint before the cap showed; None if it ended by itself."""
    if not values.get("stop"):
        return None
    async for earlier in graph.aget_state_history(THREAD):
        if not earlier.values.get("stop") and "outcome" not in earlier.values and earlier.next:
            return {**options, "configurable": {**options["configurable"], **earlier.config["configurable"]}}
    return None
