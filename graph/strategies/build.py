"""The graph of a strategy: survey, write, train, as often as the strategy has it, and the same end as every run's."""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph

from tutelage.graph.build import Graph
from tutelage.graph.context import RunContext
from tutelage.graph.nodes.assemble import assemble
from tutelage.graph.nodes.common import node
from tutelage.graph.nodes.finetune import finetune
from tutelage.graph.nodes.graduate import graduate
from tutelage.graph.routing import after_assemble
from tutelage.graph.state import Order, State
from tutelage.graph.strategies.routing import after_finetune, after_survey
from tutelage.graph.strategies.survey import survey
from tutelage.graph.strategies.write import write


def build_strategy(checkpointer: BaseCheckpointSaver[Any] | None = None) -> Graph:
    """The graph."""
    graph = StateGraph(State, context_schema=RunContext)
    graph.add_node("survey", node("survey", survey))
    graph.add_node("write", node("write", write), input_schema=Order)
    graph.add_node("assemble", node("assemble", assemble))
    graph.add_node("finetune", node("finetune", finetune))
    graph.add_node("graduate", node("graduate", graduate))

    graph.add_edge(START, "survey")
    graph.add_conditional_edges("survey", after_survey, ["write", "graduate"])
    graph.add_edge("write", "assemble")
    graph.add_conditional_edges("assemble", after_assemble, ["finetune", "graduate"])
    graph.add_conditional_edges("finetune", after_finetune, ["survey", "graduate"])
    graph.add_edge("graduate", END)
    return graph.compile(checkpointer=checkpointer)
