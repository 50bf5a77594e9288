"""The graph as LangGraph knows it, for the page to draw: nodes in the order of the loop, and edges."""

from __future__ import annotations

from functools import cache
from typing import Any

from tutelage.graph.build import build

_ENDS = ("__start__", "__end__")


@cache
def shape() -> dict[str, Any]:
    """Nodes and edges; ``choice`` says that a router decides whether an edge is taken."""
    graph = build().get_graph()
    return {
        "nodes": [name for name in graph.nodes if name not in _ENDS],
        "edges": [
            {"from": edge.source, "to": edge.target, "choice": edge.conditional}
            for edge in graph.edges
            if edge.source not in _ENDS and edge.target not in _ENDS
        ],
    }
