"""Whether modules may wait for one another: in order, or all at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tutelage.graph.context import RunContext
from tutelage.pedagogy.curriculum import pressed
from tutelage.pedagogy.standing import Standing


def none_waits(ctx: RunContext, standings: Mapping[str, Standing], targeted: Collection[str]) -> bool:
    """Whether what is left of the training budget is too little to let any of these modules wait."""
    left = ctx.training_left()
    if left is None:
        return False
    row = ctx.row_tokens()
    return row > 0 and pressed(standings, targeted, ctx.config.order_rules, left / row)
