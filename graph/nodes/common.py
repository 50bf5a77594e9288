"""What every node has around it: a span, the live view, and a budget that ends the run normally."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from langgraph.runtime import Runtime

from tutelage.errors import BudgetSpent
from tutelage.graph.context import RunContext
from tutelage.graph.progress import DecisionMade, ModuleReading, NodeEnded, NodeStarted, Tokens
from tutelage.graph.records import Decision
from tutelage.pedagogy.standing import Standing

Update = dict[str, Any]
Work = Callable[[Any, RunContext], Awaitable[Update]]


class Node(Protocol):
    """A node as LangGraph calls it."""

    async def __call__(self, state: Any, *, runtime: Runtime[RunContext]) -> Update:
        """Do the node's work on this state."""
        ...


def node(name: str, work: Work) -> Node:
    """Wrap a node's work. A spent budget becomes ``stop``, which every router sends on to graduation."""

    async def run(state: Any, *, runtime: Runtime[RunContext]) -> Update:
        stage, round_number = state.get("stage", 0), state.get("round", 0)
        ctx = runtime.context.at(stage)
        module = state["order"]["module"] if "order" in state else None
        started = time.monotonic()
        ctx.progress.emit(NodeStarted(node=name, stage=stage, round=round_number, modules=(module,) if module else ()))
        attributes = {"tutelage.stage": stage, "tutelage.round": round_number, "tutelage.module": module}
        with ctx.tracer.span(f"node {name}", attributes):
            try:
                update = await work(state, ctx)
            except* BudgetSpent:
                update = {"stop": "budget"}
        ctx.progress.emit(Tokens(teacher=ctx.meter.totals.tokens))
        ctx.progress.emit(NodeEnded(node=name, seconds=time.monotonic() - started))
        return update

    run.__name__ = name
    return run


def announce(ctx: RunContext, decisions: Sequence[Decision]) -> None:
    """Show decisions as they are made."""
    for decision in decisions:
        ctx.progress.emit(DecisionMade(module=decision.module, verdict=decision.verdict, reason=decision.reason))


def show(ctx: RunContext, module: str, standing: Standing) -> None:
    """Show where a module stands."""
    rate = standing.student_rate
    interval = rate.interval(ctx.config.gate.confidence)
    ctx.progress.emit(
        ModuleReading(
            module=module,
            status=standing.status,
            rate=rate.value,
            low=interval.low,
            high=interval.high,
            n=rate.n,
            threshold=ctx.config.gate.threshold * standing.teacher_rate.value,
        )
    )
