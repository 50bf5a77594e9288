"""What every node has around it: a span, the live view, and a budget that ends the run normally."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from langgraph.errors import GraphInterrupt
from langgraph.runtime import Runtime
from opentelemetry.trace import Span, StatusCode

from tutelage.errors import BudgetSpent
from tutelage.graph.call_size import allowance
from tutelage.graph.context import RunContext
from tutelage.graph.progress import DecisionMade, ModuleReading, NodeEnded, NodeStarted
from tutelage.graph.records import Decision
from tutelage.graph.state import State, order_data
from tutelage.pedagogy.standing import Standing, order_lessons
from tutelage.teachers.plans import Rung
from tutelage.tracing import names
from tutelage.tracing.spans import Attribute

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
        attributes = {names.STAGE: stage, names.ROUND: round_number, names.MODULE: module, **_place(runtime)}
        with ctx.tracer.span(f"{names.NODE}{name}", "CHAIN", attributes) as span:
            try:
                update = await _waiting(span, work(state, ctx))
            except* BudgetSpent:
                update = {"stop": "budget"}
            if update.get("stop"):
                span.set_attribute(names.STOP, update["stop"])
        ctx.progress.emit(NodeEnded(node=name, seconds=time.monotonic() - started))
        return update

    run.__name__ = name
    return run


def _place(runtime: Runtime[RunContext]) -> dict[str, str | int]:
    """Where LangGraph stands: the checkpoint that this node starts from is what a fork goes back to."""
    info = runtime.execution_info
    if info is None:
        return {}
    return {
        names.CHECKPOINT_ID: info.checkpoint_id,
        names.CHECKPOINT_NS: info.checkpoint_ns,
        names.TASK_ID: info.task_id,
        names.ATTEMPT: info.node_attempt,
    }


async def _waiting(span: Span, work: Awaitable[Update]) -> Update:
    """Do a node's work. A question to a person is no failure of its span."""
    try:
        return await work
    except GraphInterrupt:
        span.set_attribute(names.WAITING, True)
        span.set_status(StatusCode.OK)
        raise


def begins_at(state: State, ctx: RunContext) -> str | None:
    """The adapter that the round's training begins at; None for the untaught student."""
    return state["adapter"] if ctx.config.training.start_from == "last" else None


def announce(ctx: RunContext, decisions: Sequence[Decision]) -> None:
    """Show decisions as they are made, and leave a span of each under the node that made it."""
    for decision in decisions:
        attributes: dict[str, Attribute | None] = {
            names.MODULE: decision.module,
            names.EVALUATION: "decision",
            names.EVALUATION_LABEL: decision.verdict,
            names.EVALUATION_WHY: decision.reason,
            names.EVALUATION_SCORE: None if decision.inputs is None else decision.inputs.ratio,
            names.NEXT: decision.next,
        }
        with ctx.tracer.span(f"{names.DECIDE} {decision.verdict}", "EVALUATOR", attributes):
            pass
        ctx.progress.emit(DecisionMade(module=decision.module, verdict=decision.verdict, reason=decision.reason))


def note(ctx: RunContext, round_number: int, reason: str, following: str, asked: Rung | None = None) -> Decision:
    """What the run found and decides nothing by.

    Args:
        ctx: The run, in the note's stage.
        round_number: Of the note.
        reason: What was found.
        following: What comes next.
        asked: The teacher that it is of; None where it is of none.
    """
    return Decision(
        stage=ctx.stage, round=round_number, module=None, verdict="note", reason=reason, inputs=None, next=following,
        tokens_so_far=ctx.meter.totals.tokens, endpoint=asked.name if asked else "local",
        model=asked.model if asked else None, prompt_hash=None,
    )  # fmt: skip


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


def teach_on(ctx: RunContext, state: State, standings: Mapping[str, Standing], learning: Sequence[str]) -> Update:
    """The next round of the modules that are being learned, without a new plan."""
    orders = order_lessons(learning, standings, ctx.config.order_rules)
    return {
        "round": state["round"] + 1,
        "orders": {k: order_data(order) for k, order in orders.items()},
        "keeps": {},
        "allowance": allowance(ctx, len(learning)),
    }
