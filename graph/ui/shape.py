"""The graph as LangGraph knows it, for the page to draw: nodes in the order of the loop, and edges."""

from __future__ import annotations

from functools import cache
from typing import Any

from tutelage.graph.graphs import graph_named
from tutelage.pedagogy.strategies.strategy import StrategyName

_ENDS = ("__start__", "__end__")


@cache
def shape(strategy: StrategyName = "ioa") -> dict[str, Any]:
    """Nodes and edges of a strategy's graph; ``choice`` says that a router decides whether an edge is taken."""
    graph = graph_named(strategy).get_graph()
    return {
        "nodes": [name for name in graph.nodes if name not in _ENDS],
        "edges": [
            {"from": edge.source, "to": edge.target, "choice": edge.conditional}
            for edge in graph.edges
            if edge.source not in _ENDS and edge.target not in _ENDS
        ],
    }
