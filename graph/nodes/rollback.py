"""rollback: an earlier module was lost. Return to the last good adapter, and teach again with more replay."""

from __future__ import annotations

from tutelage.graph.context import RunContext
from tutelage.graph.nodes.common import Update, announce, teach_on
from tutelage.graph.records import Decision
from tutelage.graph.rundir import part_name
from tutelage.graph.state import State, standings_of
from tutelage.pedagogy.settlement import more_replay
from tutelage.training.adapters import publish_current


async def rollback(state: State, ctx: RunContext) -> Update:
    """Make the last good adapter the student of record, and raise the share of replay."""
    good = state["last_good"]
    publish_current(ctx.rundir.adapters, good)
    stop = state.get("stop") or ("rounds" if state["round"] >= ctx.config.limits.rounds else None)
    share = more_replay(state["replay_share"])
    decision = Decision(
        stage=state["stage"], round=state["round"], module=None, verdict="rolled_back",
        reason=f"back to {good or 'the untouched student'}; replay rises to {share:.0%} of a round", inputs=None,
        next="graduate" if stop else "tutor", tokens_so_far=ctx.meter.totals.tokens, endpoint="local", prompt_hash=None,
    )  # fmt: skip
    ctx.rundir.write_part("decisions", part_name(state["round"], "rollback"), [decision])
    announce(ctx, [decision])
    if stop:
        return {"adapter": good, "replay_share": share, "stop": stop, "step": "graduate"}
    standings = standings_of(state)
    learning = [k for k, s in standings.items() if s.status == "learning"]
    return {
        **teach_on(ctx, state, standings, learning),
        "adapter": good,
        "replay_share": share,
        "step": "tutor" if learning else "plan",
    }
