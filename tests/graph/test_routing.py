from __future__ import annotations

from typing import Any

import pytest
from langgraph.types import Send

from tutelage.graph import routing
from tutelage.graph.build import build
from tutelage.graph.state import OrderData, State

ORDERS = {k: OrderData(module=k, kind="core", count=5, levels=None) for k in ("b", "a")}


def state(step: str = "tutor", stop: str | None = None) -> State:
    return State(
        stage=1, round=2, step=step, stop=stop, orders=ORDERS, standings={"a": {"n": 1}, "b": {"n": 2}}, allowance=700
    )


def test_the_fan_out_sends_each_module_its_own_order_standing_and_allowance_and_nothing_more() -> None:
    sends = routing.fan_out(state())
    assert [send.node for send in sends] == ["tutor", "tutor"]
    assert [send.arg for send in sends] == [
        {"order": ORDERS["a"], "stage": 1, "round": 2, "standing": {"n": 1}, "allowance": 700},
        {"order": ORDERS["b"], "stage": 1, "round": 2, "standing": {"n": 2}, "allowance": 700},
    ]


@pytest.mark.parametrize(
    ("router", "on"),
    [(routing.after_diagnose, "plan"), (routing.after_plan, "approve"), (routing.after_assemble, "finetune")],
)
@pytest.mark.parametrize("stop", ["budget", "rounds"])
def test_a_stop_leads_to_graduation_from_everywhere(router: Any, on: str, stop: str) -> None:
    assert router(state()) == on
    assert router(state(stop=stop)) == "graduate"
    assert routing.after_gate(state(stop=stop)) == "graduate"


def test_a_stop_before_the_first_plan_needs_no_step() -> None:
    assert routing.after_diagnose(State(stop="budget")) == "graduate"
    assert routing.after_plan(State(stop="budget")) == "graduate"


def test_nothing_left_to_teach_leads_to_graduation() -> None:
    assert routing.after_plan(state("graduate")) == "graduate"


@pytest.mark.parametrize("step", ["plan", "rollback", "graduate"])
def test_the_gate_leads_where_its_verdicts_say(step: str) -> None:
    assert routing.after_gate(state(step)) == step


def test_the_gate_and_a_rollback_teach_on_by_fanning_out() -> None:
    assert routing.after_gate(state()) == routing.fan_out(state()) == routing.after_rollback(state())
    assert routing.after_rollback(state("plan")) == "plan"


def test_every_place_a_router_can_lead_to_is_an_edge_of_the_graph() -> None:
    edges = {(edge.source, edge.target) for edge in build().get_graph().edges}
    routers: list[tuple[str, Any]] = [
        ("diagnose", routing.after_diagnose), ("plan", routing.after_plan), ("approve", routing.fan_out),
        ("assemble", routing.after_assemble), ("gate", routing.after_gate), ("rollback", routing.after_rollback),
    ]  # fmt: skip
    for node, router in routers:
        for step in ("plan", "tutor", "rollback", "graduate"):
            if node == "rollback" and step in ("rollback", "graduate"):
                continue
            for stop in (None, "budget"):
                led = router(state(step, stop))
                targets = {send.node for send in led if isinstance(send, Send)} if isinstance(led, list) else {led}
                assert {(node, target) for target in targets} <= edges
