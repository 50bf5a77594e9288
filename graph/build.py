"""The graph, as the drawing in the README shows it."""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from tutelage.graph import routing
from tutelage.graph.context import RunContext
from tutelage.graph.nodes.approve import approve
from tutelage.graph.nodes.assemble import assemble
from tutelage.graph.nodes.common import node
from tutelage.graph.nodes.diagnose import diagnose
from tutelage.graph.nodes.finetune import finetune
from tutelage.graph.nodes.gate import gate
from tutelage.graph.nodes.graduate import graduate
from tutelage.graph.nodes.plan import plan
from tutelage.graph.nodes.rollback import rollback
from tutelage.graph.nodes.tutor import tutor
from tutelage.graph.state import Order, State

Graph = CompiledStateGraph[State, RunContext, State, State]


def build(checkpointer: BaseCheckpointSaver[Any] | None = None) -> Graph:
    """The mastery loop."""
    graph = StateGraph(State, context_schema=RunContext)
    graph.add_node("diagnose", node("diagnose", diagnose))
    graph.add_node("plan", node("plan", plan))
    graph.add_node("approve", node("approve", approve))
    graph.add_node("tutor", node("tutor", tutor), input_schema=Order)
    graph.add_node("assemble", node("assemble", assemble))
    graph.add_node("finetune", node("finetune", finetune))
    graph.add_node("gate", node("gate", gate))
    graph.add_node("rollback", node("rollback", rollback))
    graph.add_node("graduate", node("graduate", graduate))

    graph.add_edge(START, "diagnose")
    graph.add_conditional_edges("diagnose", routing.after_diagnose, ["plan", "graduate"])
    graph.add_conditional_edges("plan", routing.after_plan, ["approve", "assemble", "graduate"])
    graph.add_conditional_edges("approve", routing.fan_out, ["tutor"])
    graph.add_edge("tutor", "assemble")
    graph.add_conditional_edges("assemble", routing.after_assemble, ["finetune", "graduate"])
    graph.add_edge("finetune", "gate")
    graph.add_conditional_edges("gate", routing.after_gate, ["plan", "tutor", "rollback", "graduate"])
    graph.add_conditional_edges("rollback", routing.after_rollback, ["plan", "tutor", "graduate"])
    graph.add_edge("graduate", END)
    return graph.compile(checkpointer=checkpointer)


def draw() -> str:
    """The graph as mermaid text. Made without a network."""
    return build().get_graph().draw_mermaid()
