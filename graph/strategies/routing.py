"""Where each node of a strategy's graph leads. Named functions of the state alone."""

from __future__ import annotations

from typing import Literal

from langgraph.types import Send

from tutelage.graph.routing import ends
from tutelage.graph.state import Order, State


def after_survey(state: State) -> Literal["graduate"] | list[Send]:
    """One branch for each module, or the end."""
    if ends(state) or state["step"] == "graduate":
        return "graduate"
    return [
        Send(
            "write",
            Order(
                order=order, stage=state["stage"], round=state["round"], standing={}, allowance=state.get("allowance")
            ),
        )
        for _, order in sorted(state["orders"].items())
    ]


def after_finetune(state: State) -> Literal["survey", "graduate"]:
    """On to the next round, unless a cap was met."""
    return "graduate" if state.get("stop") else "survey"
