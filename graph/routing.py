"""Where each node leads. Named functions of the state alone, so that the drawing shows them and tests can ask them."""

from __future__ import annotations

from typing import Literal

from langgraph.types import Send

from tutelage.graph.state import Order, State


def after_diagnose(state: State) -> Literal["plan", "graduate"]:
    """On to the plan, unless the budget is spent."""
    return "graduate" if state.get("stop") else "plan"


def ends(state: State) -> bool:
    """Whether a cap ends the run now. ``finish`` does not: what is written is still taught."""
    return state.get("stop") not in (None, "finish")


def after_plan(state: State) -> Literal["approve", "assemble", "graduate"]:
    """A round is ordered; or nothing is left to teach, and what is left of the budget goes into a review."""
    if ends(state) or state["step"] == "graduate":
        return "graduate"
    return "assemble" if state["step"] == "review" else "approve"


def fan_out(state: State) -> list[Send]:
    """One branch of the Tutor for each module that is ordered lessons, to be taught or to be kept."""
    return [
        Send(
            "tutor",
            Order(
                order=order,
                stage=state["stage"],
                round=state["round"],
                standing=state["standings"][order["module"]],
                allowance=state.get("allowance"),
            ),
        )
        for _, order in sorted({**state.get("keeps", {}), **state["orders"]}.items())
    ]


def after_assemble(state: State) -> Literal["finetune", "graduate"]:
    """On to training, unless a branch of the Tutor ran out of budget."""
    return "graduate" if ends(state) else "finetune"


def after_gate(state: State) -> Literal["plan", "rollback", "graduate"] | list[Send]:
    """mastered or stalled: plan anew; remediate or bridge: teach on; regressed: roll back; budget or rounds: end."""
    if state["step"] == "rollback":
        return "rollback"
    if ends(state):
        return "graduate"
    match state["step"]:
        case "tutor":
            return fan_out(state)
        case "graduate":
            return "graduate"
        case _:
            return "plan"


def after_rollback(state: State) -> Literal["plan", "graduate"] | list[Send]:
    """Teach on with more replay; where nothing is being learned, plan anew; without rounds left, end."""
    if ends(state):
        return "graduate"
    return fan_out(state) if state["step"] == "tutor" else "plan"
